//! D3 new service: one party asked another for a thing that it never asked it for, though the two are known to talk.
//!
//! As D2, on services of links: the share of those that came about after the first 14 days, times the chance of such marks. Ports
//! from 32768 on name no service: all of a link and protocol are one.
//!
//! Where too few days came before, as D2. Gate: as D2, the link itself known, and not new within 14 covered days before (then it is D2's). ATT&CK: T1021 Remote
//! Services, T1571 Non-Standard Port. Innocent: upgrades, new applications.

use std::collections::BTreeMap;

use super::marks;
use super::novelty::{self, Coverage, EVERYDAY, LEAST_RUNS, Newness, kind};
use super::{
    Detector, Findings, Observed, Refrain, accounts_of, d2_new_link, d9_long_session::is_administrative, hosts_of,
    id_of, is_link, ran,
};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Moment, Service};
use crate::ledger::Totals;
use crate::ledger::capped::Absorb as _;
use crate::ledger::survey::{Link, LinkKey, ServiceRecord};
use crate::phrase::{Phrase, Saying, Thing, alike, count, decimal, listed, phrase, time};
use crate::sorting::LeanSort as _;

/// The detector.
pub struct NewService;

const RULE: &str = "D3 new-service v6";

/// A service, or all dynamic ports, of a link.
struct Kind<'s> {
    link: LinkKey,
    /// Its services, the first in time first.
    records: Vec<(Service, &'s ServiceRecord)>,
    totals: Totals,
    newness: Newness,
    /// Since when the link is known.
    since: Option<Moment>,
}

impl Detector for NewService {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Novelty
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let coverage = observed.coverage();
        let mut news = Vec::new();
        for (link, seen) in observed.survey.links.iter().filter(|(link, _)| is_link(**link)) {
            look(observed, *link, seen, coverage, &mut news, &mut found.refrains);
        }

        found.tested = observed.daily().units.len();
        let mut claims = Vec::new();
        for new in &news {
            let (service, _) = new.records[0];
            match claim(observed, new, coverage) {
                Ok(finding) => claims.push(finding),
                Err(because) => {
                    // What can't be called new lacks days, whatever else kept it from being told.
                    let because = if new.newness.is_proven() { because } else { new.newness.lack() };
                    found.refrains.push(Refrain { rule: RULE, link: Some(new.link), service: Some(service), because });
                }
            }
        }
        found.findings = marks::gather(claims, observed);
        found
    }
}

fn look<'s>(
    observed: &Observed<'_>,
    link: LinkKey,
    seen: &'s Link,
    coverage: &Coverage,
    news: &mut Vec<Kind<'s>>,
    refrains: &mut Vec<Refrain>,
) {
    let days = coverage.days(link);
    let Some(of_link) = Newness::of(novelty::hours(seen.services.values()), &days, coverage.gate(), observed.baseline)
    else {
        return;
    };
    let mut kinds: BTreeMap<Service, Vec<(Service, &ServiceRecord)>> = BTreeMap::new();
    for (service, record) in &seen.services {
        kinds.entry(kind(*service)).or_default().push((*service, record));
    }
    let (mut unproven, mut few) = (0_u64, 0_u64);
    let mut lack = None;
    for mut records in kinds.into_values() {
        let hours = novelty::hours(records.iter().map(|(_, record)| *record));
        let Some(newness) = Newness::of(hours, &days, coverage.gate(), observed.baseline) else { continue };
        let mut totals = Totals::default();
        records.iter().for_each(|(_, record)| totals.absorb(&record.totals));
        if d2_new_link::is_young(&of_link, &days, newness.first) {
            continue; // The link itself is the news.
        }
        // Of a link that may itself be new, D2 tells the first service.
        let is_own = newness.first != of_link.first || of_link.is_from_the_start();
        let is_candidate = || {
            let administers = records.iter().any(|(service, _)| is_administrative(*service));
            is_own && administers && link.is_between_sites() && newness.may_be_new() && !newness.is_habit(&days)
        };
        let is_enough = novelty::is_enough(observed.survey, records.iter().map(|(service, record)| (service, *record)));
        if !(newness.is_proven() || is_enough && is_candidate()) {
            if newness.may_be_new() {
                unproven += 1;
                lack = lack.or(Some(newness.lack()));
            }
            continue;
        }
        if !is_enough {
            few += 1;
            continue;
        }
        records.lean_sort_by_key(|(service, record)| (record.totals.first.is_none(), record.totals.first, *service));
        news.push(Kind { link, records, totals, newness, since: Some(of_link.first) });
    }
    let mut refrain = |because| refrains.push(Refrain { rule: RULE, link: Some(link), service: None, because });
    if let Some(lack) = lack {
        let services = count(unproven, Thing::SERVICE);
        refrain(phrase!("{services} of the link: {lack}", "この経路の{services}：{lack}", services, lack));
    }
    if few > 0 {
        refrain(phrase!(
            "not enough evidence: {few} began with fewer than {least} connections that ran",
            "証拠不足：{few}は新しく始まりましたが、成立した接続が{least}件に満ちません。",
            few = count(few, Thing::SERVICE),
            least = LEAST_RUNS
        ));
    }
}

