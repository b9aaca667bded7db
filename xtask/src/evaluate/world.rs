//! An organisation being made up: its sites with their clocks and holidays, its hosts, and what its sensors do wrong.

use super::chance::Chance;
use kyoten::flow::{Kind, Outcome};
use std::net::Ipv4Addr;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// One connection as some sensor wrote it down.
#[derive(Debug, Clone)]
pub struct Event {
    /// Seconds from the epoch.
    pub at: f64,
    pub seconds: f64,
    pub from: Ipv4Addr,
    pub to: Ipv4Addr,
    pub port: u16,
    pub udp: bool,
    pub out: f64,
    pub back: f64,
    pub outcome: Outcome,
    pub user: Option<u32>,
    /// A logon or a VPN session has no port.
    pub kind: Kind,
    /// The site whose sensor saw it.
    pub sensor: usize,
}

/// A site.
#[derive(Debug, Clone)]
pub struct Site {
    pub name: String,
    pub zone: &'static str,
    pub country: &'static str,
    /// Hours east of UTC in winter, and the hour more from day to day of the year in summer.
    offset: f64,
    summer: Option<(i64, i64)>,
    pub holidays: Vec<i64>,
    pub desks: i64,
    pub role: &'static str,
    /// Desks reach others through one address.
    pub nat: bool,
}

/// IANA name, country, hours east in winter, days of 2021 on which summer time begins and ends.
#[expect(clippy::type_complexity, reason = "a table of facts")]
const ZONES: [(&str, &str, f64, Option<(i64, i64)>); 12] = [
    ("Asia/Tokyo", "JP", 9.0, None),
    ("Asia/Bangkok", "TH", 7.0, None),
    ("Asia/Jakarta", "ID", 7.0, None),
    ("Asia/Manila", "PH", 8.0, None),
    ("America/New_York", "US", -5.0, Some((72, 310))),
    ("America/Chicago", "US", -6.0, Some((72, 310))),
    ("Europe/Berlin", "DE", 1.0, Some((86, 303))),
    ("Europe/London", "GB", 0.0, Some((86, 303))),
    ("Asia/Kolkata", "IN", 5.5, None),
    ("America/Sao_Paulo", "BR", -3.0, None),
    ("Asia/Shanghai", "CN", 8.0, None),
    ("Asia/Singapore", "SG", 8.0, None),
];

/// The organisation and its streams' frame.
#[derive(Debug, Clone)]
pub struct World {
    pub sites: Vec<Site>,
    /// The first day, from the epoch, and how many days the stream lasts.
    pub first_day: i64,
    pub days: i64,
    pub outsiders: Vec<Ipv4Addr>,
}

impl World {
    pub fn new(chance: &mut Chance, days: i64) -> World {
        let count = chance.between(4, 13) as usize;
        // Some day of 2021: the stream may cross a change of clocks.
        let first_day = 18_628 + chance.between(0, 330);
        let sites = (0..count).map(|at| {
            let (zone, country, offset, summer) = *chance.pick(&ZONES);
            let holidays = (0..days).filter(|_| chance.happens(0.025)).map(|day| first_day + day).collect();
            let desks = if at == 0 { chance.between(20, 80) } else { chance.size(14.0, 0.8).clamp(3.0, 90.0) as i64 };
            let role = if at == 0 { "datacentre" } else { *chance.pick(&["office", "plant"]) };
            let nat = at > 0 && chance.happens(0.12);
            Site { name: format!("Site {at:02}"), zone, country, offset, summer, holidays, desks, role, nat }
        });
        let sites = sites.collect();
        let outsiders = (0..150).map(|n| Ipv4Addr::new(198, 18 + (n % 2) as u8, (n / 7) as u8, n as u8)).collect();
        World { sites, first_day, days, outsiders }
    }

    /// `sites.csv`.
    pub fn book(&self) -> String {
        let rows =
            self.sites.iter().zip(10..).map(|(site, net)| {
                format!("{},10.{net}.0.0/16,{},{},{}\n", site.name, site.country, site.zone, site.role)
            });
        "site,cidr,country,timezone,role\n".to_owned() + &rows.collect::<String>()
    }

    /// The site of an address; the outside has none.
    pub fn site_of(&self, host: Ipv4Addr) -> Option<usize> {
        let [a, b, ..] = host.octets();
        let at = usize::from(b).checked_sub(10)?;
        (a == 10 && at < self.sites.len()).then_some(at)
    }

