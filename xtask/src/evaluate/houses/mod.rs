//! A third kind of organisation being made up, for a stranger's eye: hospitals, a bank with branches, mines with their ports, or a software
//! house whose people work from home. Branches are small and some stand behind one address; what is logged differs from site to site: sessions,
//! one-way NetFlow, refusals only; a directory's logons and a gateway's VPN sessions name accounts. Logs last from two hours to sixty days.
//! It shares no constant with the other two, nor with a detector.

mod intrusion;
mod machines;
mod people;
mod sensors;

use super::chance::Chance;
use super::stream::Stream;
use super::world::{DAY, Event};
use kyoten::flow::{Kind, Outcome};
use std::net::Ipv4Addr;

pub use intrusion::Act;

/// What the house lives by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trade {
    Hospitals,
    Bank,
    Mines,
    Software,
}

const TRADES: [Trade; 4] = [Trade::Hospitals, Trade::Bank, Trade::Mines, Trade::Software];

/// A site of the house. Number 0 is its seat, where most servers stand.
#[derive(Debug, Clone)]
pub struct Branch {
    pub name: String,
    country: &'static str,
    zone: &'static str,
    east: f64,
    /// The second byte of its addresses.
    net: u8,
    pub desks: i64,
    /// Its desks are seen as one address.
    nat: bool,
    /// The day of the log on which it opens; 0 for most.
    pub opens: i64,
    /// The day on which its servers get other addresses.
    renumbers: Option<i64>,
}

/// Country, zone, hours east; none of them changes its clocks.
const LANDS: [(&str, &str, f64); 9] = [
    ("ZA", "Africa/Johannesburg", 2.0),
    ("PE", "America/Lima", -5.0),
    ("ID", "Asia/Makassar", 8.0),
    ("AE", "Asia/Dubai", 4.0),
    ("CO", "America/Bogota", -5.0),
    ("IN", "Asia/Kolkata", 5.5),
    ("GH", "Africa/Accra", 0.0),
    ("KZ", "Asia/Almaty", 5.0),
    ("KR", "Asia/Seoul", 9.0),
];

pub struct House {
    pub trade: Trade,
    /// The seat, the branches, then a rented datacentre, then who works from home.
    pub sites: Vec<Branch>,
    pub first_day: i64,
    pub days: i64,
    /// Seconds from the epoch: what is within was logged.
    pub begin: f64,
    pub end: f64,
    /// From this day on files lie in the datacentre.
    files_move: Option<i64>,
}

impl House {
    fn new(chance: &mut Chance, hours: f64) -> House {
        let trade = *chance.pick(&TRADES);
        let first_day = 19_723 + chance.between(0, 300);
        let days = (hours / 24.0).ceil().max(1.0) as i64;
        // A short log begins when people work.
        let begin = (first_day * DAY) as f64 + if hours < 24.0 { chance.real(5.0, 13.0) * 3600.0 } else { 0.0 };
        let (branches, desks, nat, word) = match trade {
            Trade::Hospitals => ((3, 8), (6, 40), 0.0, "Clinic"),
            Trade::Bank => ((8, 26), (2, 7), 0.5, "Branch"),
            Trade::Mines => ((3, 9), (3, 18), 0.2, "Pit"),
            Trade::Software => ((2, 5), (5, 30), 0.1, "Office"),
        };
        let mut sites = Vec::new();
        let mut site = |name: String, desks, nat, opens, chance: &mut Chance| {
            let (country, zone, east) = *chance.pick(&LANDS);
            let net = 96 + 3 * sites.len() as u8;
            let renumbers = (chance.happens(0.06) && days > 6).then(|| chance.between(3, days));
            sites.push(Branch { name, country, zone, east, net, desks, nat, opens, renumbers });
        };
        site("Seat".to_owned(), chance.between(15, 60), false, 0, chance);
        for n in 1..=chance.between(branches.0, branches.1) {
            let opens = if chance.happens(0.08) && days > 3 { chance.between(1, days) } else { 0 };
            site(format!("{word} {n}"), chance.between(desks.0, desks.1), chance.happens(nat), opens, chance);
        }
        site("Hosting".to_owned(), 0, false, 0, chance);
        site("Homes".to_owned(), 0, false, 0, chance);
        let files_move = (chance.happens(0.15) && days > 6).then(|| chance.between(3, days));
        House { trade, sites, first_day, days, begin, end: begin + hours * 3600.0, files_move }
    }

    /// `sites.csv`; some leave the clocks out.
    fn book(&self, tells_clocks: bool) -> String {
        let rows = self.sites.iter().map(|site| {
            let (country, zone) = if tells_clocks { (site.country, site.zone) } else { ("", "") };
            format!("{},10.{}.0.0/16,{country},{zone}\n", site.name, site.net)
        });
        "site,cidr,country,timezone\n".to_owned() + &rows.collect::<String>()
    }

    pub fn hosting(&self) -> usize {
        self.sites.len() - 2
    }

    pub fn homes(&self) -> usize {
        self.sites.len() - 1
    }

    /// The branches that are open on a day.
    pub fn branches(&self, day: i64) -> Vec<usize> {
        (1..self.hosting()).filter(|site| self.is_open(*site, day)).collect()
    }

    pub fn is_open(&self, site: usize, day: i64) -> bool {
        day - self.first_day >= self.sites[site].opens
    }

