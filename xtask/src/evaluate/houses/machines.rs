//! What machines do: backups, one of which moves to another hour; polling, and a new way of it that is rolled out site by site; patch day;
//! the batch at a month's end; cash machines, controllers of pumps, prefetched pictures, builds; a scanner; the Internet's noise; what is
//! refused day by day; and errands that somebody does once.

use super::super::chance::Chance;
use super::super::world::{DAY, Event};
use super::people::{DESKTOP, FILES, PORTAL, SHELL};
use super::{House, Sort, Trade, call, refused};
use kyoten::flow::Outcome;
use std::net::Ipv4Addr;

const BACKUP: Sort = Sort(1_556, false, 3.2e9, 6_000_000.0, 0.5, 4_000.0);
const POLLS: Sort = Sort(5_666, false, 520.0, 1_300.0, 0.06, 0.4);
const AGENT: Sort = Sort(10_051, false, 2_600.0, 180.0, 0.12, 0.6);
const PATCHES: Sort = Sort(8_531, false, 60_000.0, 190_000_000.0, 0.8, 300.0);
const BATCH: Sort = Sort(22, false, 240_000_000.0, 900_000.0, 0.7, 500.0);
const COPIES: Sort = Sort(445, false, 90_000_000.0, 400_000.0, 0.6, 120.0);

pub fn run(house: &House, chance: &mut Chance, events: &mut Vec<Event>) {
    for site in 1..house.hosting() {
        nightly(house, site, chance, events);
        by_trade(house, site, chance, events);
    }
    polling(house, chance, events);
    calendar(house, chance, events);
    strangers(house, chance, events);
    errands(house, chance, events);
}

fn days_of(house: &House, site: usize) -> impl Iterator<Item = i64> + use<> {
    let opens = house.sites[site].opens;
    (house.first_day + opens.max(0))..(house.first_day + house.days)
}

/// A backup to the seat or to the datacentre; for some at another hour from some day on.
fn nightly(house: &House, site: usize, chance: &mut Chance, events: &mut Vec<Event>) {
    if !chance.happens(0.75) {
        return;
    }
    let (hour, later) = (chance.real(20.0, 29.0), chance.real(10.0, 29.0));
    let moves = chance.happens(0.2).then(|| chance.between(0, house.days));
    let size = chance.size(1.0, 0.9);
    let to = if chance.happens(0.3) { house.hosting() } else { 0 };
    for day in days_of(house, site) {
        let hour = if moves.is_some_and(|at| day - house.first_day >= at) { later } else { hour };
        let at = house.moment(site, day, hour) + chance.real(0.0, 400.0);
        let mut event = call(at, house.server(site, 2, day), house.server(to, 8, day), BACKUP, chance);
        event.out *= size * if (day + 3).rem_euclid(7) == 5 { 5.0 } else { 1.0 };
        if chance.happens(0.96) {
            events.push(event);
        }
    }
}

fn by_trade(house: &House, site: usize, chance: &mut Chance, events: &mut Vec<Event>) {
    let phase = chance.real(0.0, 3_600.0);
    for day in days_of(house, site) {
        let seat = |number| house.server(0, number, day);
        let from = house.server(site, 6, day);
        let begin = (day * DAY) as f64 + phase;
        match house.trade {
            Trade::Bank => {
                for hour in 0..12 {
                    let at = begin + f64::from(hour) * 7_200.0 + chance.real(0.0, 60.0);
                    events.push(call(at, from, seat(10), Sort(2_018, false, 3_000.0, 2_400.0, 0.3, 20.0), chance));
                }
            }
            Trade::Mines => {
                for slot in 0..16 {
                    let at = begin + f64::from(slot) * 5_400.0;
                    events.push(call(at, seat(10), from, Sort(502, false, 9_000.0, 31_000.0, 0.05, 30.0), chance));
                }
            }
            Trade::Hospitals => {
                for _ in 0..chance.poisson(2.0) {
                    let at = house.moment(site, day, chance.real(1.0, 5.0));
                    let pictures = Sort(11_112, false, 6_000.0, 180_000_000.0, 1.0, 200.0);
                    events.push(call(at, from, seat(6), pictures, chance));
                }
            }
            Trade::Software => {
                for _ in 0..chance.poisson(9.0) {
                    let at = (day * DAY) as f64 + chance.real(0.0, 86_400.0);
                    let build = Sort(8_081, false, 9_000.0, 60_000_000.0, 1.2, 50.0);
                    events.push(call(at, from, seat(6), build, chance));
                }
            }
        }
    }
}

