//! What is ordinary in a made-up organisation, and also what is new, odd and innocent: roll-outs, migrations, errands of
//! administrators, scanners, monitoring, outages, busy days.

use super::chance::Chance;
use super::world::{DAY, Event, World};
use kyoten::flow::{Kind, Outcome};
use std::net::Ipv4Addr;

/// An application.
#[derive(Debug, Clone, Copy)]
pub struct App {
    pub port: u16,
    pub udp: bool,
    pub out: f64,
    pub back: f64,
    pub spread: f64,
    pub seconds: f64,
    /// Connections a desk on a working day.
    pub a_desk: f64,
}

const fn app(port: u16, udp: bool, out: f64, back: f64, spread: f64, seconds: f64, a_desk: f64) -> App {
    App { port, udp, out, back, spread, seconds, a_desk }
}

/// What desks ask of a hub.
pub const APPS: [App; 12] = [
    app(443, false, 6e3, 7e4, 1.3, 14.0, 2.5),
    app(445, false, 9e4, 6e5, 1.9, 180.0, 0.9),
    app(53, true, 70.0, 190.0, 0.4, 0.1, 3.0),
    app(88, false, 1.7e3, 1.8e3, 0.3, 0.3, 1.4),
    app(389, false, 3e3, 9e3, 0.9, 6.0, 0.8),
    app(993, false, 2e4, 2e5, 1.5, 60.0, 1.2),
    app(1433, false, 9e3, 1.2e5, 1.4, 30.0, 0.7),
    app(3200, false, 3e4, 2e5, 1.0, 700.0, 0.5),
    app(9100, false, 4e5, 2e3, 1.2, 9.0, 0.3),
    app(80, false, 1.2e3, 2e4, 1.2, 4.0, 1.0),
    app(3389, false, 6e5, 5e6, 1.2, 1500.0, 0.06),
    app(22, false, 3e4, 9e4, 1.5, 500.0, 0.05),
];

/// Applications that a company takes up one day.
const NEW_APPS: [u16; 7] = [8443, 5061, 6690, 7680, 1521, 5432, 9443];

/// A habit of a site: which desks ask which servers for what.
#[derive(Debug, Clone)]
pub struct Habit {
    pub from: usize,
    pub to: usize,
    pub app: App,
    pub desks: Vec<i64>,
    pub servers: Vec<Ipv4Addr>,
}

pub struct Life {
    pub habits: Vec<Habit>,
    pub events: Vec<Event>,
}

/// All that is ordinary, over all days.
pub fn live(world: &World, chance: &mut Chance) -> Life {
    let habits = habits(world, chance);
    let mut events = Vec::new();
    for habit in &habits {
        let busy_days = chance.real(0.0, 0.04);
        let moves = chance.happens(0.05).then(|| world.first_day + chance.between(5, world.days));
        let until = if chance.happens(0.04) { chance.between(10, world.days) } else { world.days };
        follow(world, habit, (0, until), (busy_days, moves), chance, &mut events);
    }
    outside(world, chance, &mut events);
    machines(world, chance, &mut events);
    administration(world, &habits, chance, &mut events);
    novelties(world, chance, &mut events);
    outages(world, chance, &mut events);
    Life { habits, events }
}

fn habits(world: &World, chance: &mut Chance) -> Vec<Habit> {
    let mut habits = Vec::new();
    let second_hub = chance.happens(0.5).then(|| chance.between(1, world.sites.len() as i64 - 1) as usize);
    for from in 0..world.sites.len() {
        for to in 0..world.sites.len() {
            let share = match to {
                _ if to == from => continue,
                0 => 0.55,
                _ if Some(to) == second_hub => 0.3,
                _ => 0.02,
            };
            for app in APPS {
                let rare = app.port == 3389 || app.port == 22;
                if !chance.happens(if rare { share * 0.35 } else { share }) {
                    continue;
                }
                let users = chance.real(0.15, 1.0);
                let desks: Vec<i64> = (0..world.sites[from].desks).filter(|_| chance.happens(users)).collect();
                let servers = (0..chance.between(1, 3)).map(|_| world.server(to, chance.between(0, 9))).collect();
                let pace = chance.size(0.7, 0.7);
                let (out, back) = (chance.size(app.out, 0.6), chance.size(app.back, 0.6));
                let app = App { a_desk: app.a_desk * pace, out, back, ..app };
                habits.push(Habit { from, to, app, desks, servers });
            }
        }
    }
    habits
}

