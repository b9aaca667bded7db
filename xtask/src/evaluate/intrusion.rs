//! Intrusions being made up: goal × stealth × dwell, drawn over an organisation's ordinary life.

use super::chance::Chance;
use super::routine::{App, Habit, Life, call, refuse};
use super::world::{Event, World};
use kyoten::flow::Outcome;
use std::net::Ipv4Addr;

/// What the intruder is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// Remote desktops of servers, over a link that the victim's site has.
    Desk,
    /// Files from servers that the victim's site reads anyway.
    Collect,
    /// Data from a site to the Internet.
    Exfiltrate,
    /// Files from a server, and as much to the Internet within the hour.
    Relay,
    /// From one site to the next, by remote services.
    Spread,
    /// Something that calls home.
    Beacon,
    /// Guessing at a server until it admits.
    Brute,
    /// A stolen account at a known service, at hours of the intruder's.
    Stolen,
    /// Looking around.
    Probe,
    /// Tools or data pushed to a server by a site that only ever read.
    Push,
}

impl Goal {
    /// All, those for tuning first; the last four are held back for reporting.
    pub const ALL: [Goal; 10] = [
        Goal::Desk,
        Goal::Collect,
        Goal::Exfiltrate,
        Goal::Spread,
        Goal::Beacon,
        Goal::Probe,
        Goal::Relay,
        Goal::Stolen,
        Goal::Brute,
        Goal::Push,
    ];
    /// How many of them are for tuning.
    pub const FOR_TUNING: usize = 6;
}

/// How an intruder goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub goal: Goal,
    /// 0 loud, 1 careful, 2 quiet.
    pub stealth: usize,
    /// Days from the first step to the last.
    pub dwell: i64,
    /// The day of the stream on which it begins.
    pub begin: i64,
}

/// One thing that the intruder did: connections from one place to another over a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub from: String,
    pub to: String,
    pub service: String,
    pub first: f64,
    pub last: f64,
    /// Nothing of it ever ran before.
    pub novel: bool,
}

/// The intruder's connections; none where the organisation has no habit to hide among.
pub fn intrude(world: &World, life: &Life, manner: Manner, chance: &mut Chance) -> Vec<Event> {
    let count = world.sites.len() as i64;
    for _ in 0..40 {
        let site = chance.between(1, count - 1) as usize;
        let apps = [445, 443, 1433, 80, 3200];
        let read: Vec<&Habit> = life
            .habits
            .iter()
            .filter(|habit| habit.from == site && habit.desks.len() > 1 && apps.contains(&habit.app.port))
            .collect();
        if !read.is_empty() {
            let habit = (*chance.pick(&read)).clone();
            let desk = chance.between(0, world.sites[site].desks - 1);
            let mut intruder = Intruder {
                world,
                manner,
                site,
                victim: world.desk(site, desk, world.first_day),
                drop: Ipv4Addr::new(198, 51, 100, chance.between(5, 250) as u8),
                habit,
                events: Vec::new(),
            };
            intruder.act(chance);
            return intruder.events;
        }
    }
    Vec::new()
}

struct Intruder<'w> {
    world: &'w World,
    manner: Manner,
    site: usize,
    victim: Ipv4Addr,
    drop: Ipv4Addr,
    habit: Habit,
    events: Vec<Event>,
}

/// What intruders log on with.
const REMOTE: [u16; 5] = [3389, 445, 5985, 22, 135];

