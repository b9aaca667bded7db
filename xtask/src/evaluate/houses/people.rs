//! What people do: their trade's applications, the Internet, logons, work from home, visits to other sites; administrators, one of whom is
//! on holiday and works from elsewhere; and who begins or leaves.

use super::super::chance::Chance;
use super::super::world::Event;
use super::{House, Sort, Trade, admitted, call, refused};
use kyoten::flow::{Kind, Outcome};
use std::net::Ipv4Addr;

pub const FILES: Sort = Sort(445, false, 45_000.0, 520_000.0, 2.1, 60.0);
pub const PORTAL: Sort = Sort(443, false, 7_500.0, 95_000.0, 1.5, 25.0);
pub const DESKTOP: Sort = Sort(3389, false, 1_400_000.0, 9_000_000.0, 0.9, 2_100.0);
pub const SHELL: Sort = Sort(22, false, 26_000.0, 110_000.0, 1.6, 420.0);
const NAMES: Sort = Sort(53, true, 66.0, 240.0, 0.35, 0.1);
const TICKETS: Sort = Sort(88, false, 1_500.0, 1_650.0, 0.25, 0.3);
const PICTURES: Sort = Sort(11_112, false, 38_000_000.0, 4_000.0, 1.3, 40.0);
const RECORDS: Sort = Sort(2_575, false, 2_200.0, 450.0, 0.6, 3.0);
const TELLERS: Sort = Sort(1_414, false, 1_700.0, 2_900.0, 0.5, 5.0);
const HISTORY: Sort = Sort(1_433, false, 9_000.0, 210_000.0, 1.4, 50.0);
const SOURCES: Sort = Sort(9_418, false, 30_000.0, 280_000.0, 2.0, 9.0);
const BUILDS: Sort = Sort(8_081, false, 5_000.0, 26_000_000.0, 1.5, 30.0);

/// Somebody with an account.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub account: u32,
    pub site: usize,
    pub desk: i64,
    /// Works from home now and then.
    pub roams: bool,
    /// Days of the log on which they are there.
    days: (i64, i64),
}

/// Accounts of administrators, from this number on.
pub const ADMINISTRATORS: u32 = 90_000;

/// The applications of a trade: what, at which server of the seat, how often a desk and day.
fn applications(trade: Trade) -> &'static [(Sort, i64, f64)] {
    match trade {
        Trade::Hospitals => &[(PORTAL, 3, 3.5), (RECORDS, 5, 2.0), (PICTURES, 6, 0.35), (FILES, -1, 0.5)],
        Trade::Bank => &[(TELLERS, 5, 9.0), (PORTAL, 3, 2.5), (FILES, -1, 0.35)],
        Trade::Mines => &[(HISTORY, 5, 1.1), (PORTAL, 3, 1.6), (FILES, -1, 0.8), (DESKTOP, 7, 0.08)],
        Trade::Software => &[(SOURCES, 5, 2.2), (BUILDS, 6, 0.6), (PORTAL, 3, 3.0), (SHELL, 7, 0.7), (FILES, -1, 0.3)],
    }
}

/// All that people do, and who they are.
pub fn live(house: &House, chance: &mut Chance) -> (Vec<Event>, Vec<Person>) {
    let mut events = Vec::new();
    let at_home = match house.trade {
        Trade::Hospitals => 0.1,
        Trade::Bank => 0.04,
        Trade::Mines => 0.15,
        Trade::Software => 0.65,
    };
    let mut people = Vec::new();
    for site in 0..house.hosting() {
        for desk in 0..house.sites[site].desks {
            let begins = if chance.happens(0.04) { chance.between(0, house.days) } else { 0 };
            let leaves = if chance.happens(0.03) { chance.between(0, house.days) } else { house.days };
            let account = 1_000 * site as u32 + desk as u32;
            people.push(Person { account, site, desk, roams: chance.happens(at_home), days: (begins, leaves) });
        }
    }
    let paces: Vec<f64> = (0..house.sites.len()).map(|_| chance.size(1.0, 0.4)).collect();
    for person in &people {
        // What somebody's work asks for: nobody uses all of it.
        let uses: Vec<(Sort, i64, f64)> =
            applications(house.trade).iter().copied().filter(|_| chance.happens(0.75)).collect();
        let home = home(chance);
        let mut visit: Option<(usize, i64)> = None;
        for day in house.first_day..house.first_day + house.days {
            let number = day - house.first_day;
            if !house.is_open(person.site, day) || number < person.days.0 || number >= person.days.1 {
                continue;
            }
            visit = visit.filter(|(_, until)| day < *until);
            if visit.is_none() && person.site > 0 && chance.happens(0.003) {
                let others = house.branches(day);
                visit = Some((*chance.pick(&others), day + chance.between(1, 4)));
            }
            let remote = person.roams && visit.is_none() && chance.happens(0.45);
            if house.hour(day, chance).is_none() {
                continue;
            }
            let (site, from) = match (remote, visit) {
                (true, _) => (house.homes(), house.leased(i64::from(person.account), day)),
                (false, Some((site, _))) => (site, house.desk(site, 40 + person.desk % 9)),
                (false, None) => (person.site, house.desk(person.site, person.desk)),
            };
            if remote {
                let at = house.moment(person.site, day, house.hour(day, chance).unwrap_or(9.0)) - 900.0;
                events.push(admitted(at, home, house.server(0, 9, day), Kind::Session, person.account));
            }
            work(house, person, (site, from), day, &uses, paces[person.site], chance, &mut events);
        }
    }
    administrators(house, chance, &mut events);
    (events, people)
}

