//! A made-up stream whole: what the sensors saw, and what of it the intruder did.

use super::chance::Chance;
use super::intrusion::{Manner, Step, intrude};
use super::routine::live;
use super::world::{DAY, Event, World, observed};
use kyoten::flow::Outcome;
use std::collections::{BTreeMap, BTreeSet};

/// A link's service, as everybody names it: from, to, service.
pub type Item = (String, String, String);

/// A stream.
pub struct Stream {
    pub world: World,
    /// What the sensors wrote, in order of time.
    pub events: Vec<Event>,
    pub steps: Vec<Step>,
    /// Every link's service of which some connection ran, with when the first did.
    pub items: BTreeMap<Item, f64>,
}

/// Makes a stream of so many days; without a manner nobody intrudes.
pub fn make(seed: u64, days: i64, manner: Option<Manner>) -> Stream {
    let mut chance = Chance::new(seed);
    let world = World::new(&mut chance, days);
    let life = live(&world, &mut chance.fork());
    let deeds = manner.map_or_else(Vec::new, |manner| intrude(&world, &life, manner, &mut chance.fork()));
    let mut sensors = chance.fork();
    let marked = life.events.into_iter().chain(deeds.iter().cloned()).collect();
    let events = observed(&world, marked, &mut sensors);
    let steps = steps(&world, &events, &deeds);
    let mut items = BTreeMap::new();
    for event in events.iter().filter(|event| event.outcome == Outcome::Established) {
        let item = item(&world, event);
        if item.0 != item.1 {
            items.entry(item).or_insert(event.at);
        }
    }
    Stream { world, events, steps, items }
}

pub fn item(world: &World, event: &Event) -> Item {
    let service = format!("{}/{}", if event.udp { "udp" } else { "tcp" }, event.port);
    (world.name_of(event.from).to_owned(), world.name_of(event.to).to_owned(), service)
}

/// The intruder's steps, as far as they were seen at all: one a link's service. A service is new where nothing ran over it
/// before the step's first connection that ran.
fn steps(world: &World, events: &[Event], deeds: &[Event]) -> Vec<Step> {
    let key = |event: &Event| (event.from, event.to, event.port, event.out.to_bits(), event.back.to_bits());
    let own: BTreeSet<_> = deeds.iter().map(key).collect();
    let mut before: BTreeSet<Item> = BTreeSet::new();
    let mut steps: BTreeMap<Item, Step> = BTreeMap::new();
    for event in events {
        let item = item(world, event);
        if item.0 == item.1 {
            continue;
        }
        let ran = event.outcome == Outcome::Established;
        if own.contains(&key(event)) {
            let novel = !before.contains(&item);
            let (from, to, service) = item.clone();
            let step = steps.entry(item).or_insert(Step { from, to, service, first: event.at, last: event.at, novel });
            step.last = step.last.max(event.at);
        } else if ran {
            before.insert(item);
        }
    }
    steps.into_values().collect()
}

/// Days from the stream's start.
pub fn day_of(stream: &Stream, at: f64) -> f64 {
    at / DAY as f64 - stream.world.first_day as f64
}