    pub fn name_of(&self, host: Ipv4Addr) -> &str {
        self.site_of(host).map_or("external", |at| &self.sites[at].name)
    }

    /// A server of a site.
    pub fn server(&self, site: usize, number: i64) -> Ipv4Addr {
        Ipv4Addr::new(10, 10 + site as u8, 1, 10 + number as u8)
    }

    /// A desk of a site. Leases change now and then.
    pub fn desk(&self, site: usize, number: i64, day: i64) -> Ipv4Addr {
        if self.sites[site].nat {
            return Ipv4Addr::new(10, 10 + site as u8, 0, 1 + (number % 2) as u8);
        }
        let lease = if number % 5 == 0 { (day + number) / 9 % 6 } else { 0 };
        Ipv4Addr::new(
            10,
            10 + site as u8,
            20 + (number / 200) as u8,
            (number % 200) as u8 + 6 * u8::from(lease > 0) + lease as u8,
        )
    }

    /// Seconds from the epoch of so many hours into that day, by the site's clock.
    pub fn moment(&self, site: usize, day: i64, hour: f64) -> f64 {
        let site = &self.sites[site];
        let of_year = (day - 18_628).rem_euclid(365);
        let summer = site.summer.is_some_and(|(from, to)| (from..to).contains(&of_year));
        day as f64 * DAY as f64 + (hour - site.offset - f64::from(u8::from(summer))) * 3600.0
    }

    /// How busy people are on a day, against an ordinary working day.
    pub fn busy(&self, site: usize, day: i64) -> f64 {
        let weekend = (day + 3).rem_euclid(7) >= 5;
        let own = &self.sites[site];
        if own.holidays.contains(&day) {
            0.03
        } else if weekend {
            if own.role == "plant" { 0.25 } else { 0.04 }
        } else {
            1.0
        }
    }

    /// When somebody at work does something.
    pub fn office_hour(chance: &mut Chance) -> f64 {
        match chance.unit() {
            late if late < 0.04 => chance.real(18.5, 22.5),
            early if early < 0.06 => chance.real(6.0, 8.0),
            noon if noon < 0.12 => chance.real(12.0, 13.0),
            morning if morning < 0.55 => 8.0 + chance.unit() * 4.2,
            _ => 13.0 + chance.unit() * 5.2,
        }
    }
}

/// What the sensors make of what happened: gaps, twins of a connection, clocks that are off.
pub fn observed(world: &World, mut events: Vec<Event>, chance: &mut Chance) -> Vec<Event> {
    let count = world.sites.len();
    let both_ends = chance.happens(0.35);
    let skew: Vec<f64> = (0..count).map(|_| if chance.happens(0.3) { chance.real(-40.0, 40.0) } else { 0.0 }).collect();
    let gaps: Vec<Vec<(f64, f64)>> = (0..count)
        .map(|_| {
            let gaps = chance.poisson(world.days as f64 / 50.0);
            (0..gaps)
                .map(|_| {
                    let from = (world.first_day * DAY) as f64 + chance.real(0.0, world.days as f64) * DAY as f64;
                    (from, from + chance.size(7.0, 0.9) * 3600.0)
                })
                .collect()
        })
        .collect();
    let mut twins = Vec::new();
    for event in &events {
        let other = if world.site_of(event.from) == Some(event.sensor) {
            world.site_of(event.to)
        } else {
            world.site_of(event.from)
        };
        if let Some(other) = other.filter(|other| both_ends && *other != event.sensor) {
            twins.push(Event { sensor: other, ..event.clone() });
        }
    }
    events.extend(twins);
    events.retain(|event| !gaps[event.sensor].iter().any(|(from, to)| (*from..*to).contains(&event.at)));
    let (begin, end) = ((world.first_day * DAY) as f64, ((world.first_day + world.days) * DAY) as f64);
    events.retain(|event| (begin..end).contains(&event.at));
    let repeated: Vec<Event> = events.iter().filter(|_| chance.happens(0.001)).cloned().collect();
    events.extend(repeated);
    events.iter_mut().for_each(|event| event.at += skew[event.sensor]);
    events.sort_by(|a, b| {
        a.at.total_cmp(&b.at).then((a.from, a.to, a.port, a.sensor).cmp(&(b.from, b.to, b.port, b.sensor)))
    });
    events
}
