//! The host level of a link or a site: who called whom, host by host, initiators at the left and responders at the right,
//! joined where they talked. Hosts that talk to the same others stand near each other (the barycentre method of Sugiyama,
//! Tagawa and Toda, 1981), so that lines cross little.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::ink;
use super::network::{Material, State};
use super::words::{Noun, Words};
use super::{Anchor, Face, Ink, Pen, Point, Rect, Scene, Shape, Subject, widths};
use crate::evidence::text::visible;
use crate::finding::Finding;
use crate::flow::{Host, Service};
use crate::ledger::survey::LinkKey;
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// Whose hosts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Those of a link.
    Link(LinkKey),
    /// Those of all links that begin or end at a site, and within it.
    Site(Party),
}

/// How many pairs are drawn at most; a picture of more is a grey field, and a scene of more does not pan.
pub const MOST_PAIRS: usize = 100_000;
/// With more hosts a side than rows of this height have room, names are left out.
const ROW: f32 = 11.0;
const NAME: Face = Face::plain(9.0);
const HEAD: Face = Face::bold(9.5);
const SMALL: Face = Face::plain(8.5);

/// A pair of hosts, with what they did.
struct Pair {
    initiator: usize,
    responder: usize,
    link: LinkKey,
    state: State,
    finding: Option<String>,
    flows: u64,
    bytes: u64,
    services: BTreeSet<Service>,
}

/// Draws the hosts of a level.
pub fn hosts(material: &Material<'_>, level: Level, width: f32, height: f32, words: &'static Words) -> Scene {
    let mut pen = Pen::writing(width, height, words);
    let (left, right, pairs, left_out) = pairs(material, level);
    let column = (width * 0.24).clamp(60.0, 190.0);
    let plot = Rect { left: column, right: width - column, top: 26.0, bottom: height - 18.0 };
    let name = |host: &Host| visible(&material.survey.host(*host)).into_owned();
    for (text, count, x, anchor) in [
        (words.initiators, left.len(), plot.left - 8.0, Anchor::End),
        (words.responders, right.len(), plot.right + 8.0, Anchor::Start),
    ] {
        let text = format!("{text} · {}", (words.many)(count as u64, Noun::Host));
        pen.fitted(Point::new(x, 15.0), &text, HEAD, anchor, Ink::Text, column - 12.0);
    }
    let rows = |count: usize| (plot.height() / count.max(1) as f32).min(26.0);
    let at = |n: usize, count: usize, x: f32| {
        let step = rows(count);
        let first = plot.centre().y - step * (count as f32 - 1.0) / 2.0;
        Point::new(x, first + step * n as f32)
    };
    for pair in &pairs {
        let from = at(pair.initiator, left.len(), plot.left);
        let to = at(pair.responder, right.len(), plot.right);
        let marked = pair.state.is_marked();
        let many = pairs.len() > 400;
        let (thick, own) = match (marked, many) {
            (true, _) => (2.0, ink(pair.state)),
            (false, true) => (0.5, Ink::Faint),
            (false, false) => (0.75, Ink::Expected),
        };
        let bend = (to.x - from.x) * 0.4;
        let points: Vec<Point> = if many && !marked {
            vec![from, to]
        } else {
            (0..=12)
                .map(|n| {
                    let (t, u) = (n as f32 / 12.0, 1.0 - n as f32 / 12.0);
                    let (a, b, c, d) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
                    let x = a * from.x + b * (from.x + bend) + c * (to.x - bend) + d * to.x;
                    Point::new(x, (a + b) * from.y + (c + d) * to.y)
                })
                .collect()
        };
        pen.line(&points, thick, own);
        // Pointing at one of thousands of lines hits another; the hosts can always be pointed at.
        if marked || pairs.len() <= 2_000 {
            let services: Vec<String> = pair.services.iter().take(3).map(Service::to_string).collect();
            let says = format!(
                "{} → {} · {} · {} · {} · {}",
                name(&left[pair.initiator]),
                name(&right[pair.responder]),
                (words.state)(pair.state),
                services.join(", "),
                (words.many)(pair.flows, Noun::Session),
                super::words::bytes(pair.bytes),
            );
            let subject = pair.finding.clone().map_or(Subject::Link(pair.link), Subject::Finding);
            pen.spot(Shape::Path { points, width: thick }, subject, &says);
        }
    }
    let marked = |n: usize, is_left: bool| {
        pairs.iter().any(|pair| pair.state.is_marked() && n == if is_left { pair.initiator } else { pair.responder })
    };
    for (own, is_left) in [(&left, true), (&right, false)] {
        let step = rows(own.len());
        let bad: BTreeSet<usize> = (0..own.len()).filter(|n| own.len() <= 2_000 && marked(*n, is_left)).lean_collect();
        let mut free_from = f32::MIN;
        for (n, host) in own.iter().enumerate() {
            let spot = at(n, own.len(), if is_left { plot.left } else { plot.right });
            pen.disc(spot, (step * 0.36).clamp(0.75, 3.5), Ink::Node);
            // Where not all have room, those with a finding are named.
            let named = step >= ROW || (bad.contains(&n) && spot.y - ROW / 2.0 >= free_from);
            if !named {
                continue;
            }
            free_from = spot.y + ROW / 2.0;
            let text = widths::fitted(&name(host), NAME.size, false, column - 14.0);
            let (x, anchor) = if is_left { (spot.x - 8.0, Anchor::End) } else { (spot.x + 8.0, Anchor::Start) };
            let face = if bad.contains(&n) { Face::bold(9.0) } else { NAME };
            let tone = if bad.contains(&n) { Ink::Text } else { Ink::Muted };
            pen.fitted(Point::new(x, spot.y + 3.0), &text, face, anchor, tone, column - 14.0);
        }
    }
    if left_out > 0 {
        let at = Point::new(width / 2.0, height - 5.0);
        pen.fitted(at, &(words.hosts_more)(left_out), SMALL, Anchor::Middle, Ink::Muted, width - 16.0);
    }
    pen.scene()
}

