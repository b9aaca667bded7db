//! What D2 and D3 share: since when something is new, how long it could have been seen before, and how likely its kind is.

use std::collections::{BTreeMap, BTreeSet};

use super::Observed;
use super::numeric::ln;
use crate::finding::usual::{Days, Usual};
use crate::flow::{Host, Hour, Kind, Moment, Protocol, Service};
use crate::ledger::survey::{LinkKey, ServiceRecord, Survey};
use crate::ledger::{PairTotals, Sight, TrailDay};
use crate::phrase::{Phrase, Thing, alike, chance, count, day, listed, phrase, time};
use crate::policy::{Scope, Verdict};
use crate::sites::Party;
use crate::sorting::LeanCollect as _;

/// "New" needs so many days with coverage before it (left-censoring), in a log of four weeks and more.
pub const DAYS_BEFORE: usize = 14;
/// In a shorter one half of its days, and at least so many.
const LEAST_BEFORE: usize = 2;
/// And so many connections that ran.
pub const LEAST_RUNS: u64 = 3;
/// Or connections that carried so many bytes each way on average: less is a greeting, not a session.
const BOTH_WAYS: u64 = 2_000;
/// Or so many one way, which nobody sends without an answer: for logs that do not tell what came back.
const ONE_WAY: u64 = 20_000;
/// Or one over TCP that carried [`BOTH_WAYS`] in all and stayed open for so many seconds.
const LASTED: u32 = 30;
/// Above this chance, news is no news.
pub const EVERYDAY: f64 = 0.5;
/// The first of the ports that systems give out by themselves (Linux; RFC 6335 begins at 49152): they name no service.
const DYNAMIC: u16 = 32_768;

/// Coming up: so many kinds of things within so many days of the first, by or to several hosts.
const AT_ONCE: (usize, i32) = (3, 2);

/// The days on which each party was seen to take part in anything, and since when it is looked at as a caller and as one that is called.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    days: BTreeMap<Party, BTreeSet<i32>>,
    /// The day on which a site that had not called came up calling many things at once: a new site, or a new sensor.
    calls_since: BTreeMap<Party, i32>,
    /// The same of a site that had not been called.
    called_since: BTreeMap<Party, i32>,
    /// So many days before make something new.
    gate: usize,
}

impl Coverage {
    /// Of all that was seen.
    pub fn of(survey: &Survey) -> Coverage {
        let mut begun: Begun = BTreeMap::new();
        for (link, seen) in survey.links.iter().filter(|(link, _)| super::is_link(**link)) {
            for (service, record) in &seen.services {
                for (key, pair) in &record.pairs {
                    let Some(at) = super::first_ran(pair).and_then(|sight| sight.at) else { continue };
                    let day = at.hour().day();
                    let entry = |other| (day, other, kind(*service), key.initiator, key.responder);
                    begun.entry((link.from, true)).or_default().push(entry(link.to));
                    begun.entry((link.to, false)).or_default().push(entry(link.from));
                }
            }
        }
        let since = |calls: bool| {
            let of = begun.iter().filter(|((party, own), _)| *own == calls && matches!(party, Party::Site(_)));
            of.filter_map(|((party, _), begun)| Some((*party, came_up(begun, calls)?))).collect()
        };
        Coverage {
            days: survey.days.clone(),
            calls_since: since(true),
            called_since: since(false),
            gate: (survey.covered_days().len() / 2).clamp(LEAST_BEFORE, DAYS_BEFORE),
        }
    }

    /// The days on which the link would have been seen: some other traffic of one of its ends was, since both are looked at. The
    /// outside takes part in everybody's traffic and proves nothing.
    pub fn days(&self, link: LinkKey) -> BTreeSet<i32> {
        let ends = [link.from, link.to].into_iter().filter(|party| matches!(party, Party::Site(_)));
        let since = [self.calls_since.get(&link.from), self.called_since.get(&link.to)];
        let since = since.into_iter().flatten().max().copied().unwrap_or(i32::MIN);
        ends.filter_map(|party| self.days.get(&party)).flatten().copied().filter(|day| *day >= since).lean_collect()
    }

    /// So many days with coverage before it make something new: [`DAYS_BEFORE`], or half of a log of less than four weeks.
    pub fn gate(&self) -> usize {
        self.gate
    }
}

/// What began by a caller (true) or toward one that is called: the day, the other party, the service, who and whom.
type Begun = BTreeMap<(Party, bool), Vec<(i32, Party, Service, Host, Host)>>;

