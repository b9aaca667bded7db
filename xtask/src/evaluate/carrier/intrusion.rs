//! Intrusions at the carrier: over new links and old ones, loud, slow, by night, through a third site, or one session and no more.

use super::super::chance::Chance;
use super::super::world::{DAY, Event};
use super::routine::{DESKTOP, FILES, SHELL, Shape, TERMINAL, WEB, call, fail};
use super::{Carrier, Kind};
use kyoten::flow::Outcome;
use std::net::Ipv4Addr;

/// What the intruder does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// A depot works a host of another depot.
    NewLink,
    /// One session from a depot to a server at headquarters, and nothing else.
    OneSession,
    /// Something calls home once or twice a day.
    SlowBeacon,
    /// A server sends much to the Internet by night.
    NightExfiltration,
    /// Looking around, over days.
    SlowScan,
    /// A depot enters its hub's server; that one fetches from headquarters and sends what it fetched outside.
    ThirdSite,
    /// A stolen account over a service that runs anyway, with ordinary volume, from a host that never used it.
    Misuse,
    /// The model case: one office after the other to the same server, weeks apart.
    ModelCase,
    /// A terminal's desk begins to read what it never read: much more than its like from the hub's files.
    Hoard,
}

impl Deed {
    pub const ALL: [Deed; 9] = [
        Deed::NewLink,
        Deed::OneSession,
        Deed::SlowBeacon,
        Deed::NightExfiltration,
        Deed::SlowScan,
        Deed::ThirdSite,
        Deed::Misuse,
        Deed::ModelCase,
        Deed::Hoard,
    ];
}

/// The intruder's connections.
pub fn intrude(carrier: &Carrier, deed: Deed, chance: &mut Chance) -> Vec<Event> {
    let mut events = Vec::new();
    let depots: Vec<usize> =
        (0..carrier.places.len()).filter(|place| carrier.places[*place].kind == Kind::Depot).collect();
    let depots: Vec<usize> = {
        let open: Vec<usize> =
            depots.iter().copied().filter(|place| carrier.is_open(*place, carrier.first_day)).collect();
        if open.is_empty() { depots } else { open }
    };
    let depot = *chance.pick(&depots);
    let hub = carrier.places[depot].parent;
    let day = carrier.first_day + (carrier.days as f64 * chance.real(0.45, 0.9)) as i64;
    let end = carrier.first_day + carrier.days - 1;
    let desk = chance.between(0, carrier.desks(depot) - 1);
    let victim = carrier.desk(depot, desk, day);
    let home = Ipv4Addr::new(198, 51, 100, chance.between(2, 250) as u8);
    let hour = chance.real(0.0, 24.0);
    let at = carrier.moment(depot, day, hour);
    let mut run = |at: f64, from, to, shape, chance: &mut Chance| events.push(call(at, from, to, shape, depot, chance));
    match deed {
        Deed::NewLink => {
            let others: Vec<usize> = depots.iter().copied().filter(|other| *other != depot).collect();
            let other = if others.is_empty() { hub } else { *chance.pick(&others) };
            let way = *chance.pick(&[DESKTOP, FILES, Shape(5985, false, 40_000.0, 90_000.0, 1.0, 120.0)]);
            for n in 0..chance.between(1, 6) {
                run(at + n as f64 * chance.real(100.0, 5_000.0), victim, carrier.host(other, 9), way, chance);
            }
        }
        Deed::OneSession => {
            let way = *chance.pick(&[DESKTOP, SHELL]);
            run(at, victim, carrier.server(0, 5), way, chance);
        }
        Deed::SlowBeacon => {
            let every = chance.real(5.0, 20.0) * 3600.0;
            let mut next = at;
            while next < ((end + 1) * DAY) as f64 {
                let from = carrier.server(depot, 6);
                run(next, from, home, Shape(443, false, 1_500.0, 800.0, 0.1, 2.0), chance);
                next += every * chance.real(0.9, 1.1);
            }
        }
        Deed::NightExfiltration => {
            for night in day..=(day + chance.between(0, 4)).min(end) {
                let at = carrier.moment(hub, night, chance.real(0.0, 4.5));
                let size = chance.size(2.5e9, 1.0);
                run(at, carrier.server(hub, 2), home, Shape(443, false, size, size / 300.0, 0.2, 3_000.0), chance);
            }
        }
        Deed::SlowScan => {
            let net = if chance.happens(0.5) { 0 } else { hub };
            let mut next = at;
            for _ in 0..chance.between(15, 60) {
                let port = *chance.pick(&[445, 3389, 22, 5985]);
                let to = carrier.host(net, chance.between(1, 250));
                let before = events.len();
                events.push(call(next, victim, to, Shape(port, false, 60.0, 0.0, 0.1, 0.1), depot, chance));
                if chance.happens(0.9) {
                    fail(&mut events[before], Outcome::Failed);
                }
                next += chance.real(5.0, 3_000.0);
            }
        }
        Deed::ThirdSite => {
            let pivot = carrier.server(hub, 2);
            for n in 0..chance.between(1, 3) {
                let at = at + n as f64 * DAY as f64;
                let size = chance.size(4e8, 0.8);
                run(at, victim, pivot, DESKTOP, chance);
                let (fetch, send) = (
                    Shape(445, false, size / 80.0, size, 0.05, 900.0),
                    Shape(443, false, size, size / 150.0, 0.03, 1_200.0),
                );
                run(at + 600.0, pivot, carrier.server(0, 2), fetch, chance);
                run(at + 2_400.0, pivot, home, send, chance);
            }
        }
        Deed::Misuse => {
            let thief = carrier.host(depot, 45);
            for n in 0..chance.between(2, 6) {
                let at = at + n as f64 * chance.real(0.1, 0.8) * DAY as f64;
                let shape = if chance.happens(0.5) { TERMINAL } else { WEB };
                run(
                    at,
                    thief,
                    carrier.server(if shape.0 == 23 { hub } else { 0 }, if shape.0 == 23 { 0 } else { 3 }),
                    shape,
                    chance,
                );
            }
        }
        Deed::ModelCase => {
            let target = carrier.server(0, 5);
            let apart = (carrier.days as f64 * 0.12).max(1.0);
            for (n, from) in
                depots.iter().cycle().skip(desk as usize % depots.len()).take(4.min(depots.len())).enumerate()
            {
                let at = at + n as f64 * apart * DAY as f64;
                for again in 0..[9, 4, 3, 1][n] {
                    let at = at + f64::from(again) * chance.real(600.0, 40_000.0);
                    events.push(call(at, carrier.desk(*from, 0, day), target, DESKTOP, *from, chance));
                }
            }
        }
        Deed::Hoard => {
            for n in 0..chance.between(1, 4) {
                let at = at + n as f64 * chance.real(0.1, 1.2) * DAY as f64;
                let shape = Shape(445, false, 900_000.0, chance.size(7e8, 0.7), 0.2, 900.0);
                run(at, victim, carrier.server(hub, 2), shape, chance);
            }
        }
    }
    events
}
