//! D2 new link: one party called another for the first time, though it would have been seen before.
//!
//! p is the share of all links that came about after the first 14 days (this one left out, half of one more), times the chance that
//! such news is marked as oddly as this (`marks`): the chance that one of the organisation's links is new and like that. So every link
//! counts as tested, not the new ones alone.
//! It is first-seen over the whole period in two passes, which a baseline that holds the intrusion does not weaken; what a
//! declared baseline says stands beside it.
//!
//! Where too few days came before, nothing is called new. A link between sites that begins with a service for administration and does not
//! run on most days since is told all the same by how late it began and how oddly it is marked: p, at most .1, is Fisher's combination of the
//! share of services between sites that ran first as late, and of the share of all services of links that are marked as oddly.
//!
//! A site that came up calling, or being called, for many things at once (a new site, or a sensor that began midway) is looked at from
//! that day on only. Gate: at least 3 connections that ran, or one session that carried data, and 14 days with coverage before; in a log
//! of less than four weeks half of its days, and then the sentence says that it is little. ATT&CK: T1021 Remote Services, T1570 Lateral
//! Tool Transfer. Innocent: projects, address translation.

use super::marks;
use super::novelty::{self, Coverage, DAYS_BEFORE, EVERYDAY, LEAST_RUNS, Newness};
use super::{
    Detector, Findings, Observed, Refrain, accounts_of, d9_long_session::is_administrative, hosts_of, id_of, is_link,
    ran,
};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::Service;
use crate::ledger::survey::{Link, LinkKey};
use crate::phrase::{Phrase, Saying, Thing, alike, count, decimal, listed, phrase, time};
use crate::sorting::LeanSort as _;

/// The detector.
pub struct NewLink;

pub(super) const RULE: &str = "D2 new-link v6";

/// A link that is new.
struct New<'s> {
    link: LinkKey,
    seen: &'s Link,
    newness: Newness,
}

impl Detector for NewLink {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Novelty
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let coverage = observed.coverage();
        let mut news: Vec<New<'_>> = Vec::new();
        for (link, seen) in observed.survey.links.iter().filter(|(link, _)| is_link(**link)) {
            let mut refrain = |because| {
                found.refrains.push(Refrain { rule: RULE, link: Some(*link), service: None, because });
            };
            let days = coverage.days(*link);
            found.tested += usize::from(ran(&seen.totals) > 0);
            let Some(newness) =
                Newness::of(novelty::hours(seen.services.values()), &days, coverage.gate(), observed.baseline)
            else {
                continue; // Nothing ran there at a known time: no link has come about.
            };
            let is_enough = novelty::is_enough(observed.survey, seen.services.iter());
            if newness.is_proven() && !is_enough {
                refrain(phrase!(
                    "not enough evidence: {ran} ran, {least} are needed",
                    "証拠不足：成立したのは{ran}で、{least}件が必要です。",
                    ran = count(ran(&seen.totals), Thing::CONNECTION),
                    least = LEAST_RUNS
                ));
            } else if newness.is_proven() {
                news.push(New { link: *link, seen, newness });
            } else if newness.may_be_new() {
                let administers = || seen.services.keys().any(|service| is_administrative(*service));
                if is_enough && link.is_between_sites() && administers() && !newness.is_habit(&days) {
                    news.push(New { link: *link, seen, newness });
                } else {
                    refrain(newness.lack());
                }
            }
        }

        let mut claims = Vec::new();
        for new in &news {
            match claim(observed, new, coverage) {
                Ok(finding) => claims.push(finding),
                Err(because) => {
                    // What can't be called new lacks days, whatever else kept it from being told.
                    let because = if new.newness.is_proven() { because } else { new.newness.lack() };
                    found.refrains.push(Refrain { rule: RULE, link: Some(new.link), service: None, because });
                }
            }
        }
        found.findings = marks::gather(claims, observed);
        found
    }
}

