//! The sweep: of a link that should not have occurred, where else did the like occur?
//!
//! Every other site is looked through for the same server, service, account, hours and byte shape. What a host pair did all along,
//! or what the policy allows a site by name, is no trace. A site is *confirmed* with the same service of the same server, which no
//! host of it called so before, and one more mark, *suspected* with less, *not seen* where its days were covered, and *no logs*
//! where they were not.

use std::collections::{BTreeMap, BTreeSet};

use super::coverage::{Covered, covered};
use crate::calendar::DAY;
use crate::finding::Finding;
use crate::flow::{Host, Moment, Service};
use crate::ledger::survey::{LinkKey, ServiceRecord, Survey};
use crate::ledger::{PairTotals, Sight};
use crate::phrase::{Phrase, alike, phrase};
use crate::policy::{Policy, Scope, Verdict};
use crate::sites::{Party, SiteBook};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// What is looked for elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Pin {
    /// The link that was found.
    pub link: LinkKey,
    /// The service.
    pub service: Service,
    /// The servers that were called.
    pub servers: BTreeSet<Host>,
    /// Who called them.
    pub initiators: BTreeSet<Host>,
    /// The accounts that were used.
    pub accounts: BTreeSet<String>,
    /// When.
    pub window: (Moment, Moment),
    /// Hours of UTC in which connections began: bit 0 is 00:00 to 00:59.
    pub hours: u32,
    /// Bytes of a connection out and back, on average.
    pub shape: (u64, u64),
}

/// What became of the search at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The same service of the same server, and one more mark.
    Confirmed,
    /// Something like it.
    Suspected,
    /// Nothing, and its days were covered.
    NotSeen,
    /// Its days were not covered.
    NoLogs,
}

impl Outcome {
    /// As it is said.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Confirmed => "confirmed",
            Outcome::Suspected => "suspected",
            Outcome::NotSeen => "not seen",
            Outcome::NoLogs => "no logs",
        }
    }
}

/// What was found of the pin at a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// The site.
    pub site: Party,
    /// The answer.
    pub outcome: Outcome,
    /// The marks that were met, in words.
    pub marks: Vec<Phrase>,
    /// The first and the last time.
    pub window: Option<(Moment, Moment)>,
    /// Hosts of the site.
    pub hosts: BTreeSet<Host>,
    /// The earliest rows.
    pub rows: Vec<Sight>,
    /// What was covered of the site, from the pin's first moment on.
    pub covered: Covered,
}

/// Before the pin by so long, something is no trace of the same hand but what was there anyway.
const BEFORE: i64 = 14 * DAY;
/// How many rows are handed on a site.
const MOST_ROWS: usize = 20;

impl Pin {
    /// Of a finding; of a service of its link, where it names none the one with most connections. None where nothing of it ran.
    pub fn of(finding: &Finding, survey: &Survey) -> Option<Pin> {
        let named = Named { hosts: finding.hosts.iter().copied().lean_collect(), accounts: &finding.accounts };
        Pin::made(finding.link, finding.service, finding.window, &named, survey)
    }

    /// Of a link, or of a service of it, in all its time. None where nothing of it ran.
    pub fn of_link(link: LinkKey, service: Option<Service>, survey: &Survey) -> Option<Pin> {
        Pin::made(link, service, None, &Named { hosts: BTreeSet::new(), accounts: &[] }, survey)
    }

