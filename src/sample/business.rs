//! What the company does every day: office hours by each site's own clock, holidays, backups, monitoring, a scanner.

use super::company::{
    Address, BANGKOK, CLOUD, DOMAIN, ERP_DATABASE, ERP_PROXY, FILE_SERVER, INTRANET, KOBE, MONITOR, Place, ROTTERDAM,
    TOKYO, days, is_covered,
};
use super::dice::Dice;
use super::story::Restriction;
use crate::calendar::days_from_civil;
use crate::flow::{Endpoint, Flow, Moment, Outcome, Protocol};

/// A connection that was answered; port and sizes are the caller's.
pub fn call(start: Moment, from: (Address, u16), to: (Address, u16), service: &'static str) -> Flow<'static> {
    let end = |(address, port): (Address, u16)| Endpoint {
        address: Some(address.into()),
        port: Some(port),
        ..Endpoint::default()
    };
    let udp = matches!(service, "dns" | "snmp" | "ntp");
    Flow {
        start: Some(start),
        initiator: end(from),
        responder: end(to),
        protocol: Some(if udp { Protocol::UDP } else { Protocol::TCP }),
        service: Some(service.into()),
        outcome: Outcome::Established,
        ..Flow::default()
    }
}

/// Gives a flow its length and its bytes each way.
pub fn carrying(flow: Flow<'static>, seconds: u64, bytes_out: u64, bytes_in: u64) -> Flow<'static> {
    let packets = |bytes: u64| Some(bytes / 1340 + 1 + u64::from(flow.protocol == Some(Protocol::TCP)) * 3);
    Flow {
        duration: Some(seconds * 1_000_000),
        bytes_out: Some(bytes_out),
        bytes_in: Some(bytes_in),
        packets_out: packets(bytes_out),
        packets_in: packets(bytes_in),
        ..flow
    }
}

/// The same call, not let through: nothing comes back.
pub fn refused(flow: Flow<'static>) -> Flow<'static> {
    let flow = Flow { outcome: Outcome::Denied, ..flow };
    Flow { packets_out: Some(1), packets_in: Some(0), ..carrying(flow, 0, 0, 0) }
}

/// A port of the ephemeral range.
pub fn port(dice: &mut Dice) -> u16 {
    dice.between(49_152, 65_535) as u16
}

/// Something that people at a site do.
struct Errand {
    /// How often, against the others.
    weight: u64,
    to: To,
    port: u16,
    service: &'static str,
    seconds: (u64, u64),
    out: (u64, u64),
    back: (u64, u64),
}

enum To {
    Host(Address),
    Internet,
}

const fn errand(
    weight: u64,
    to: To,
    port: u16,
    service: &'static str,
    seconds: (u64, u64),
    out: (u64, u64),
    back: (u64, u64),
) -> Errand {
    Errand { weight, to, port, service, seconds, out, back }
}

/// What an office asks of the data centre and of the Internet. (What it asks of the ERP proxy is logged there.)
const OFFICE: &[Errand] = &[
    errand(30, To::Internet, 443, "ssl", (1, 300), (2_000, 60_000), (8_000, 2_500_000)),
    errand(6, To::Internet, 80, "http", (1, 20), (600, 4_000), (2_000, 300_000)),
    errand(20, To::Host(INTRANET), 443, "ssl", (1, 120), (3_000, 80_000), (10_000, 1_500_000)),
    errand(16, To::Host(INTRANET), 993, "ssl", (5, 900), (4_000, 900_000), (9_000, 3_000_000)),
    errand(12, To::Host(DOMAIN), 53, "dns", (0, 1), (60, 90), (110, 420)),
    errand(8, To::Host(DOMAIN), 88, "krb_tcp", (0, 2), (1_400, 3_200), (1_500, 3_400)),
    errand(6, To::Host(DOMAIN), 389, "ldap", (1, 30), (900, 9_000), (2_000, 70_000)),
];

/// Jakarta and Manila also use the region's sales portal in Bangkok.
const BRANCH: &[Errand] =
    &[errand(8, To::Host([10, 66, 2, 20]), 443, "ssl", (2, 200), (4_000, 90_000), (20_000, 900_000))];

/// What Kobe's engineers ask of the data centre.
const ENGINEERS: &[Errand] = &[
    errand(24, To::Host(FILE_SERVER), 445, "smb", (20, 3_000), (40_000, 30_000_000), (90_000, 80_000_000)),
    errand(14, To::Host([10, 10, 20, 16]), 445, "smb", (20, 3_000), (40_000, 20_000_000), (90_000, 60_000_000)),
    errand(20, To::Host(INTRANET), 443, "ssl", (1, 120), (3_000, 80_000), (10_000, 1_500_000)),
    errand(10, To::Host(INTRANET), 993, "ssl", (5, 900), (4_000, 900_000), (9_000, 3_000_000)),
    errand(8, To::Host(DOMAIN), 53, "dns", (0, 1), (60, 90), (110, 420)),
    errand(8, To::Host(DOMAIN), 88, "krb_tcp", (0, 2), (1_400, 3_200), (1_500, 3_400)),
];

const ERP: &[Errand] = &[errand(1, To::Host(ERP_PROXY), 443, "ssl", (10, 500), (9_000, 200_000), (30_000, 4_000_000))];

/// The working days of a site: so many errands a day, by its clock, from its desks.
fn errands(place: &Place, menu: &[&[Errand]], a_day: u64, dice: &mut Dice) -> Vec<Flow<'static>> {
    let menu: Vec<&Errand> = menu.iter().copied().flatten().collect();
    let weights: u64 = menu.iter().map(|errand| errand.weight).sum();
    let mut flows = Vec::new();
    for day in days() {
        let busy = match (place.works_on(day), dice.happens(120)) {
            (true, _) => dice.between(a_day * 3 / 4, a_day * 5 / 4),
            // Now and then somebody comes in at the weekend.
            (false, true) => 2,
            (false, false) => 0,
        };
        for _ in 0..busy {
            let mut drawn = dice.between(0, weights - 1);
            let chosen = menu.iter().find(|errand| {
                let found = drawn < errand.weight;
                drawn = drawn.saturating_sub(errand.weight);
                found
            });
            let errand = chosen.expect("what was drawn is below the sum of the weights");
            let to = match errand.to {
                To::Host(host) => host,
                To::Internet => internet(dice),
            };
            // Mornings and afternoons, less at noon, a few late.
            let hour = dice.pick(&[8, 9, 9, 9, 10, 10, 11, 11, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 19]);
            let start = place.moment(day, hour * 3600 + dice.between(0, 3599));
            let start = Moment(start.0 + dice.between(0, 999_999) as i64);
            if !is_covered(start) {
                continue;
            }
            let desk = (place.host(8, dice.between(20, 60) as u8), port(dice));
            let flow = call(start, desk, (to, errand.port), errand.service);
            let (seconds, out) = (dice.size(errand.seconds.0, errand.seconds.1), dice.size(errand.out.0, errand.out.1));
            let back = dice.size(errand.back.0, errand.back.1);
            flows.push(carrying(flow, seconds, out, back));
        }
    }
    flows
}

fn internet(dice: &mut Dice) -> Address {
    match dice.happens(500) {
        true => [192, 0, 2, dice.between(10, 59) as u8],
        false => [203, 0, 113, dice.between(120, 159) as u8],
    }
}

/// An office as its own sensor sees it, with what its cut and the restriction of August left of it.
pub fn office(place: &Place, restriction: &Restriction, a_day: u64, dice: &mut Dice) -> Vec<Flow<'static>> {
    let branch: &[Errand] = if place.net == BANGKOK.net { &[] } else { BRANCH };
    let mut flows = Vec::new();
    for flow in errands(place, &[OFFICE, branch], a_day, dice) {
        match restriction.admits(&flow) {
            true => flows.push(flow),
            // People soon stop trying what no longer works; programs try on.
            false if dice.happens(restriction.patience(&flow)) => flows.push(refused(flow)),
            false => {}
        }
    }
    flows.extend(monitoring(place, dice));
    flows
}

/// Once an hour the monitoring asks a site's router how it is.
fn monitoring(place: &Place, dice: &mut Dice) -> Vec<Flow<'static>> {
    let minute = u64::from(place.net[1]) % 50;
    let hours = days().flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let ask = hours.map(|(day, hour)| {
        let start = Moment(TOKYO.moment(day, hour * 3600 + minute * 60).0 + dice.between(0, 2_500_000) as i64);
        let flow = call(start, (MONITOR, port(dice)), (place.host(0, 1), 161), "snmp");
        carrying(flow, 0, dice.between(410, 420), dice.between(1_810, 1_850))
    });
    ask.collect()
}

