//! What runs at the carrier whether anybody intrudes or not: shifts at their terminals, offices, printers, telephones, backups and
//! updates by night, scanners, people who roam, and what is new and innocent.

use super::super::chance::Chance;
use super::super::world::Event;
use super::{Carrier, Kind};
use kyoten::flow::Outcome;
use std::net::Ipv4Addr;

/// What one kind of connection looks like: port, over UDP, bytes each way, spread, seconds.
#[derive(Debug, Clone, Copy)]
pub struct Shape(pub u16, pub bool, pub f64, pub f64, pub f64, pub f64);

pub const TERMINAL: Shape = Shape(23, false, 4_000.0, 60_000.0, 0.8, 1_900.0);
pub const FILES: Shape = Shape(445, false, 60_000.0, 400_000.0, 2.0, 90.0);
pub const WEB: Shape = Shape(443, false, 5_000.0, 80_000.0, 1.6, 20.0);
pub const DATABASE: Shape = Shape(1521, false, 12_000.0, 90_000.0, 1.2, 45.0);
pub const DESKTOP: Shape = Shape(3389, false, 900_000.0, 6_000_000.0, 1.0, 1_400.0);
pub const SHELL: Shape = Shape(22, false, 20_000.0, 70_000.0, 1.4, 600.0);
const NAMES: Shape = Shape(53, true, 70.0, 220.0, 0.3, 0.05);
const TICKETS: Shape = Shape(88, false, 1_600.0, 1_700.0, 0.2, 0.2);
const DIRECTORY: Shape = Shape(389, false, 4_000.0, 14_000.0, 0.7, 4.0);
const CALLS: Shape = Shape(5060, true, 3_000.0, 3_200.0, 0.5, 200.0);
const PRINTS: Shape = Shape(9100, false, 250_000.0, 900.0, 1.1, 12.0);
const POLLS: Shape = Shape(161, true, 380.0, 2_100.0, 0.04, 0.2);
const PICTURES: Shape = Shape(554, false, 30_000.0, 9_000_000.0, 0.6, 800.0);
const BACKUP: Shape = Shape(13_724, false, 400_000.0, 2.5e9, 0.9, 2_400.0);
const UPDATES: Shape = Shape(8_530, false, 9_000.0, 3_000_000.0, 1.3, 60.0);

/// A connection of this shape.
pub fn call(at: f64, from: Ipv4Addr, to: Ipv4Addr, shape: Shape, sensor: usize, chance: &mut Chance) -> Event {
    let Shape(port, udp, out, back, spread, seconds) = shape;
    Event {
        at,
        seconds: chance.size(seconds, 0.9),
        from,
        to,
        port,
        udp,
        out: chance.size(out, spread),
        back: chance.size(back, spread),
        outcome: Outcome::Established,
        user: None,
        kind: kyoten::flow::Kind::Connection,
        sensor,
    }
}

pub fn fail(event: &mut Event, outcome: Outcome) {
    (event.out, event.back, event.seconds, event.outcome) = (44.0, 0.0, 0.0, outcome);
}

pub fn live(carrier: &Carrier, chance: &mut Chance) -> Vec<Event> {
    let mut events = Vec::new();
    for place in 0..carrier.places.len() {
        people(carrier, place, chance, &mut events);
        if carrier.places[place].kind != Kind::Roaming {
            machines(carrier, place, chance, &mut events);
        }
    }
    scanners(carrier, chance, &mut events);
    administration(carrier, chance, &mut events);
    news(carrier, chance, &mut events);
    events
}

/// Whom the desks of a place ask for what, how often a desk and working day.
fn habits(carrier: &Carrier, place: usize) -> Vec<(usize, i64, Shape, f64)> {
    let parent = carrier.places[place].parent;
    match carrier.places[place].kind {
        Kind::Depot => vec![
            (parent, 0, TERMINAL, 2.2),
            (parent, 1, NAMES, 3.0),
            (parent, 1, TICKETS, 1.0),
            (parent, 1, DIRECTORY, 0.6),
            (parent, 2, FILES, 0.7),
            (0, 3, WEB, 0.8),
            (0, 9, CALLS, 0.5),
        ],
        Kind::Hub => vec![
            (0, 1, TICKETS, 0.9),
            (0, 1, DIRECTORY, 0.4),
            (0, 2, FILES, 1.0),
            (0, 3, WEB, 2.0),
            (0, 5, DATABASE, 0.6),
            (0, 9, CALLS, 0.7),
        ],
        Kind::Roaming => {
            vec![(0, 1, NAMES, 4.0), (0, 2, FILES, 1.2), (0, 3, WEB, 2.5), (0, 1, TICKETS, 1.1), (0, 9, CALLS, 0.4)]
        }
        Kind::Headquarters => vec![(1, 2, FILES, 0.05), (1, 0, WEB, 0.08)],
    }
}

