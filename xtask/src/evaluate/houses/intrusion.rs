//! Intrusions at the house: by accounts that are used elsewhere, in one session, in small hops, at business hours, or the model case in full.

use super::super::chance::Chance;
use super::super::world::Event;
use super::people::{DESKTOP, FILES, PORTAL, Person, SHELL, elsewhere, home};
use super::{House, Sort, admitted, call};
use kyoten::flow::Kind;

/// What the intruder does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// The account of somebody who never works from home opens a VPN session, and reads from there.
    HomeAccount,
    /// An account of one branch logs on from another, and reads what people there read.
    AccountElsewhere,
    /// The model case: one branch after the other works the same server of the seat, and one of them every night.
    ModelCase,
    /// One interactive session from a branch to a server of another, and nothing else.
    OneSession,
    /// A server calls a place of its own, every six to thirty hours.
    SlowBeacon,
    /// A desk sends what it has to a place that others use as well, while everybody works.
    DayExfiltration,
    /// From a branch to the next and on to a third, a few kilobytes each.
    SmallHops,
    /// From the seat's own server, at night, something is copied to every branch.
    Pushed,
}

impl Act {
    pub const ALL: [Act; 8] = [
        Act::HomeAccount,
        Act::AccountElsewhere,
        Act::ModelCase,
        Act::OneSession,
        Act::SlowBeacon,
        Act::DayExfiltration,
        Act::SmallHops,
        Act::Pushed,
    ];
}

/// The intruder's connections.
pub fn intrude(house: &House, people: &[Person], act: Act, chance: &mut Chance) -> Vec<Event> {
    let mut events = Vec::new();
    let length = house.end - house.begin;
    let at = house.begin + length * chance.real(0.45, 0.9);
    let day = (at / 86_400.0) as i64;
    let mut open = house.branches(day);
    if open.is_empty() {
        open = (1..house.hosting()).collect();
    }
    let turn = chance.between(0, open.len() as i64 - 1) as usize;
    let site = |n: usize| open[(turn + n) % open.len()];
    let victim = house.desk(site(0), chance.between(0, house.sites[site(0)].desks - 1));
    let seat = |number| house.server(0, number, day);
    // What takes days in a long log takes minutes in a short one.
    let pause = |chance: &mut Chance, share: f64| length.min(30.0 * 86_400.0) * share * chance.real(0.5, 1.5);
    let of_site = |site: usize, roams: bool| -> Vec<&Person> {
        people.iter().filter(|person| person.site == site && (roams || !person.roams)).collect()
    };
    let drop = std::net::Ipv4Addr::new(198, 51, 100, chance.between(2, 250) as u8);
    match act {
        Act::HomeAccount => {
            let staff = of_site(site(0), false);
            let Some(person) = staff.get(turn % staff.len().max(1)) else { return events };
            let from = home(chance);
            let mut at = at;
            for _ in 0..chance.between(1, 4) {
                let leased = house.leased(777, day);
                events.push(admitted(at, from, seat(9), Kind::Session, person.account));
                events.push(admitted(at + 40.0, leased, seat(1), Kind::Logon, person.account));
                for n in 0..chance.between(1, 4) {
                    events.push(call(at + 300.0 * (n + 1) as f64, leased, house.files(day), FILES, chance));
                }
                at += pause(chance, 0.05);
            }
        }
        Act::AccountElsewhere => {
            let staff = of_site(site(1), true);
            let Some(person) = staff.get(turn % staff.len().max(1)) else { return events };
            let mut at = at;
            for _ in 0..chance.between(1, 5) {
                events.push(admitted(at, victim, seat(1), Kind::Logon, person.account));
                events.push(call(at + 60.0, victim, house.files(day), FILES, chance));
                events.push(call(at + 200.0, victim, seat(3), PORTAL, chance));
                at += pause(chance, 0.04);
            }
        }
        Act::ModelCase => {
            let mut at = at;
            for n in 0..open.len().min(4) {
                let from = house.desk(site(n), 1);
                for again in 0..[8, 3, 4, 2][n] {
                    events.push(call(at + again as f64 * pause(chance, 0.004), from, seat(7), DESKTOP, chance));
                }
                at += pause(chance, 0.1);
            }
        }
        Act::OneSession => {
            let to = house.server(if open.len() > 1 { site(1) } else { 0 }, 2, day);
            events.push(call(at, victim, to, *chance.pick(&[DESKTOP, SHELL]), chance));
        }
        Act::SlowBeacon => {
            let every = chance.real(6.0, 30.0) * 3600.0;
            // In a log of hours it has to call more often to be there at all.
            let every = every.min(length / 8.0);
            let mut next = at;
            while next < house.end {
                events.push(call(
                    next,
                    house.server(site(0), 5, day),
                    drop,
                    Sort(443, false, 1_900.0, 650.0, 0.2, 3.0),
                    chance,
                ));
                next += every * chance.real(0.85, 1.15);
            }
        }
        Act::DayExfiltration => {
            let to = elsewhere(chance);
            for n in 0..chance.between(1, 6) {
                let hour = house.hour(day + n, chance).unwrap_or(11.0);
                let at =
                    if length < 2.0 * 86_400.0 { at + n as f64 * 400.0 } else { house.moment(site(0), day + n, hour) };
                let size = chance.size(6e8, 0.9);
                events.push(call(at, victim, to, Sort(443, false, size, size / 250.0, 0.2, 1_100.0), chance));
            }
        }
        Act::SmallHops => {
            let way = *chance.pick(&[
                Sort(445, false, 70_000.0, 30_000.0, 0.6, 30.0),
                Sort(5_985, false, 40_000.0, 60_000.0, 0.6, 50.0),
                SHELL,
            ]);
            let (mut at, mut from) = (at, victim);
            for n in 1..=open.len().min(4) {
                let to = house.server(if n == open.len().min(4) { 0 } else { site(n) }, 2, day);
                for again in 0..chance.between(1, 3) {
                    events.push(call(at + again as f64 * 150.0, from, to, way, chance));
                }
                at += pause(chance, 0.03);
                from = to;
            }
        }
        Act::Pushed => {
            for (n, to) in open.iter().enumerate() {
                let copies = Sort(445, false, 22_000_000.0, 60_000.0, 0.2, 20.0);
                events.push(call(at + n as f64 * 45.0, seat(3), house.server(*to, 2, day), copies, chance));
            }
        }
    }
    events
}