fn claim(observed: &Observed<'_>, new: &New<'_>, coverage: &Coverage) -> Result<(Finding, marks::Cause), Phrase> {
    let New { link, seen, newness } = new;
    let services = in_order(seen);
    let (first_service, _) = services.first().ok_or_else(|| phrase!("nothing ran", "成立した接続がありません。"))?;
    let approvals: Vec<Phrase> =
        services.iter().filter_map(|(service, at)| novelty::approved(observed, *link, *service, *at)).collect();
    if approvals.len() == services.len() {
        return Err(approvals.into_iter().next().unwrap_or_default());
    }
    let company = observed.company();
    let (share, everyday) = company.share_of_links(link.from);
    if everyday > EVERYDAY {
        return Err(phrase!(
            "new links are an everyday thing here (p = {p})",
            "ここでは新しい経路は日常的に現れます（p = {p}）。",
            p = decimal(everyday, 2)
        ));
    }
    let signs = company.marks(*link, *first_service).ok_or_else(novelty::hosts_past_cap)?;
    let is_new = newness.is_proven();
    // Where nothing can be called new, nothing is known of how rare news is.
    let (later, late) = company.as_late(newness.first);
    let p = if is_new { share * signs.chance } else { novelty::late_and_odd(late, signs.chance) };
    if !is_new && p > novelty::ODD {
        return Err(newness.lack());
    }
    let pairs: Vec<_> = seen
        .services
        .values()
        .flat_map(|record| &record.pairs)
        .filter_map(|(key, pair)| newness.sight(pair).map(|sight| (key, sight)))
        .collect();
    let earliest = seen.services.values().flat_map(|record| newness.rows(record));
    let rows = Rows::of(pairs.iter().map(|(_, sight)| *sight).chain(earliest)).ok_or_else(novelty::rows_past_cap)?;
    let (hosts, from, to) = hosts_of(pairs.iter().map(|(key, _)| *key));
    let last = seen.totals.last.unwrap_or(newness.first);
    let days = coverage.days(*link);
    let began = phrase!(
        "{link} ran first at {first} over {service}, then {ran} until {last} over {services}, from {from} to {to}; {too_few}.",
        "{link}の接続は{first}の{service}が最初で、{last}までに{ran}（{services}）が成立しています（接続元：{from}、接続先：{to}）。{too_few}。",
        link = observed.link(*link),
        first = time(newness.first),
        service = first_service,
        ran = count(ran(&seen.totals), Thing::CONNECTION),
        last = time(last),
        services = listed(services.iter().map(|(service, _)| alike(service.to_string())), 5),
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST),
        too_few = newness.too_few()
    );
    let because = phrase!(
        "No connection ran {link} {absence}; the first at {first} over {service}, then {ran} until {last} over {services}, \
         from {from} to {to}.",
        "{link}の接続は、{absence}一度もありませんでした。最初は{first}の{service}で、{last}までに{ran}（{services}）が成立しています（接続元：{from}、接続先：{to}）。",
        link = observed.link(*link),
        absence = newness.absence(&days),
        first = time(newness.first),
        service = first_service,
        ran = count(ran(&seen.totals), Thing::CONNECTION),
        last = time(last),
        services = listed(services.iter().map(|(service, _)| alike(service.to_string())), 5),
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST)
    );
    let among = phrase!(
        "Of {all} between parties, {news} came about since the first {gate} days.",
        "拠点間の{all}のうち、最初の{gate}日より後に現れたのは{news}本です。",
        all = count(company.links().1 as u64, Thing::LINK),
        news = company.links().0,
        gate = coverage.gate()
    );
    let (because, among) = match is_new {
        true => (because, among),
        false => (began, novelty::among_all(company.services().1, signs.chance, later)),
    };
    let because =
        because.and(&novelty::denied(seen.totals.denied)).and(&newness.of_baseline()).and(&signs.said()).and(&among);
    let finding = Finding {
        service: (services.len() == 1).then_some(*first_service),
        window: Some((newness.first, last)),
        hosts,
        accounts: accounts_of(seen.services.values()),
        p: Some(p),
        because,
        gist: match is_new {
            true => phrase!(
                "never before: no connection {absence}",
                "初めての接続：{absence}接続なし",
                absence = newness.absence(&days)
            ),
            false => novelty::odd_gist(),
        },
        normal: novelty::normal(observed, link.from, newness.first),
        usual: novelty::days_of(seen.services.values(), &days, newness),
        innocent: &[
            Saying("a new project or a migration", "新しいプロジェクトや移行作業"),
            Saying("address translation that was changed", "アドレス変換（NAT）の変更"),
        ],
        attack: &["T1021", "T1570"],
        ..Finding::of(Lane::Novelty, RULE, id_of(observed, RULE, *link, None, None), *link, rows)
    };
    Ok((finding, signs.cause()))
}

/// The services of which connections ran, the first in time first.
fn in_order(seen: &Link) -> Vec<(Service, crate::flow::Moment)> {
    let firsts = seen.services.iter().filter_map(|(service, record)| {
        let ran = record.hours.iter().map(|(_, totals)| totals).filter(|totals| ran(totals) > 0);
        ran.filter_map(|totals| totals.first).min().map(|first| (*service, first))
    });
    let mut services: Vec<(Service, crate::flow::Moment)> = firsts.collect();
    services.lean_sort_by_key(|(service, first)| (*first, *service));
    services
}

