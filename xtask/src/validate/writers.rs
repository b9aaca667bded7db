//! Logs made of known connections, a function a format, each after its maker's documentation and knowing nothing of the reader.
//!
//! Between the sound records stand spoilt ones: an address with a part too many, or a record cut in the middle.

use super::truth::Connection;
use kyoten::calendar::civil_from_days;
use std::fmt::Write;

/// What of a connection a format says.
#[derive(Debug, Clone, Copy)]
pub struct Carries {
    pub bytes_out: bool,
    pub bytes_in: bool,
    pub start: bool,
    pub lasted: bool,
    pub outcome: bool,
}

const ALL: Carries = Carries { bytes_out: true, bytes_in: true, start: true, lasted: true, outcome: true };
const COUNTS: Carries = Carries { outcome: false, ..ALL };
const VERDICT: Carries = Carries { bytes_out: false, bytes_in: false, lasted: false, ..ALL };

/// A log.
pub struct Written {
    pub format: &'static str,
    pub text: String,
    pub spoilt: usize,
    pub carries: Carries,
}

struct Writer {
    format: &'static str,
    carries: Carries,
    header: &'static str,
    record: fn(&Connection, usize) -> String,
}

/// Every log.
pub fn logs(connections: &[Connection]) -> Vec<Written> {
    WRITERS.iter().map(|writer| writer.log(connections)).collect()
}

impl Writer {
    fn log(&self, connections: &[Connection]) -> Written {
        let mut text = self.header.to_owned();
        let mut spoilt = 0;
        for (nth, connection) in connections.iter().enumerate() {
            let record = (self.record)(connection, nth);
            if nth % 10 == 4 {
                // Ends of its own, so that what would be read of it is nobody's.
                let other = Connection { from: (connection.from.0, connection.from.1 + 20_000), ..*connection };
                let sound = (self.record)(&other, nth + 100_000);
                let address = other.from.0.to_string();
                for line in sound.lines() {
                    writeln!(text, "{}", line.replace(&address, &format!("{address}.7"))).expect("a string takes all");
                }
                spoilt += 1;
            }
            text += &record;
            text.push('\n');
        }
        Written { format: self.format, text, spoilt, carries: self.carries }
    }
}

/// Date and time of day, UTC.
fn parts(seconds: i64) -> (i32, u8, u8, i64, i64, i64) {
    let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
}

