//! A second organisation being made up, unlike the first in all that can be told apart: a carrier with headquarters, regional hubs and
//! depots that hang off them, three shifts and other weekends, leases that change daily, machines that call from the middle outward by
//! night. It shares no constant with the first, nor with a detector, and no detector was tuned to its seeds for reporting.

mod intrusion;
mod routine;
mod sensors;

use super::chance::Chance;
use super::stream::{Stream, Told};
use super::world::{DAY, Event};
use std::net::Ipv4Addr;

pub use intrusion::Deed;

/// A site of the carrier.
#[derive(Debug, Clone)]
pub struct Place {
    pub name: String,
    country: &'static str,
    zone: &'static str,
    /// Hours east of UTC; and how many more between the two days of the year.
    east: f64,
    summer: Option<(i64, i64)>,
    /// Days of the week without office work, Monday being 0.
    weekend: [i64; 2],
    /// Where it hangs: a hub for a depot, headquarters for a hub.
    pub parent: usize,
    pub kind: Kind,
    /// Its first three bytes, and how long its prefix is.
    net: ([u8; 3], u8),
    desks: i64,
    /// Day of the stream on which it opens; 0 for most.
    opens: i64,
    /// Its desks get another address every day.
    churns: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Headquarters,
    Hub,
    Depot,
    /// People who roam, behind the headquarters' VPN.
    Roaming,
}

/// Country, zone, hours east, summer time (days of 2023), weekend.
#[expect(clippy::type_complexity, reason = "a table of facts")]
const LANDS: [(&str, &str, f64, Option<(i64, i64)>, [i64; 2]); 9] = [
    ("NL", "Europe/Amsterdam", 1.0, Some((84, 301)), [5, 6]),
    ("PL", "Europe/Warsaw", 1.0, Some((84, 301)), [5, 6]),
    ("SA", "Asia/Riyadh", 3.0, None, [4, 5]),
    ("AU", "Australia/Sydney", 10.0, None, [5, 6]),
    ("NP", "Asia/Kathmandu", 5.75, None, [5, 5]),
    ("MX", "America/Mexico_City", -6.0, None, [5, 6]),
    ("CA", "America/Toronto", -5.0, Some((70, 308)), [5, 6]),
    ("KE", "Africa/Nairobi", 3.0, None, [5, 6]),
    ("VN", "Asia/Ho_Chi_Minh", 7.0, None, [6, 6]),
];

pub struct Carrier {
    pub places: Vec<Place>,
    pub first_day: i64,
    pub days: i64,
}

impl Carrier {
    fn new(chance: &mut Chance, days: i64) -> Carrier {
        let first_day = 19_358 + chance.between(0, 364);
        let hubs = chance.between(1, 3) as usize;
        let depots = chance.between(2, 16) as usize;
        let mut places = Vec::new();
        let mut place = |name: String, kind, parent, net, chance: &mut Chance| {
            let (country, zone, east, summer, weekend) = *chance.pick(&LANDS);
            let desks = match kind {
                Kind::Headquarters => chance.between(40, 110),
                Kind::Hub => chance.between(12, 40),
                Kind::Roaming => chance.between(10, 30),
                Kind::Depot => chance.between(2, 14),
            };
            let opens = if kind == Kind::Depot && chance.happens(0.06) { chance.between(0, days) } else { 0 };
            let churns = kind == Kind::Depot && chance.happens(0.5) || kind == Kind::Roaming;
            places.push(Place { name, country, zone, east, summer, weekend, parent, kind, net, desks, opens, churns });
        };
        place("Headquarters".to_owned(), Kind::Headquarters, 0, ([172, 16, 0], 16), chance);
        for hub in 0..hubs {
            place(
                format!("Hub {}", ["North", "East", "South"][hub]),
                Kind::Hub,
                0,
                ([10, 40 + 20 * hub as u8, 0], 16),
                chance,
            );
        }
        for depot in 0..depots {
            let parent = 1 + chance.between(0, hubs as i64 - 1) as usize;
            place(format!("Depot {}", depot + 101), Kind::Depot, parent, ([192, 168, 3 + 9 * depot as u8], 24), chance);
        }
        if chance.happens(0.6) {
            place("Roaming".to_owned(), Kind::Roaming, 0, ([172, 31, 200], 24), chance);
        }
        Carrier { places, first_day, days }
    }