/// Whether a link was new within so many covered days before this moment, so that its services are news of D2 only.
pub(super) fn is_young(newness: &Newness, days: &std::collections::BTreeSet<i32>, at: crate::flow::Moment) -> bool {
    newness.is_proven() && days.range(newness.first.hour().day()..at.hour().day()).count() < DAYS_BEFORE
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use crate::finding::Lane;

    fn model_case() -> Stream {
        Stream::new().everyday(60).flows(12, 41, 133, "10.0.0.77", "10.4.0.5", "tcp/3389")
    }

    #[test]
    fn a_plant_that_begins_to_use_desktops_of_headquarters_is_news() {
        // Bangkok calls Tokyo every day over other services, so that this is D3's.
        assert_eq!(model_case().found(), ["D3 Bangkok → Tokyo DC tcp/3389"]);
    }

    #[test]
    fn a_link_that_the_policy_names_is_no_news_to_anybody() {
        let stream = Stream::new().everyday(60).flows(12, 41, 133, "10.0.0.77", "10.1.0.5", "tcp/3389");
        let approved = stream.policy("*,*,*,allow,,\nBangkok,Cebu,rdp,allow,a new plant,\n");
        assert!(!approved.found().iter().any(|found| found.starts_with("D2")));
        let refrains = approved.findings().refrains;
        assert!(
            refrains.iter().any(|r| r.because.contains("line 3 of the policy allows it (a new plant)")),
            "{refrains:?}"
        );
    }

    #[test]
    fn the_link_that_should_not_have_occurred_comes_first() {
        let stream = Stream::new().everyday(60).flows(12, 41, 133, "10.0.0.77", "10.1.0.5", "tcp/3389");
        let found = stream.findings();
        let first = &found.findings[0];
        assert_eq!(stream.found()[0], "D2 Bangkok → Cebu tcp/3389");
        assert_eq!(first.lane, Lane::Novelty);
        assert!(first.p.unwrap() < 1e-2 && first.q.unwrap() <= 0.1, "{first:?}");
        assert!(
            first.because.starts_with(
                "No connection ran Bangkok → Cebu in 41 days with coverage (2020-05-01 to 2020-06-10); \
             the first at 2020-06-11 02:13 UTC over tcp/3389, then 12 connections until 2020-06-11 02:24 UTC"
            ),
            "{}",
            first.because
        );
        assert!(first.because.ends_with("Unusual is not malicious."));
        assert_eq!(first.normal, "Before, Bangkok called Tokyo DC.");
        assert_eq!(first.rows.iter().count(), 12);
    }

    #[test]
    fn a_short_log_makes_nothing_new() {
        let stream = Stream::new().everyday(1).flows(50, 0, 600, "10.0.0.9", "10.1.0.9", "tcp/445");
        assert!(stream.found().is_empty(), "{:?}", stream.found());
        let refrains = stream.findings().refrains;
        let d2 = refrains.iter().filter(|refrain| refrain.rule == super::RULE).collect::<Vec<_>>();
        assert!(!d2.is_empty() && d2.iter().all(|r| r.because.contains("0 days with coverage before")), "{d2:?}");
    }

    #[test]
    fn two_connections_are_not_enough() {
        let stream = Stream::new().everyday(60).flows(2, 41, 0, "10.0.0.77", "10.1.0.5", "tcp/3389");
        assert!(stream.found().is_empty());
        assert!(stream.findings().refrains.iter().any(|r| r.because.contains("2 connections ran, 3 are needed")));
    }

    #[test]
    fn a_link_within_the_first_days_is_not_called_new() {
        let stream = Stream::new().everyday(60).flows(9, 13, 0, "10.0.0.77", "10.1.0.5", "tcp/3389");
        let told = stream.findings().findings;
        assert!(told.iter().all(|own| own.because.contains("too few to call it new")), "{told:#?}");
        let stream = Stream::new().everyday(60).flows(9, 14, 0, "10.0.0.77", "10.1.0.5", "tcp/3389");
        assert_eq!(stream.found(), ["D2 Bangkok → Cebu tcp/3389"]);
        assert!(stream.findings().findings[0].because.starts_with("No connection ran"));
    }

    #[test]
    fn a_baseline_that_holds_the_intrusion_does_not_hide_it() {
        let stream = Stream::new().everyday(60).flows(12, 41, 0, "10.0.0.77", "10.1.0.5", "tcp/3389");
        let contaminated = stream.baseline(0, 50);
        assert_eq!(contaminated.found(), ["D2 Bangkok → Cebu tcp/3389"]);
        assert!(contaminated.findings().findings[0].because.contains("may hold the intrusion itself"));
        let clean = contaminated.baseline(0, 30);
        assert!(clean.findings().findings[0].because.contains("Nor is it in the declared baseline (31 covered days)"));
    }

    #[test]
    fn what_rested_all_through_the_baseline_is_new_to_it() {
        let stream = Stream::new().everyday(60).flows(5, 0, 0, "10.0.0.77", "10.1.0.5", "tcp/3389").flows(
            5,
            50,
            0,
            "10.0.0.78",
            "10.1.0.5",
            "tcp/3389",
        );
        assert!(stream.found().is_empty());
        let stream = stream.baseline(10, 40);
        assert_eq!(stream.found(), ["D2 Bangkok → Cebu tcp/3389"]);
        let finding = stream.findings().findings.remove(0);
        let absence = "No connection ran Bangkok → Cebu in the declared baseline (31 covered days), though before it; the first at 2020-06-20 00:00 UTC";
        assert!(finding.because.starts_with(absence), "{}", finding.because);
        assert_eq!(finding.rows.first().at, finding.window.map(|(first, _)| first));
    }

    #[test]
    fn many_hosts_on_a_new_link_are_one_finding() {
        let mut stream = Stream::new().everyday(60);
        for host in 1..=100 {
            stream = stream.flows(1, 41, 0, "10.0.0.77", &format!("10.1.0.{host}"), "tcp/3389");
        }
        assert_eq!(stream.found(), ["D2 Bangkok → Cebu tcp/3389"]);
    }

    #[test]
    fn a_site_whose_sensor_comes_up_midway_is_no_news_link_by_link() {
        // Everybody called Lincoln's file server by Tokyo's log; of what Lincoln calls there was no log before day 30.
        let mut stream = Stream::new();
        for day in 0..60 {
            stream = stream.flows(3, day, 540, "10.0.0.9", "10.4.0.1", "tcp/443");
            stream = stream.flows(3, day, 540, "10.4.0.9", "10.3.0.1", "tcp/445");
            if day >= 30 {
                for (host, to, service) in [
                    ("10.3.0.8", "10.0.0.1", "tcp/443"),
                    ("10.3.0.7", "10.1.0.1", "tcp/25"),
                    ("10.3.0.6", "10.2.0.1", "tcp/53"),
                ] {
                    stream = stream.flows(3, day, 600, host, to, service);
                }
            }
        }
        let found = stream.findings().findings;
        assert!(!found.iter().any(|own| own.rule == super::RULE), "{found:#?}");
    }

    /// Four plants that ask Tokyo for a dozen things each, every day, from several desks.
    fn busy(days: i64) -> Stream {
        let mut stream = Stream::new().everyday(days);
        for (plant, port, host) in
            (0..4).flat_map(|plant| (0..12).flat_map(move |port| (0..3).map(move |host| (plant, port, host))))
        {
            let (from, service) = (format!("10.{plant}.0.{}", 20 + host), format!("tcp/{}", 8_000 + port));
            for day in 0..days {
                stream = stream.flows(1, day, 540 + port, &from, "10.4.0.1", &service);
            }
        }
        stream
    }

    #[test]
    fn what_may_be_new_is_told_for_its_marks_where_too_few_days_came_before() {
        let stream = busy(20).sized(5, 1_200, "10.0.0.77", "10.1.0.5", "tcp/3389", (900_000, 6_000_000));
        let found = stream.findings().findings;
        let own = found.iter().find(|own| own.rule == super::RULE).expect("it is told");
        assert!(
            own.because.contains(
                "5 days with coverage before 2020-05-06 20:00 UTC are too few to call it new (10 are needed)"
            ),
            "{}",
            own.because
        );
        assert!(own.because.contains("has such marks") && !own.gist.contains("never before"), "{}", own.because);
        assert!(own.p.unwrap() <= super::novelty::ODD);
    }

    #[test]
    fn what_runs_on_most_days_since_may_be_a_habit_that_is_older_than_the_log() {
        let habit = (5..20).fold(busy(20), |stream, day| {
            stream.sized(day, 1_200, "10.0.0.77", "10.1.0.5", "tcp/3389", (900_000, 6_000_000))
        });
        assert!(!habit.findings().findings.iter().any(|own| own.rule == super::RULE));
    }

    #[test]
    fn one_session_that_stayed_open_is_enough() {
        let stream = Stream::new().everyday(60).lasting(41, 0, "10.0.0.77", "10.1.0.5", "tcp/22", 600);
        assert_eq!(stream.found(), ["D2 Bangkok → Cebu tcp/22"]);
    }

    #[test]
    fn a_log_of_eight_days_calls_new_what_came_in_its_second_half() {
        let stream = Stream::new().everyday(8).flows(9, 6, 0, "10.1.0.9", "10.2.0.1", "tcp/22");
        let found = stream.findings().findings;
        let own = found.iter().find(|own| own.rule == super::RULE).expect("it is told");
        assert!(own.because.contains("in 6 days with coverage, which is little"), "{}", own.because);
    }
}