    pub fn site_of(&self, host: Ipv4Addr) -> Option<usize> {
        let [a, b, ..] = host.octets();
        self.sites.iter().position(|site| a == 10 && b == site.net)
    }

    fn address(&self, site: usize, third: u8, number: i64) -> Ipv4Addr {
        Ipv4Addr::new(10, self.sites[site].net, third, (number % 250) as u8 + 2)
    }

    pub fn server(&self, site: usize, number: i64, day: i64) -> Ipv4Addr {
        let renumbered = self.sites[site].renumbers.is_some_and(|at| day - self.first_day >= at);
        self.address(site, if renumbered { 18 } else { 8 }, 3 * number)
    }

    pub fn desk(&self, site: usize, number: i64) -> Ipv4Addr {
        self.address(site, 40, if self.sites[site].nat { 0 } else { 5 * number })
    }

    /// What somebody at home gets from the gateway's pool that day.
    pub fn leased(&self, person: i64, day: i64) -> Ipv4Addr {
        self.address(self.homes(), 1, person * 17 + day * 7)
    }

    /// Where files lie on a day.
    pub fn files(&self, day: i64) -> Ipv4Addr {
        let moved = self.files_move.is_some_and(|at| day - self.first_day >= at);
        self.server(if moved { self.hosting() } else { 0 }, 4, day)
    }

    /// Seconds from the epoch at a local hour of a day.
    pub fn moment(&self, site: usize, day: i64, hour: f64) -> f64 {
        (day * DAY) as f64 + (hour - self.sites[site].east) * 3600.0
    }

    /// An hour at which somebody of this trade is at work on a day; mostly none when they rest.
    pub fn hour(&self, day: i64, chance: &mut Chance) -> Option<f64> {
        let weekend = (day + 3).rem_euclid(7) >= 5;
        match self.trade {
            Trade::Hospitals => {
                let by_day = chance.happens(if weekend { 0.45 } else { 0.7 });
                let hour = if by_day { 11.5 + 2.4 * chance.normal() } else { chance.real(0.0, 24.0) };
                chance.happens(if weekend { 0.5 } else { 1.0 }).then_some(hour.clamp(0.0, 24.0))
            }
            Trade::Bank => (!weekend).then(|| chance.real(8.7, 17.2)),
            Trade::Mines => {
                let peak = *chance.pick(&[6.3, 18.3]);
                Some(if chance.happens(0.4) { peak + chance.normal().abs() } else { chance.real(0.0, 24.0) })
            }
            Trade::Software => {
                let hour = if chance.happens(0.85) { chance.real(9.5, 19.0) } else { chance.real(19.0, 25.5) };
                chance.happens(if weekend { 0.12 } else { 1.0 }).then_some(hour)
            }
        }
    }

    fn name_of(&self, host: Ipv4Addr) -> String {
        self.site_of(host).map_or_else(|| "external".to_owned(), |at| self.sites[at].name.clone())
    }
}

/// What connections of one kind look like: port, over UDP, bytes each way, spread of their logarithms, seconds.
#[derive(Debug, Clone, Copy)]
pub struct Sort(pub u16, pub bool, pub f64, pub f64, pub f64, pub f64);

/// A connection of this sort.
pub fn call(at: f64, from: Ipv4Addr, to: Ipv4Addr, sort: Sort, chance: &mut Chance) -> Event {
    let Sort(port, udp, out, back, spread, seconds) = sort;
    Event {
        at,
        seconds: chance.size(seconds, 1.0),
        from,
        to,
        port,
        udp,
        out: chance.size(out, spread),
        back: chance.size(back, spread),
        outcome: Outcome::Established,
        user: None,
        kind: Kind::Connection,
        sensor: 0,
    }
}

/// An account's logon or VPN session.
pub fn admitted(at: f64, from: Ipv4Addr, to: Ipv4Addr, kind: Kind, user: u32) -> Event {
    let (port, udp, out, back, seconds, outcome) = (0, false, 0.0, 0.0, 0.0, Outcome::Established);
    Event { at, seconds, from, to, port, udp, out, back, outcome, user: Some(user), kind, sensor: 0 }
}

pub fn refused(event: Event, outcome: Outcome) -> Event {
    Event { seconds: 0.0, out: 52.0, back: 0.0, outcome, ..event }
}

/// Makes a stream of so many hours, and says what the house lives by; without an act nobody intrudes.
pub fn make(seed: u64, hours: f64, act: Option<Act>) -> (Stream, Trade) {
    let mut chance = Chance::new(seed ^ 0x0b0a_2d51);
    let house = House::new(&mut chance, hours);
    let (mut events, people) = people::live(&house, &mut chance.fork());
    machines::run(&house, &mut chance.fork(), &mut events);
    let deeds = act.map_or_else(Vec::new, |act| intrusion::intrude(&house, &people, act, &mut chance.fork()));
    events.extend(deeds.iter().cloned());
    let (events, sensors, tells) = sensors::observed(&house, events, &mut chance.fork());
    let tells_clocks = chance.happens(0.7);
    let name = |host| house.name_of(host);
    let frame = (house.first_day, house.days);
    (Stream::of(house.book(tells_clocks), (sensors, tells), frame, (events, deeds), &name), house.trade)
}