/// People who work from home come in through New York's VPN.
pub fn remote_workers(place: &Place, dice: &mut Dice) -> Vec<Flow<'static>> {
    let mut flows = Vec::new();
    for day in days().filter(|day| place.works_on(*day)) {
        for (number, user) in ["a.miller", "j.ortiz", "k.sato", "p.novak"].into_iter().enumerate() {
            let start = place.moment(day, dice.between(7 * 3600, 9 * 3600));
            if dice.happens(450) && is_covered(start) {
                let home = [198, 51, 100, 200 + number as u8];
                let flow = call(start, (home, port(dice)), (place.host(1, 5), 443), "ssl");
                let flow = carrying(
                    flow,
                    dice.between(9_000, 32_000),
                    dice.size(4_000_000, 60_000_000),
                    dice.size(20_000_000, 400_000_000),
                );
                flows.push(Flow { user: Some(user.into()), ..flow });
            }
        }
    }
    flows
}

/// What the data centre's sensor sees: it watches the file servers' segment and the lines to Kobe and Rotterdam. (Of the
/// other offices it sees only what comes to that segment, which normally is nothing.)
pub fn data_centre(dice: &mut Dice) -> Vec<Flow<'static>> {
    let mut flows = errands(&KOBE, &[ENGINEERS], 22, dice);
    let restriction = Restriction::of_all();
    let europe = errands(&ROTTERDAM, &[&OFFICE[2..]], 6, dice);
    // The border router drops what August forbids before the sensor can see it.
    flows.extend(europe.into_iter().filter(|flow| restriction.admits(flow)));
    flows.extend(monitoring(&ROTTERDAM, dice));
    for day in days() {
        flows.push(backup(day, dice));
        if KOBE.works_on(day) {
            flows.extend(administration(day, dice));
            flows.extend(document_portal(day, dice));
        }
    }
    for month in 5..=12 {
        flows.extend(scan(month, dice));
    }
    flows
}