fn claim(observed: &Observed<'_>, new: &Kind<'_>, coverage: &Coverage) -> Result<(Finding, marks::Cause), Phrase> {
    let Kind { link, records, totals, newness, since } = new;
    let (service, _) = records[0];
    if let Some(approval) = novelty::approved(observed, *link, service, newness.first) {
        return Err(approval);
    }
    let company = observed.company();
    let (share, everyday) = company.share_of_services(link.from);
    if everyday > EVERYDAY {
        return Err(phrase!(
            "new services are an everyday thing here (p = {p})",
            "ここでは新しいサービスは日常的に現れます（p = {p}）。",
            p = decimal(everyday, 2)
        ));
    }
    let signs = company.marks(*link, service).ok_or_else(novelty::hosts_past_cap)?;
    let is_new = newness.is_proven();
    let (later, late) = company.as_late(newness.first);
    let p = if is_new { share * signs.chance } else { novelty::late_and_odd(late, signs.chance) };
    if !is_new && p > novelty::ODD {
        return Err(newness.lack());
    }
    let all_pairs = records.iter().flat_map(|(_, record)| &record.pairs);
    let pairs: Vec<_> = all_pairs.filter_map(|(key, pair)| newness.sight(pair).map(|sight| (key, sight))).collect();
    let earliest = records.iter().flat_map(|(_, record)| newness.rows(record));
    let rows = Rows::of(pairs.iter().map(|(_, sight)| *sight).chain(earliest)).ok_or_else(novelty::rows_past_cap)?;
    let (hosts, from, to) = hosts_of(pairs.iter().map(|(key, _)| *key));
    let last = totals.last.unwrap_or(newness.first);
    let known = match since {
        Some(since) => phrase!("is known since {since}", "{since}から", since = time(*since)),
        None => phrase!("is known", "以前から"),
    };
    let further = match records.len() {
        1 => Phrase::default(),
        2 => phrase!(" (and 1 more port that name no service)", "（サービス名を持たないほかのポート1個を含む）"),
        ports => phrase!(
            " (and {ports} more ports that name no service)",
            "（サービス名を持たないほかのポート{ports}個を含む）",
            ports = ports - 1
        ),
    };
    let days = coverage.days(*link);
    let began = phrase!(
        "{link} {known}; {service}{further} ran there first at {first}: {ran} until {last}, from {from} to {to}; {too_few}.",
        "{link}の通信は{known}ありますが、{service}{further}は{first}に初めて現れました。{last}までに{ran}が成立しています（接続元：{from}、接続先：{to}）。{too_few}。",
        link = observed.link(*link),
        known,
        service,
        further,
        first = time(newness.first),
        ran = count(ran(totals), Thing::CONNECTION),
        last = time(last),
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST),
        too_few = newness.too_few()
    );
    let because = phrase!(
        "{link} {known}; {service}{further} never ran there {absence}, then first at {first}: {ran} until {last}, from {from} to {to}.",
        "{link}の通信は{known}ありますが、{service}{further}は{absence}一度もなく、{first}に初めて現れました。{last}までに{ran}が成立しています（接続元：{from}、接続先：{to}）。",
        link = observed.link(*link),
        known,
        service,
        further,
        absence = newness.absence(&days),
        first = time(newness.first),
        ran = count(ran(totals), Thing::CONNECTION),
        last = time(last),
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST)
    );
    let among = phrase!(
        "Of {all} of links, {news} came about since the first {gate} days.",
        "全経路の{all}のうち、最初の{gate}日より後に現れたのは{news}件です。",
        all = count(company.services().1 as u64, Thing::SERVICE),
        news = company.services().0,
        gate = coverage.gate()
    );
    let (because, among) = match is_new {
        true => (because, among),
        false => (began, novelty::among_all(company.services().1, signs.chance, later)),
    };
    let because =
        because.and(&novelty::denied(totals.denied)).and(&newness.of_baseline()).and(&signs.said()).and(&among);
    let finding = Finding {
        service: Some(service),
        window: Some((newness.first, last)),
        hosts,
        accounts: accounts_of(records.iter().map(|(_, record)| *record)),
        p: Some(p),
        because,
        gist: match is_new {
            true => phrase!(
                "known link, new service: {service} never ran {absence}",
                "既知の経路で初めてのサービス：{absence}{service}の接続なし",
                service,
                absence = newness.absence(&days)
            ),
            false => novelty::odd_gist(),
        },
        normal: normal(observed, *link, newness.first),
        usual: novelty::days_of(records.iter().map(|(_, record)| *record), &days, newness),
        innocent: &[
            Saying("an upgrade or a new application", "更新や新しいアプリケーション"),
            Saying("a port that was moved", "ポートの変更"),
        ],
        attack: &["T1021", "T1571"],
        ..Finding::of(Lane::Novelty, RULE, id_of(observed, RULE, *link, Some(service), None), *link, rows)
    };
    Ok((finding, signs.cause()))
}