    fn made(
        key: LinkKey,
        service: Option<Service>,
        window: Option<(Moment, Moment)>,
        named: &Named<'_>,
        survey: &Survey,
    ) -> Option<Pin> {
        let link = survey.links.get(&key)?;
        let busiest = || {
            link.services
                .iter()
                .max_by_key(|(service, record)| (record.totals.established, **service))
                .map(|(service, _)| *service)
        };
        let service = service.or_else(busiest)?;
        let record = link.services.get(&service)?;
        let window = window.or(record.totals.first.zip(record.totals.last))?;
        let pairs = record.pairs.iter().filter(|(key, _)| named.holds(key.initiator) && named.holds(key.responder));
        let (mut servers, mut initiators) = (BTreeSet::new(), BTreeSet::new());
        let (mut hours, mut bytes, mut runs) = (0, (0_u64, 0_u64), 0_u64);
        let days = window.0.hour().day()..=window.1.hour().day();
        for (key, _) in pairs {
            for (_, seen) in survey.days_of(key).iter().filter(|(day, seen)| days.contains(day) && seen.ran > 0) {
                servers.insert(key.responder);
                initiators.insert(key.initiator);
                hours |= seen.hours;
                bytes = (bytes.0.saturating_add(seen.bytes_out), bytes.1.saturating_add(seen.bytes_in));
                runs += u64::from(seen.ran);
            }
        }
        let accounts =
            record.accounts.keys().filter(|account| named.accounts.is_empty() || named.accounts.contains(account));
        (!servers.is_empty()).then(|| Pin {
            link: key,
            service,
            servers,
            initiators,
            accounts: accounts.cloned().lean_collect(),
            window,
            hours,
            shape: (bytes.0 / runs.max(1), bytes.1 / runs.max(1)),
        })
    }
}

/// Hosts and accounts that a pin is limited to; none of a kind means all.
struct Named<'n> {
    hosts: BTreeSet<Host>,
    accounts: &'n [String],
}

impl Named<'_> {
    fn holds(&self, host: Host) -> bool {
        self.hosts.is_empty() || self.hosts.contains(&host)
    }
}

/// Looks through every other site of the book, in its order.
pub fn sweep(pin: &Pin, survey: &Survey, book: &SiteBook, policy: &Policy) -> Vec<Swept> {
    let until = survey.window.map_or(pin.window.1, |(_, last)| last);
    let others =
        (0..book.sites.len() as u32).map(Party::Site).filter(|site| *site != pin.link.from && *site != pin.link.to);
    others.map(|site| look(pin, survey, book, policy, site, until)).collect()
}

