//! D19 account elsewhere: an account that belongs to one site is used from another, or one comes up that nobody had before.
//!
//! An account is where its caller is: at a site, or outside. It arrives at a place on the first day on which it is used from there.
//! p is the share of accounts that arrived as oddly, (k + ½)/(n + 1): n all accounts, k the others that
//! arrived somewhere after so many days with logs, with these marks too, as far as this one has them: on one of its first days it was used
//! from its own site as well, within three hours; and no other account of its own site is used there. An account without any earlier day
//! is compared with those that came up so late, and told where p is at most .02: colleagues come, too. `DOMAIN\name`, `name@domain` and `name` are one account.
//! Few logs but those of logons name accounts, so that the host from which it was used is looked for (whose day there begins with the
//! same row, else the only one that called in its hours), and what else that host called on these days belongs to the finding.
//!
//! Gate: 10 accounts; 14 days with logs before the arrival (half of a shorter log), and 2 days at its own site before. In a log too short for
//! that (less than four days), only who is used at two sites within three hours. One that is used from more than three places roams, and is not told. ATT&CK: T1078
//! Valid Accounts, T1133 External Remote Services. Innocent: a visit, a first day at home, a new colleague, an account that several share.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::Unit;
use super::novelty::kind;
use super::{Detector, Findings, Observed, id_of};
use crate::finding::usual::{Days, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Service};
use crate::ledger::survey::LinkKey;
use crate::ledger::{PairKey, Sight};
use crate::phrase::{Phrase, Saying, Thing, alike, count, day as date, listed, phrase};
use crate::sites::Party;
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct AccountElsewhere;

const RULE: &str = "D19 account-elsewhere v2";
const LEAST_ACCOUNTS: usize = 10;
/// So many days at its own site make it that site's.
const LEAST_HOME: usize = 2;
/// With more places, an account roams.
const MOST_PLACES: usize = 3;
/// So many days after an arrival belong to it.
const FIRST_DAYS: i32 = 7;
const TELLING: f64 = 0.1;
/// The same of an account that nobody had used before.
const TELLING_OF_NEW: f64 = 0.02;
/// Nobody goes from one site to another in so few hours.
const APART: i32 = 3;
/// In a shorter log nothing can be new.
const LEAST_LOG: usize = 4;

/// What an account did at a place, day by day: a row, and over which service of which link.
type AtPlace = BTreeMap<i32, Vec<Use>>;

/// A row of a day, over which service of which link, and the hours in use.
type Use = (Sight, LinkKey, Service, u32);

/// An account that came somewhere.
struct Arrival<'u> {
    account: &'u str,
    places: &'u BTreeMap<Party, AtPlace>,
    place: Party,
    /// Where it was before; nowhere, where it came up only then.
    home: Option<Party>,
    day: i32,
    /// Days with logs before.
    before: usize,
    /// The log before is long enough to say so.
    is_new: bool,
    /// In its first days there it was used at its own site within the same hours.
    at_once: bool,
    /// No other account of its own site is used there.
    is_alone: bool,
}