/// Kobe's backup of the night.
fn backup(day: i64, dice: &mut Dice) -> Flow<'static> {
    let start = KOBE.moment(day, 22 * 3600 + 1800 + dice.between(0, 40));
    let flow = call(start, (KOBE.host(9, 5), port(dice)), (TOKYO.host(9, 5), 13_724), "-");
    let bytes = dice.between(17_000_000_000, 26_000_000_000);
    carrying(flow, bytes / 4_100_000, bytes, bytes / 700)
}

/// Administrators reach servers from Kobe's jump host.
fn administration(day: i64, dice: &mut Dice) -> Vec<Flow<'static>> {
    let sessions = dice.between(0, 2);
    let session = |_| {
        let start = KOBE.moment(day, dice.between(9 * 3600, 17 * 3600));
        let flow =
            call(start, (KOBE.host(3, 9), port(dice)), (TOKYO.host(20, dice.between(15, 18) as u8), 3389), "rdp");
        carrying(flow, dice.between(300, 4_000), dice.size(300_000, 3_000_000), dice.size(4_000_000, 40_000_000))
    };
    (0..sessions).map(session).collect()
}

/// From 13 July 2020 engineers in Kobe read documents on a new portal in Rotterdam: new, and approved.
fn document_portal(day: i64, dice: &mut Dice) -> Vec<Flow<'static>> {
    let visits = if day < days_from_civil(2020, 7, 13) { 0 } else { dice.between(2, 6) };
    let visit = |_| {
        let start = KOBE.moment(day, dice.between(15 * 3600, 19 * 3600));
        let flow =
            call(start, (KOBE.host(8, dice.between(20, 40) as u8), port(dice)), (ROTTERDAM.host(2, 8), 8443), "ssl");
        carrying(flow, dice.between(5, 600), dice.size(5_000, 90_000), dice.size(100_000, 9_000_000))
    };
    (0..visits).map(visit).collect()
}

/// On the first Sunday of the month the IT department scans the file servers' segment; most ports refuse.
fn scan(month: u8, dice: &mut Dice) -> Vec<Flow<'static>> {
    let first = days_from_civil(2020, month, 1);
    let sunday = first + i64::from(6 - crate::calendar::weekday(first));
    let mut flows = Vec::new();
    for (host, port_asked) in (11..=30).flat_map(|host| [22, 80, 443, 445].map(|port| (host, port))) {
        let start = Moment(TOKYO.moment(sunday, 3 * 3600).0 + flows.len() as i64 * 340_000);
        let flow = call(start, (TOKYO.host(250, 10), port(dice)), (TOKYO.host(20, host), port_asked), "-");
        let open = port_asked == 445 && host < 19;
        let flow = carrying(flow, 0, u64::from(open) * 120, u64::from(open) * 260);
        flows.push(if open {
            flow
        } else {
            Flow { outcome: Outcome::Failed, packets_out: Some(1), packets_in: Some(1), ..flow }
        });
    }
    flows
}

/// What the ERP proxy sees: all sites' people, its database once an hour, and what the Internet tries.
pub fn erp_proxy(sites: &[&Place], dice: &mut Dice) -> Vec<Flow<'static>> {
    let mut flows: Vec<Flow<'static>> = sites.iter().flat_map(|site| errands(site, &[ERP], 2, dice)).collect();
    for day in days() {
        for hour in 0..24 {
            let start = TOKYO.moment(day, hour * 3600 + 240 + dice.between(0, 20));
            let flow = call(start, (CLOUD.host(1, 11), port(dice)), (ERP_DATABASE, 1521), "-");
            flows.push(carrying(flow, dice.between(20, 55), dice.size(20_000, 400_000), dice.size(80_000, 900_000)));
        }
        if dice.happens(400) {
            let stranger = [198, 51, 100, dice.between(40, 180) as u8];
            let start = TOKYO.moment(day, dice.between(0, 86_399));
            flows.push(refused(call(
                start,
                (stranger, port(dice)),
                (ERP_PROXY, dice.pick(&[22, 23, 3389, 8080])),
                "-",
            )));
        }
    }
    flows
}