fn follow(
    world: &World,
    habit: &Habit,
    (first, until): (i64, i64),
    (busy_days, moves): (f64, Option<i64>),
    chance: &mut Chance,
    events: &mut Vec<Event>,
) {
    if habit.desks.is_empty() {
        return;
    }
    for day in world.first_day + first..world.first_day + until {
        let burst = if chance.happens(busy_days) { chance.real(2.0, 7.0) } else { 1.0 };
        let mean = habit.app.a_desk * habit.desks.len() as f64 * world.busy(habit.from, day) * burst;
        let mean = mean * chance.size(1.0, 0.25);
        for _ in 0..chance.poisson(mean).min(400) {
            let desk = *chance.pick(&habit.desks);
            let server = if moves.is_some_and(|at| day >= at) {
                world.server(habit.to, 90)
            } else {
                *chance.pick(&habit.servers)
            };
            let at = world.moment(habit.from, day, World::office_hour(chance));
            let from = world.desk(habit.from, desk, day);
            let mut event = call(at, from, server, &habit.app, habit.from, chance);
            event.user = (chance.happens(0.3)).then_some((habit.from as u32) << 10 | desk as u32);
            if chance.happens(0.004) {
                refuse(&mut event, Outcome::Failed);
            }
            events.push(event);
        }
    }
}

/// A connection with sizes as the application has them.
pub fn call(at: f64, from: Ipv4Addr, to: Ipv4Addr, app: &App, sensor: usize, chance: &mut Chance) -> Event {
    Event {
        at,
        seconds: chance.size(app.seconds, 0.8),
        from,
        to,
        port: app.port,
        udp: app.udp,
        out: chance.size(app.out, app.spread),
        back: chance.size(app.back, app.spread),
        outcome: Outcome::Established,
        user: None,
        kind: Kind::Connection,
        sensor,
    }
}

pub fn refuse(event: &mut Event, outcome: Outcome) {
    (event.out, event.back, event.seconds, event.outcome) = (60.0, 0.0, 0.0, outcome);
}

fn outside(world: &World, chance: &mut Chance, events: &mut Vec<Event>) {
    let web = app(443, false, 8e3, 9e4, 1.7, 30.0, 0.0);
    for site in 0..world.sites.len() {
        let mean = world.sites[site].desks as f64 * chance.real(0.8, 2.0);
        for day in world.first_day..world.first_day + world.days {
            for _ in 0..chance.poisson(mean * world.busy(site, day)).min(300) {
                // Few places are asked for often.
                let rank = (chance.unit().powi(3) * world.outsiders.len() as f64) as usize;
                let desk = chance.between(0, world.sites[site].desks - 1);
                let at = world.moment(site, day, World::office_hour(chance));
                let mut event = call(at, world.desk(site, desk, day), world.outsiders[rank], &web, site, chance);
                if chance.happens(0.004) {
                    // Somebody sends a large file to a customer.
                    event.out = chance.size(3e7, 1.2);
                }
                events.push(event);
            }
            // What the Internet tries.
            for _ in 0..chance.poisson(1.5) {
                let at = world.moment(site, day, chance.real(0.0, 24.0));
                let probe = App { port: *chance.pick(&[22, 23, 3389, 8080]), ..web };
                let stranger = Ipv4Addr::new(203, 0, 113, chance.between(1, 250) as u8);
                let mut event = call(at, stranger, world.server(site, 0), &probe, site, chance);
                refuse(&mut event, Outcome::Denied);
                events.push(event);
            }
        }
    }
}

/// Backups, monitoring, time servers, replication: by the clock, not by people.
fn machines(world: &World, chance: &mut Chance, events: &mut Vec<Event>) {
    let polled = chance.happens(0.7).then(|| *chance.pick(&[300.0, 900.0, 1800.0, 3600.0]));
    let agent = chance.happens(0.4).then(|| *chance.pick(&[1800.0, 3600.0, 7200.0]));
    for site in 1..world.sites.len() {
        let backup = chance.happens(0.6).then(|| (chance.real(19.0, 27.0), chance.size(4e9, 1.0)));
        let sync = chance.happens(0.3).then(|| chance.real(0.0, 3600.0));
        for day in world.first_day..world.first_day + world.days {
            if let Some((hour, size)) = backup.filter(|_| chance.happens(0.97)) {
                let full = if (day + 3).rem_euclid(7) == 6 { 6.0 } else { 1.0 };
                let job = app(10_566, false, size * full, size * full / 900.0, 0.3, 3000.0, 0.0);
                let at = world.moment(site, day, hour) + chance.real(0.0, 90.0);
                events.push(call(at, world.server(site, 3), world.server(0, 8), &job, site, chance));
            }
            if let Some(second) = sync {
                let job = app(1434, false, 2e5, 4e5, 0.6, 20.0, 0.0);
                for hour in (0..24).step_by(2) {
                    let at = world.moment(site, day, f64::from(hour)) + second;
                    events.push(call(at, world.server(site, 4), world.server(0, 4), &job, site, chance));
                }
            }
        }
        for (every, app, from, to) in [
            (polled, app(161, true, 400.0, 1800.0, 0.05, 0.1, 0.0), world.server(0, 6), world.server(site, 1)),
            (agent, app(8089, false, 2e3, 900.0, 0.1, 1.0, 0.0), world.server(site, 5), world.server(0, 6)),
        ] {
            let Some(every) = every else { continue };
            let (mut at, end) =
                ((world.first_day * DAY) as f64 + chance.real(0.0, every), (world.first_day + world.days) * DAY);
            let every = f64::max(every, world.days as f64 * 40.0);
            while at < end as f64 {
                events.push(call(at + chance.real(0.0, 4.0), from, to, &app, site, chance));
                at += every;
            }
        }
    }
}

