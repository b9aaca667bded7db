//! Made-up cases for the tests of the pictures, and the way to look at one.

use crate::evidence::Place;
use crate::finding::{Finding, Gravity, Lane, Rows};
use crate::flow::{Host, Hour, Protocol, Service};
use crate::ledger::capped::Absorb;
use crate::ledger::survey::{LinkKey, Survey};
use crate::ledger::{PairKey, PairTotals, Sight, Totals};
use crate::phrase::{Phrase, alike};
use crate::sites::{Locus, Party};

use super::network::{Card, Material};
use super::{Palette, Scene};
use crate::case::acts::Action;

pub struct Case {
    pub cards: Vec<Card>,
    pub survey: Survey,
    pub findings: Vec<Finding>,
    pub actions: Vec<Action>,
}

pub fn tcp(port: u16) -> Service {
    Service::new(Some(Protocol::TCP), Some(port))
}

fn port_of(service: Service) -> u8 {
    (service.port.unwrap_or(0) % 251) as u8
}

/// 1 June 2020, 00:00 UTC.
pub const START: Hour = Hour(18_414 * 24);

impl Case {
    /// Sites by name, country, latitude and longitude; and the world outside.
    pub fn of(sites: &[(&str, &str, f64, f64)]) -> Case {
        let bare = |party, name: &str| Card {
            party,
            name: name.into(),
            country: None,
            role: None,
            position: None,
            guessed: false,
        };
        let mut cards: Vec<Card> = sites
            .iter()
            .enumerate()
            .map(|(i, (name, country, lat, lon))| Card {
                country: (!country.is_empty()).then(|| (*country).into()),
                position: lat.is_finite().then_some((*lat, *lon)),
                ..bare(Party::Site(i as u32), name)
            })
            .collect();
        cards.extend([
            bare(Party::Unassigned, super::words::Language::English.of_pictures().unassigned),
            bare(Party::External, super::words::Language::English.of_pictures().external),
        ]);
        Case { cards, survey: Survey::default(), findings: Vec::new(), actions: Vec::new() }
    }

    pub fn material(&self) -> Material<'_> {
        let Case { cards, survey, findings, actions } = self;
        Material { survey, cards, findings, actions, order: &[] }
    }

    pub fn link(&mut self, from: Party, to: Party, service: Service, first: i32, hours: i32, bytes: u64) {
        let link = self.survey.links.entry(LinkKey { from, to }).or_default();
        for n in 0..hours {
            let hour = Hour(START.0 + first + n);
            // Busy by day, quiet by night.
            let flows = if (n % 24) < 10 { 40 + u64::from(n.unsigned_abs() % 7) * 9 } else { 6 };
            let at = hour.start();
            let bytes_out = bytes / hours as u64;
            let totals = Totals {
                flows,
                established: flows,
                bytes_out,
                bytes_in: bytes_out / 14,
                first: at,
                last: at,
                ..Totals::default()
            };
            link.totals.absorb(&totals);
            let record = link.services.entry(service).or_default();
            record.totals.absorb(&totals);
            record.hours.add(hour, &totals);
            *self.survey.coverage.entry("fw".into()).or_default().entry(hour).or_default() += flows;
        }
        let host = |party: Party, last: u8| match party {
            Party::Site(n) => Host::of_address([10, n as u8, 0, last].into()),
            Party::Unassigned | Party::External | Party::Country(_) => Host::of_address([192, 0, 2, last].into()),
        };
        let record = self.survey.links.entry(LinkKey { from, to }).or_default().services.entry(service).or_default();
        for last in 0..(1 + (port_of(service) % 5)) {
            let (initiator, responder) = (host(from, 7), host(to, last));
            let key = PairKey { from: Locus::External, to: Locus::External, service, initiator, responder };
            record.pairs.push((key, PairTotals::default()));
        }
        let first = self.survey.links.values().filter_map(|link| link.totals.first).min();
        self.survey.window = first.zip(self.survey.links.values().filter_map(|link| link.totals.last).max());
    }

    pub fn finding(&mut self, from: Party, to: Party, service: Service, gravity: Gravity, because: &str) {
        let link = LinkKey { from, to };
        let totals = &self.survey.links[&link].services[&service].totals;
        let sight = Sight { at: totals.first, file: 0, place: Place { line: 41_207, offset: 9 } };
        self.findings.push(Finding {
            id: format!("D1/{from:?}/{to:?}/{service}"),
            lane: Lane::Policy,
            rule: "D1 policy v1",
            link,
            also: Vec::new(),
            service: Some(service),
            window: totals.first.zip(totals.last),
            hosts: vec![],
            accounts: vec!["svc_backup".into()],
            p: None,
            q: None,
            because: alike(because),
            gist: alike(because),
            normal: Phrase::default(),
            usual: None,
            innocent: &[],
            attack: &[],
            gravity,
            rows: Rows::of([sight]).unwrap(),
        });
    }
}

pub const fn site(index: u32) -> Party {
    Party::Site(index)
}

