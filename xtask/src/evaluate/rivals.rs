//! What a detector must beat: rules that cost nothing.

use super::stream::{Item, Stream, Told, day_of};
use super::world::Event;
use kyoten::flow::Outcome;
use std::collections::BTreeMap;

/// A rule that scores every link's service of a stream.
pub struct Rival {
    pub name: &'static str,
    pub ranking: fn(&Stream) -> Vec<(Item, f64)>,
}

/// All of them, as the tables name them.
pub const ALL: [Rival; 4] = [
    Rival { name: "first seen, two passes", ranking: first_seen },
    Rival { name: "MIDAS, link × service", ranking: midas },
    Rival { name: "reply bytes alone", ranking: reply_bytes },
    Rival { name: "sent bytes alone", ranking: sent_bytes },
];

/// First-seen, in two passes over the whole stream: the later a link's service came about, the more suspect it is.
fn first_seen(stream: &Stream) -> Vec<(Item, f64)> {
    ranked(stream.items.iter().map(|(item, first)| (item.clone(), *first)).collect())
}

/// MIDAS (Bhatia and others, "MIDAS: Microcluster-Based Detector of Anomalies in Edge Streams", AAAI 2020) on link × service
/// with exact counts in place of sketches; a tick is an hour; an item scores as its highest edge.
fn midas(stream: &Stream) -> Vec<(Item, f64)> {
    let mut seen: BTreeMap<Item, (f64, f64, i64)> = BTreeMap::new();
    let mut scores: BTreeMap<Item, f64> = BTreeMap::new();
    let begin = stream.events.first().map_or(0.0, |event| event.at);
    for (event, item) in stream.events.iter().zip(&stream.of) {
        if item.0 == item.1 || event.outcome != Outcome::Established {
            continue;
        }
        let tick = ((event.at - begin) / 3600.0) as i64 + 1;
        let (current, total, last) = seen.entry(item.clone()).or_insert((0.0, 0.0, tick));
        if *last != tick {
            (*current, *last) = (0.0, tick);
        }
        *current += 1.0;
        *total += 1.0;
        let t = tick as f64;
        let score = if tick > 1 { (*current - *total / t).powi(2) * t * t / (*total * (t - 1.0)) } else { 0.0 };
        let own = scores.entry(item.clone()).or_insert(0.0);
        *own = own.max(score);
    }
    ranked(scores.into_iter().collect())
}

/// What came back, by its distance from the usual day.
fn reply_bytes(stream: &Stream) -> Vec<(Item, f64)> {
    by_bytes(stream, |event, told| if told == Told::NoBytesBack { 0.0 } else { event.back })
}

/// What the askers sent, likewise.
fn sent_bytes(stream: &Stream) -> Vec<(Item, f64)> {
    by_bytes(stream, |event, _| event.out)
}

/// So many days of a kind, working days or weekends, are needed to say what is usual on one; else all days are asked.
const LIKE_DAYS: usize = 8;

/// The sums of each day of a service; an item scores as its highest z of ln(1 + bytes) over the whole stream, against median and
/// 1.4826 · MAD (at least .25) of the days of the same kind. Of fewer than three days nothing is said.
fn by_bytes(stream: &Stream, bytes: fn(&Event, Told) -> f64) -> Vec<(Item, f64)> {
    let mut days: BTreeMap<&Item, BTreeMap<i64, f64>> = BTreeMap::new();
    for (event, item) in stream.events.iter().zip(&stream.of) {
        if item.0 != item.1 && event.outcome == Outcome::Established {
            let day = stream.first_day + day_of(stream, event.at).floor() as i64;
            *days.entry(item).or_default().entry(day).or_default() += bytes(event, stream.told[event.sensor]);
        }
    }
    let is_weekend = |day: i64| (day + 3).rem_euclid(7) >= 5;
    let greatest = |days: &BTreeMap<i64, f64>| {
        let z = |(day, bytes): (&i64, &f64)| {
            let logs = |all: bool| -> Vec<f64> {
                let like = days.iter().filter(|(other, _)| all || is_weekend(**other) == is_weekend(*day));
                like.map(|(_, bytes)| bytes.ln_1p()).collect()
            };
            let mut like = logs(false);
            if like.len() < LIKE_DAYS {
                like = logs(true);
            }
            let middle = middle(&mut like);
            like.iter_mut().for_each(|own| *own = (*own - middle).abs());
            let spread = self::middle(&mut like) * 1.4826;
            (bytes.ln_1p() - middle) / spread.max(0.25)
        };
        if days.len() < 3 { 0.0 } else { days.iter().map(z).fold(0.0, f64::max) }
    };
    ranked(days.into_iter().map(|(item, days)| (item.clone(), greatest(&days))).collect())
}

fn middle(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    (numbers[(numbers.len() - 1) / 2] + numbers[numbers.len() / 2]) / 2.0
}

fn ranked(mut scores: Vec<(Item, f64)>) -> Vec<(Item, f64)> {
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    scores
}

#[cfg(test)]
mod tests {
    use super::super::world::DAY;
    use super::*;
    use kyoten::flow::Kind;
    use std::net::Ipv4Addr;

    #[test]
    fn a_day_on_which_far_more_came_back_ranks_first_and_even_days_do_not_rank() {
        let (reader, quiet, server) =
            (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(10, 2, 0, 1));
        let call = |day: i64, from, back| Event {
            at: (day * DAY) as f64 + 40_000.0,
            seconds: 1.0,
            from,
            to: server,
            port: 445,
            udp: false,
            out: 900.0,
            back,
            outcome: Outcome::Established,
            user: None,
            kind: Kind::Connection,
            sensor: 0,
        };
        let days = 100..120;
        let events = days
            .flat_map(|day| [call(day, reader, if day == 111 { 9e8 } else { 40_000.0 }), call(day, quiet, 40_000.0)]);
        let name = |host: Ipv4Addr| host.octets()[1].to_string();
        let sensors = (vec!["fw".to_owned()], vec![Told::All]);
        let stream = Stream::of(String::new(), sensors, (100, 20), (events.collect(), Vec::new()), &name);
        let ranked = reply_bytes(&stream);
        assert!(ranked[0].0.0 == "0" && ranked[0].1 > 30.0 && ranked[1].1 == 0.0, "{ranked:?}");
        assert!(sent_bytes(&stream).iter().all(|(_, score)| *score == 0.0));
    }
}
