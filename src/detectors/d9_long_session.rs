//! D9 long session: one connection over a service for administration stays open far longer than others of its kind.
//!
//! The score is the longest connection of a host pair's day, in seconds; its chance is its rank among all such days over the
//! same service (`conformal`, on deviations above the median logarithm), and the chance of a link's service the Cauchy
//! combination over its days. What is below an hour is not told.
//!
//! Gate: 20 days of host pairs over the service with a length in the log. ATT&CK: T1021 Remote Services, T1572 Protocol
//! Tunneling. Innocent: VPN, pools of connections, a desktop left open.

use std::collections::BTreeMap;

use super::conformal::{Precedents, Scores, Tail};
use super::daily::Unit;
use super::numeric::{acat, exp, ln, middle_and_spread};
use super::spread::spread;
use super::{Detector, Findings, Observed, Refrain, hosts_of};
use crate::finding::usual::Measure;
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Kind, Service};
use crate::ledger::TrailDay;
use crate::phrase::{Phrase, Saying, Thing, alike, count, day as date, phrase};
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct LongSession;

const RULE: &str = "D9 long-session v1";
/// Services by which hosts are administered or reached from afar: SSH, Telnet, RPC, SMB, RDP, VNC, WinRM, databases' consoles excluded.
const PORTS: [u16; 11] = [22, 23, 135, 139, 445, 3389, 5900, 5901, 5938, 5985, 5986];
const LEAST: usize = 20;
const LEAST_SECONDS: u32 = 3_600;
const TELLING: f64 = 0.1;

impl Detector for LongSession {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn is_per_service(&self) -> bool {
        true
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let mut by_service: BTreeMap<Service, Vec<&Unit<'_>>> = BTreeMap::new();
        for unit in observed.daily().units.iter().filter(|unit| is_administrative(unit.service)) {
            by_service.entry(unit.service).or_default().push(unit);
        }
        for (service, units) in by_service {
            let all: Vec<f64> =
                units.iter().flat_map(|unit| sessions(unit)).map(|(_, _, seen)| ln(f64::from(seen.longest))).collect();
            let Some((middle, spread)) = middle_and_spread(&all).filter(|_| all.len() >= LEAST) else {
                let because = phrase!(
                    "not enough evidence: {days} with a length, {least} are needed",
                    "証拠不足：長さのわかるものが{days}で、{least}日分が必要です。",
                    days = count(all.len() as u64, Thing::PAIR_DAY),
                    least = LEAST
                );
                found.refrains.push(Refrain { rule: RULE, link: None, service: Some(service), because });
                continue;
            };
            let above = |seen: &TrailDay| ((ln(f64::from(seen.longest)) - middle) / spread.max(0.35)).max(0.0);
            let scores = Scores::of(
                units.iter().flat_map(|unit| sessions(unit)).map(|(_, _, seen)| above(seen)).collect(),
                Tail::Power,
            );
            for unit in units {
                let own: Vec<(i32, f64)> = sessions(unit).map(|(_, day, seen)| (day, above(seen))).collect();
                if own.is_empty() {
                    continue;
                }
                found.tested += 1;
                let precedents = Precedents::of(own.iter().copied());
                let chance = |at: &(i32, f64)| precedents.temper(scores.chance(at.1), *at);
                let p = acat(own.iter().map(chance), own.len());
                if p <= TELLING {
                    found.findings.extend(claim(observed, unit, p, middle, &all));
                }
            }
        }
        found
    }
}

/// Whether a service is one to administer hosts by, or to reach them from afar.
pub(super) fn is_administrative(service: Service) -> bool {
    service.kind != Kind::Connection || service.port.is_some_and(|port| PORTS.contains(&port))
}

/// The days of a service's pairs with a length.
fn sessions<'d>(unit: &'d Unit<'_>) -> impl Iterator<Item = (&'d crate::ledger::PairKey, i32, &'d TrailDay)> {
    let days = unit.pairs.iter().flat_map(|pair| pair.days.iter().map(move |(day, seen)| (pair.key, *day, seen)));
    days.filter(|(_, _, seen)| seen.ran > 0 && seen.longest > 0)
}

fn claim(observed: &Observed<'_>, unit: &Unit<'_>, p: f64, middle: f64, all: &[f64]) -> Option<Finding> {
    let (key, day, longest) =
        sessions(unit).max_by_key(|(key, day, seen)| (seen.longest, std::cmp::Reverse((*day, *key))))?;
    if longest.longest < LEAST_SECONDS {
        return None;
    }
    let rows = Rows::of(longest.sight())?;
    let hours = |seconds: f64| -> Phrase {
        let hours = alike(format!("{:.1}", seconds / 3600.0));
        phrase!("{hours} h", "{hours}時間", hours)
    };
    let days = [day].into_iter().lean_collect();
    let (hosts, _, _) = hosts_of(std::iter::once(key));
    let usual = exp(middle);
    let because = phrase!(
        "{initiator} → {responder} over {service} on {day}: one connection stayed open for {longest}; half of the days of host pairs \
         over this service have none longer than {usual}.",
        "{day}の{initiator}から{responder}への{service}接続が、{longest}にわたり開いたままでした。このサービスでは、ホスト対ごとの日の半数で、最長でも{usual}以下です。",
        initiator = observed.host(key.initiator),
        responder = observed.host(key.responder),
        service = unit.service,
        day = date(day),
        longest = hours(f64::from(longest.longest)),
        usual = hours(usual)
    );
    Some(Finding {
        window: unit.window(&days),
        hosts,
        p: Some(p),
        because,
        gist: phrase!("open for {longest}", "{longest}にわたる接続", longest = hours(f64::from(longest.longest))),
        normal: phrase!(
            "The longest of a day is mostly about {usual}.",
            "一日の最長は、たいてい約{usual}です。",
            usual = hours(usual)
        ),
        usual: spread(Measure::Seconds, all.iter().map(|length| exp(*length)), f64::from(longest.longest)),
        innocent: &[
            Saying("a VPN or a pool of connections", "VPNや接続プール"),
            Saying("a desktop left open", "開いたままのリモートデスクトップ"),
        ],
        attack: &["T1021", "T1572"],
        ..unit.finding(observed, RULE, None, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    #[test]
    fn without_lengths_it_has_nothing_to_say() {
        let stream = Stream::new().everyday(30);
        let found = stream.told_by(&super::LongSession);
        assert!(
            found.findings.is_empty() && found.refrains.iter().any(|refrain| refrain.because.contains("20 are needed"))
        );
    }

    #[test]
    fn a_shell_that_stays_open_for_a_day_is_found() {
        let mut stream = Stream::new();
        for (day, plant) in (0..40).flat_map(|day| (0..4).map(move |plant| (day, plant))) {
            stream = stream.lasting(
                day,
                600,
                "10.4.0.3",
                &format!("10.{plant}.0.9"),
                "tcp/22",
                300 + 20 * ((day * 7 + plant) % 13) as u64,
            );
        }
        let found =
            stream.lasting(33, 900, "10.4.0.3", "10.2.0.9", "tcp/22", 90_000).told_by(&super::LongSession).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0]
                .because
                .contains("10.4.0.3 → 10.2.0.9 over tcp/22 on 2020-06-03: one connection stayed open for 25.0 h"),
            "{}",
            found[0].because
        );
    }
}
