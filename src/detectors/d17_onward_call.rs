//! D17 onward call: in a log too short to call anything new, a host that has just been worked from afar (D16) begins to call a
//! place that nobody else calls; and whoever worked it calls there too.
//!
//! From the moment on at which B was worked by A until an hour after, B calls a place (an IPv4 /24 or IPv6 /48) for the first time in
//! the log, and no host but A and B calls there at all. B must have been seen calling for a quarter of an hour before, and never
//! a place of its own: a host with places of its own, as anybody who browses has them, proves nothing. If A calls the same place, or
//! called it before, that is told of its own link. No chance is computed: it is a pattern, and gives way with D16 as soon as there
//! are 14 days of logs.
//!
//! Gate: a D16 finding; B seen for 15 minutes and 3 calls before. ATT&CK: T1071 Application Layer Protocol, T1090 Proxy, T1105 Ingress
//! Tool Transfer. Innocent: an agent that an administrator has just installed and that reports to its server.

use std::collections::{BTreeMap, BTreeSet};

use super::{Detector, Findings, Observed, Refrain, d16_remote_control, hosts_of, id_of, ran};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Moment, Service};
use crate::ledger::survey::LinkKey;
use crate::ledger::{PairKey, PairTotals};
use crate::phrase::{Phrase, Saying, Thing, count, listed, phrase, span, time};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct OnwardCall;

const RULE: &str = "D17 onward-call v1";
const HOUR: i64 = 3_600_000_000;
/// How long, and with how many calls, a host must have been in view before.
const VIEW: i64 = HOUR / 4;
const LEAST_CALLS: u64 = 3;

/// Where hosts of one operator stand: the first 24 bits of an IPv4 address, 48 of an IPv6 one; a name by itself.
fn place(host: Host) -> u128 {
    match host.address() {
        Some(std::net::IpAddr::V4(_)) => host.0 >> 8,
        Some(std::net::IpAddr::V6(_)) => host.0 >> 80,
        None => host.0,
    }
}

/// A host pair's calls over one service.
#[derive(Clone, Copy)]
struct Call<'s> {
    link: LinkKey,
    service: Service,
    key: &'s PairKey,
    pair: &'s PairTotals,
    first: Moment,
}