/// Like the public case: Japan, and the offices around it.
pub fn model() -> Case {
    let mut case = Case::of(&[
        ("Tokyo DC", "JP", 35.68, 139.77),
        ("Kobe works", "JP", 34.69, 135.19),
        ("Bangkok office", "TH", 13.75, 100.5),
        ("Jakarta office", "ID", -6.2, 106.8),
        ("Manila office", "PH", 14.6, 121.0),
        ("New York office", "US", 40.7, -74.0),
    ]);
    for (from, to, port, bytes) in [
        (1, 0, 443, 48_000_000_000),
        (0, 1, 1433, 9_000_000_000),
        (2, 0, 443, 3_100_000_000),
        (3, 0, 443, 1_400_000_000),
        (4, 0, 443, 900_000_000),
        (5, 0, 443, 7_700_000_000),
        (5, 1, 443, 120_000_000),
        (2, 4, 443, 4_000_000),
    ] {
        case.link(site(from), site(to), tcp(port), 0, 24 * 45, bytes);
    }
    case.link(site(2), Party::External, tcp(443), 0, 24 * 45, 22_000_000_000);
    case.link(site(2), site(1), tcp(445), 24 * 9, 5, 1_210_000_000);
    case.link(site(3), site(0), tcp(3389), 24 * 23, 9, 88_000_000);
    case.link(site(4), site(0), tcp(3389), 24 * 23, 4, 41_000_000);
    case.link(site(5), site(1), tcp(445), 24 * 37, 2, 6_400_000);
    case.finding(
        site(2),
        site(1),
        tcp(445),
        Gravity::Violation,
        "The policy forbids tcp/445 from offices abroad to works; 412 sessions carried 1.21 GB.",
    );
    case.finding(
        site(3),
        site(0),
        tcp(3389),
        Gravity::Violation,
        "The policy forbids tcp/3389 from offices abroad to Tokyo DC; 1 host reached 14 servers.",
    );
    case.finding(
        site(4),
        site(0),
        tcp(3389),
        Gravity::Anomalous,
        "tcp/3389 was never seen on this link in the 23 days before.",
    );
    case.finding(
        site(5),
        site(1),
        tcp(445),
        Gravity::Suspected,
        "tcp/445 was never seen on this link; 12 sessions, all within 2 h at night.",
    );
    case
}

/// Many sites over the world, with links between neighbours in number and a few findings.
pub fn many(count: u32) -> Case {
    let names: Vec<String> =
        (0..count).map(|i| format!("Site {:03} {}", i, ["plant", "office", "works", "DC"][i as usize % 4])).collect();
    let sites: Vec<(&str, &str, f64, f64)> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let n = i as f64;
            (
                name.as_str(),
                ["JP", "TH", "US", "DE", "BR"][i % 5],
                (n * 37.7) % 110.0 - 45.0,
                (n * 83.3) % 330.0 - 160.0,
            )
        })
        .collect();
    let mut case = Case::of(&sites);
    for i in 0..count {
        for step in [1, 5, 11] {
            let to = (i * step + step) % count;
            if to != i {
                case.link(site(i), site(to), tcp(443), 0, 48, 1 << (i % 34));
            }
        }
    }
    let keys: Vec<LinkKey> = case.survey.links.keys().copied().collect();
    for (n, key) in keys.iter().step_by((keys.len() / 12).max(1)).enumerate() {
        let gravity = [Gravity::Violation, Gravity::Anomalous, Gravity::Suspected][n % 3];
        case.finding(key.from, key.to, tcp(443), gravity, "Never seen before.");
    }
    case
}

/// Names that are long, hostile, or in other scripts; two sites at one place; one without a position.
pub fn hostile() -> Case {
    let mut case = Case::of(&[
        ("東京本社データセンター", "JP", 35.68, 139.77),
        ("神戸工場", "JP", 35.68, 139.77),
        ("สำนักงานกรุงเทพ", "TH", 13.75, 100.5),
        ("مكتب دبي", "AE", 25.2, 55.3),
        ("</text><script>alert('x')</script>", "", -6.2, 106.8),
        ("evil\u{202e}gpj.exe", "PH", 14.6, 121.0),
        ("2001:db8:dead:beef:cafe:0:1:2/64 (a very long name of a site indeed)", "US", 40.7, -74.0),
        ("No position & \"quotes\"", "", f64::NAN, f64::NAN),
    ]);
    for (from, to) in [(2, 0), (3, 1), (4, 0), (5, 0), (6, 0), (7, 0)] {
        case.link(site(from), site(to), tcp(445), 0, 30, 7_000_000);
    }
    case.link(Party::Unassigned, site(0), tcp(22), 3, 4, 5_000);
    case.link(site(0), Party::External, tcp(443), 3, 4, 5_000);
    case.finding(site(4), site(0), tcp(445), Gravity::Violation, "<b>forbidden</b> & 'more'\u{202e}");
    case.finding(site(5), site(0), tcp(445), Gravity::Anomalous, "new");
    case.finding(Party::Unassigned, site(0), tcp(22), Gravity::Suspected, "new");
    case
}

/// Writes a picture where a person can look at it: `target/figures/NAME.svg`, where `KYOTEN_FIGURES` is set.
pub fn show(name: &str, scene: &Scene, palette: Palette) {
    if std::env::var_os("KYOTEN_FIGURES").is_some() {
        std::fs::create_dir_all("target/figures").unwrap();
        let svg = crate::paint::svg(scene, palette, name, name, "");
        std::fs::write(format!("target/figures/{name}.svg"), svg).unwrap();
    }
}

/// No two texts overlap, and none leaves the picture.
pub fn assert_legible(scene: &Scene, least_size: f32) {
    let page = super::Rect::new(0.0, 0.0, scene.width, scene.height);
    let boxes = scene.text_boxes();
    for (i, (rect, text)) in boxes.iter().enumerate() {
        assert!(page.grown(0.1).holds(rect), "“{text}” leaves the picture: {rect:?}");
        for (other, words) in &boxes[i + 1..] {
            assert!(!rect.grown(-0.1).overlaps(other), "“{text}” {rect:?} and “{words}” {other:?} overlap");
        }
    }
    for mark in &scene.marks {
        if let super::Mark::Text { size, text, .. } = mark {
            assert!(*size >= least_size, "“{text}” is set at {size}");
        }
    }
}