impl Intruder<'_> {
    fn act(&mut self, chance: &mut Chance) {
        let busy = [0.95, 0.7, 0.5][self.manner.stealth];
        let tool = *chance.pick(&REMOTE);
        let every = chance.real(240.0, 9_000.0);
        for day in 0..=self.manner.dwell {
            if day > 0 && !chance.happens(busy) {
                continue;
            }
            let at = self.hour(self.site, day, chance);
            match self.manner.goal {
                Goal::Desk => self.work(at, self.victim, self.habit.servers[0], tool, chance),
                Goal::Collect => _ = self.take(at, self.victim, None, chance),
                Goal::Stolen => _ = self.take(at, self.victim, Some(7_000), chance),
                Goal::Relay => {
                    let taken = self.take(at, self.victim, None, chance);
                    self.send(at + chance.real(1200.0, 3000.0), self.victim, taken * chance.real(0.9, 1.05), chance);
                }
                Goal::Exfiltrate => {
                    let size = chance.size([1.5e9, 2e8, 3e7][self.manner.stealth], 0.5);
                    self.send(at, self.victim, size, chance);
                }
                Goal::Spread => self.spread(day, tool, chance),
                Goal::Beacon => self.call_home(day, every, chance),
                Goal::Brute => self.guess(at, chance),
                Goal::Probe => self.probe(at, chance),
                Goal::Push => {
                    let app = App { out: self.habit.app.back * 20.0, back: self.habit.app.out, ..self.habit.app };
                    let visits = chance.between(1, 4);
                    self.visits(at, visits, self.victim, self.habit.servers[0], &app, None, chance);
                }
            }
        }
    }

    /// Loud intruders come at night, careful ones in the evening, quiet ones with everybody.
    fn hour(&self, site: usize, day: i64, chance: &mut Chance) -> f64 {
        let hour = match self.manner.stealth {
            0 => chance.real(22.5, 28.5),
            1 if chance.happens(0.6) => chance.real(18.5, 25.0),
            _ => World::office_hour(chance),
        };
        self.world.moment(site, self.world.first_day + self.manner.begin + day, hour)
    }

    #[allow(clippy::too_many_arguments, reason = "a visit has these")]
    fn visits(
        &mut self,
        at: f64,
        visits: i64,
        from: Ipv4Addr,
        to: Ipv4Addr,
        app: &App,
        user: Option<u32>,
        chance: &mut Chance,
    ) -> f64 {
        let sensor = self.world.site_of(from).or(self.world.site_of(to)).unwrap_or(0);
        let mut back = 0.0;
        for visit in 0..visits {
            let mut event = call(at + visit as f64 * chance.real(120.0, 900.0), from, to, app, sensor, chance);
            event.user = user;
            back += event.back;
            self.events.push(event);
        }
        back
    }

    fn work(&mut self, at: f64, from: Ipv4Addr, to: Ipv4Addr, port: u16, chance: &mut Chance) {
        let app = App { port, udp: false, out: 1e6, back: 8e6, spread: 1.0, seconds: 1500.0, a_desk: 0.0 };
        let visits = chance.between(1, 4);
        self.visits(at, visits, from, to, &app, None, chance);
    }

    /// Reads from a server; how much.
    fn take(&mut self, at: f64, from: Ipv4Addr, user: Option<u32>, chance: &mut Chance) -> f64 {
        let factor = [60.0, 15.0, 4.0][self.manner.stealth];
        let own = self.habit.app;
        let app = App { back: own.back * factor, out: own.out * factor.sqrt(), seconds: own.seconds * 3.0, ..own };
        let visits = chance.between(2, 7);
        self.visits(at, visits, from, self.habit.servers[0], &app, user, chance)
    }

    fn send(&mut self, at: f64, from: Ipv4Addr, size: f64, chance: &mut Chance) {
        let app =
            App { port: 443, udp: false, out: size, back: size / 200.0, spread: 0.1, seconds: 900.0, a_desk: 0.0 };
        self.visits(at, 1, from, self.drop, &app, None, chance);
    }

    /// To the hub first, then from there to another site every day or so.
    fn spread(&mut self, day: i64, tool: u16, chance: &mut Chance) {
        let at = self.hour(self.site, day, chance);
        let hub = self.habit.servers[0];
        if day == 0 {
            return self.work(at, self.victim, hub, tool, chance);
        }
        let count = self.world.sites.len() as i64;
        let next = (self.site as i64 + day).rem_euclid(count) as usize;
        let other = self.world.server(next, chance.between(0, 5));
        if self.world.site_of(hub) != Some(next) && day < 6 {
            self.work(at, hub, other, tool, chance);
        }
    }

    fn call_home(&mut self, day: i64, every: f64, chance: &mut Chance) {
        let jitter = [0.02, 0.15, 0.35][self.manner.stealth];
        let app = App { port: 443, udp: false, out: 900.0, back: 500.0, spread: 0.08, seconds: 1.0, a_desk: 0.0 };
        let begin = self.world.moment(self.site, self.world.first_day + self.manner.begin + day, 0.0);
        let mut at = begin;
        while at < begin + 86_400.0 {
            self.visits(at, 1, self.victim, self.drop, &app, None, chance);
            at += every * (1.0 + jitter * (2.0 * chance.unit() - 1.0));
        }
    }

    fn guess(&mut self, at: f64, chance: &mut Chance) {
        let tries = [60, 20, 7][self.manner.stealth];
        let server = self.habit.servers[0];
        let app = self.habit.app;
        let before = self.events.len();
        self.visits(at, tries, self.victim, server, &app, Some(7_001), chance);
        let outcome = if chance.happens(0.5) { Outcome::Denied } else { Outcome::Failed };
        self.events[before..].iter_mut().for_each(|event| refuse(event, outcome));
        let last = self.events[before..].iter().map(|event| event.at).fold(at, f64::max);
        _ = self.visits(last + 60.0, 3, self.victim, server, &App { back: app.back * 6.0, ..app }, Some(7_001), chance);
    }

    fn probe(&mut self, at: f64, chance: &mut Chance) {
        let asked = [120, 40, 9][self.manner.stealth];
        let hub = self.habit.to;
        for n in 0..asked {
            let to = Ipv4Addr::new(10, 10 + hub as u8, chance.between(1, 3) as u8, chance.between(1, 250) as u8);
            let app = App { port: *chance.pick(&[445, 3389, 22, 1433]), ..self.habit.app };
            let before = self.events.len();
            self.visits(
                at + n as f64 * [0.5, 20.0, 700.0][self.manner.stealth],
                1,
                self.victim,
                to,
                &app,
                None,
                chance,
            );
            if !chance.happens(0.1) {
                self.events[before..].iter_mut().for_each(|event| refuse(event, Outcome::Failed));
            }
        }
    }
}