impl Detector for OnwardCall {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Campaign
    }

    fn examine(&self, _: &Observed<'_>) -> Findings {
        Findings::default()
    }

    fn follow_up(&self, observed: &Observed<'_>, earlier: &[Finding]) -> Findings {
        let mut found = Findings::default();
        let worked: Vec<&Finding> = earlier.iter().filter(|own| own.rule == d16_remote_control::RULE).collect();
        if worked.is_empty() {
            return found;
        }
        let calls = calls(observed);
        let mut callers: BTreeMap<u128, BTreeSet<Host>> = BTreeMap::new();
        for call in &calls {
            callers.entry(place(call.key.responder)).or_default().insert(call.key.initiator);
        }
        for control in worked {
            let (&[worker, victim], Some((from, to))) = (control.hosts.as_slice(), control.window) else { continue };
            let chain: BTreeSet<Host> = [worker, victim].into_iter().lean_collect();
            let before: Vec<&Call<'_>> =
                calls.iter().filter(|call| call.key.initiator == victim && call.first < from).collect();
            let in_view = before.iter().map(|call| call.first).min().map_or(0, |first| from.0 - first.0);
            let asked: u64 = before.iter().map(|call| ran(&call.pair.totals())).sum();
            let mut refrain = |because: Phrase| {
                found.refrains.push(Refrain { rule: RULE, link: Some(control.link), service: None, because });
            };
            let name = observed.host(victim);
            if in_view < VIEW || asked < LEAST_CALLS {
                refrain(phrase!(
                    "not enough evidence: {name} was seen for {view} and {calls} before it was worked",
                    "証拠不足：{name}は遠隔操作される前に{view}、{calls}しか見えていません。",
                    name,
                    view = span(in_view.max(0) as u64),
                    calls = count(asked, Thing::CALL)
                ));
                continue;
            }
            if before.iter().any(|call| callers[&place(call.key.responder)].len() == 1) {
                refrain(phrase!(
                    "not enough evidence: {name} called places of its own before it was worked, so that another proves nothing",
                    "証拠不足：{name}は遠隔操作される前から自身だけの接続先を持っており、新たな接続先は何も示しません。",
                    name
                ));
                continue;
            }
            let known: BTreeSet<u128> = before.iter().map(|call| place(call.key.responder)).lean_collect();
            let is_onward = |call: &&Call<'_>| {
                let place = place(call.key.responder);
                call.key.initiator == victim
                    && callers[&place].is_subset(&chain)
                    && !known.contains(&place)
                    && call.key.responder != worker
                    && (from.0..=to.0 + HOUR).contains(&call.first.0)
            };
            let onward: Vec<&Call<'_>> = calls.iter().filter(is_onward).collect();
            let places: BTreeSet<u128> = onward.iter().map(|call| place(call.key.responder)).lean_collect();
            let shared: Vec<&Call<'_>> = calls
                .iter()
                .filter(|call| call.key.initiator == worker && places.contains(&place(call.key.responder)))
                .collect();
            let worked_by = observed.host(worker);
            for calls in by_link(&onward) {
                let because = phrase!(
                    "{name} was worked from {worker} from {from} on, and from {since} on it called {places}, a place that it had not \
                     called in {view} before and that {others} calls: {services}.",
                    "{name}は{from}から{worker}に遠隔操作されたとみられ、{since}から{places}への接続を始めました。それまでの{view}に接続したことのない相手で、{others}：{services}。",
                    name,
                    worker = worked_by,
                    from = time(from),
                    since = calls.iter().map(|call| call.first).min().map(time).unwrap_or_default(),
                    places = responders(observed, &calls),
                    view = span(in_view as u64),
                    others = match shared.is_empty() {
                        true => Saying("nobody else", "ほかに接続するホストはありません"),
                        false => Saying("only who worked it", "操作した側だけが接続しています"),
                    },
                    services = services(&calls)
                );
                let gist = phrase!("worked from afar, it began to call out", "遠隔操作された後に外への接続を開始");
                found.findings.extend(claim(observed, &calls, because, gist));
            }
            for calls in by_link(&shared) {
                let because = phrase!(
                    "{worker}, which worked {name} from {from} on, calls {places}, as does {name} since, and nobody else: {services}.",
                    "{from}から{name}を遠隔操作したとみられる{worker}は{places}に接続しています。その後の{name}のほかに、ここへ接続するホストはありません：{services}。",
                    worker = worked_by,
                    name,
                    from = time(from),
                    places = responders(observed, &calls),
                    services = services(&calls)
                );
                let gist = phrase!("calls where the host calls that it worked", "操作した相手と同じ接続先への接続");
                found.findings.extend(claim(observed, &calls, because, gist));
            }
        }
        found
    }
}

/// All calls that ran between two parties, in order of time.
fn calls<'s>(observed: &Observed<'s>) -> Vec<Call<'s>> {
    let mut calls = Vec::new();
    for (link, seen) in observed.survey.links.iter().filter(|(link, _)| super::is_link(**link)) {
        for (service, record) in &seen.services {
            for (key, pair) in record.pairs.iter().filter(|(_, pair)| ran(&pair.totals()) > 0) {
                if let Some(first) = super::first_ran(pair).and_then(|sight| sight.at) {
                    calls.push(Call { link: *link, service: *service, key, pair, first });
                }
            }
        }
    }
    calls.lean_sort_by_key(|call| (call.first, call.key));
    calls
}

fn by_link<'c, 's>(calls: &[&'c Call<'s>]) -> Vec<Vec<&'c Call<'s>>> {
    let mut links: BTreeMap<LinkKey, Vec<&'c Call<'s>>> = BTreeMap::new();
    calls.iter().for_each(|call| links.entry(call.link).or_default().push(call));
    links.into_values().collect()
}

fn responders(observed: &Observed<'_>, calls: &[&Call<'_>]) -> Phrase {
    let hosts: BTreeSet<Host> = calls.iter().map(|call| call.key.responder).lean_collect();
    listed(hosts.into_iter().map(|host| observed.host(host)), 5)
}

