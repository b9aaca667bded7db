//! What a detector must beat: two rules that cost nothing.

use super::stream::{Item, Stream};
use kyoten::flow::Outcome;
use std::collections::BTreeMap;

/// First-seen, in two passes over the whole stream: the later a link's service came about, the more suspect it is.
pub fn first_seen(stream: &Stream) -> Vec<(Item, f64)> {
    ranked(stream.items.iter().map(|(item, first)| (item.clone(), *first)).collect())
}

/// MIDAS (Bhatia and others, "MIDAS: Microcluster-Based Detector of Anomalies in Edge Streams", AAAI 2020) on link × service
/// with exact counts in place of sketches; a tick is an hour; an item scores as its highest edge.
pub fn midas(stream: &Stream) -> Vec<(Item, f64)> {
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

fn ranked(mut scores: Vec<(Item, f64)>) -> Vec<(Item, f64)> {
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    scores
}