/// The hosts of both sides in their order, their pairs (marked ones last, so that they lie on top), and how many pairs are
/// left out.
fn pairs(material: &Material<'_>, level: Level) -> (Vec<Host>, Vec<Host>, Vec<Pair>, usize) {
    let is_of = |key: &LinkKey| match level {
        Level::Link(link) => *key == link,
        Level::Site(party) => key.from == party || key.to == party,
    };
    type Sum = (LinkKey, u64, u64, BTreeSet<Service>, Option<(State, String)>);
    let mut sums: BTreeMap<(Host, Host), Sum> = BTreeMap::new();
    for (key, link) in material.survey.links.iter().filter(|(key, _)| is_of(key)) {
        for (service, record) in &link.services {
            let about: Vec<&Finding> = material
                .findings
                .iter()
                .filter(|f| f.link == *key && f.service.is_none_or(|own| own == *service))
                .collect();
            for (pair, own) in &record.pairs {
                let totals = own.totals();
                let entry = sums.entry((pair.initiator, pair.responder)).or_insert((*key, 0, 0, BTreeSet::new(), None));
                entry.1 += totals.connections();
                entry.2 = entry.2.saturating_add(totals.bytes());
                entry.3.insert(*service);
                // A finding names the hosts that it is about; where it names none, it is about all.
                let told = about.iter().filter(|f| {
                    f.hosts.is_empty() || (f.hosts.contains(&pair.initiator) && f.hosts.contains(&pair.responder))
                });
                let gravest = told.max_by_key(|f| f.gravity).map(|f| (State::from(f.gravity), f.id.clone()));
                if gravest.as_ref().map(|g| g.0) > entry.4.as_ref().map(|g| g.0) {
                    entry.4 = gravest;
                }
            }
        }
    }
    let all = sums.len();
    let mut kept: Vec<((Host, Host), Sum)> = sums.into_iter().collect();
    // Those with a finding first, then the busiest.
    kept.lean_sort_by(|(a, x), (b, y)| {
        let state = |sum: &Sum| sum.4.as_ref().map(|g| g.0);
        state(y).cmp(&state(x)).then(y.1.cmp(&x.1)).then(a.cmp(b))
    });
    kept.truncate(MOST_PAIRS);
    let (left, right) = ordered(&kept.iter().map(|((a, b), _)| (*a, *b)).collect::<Vec<_>>());
    let place = |hosts: &[Host]| -> BTreeMap<Host, usize> { hosts.iter().copied().zip(0..).lean_collect() };
    let (lefts, rights) = (place(&left), place(&right));
    let mut out: Vec<Pair> = kept
        .into_iter()
        .map(|((a, b), (link, flows, bytes, services, marked))| {
            let (state, finding) = marked.map_or((State::Expected, None), |(state, id)| (state, Some(id)));
            Pair { initiator: lefts[&a], responder: rights[&b], link, state, finding, flows, bytes, services }
        })
        .collect();
    out.reverse();
    let left_out = all - out.len();
    (left, right, out, left_out)
}