fn people(carrier: &Carrier, place: usize, chance: &mut Chance, events: &mut Vec<Event>) {
    let desks = carrier.desks(place);
    let browse = chance.real(0.5, 2.0);
    for (to, server, shape, often) in habits(carrier, place) {
        let often = often * chance.size(1.0, 0.4);
        for day in carrier.first_day..carrier.first_day + carrier.days {
            if !carrier.is_open(place, day) {
                continue;
            }
            for _ in 0..chance.poisson(often * desks as f64) {
                let desk = chance.between(0, desks - 1);
                let Some(hour) = carrier.hour(place, day, chance) else { continue };
                let from = carrier.desk(place, desk, day);
                let mut event =
                    call(carrier.moment(place, day, hour), from, carrier.server(to, server), shape, place, chance);
                event.user = chance.happens(0.2).then_some((place as u32) * 300 + desk as u32);
                if chance.happens(0.006) {
                    fail(&mut event, Outcome::Failed);
                }
                events.push(event);
            }
        }
    }
    for day in carrier.first_day..carrier.first_day + carrier.days {
        for _ in 0..chance.poisson(browse * desks as f64) {
            let (desk, somewhere) = (chance.between(0, desks - 1), outsider(chance));
            let Some(hour) = carrier.hour(place, day, chance).filter(|_| carrier.is_open(place, day)) else { continue };
            let from = carrier.desk(place, desk, day);
            let mut event = call(carrier.moment(place, day, hour), from, somewhere, WEB, place, chance);
            if chance.happens(0.003) {
                event.out = chance.size(6e7, 1.0);
            }
            events.push(event);
        }
    }
}

/// Some place of the Internet: few are asked for often, many once.
pub fn outsider(chance: &mut Chance) -> Ipv4Addr {
    let rank = (chance.unit().powi(4) * 900.0) as u32;
    Ipv4Addr::new(198, 18, (rank / 200) as u8, (rank % 200) as u8 + 1)
}

/// Backups that headquarters fetch by night, updates once a month, printers, cameras, polling, time.
fn machines(carrier: &Carrier, place: usize, chance: &mut Chance, events: &mut Vec<Event>) {
    if place == 0 {
        return;
    }
    let parent = carrier.places[place].parent;
    let night = chance.real(0.5, 4.5);
    let (backs_up, films, polled) = (chance.happens(0.8), chance.happens(0.25), chance.happens(0.7));
    let size = chance.size(1.0, 0.8);
    let prints = chance.real(0.5, 6.0);
    for day in carrier.first_day..carrier.first_day + carrier.days {
        if !carrier.is_open(place, day) {
            continue;
        }
        if backs_up && chance.happens(0.98) {
            let mut event = call(
                carrier.moment(0, day, night) + chance.real(0.0, 240.0),
                carrier.server(0, 7),
                carrier.server(place, 2),
                BACKUP,
                0,
                chance,
            );
            let weekly = (day + place as i64).rem_euclid(7) == 0;
            event.back *= size * if weekly { 9.0 } else { 1.0 };
            events.push(event);
        }
        // Labels and waybills, from headquarters to the printers there.
        for _ in 0..chance.poisson(prints) {
            if let Some(hour) = carrier.hour(place, day, chance) {
                let printer = carrier.printer(place, chance.between(0, 2));
                events.push(call(
                    carrier.moment(place, day, hour),
                    carrier.server(0, 10),
                    printer,
                    PRINTS,
                    place,
                    chance,
                ));
            }
        }
        if films && chance.happens(0.3) {
            let at = carrier.moment(0, day, chance.real(0.0, 24.0));
            events.push(call(at, carrier.desk(0, 3, day), carrier.server(place, 6), PICTURES, place, chance));
        }
        // The second Tuesday of a month, and stragglers.
        let tuesday = (day + 3).rem_euclid(7) == 1 && (8..15).contains(&((day - 19_358).rem_euclid(30) + 1));
        if tuesday || chance.happens(0.05) {
            for desk in 0..carrier.desks(place) {
                let at = carrier.moment(place, day, chance.real(3.0, 20.0));
                events.push(call(
                    at,
                    carrier.desk(place, desk, day),
                    carrier.server(parent, 8),
                    UPDATES,
                    place,
                    chance,
                ));
            }
        }
        if polled {
            for hour in 0..12 {
                let at = carrier.moment(0, day, f64::from(hour) * 2.0) + chance.real(0.0, 3.0) + place as f64 * 7.0;
                events.push(call(at, carrier.server(0, 11), carrier.host(place, 1), POLLS, place, chance));
            }
        }
    }
}

