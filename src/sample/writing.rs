//! Flows written down as each product writes them, with the warts of real exports: other records between them, lines cut
//! short, headers in the middle, hours without any record.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::company::Place;
use super::dice::Dice;
use crate::calendar::{Civil, days_from_civil};
use crate::flow::{Flow, Moment, Outcome, Protocol};
use crate::sorting::LeanSort as _;

const WRITTEN: &str = "a String takes all that is written";

/// What a sample flow always has.
struct Row<'f> {
    start: Moment,
    end: Moment,
    from: IpAddr,
    from_port: u16,
    to: IpAddr,
    to_port: u16,
    protocol: Protocol,
    service: &'f str,
    out: u64,
    back: u64,
    packets: (u64, u64),
    outcome: Outcome,
    user: Option<&'f str>,
}

/// The flows as rows, in the order in which a sensor writes them down: when they end.
fn rows<'f>(flows: &'f [Flow<'static>]) -> Vec<Row<'f>> {
    const WHOLE: &str = "the sample gives its flows both ends, a time and a protocol";
    let row = |flow: &'f Flow<'static>| {
        let start = flow.start.expect(WHOLE);
        Row {
            start,
            end: Moment(start.0 + flow.duration.unwrap_or(0) as i64),
            from: flow.initiator.address.expect(WHOLE),
            from_port: flow.initiator.port.expect(WHOLE),
            to: flow.responder.address.expect(WHOLE),
            to_port: flow.responder.port.expect(WHOLE),
            protocol: flow.protocol.expect(WHOLE),
            service: flow.service.as_deref().unwrap_or("-"),
            out: flow.bytes_out.unwrap_or(0),
            back: flow.bytes_in.unwrap_or(0),
            packets: (flow.packets_out.unwrap_or(0), flow.packets_in.unwrap_or(0)),
            outcome: flow.outcome,
            user: flow.user.as_deref(),
        }
    };
    let mut rows: Vec<Row<'f>> = flows.iter().map(row).collect();
    rows.lean_sort_by_key(|row| (row.end, row.start, row.from, row.from_port));
    rows
}

/// Chooses every so many-th row to be marred, never one of the hourly polls: an hour without any row is a gap.
struct Wear {
    every: u64,
    seen: u64,
}

impl Wear {
    fn every(every: u64) -> Wear {
        Wear { every, seen: 0 }
    }

    fn mars(&mut self, row: &Row<'_>) -> bool {
        self.seen += u64::from(row.to_port != 161);
        row.to_port != 161 && self.seen % self.every == self.every / 2
    }
}

/// A FortiGate's traffic log, in the device's local time with its zone. `silent` is a span in which it wrote nothing.
pub fn fortigate(flows: &[Flow<'static>], place: &Place, device: &str, silent: Option<(Moment, Moment)>) -> Vec<u8> {
    let mut log = String::new();
    let offset = |at: Moment| place.offset(at.0.div_euclid(86_400_000_000));
    let begin = |log: &mut String, at: Moment, kind: &str| {
        let Civil { year, month, day, hour, minute, second, .. } = Civil::of(at, offset(at));
        let zone = offset(at);
        let (sign, hours, minutes) = (if zone < 0 { '-' } else { '+' }, zone.abs() / 60, zone.abs() % 60);
        write!(
            log,
            "date={year}-{month:02}-{day:02} time={hour:02}:{minute:02}:{second:02} devname=\"{device}\" vd=\"root\" \
             tz=\"{sign}{hours:02}{minutes:02}\" {kind}"
        )
        .expect(WRITTEN);
    };
    let mut week = i64::MIN;
    let mut wear = Wear::every(900);
    for row in rows(flows) {
        if silent.is_some_and(|(from, to)| from <= row.end && row.end < to) {
            continue;
        }
        // The device writes about itself as well.
        if row.end.0.div_euclid(7 * 86_400_000_000) != week {
            week = row.end.0.div_euclid(7 * 86_400_000_000);
            begin(&mut log, row.end, "logid=\"0100032142\" type=\"event\" subtype=\"system\" level=\"notice\" ");
            log += "logdesc=\"Configuration backed up\" action=\"backup\"\n";
        }
        begin(&mut log, row.end, "logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" ");
        let Row { from, from_port, to, to_port, out, back, .. } = row;
        let (action, policy) = match row.outcome {
            Outcome::Denied => ("deny", 0),
            Outcome::Established | Outcome::Failed | Outcome::Unknown => ("close", 12),
        };
        write!(log, "srcip={from} srcport={from_port} dstip={to} dstport={to_port} ").expect(WRITTEN);
        // A line cut short, as a full disk or a syslog over UDP leaves it.
        if wear.mars(&row) {
            log.truncate(log.rfind("dstip=").unwrap_or(log.len()) + "dstip=10.1".len());
            log += "\n";
            continue;
        }
        let (number, seconds) = (row.protocol.0, (row.end.0.div_euclid(1_000_000)) - row.start.0.div_euclid(1_000_000));
        write!(log, "proto={number} action=\"{action}\" policyid={policy} duration={seconds}").expect(WRITTEN);
        if let Some(user) = row.user {
            write!(log, " user=\"{user}\"").expect(WRITTEN);
        }
        writeln!(log, " sentbyte={out} rcvdbyte={back}").expect(WRITTEN);
    }
    log.into_bytes()
}

/// What Zeek says of a connection: the state, and whether there are any bytes to say.
fn state(row: &Row<'_>) -> &'static str {
    match (row.outcome, row.packets.1) {
        (Outcome::Established | Outcome::Unknown, _) => "SF",
        (Outcome::Denied | Outcome::Failed, 0) => "S0",
        (Outcome::Denied | Outcome::Failed, _) => "REJ",
    }
}

fn uid(dice: &mut Dice) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut bits = dice.roll();
    let mut digit = || {
        let one = DIGITS[(bits % 62) as usize];
        bits /= 62;
        char::from(one)
    };
    std::iter::once('C').chain(std::iter::repeat_with(&mut digit).take(10)).collect()
}

/// Seconds with six digits behind the point.
fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Zeek's conn.log as tab-separated text; the log is rotated every month, and the parts were joined, headers and all.
pub fn zeek_tsv(flows: &[Flow<'static>]) -> Vec<u8> {
    let mut dice = Dice::new(0x7e3c);
    let mut log = String::new();
    let mut open = 0;
    let mut wear = Wear::every(2000);
    for row in rows(flows) {
        let Civil { year, month, .. } = Civil::of(row.end, 0);
        if month != open {
            open = month;
            write!(
                log,
                "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
                 #open\t{year}-{month:02}-01-00-00-00\n\
                 #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\t\
                 resp_bytes\tconn_state\torig_pkts\tresp_pkts\n\
                 #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tcount\tcount\n"
            )
            .expect(WRITTEN);
        }
        let (ts, uid, state) = (seconds(row.start.0), uid(&mut dice), state(&row));
        let Row { from, from_port, to, to_port, protocol, service, out, back, packets, .. } = row;
        write!(log, "{ts}\t{uid}\t{from}\t{from_port}\t{to}\t{to_port}\t{protocol}\t{service}\t").expect(WRITTEN);
        match (wear.mars(&row), state) {
            // A writer that was stopped in the middle of a line.
            (true, _) => log += "\n",
            // Nothing was ever said: Zeek leaves these unset.
            (_, "S0" | "REJ") => {
                let (sent, came) = packets;
                writeln!(log, "-\t-\t-\t{state}\t{sent}\t{came}").expect(WRITTEN);
            }
            _ => {
                let (lasted, (sent, came)) = (seconds(row.end.0 - row.start.0), packets);
                writeln!(log, "{lasted}\t{out}\t{back}\t{state}\t{sent}\t{came}").expect(WRITTEN);
            }
        }
    }
    log += "#close\t2021-01-01-00-00-00\n";
    log.into_bytes()
}

/// Zeek's conn.log as JSON, one object a line, with a few records of its dns.log between them.
pub fn zeek_json(flows: &[Flow<'static>], sensor: &str) -> Vec<u8> {
    let mut dice = Dice::new(0x1a5e);
    let mut log = String::new();
    let mut wear = Wear::every(700);
    for (number, row) in rows(flows).into_iter().enumerate() {
        let (ts, uid, state) = (seconds(row.start.0), uid(&mut dice), state(&row));
        let Row { from, from_port, to, to_port, protocol, service, out, back, .. } = row;
        if number % 900 == 450 {
            writeln!(log, "{{\"_path\":\"dns\",\"ts\":{ts},\"uid\":\"{uid}\",\"id.orig_h\":\"{from}\",\"query\":\"intra.hoshizora.example\"}}")
                .expect(WRITTEN);
        }
        let line = log.len();
        write!(
            log,
            "{{\"_path\":\"conn\",\"_system_name\":\"{sensor}\",\"ts\":{ts},\"uid\":\"{uid}\",\"id.orig_h\":\"{from}\",\
             \"id.orig_p\":{from_port},\"id.resp_h\":\"{to}\",\"id.resp_p\":{to_port},\"proto\":\"{protocol}\",\
             \"conn_state\":\"{state}\""
        )
        .expect(WRITTEN);
        if service != "-" {
            write!(log, ",\"service\":\"{service}\"").expect(WRITTEN);
        }
        if state == "SF" {
            let lasted = seconds(row.end.0 - row.start.0);
            write!(log, ",\"duration\":{lasted},\"orig_bytes\":{out},\"resp_bytes\":{back}").expect(WRITTEN);
        }
        if wear.mars(&row) {
            // Cut short in the middle.
            log.truncate(line + 90);
            log += "\n";
        } else {
            log += "}\n";
        }
    }
    log.into_bytes()
}

/// A firewall's table with a header of its own and times with their offset.
pub fn firewall_csv(flows: &[Flow<'static>], place: &Place, device: &str) -> Vec<u8> {
    let mut log =
        "Start Time,Firewall,Source IP,Source Port,Destination IP,Destination Port,Protocol,Action,Sent Bytes,\
                   Received Bytes,Duration,User\n"
            .to_owned();
    let mut wear = Wear::every(1000);
    for row in rows(flows) {
        let zone = place.offset(row.start.0.div_euclid(86_400_000_000));
        let Civil { year, month, day, hour, minute, second, .. } = Civil::of(row.start, zone);
        let Row { from, from_port, to, to_port, out, back, .. } = row;
        let (protocol, user) = (row.protocol.to_string().to_uppercase(), row.user.unwrap_or_default());
        let action = match row.outcome {
            Outcome::Denied => "deny",
            Outcome::Established | Outcome::Failed | Outcome::Unknown => "allow",
        };
        // A field in which another program left its mark.
        let to = if wear.mars(&row) { "#NAME?".to_owned() } else { to.to_string() };
        let seconds = (row.end.0 - row.start.0) / 1_000_000;
        writeln!(
            log,
            "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}-{:02}:00,{device},{from},{from_port},{to},\
             {to_port},{protocol},{action},{out},{back},{seconds},{user}",
            -zone / 60
        )
        .expect(WRITTEN);
    }
    log.into_bytes()
}

/// AWS VPC flow logs in the default order with their header: one record a direction.
pub fn vpc_flow(flows: &[Flow<'static>], interface: &str) -> Vec<u8> {
    let mut log =
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action \
                   log-status\n"
            .to_owned();
    let lost = Moment(days_from_civil(2020, 9, 14) * 86_400_000_000);
    let (mut idle, mut skipped) = (0, false);
    for row in rows(flows) {
        let (start, end) = (row.start.0 / 1_000_000, row.end.0 / 1_000_000);
        let Row { from, from_port, to, to_port, out, back, packets, .. } = row;
        let number = row.protocol.0;
        let action = if row.outcome == Outcome::Denied { "REJECT" } else { "ACCEPT" };
        let begin = |log: &mut String| write!(log, "2 123456789012 {interface} ").expect(WRITTEN);
        // A week passes between two idle intervals.
        if start - idle > 7 * 86_400 {
            idle = start;
            begin(&mut log);
            writeln!(log, "- - - - - - - {} {} - NODATA", start - 600, start).expect(WRITTEN);
        }
        if !skipped && row.start > lost {
            skipped = true;
            begin(&mut log);
            writeln!(log, "- - - - - - - {} {} - SKIPDATA", start - 600, start).expect(WRITTEN);
        }
        begin(&mut log);
        let (sent, came) = packets;
        let out = if action == "REJECT" { 40 } else { out };
        writeln!(log, "{from} {to} {from_port} {to_port} {number} {sent} {out} {start} {end} {action} OK")
            .expect(WRITTEN);
        if action == "ACCEPT" {
            begin(&mut log);
            writeln!(log, "{to} {from} {to_port} {from_port} {number} {came} {back} {start} {end} ACCEPT OK")
                .expect(WRITTEN);
        }
    }
    log.into_bytes()
}
