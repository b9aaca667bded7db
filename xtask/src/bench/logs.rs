//! Big logs for measuring, always the same for the same size: 60 sites, 20,000 hosts, 300,000 pairs, 30 days.
//!
//! Half of the records come from a tenth of the pairs, as traffic does; the pairs are scattered over the tables, so that no order
//! in the log helps a hash table.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Sites, each a /16.
const SITES: u64 = 60;
/// Hosts of all sites together.
const HOSTS: u64 = 20_000;
/// Pairs of hosts that talk.
const PAIRS: u64 = 300_000;
/// How long the log goes on: 1 to 30 September 2020.
const DAYS: u64 = 30;
const BEGIN: u64 = 1_598_918_400;

/// A format to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Zeek's conn.log with all its default columns.
    ZeekTsv,
    /// The same as JSON.
    ZeekJson,
    /// A FortiGate's traffic log with the fields of FortiOS 6.4.
    Fortigate,
    /// Suricata's eve.json, flow records alone.
    Eve,
    /// Zeek's conn.log, its records in no order of time.
    ZeekShuffled,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::ZeekTsv, Kind::Fortigate, Kind::ZeekJson, Kind::Eve, Kind::ZeekShuffled];

    /// What it is called in the results.
    pub fn title(self) -> &'static str {
        match self {
            Kind::ZeekTsv => "Zeek conn.log (TSV)",
            Kind::ZeekJson => "Zeek conn.log (JSON)",
            Kind::Fortigate => "FortiGate traffic",
            Kind::Eve => "Suricata eve.json",
            Kind::ZeekShuffled => "Zeek conn.log (TSV), shuffled",
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Kind::ZeekTsv => "zeek.log",
            Kind::ZeekJson => "zeek.json",
            Kind::Fortigate => "fortigate.log",
            Kind::Eve => "eve.json",
            Kind::ZeekShuffled => "zeek-shuffled.log",
        }
    }

    /// Roughly the bytes of a record, so that the days are spread over the whole size.
    fn record(self) -> u64 {
        match self {
            Kind::ZeekTsv | Kind::ZeekShuffled => 152,
            Kind::ZeekJson => 387,
            Kind::Fortigate => 596,
            Kind::Eve => 560,
        }
    }
}

/// One connection.
struct Call {
    /// Microseconds since the epoch.
    at: u64,
    from: u64,
    to: u64,
    from_port: u64,
    service: &'static (u64, &'static str, &'static str),
    micros: u64,
    out: u64,
    back: u64,
    refused: bool,
    number: u64,
}

/// Port, protocol, Zeek's name.
const SERVICES: [(u64, &str, &str); 12] = [
    (443, "tcp", "ssl"),
    (53, "udp", "dns"),
    (445, "tcp", "smb"),
    (80, "tcp", "http"),
    (88, "tcp", "krb_tcp"),
    (389, "tcp", "ldap"),
    (3389, "tcp", "rdp"),
    (161, "udp", "snmp"),
    (22, "tcp", "ssh"),
    (1433, "tcp", "-"),
    (8443, "tcp", "ssl"),
    (123, "udp", "ntp"),
];