fn iso(seconds: i64) -> String {
    let (year, month, day, hour, minute, second) = parts(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn plain(seconds: i64) -> String {
    iso(seconds).replace('T', " ")
}

/// `Jun 11 2020 10:00:00`.
fn named(seconds: i64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, hour, minute, second) = parts(seconds);
    format!("{} {day:02} {year} {hour:02}:{minute:02}:{second:02}", MONTHS[usize::from(month) - 1])
}

fn said<'t>(connection: &Connection, admitted: &'t str, denied: &'t str) -> &'t str {
    if connection.denied { denied } else { admitted }
}

const WRITERS: [Writer; 22] = [
    Writer {
        format: "zeek_conn_tsv",
        carries: COUNTS,
        header: "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n",
        record: |c, n| {
            format!(
                "{}.000000\tC{n}\t{}\t{}\t{}\t{}\t{}\t-\t{}.000000\t{}\t{}\tSF",
                c.start,
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.protocol(),
                c.lasted,
                c.bytes_out,
                c.bytes_in
            )
        },
    },
    Writer {
        format: "zeek_conn_json",
        carries: COUNTS,
        header: "",
        record: |c, n| {
            format!(
                r#"{{"ts":{}.0,"uid":"C{n}","id.orig_h":"{}","id.orig_p":{},"id.resp_h":"{}","id.resp_p":{},"proto":"{}","duration":{}.0,"orig_bytes":{},"resp_bytes":{},"conn_state":"SF"}}"#,
                c.start,
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.protocol(),
                c.lasted,
                c.bytes_out,
                c.bytes_in
            )
        },
    },
    Writer {
        format: "suricata_eve",
        carries: COUNTS,
        header: "",
        record: |c, n| {
            format!(
                r#"{{"timestamp":"{}.000000+0000","flow_id":{},"event_type":"flow","src_ip":"{}","src_port":{},"dest_ip":"{}","dest_port":{},"proto":"{}","flow":{{"pkts_toserver":3,"pkts_toclient":3,"bytes_toserver":{},"bytes_toclient":{},"start":"{}.000000+0000","end":"{}.000000+0000","age":{},"state":"closed"}}}}"#,
                iso(c.end() + 60),
                n + 1,
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.protocol().to_uppercase(),
                c.bytes_out,
                c.bytes_in,
                iso(c.start),
                iso(c.end()),
                c.lasted
            )
        },
    },
    Writer {
        format: "fortigate_traffic",
        carries: ALL,
        header: "",
        record: |c, n| {
            format!(
                r#"date={} time={} devname="fw" devid="FG1" eventtime={} tz="+0000" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip={} srcport={} srcintf="a" dstip={} dstport={} dstintf="b" sessionid={} proto={} action="{}" policyid=7 service="x" trandisp="noop" duration={} sentbyte={} rcvdbyte={} sentpkt=3 rcvdpkt=3"#,
                &plain(c.end())[..10],
                &plain(c.end())[11..],
                c.end() * 1_000_000_000,
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                n + 1,
                c.number(),
                said(c, "close", "deny"),
                c.lasted,
                c.bytes_out,
                c.bytes_in
            )
        },
    },
    Writer {
        format: "panos",
        carries: ALL,
        header: "",
        record: |c, n| {
            let when = plain(c.end()).replace('-', "/");
            let began = plain(c.start).replace('-', "/");
            format!(
                "1,{when},0010A0000001,TRAFFIC,{},2305,{when},{},{},0.0.0.0,0.0.0.0,r7,,,ssl,vsys1,a,b,e1,e2,forward,{when},{},1,{},{},0,0,0x400000,{},{},{},{},{},6,{began},{},any,0,{},0x0,10.0.0.0-10.255.255.255,10.0.0.0-10.255.255.255,0,3,3,tcp-fin,0,0,0,0,,fw,from-policy",
                said(c, "end", "drop"),
                c.from.0,
                c.to.0,
                n + 1,
                c.from.1,
                c.to.1,
                c.protocol(),
                said(c, "allow", "deny"),
                c.bytes_out + c.bytes_in,
                c.bytes_out,
                c.bytes_in,
                c.lasted,
                n + 1
            )
        },
    },
    Writer {
        format: "cisco_asa",
        carries: Carries { bytes_out: false, bytes_in: false, outcome: false, ..ALL },
        header: "",
        record: |c, n| {
            let (number, protocol) = if c.is_udp { (302_015, "UDP") } else { (302_013, "TCP") };
            let (from, to) = (format!("inside:{}/{}", c.from.0, c.from.1), format!("outside:{}/{}", c.to.0, c.to.1));
            format!(
                "{}: %ASA-6-{number}: Built outbound {protocol} connection {} for {to} ({}/{}) to {from} ({}/{})\n{}: %ASA-6-{}: Teardown {protocol} connection {} for {to} to {from} duration {}:{:02}:{:02} bytes {}",
                named(c.start),
                n + 1,
                c.to.0,
                c.to.1,
                c.from.0,
                c.from.1,
                named(c.end()),
                number + 1,
                n + 1,
                c.lasted / 3600,
                c.lasted / 60 % 60,
                c.lasted % 60,
                c.bytes_out + c.bytes_in
            )
        },
    },
    Writer {
        format: "checkpoint",
        carries: VERDICT,
        header: "",
        record: |c, n| {
            format!(
                r#"<134>1 {}Z gw CheckPoint 100 - [action:"{}"; flags:"1"; ifdir:"inbound"; loguid:"{{0x{:x},0x1,0x2,0x3}}"; origin:"192.0.2.1"; time:"{}"; version:"5"; product:"VPN-1 & FireWall-1"; proto:"{}"; s_port:"{}"; service:"{}"; src:"{}"; dst:"{}"]"#,
                iso(c.start),
                said(c, "Accept", "Drop"),
                n + 1,
                c.start,
                c.number(),
                c.from.1,
                c.to.1,
                c.from.0,
                c.to.0
            )
        },
    },
    Writer {
        format: "juniper_srx",
        carries: COUNTS,
        header: "",
        record: |c, n| {
            format!(
                r#"<14>1 {}.000Z srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.129 reason="TCP FIN" source-address="{}" source-port="{}" destination-address="{}" destination-port="{}" service-name="x" protocol-id="{}" policy-name="p" source-zone-name="a" destination-zone-name="b" session-id-32="{}" packets-from-client="3" bytes-from-client="{}" packets-from-server="3" bytes-from-server="{}" elapsed-time="{}"]"#,
                iso(c.end()),
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.number(),
                n + 1,
                c.bytes_out,
                c.bytes_in,
                c.lasted
            )
        },
    },
    Writer {
        format: "watchguard",
        carries: COUNTS,
        header: "",
        record: |c, _| {
            format!(
                r#"<142>Jun 11 10:00:00 fw FVE1 ({}) firewall: msg_id="3000-0151" Allow 1-Trusted 0-External {} {} {} {} {} app_id="63" duration="{}" sent_bytes="{}" rcvd_bytes="{}" (out-00)"#,
                iso(c.end()),
                c.protocol(),
                c.from.0,
                c.to.0,
                c.from.1,
                c.to.1,
                c.lasted,
                c.bytes_out,
                c.bytes_in
            )
        },
    },
    Writer {
        format: "sophos_xg",
        carries: COUNTS,
        header: "",
        record: |c, n| {
            format!(
                r#"<30>device="SFW" date={} time={} timezone="+00:00" device_name="XG" device_id=C1 log_id=010101600001 log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed" status="Allow" priority=Information duration={} fw_rule_id=2 src_ip={} dst_ip={} protocol="{}" src_port={} dst_port={} sent_pkts=3 recv_pkts=3 sent_bytes={} recv_bytes={} connevent="Stop" connid="{}""#,
                &plain(c.end())[..10],
                &plain(c.end())[11..],
                c.lasted,
                c.from.0,
                c.to.0,
                c.protocol().to_uppercase(),
                c.from.1,
                c.to.1,
                c.bytes_out,
                c.bytes_in,
                n + 1
            )
        },
    },
    Writer {
        format: "stormshield",
        carries: ALL,
        header: "",
        record: |c, _| {
            format!(
                r#"id=firewall time="{}" fw="SN1" tz=+0000 startime="{}" pri=5 slotlevel=2 ruleid=100 ipproto={} proto=x src={} srcport={} dst={} dstport={} ipv=4 sent={} rcvd={} duration={}.00 action={} logtype="{}""#,
                plain(c.end()),
                plain(c.start),
                c.protocol(),
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.bytes_out,
                c.bytes_in,
                c.lasted,
                said(c, "pass", "block"),
                said(c, "connection", "filter")
            )
        },
    },
    Writer {
        format: "iptables",
        carries: Carries { start: true, ..VERDICT },
        header: "",
        record: |c, n| {
            format!(
                "{}Z fw kernel: [{n}.000001] {} IN=eth0 OUT=eth1 MAC=00:00:00:00:00:00 SRC={} DST={} LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID={n} DF PROTO={} SPT={} DPT={} LEN=40",
                iso(c.start),
                said(c, "ACCEPT", "DROP"),
                c.from.0,
                c.to.0,
                c.protocol().to_uppercase(),
                c.from.1,
                c.to.1
            )
        },
    },
    Writer {
        format: "pfsense_filterlog",
        carries: VERDICT,
        header: "",
        record: |c, n| {
            let tail = if c.is_udp { "32".to_owned() } else { "0,S,1,,64240,,mss".to_owned() };
            format!(
                "<134>1 {}+00:00 fw filterlog 100 - - 146,,,{n},igb1,match,{},in,4,0x0,,63,{n},0,DF,{},{},60,{},{},{},{},{tail}",
                iso(c.start),
                said(c, "pass", "block"),
                c.number(),
                c.protocol(),
                c.from.0,
                c.to.0,
                c.from.1,
                c.to.1
            )
        },
    },
    Writer {
        format: "windows_firewall",
        carries: VERDICT,
        header: "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path\n\n",
        record: |c, _| {
            format!(
                "{} {} {} {} {} {} {} 0 - 0 0 0 - - - SEND",
                plain(c.start),
                said(c, "ALLOW", "DROP"),
                c.protocol().to_uppercase(),
                c.from.0,
                c.to.0,
                c.from.1,
                c.to.1
            )
        },
    },
    Writer {
        format: "aws_vpc_flow",
        carries: Carries { bytes_in: false, ..ALL },
        header: "",
        record: |c, n| {
            format!(
                "2 123456789012 eni-{n:08x} {} {} {} {} {} 3 {} {} {} {} OK",
                c.from.0,
                c.to.0,
                c.from.1,
                c.to.1,
                c.number(),
                c.bytes_out,
                c.start,
                c.end(),
                said(c, "ACCEPT", "REJECT")
            )
        },
    },
    Writer {
        format: "nfdump",
        carries: Carries { bytes_in: false, ..COUNTS },
        header: "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt\n",
        record: |c, _| {
            format!(
                "{},{},{}.000,{},{},{},{},{},.AP.SF,0,0,3,{},0,0",
                plain(c.start),
                plain(c.end()),
                c.lasted,
                c.from.0,
                c.to.0,
                c.from.1,
                c.to.1,
                c.protocol().to_uppercase(),
                c.bytes_out
            )
        },
    },
    Writer {
        format: "argus",
        carries: COUNTS,
        header: "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label\n",
        record: |c, _| {
            format!(
                "{}.000000,{}.000000,{},{},{},   ->,{},{},FSPA_FSPA,0,0,6,{},{},x",
                plain(c.start).replace('-', "/"),
                c.lasted,
                c.protocol(),
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.bytes_out + c.bytes_in,
                c.bytes_out
            )
        },
    },
    Writer {
        format: "cef",
        carries: ALL,
        header: "",
        record: |c, _| {
            format!(
                "CEF:0|Fortinet|Fortigate|v7.4|00013|traffic:forward|3|start={} end={} src={} spt={} dst={} dpt={} proto={} act={} out={} in={}",
                c.start * 1000,
                c.end() * 1000,
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.number(),
                said(c, "accept", "deny"),
                c.bytes_out,
                c.bytes_in
            )
        },
    },
    Writer {
        format: "leef",
        carries: Carries { lasted: false, ..ALL },
        header: "",
        record: |c, _| {
            format!(
                "LEEF:1.0|Example|Wall|1|flow|devTime={}\tsrc={}\tsrcPort={}\tdst={}\tdstPort={}\tproto={}\tsrcBytes={}\tdstBytes={}\taction={}",
                c.start * 1000,
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.protocol(),
                c.bytes_out,
                c.bytes_in,
                said(c, "allow", "deny")
            )
        },
    },
    Writer {
        format: "ecs_json",
        carries: Carries { lasted: false, ..ALL },
        header: "",
        record: |c, _| {
            format!(
                r#"{{"@timestamp":"{}.000Z","ecs":{{"version":"8.0.0"}},"source":{{"ip":"{}","port":{},"bytes":{}}},"destination":{{"ip":"{}","port":{},"bytes":{}}},"network":{{"transport":"{}"}},"event":{{"action":"{}"}}}}"#,
                iso(c.start),
                c.from.0,
                c.from.1,
                c.bytes_out,
                c.to.0,
                c.to.1,
                c.bytes_in,
                c.protocol(),
                said(c, "allowed", "denied")
            )
        },
    },
    Writer {
        format: "windows_event_xml",
        carries: VERDICT,
        header: "",
        record: |c, n| {
            format!(
                r#"<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>{}</EventID><TimeCreated SystemTime="{}.000Z"/><EventRecordID>{n}</EventRecordID><Channel>Security</Channel><Computer>pc</Computer></System><EventData><Data Name="Direction">%%14593</Data><Data Name="SourceAddress">{}</Data><Data Name="SourcePort">{}</Data><Data Name="DestAddress">{}</Data><Data Name="DestPort">{}</Data><Data Name="Protocol">{}</Data></EventData></Event>"#,
                said(c, "5156", "5157"),
                iso(c.start),
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.number()
            )
        },
    },
    Writer {
        format: "mapped_csv",
        carries: Carries { lasted: false, outcome: false, ..ALL },
        header: "time,source ip,source port,destination ip,destination port,protocol,bytes sent,bytes received\n",
        record: |c, _| {
            format!(
                "{}Z,{},{},{},{},{},{},{}",
                iso(c.start),
                c.from.0,
                c.from.1,
                c.to.0,
                c.to.1,
                c.protocol(),
                c.bytes_out,
                c.bytes_in
            )
        },
    },
];