fn look(pin: &Pin, survey: &Survey, book: &SiteBook, policy: &Policy, site: Party, until: Moment) -> Swept {
    let since = Moment(pin.window.0.0.saturating_sub(BEFORE));
    let covered = covered(survey, &[site].into_iter().lean_collect(), (pin.window.0, until));
    let outcome = if covered.seen > 0 { Outcome::NotSeen } else { Outcome::NoLogs };
    let mut swept =
        Swept { site, outcome, marks: Vec::new(), window: None, hosts: BTreeSet::new(), rows: Vec::new(), covered };
    let (mut same, mut further) = (0_u64, 0);
    let mut marks: BTreeMap<&str, Phrase> = BTreeMap::new();
    let key = LinkKey { from: site, to: pin.link.to };
    elsewhere(pin, survey, site, since, &mut swept, &mut marks);
    for (service, record) in survey.links.get(&key).into_iter().flat_map(|link| &link.services) {
        let is_same = *service == pin.service;
        let own_account = new_account(pin, survey, record, since);
        // What policy.csv allows to this site by name is expected, unless the very account was used.
        if own_account.is_none() && allowed(policy, book, key, *service, pin.window.0) {
            continue;
        }
        let since_when = |totals: &PairTotals| totals.first().and_then(|sight| sight.at);
        let is_before = |totals: &PairTotals| since_when(totals).is_none_or(|first| first < since);
        // What some host of the site did all along with a server, another one may do as its colleague: that alone confirms nothing.
        let known: BTreeSet<Host> =
            record.pairs.iter().filter(|(_, totals)| is_before(totals)).map(|(pair, _)| pair.responder).lean_collect();
        for (pair, totals) in &record.pairs {
            let first = since_when(totals);
            let known_before = is_before(totals);
            let same_server = pin.servers.contains(&pair.responder);
            // Another server counts where the whole service is as new, and at the hours of the pin.
            let is_new_service = is_same && record.totals.first.is_some_and(|first| first >= since);
            if !(same_server || is_new_service) || known_before && own_account.is_none() {
                continue;
            }
            let days = survey.days_of(pair);
            let after = days.iter().filter(|(day, _)| *day >= since.hour().day());
            let (mut ran, mut refused, mut hours) = (0_u64, 0_u64, 0_u32);
            for (_, seen) in after.clone() {
                ran += u64::from(seen.ran);
                refused += u64::from(seen.refused);
                hours |= seen.hours;
            }
            let server = alike(survey.host(pair.responder));
            if !same_server {
                if ran == 0 || hours & pin.hours == 0 {
                    continue;
                }
                marks.insert(
                    "h",
                    phrase!(
                        "{service} of another server {server} there, new, and at the same hours",
                        "同じ拠点の別のサーバー{server}への新しい{service}、時間帯も同じ",
                        service,
                        server
                    ),
                );
            } else if is_same && ran > 0 {
                same += if known.contains(&pair.responder) { 0 } else { ran };
                marks.insert(
                    "a",
                    phrase!(
                        "{service} of the same server {server}, {ran} times",
                        "同じサーバー{server}への{service}が{ran}回",
                        service,
                        server,
                        ran
                    ),
                );
                let bytes = totals.totals();
                let shape = |own: u64, pinned: u64| {
                    own / ran.max(1) >= pinned / 4 && own / ran.max(1) <= pinned.saturating_mul(4)
                };
                if hours & pin.hours != 0 {
                    further += 1;
                    marks.insert("c", phrase!("at the same hours", "同じ時間帯"));
                }
                if shape(bytes.bytes_out, pin.shape.0) && shape(bytes.bytes_in, pin.shape.1) {
                    further += 1;
                    marks.insert("d", phrase!("as much a connection each way", "一接続あたりの送受信量が同程度"));
                }
            } else if ran > 0 {
                marks.insert(
                    "e",
                    phrase!(
                        "{service} of the same server {server}, which it had not called before",
                        "以前は接続のなかった同じサーバー{server}への{service}",
                        service,
                        server
                    ),
                );
            } else if refused > 0 && is_same {
                marks.insert(
                    "f",
                    phrase!(
                        "{service} of the same server {server} was asked for and refused, {refused} times",
                        "同じサーバー{server}への{service}を試みて{refused}回拒否された",
                        service,
                        server,
                        refused
                    ),
                );
            } else {
                continue;
            }
            swept.rows.extend(after.filter_map(|(_, seen)| seen.sight()));
            swept.hosts.insert(pair.initiator);
            let own = totals.totals();
            let (first, last) = (first.filter(|first| *first >= since).or(own.first), own.last);
            swept.window = joined(swept.window, first.zip(last));
        }
        if let Some(account) = own_account {
            further += 1;
            marks.insert(
                "b",
                phrase!("by the same account {account}", "同じアカウント{account}", account = alike(account)),
            );
        }
    }
    if !marks.is_empty() {
        swept.outcome = if same > 0 && further > 0 { Outcome::Confirmed } else { Outcome::Suspected };
        swept.marks = marks.into_values().collect();
    }
    swept.rows.lean_sort();
    swept.rows.dedup();
    swept.rows.truncate(MOST_ROWS);
    swept
}

/// An account of the pin that this service of a link had not seen before.
fn new_account<'r>(pin: &Pin, survey: &Survey, record: &'r ServiceRecord, since: Moment) -> Option<&'r String> {
    record.accounts.keys().filter(|account| pin.accounts.contains(*account)).find(|account| {
        let days = survey.days_of_account(record, account);
        days.first().is_some_and(|(day, _)| *day >= since.hour().day())
    })
}