/// Each side by the mean place of whom it talks to, to and fro a few times.
fn ordered(pairs: &[(Host, Host)]) -> (Vec<Host>, Vec<Host>) {
    let mut left: Vec<Host> = pairs.iter().map(|pair| pair.0).lean_collect::<BTreeSet<_>>().into_iter().collect();
    let mut right: Vec<Host> = pairs.iter().map(|pair| pair.1).lean_collect::<BTreeSet<_>>().into_iter().collect();
    let sort = |own: &mut Vec<Host>, others: &[Host], of: fn(&(Host, Host)) -> (Host, Host)| {
        let place: BTreeMap<Host, u64> = others.iter().copied().zip(0..).lean_collect();
        let mut mean: BTreeMap<Host, (u64, u64)> = BTreeMap::new();
        for pair in pairs {
            let (host, other) = of(pair);
            let sum = mean.entry(host).or_default();
            sum.0 += place[&other];
            sum.1 += 1;
        }
        // In whole thousandths, so that equal means are equal.
        own.lean_sort_by_key(|host| (mean[host].0 * 1000 / mean[host].1.max(1), *host));
    };
    for _round in 0..6 {
        sort(&mut right, &left, |(a, b)| (*b, *a));
        sort(&mut left, &right, |(a, b)| (*a, *b));
    }
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::super::Palette;
    use super::super::samples;
    use super::super::words::Language;
    use super::*;

    #[test]
    fn the_hosts_of_a_link_are_legible_and_those_of_a_finding_marked() {
        let case = samples::model();
        let link = LinkKey { from: samples::site(2), to: samples::site(1) };
        let words = Language::English.of_pictures();
        for level in [Level::Link(link), Level::Site(samples::site(0))] {
            let scene = hosts(&case.material(), level, 800.0, 500.0, words);
            samples::show(&format!("hosts-{}", matches!(level, Level::Link(_))), &scene, Palette::Light);
            samples::assert_legible(&scene, 8.0);
            assert!(scene.spots.iter().any(|spot| matches!(spot.subject, Subject::Finding(_))));
        }
    }

    #[test]
    fn lines_that_need_not_cross_do_not() {
        let host = |n: u8| Host::of_address([10, 0, 0, n].into());
        let (left, right) =
            ordered(&[(host(1), host(14)), (host(2), host(13)), (host(3), host(12)), (host(4), host(11))]);
        let cross =
            left.iter().zip(&right).all(|(a, b)| [(1, 14), (2, 13), (3, 12), (4, 11)].contains(&(last(*a), last(*b))));
        assert!(cross, "{left:?} {right:?}");
    }

    fn last(host: Host) -> u8 {
        match host.address() {
            Some(std::net::IpAddr::V4(v4)) => v4.octets()[3],
            _other => 0,
        }
    }

    #[test]
    fn a_hundred_thousand_pairs_are_drawn_and_more_are_counted() {
        let mut case = samples::Case::of(&[("A", "JP", 1.0, 1.0), ("B", "TH", 2.0, 2.0)]);
        case.link(samples::site(0), samples::site(1), samples::tcp(443), 0, 1, 10);
        let key = LinkKey { from: samples::site(0), to: samples::site(1) };
        let record = case.survey.links.get_mut(&key).unwrap().services.get_mut(&samples::tcp(443)).unwrap();
        let (pair, totals) = record.pairs[0];
        record.pairs = (0..MOST_PAIRS as u32 + 7)
            .map(|n| {
                let initiator = Host::of_address((0x0a00_0000 + n / 300).to_be_bytes().into());
                let responder = Host::of_address((0x0b00_0000 + n % 300).to_be_bytes().into());
                (crate::ledger::PairKey { initiator, responder, ..pair }, totals)
            })
            .collect();
        let words = Language::English.of_pictures();
        let scene = hosts(&case.material(), Level::Link(key), 800.0, 500.0, words);
        let lines = scene.marks.iter().filter(|mark| matches!(mark, super::super::Mark::Line { .. })).count();
        assert_eq!(lines, MOST_PAIRS);
        assert!(scene.text_boxes().iter().any(|(_, text)| text.starts_with("7 further pairs")));
    }
}