/// Administrators from the first site's jump host, as need is; and a scanner once a month.
fn administration(world: &World, habits: &[Habit], chance: &mut Chance, events: &mut Vec<Event>) {
    let jump = world.server(0, 7);
    for site in 1..world.sites.len() {
        let a_week = chance.size(0.9, 1.0);
        let desk = *chance.pick(&[APPS[10], APPS[11], App { port: 5985, ..APPS[11] }]);
        let late = chance.real(0.02, 0.15);
        for day in world.first_day..world.first_day + world.days {
            for _ in 0..chance.poisson(a_week / 5.0 * world.busy(0, day)) {
                let hour = if chance.happens(late) { chance.real(19.0, 24.0) } else { World::office_hour(chance) };
                let at = world.moment(0, day, hour);
                let mut event = call(at, jump, world.server(site, chance.between(0, 5)), &desk, site, chance);
                event.user = Some(900 + chance.between(0, 3) as u32);
                events.push(event);
            }
        }
    }
    if chance.happens(0.6) {
        let hour = chance.real(0.0, 6.0);
        for day in (world.first_day + chance.between(0, 27)..world.first_day + world.days).step_by(28) {
            for site in 0..world.sites.len() {
                for host in 0..24 {
                    let at = world.moment(0, day, hour) + f64::from(host) * 2.0 + site as f64 * 60.0;
                    let probe = App { port: *chance.pick(&[22, 80, 443, 445, 3389]), ..APPS[0] };
                    let mut event =
                        call(at, world.server(0, 60), world.server(site, i64::from(host)), &probe, site, chance);
                    let open = habits.iter().any(|habit| habit.to == site && habit.app.port == probe.port);
                    if !(open && host < 10) {
                        refuse(&mut event, Outcome::Failed);
                    }
                    events.push(event);
                }
            }
        }
    }
}

/// What is new and innocent.
fn novelties(world: &World, chance: &mut Chance, events: &mut Vec<Event>) {
    let count = world.sites.len() as i64;
    // Roll-outs: people at several sites take up an application.
    for _ in 0..chance.poisson(world.days as f64 / 60.0) {
        let begin = chance.between(3, world.days - 1);
        let new = App { port: *chance.pick(&NEW_APPS), ..APPS[0] };
        let server = world.server(0, chance.between(10, 14));
        for from in 1..world.sites.len() {
            if chance.happens(0.7) {
                let desks = (0..world.sites[from].desks).filter(|_| chance.happens(0.5)).collect();
                let app = App { a_desk: chance.size(0.8, 0.5), ..new };
                let habit = Habit { from, to: 0, app, desks, servers: vec![server] };
                let first = (begin + chance.between(0, 8)).min(world.days);
                follow(world, &habit, (first, world.days), (0.0, None), chance, events);
            }
        }
    }
    // Projects: two sites that never spoke work together for a while, or for good.
    for _ in 0..chance.poisson(world.days as f64 / 45.0) {
        let (from, to) = (chance.between(0, count - 1) as usize, chance.between(0, count - 1) as usize);
        let (begin, length) = (chance.between(3, world.days - 1), chance.between(4, 60));
        let app = *chance.pick(&[APPS[0], APPS[1], APPS[9], APPS[6]]);
        let desks = (0..world.sites[from].desks).filter(|_| chance.happens(0.3)).collect();
        let habit = Habit { from, to, app, desks, servers: vec![world.server(to, chance.between(0, 9))] };
        if from != to {
            follow(world, &habit, (begin, (begin + length).min(world.days)), (0.0, None), chance, events);
        }
    }
    // Errands: an administrator does something once.
    for _ in 0..chance.poisson(world.days as f64 / 25.0) {
        let (from, to) = (chance.between(0, count - 1) as usize, chance.between(0, count - 1) as usize);
        let (day, hour) = (world.first_day + chance.between(0, world.days - 1), World::office_hour(chance));
        let app = *chance.pick(&[APPS[11], APPS[10], APPS[1], App { port: 5985, ..APPS[11] }]);
        for n in 0..chance.between(1, 6) {
            let at = world.moment(from, day, hour) + n as f64 * chance.real(60.0, 900.0);
            if from != to {
                events.push(call(at, world.desk(from, 1, day), world.server(to, 2), &app, from, chance));
            }
        }
    }
}

/// A site's line is down for some hours: what its machines and people try fails.
fn outages(world: &World, chance: &mut Chance, events: &mut [Event]) {
    for site in 0..world.sites.len() {
        if !chance.happens(world.days as f64 / 150.0) {
            continue;
        }
        let from = (world.first_day * DAY) as f64 + chance.real(0.0, world.days as f64) * DAY as f64;
        let to = from + chance.size(3.0, 0.7) * 3600.0;
        for event in events.iter_mut().filter(|event| (from..to).contains(&event.at)) {
            let ends = [world.site_of(event.from), world.site_of(event.to)];
            if ends.contains(&Some(site)) {
                refuse(event, Outcome::Failed);
            }
        }
    }
}