/// The pin's accounts, used from the site to other places than the pin's.
fn elsewhere(
    pin: &Pin,
    survey: &Survey,
    site: Party,
    since: Moment,
    swept: &mut Swept,
    marks: &mut BTreeMap<&str, Phrase>,
) {
    let others = survey.links.iter().filter(|(key, _)| key.from == site && key.to != pin.link.to);
    for (service, record) in others.flat_map(|(_, link)| &link.services) {
        let Some(account) = new_account(pin, survey, record, since) else { continue };
        marks.insert(
            "g",
            phrase!(
                "{service} elsewhere by the same account {account}",
                "同じアカウント{account}による、別の接続先への{service}",
                service,
                account = alike(account)
            ),
        );
        let days = survey.days_of_account(record, account);
        swept.rows.extend(days.iter().filter_map(|(_, seen)| seen.sight()));
        let times = || days.iter().filter_map(|(_, seen)| seen.sight()?.at);
        swept.window = joined(swept.window, times().min().zip(times().max()));
    }
}

fn joined(a: Option<(Moment, Moment)>, b: Option<(Moment, Moment)>) -> Option<(Moment, Moment)> {
    match (a, b) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (own, other) => own.or(other),
    }
}

fn allowed(policy: &Policy, book: &SiteBook, link: LinkKey, service: Service, at: Moment) -> bool {
    policy
        .judge(link.from, link.to, service, book, Some(at))
        .is_some_and(|rule| rule.verdict == Verdict::Allow && rule.from != Scope::Any && rule.to != Scope::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Place;
    use crate::flow::{Endpoint, Flow, Outcome as Became, Protocol};
    use crate::ledger::Ledger;
    use crate::sites::Locus;

    const RDP: u16 = 3389;

    #[test]
    fn a_colleague_of_who_called_the_server_all_along_is_suspected_and_who_comes_from_nowhere_is_confirmed() {
        let mut ledger = Ledger::default();
        let mut line = 0;
        // Sites 0, 1 and 2 call a server of site 3, each by this host on this day, at three in the morning.
        let mut called = |site: u8, host: u8, day: i64| {
            line += 1;
            let end = |site, host, port| Endpoint {
                address: Some(std::net::IpAddr::from([10, site, 0, host])),
                port: Some(port),
                ..Endpoint::default()
            };
            let flow = Flow {
                start: Some(Moment((day * 24 + 3) * 3_600_000_000)),
                initiator: end(site, host, 50_000),
                responder: end(3, 1, RDP),
                protocol: Some(Protocol::TCP),
                bytes_out: Some(9_000),
                bytes_in: Some(90_000),
                outcome: Became::Established,
                ..Flow::default()
            };
            let at = Place { line, offset: line * 100 };
            ledger.add(&flow, at, Locus::Site(u32::from(site)), Locus::Site(3), "fw");
        };
        (0..40).step_by(5).for_each(|day| called(1, 7, day));
        for (site, day) in [(0, 40), (1, 41), (2, 41)] {
            called(site, 9, day);
        }
        ledger.settle();
        let sites = ["Bangkok", "Cebu", "Jakarta", "Tokyo"];
        let sites = sites.map(|name| crate::sites::Site { name: name.to_owned(), ..Default::default() });
        let book = SiteBook { sites: sites.into() };
        let parties = book.parties();
        let survey = Survey::of(&ledger, |locus| parties.of(locus));
        let key = LinkKey { from: Party::Site(0), to: Party::Site(3) };
        let pin = Pin::of_link(key, None, &survey).unwrap();
        let swept = sweep(&pin, &survey, &book, &Policy::default());
        let outcomes: Vec<(Party, Outcome)> = swept.iter().map(|own| (own.site, own.outcome)).collect();
        assert_eq!(outcomes, [(Party::Site(1), Outcome::Suspected), (Party::Site(2), Outcome::Confirmed)]);
    }
}