impl Detector for AccountElsewhere {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let accounts = accounts(observed);
        if accounts.len() < LEAST_ACCOUNTS {
            let because = phrase!(
                "not enough evidence: {accounts} called anybody, {least} are needed",
                "証拠不足：接続のあった{accounts}では足りず、{least}件が必要です。",
                accounts = count(accounts.len() as u64, Thing::ACCOUNT),
                least = LEAST_ACCOUNTS
            );
            found.refrain(RULE, because);
            return found;
        }
        // Who else of a site is used at a place.
        let mut company: BTreeMap<(Party, Party), usize> = BTreeMap::new();
        for places in accounts.values() {
            let Some(home) = home_of(places) else { continue };
            places.keys().for_each(|place| *company.entry((home, *place)).or_default() += 1);
        }
        let arrivals: Vec<Arrival<'_>> =
            accounts.iter().filter_map(|(account, places)| arrival(observed, account, places, &company)).collect();
        found.tested = accounts.len();
        let is_short = observed.survey.covered_days().len() < LEAST_LOG;
        let is_told = |own: &Arrival<'_>| own.is_new || is_short && own.at_once;
        for (at, own) in arrivals.iter().enumerate().filter(|(_, own)| is_told(own)) {
            let like = |other: &Arrival<'_>| {
                other.home.is_some() == own.home.is_some()
                    && other.is_new >= own.is_new
                    && other.at_once >= own.at_once
                    && other.is_alone >= own.is_alone
            };
            let others = arrivals.iter().enumerate().filter(|(other, one)| *other != at && like(one)).count();
            let p = (others as f64 + 0.5) / (accounts.len() as f64 + 1.0);
            if p <= if own.home.is_some() { TELLING } else { TELLING_OF_NEW } {
                found.findings.extend(claim(observed, own, p, others, accounts.len()));
            }
        }
        found
    }
}

/// Every account by the places that it was used from, with what it did there day by day.
fn accounts(observed: &Observed<'_>) -> BTreeMap<String, BTreeMap<Party, AtPlace>> {
    let mut accounts: BTreeMap<String, BTreeMap<Party, AtPlace>> = BTreeMap::new();
    for (link, seen) in &observed.survey.links {
        for (service, record) in &seen.services {
            for account in record.accounts.keys() {
                let days = observed.survey.days_of_account(record, account);
                for (day, seen) in days.into_iter().filter(|(_, seen)| seen.ran > 0) {
                    let Some(sight) = seen.sight() else { continue };
                    let own = accounts.entry(plain(account)).or_default().entry(link.from).or_default();
                    own.entry(day).or_default().push((sight, *link, *service, seen.hours));
                }
            }
        }
    }
    accounts
}

/// An account without its domain.
fn plain(account: &str) -> String {
    let name = account.rsplit('\\').next().unwrap_or(account);
    let name = name.split('@').next().filter(|name| !name.is_empty()).unwrap_or(name);
    name.to_lowercase()
}

/// Where an account was used first; of several the one where it is used on most days.
fn home_of(places: &BTreeMap<Party, AtPlace>) -> Option<Party> {
    let first = places.values().filter_map(|days| days.keys().next()).min()?;
    let early = places.iter().filter(|(_, days)| days.contains_key(first));
    early.max_by_key(|(place, days)| (days.len(), std::cmp::Reverse(**place))).map(|(place, _)| *place)
}

/// The oddest arrival of an account: of several the last.
fn arrival<'u>(
    observed: &Observed<'_>,
    account: &'u str,
    places: &'u BTreeMap<Party, AtPlace>,
    company: &BTreeMap<(Party, Party), usize>,
) -> Option<Arrival<'u>> {
    let coverage = observed.coverage();
    let home = home_of(places).filter(|_| places.len() <= MOST_PLACES)?;
    let days_before = |place: Party, day: i32| -> Option<usize> {
        let (_, link, ..) = places[&place].get(&day)?.first()?;
        Some(coverage.days(*link).range(..day).count())
    };
    let first = *places[&home].keys().next()?;
    let own = |place: &Party, days: &AtPlace| -> Option<Arrival<'u>> {
        let day = *days.keys().next()?;
        let before = days_before(*place, day)?;
        let at_home = &places[&home];
        let known = at_home.range(..day).count() >= LEAST_HOME;
        let is_inside = matches!((place, home), (Party::Site(_), Party::Site(_)));
        Some(Arrival {
            account,
            places,
            place: *place,
            home: Some(home),
            day,
            before,
            is_new: known && before >= coverage.gate(),
            at_once: is_inside
                && days
                    .range(..day + FIRST_DAYS)
                    .any(|(day, uses)| at_home.get(day).is_some_and(|home| are_near(hours_of(uses), hours_of(home)))),
            is_alone: company.get(&(home, *place)).is_none_or(|used| *used <= 1),
        })
    };
    let elsewhere = places.iter().filter(|(place, _)| **place != home).filter_map(|(place, days)| own(place, days));
    let oddest = elsewhere.max_by_key(|own| (own.is_new, own.at_once, own.is_alone, own.day));
    let before = days_before(home, first)?;
    let begun = Arrival {
        account,
        places,
        place: home,
        home: None,
        day: first,
        before,
        is_new: before >= coverage.gate(),
        at_once: false,
        is_alone: false,
    };
    oddest.filter(|own| own.is_new || own.at_once).or(Some(begun))
}

