//! What should not have occurred, after the public dates of a real case (Kawasaki Heavy Industries, 2020); the company, the
//! hosts and every number here are invented.
//!
//! From Bangkok somebody logs on to a file server in Tokyo at night (8 to 11 June), takes files, and sends as much to two servers
//! on the Internet within the hour; the same account comes from Jakarta and Manila until 24 June, and once from New York on 8 July.
//! Each link is cut on the day of its discovery. From 3 August all traffic from overseas to Japan is restricted to the ERP proxy; on
//! 30 November the offices are reconnected.

use super::business::{call, carrying, port, refused};
use super::company::{Address, BANGKOK, FILE_SERVER, JAKARTA, MANILA, NEW_YORK, Place, TOKYO, jst};
use super::dice::Dice;
use crate::flow::{Flow, Moment};

/// The account that was used everywhere.
pub const ACCOUNT: &str = "svc-deploy";
/// The two servers on the Internet that the data went to, and the port that each listens on.
const DROP_A: (Address, u16) = ([198, 51, 100, 23], 443);
const DROP_B: (Address, u16) = ([203, 0, 113, 77], 8080);

/// When an office was cut off from the data centre.
pub struct Restriction {
    since: Moment,
    until: Moment,
}

impl Restriction {
    /// Of an office.
    pub fn of(place: &Place) -> Restriction {
        let since = match place.net {
            net if net == BANGKOK.net => jst(6, 11, 16, 40),
            net if net == JAKARTA.net || net == MANILA.net => jst(6, 24, 11, 5),
            net if net == NEW_YORK.net => jst(7, 8, 18, 20),
            _ => return Restriction::of_all(),
        };
        Restriction { since, ..Restriction::of_all() }
    }

    /// Of all traffic from overseas.
    pub fn of_all() -> Restriction {
        Restriction { since: jst(8, 3, 0, 0), until: jst(11, 30, 9, 0) }
    }

    /// Whether it lets a flow of an office through.
    pub fn admits(&self, flow: &Flow<'_>) -> bool {
        let to_tokyo = flow.responder.address.is_some_and(in_tokyo);
        let within = flow.start.is_some_and(|start| self.since <= start && start < self.until);
        !(to_tokyo && within)
    }

    /// How many in a thousand of the refused calls are still made: most in the first week.
    pub fn patience(&self, flow: &Flow<'_>) -> u64 {
        let week = 7 * 86_400_000_000;
        if flow.start.is_some_and(|start| start.0 - self.since.0 < week) { 500 } else { 90 }
    }
}

fn in_tokyo(address: std::net::IpAddr) -> bool {
    matches!(address, std::net::IpAddr::V4(v4) if v4.octets()[..2] == TOKYO.net)
}

/// What the intruder did from a host.
enum Deed {
    /// Logged on to the file server by remote desktop.
    Desk,
    /// Took files from it.
    Files,
    /// Sent data to a server on the Internet.
    Send((Address, u16)),
}

/// Month, day, hour and minute in Japan; minutes that it lasted; the deed; kilobytes out and back.
type Step = ((u8, u8, u64, u64), u64, Deed, u64, u64);

const FROM_BANGKOK: &[Step] = &[
    ((6, 8, 2, 13), 74, Deed::Desk, 4_120, 61_300),
    ((6, 8, 2, 31), 48, Deed::Files, 2_210, 412_800),
    ((6, 8, 3, 24), 37, Deed::Send(DROP_A), 418_900, 1_870),
    ((6, 9, 2, 26), 51, Deed::Desk, 2_730, 38_800),
    ((6, 9, 2, 40), 41, Deed::Files, 3_040, 655_200),
    ((6, 9, 3, 32), 52, Deed::Send(DROP_A), 668_400, 2_610),
    ((6, 10, 2, 13), 93, Deed::Desk, 5_240, 70_100),
    ((6, 10, 2, 22), 38, Deed::Files, 5_400, 1_214_000),
    ((6, 10, 3, 5), 33, Deed::Files, 3_900, 843_000),
    ((6, 10, 3, 12), 61, Deed::Send(DROP_A), 1_231_000, 4_400),
    ((6, 10, 3, 47), 50, Deed::Send(DROP_B), 855_700, 3_010),
    ((6, 11, 2, 13), 38, Deed::Desk, 1_980, 29_400),
    ((6, 11, 2, 25), 22, Deed::Files, 1_800, 388_100),
    ((6, 11, 2, 58), 29, Deed::Send(DROP_A), 395_200, 1_400),
    // What had been left behind.
    ((7, 2, 3, 6), 14, Deed::Send(DROP_B), 131_600, 620),
];
const FROM_JAKARTA: &[Step] = &[
    ((6, 18, 1, 52), 44, Deed::Desk, 2_410, 33_900),
    ((6, 18, 2, 4), 25, Deed::Files, 1_320, 268_700),
    ((6, 18, 2, 41), 31, Deed::Send(DROP_B), 274_300, 1_190),
    ((6, 20, 2, 20), 36, Deed::Desk, 1_870, 24_100),
    ((6, 20, 2, 29), 19, Deed::Files, 1_150, 214_000),
    ((6, 20, 3, 2), 26, Deed::Send(DROP_B), 219_900, 1_020),
    ((6, 23, 1, 47), 29, Deed::Desk, 1_610, 20_700),
    ((6, 23, 1, 58), 12, Deed::Files, 640, 96_500),
    ((6, 23, 2, 33), 15, Deed::Send(DROP_B), 98_800, 510),
];
const FROM_MANILA: &[Step] = &[
    ((6, 22, 2, 5), 31, Deed::Desk, 1_690, 22_200),
    ((6, 23, 2, 51), 24, Deed::Desk, 1_240, 16_900),
    ((6, 23, 3, 2), 9, Deed::Files, 310, 35_400),
    ((6, 24, 2, 17), 18, Deed::Desk, 980, 12_600),
];
/// By day in New York, and only once: suspected, never proven.
const FROM_NEW_YORK: &[Step] = &[
    ((7, 8, 3, 20), 12, Deed::Desk, 1_090, 9_640),
    ((7, 8, 3, 41), 8, Deed::Send(DROP_A), 21_700, 330),
    ((7, 10, 3, 15), 6, Deed::Send(DROP_A), 12_900, 240),
];