/// The first day of a party, if many things came up then at once.
fn came_up(begun: &[(i32, Party, Service, Host, Host)], calls: bool) -> Option<i32> {
    let (kinds, within) = AT_ONCE;
    let first = begun.iter().map(|(day, ..)| *day).min()?;
    let early = || begun.iter().filter(|(day, ..)| *day <= first + within);
    let things: BTreeSet<(Party, Service)> = early().map(|(_, other, service, ..)| (*other, *service)).lean_collect();
    let initiators: BTreeSet<Host> = early().map(|(.., initiator, _)| *initiator).lean_collect();
    let responders: BTreeSet<Host> = early().map(|(.., responder)| *responder).lean_collect();
    (things.len() >= kinds && initiators.len() >= 2 && (calls || responders.len() >= 2)).then_some(first)
}

/// Whether enough ran to call it new: three connections, or one logon or VPN session, or one session that carried data both
/// ways or stayed open, or one that ran beside three that were refused: what a scan found open. A packet that was let through is no link.
pub fn is_enough<'r>(survey: &Survey, records: impl Iterator<Item = (&'r Service, &'r ServiceRecord)>) -> bool {
    let (mut runs, mut refused) = (0, 0);
    for (service, record) in records {
        runs += super::ran(&record.totals);
        refused += record.totals.denied + record.totals.failed;
        let session = service.kind != Kind::Connection && super::ran(&record.totals) > 0;
        let (out, back) = (record.totals.bytes_out, record.totals.bytes_in);
        let own = super::ran(&record.totals);
        let carried = own > 0 && (out.min(back) / own >= BOTH_WAYS || out.max(back) / own >= ONE_WAY);
        let lasted = || {
            let days = record.pairs.iter().flat_map(|(key, _)| survey.days_of(key));
            let is_session = |seen: &TrailDay| seen.ran > 0 && seen.longest >= LASTED && out.max(back) >= BOTH_WAYS;
            service.protocol == Some(Protocol::TCP) && own > 0 && days.into_iter().any(|(_, seen)| is_session(seen))
        };
        if session || carried || runs >= LEAST_RUNS || lasted() || runs > 0 && refused >= LEAST_RUNS {
            return true;
        }
    }
    false
}

/// How new something is.
pub struct Newness {
    /// The first connection that ran.
    pub first: Moment,
    /// Days with coverage before its day.
    pub before: usize,
    /// Days with coverage in all.
    pub covered: usize,
    /// Days with coverage in the declared baseline, when nothing of it ran there and it began, or began again, after.
    pub not_in_baseline: Option<usize>,
    /// It began within the declared baseline.
    pub within_baseline: bool,
    /// Days on which something of it ran.
    used: usize,
    /// It ran before the declared baseline, rested all through it, and `first` is when it came back.
    pub came_back: bool,
    /// So many days before make it new.
    gate: usize,
}

impl Newness {
    /// How new a thing is of which connections ran in these hours.
    pub fn of(
        hours: impl Iterator<Item = (Hour, crate::ledger::Totals)>,
        days: &BTreeSet<i32>,
        gate: usize,
        baseline: Option<(Moment, Moment)>,
    ) -> Option<Newness> {
        let mut starts: Vec<Moment> = Vec::new();
        let mut used: BTreeSet<i32> = BTreeSet::new();
        let mut in_baseline = false;
        let mut after: Option<Moment> = None;
        for (hour, totals) in hours.filter(|(_, totals)| super::ran(totals) > 0) {
            let Some(start) = totals.first.filter(|_| hour != Hour::UNDATED) else { continue };
            starts.push(start);
            used.insert(hour.day());
            if let Some((from, to)) = baseline {
                in_baseline |= totals.last.is_some_and(|last| last >= from) && start <= to;
                if start > to {
                    after = Some(after.map_or(start, |own| own.min(start)));
                }
            }
        }
        let first = starts.into_iter().min()?;
        let day = |moment: Moment| moment.hour().day();
        let used = used.len();
        let declared = baseline.map(|(from, to)| days.range(day(from)..=day(to)).count());
        let not_in_baseline = declared.filter(|_| !in_baseline && after.is_some());
        // What ran before the baseline, rested all through it and came back is new to the baseline.
        let earliest = first;
        let first = if not_in_baseline.is_some() { after.unwrap_or(first).max(first) } else { first };
        Some(Newness {
            first,
            before: days.range(..day(first)).count(),
            covered: days.len(),
            not_in_baseline,
            came_back: earliest < first,
            used,
            gate,
            within_baseline: in_baseline && baseline.is_some_and(|(from, to)| first >= from && first <= to),
        })
    }

    /// Whether there was enough coverage before it to call it new.
    pub fn is_proven(&self) -> bool {
        self.before >= self.gate
    }