/// The host pair of a use: whose day begins with the same row, else the only one that called in its hours.
fn host_of<'d>(observed: &'d Observed<'_>, (sight, link, service, hours): &Use) -> Option<&'d PairKey> {
    let day = sight.at?.hour().day();
    let is_there = |unit: &&Unit<'_>| unit.link == *link && kind(unit.service) == kind(*service);
    let unit = observed.daily().units.iter().find(is_there)?;
    let on_day = || unit.pairs.iter().flat_map(|pair| pair.within(day, day).iter().map(|(_, seen)| (pair.key, seen)));
    if let Some((pair, _)) = on_day().find(|(_, seen)| seen.sight() == Some(*sight)) {
        return Some(pair);
    }
    let mut near = on_day().filter(|(_, seen)| seen.ran > 0 && seen.hours & hours == *hours);
    near.next().map(|(pair, _)| pair).filter(|_| near.next().is_none())
}

/// Over what other services of a link a host called on some days, each with its first row there.
fn beside(
    observed: &Observed<'_>,
    host: Host,
    link: LinkKey,
    but: Service,
    days: &BTreeSet<i32>,
) -> Vec<(Service, Sight)> {
    let called = |unit: &Unit<'_>| {
        let own = unit.pairs.iter().filter(|pair| pair.key.initiator == host).flat_map(|pair| pair.days);
        let ran = own.filter(|(day, seen)| seen.ran > 0 && days.contains(day));
        ran.filter_map(|(_, seen)| seen.sight()).min().map(|sight| (unit.service, sight))
    };
    let others = observed.daily().units.iter().filter(|unit| unit.link == link && kind(unit.service) != kind(but));
    others.filter_map(called).collect()
}

/// The hours of a day's uses: bit 0 is 00:00 to 00:59 UTC.
fn hours_of(uses: &[Use]) -> u32 {
    uses.iter().fold(0, |hours, own| hours | own.3)
}

/// Whether some hour of the one lies within [`APART`] of some hour of the other.
fn are_near(one: u32, other: u32) -> bool {
    (0..=APART).any(|by| one & (other << by | other >> by) & 0x00ff_ffff != 0)
}

