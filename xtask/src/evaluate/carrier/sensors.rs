//! What the carrier's sensors leave of what happened: where they stand, since when, what they do not say, and when they were silent.

use super::super::chance::Chance;
use super::super::stream::Told;
use super::super::world::{DAY, Event};
use super::{Carrier, Kind, WAYS};

/// The events as they were written, in order of time, and how much each record tells.
pub fn observed(carrier: &Carrier, events: Vec<Event>, chance: &mut Chance) -> (Vec<Event>, Told) {
    let told = *chance.pick(&WAYS);
    let central = chance.happens(0.4);
    let begin = (carrier.first_day * DAY) as f64;
    let length = (carrier.days * DAY) as f64;
    // A depot's own sensor may have come up midway; a hub's may have been silent for days.
    let since: Vec<f64> = carrier
        .places
        .iter()
        .map(|place| {
            let late = place.kind == Kind::Depot && chance.happens(0.1);
            begin + if late { chance.real(0.0, length) } else { 0.0 }
        })
        .collect();
    let silent: Vec<Option<(f64, f64)>> = (0..carrier.places.len())
        .map(|_| {
            let from = begin + chance.real(0.0, length);
            chance.happens(carrier.days as f64 / 150.0).then(|| (from, from + chance.size(20.0, 1.0) * 3600.0))
        })
        .collect();
    let mut seen: Vec<Event> = Vec::new();
    for mut event in events {
        let (from, to) = (carrier.place_of(event.from), carrier.place_of(event.to));
        // Nobody watches what stays within a place.
        if from == to {
            continue;
        }
        let at = from.or(to).unwrap_or(0);
        event.sensor = match carrier.places[at].kind {
            Kind::Depot if central => carrier.places[at].parent,
            Kind::Roaming => 0,
            _ => at,
        };
        let is_silent = silent[event.sensor].is_some_and(|(a, b)| (a..b).contains(&event.at));
        let within = (begin..begin + length).contains(&event.at);
        if within && event.at >= since[event.sensor] && !is_silent {
            seen.push(event);
        }
    }
    seen.sort_by(|a, b| {
        a.at.total_cmp(&b.at).then((a.from, a.to, a.port, a.sensor).cmp(&(b.from, b.to, b.port, b.sensor)))
    });
    (seen, told)
}