    /// Whether it stands since the first day, and so is simply known.
    pub fn is_from_the_start(&self) -> bool {
        self.before == 0 && self.covered > self.gate
    }

    /// Whether it may be new, though too few days with coverage came before it to say so.
    pub fn may_be_new(&self) -> bool {
        !self.is_proven() && !self.is_from_the_start()
    }

    /// Whether it ran on most days since, as a habit does that may be older than the log; two days make no habit.
    pub fn is_habit(&self, days: &BTreeSet<i32>) -> bool {
        self.used > 2 && 2 * self.used >= days.range(self.first.hour().day()..).count()
    }

    /// `4 days with coverage before are too few to call it new`.
    pub fn too_few(&self) -> Phrase {
        phrase!(
            "{before} with coverage before {first} are too few to call it new ({gate} are needed)",
            "{first}より前にログがあるのは{before}のみで、新しいとは判定できません（{gate}日分が必要）",
            before = count(self.before as u64, Thing::DAY),
            first = time(self.first),
            gate = self.gate
        )
    }

    /// Why it can't be called new.
    pub fn lack(&self) -> Phrase {
        phrase!(
            "not enough evidence: {before} with coverage before {first}, {gate} are needed to call it new",
            "証拠不足：{first}より前にログがあるのは{before}で、新しいと判定するには{gate}日分が必要です。",
            before = count(self.before as u64, Thing::DAY),
            first = time(self.first),
            gate = self.gate
        )
    }

    /// Where nothing of it ran: `in 41 days with coverage (2020-05-01 to 2020-06-10)`, or in the declared baseline.
    pub fn absence(&self, days: &BTreeSet<i32>) -> Phrase {
        match self.not_in_baseline {
            Some(declared) if self.came_back => phrase!(
                "in the declared baseline ({days}), though before it",
                "平常と定めた期間（{days}。それ以前にはあり）に",
                days = count(declared as u64, Thing::COVERED_DAY)
            ),
            Some(_) | None => {
                let short = match self.before < DAYS_BEFORE {
                    true => phrase!(", which is little", "。日数は少ない"),
                    false => Phrase::default(),
                };
                phrase!(
                    "in {before} with coverage{short} ({looked})",
                    "ログのある{before}（{looked}{short}）に",
                    before = count(self.before as u64, Thing::DAY),
                    short,
                    looked = looked_through(days, self.first)
                )
            }
        }
    }

    /// What else the declared baseline says of it.
    pub fn of_baseline(&self) -> Phrase {
        match (self.not_in_baseline, self.within_baseline) {
            (Some(_), _) if self.came_back => Phrase::default(),
            (Some(days), _) => phrase!(
                "Nor is it in the declared baseline ({days}).",
                "平常と定めた期間（{days}）にもありません。",
                days = count(days as u64, Thing::COVERED_DAY)
            ),
            (None, true) => phrase!(
                "It began within the declared baseline, which may hold the intrusion itself.",
                "平常と定めた期間の中で始まっており、その期間自体に侵入が含まれている可能性があります。"
            ),
            (None, false) => Phrase::default(),
        }
    }

    /// The record of a pair from which on it is part of the news.
    pub fn sight(&self, pair: &PairTotals) -> Option<Sight> {
        [super::first_ran(pair), pair.last_established()].into_iter().flatten().find(|sight| self.is_news(sight))
    }

    /// The earliest records of a service that are part of the news.
    pub fn rows<'r>(&'r self, record: &'r ServiceRecord) -> impl Iterator<Item = Sight> + 'r {
        record.rows.iter().copied().filter(|sight| self.is_news(sight))
    }

    fn is_news(&self, sight: &Sight) -> bool {
        !self.came_back || sight.at.is_some_and(|at| at >= self.first)
    }
}

/// A service, all dynamic ports of a protocol being one.
pub fn kind(service: Service) -> Service {
    match service.port {
        Some(port) if port >= DYNAMIC => Service { port: Some(DYNAMIC), ..service },
        Some(_) | None => service,
    }
}

/// `2020-05-01 to 2020-06-10`, the days that were looked through.
fn looked_through(days: &BTreeSet<i32>, before: Moment) -> Phrase {
    let own = before.hour().day();
    match (days.first(), days.range(..own).next_back()) {
        (Some(first), Some(last)) => {
            phrase!("{first} to {last}", "{first}～{last}", first = day(*first), last = day(*last))
        }
        (_, None) | (None, _) => phrase!("none", "なし"),
    }
}

/// All hours of some services, for [`Newness::of`].
pub fn hours<'s>(
    services: impl Iterator<Item = &'s ServiceRecord> + 's,
) -> impl Iterator<Item = (Hour, crate::ledger::Totals)> + 's {
    services.flat_map(|record| record.hours.iter())
}