    /// `sites.csv`; the clocks are left out for some, as they are in life.
    fn book(&self, tells_clocks: bool) -> String {
        let rows = self.places.iter().map(|place| {
            let ([a, b, c], length) = place.net;
            let zone = if tells_clocks { place.zone } else { "" };
            format!("{},{a}.{b}.{c}.0/{length},{},{zone}\n", place.name, if tells_clocks { place.country } else { "" })
        });
        "site,cidr,country,timezone\n".to_owned() + &rows.collect::<String>()
    }

    pub fn place_of(&self, host: Ipv4Addr) -> Option<usize> {
        let [a, b, c, _] = host.octets();
        self.places.iter().position(|place| {
            let ([x, y, z], length) = place.net;
            a == x && b == y && (length == 16 || c == z)
        })
    }

    pub fn host(&self, place: usize, number: i64) -> Ipv4Addr {
        let ([a, b, c], length) = self.places[place].net;
        Ipv4Addr::new(a, b, if length == 16 { c + 1 } else { c }, number as u8)
    }

    /// Servers have low numbers.
    pub fn server(&self, place: usize, number: i64) -> Ipv4Addr {
        self.host(place, 4 + number)
    }

    pub fn desk(&self, place: usize, desk: i64, day: i64) -> Ipv4Addr {
        let turn = if self.places[place].churns { day * 31 } else { 0 };
        self.host(place, 60 + (desk * 11 + turn).rem_euclid(180))
    }

    pub fn printer(&self, place: usize, number: i64) -> Ipv4Addr {
        self.host(place, 30 + number)
    }

    pub fn desks(&self, place: usize) -> i64 {
        self.places[place].desks
    }

    pub fn is_open(&self, place: usize, day: i64) -> bool {
        day - self.first_day >= self.places[place].opens
    }

    /// Seconds from the epoch at a local hour of a day.
    pub fn moment(&self, place: usize, day: i64, hour: f64) -> f64 {
        let place = &self.places[place];
        let of_year = (day - 19_358).rem_euclid(365);
        let summer = place.summer.is_some_and(|(from, to)| (from..to).contains(&of_year));
        (day * DAY) as f64 + (hour - place.east - if summer { 1.0 } else { 0.0 }) * 3600.0
    }

    pub fn works(&self, place: usize, day: i64) -> bool {
        !self.places[place].weekend.contains(&(day + 3).rem_euclid(7))
    }

    /// A local hour at which somebody there does something on that day; none on a day of rest, mostly.
    pub fn hour(&self, place: usize, day: i64, chance: &mut Chance) -> Option<f64> {
        match self.places[place].kind {
            // Three shifts; the night's is thinner.
            Kind::Depot => {
                let busy = if self.works(place, day) { 1.0 } else { 0.45 };
                let hour = if chance.happens(0.2) { chance.real(22.0, 30.0) } else { chance.real(6.0, 22.0) };
                chance.happens(busy).then_some(hour)
            }
            Kind::Roaming => {
                let busy = if self.works(place, day) { 1.0 } else { 0.2 };
                chance.happens(busy).then(|| chance.real(6.5, 23.5))
            }
            Kind::Headquarters | Kind::Hub => {
                let busy = if self.works(place, day) { 1.0 } else { 0.02 };
                let hour = 13.0 + 2.6 * chance.normal();
                chance.happens(busy).then_some(hour.clamp(5.0, 23.0))
            }
        }
    }

    fn name_of(&self, host: Ipv4Addr) -> String {
        self.place_of(host).map_or_else(|| "external".to_owned(), |at| self.places[at].name.clone())
    }
}

/// Makes a stream of so many days; without a deed nobody intrudes.
pub fn make(seed: u64, days: i64, deed: Option<Deed>) -> Stream {
    let mut chance = Chance::new(seed ^ 0x00ca_221e);
    let carrier = Carrier::new(&mut chance, days);
    let life = routine::live(&carrier, &mut chance.fork());
    let deeds: Vec<Event> = deed.map_or_else(Vec::new, |deed| intrusion::intrude(&carrier, deed, &mut chance.fork()));
    let marked: Vec<Event> = life.into_iter().chain(deeds.iter().cloned()).collect();
    let (events, told) = sensors::observed(&carrier, marked, &mut chance.fork());
    let names = |host| carrier.name_of(host);
    let tells_clocks = chance.happens(0.7);
    Stream::of(
        carrier.book(tells_clocks),
        (carrier.places.iter().map(|place| format!("{}.log", place.name)).collect(), vec![told; carrier.places.len()]),
        (carrier.first_day, days),
        (events, deeds),
        &names,
    )
}

/// What a way of logging leaves of a connection.
pub const WAYS: [Told; 3] = [Told::All, Told::NoOutcome, Told::NoBytesBack];