fn normal(observed: &Observed<'_>, link: LinkKey, before: Moment) -> Phrase {
    let Some(seen) = observed.survey.links.get(&link) else { return Phrase::default() };
    let mut earlier: Vec<(u64, Service)> = seen
        .services
        .iter()
        .filter(|(_, record)| record.totals.first.is_some_and(|first| first < before))
        .map(|(service, record)| (record.totals.connections(), *service))
        .collect();
    earlier.lean_sort_by_key(|(connections, service)| (std::cmp::Reverse(*connections), *service));
    let names = listed(earlier.into_iter().map(|(_, service)| alike(service.to_string())), 5);
    phrase!("Before, {link} ran {names}.", "それまでの{link}の通信は{names}です。", link = observed.link(link), names)
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    #[test]
    fn a_service_never_asked_for_on_a_known_link_is_news() {
        let stream = Stream::new().everyday(60).flows(12, 41, 133, "10.0.0.77", "10.4.0.5", "tcp/3389");
        assert_eq!(stream.found(), ["D3 Bangkok → Tokyo DC tcp/3389"]);
        let finding = stream.findings().findings.remove(0);
        assert!(finding.p.unwrap() < 1e-2);
        assert!(finding.because.starts_with(
            "Bangkok → Tokyo DC is known since 2020-05-01 09:00 UTC; tcp/3389 never ran there in 41 days with coverage \
             (2020-05-01 to 2020-06-10), then first at 2020-06-11 02:13 UTC: 12 connections"
        ), "{}", finding.because);
        assert_eq!(finding.normal, "Before, Bangkok → Tokyo DC ran tcp/443, udp/53.");
    }

    #[test]
    fn the_services_of_a_new_link_are_not_news_by_themselves() {
        let stream = Stream::new().everyday(60).flows(5, 41, 0, "10.0.0.77", "10.1.0.5", "tcp/3389").flows(
            5,
            43,
            0,
            "10.0.0.77",
            "10.1.0.5",
            "tcp/445",
        );
        assert_eq!(stream.found(), ["D2 Bangkok → Cebu"]);
    }

    #[test]
    fn what_comes_up_while_one_host_sweeps_the_organisation_is_one_finding() {
        let mut stream = Stream::new().everyday(60);
        for (plant, host, port) in
            (0..4).flat_map(|plant| (1..8).flat_map(move |host| [445, 3389].map(|port| (plant, host, port))))
        {
            stream = stream.flows(1, 41, host, "10.4.0.60", &format!("10.{plant}.0.{host}"), &format!("tcp/{port}"));
        }
        let found = stream.findings().findings;
        let own: Vec<_> = found.iter().filter(|own| own.rule == super::RULE).collect();
        assert_eq!(own.len(), 1, "{own:#?}");
        assert!(
            own[0].because.contains("one host swept the organisation, as a scanner does, and so did"),
            "{}",
            own[0].because
        );
    }

    #[test]
    fn ports_that_name_no_service_are_one_finding() {
        let mut stream = Stream::new().everyday(60);
        for port in 0..30 {
            stream = stream.flows(1, 41, port, "10.0.0.77", "10.4.0.5", &format!("tcp/{}", 50_000 + port));
        }
        assert_eq!(stream.found(), ["D3 Bangkok → Tokyo DC tcp/50000"]);
    }

    #[test]
    fn a_party_that_begins_something_every_day_makes_less_of_a_stir() {
        let mut stream = Stream::new().everyday(60).flows(5, 41, 0, "10.1.0.77", "10.4.0.5", "tcp/3389");
        for day in 0..30 {
            let service = format!("tcp/{}", 8_000 + day);
            stream = stream.flows(5, 20 + day, 0, "10.0.0.77", "10.4.0.5", &service);
        }
        assert_eq!(stream.found()[0], "D3 Cebu → Tokyo DC tcp/3389");
    }
}