/// The log of this kind and size in the folder, written there unless it already is.
pub fn log(folder: &Path, kind: Kind, size: u64) -> Result<PathBuf> {
    let path = folder.join(format!("{}m-{}", size / 1_000_000, kind.stem()));
    if fs::metadata(&path).is_ok_and(|there| there.len() >= size) {
        return Ok(path);
    }
    let half = path.with_extension("part");
    let file = File::create(&half).with_context(|| format!("cannot write {}", half.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut line = head(kind);
    let mut written = 0;
    let records = size / kind.record();
    let mut number = 0;
    while written < size {
        written += line.len() as u64;
        out.write_all(&line).context("the disk is full?")?;
        line.clear();
        write_call(kind, &call(turn(kind, number, records), records), &mut line);
        number += 1;
    }
    out.flush().context("the disk is full?")?;
    fs::rename(&half, &path)?;
    Ok(path)
}

/// `sites.csv` for these logs.
pub fn sites(folder: &Path) -> Result<PathBuf> {
    let mut csv = "site,cidr,country,timezone,lat,lon,role\n".to_owned();
    for site in 0..SITES {
        let (lat, lon) = (site as i64 * 2 - 55, site as i64 * 6 - 175);
        csv += &format!("Site {site:02},10.{site}.0.0/16,JP,Asia/Tokyo,{lat},{lon},office\n");
    }
    let path = folder.join("sites.csv");
    fs::write(&path, csv)?;
    Ok(path)
}

/// SplitMix64's finalizer: a number scattered over 64 bits.
fn scattered(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Which call is written as this record: its own, or, where the log is shuffled, another, each once.
fn turn(kind: Kind, number: u64, records: u64) -> u64 {
    // A prime far from any round share of the records, so that neighbours are days apart; it divides none of them.
    const STRIDE: u64 = 0x9e37_79b1;
    if kind == Kind::ZeekShuffled && number < records { number * STRIDE % records } else { number }
}

fn call(number: u64, records: u64) -> Call {
    let dice = scattered(number);
    let pair = if dice & 1 == 0 { (dice >> 8) % (PAIRS / 10) } else { (dice >> 8) % PAIRS };
    let ends = scattered(pair ^ 0x5eed_0000_0000);
    let (from, to) = (ends % HOSTS, (ends >> 24) % (HOSTS / 20) * 20);
    let to = if to == from { (to + 20) % HOSTS } else { to };
    let more = scattered(dice);
    let low = more & 0xffff;
    Call {
        at: BEGIN * 1_000_000 + (number.min(records) * (DAYS * 86_400_000_000 / records.max(1))) + dice % 1000,
        from,
        to,
        from_port: 49_152 + more % 16_384,
        service: &SERVICES[((ends >> 48) % 12).min((ends >> 52) % 12) as usize],
        micros: (more >> 20) % 1_000_000 * (1 + low % 60),
        out: low * ((more >> 40) % 50),
        back: (low + 100) * ((more >> 46) % 200),
        refused: more % 100 < 6,
        number,
    }
}

fn head(kind: Kind) -> Vec<u8> {
    match kind {
        Kind::ZeekTsv | Kind::ZeekShuffled => b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
            #open\t2020-09-01-00-00-00\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\t\
            orig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\t\
            resp_ip_bytes\ttunnel_parents\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\t\
            bool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]\n"
            .to_vec(),
        Kind::ZeekJson | Kind::Fortigate | Kind::Eve => Vec::new(),
    }
}

/// Parts of a line, put one behind the other; `write!` would take most of the time of making a log.
enum Part<'t> {
    Text(&'t str),
    Number(u64),
    /// With at least so many digits.
    Padded(u64, usize),
    Host(u64),
    /// Seconds with six digits behind the point.
    Micros(u64),
    /// Date and time in UTC as Suricata writes them.
    Stamp(u64),
    Uid(u64),
}

fn put(line: &mut Vec<u8>, parts: &[Part<'_>]) {
    for part in parts {
        match part {
            Part::Text(text) => line.extend_from_slice(text.as_bytes()),
            Part::Number(number) => digits(line, *number, 1),
            Part::Padded(number, least) => digits(line, *number, *least),
            Part::Host(host) => {
                // Sites take turns, so that neighbours in number are in different sites.
                let (site, own) = (host % SITES, host / SITES + 1);
                put(line, &[Part::Text("10."), Part::Number(site), Part::Text("."), Part::Number(own / 250)]);
                put(line, &[Part::Text("."), Part::Number(own % 250 + 1)]);
            }
            Part::Micros(micros) => {
                digits(line, micros / 1_000_000, 1);
                line.push(b'.');
                digits(line, micros % 1_000_000, 6);
            }
            Part::Stamp(micros) => {
                let second = micros / 1_000_000;
                // All 30 days, and what runs past them, lie in September and the first days of October.
                let day = (second - BEGIN) / 86_400;
                let (month, day) = if day < 30 { (9, day + 1) } else { (10, day - 29) };
                put(
                    line,
                    &[
                        Part::Text("2020-"),
                        Part::Padded(month, 2),
                        Part::Text("-"),
                        Part::Padded(day, 2),
                        Part::Text("T"),
                    ],
                );
                put(line, &[Part::Padded(second / 3600 % 24, 2), Part::Text(":"), Part::Padded(second / 60 % 60, 2)]);
                put(
                    line,
                    &[
                        Part::Text(":"),
                        Part::Padded(second % 60, 2),
                        Part::Text("."),
                        Part::Padded(micros % 1_000_000, 6),
                    ],
                );
                put(line, &[Part::Text("+0000")]);
            }
            Part::Uid(number) => {
                let mut bits = u128::from(scattered(*number)) << 40 | u128::from(*number);
                line.push(b'C');
                for _ in 0..17 {
                    line.push(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(bits % 62) as usize]);
                    bits /= 62;
                }
            }
        }
    }
}

fn digits(line: &mut Vec<u8>, mut number: u64, least: usize) {
    let mut text = [b'0'; 20];
    let mut at = text.len();
    while number > 0 || text.len() - at < least {
        at -= 1;
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    line.extend_from_slice(&text[at..]);
}

fn write_call(kind: Kind, call: &Call, line: &mut Vec<u8>) {
    use Part::{Host, Micros, Number, Padded, Stamp, Text, Uid};
    let Call { at, from, to, from_port, service: (port, protocol, service), micros, out, back, refused, number } = call;
    let (sent, came) = (out / 1200 + 4, back / 1200 + 4);
    match kind {
        Kind::ZeekTsv | Kind::ZeekShuffled => {
            put(
                line,
                &[
                    Micros(*at),
                    Text("\t"),
                    Uid(*number),
                    Text("\t"),
                    Host(*from),
                    Text("\t"),
                    Number(*from_port),
                    Text("\t"),
                ],
            );
            put(line, &[Host(*to), Text("\t"), Number(*port), Text("\t"), Text(protocol), Text("\t")]);
            if *refused {
                line.extend_from_slice(b"-\t-\t-\t-\tS0\t-\t-\t0\tS\t1\t52\t0\t0\t-\n");
                return;
            }
            put(
                line,
                &[Text(service), Text("\t"), Micros(*micros), Text("\t"), Number(*out), Text("\t"), Number(*back)],
            );
            put(
                line,
                &[Text("\tSF\t-\t-\t0\tShADadFf\t"), Number(sent), Text("\t"), Number(out + sent * 52), Text("\t")],
            );
            put(line, &[Number(came), Text("\t"), Number(back + came * 52), Text("\t-\n")]);
        }
        Kind::ZeekJson => {
            put(
                line,
                &[
                    Text("{\"ts\":"),
                    Micros(*at),
                    Text(",\"uid\":\""),
                    Uid(*number),
                    Text("\",\"id.orig_h\":\""),
                    Host(*from),
                ],
            );
            put(line, &[Text("\",\"id.orig_p\":"), Number(*from_port), Text(",\"id.resp_h\":\""), Host(*to)]);
            put(line, &[Text("\",\"id.resp_p\":"), Number(*port), Text(",\"proto\":\""), Text(protocol), Text("\"")]);
            if *refused {
                line.extend_from_slice(
                    b",\"conn_state\":\"S0\",\"missed_bytes\":0,\"history\":\"S\",\"orig_pkts\":1,\
                    \"orig_ip_bytes\":52,\"resp_pkts\":0,\"resp_ip_bytes\":0}\n",
                );
                return;
            }
            if *service != "-" {
                put(line, &[Text(",\"service\":\""), Text(service), Text("\"")]);
            }
            put(line, &[Text(",\"duration\":"), Micros(*micros), Text(",\"orig_bytes\":"), Number(*out)]);
            put(line, &[Text(",\"resp_bytes\":"), Number(*back), Text(",\"conn_state\":\"SF\",\"local_orig\":true,")]);
            put(
                line,
                &[Text("\"local_resp\":true,\"missed_bytes\":0,\"history\":\"ShADadFf\",\"orig_pkts\":"), Number(sent)],
            );
            put(line, &[Text(",\"orig_ip_bytes\":"), Number(out + sent * 52), Text(",\"resp_pkts\":"), Number(came)]);
            put(line, &[Text(",\"resp_ip_bytes\":"), Number(back + came * 52), Text("}\n")]);
        }
        Kind::Eve => {
            let end = at + micros;
            put(line, &[Text("{\"timestamp\":\""), Stamp(end + 60_000_000), Text("\",\"flow_id\":")]);
            put(
                line,
                &[
                    Number(scattered(*number) >> 12),
                    Text(",\"in_iface\":\"ens1\",\"event_type\":\"flow\",\"src_ip\":\""),
                ],
            );
            put(line, &[Host(*from), Text("\",\"src_port\":"), Number(*from_port), Text(",\"dest_ip\":\""), Host(*to)]);
            put(line, &[Text("\",\"dest_port\":"), Number(*port), Text(",\"proto\":\"")]);
            line.extend_from_slice(if *protocol == "udp" { b"UDP\"" } else { b"TCP\"" });
            if *service != "-" && !refused {
                put(line, &[Text(",\"app_proto\":\""), Text(service), Text("\"")]);
            }
            let (sent, came, out, back) =
                if *refused { (1, 0, 60, 0) } else { (sent, came, out + sent * 66, back + came * 66) };
            put(
                line,
                &[Text(",\"flow\":{\"pkts_toserver\":"), Number(sent), Text(",\"pkts_toclient\":"), Number(came)],
            );
            put(line, &[Text(",\"bytes_toserver\":"), Number(out), Text(",\"bytes_toclient\":"), Number(back)]);
            put(line, &[Text(",\"start\":\""), Stamp(*at), Text("\",\"end\":\""), Stamp(end), Text("\",\"age\":")]);
            put(line, &[Number(end / 1_000_000 - at / 1_000_000), Text(",\"state\":\"")]);
            line.extend_from_slice(if *refused { b"new" } else { b"closed" });
            line.extend_from_slice(b"\",\"reason\":\"timeout\",\"alerted\":false}");
            if *protocol == "tcp" {
                line.extend_from_slice(
                    b",\"tcp\":{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"1b\",",
                );
                line.extend_from_slice(b"\"syn\":true,\"fin\":true,\"psh\":true,\"ack\":true,\"state\":\"closed\"}");
            }
            line.extend_from_slice(b"}\n");
        }
        Kind::Fortigate => {
            let end = at + micros;
            let second = end / 1_000_000 + 9 * 3600;
            // All 30 days, and what runs past them, lie in September and the first days of October.
            let day = (second - BEGIN) / 86_400;
            let (month, day) = if day < 30 { (9, day + 1) } else { (10, day - 29) };
            put(line, &[Text("date=2020-"), Padded(month, 2), Text("-"), Padded(day, 2), Text(" time=")]);
            put(
                line,
                &[
                    Padded(second / 3600 % 24, 2),
                    Text(":"),
                    Padded(second / 60 % 60, 2),
                    Text(":"),
                    Padded(second % 60, 2),
                ],
            );
            put(
                line,
                &[
                    Text(" devname=\"FW"),
                    Padded(from % SITES, 2),
                    Text("\" devid=\"FG100ETK180"),
                    Padded(from % SITES, 5),
                ],
            );
            put(
                line,
                &[Text("\" eventtime="), Number(end), Text("000 tz=\"+0900\" logid=\"0000000013\" type=\"traffic\" ")],
            );
            put(
                line,
                &[Text("subtype=\"forward\" level=\"notice\" vd=\"root\" srcip="), Host(*from), Text(" srcport=")],
            );
            put(
                line,
                &[
                    Number(*from_port),
                    Text(" srcintf=\"port2\" srcintfrole=\"lan\" dstip="),
                    Host(*to),
                    Text(" dstport="),
                ],
            );
            put(
                line,
                &[
                    Number(*port),
                    Text(" dstintf=\"wan1\" dstintfrole=\"wan\" srccountry=\"Reserved\" dstcountry=\"Reserved\" "),
                ],
            );
            put(
                line,
                &[
                    Text("sessionid="),
                    Number(1_000_000 + number),
                    Text(" proto="),
                    Number(if *protocol == "udp" { 17 } else { 6 }),
                ],
            );
            let (action, policy) = if *refused { ("deny", 0) } else { ("close", 12) };
            put(
                line,
                &[
                    Text(" action=\""),
                    Text(action),
                    Text("\" policyid="),
                    Number(policy),
                    Text(" policytype=\"policy\" "),
                ],
            );
            put(
                line,
                &[
                    Text("poluuid=\"1c8e8b1a-5f5c-51ea-2a5d-1b6f6e0c5d0"),
                    Number(policy % 10),
                    Text("\" service=\""),
                    Text(service),
                ],
            );
            put(
                line,
                &[
                    Text("\" trandisp=\"noop\" duration="),
                    Number(if *refused { 0 } else { end / 1_000_000 - at / 1_000_000 }),
                ],
            );
            let answered = u64::from(!refused);
            put(line, &[Text(" sentbyte="), Number(out * answered), Text(" rcvdbyte="), Number(back * answered)]);
            put(line, &[Text(" sentpkt="), Number(sent * answered), Text(" rcvdpkt="), Number(came * answered)]);
            line.extend_from_slice(b" appcat=\"unscanned\"\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_the_same_every_time_and_its_times_stay_within_the_days() {
        for kind in Kind::ALL {
            let mut lines = [Vec::new(), Vec::new()];
            for line in &mut lines {
                (0..500).for_each(|number| write_call(kind, &call(number, 500), line));
            }
            assert_eq!(lines[0], lines[1]);
            let mean = lines[0].len() as u64 / 500;
            assert!(mean.abs_diff(kind.record()) < 12, "{}: {mean} bytes a record", kind.title());
        }
        let turns: std::collections::BTreeSet<u64> =
            (0..500).map(|number| turn(Kind::ZeekShuffled, number, 500)).collect();
        assert_eq!(turns.len(), 500, "each call is written once");
        let last = call(499, 500).at / 1_000_000;
        assert!((BEGIN..BEGIN + DAYS * 86_400).contains(&last));
    }

    #[test]
    fn numbers_are_written_as_asked() {
        let mut line = Vec::new();
        put(
            &mut line,
            &[Part::Number(0), Part::Text(" "), Part::Padded(7, 2), Part::Text(" "), Part::Micros(1_500_000)],
        );
        assert_eq!(line, b"0 07 1.500000");
    }
}