/// A scanner that may ask for everything, every week; and the Internet's own.
fn scanners(carrier: &Carrier, chance: &mut Chance, events: &mut Vec<Event>) {
    let weekly = chance.happens(0.7).then(|| (chance.between(0, 6), chance.real(0.0, 24.0)));
    for day in carrier.first_day..carrier.first_day + carrier.days {
        for (place, own) in carrier.places.iter().enumerate() {
            if own.kind == Kind::Roaming {
                continue;
            }
            for _ in 0..chance.poisson(3.0) {
                let port = *chance.pick(&[23, 445, 3389, 8443, 5900]);
                let stranger = Ipv4Addr::new(203, 0, 113, chance.between(1, 254) as u8);
                let at = (day as f64 + chance.unit()) * 86_400.0;
                let mut event =
                    call(at, stranger, carrier.host(place, 2), Shape(port, false, 60.0, 0.0, 0.1, 0.0), place, chance);
                fail(&mut event, Outcome::Denied);
                events.push(event);
            }
            let Some((weekday, hour)) = weekly else { continue };
            if place > 0 && (day + 3).rem_euclid(7) == weekday && carrier.is_open(place, day) {
                for (host, port) in (1..16).flat_map(|host| [22, 135, 445, 3389].map(|port| (host, port))) {
                    let at = carrier.moment(0, day, hour) + place as f64 * 200.0 + host as f64;
                    let to = carrier.host(place, host);
                    let mut event = call(
                        at,
                        carrier.server(0, 20),
                        to,
                        Shape(port, false, 900.0, 1_500.0, 0.5, 1.0),
                        place,
                        chance,
                    );
                    if host > 8 || port == 22 {
                        fail(&mut event, Outcome::Failed);
                    }
                    events.push(event);
                }
            }
        }
    }
}

/// Helpers at headquarters and at the hubs, who also work at night; and vendors from outside.
fn administration(carrier: &Carrier, chance: &mut Chance, events: &mut Vec<Event>) {
    for place in 1..carrier.places.len() {
        let from = if chance.happens(0.5) { carrier.places[place].parent } else { 0 };
        let way = *chance.pick(&[DESKTOP, SHELL, Shape(5985, false, 30_000.0, 60_000.0, 1.0, 50.0)]);
        let often = chance.size(0.12, 1.0);
        let vendor = chance.happens(0.15).then(|| Ipv4Addr::new(192, 0, 2, place as u8));
        for day in carrier.first_day..carrier.first_day + carrier.days {
            if !carrier.is_open(place, day) || carrier.places[place].kind == Kind::Roaming {
                continue;
            }
            for _ in 0..chance.poisson(often) {
                let hour = if chance.happens(0.12) { chance.real(20.0, 30.0) } else { chance.real(8.0, 18.0) };
                let to = carrier.server(place, chance.between(0, 3));
                let helper = carrier.server(from, 12 + chance.between(0, 1));
                if from != place {
                    events.push(call(carrier.moment(from, day, hour), helper, to, way, from, chance));
                }
            }
            if let Some(vendor) = vendor.filter(|_| chance.happens(0.06)) {
                let at = carrier.moment(place, day, chance.real(7.0, 19.0));
                events.push(call(at, vendor, carrier.server(place, 3), WEB, place, chance));
            }
        }
    }
}

/// Servers that move, applications that come region by region, files that somebody carries over once.
fn news(carrier: &Carrier, chance: &mut Chance, events: &mut Vec<Event>) {
    let days = carrier.days as f64;
    let last = carrier.places.len() as i64 - 1;
    for _ in 0..chance.poisson(days / 50.0) {
        let (port, begin) = (*chance.pick(&[8_080, 6_443, 5_671, 27_017, 1_883]), chance.between(1, carrier.days));
        let hub = chance.between(0, carrier.places.iter().filter(|own| own.kind == Kind::Hub).count() as i64) as usize;
        for place in (1..carrier.places.len()).filter(|place| carrier.places[*place].parent == hub) {
            let begin = begin + chance.between(0, 12);
            for day in carrier.first_day + begin..carrier.first_day + carrier.days {
                for _ in 0..chance.poisson(carrier.desks(place) as f64 * 0.4) {
                    let Some(hour) = carrier.hour(place, day, chance) else { continue };
                    let from = carrier.desk(place, chance.between(0, carrier.desks(place) - 1), day);
                    let shape = Shape(port, false, 7_000.0, 30_000.0, 1.2, 30.0);
                    events.push(call(
                        carrier.moment(place, day, hour),
                        from,
                        carrier.server(hub, 22),
                        shape,
                        place,
                        chance,
                    ));
                }
            }
        }
    }
    for _ in 0..chance.poisson(days / 18.0) {
        let (a, b) = (chance.between(0, last) as usize, chance.between(0, last) as usize);
        let day = carrier.first_day + chance.between(0, carrier.days - 1);
        let way = *chance.pick(&[FILES, SHELL, WEB, DESKTOP]);
        let hour = chance.real(8.0, 18.0);
        for n in 0..chance.between(1, 5) {
            let at = carrier.moment(a, day, hour) + n as f64 * chance.real(30.0, 2_000.0);
            if a != b && carrier.is_open(a, day) && carrier.is_open(b, day) {
                events.push(call(at, carrier.desk(a, 0, day), carrier.server(b, 2), way, a, chance));
            }
        }
    }
}