fn claim(observed: &Observed<'_>, own: &Arrival<'_>, p: f64, others: usize, all: usize) -> Option<Finding> {
    let Arrival { account, places, place, home, day, before, .. } = own;
    let there = &places[place];
    let own_use = *there.get(day)?.iter().min()?;
    // What runs within one site is no link, and is told by a link that the account took from there.
    let early = || there.range(*day..*day + FIRST_DAYS).flat_map(|(_, calls)| calls);
    let first_use = *early().find(|(_, link, ..)| super::is_link(*link)).unwrap_or(&own_use);
    let (_, link, service, _) = first_use;
    if !super::is_link(link) {
        return None;
    }
    let used: BTreeSet<i32> = there.keys().copied().lean_collect();
    let pair = host_of(observed, &first_use);
    let days: BTreeSet<i32> = used.range(*day..*day + FIRST_DAYS).copied().lean_collect();
    let beside = pair.map(|pair| beside(observed, pair.initiator, link, service, &days)).unwrap_or_default();
    let own_rows = early().filter(|(_, other, ..)| *other == link).map(|(sight, ..)| *sight);
    let rows = Rows::of(own_rows.chain(beside.iter().map(|(_, sight)| *sight)))?;
    let times = || rows.iter().filter_map(|sight| sight.at);
    let since = phrase!(
        "from {place} for the first time on {day}, {link} over {service}",
        "{day}に初めて{place}から使われ（{link}の{service}）",
        place = observed.name(*place),
        day = date(*day),
        link = observed.link(link),
        service
    );
    let named = phrase!("The account {account}", "アカウント{account}", account = alike(*account));
    let because = match home {
        None => phrase!(
            "{named} was used {since}; in {before} with coverage before, nobody used it anywhere.",
            "{named}は{since}ました。それまでのログのある{before}には、どこでも使われていません。",
            named,
            since,
            before = count(*before as u64, Thing::DAY)
        ),
        Some(home) => phrase!(
            "{named}, used from {home} on {days} before, was used {since}.",
            "{named}は、それまで{days}にわたり{home}から使われていましたが、{since}ました。",
            named,
            home = observed.name(*home),
            days = count(places[home].range(..*day).count() as u64, Thing::DAY),
            since
        ),
    };
    let at_once = match own.at_once {
        true => phrase!(
            "Within {hours} it was used from both.",
            "{hours}以内に両方から使われています。",
            hours = count(APART as u64, Thing::HOUR)
        ),
        false => Phrase::default(),
    };
    let is_alone = match own.is_alone {
        true => phrase!(
            "No other account of that site is used there.",
            "その拠点のほかのアカウントは、そこでは使われていません。"
        ),
        false => Phrase::default(),
    };
    let among = phrase!(
        "Of {all}, {others} others came up in such a way.",
        "全{all}のうち、同じように現れたものはほかに{others}件です。",
        all = count(all as u64, Thing::ACCOUNT),
        others = others as u64
    );
    let from = match pair {
        Some(pair) if !beside.is_empty() => phrase!(
            "It was used from {host}, which on these days called there over {services} too.",
            "使われたのは{host}で、同じ日に{services}でもそこへ接続しています。",
            host = observed.host(pair.initiator),
            services = listed(beside.iter().map(|(own, _)| alike(own.to_string())), 5)
        ),
        Some(pair) => {
            phrase!("It was used from {host}.", "使われたのは{host}です。", host = observed.host(pair.initiator))
        }
        None => Phrase::default(),
    };
    let covered = observed.coverage().days(link);
    Some(Finding {
        service: beside.is_empty().then_some(service),
        window: times().min().zip(times().max()),
        hosts: pair.map(|pair| vec![pair.initiator, pair.responder]).unwrap_or_default(),
        accounts: vec![(*account).to_owned()],
        p: Some(p),
        because: because.and(&from).and(&at_once).and(&is_alone).and(&among),
        gist: match home {
            None => phrase!("an account that nobody had used before", "それまで使われたことのないアカウント"),
            Some(_) => phrase!("an account away from its own site", "本来の拠点以外で使われたアカウント"),
        },
        normal: phrase!(
            "An account is used from where its owner works.",
            "アカウントは、通常、持ち主の働く場所から使われます。"
        ),
        usual: Days::of(&covered, &used, &BTreeSet::new(), [*day]).map(Usual::Days),
        innocent: &[
            Saying("a visit to another site, or a first day of work at home", "他拠点への出張や在宅勤務の開始"),
            Saying("a new colleague", "新しい担当者"),
            Saying("an account that several people share", "複数人で共有するアカウント"),
        ],
        attack: &["T1078", "T1133"],
        ..Finding::of(
            Lane::Behaviour,
            RULE,
            id_of(observed, &format!("{RULE}\0{account}"), link, Some(service), None),
            link,
            rows,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// Twelve people of Bangkok and twelve of Cebu log on at Tokyo on every day.
    fn offices(days: i64) -> Stream {
        let mut stream = Stream::new();
        for (day, person) in (0..days).flat_map(|day| (0..24).map(move |person| (day, person))) {
            let (site, account) = (person / 12, format!("CORP\\p{person}"));
            stream = stream.by(&account, day, 60 + person, &format!("10.{site}.0.{person}"), "10.4.0.1", "logon");
        }
        stream
    }

    fn told(stream: &Stream) -> Vec<crate::finding::Finding> {
        stream.told_by(&super::AccountElsewhere).findings
    }

    #[test]
    fn an_account_of_one_site_that_is_used_from_another_within_hours_is_found() {
        let stream = offices(40).by("p3@corp.example", 30, 150, "10.2.0.7", "10.4.0.1", "logon");
        let found = told(&stream);
        assert_eq!(found.len(), 1, "{found:#?}");
        let expected = "The account p3, used from Bangkok on 30 days before, was used from Jakarta for the first time on 2020-05-31, \
             Jakarta → Tokyo DC over logon. It was used from 10.2.0.7. Within 3 hours it was used from both. No other account of that site is used there. \
             Of 24 accounts, 0 others came up in such a way.";
        assert_eq!(found[0].because, expected);
        assert_eq!((found[0].p, found[0].accounts.clone()), (Some(0.5 / 25.0), vec!["p3".to_owned()]));
    }

    #[test]
    fn what_else_the_host_called_on_these_days_belongs_to_it() {
        let stream = offices(40).by("p3", 30, 150, "10.2.0.7", "10.4.0.1", "logon");
        let stream = stream.sized(30, 155, "10.2.0.7", "10.4.0.9", "tcp/445", (9_000, 900_000));
        let found = told(&stream.sized(29, 155, "10.2.0.7", "10.4.0.9", "tcp/443", (9_000, 9_000)));
        assert_eq!((found.len(), found[0].service, found[0].hosts.len()), (1, None, 2), "{found:#?}");
        assert!(
            found[0].because.contains("It was used from 10.2.0.7, which on these days called there over tcp/445 too."),
            "{}",
            found[0].because
        );
    }

    #[test]
    fn an_account_that_comes_up_after_weeks_is_found_and_one_of_the_first_days_is_not() {
        let late = offices(40).by("svc", 30, 90, "10.0.0.7", "10.4.0.1", "tcp/445");
        let found = told(&late);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].because.contains("in 30 days with coverage before, nobody used it anywhere"),
            "{}",
            found[0].because
        );
        assert!(told(&offices(40).by("svc", 5, 90, "10.0.0.7", "10.4.0.1", "tcp/445")).is_empty());
    }

    #[test]
    fn where_many_come_and_go_one_more_is_nothing() {
        let visits = (0..8).fold(offices(40), |stream, person| {
            stream.by(&format!("p{person}"), 20 + person, 90, "10.2.0.7", "10.4.0.1", "logon")
        });
        assert!(told(&visits).is_empty());
    }

    #[test]
    fn who_is_used_everywhere_is_at_home_everywhere() {
        let roams = (0..4).fold(offices(40), |stream, site| {
            (0..40).fold(stream, |stream, day| {
                stream.by("admin", day, 200, &format!("10.{site}.0.99"), "10.4.0.1", "logon")
            })
        });
        assert!(told(&roams.by("admin", 30, 300, "10.4.0.8", "10.0.0.1", "logon")).is_empty());
    }

    #[test]
    fn in_an_hour_of_logs_one_account_at_two_sites_is_told_all_the_same() {
        let found = told(&offices(1).by("p3", 0, 90, "10.2.0.7", "10.4.0.1", "logon"));
        assert_eq!(found.len(), 1, "{found:#?}");
    }

    #[test]
    fn a_handful_of_accounts_is_not_enough() {
        let stream = Stream::new().by("p1", 0, 0, "10.0.0.1", "10.4.0.1", "logon");
        let found = stream.told_by(&super::AccountElsewhere);
        assert!(
            found.refrains.iter().any(|refrain| refrain.because.contains("1 account called anybody, 10 are needed"))
        );
    }
}