/// The seat asks every site how it is; and from some week on agents tell it by themselves, one site after the other.
fn polling(house: &House, chance: &mut Chance, events: &mut Vec<Event>) {
    let rolled_out = chance.happens(0.35).then(|| chance.between(0, house.days));
    let every = *chance.pick(&[3_600.0, 5_400.0, 10_800.0]);
    for site in 1..house.hosting() {
        let begins = rolled_out.map(|at| at + chance.between(0, 9));
        for day in days_of(house, site) {
            for slot in 0..(86_400.0 / every) as i64 {
                let at = (day * DAY) as f64 + slot as f64 * every + site as f64 * 3.0 + chance.real(0.0, 2.0);
                events.push(call(at, house.server(0, 11, day), house.server(site, 0, day), POLLS, chance));
                if begins.is_some_and(|begins| day - house.first_day >= begins) {
                    for host in [0, 2, 6] {
                        let from = house.server(site, host, day);
                        events.push(call(at + host as f64, from, house.server(0, 12, day), AGENT, chance));
                    }
                }
            }
        }
    }
}

/// Patch day, on which every desk fetches and the seat copies to every site; the batch on the last two days of a month; a scanner.
fn calendar(house: &House, chance: &mut Chance, events: &mut Vec<Event>) {
    let (patched, scans) = (chance.between(0, 27), chance.happens(0.55));
    let (scanned, hour) = (chance.between(0, 13), chance.real(0.0, 24.0));
    for day in house.first_day..house.first_day + house.days {
        let of_month = (day - 19_723).rem_euclid(30);
        for site in house.branches(day) {
            if (day - patched).rem_euclid(28) == 0 {
                for desk in 0..house.sites[site].desks {
                    let at = house.moment(site, day, chance.real(8.0, 22.0));
                    events.push(call(at, house.desk(site, desk), house.server(0, 13, day), PATCHES, chance));
                }
                let at = house.moment(0, day, chance.real(2.0, 4.0));
                events.push(call(at, house.server(0, 13, day), house.server(site, 2, day), COPIES, chance));
            }
            if of_month >= 28 && house.trade != Trade::Software {
                let at = house.moment(site, day, chance.real(21.0, 26.0));
                events.push(call(at, house.server(site, 3, day), house.server(0, 14, day), BATCH, chance));
            }
            if scans && (day - house.first_day - scanned).rem_euclid(14) == 0 {
                for (n, port) in (0..20).flat_map(|n| [22, 443, 445, 3389].map(|port| (n, port))) {
                    let at = house.moment(0, day, hour) + site as f64 * 90.0 + n as f64 * 2.0;
                    let to = house.server(site, n, day);
                    let probe = Sort(port, false, 700.0, 1_100.0, 0.6, 0.8);
                    let event = call(at, house.server(0, 21, day), to, probe, chance);
                    events.push(if n > 6 || port == 443 { refused(event, Outcome::Failed) } else { event });
                }
            }
        }
    }
}

/// What the Internet tries, and what the house's own firewalls refuse every day.
fn strangers(house: &House, chance: &mut Chance, events: &mut Vec<Event>) {
    for day in house.first_day..house.first_day + house.days {
        for site in std::iter::once(0).chain(house.branches(day)) {
            for _ in 0..chance.poisson(2.2) {
                let at = (day * DAY) as f64 + chance.real(0.0, 86_400.0);
                let from = Ipv4Addr::new(203, 0, 113, chance.between(1, 254) as u8);
                let probe = Sort(*chance.pick(&[22, 25, 445, 1_433, 8_443]), false, 60.0, 0.0, 0.1, 0.1);
                events.push(refused(call(at, from, house.server(site, 0, day), probe, chance), Outcome::Denied));
            }
            for _ in 0..chance.poisson(0.8) {
                let at = (day * DAY) as f64 + chance.real(0.0, 86_400.0);
                let desk = house.desk(site, chance.between(0, house.sites[site].desks.max(1) - 1));
                let to = house.server(if site == 0 { 1 } else { 0 }, chance.between(0, 9), day);
                let sort = Sort(*chance.pick(&[139, 1_900, 5_357, 8_009]), false, 60.0, 0.0, 0.1, 0.1);
                events.push(refused(call(at, desk, to, sort, chance), Outcome::Denied));
            }
        }
    }
}

/// Somebody carries files over, looks at another site's portal, or sets something up, once or for a week.
fn errands(house: &House, chance: &mut Chance, events: &mut Vec<Event>) {
    for _ in 0..chance.poisson(house.days as f64 / 12.0) {
        let day = house.first_day + chance.between(0, house.days - 1);
        let open = house.branches(day);
        if open.len() < 2 {
            continue;
        }
        let (a, b) = (*chance.pick(&open), *chance.pick(&open));
        let sort = *chance.pick(&[FILES, FILES, PORTAL, SHELL, DESKTOP]);
        let desk = house.desk(a, chance.between(0, house.sites[a].desks - 1));
        for again in 0..chance.between(1, 5) {
            let at = house.moment(a, day + again / 3, house.hour(day, chance).unwrap_or(11.0));
            if a != b {
                events.push(call(at, desk, house.server(b, 2, day), sort, chance));
            }
        }
    }
}