/// Somebody's address at home.
pub fn home(chance: &mut Chance) -> Ipv4Addr {
    Ipv4Addr::new(198, 19, chance.between(0, 127) as u8, chance.between(1, 254) as u8)
}

/// Some place of the Internet: few are asked for by all, many by one.
pub fn elsewhere(chance: &mut Chance) -> Ipv4Addr {
    let rank = (chance.unit().powi(5) * 1_500.0) as u32;
    Ipv4Addr::new(192, 88, 90 + (rank / 250) as u8, (rank % 250) as u8 + 1)
}

#[allow(clippy::too_many_arguments, reason = "a day's work has these")]
fn work(
    house: &House,
    person: &Person,
    (site, from): (usize, Ipv4Addr),
    day: i64,
    uses: &[(Sort, i64, f64)],
    pace: f64,
    chance: &mut Chance,
    events: &mut Vec<Event>,
) {
    let when = |chance: &mut Chance| {
        let hour = house.hour(day, chance).unwrap_or_else(|| chance.real(9.0, 17.0));
        house.moment(if site == house.homes() { person.site } else { site }, day, hour)
    };
    for _ in 0..chance.between(1, 2) {
        let logon = admitted(when(chance), from, house.server(0, 1, day), Kind::Logon, person.account);
        if chance.happens(0.04) {
            events.push(refused(Event { at: logon.at - 20.0, ..logon.clone() }, Outcome::Denied));
        }
        events.push(logon);
    }
    for (sort, server, often) in uses.iter().copied().chain([(NAMES, 1, 1.6), (TICKETS, 1, 1.0)]) {
        for _ in 0..chance.poisson(often * pace) {
            let to = if server < 0 { house.files(day) } else { house.server(0, server, day) };
            let event = call(when(chance), from, to, sort, chance);
            events.push(if chance.happens(0.005) { refused(event, Outcome::Failed) } else { event });
        }
    }
    for _ in 0..chance.poisson(1.2 * pace) {
        let mut event = call(when(chance), from, elsewhere(chance), PORTAL, chance);
        if chance.happens(0.004) {
            event.out = chance.size(4e7, 1.3);
        }
        events.push(event);
    }
}

/// Administrators work the branches' servers from the seat; one is away for a week and does so from elsewhere.
fn administrators(house: &House, chance: &mut Chance, events: &mut Vec<Event>) {
    let away = chance.happens(0.5).then(|| (chance.between(0, house.days), chance.between(0, 1)));
    let ways = [DESKTOP, SHELL, Sort(5_986, false, 24_000.0, 75_000.0, 1.1, 80.0)];
    for number in 0..3 {
        let account = ADMINISTRATORS + number as u32;
        let (way, often) = (*chance.pick(&ways), chance.size(1.3, 0.6));
        let home = home(chance);
        for day in house.first_day..house.first_day + house.days {
            let from_home = number == 0 && away.is_some_and(|(at, _)| (at..at + 7).contains(&(day - house.first_day)));
            let open = house.branches(day);
            let elsewhere = match away {
                Some((at, 1)) if from_home && !open.is_empty() => {
                    let site = open[at as usize % open.len()];
                    house.desk(site, 48)
                }
                _ => house.leased(999, day),
            };
            let from = if from_home { elsewhere } else { house.server(0, 15 + number, day) };
            for _ in 0..chance.poisson(often) {
                let late = if chance.happens(0.1) { 10.0 } else { 0.0 };
                let Some(hour) = house.hour(day, chance).filter(|_| !open.is_empty()) else { continue };
                let at = house.moment(0, day, (hour + late).min(27.0));
                let to = house.server(*chance.pick(&open), chance.between(0, 3), day);
                if house.site_of(from) == house.site_of(to) {
                    continue;
                }
                if house.site_of(from) == Some(house.homes()) {
                    events.push(admitted(at - 300.0, home, house.server(0, 9, day), Kind::Session, account));
                }
                events.push(admitted(at - 5.0, from, house.server(0, 1, day), Kind::Logon, account));
                events.push(Event { user: Some(account), ..call(at, from, to, way, chance) });
            }
        }
    }
}
