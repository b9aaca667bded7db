//! How an odd day is told: what makes it odd, in words, with rows and a picture.

use super::measured::{PairDay, measures};
use super::{RULE, TOLD_FROM};
use crate::detectors::d5_off_hours::hours_of;
use crate::detectors::daily::{Daily, Unit};
use crate::detectors::numeric::{exp, ln};
use crate::detectors::spread::spread;
use crate::detectors::{Observed, hosts_of};
use crate::finding::usual::{Measure, Usual};
use crate::finding::{Finding, Rows};
use crate::phrase::{Phrase, Saying, Thing, bytes, count, day as date, decimal, joined, phrase, power, time};
use crate::sorting::LeanSort as _;

const NAMES: [Saying; 4] = [
    Saying("sent", "送信"),
    Saying("fetched", "受信"),
    Saying("connections", "接続"),
    Saying("seconds of the longest", "最長の接続"),
];

pub(super) fn claim(
    observed: &Observed<'_>,
    daily: &Daily<'_>,
    unit: &Unit<'_>,
    p: f64,
    own: &[(f64, &PairDay<'_>)],
) -> Option<Finding> {
    let (least, oddest) = own.first()?;
    // The oddest, and what is nearly as odd.
    let odd: Vec<&PairDay<'_>> = own
        .iter()
        .take_while(|(p, _)| *p <= (least * 30.0).min(0.002).max(*least))
        .map(|(_, day)| *day)
        .take(60)
        .collect();
    let rows = Rows::of(odd.iter().filter_map(|day| day.seen.sight()))?;
    let (hosts, from, to) = hosts_of(odd.iter().map(|day| day.pair.key));
    let pair = oddest.pair.key;
    let said = facts(observed, daily, unit, oddest);
    let hosts_told = phrase!(
        "{from} to {to}",
        "接続元：{from}、接続先：{to}",
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST)
    );
    let others = match odd.len() {
        0 | 1 => Phrase::default(),
        2 => phrase!(
            "As odd were 1 more day of {hosts_told}.",
            "同程度に異常な日がほかに1日分あります（{hosts_told}）。",
            hosts_told
        ),
        days => phrase!(
            "As odd were {days} more days of {hosts_told}.",
            "同程度に異常な日がほかに{days}日分あります（{hosts_told}）。",
            days = days - 1,
            hosts_told
        ),
    };
    let because = phrase!(
        "{link} is known for {service}; of {days} of host pairs there, the oddest is {initiator} → {responder} on {day}: {said}.",
        "{link}の{service}通信は以前からありますが、ホスト対の延べ{days}分のうち、{day}の{initiator} → {responder}が最も異常です：{said}。",
        link = observed.link(unit.link),
        service = unit.service,
        days = count(own.len() as u64, Thing::DAY),
        initiator = observed.host(pair.initiator),
        responder = observed.host(pair.responder),
        day = date(oddest.day),
        said = joined(&said, "; ", "、")
    );
    let because = because.and(&others);
    let first = odd.iter().filter_map(|day| day.seen.sight()?.at).min();
    let last_day = odd.iter().map(|day| day.day).max().unwrap_or(oddest.day);
    let last = unit.days.get(&last_day).and_then(|totals| totals.last).into_iter();
    let last = last.chain(odd.iter().filter_map(|day| day.seen.sight()?.at)).max();
    let window = first.zip(last);
    let usual = |measure: usize| (exp(oddest.usual[measure]) - 1.0).max(0.0);
    let normal = phrase!(
        "A host pair's day there has about {out} out and {back} back, in {connections}.",
        "ここでのホスト対の一日は、およそ送信{out}、受信{back}、{connections}です。",
        out = bytes(usual(0) as u64),
        back = bytes(usual(1) as u64),
        connections = count(usual(2).max(1.0) as u64, Thing::CONNECTION)
    );
    Some(Finding {
        window,
        hosts,
        p: Some(p),
        because,
        gist: phrase!("known service, odd hosts: {said}", "既知のサービスで異例のホスト：{said}", said = said.first()?),
        normal,
        usual: picture(daily, unit, own, oddest),
        innocent: &[
            Saying("a new colleague or a new device", "新しい担当者や新しい端末"),
            Saying("a large file, sent or fetched once", "一度だけの大きなファイルの送受信"),
            Saying("work at night", "夜間作業"),
        ],
        attack: &["T1021", "T1078", "T1048"],
        ..unit.finding(observed, RULE, None, rows)
    })
}

/// How the measure is spread in which the day is oddest; where it is odd in none, its hours.
fn picture(daily: &Daily<'_>, unit: &Unit<'_>, own: &[(f64, &PairDay<'_>)], day: &PairDay<'_>) -> Option<Usual> {
    let measure = (0..4).max_by(|a, b| day.above[*a].total_cmp(&day.above[*b]).then(b.cmp(a)))?;
    if day.above[measure] < TOLD_FROM {
        return hours_of(daily, unit, day.day);
    }
    let value = |day: &PairDay<'_>| match measure {
        0 => day.seen.bytes_out as f64,
        1 => day.seen.bytes_in as f64,
        2 => f64::from(day.seen.ran),
        _ => f64::from(day.seen.longest),
    };
    let what = [Measure::Bytes, Measure::Bytes, Measure::Connections, Measure::Seconds][measure];
    spread(what, own.iter().map(|(_, day)| value(day)), value(day))
}

/// What makes a day odd, in words, the oddest first.
fn facts(observed: &Observed<'_>, daily: &Daily<'_>, unit: &Unit<'_>, day: &PairDay<'_>) -> Vec<Phrase> {
    let mut said: Vec<(f64, Phrase)> = Vec::new();
    for (m, own) in measures(day.seen).into_iter().enumerate() {
        let (now, usual) = (exp(own) - 1.0, (exp(day.usual[m]) - 1.0).max(1.0));
        if day.above[m] >= TOLD_FROM {
            let fact = phrase!(
                "{now} {what}, {times} times the usual {usual}",
                "{what}{now}（通常の{usual}の{times}倍）",
                now = amount(m, now),
                what = NAMES[m],
                times = decimal(now / usual, 1),
                usual = amount(m, usual)
            );
            said.push((day.above[m], fact));
        }
    }
    let (off, hours, chance) = day.off;
    let whose = daily.whose(unit.link);
    let at = day.seen.sight().and_then(|sight| sight.at);
    let local = at.map(|at| observed.local(whose, at));
    let site = observed.name(whose);
    if off > 0 && chance < 0.1 && chance <= day.rarest {
        let from = match &local {
            Some(from) => phrase!(", from {from}", "、{from}から", from),
            None => Phrase::default(),
        };
        let fact = phrase!(
            "{off} of its {hours} of use out of hours in {site}{from} (p = {p})",
            "利用{hours}のうち{off}時間が{site}の業務時間外{from}（p = {p}）",
            off,
            hours = count(u64::from(hours), Thing::HOUR),
            site,
            from,
            p = power(chance)
        );
        said.push((-ln(chance), fact));
    }
    if day.rarest < 0.05 && day.rarest < chance {
        let fact = phrase!(
            "an hour of {site} at which others hardly use it, from {at} (p = {p})",
            "{site}でほかのホストがほとんど使わない時間帯、{at}から（p = {p}）",
            site,
            at = local.unwrap_or_default(),
            p = power(day.rarest)
        );
        said.push((-ln(day.rarest), fact));
    }
    if day.newcomer < 0.2 && day.stranger >= 0.05 {
        let fact = phrase!(
            "{host} had never called there before (p = {p})",
            "{host}は以前ここへ接続したことがない（p = {p}）",
            host = observed.host(day.pair.key.initiator),
            p = power(day.newcomer)
        );
        said.push((-ln(day.newcomer), fact));
    }
    if day.stranger < 0.05 {
        let fact = phrase!(
            "{host} had never called anybody from {site} before (p = {p})",
            "{host}は{site}からどこにも接続したことがない（p = {p}）",
            host = observed.host(day.pair.key.initiator),
            site = observed.name(unit.link.from),
            p = power(day.stranger)
        );
        said.push((-ln(day.stranger), fact));
    }
    if day.shared == 0 && day.lone < 0.1 {
        let fact = phrase!(
            "nobody else calls {host} (p = {p})",
            "ほかに{host}へ接続するものはない（p = {p}）",
            host = observed.host(day.pair.key.responder),
            p = power(day.lone)
        );
        said.push((-ln(day.lone), fact));
    }
    if said.is_empty() {
        let at = at.map(time).unwrap_or_default();
        said.push((0.0, phrase!("many small oddities together, from {at}", "{at}以降、小さな異常が多数重なる", at)));
    }
    said.lean_sort_by(|a, b| b.0.total_cmp(&a.0));
    said.into_iter().map(|(_, fact)| fact).collect()
}

/// A value of one of the measures: of bytes with three figures, else a whole number.
fn amount(measure: usize, value: f64) -> Phrase {
    let number = || decimal(value, 0);
    match measure {
        0 | 1 => bytes(value as u64),
        2 => phrase!("{number}", "{number}件", number = number()),
        _ => phrase!("{number}", "{number}秒", number = number()),
    }
}