fn services(calls: &[&Call<'_>]) -> Phrase {
    listed(calls.iter().map(|call| d16_remote_control::carried(call.service, call.pair)), 6)
}

fn claim(observed: &Observed<'_>, calls: &[&Call<'_>], because: Phrase, gist: Phrase) -> Option<Finding> {
    let sights = calls.iter().flat_map(|call| [super::first_ran(call.pair), call.pair.last_established()]);
    let rows = Rows::of(sights.flatten())?;
    let (hosts, _, _) = hosts_of(calls.iter().map(|call| call.key));
    let first = calls.iter().map(|call| call.first).min()?;
    let last = calls.iter().filter_map(|call| call.pair.totals().last).max().unwrap_or(first);
    let call = calls.first()?;
    let services: BTreeSet<Service> = calls.iter().map(|call| call.service).lean_collect();
    let service = if services.len() == 1 { services.first().copied() } else { None };
    Some(Finding {
        service,
        window: Some((first, last)),
        hosts,
        because,
        gist,
        normal: phrase!(
            "What a host calls is called by others of its kind as well.",
            "ホストの接続先には、通常、同種のほかのホストも接続します。"
        ),
        innocent: &[Saying(
            "an agent that an administrator installed and that reports to its server",
            "管理者が導入し、サーバーに報告するエージェント",
        )],
        attack: &["T1071", "T1090", "T1105"],
        ..Finding::of(
            Lane::Campaign,
            RULE,
            id_of(observed, RULE, call.link, None, Some(call.key.initiator)),
            call.link,
            rows,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// Four members of a domain in Bangkok and Cebu, an hour of it.
    fn domain() -> Stream {
        let mut stream = Stream::new();
        for (host, minute) in ["10.0.0.9", "10.0.0.8", "10.1.0.9", "10.1.0.8"].into_iter().zip([0, 5, 10, 15]) {
            for service in ["tcp/88", "tcp/445", "tcp/135"] {
                stream = stream.flows(2, 0, minute, host, "10.4.0.1", service);
            }
        }
        stream
    }

    fn worked(stream: Stream) -> Stream {
        stream.flows(4, 0, 40, "10.0.0.9", "10.1.0.9", "tcp/5985").flows(4, 0, 42, "10.0.0.9", "10.1.0.9", "tcp/135")
    }

    fn told(stream: Stream) -> Vec<String> {
        let found = stream.findings().findings;
        found.into_iter().filter(|own| own.rule == super::RULE).map(|own| own.because.to_string()).collect()
    }

    #[test]
    fn a_host_that_calls_out_after_it_was_worked_is_told_and_so_is_who_worked_it() {
        let stream = worked(domain().flows(2, 0, 20, "10.0.0.9", "203.0.113.4", "tcp/443"));
        let told = told(stream.flows(90, 0, 50, "10.1.0.9", "203.0.113.5", "tcp/8443"));
        assert_eq!(told.len(), 2, "{told:#?}");
        let of = |start: &str| told.iter().any(|because| because.starts_with(start));
        assert!(of("10.1.0.9 was worked from 10.0.0.9") && of("10.0.0.9, which worked 10.1.0.9"), "{told:#?}");
    }

    #[test]
    fn where_others_call_as_well_it_is_nothing() {
        let stream = worked(domain().flows(2, 0, 20, "10.0.0.8", "203.0.113.77", "tcp/443"));
        assert!(told(stream.flows(90, 0, 50, "10.1.0.9", "203.0.113.5", "tcp/8443")).is_empty());
    }

    #[test]
    fn who_browsed_before_browses_after() {
        let stream = worked(domain().flows(2, 0, 20, "10.1.0.9", "198.51.100.7", "tcp/443"));
        assert!(told(stream.flows(90, 0, 50, "10.1.0.9", "203.0.113.5", "tcp/8443")).is_empty());
    }

    #[test]
    fn a_host_that_was_not_worked_may_call_whom_it_will() {
        assert!(told(domain().flows(90, 0, 50, "10.1.0.9", "203.0.113.5", "tcp/8443")).is_empty());
    }
}