/// What the intruder did from an office: the rows of its own sensor.
pub fn from(place: &Place, dice: &mut Dice) -> Vec<Flow<'static>> {
    let (host, steps, nights) = match place.net {
        net if net == BANGKOK.net => (place.host(8, 41), FROM_BANGKOK, 10),
        net if net == JAKARTA.net => (place.host(4, 17), FROM_JAKARTA, 6),
        net if net == MANILA.net => (place.host(9, 23), FROM_MANILA, 6),
        net if net == NEW_YORK.net => (place.host(6, 30), FROM_NEW_YORK, 0),
        _ => return Vec::new(),
    };
    let mut flows: Vec<Flow<'static>> = steps.iter().map(|step| done(host, step, dice)).collect();
    flows.extend(after_the_cut(host, &Restriction::of(place), nights, dice));
    if place.net == BANGKOK.net {
        flows.extend(calls_home(host, dice));
    }
    flows
}

/// The same sessions as the data centre's sensor saw them: the one place where a connection stands in two logs.
pub fn at_the_data_centre() -> Vec<Flow<'static>> {
    // Its clock runs 1.7 s ahead of the offices'.
    const SKEW: i64 = 1_700_000;
    let offices = [(&BANGKOK, 1), (&JAKARTA, 2), (&MANILA, 3), (&NEW_YORK, 4)];
    let all = offices.into_iter().flat_map(|(place, seed)| from(place, &mut story_dice(seed)));
    // What an office's firewall refused never came here; the account is not seen on the wire.
    let came = all.filter(|flow| flow.outcome == crate::flow::Outcome::Established);
    let here = came.filter(|flow| flow.responder.address.is_some_and(in_tokyo));
    here.map(|flow| Flow { start: flow.start.map(|start| Moment(start.0 + SKEW)), user: None, ..flow }).collect()
}

/// The numbers of one office's story: the same for both sensors that saw it.
pub fn story_dice(seed: u64) -> Dice {
    Dice::new(0x5707_0000 + seed)
}

fn done(host: Address, step: &Step, dice: &mut Dice) -> Flow<'static> {
    let ((month, day, hour, minute), minutes, deed, out, back) = step;
    let start = Moment(jst(*month, *day, *hour, *minute).0 + dice.between(0, 50_000_000) as i64);
    let from = (host, port(dice));
    let flow = match deed {
        Deed::Desk => call(start, from, (FILE_SERVER, 3389), "rdp"),
        Deed::Files => call(start, from, (FILE_SERVER, 445), "smb"),
        Deed::Send(to) => call(start, from, *to, "ssl"),
    };
    let rough = |kilobytes: u64, dice: &mut Dice| kilobytes * 1000 + dice.between(0, 999);
    let flow = carrying(flow, minutes * 60 - dice.between(0, 59), rough(*out, dice), rough(*back, dice));
    let to_server = matches!(deed, Deed::Desk | Deed::Files);
    Flow { user: to_server.then_some(ACCOUNT.into()), ..flow }
}

/// For some nights the way is tried again, and refused.
fn after_the_cut(host: Address, cut: &Restriction, nights: i64, dice: &mut Dice) -> Vec<Flow<'static>> {
    let mut flows = Vec::new();
    for night in 1..=nights {
        for attempt in 0..dice.between(0, 4) {
            let midnight = cut.since.0.div_euclid(86_400_000_000) + night;
            // Two to four in the morning in Japan.
            let start = Moment(TOKYO.moment(midnight, 2 * 3600 + attempt * 1500 + dice.between(0, 1200)).0);
            let (asked, service) = if dice.happens(600) { (3389, "rdp") } else { (445, "smb") };
            flows.push(refused(call(start, (host, port(dice)), (FILE_SERVER, asked), service)));
        }
    }
    flows
}

/// What was left running in Bangkok calls home about once an hour until the host is taken off the network on 16 July.
fn calls_home(host: Address, dice: &mut Dice) -> Vec<Flow<'static>> {
    let mut flows = Vec::new();
    let mut at = jst(6, 3, 11, 17);
    while at < jst(7, 16, 10, 30) {
        let flow = call(at, (host, port(dice)), DROP_A, "ssl");
        flows.push(carrying(flow, dice.between(1, 3), dice.between(1_050, 1_140), dice.between(640, 720)));
        at = Moment(at.0 + 3_600_000_000 - 90_000_000 + dice.between(0, 180_000_000) as i64);
    }
    flows
}