/// The days on which these services could have run, those on which they did, and the first of the news.
pub fn days_of<'s>(
    services: impl Iterator<Item = &'s ServiceRecord> + 's,
    days: &BTreeSet<i32>,
    newness: &Newness,
) -> Option<Usual> {
    let dated = hours(services).filter(|(hour, totals)| *hour != Hour::UNDATED && super::ran(totals) > 0);
    let ran: BTreeSet<i32> = dated.map(|(hour, _)| hour.day()).lean_collect();
    Days::of(days, &ran, &BTreeSet::new(), [newness.first.hour().day()]).map(Usual::Days)
}

/// Why something new is expected: the policy allows it by a row that names both sides. A row for everybody says nothing
/// about this link.
pub fn approved(observed: &Observed<'_>, link: LinkKey, service: Service, at: Moment) -> Option<Phrase> {
    let rule = observed.policy.judge(link.from, link.to, service, observed.book, Some(at))?;
    let named = rule.from != Scope::Any && rule.to != Scope::Any;
    let reason = match rule.reason.as_str() {
        "" => Phrase::default(),
        reason => phrase!(" ({reason})", "（{reason}）", reason = alike(reason)),
    };
    (rule.verdict == Verdict::Allow && named).then(|| {
        phrase!(
            "new since {at}, and expected: line {line} of the policy allows it{reason}",
            "{at}から現れた新しい接続ですが、想定されたものです。ポリシーの{line}行目が許可しています{reason}。",
            at = time(at),
            line = rule.line,
            reason
        )
    })
}

/// What may be new or not is told where so few of all services of links have such marks.
pub const ODD: f64 = 0.1;

/// The chance of so late a beginning with such marks: both are shares of all services, and their product p is as low by chance as
/// p(1 − ln p) says (Fisher's combination of two).
pub fn late_and_odd(late: f64, odd: f64) -> f64 {
    let product = late * odd;
    product * (1.0 - ln(product))
}

/// How many services of links there are to compare with, how many have such marks, and how many between sites began as late.
pub fn among_all(services: usize, p: f64, later: usize) -> Phrase {
    phrase!(
        "Of all {services} of links, a share of {p} has such marks; of those between sites, {later} others ran first as late.",
        "経路の全{services}のうち、このような特徴を持つものの割合は{p}です。拠点間のもののうち、同じほど遅く現れたものはほかに{later}件です。",
        services = count(services as u64, Thing::SERVICE),
        p = chance(p),
        later
    )
}

/// What is said in a few words of what may be new or not.
pub fn odd_gist() -> Phrase {
    phrase!("unlike what else runs between sites", "拠点間のほかの通信に似ていない")
}

/// Something is new, but of its hosts nothing is kept.
pub fn hosts_past_cap() -> Phrase {
    phrase!(
        "new, but its hosts lie past the ledger's cap",
        "新しい接続ですが、ホストは集計の上限を超えており保持していません。"
    )
}

/// Something is new, but of its rows nothing is kept.
pub fn rows_past_cap() -> Phrase {
    phrase!(
        "new, but its rows lie past the ledger's cap",
        "新しい接続ですが、該当行は集計の上限を超えており保持していません。"
    )
}

/// How many attempts were denied, where any was.
pub fn denied(attempts: u64) -> Phrase {
    match attempts {
        0 => Phrase::default(),
        attempts => phrase!(
            "{attempts} were denied.",
            "{attempts}が拒否されました。",
            attempts = count(attempts, Thing::ATTEMPT)
        ),
    }
}

/// Whom a party called before, for the sentence on what is normal.
pub fn normal(observed: &Observed<'_>, from: Party, before: Moment) -> Phrase {
    let called = observed.survey.links.iter().filter(|(key, seen)| {
        key.from == from && super::is_link(**key) && seen.totals.first.is_some_and(|first| first < before)
    });
    let names: Vec<Phrase> = called.map(|(key, _)| observed.name(key.to)).collect();
    let from = observed.name(from);
    if names.is_empty() {
        phrase!("{from} called nobody before.", "{from}はそれまでどこにも接続していません。", from)
    } else {
        let names = listed(names, 5);
        phrase!("Before, {from} called {names}.", "それまでの{from}の接続先は{names}です。", from, names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_ports_are_one_kind() {
        let service = |text| kind(Service::read(text).unwrap());
        assert_eq!(service("tcp/49999"), service("tcp/60000"));
        assert_ne!(service("tcp/49999"), service("udp/49999"));
        assert_ne!(service("tcp/445"), service("tcp/446"));
    }
}
