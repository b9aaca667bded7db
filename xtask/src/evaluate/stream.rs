//! A made-up stream whole: what the sensors saw, and what of it the intruder did.

use super::chance::Chance;
use super::intrusion::{Manner, Step, intrude};
use super::routine::live;
use super::world::{DAY, Event, World, observed};
use kyoten::flow::{Kind, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// A link's service, as everybody names it: from, to, service.
pub type Item = (String, String, String);

/// How much a record tells of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    All,
    /// As in NetFlow: whether it was answered is not told.
    NoOutcome,
    /// As in many a firewall's log: what came back is not told.
    NoBytesBack,
    /// As in one-way NetFlow: each direction is a record of its own, and neither tells whether it was answered.
    OneWay,
}

/// A stream.
pub struct Stream {
    /// `sites.csv`.
    pub book: String,
    /// The names of the sensors' files.
    pub sensors: Vec<String>,
    /// The first day, from the epoch, and how many there are.
    pub first_day: i64,
    pub days: i64,
    /// How much each sensor's records tell.
    pub told: Vec<Told>,
    /// What the sensors wrote, in order of time.
    pub events: Vec<Event>,
    /// What each event is of.
    pub of: Vec<Item>,
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
    let names = |host| world.name_of(host).to_owned();
    let sensors: Vec<String> = world.sites.iter().map(|site| format!("{}.log", site.name)).collect();
    let told = vec![Told::All; sensors.len()];
    Stream::of(world.book(), (sensors, told), (world.first_day, days), (events, deeds), &names)
}

impl Stream {
    /// Of what the sensors wrote and of what the intruder did; `name` says whose an address is.
    pub fn of(
        book: String,
        (sensors, told): (Vec<String>, Vec<Told>),
        (first_day, days): (i64, i64),
        (events, deeds): (Vec<Event>, Vec<Event>),
        name: &dyn Fn(Ipv4Addr) -> String,
    ) -> Stream {
        let of: Vec<Item> = events.iter().map(|event| item(name, event)).collect();
        let steps = steps(&events, &of, &deeds);
        let mut items = BTreeMap::new();
        for (event, item) in events.iter().zip(&of) {
            if event.outcome == Outcome::Established && item.0 != item.1 {
                items.entry(item.clone()).or_insert(event.at);
            }
        }
        Stream { book, sensors, first_day, days, told, events, of, steps, items }
    }
}

fn item(name: &dyn Fn(Ipv4Addr) -> String, event: &Event) -> Item {
    let service = match event.kind {
        Kind::Connection | Kind::Translation => format!("{}/{}", if event.udp { "udp" } else { "tcp" }, event.port),
        kind => kind.word().to_owned(),
    };
    (name(event.from), name(event.to), service)
}

/// The intruder's steps, as far as they were seen at all: one a link's service. A service is new where nothing ran over it
/// before the step's first connection that ran.
fn steps(events: &[Event], of: &[Item], deeds: &[Event]) -> Vec<Step> {
    let key = |event: &Event| {
        let bytes = [event.out, event.back].map(f64::to_bits);
        (event.from, event.to, event.port, event.kind, event.user, bytes)
    };
    let own: BTreeSet<_> = deeds.iter().map(key).collect();
    let mut before: BTreeSet<Item> = BTreeSet::new();
    let mut steps: BTreeMap<Item, Step> = BTreeMap::new();
    for (event, item) in events.iter().zip(of) {
        let item = item.clone();
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
    at / DAY as f64 - stream.first_day as f64
}
