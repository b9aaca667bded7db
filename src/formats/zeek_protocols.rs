//! Zeek's logs of protocols (ssh, rdp, ssl, dns, http, smb, kerberos, ntlm …) and of what was noticed, as text with a `#` header
//! or as JSON. After the Zeek manual, "Log Files", and its script reference of `base/protocols`. They name the ends of their
//! connection as conn.log does, and no bytes, packets or length of it.
//!
//! **Counted once.** All records of one connection share `uid`, and are one flow, at the time of the first. Where conn.log
//! stands in the same file, its record is the one that counts. Where conn.log is another file of the case, that is for the
//! case to see: it leaves this file out of its sums ([`crate::case`]).
//!
//! **Outcome.** Where a protocol was understood, both ends had a connection; where the login in it was refused (`auth_success` of
//! ssh, `success` of ntlm), it has failed.
//!
//! **Not read.** Logs that name no connection (files, x509, software, dhcp, stats).

use super::joined::{Joined, Key};
use super::syntax::json::{self, Value};
use super::syntax::separated::Separated;
use super::zeek::{self, Header, Line};
use super::zeek_conn_json::ZeekConnJson;
use super::zeek_conn_tsv::{ZeekConnTsv, end_address, port, protocol, read_time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Flow, Host, Outcome, Protocol, Text};

/// The format.
pub struct ZeekProtocols;

impl Format for ZeekProtocols {
    fn name(&self) -> &'static str {
        "zeek_protocols"
    }

    fn title(&self) -> &'static str {
        "Zeek logs of protocols (ssh, rdp, ssl, dns …)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if is_json(sample) { likeness_of_json(sample) } else { likeness_of_text(sample) }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) { Framing::Json } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let joined = Joined::default();
        let clock = setting.clock;
        if is_json(sample) {
            return Box::new(Json { joined, clock, conn: ZeekConnJson.open(setting, sample) });
        }
        let (header, cells) = (Header::default(), Separated::default());
        Box::new(Rows { joined, clock, header, columns: Vec::new(), cells, conn: ZeekConnTsv.open(setting, sample) })
    }
}

/// Whether a field says that a login succeeded or not.
fn is_verdict(field: &[u8]) -> bool {
    matches!(field, b"auth_success" | b"success")
}

/// Text says its columns in `#` lines. In JSON that is sent by syslog the first line begins with a header.
fn is_json(sample: &Sample<'_>) -> bool {
    let begin = sample.bytes.trim_ascii_start().first();
    begin.is_some_and(|first| matches!(first, b'{' | b'[')) || !sample.lines().any(|line| line.starts_with(b"#"))
}

/// Of logs that were joined into one file the first one decides.
fn likeness_of_text(sample: &Sample<'_>) -> Likeness {
    let mut header = Header::default();
    for line in sample.lines().filter(|line| line.starts_with(b"#")) {
        if let Line::Says(b"#fields", cells) = header.take(line) {
            let fields: Vec<&[u8]> = cells.collect();
            let has = |name: &[u8]| fields.contains(&name);
            let path = header.path.as_deref();
            if path.is_some_and(zeek::is_conn) {
                return Likeness::None;
            }
            if path.is_some() && has(b"ts") && has(b"id.orig_h") && has(b"id.resp_h") {
                return Likeness::Certain;
            }
        }
    }
    Likeness::None
}

/// Where conn.log is among mixed records, it tells of all connections, and its own reader is the faster one.
fn likeness_of_json(sample: &Sample<'_>) -> Likeness {
    let mut likeness = Likeness::None;
    for object in json::objects(sample.bytes).take(50) {
        let Ok(told) = Told::of_json(object) else { continue };
        if told.is_conn {
            return Likeness::None;
        }
        let known = told.uid.is_some() || told.stream.is_some() || told.guessed.is_some();
        if known && told.ts.is_some() && told.orig_host.is_some() && told.resp_host.is_some() {
            likeness = Likeness::Certain;
        }
    }
    likeness
}

struct Json {
    clock: Clock,
    conn: Box<dyn Parser>,
    joined: Joined,
}

impl Parser for Json {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let object = zeek::object_in(super::without_mark(record.bytes));
        // A search that was exported beside the log's own lines.
        let found = if object.starts_with(b"{\"preview\"") { super::carried::searched(object) } else { None };
        let object = found.as_deref().unwrap_or(object);
        let record = Record { bytes: object, ..record };
        match Told::of_json(object) {
            Ok(told) if told.is_conn => {
                let uid = told.uid.map(|uid| uid.into_owned());
                read_conn(self.conn.as_mut(), record, uid.as_deref(), &mut self.joined, flows)
            }
            Ok(told) => told.read(&self.clock, record, &mut self.joined, flows),
            Err(fault) => Disposition::Malformed(fault),
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.joined.rest().iter().for_each(|held| flows(&held.flow, held.place));
    }
}

struct Rows {
    clock: Clock,
    header: Header,
    /// The fields that matter, each by the number of its column.
    columns: Vec<(usize, Vec<u8>)>,
    cells: Separated,
    conn: Box<dyn Parser>,
    joined: Joined,
}

impl Parser for Rows {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if line.first() == Some(&b'#') {
            match self.header.take(line) {
                Line::Begins => self.columns.clear(),
                Line::Says(b"#fields", cells) => {
                    self.columns = cells.enumerate().map(|(number, name)| (number, name.to_vec())).collect();
                }
                Line::Says(..) | Line::Other => {}
            }
            return self.conn.read(record, flows);
        }
        let count = self.cells.cut(line, self.header.separator);
        let mut told = Told { stream: self.header.path.as_deref().map(Text::Borrowed), ..Told::default() };
        for (number, name) in &self.columns {
            let cell = self.cells.of(line, *number);
            if *number < count && cell != self.header.unset.as_slice() && cell != self.header.empty.as_slice() {
                told.put(name, || self.header.text(cell));
            }
        }
        if told.is_conn || self.columns.is_empty() {
            let uid = told.uid.map(|uid| uid.into_owned());
            return read_conn(self.conn.as_mut(), record, uid.as_deref(), &mut self.joined, flows);
        }
        if count != self.columns.len() {
            let found = format!("{count} columns where #fields names {}", self.columns.len());
            return Disposition::Malformed(Fault::new("the row has another number of columns than its header", found));
        }
        told.read(&self.clock, record, &mut self.joined, flows)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.joined.rest().iter().for_each(|held| flows(&held.flow, held.place));
    }
}

/// A record of conn.log among the others: it is the one that counts, and what was told of its connection gives way to it.
fn read_conn(
    conn: &mut dyn Parser,
    record: Record<'_>,
    uid: Option<&str>,
    joined: &mut Joined,
    flows: &mut Sink<'_>,
) -> Disposition {
    conn.read(record, &mut |flow, place| {
        let Some(uid) = uid else { return flows(flow, place) };
        let key = key_of(uid, flow);
        let user = joined.take(&key).and_then(|held| held.flow.user);
        joined.tell(key);
        flows(&Flow { user, ..flow.clone() }, place);
    })
}

fn key_of(uid: &str, flow: &Flow<'_>) -> Key {
    Key::of(Host::of_name(uid).0 as u64, flow)
}

/// What a record says, as text.
#[derive(Default)]
struct Told<'r> {
    stream: Option<Text<'r>>,
    ts: Option<Text<'r>>,
    uid: Option<Text<'r>>,
    orig_host: Option<Text<'r>>,
    orig_port: Option<Text<'r>>,
    resp_host: Option<Text<'r>>,
    resp_port: Option<Text<'r>>,
    proto: Option<Text<'r>>,
    user: Option<Text<'r>>,
    /// kerberos: the account, as `user/REALM`; elsewhere a program.
    client: Option<Text<'r>>,
    sensor: Option<Text<'r>>,
    /// The version of the protocol: TLS over TCP, or DTLS over UDP.
    version: Option<Text<'r>>,
    /// The log by a field that no other has, where it is not named.
    guessed: Option<&'static str>,
    /// The login in it was refused (ssh, ntlm).
    is_refused: bool,
    /// DNS: the answer's code, so it was answered.
    has_rcode: bool,
    /// A record of conn.log.
    is_conn: bool,
}

impl<'r> Told<'r> {
    fn of_json(object: &'r [u8]) -> Result<Told<'r>, Fault> {
        let mut told = Told::default();
        let mut nested = None;
        let mut visit = |key: &[u8], value: Value<'r>| match value {
            Value::Null => {}
            Value::Object(id) if key == b"id" => nested = Some(id),
            _ => match value.text() {
                Some(text) => told.put(key, || text),
                None if value == Value::Bool(false) && is_verdict(key) => told.is_refused = true,
                // A truth value or a list marks its log too.
                None => told.guessed = told.guessed.or(mark(key)),
            },
        };
        json::fields(object, |key, value| visit(key.bytes, value)).map_err(|not_json| {
            let shown = readable(&object[..object.len().min(80)]);
            Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
        })?;
        if let Some(id) = nested {
            // Already walked over once, so it is sound.
            let _sound = json::fields(id, |key, value| {
                if let Some(text) = value.text() {
                    told.put(&[b"id.", key.bytes].concat(), || text);
                }
            });
        }
        Ok(told)
    }

    fn put(&mut self, field: &[u8], text: impl FnOnce() -> Text<'r>) {
        let place = match field {
            b"_path" | b"@stream" | b"@path" => {
                let stream = text();
                self.is_conn |= zeek::is_conn(&stream);
                self.stream = Some(stream);
                return;
            }
            // Only conn.log counts what both ends sent.
            b"conn_state" | b"history" | b"orig_bytes" | b"resp_bytes" | b"orig_ip_bytes" | b"orig_pkts"
            | b"resp_pkts" | b"missed_bytes" => {
                self.is_conn = true;
                return;
            }
            b"rcode" | b"rcode_name" => {
                self.has_rcode = true;
                return;
            }
            b"auth_success" | b"success" => {
                self.guessed = self.guessed.or(mark(field));
                self.is_refused |= matches!(&*text(), "F" | "false");
                return;
            }
            b"ts" => &mut self.ts,
            b"uid" => &mut self.uid,
            // Notices, signatures and traceroutes name the ends in their own words.
            b"id.orig_h" | b"id_orig_h" | b"src" | b"src_addr" => &mut self.orig_host,
            b"id.orig_p" | b"id_orig_p" | b"src_port" => &mut self.orig_port,
            b"id.resp_h" | b"id_resp_h" | b"dst" | b"dst_addr" => &mut self.resp_host,
            b"id.resp_p" | b"id_resp_p" | b"dst_port" | b"p" => &mut self.resp_port,
            b"proto" => &mut self.proto,
            // ntlm, ftp, socks and radius.
            b"username" | b"user" => &mut self.user,
            b"client" => &mut self.client,
            // rdp: the account's name, cut to nine letters.
            b"cookie" => {
                self.guessed = self.guessed.or(Some("rdp"));
                &mut self.user
            }
            b"version" => &mut self.version,
            b"_system_name" | b"@system" | b"_node_name" | b"node" | b"peer" | b"sensor" => &mut self.sensor,
            _ => {
                self.guessed = self.guessed.or(mark(field));
                return;
            }
        };
        if place.is_none() {
            *place = Some(text());
        }
    }

    fn read(self, clock: &Clock, record: Record<'_>, joined: &mut Joined, flows: &mut Sink<'_>) -> Disposition {
        if self.orig_host.is_none() || self.resp_host.is_none() {
            return match self.stream.as_deref() {
                Some(stream) => {
                    let stream = visible(stream);
                    let reason = format!("Zeek {} log: no two ends of a connection", elided(&stream, 40));
                    Disposition::Skipped(reason.into())
                }
                None => Disposition::Skipped("Zeek log: no two ends of a connection".into()),
            };
        }
        let flow = match self.flow(clock) {
            Ok(flow) => flow,
            Err(fault) => return Disposition::Malformed(fault),
        };
        let Some(uid) = self.uid.as_deref() else {
            flows(&flow, record.place);
            return Disposition::Parsed;
        };
        const AGAIN: &str = "part of a connection that counts once";
        let key = key_of(uid, &flow);
        if joined.is_told(&key) {
            return Disposition::Skipped(AGAIN.into());
        }
        if let Some(held) = joined.waiting(&key) {
            let own = flow.into_owned();
            held.flow.user = held.flow.user.take().or(own.user);
            held.flow.service = held.flow.service.take().or(own.service);
            held.flow.protocol = held.flow.protocol.or(own.protocol);
            if held.flow.outcome == Outcome::Unknown {
                held.flow.outcome = own.outcome;
            }
            return Disposition::Skipped(AGAIN.into());
        }
        if let Some(oldest) = joined.hold(key, record.place, flow.into_owned()) {
            flows(&oldest.flow, oldest.place);
        }
        Disposition::Parsed
    }

    fn flow(&self, clock: &Clock) -> Result<Flow<'r>, Fault> {
        let mut flow = Flow::default();
        if let Some(ts) = &self.ts {
            let (start, basis) = read_time(ts.as_bytes(), clock)?;
            (flow.start, flow.basis) = (Some(start), basis);
        }
        let address = |field, said: &Option<Text<'_>>| {
            said.as_deref().map(|text| end_address(field, text.as_bytes())).transpose()
        };
        let port =
            |field, said: &Option<Text<'_>>| said.as_deref().map(|text| port(field, text.as_bytes())).transpose();
        flow.initiator.address = address("id.orig_h", &self.orig_host)?;
        flow.responder.address = address("id.resp_h", &self.resp_host)?;
        flow.initiator.port = port("id.orig_p", &self.orig_port)?;
        flow.responder.port = port("id.resp_p", &self.resp_port)?;
        let stream = self.stream.as_deref().or(self.guessed).unwrap_or_default();
        flow.protocol = match &self.proto {
            Some(proto) => protocol(proto.as_bytes())?,
            None => protocol_of(stream, self.version.as_deref().unwrap_or_default()),
        };
        flow.service = service_of(stream).map(Text::Borrowed);
        flow.outcome = match flow.service.as_deref() {
            None => Outcome::Unknown,
            Some("dns") if !self.has_rcode => Outcome::Unknown,
            // Kerberos refuses each first request for want of pre-authentication.
            Some(service) if self.is_refused && service != "kerberos" => Outcome::Failed,
            // The protocol was understood, so both ends had a connection.
            Some(_) => Outcome::Established,
        };
        let client = self.client.as_ref().filter(|_| stream == "kerberos");
        flow.user = self.user.as_ref().or(client).cloned().filter(|user| !user.is_empty());
        flow.sensor = self.sensor.clone();
        Ok(flow)
    }
}

/// The log that alone has this field. Zeek does not name the log in its JSON.
fn mark(field: &[u8]) -> Option<&'static str> {
    Some(match field {
        b"auth_success" | b"auth_attempts" | b"hassh" | b"kex_alg" => "ssh",
        b"cipher" | b"server_name" | b"cert_chain_fuids" | b"ja3" | b"validation_status" => "ssl",
        b"qtype_name" | b"qclass" | b"trans_id" => "dns",
        b"method" | b"uri" | b"status_code" | b"user_agent" => "http",
        b"security_protocol" | b"keyboard_layout" | b"client_build" => "rdp",
        b"renewable" | b"forwardable" | b"request_type" => "kerberos",
        b"domainname" | b"server_nb_computer_name" | b"server_dns_computer_name" => "ntlm",
        b"named_pipe" | b"endpoint" => "dce_rpc",
        b"share_type" | b"native_file_system" => "smb_mapping",
        b"mailfrom" | b"helo" => "smtp",
        b"framed_addr" | b"tunnel_client" | b"connect_info" | b"reply_msg" => "radius",
        b"tunnel_type" => "tunnel",
        b"note" | b"sub" | b"suppress_for" => "notice",
        b"notice" | b"addl" => "weird",
        _ => return None,
    })
}

/// The service as conn.log names it; `None` for logs that tell of a connection and not of its protocol.
fn service_of(stream: &str) -> Option<&'static str> {
    const SERVICES: [&str; 34] = [
        "dns",
        "http",
        "ssl",
        "ssh",
        "rdp",
        "kerberos",
        "ntlm",
        "dce_rpc",
        "ftp",
        "smtp",
        "mysql",
        "sip",
        "snmp",
        "socks",
        "irc",
        "radius",
        "ldap",
        "quic",
        "rfb",
        "modbus",
        "dnp3",
        "mqtt",
        "postgresql",
        "redis",
        "ntp",
        "dhcp",
        "syslog",
        "smb",
        "imap",
        "pop3",
        "websocket",
        "bacnet",
        "enip",
        "s7comm",
    ];
    let named = |stream: &str| SERVICES.iter().copied().find(|service| *service == stream);
    // `smb_files`, `smb_mapping`, `ldap_search`, `mqtt_publish`, `modbus_detailed`: what begins with the protocol's name.
    named(stream).or_else(|| stream.rsplit_once('_').and_then(|(begin, _)| named(begin)))
}

/// The transport under a protocol, where the log does not say.
fn protocol_of(stream: &str, version: &str) -> Option<Protocol> {
    match service_of(stream)? {
        "ssl" if version.starts_with("DTLS") => Some(Protocol::UDP),
        "ssl" | "http" | "ssh" | "rdp" | "ntlm" | "dce_rpc" | "ftp" | "smtp" | "mysql" | "irc" | "rfb" | "mqtt"
        | "postgresql" | "redis" | "smb" | "imap" | "pop3" | "websocket" | "socks" => Some(Protocol::TCP),
        "quic" | "snmp" | "ntp" | "radius" | "dhcp" => Some(Protocol::UDP),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{reading_of, recognise};

    const SSH: &str = "#separator \\x09\n#unset_field\t-\n#path\tssh\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tauth_success\n";

    fn sample(text: &str) -> Sample<'_> {
        Sample { bytes: text.as_bytes(), whole: true }
    }

    #[test]
    fn a_connection_told_by_several_records_counts_once() {
        let row = "1.5\tCabcdefgh1\t192.0.2.1\t50000\t192.0.2.9\t22\tF\n";
        let reading = reading_of(&ZeekProtocols, &format!("{SSH}{row}{row}"));
        assert_eq!(reading.flows.len(), 1);
        assert_eq!(reading.flows[0].service_key().to_string(), "tcp/22");
        assert_eq!(reading.flows[0].outcome, Outcome::Failed);
    }

    #[test]
    fn conn_log_behind_it_in_the_same_file_is_what_counts() {
        let dns = r#"{"_path":"dns","ts":1.5,"uid":"Cabcdefgh1","id.orig_h":"192.0.2.1","id.orig_p":5353,"id.resp_h":"192.0.2.9","id.resp_p":53,"proto":"udp","query":"a.example","rcode":0}"#;
        let conn = r#"{"_path":"conn","ts":1.4,"uid":"Cabcdefgh1","id.orig_h":"192.0.2.1","id.orig_p":5353,"id.resp_h":"192.0.2.9","id.resp_p":53,"proto":"udp","conn_state":"SF","orig_bytes":40,"resp_bytes":90}"#;
        for text in [format!("{dns}\n{conn}\n"), format!("{conn}\n{dns}\n")] {
            let reading = reading_of(&ZeekProtocols, &text);
            assert_eq!((reading.flows.len(), reading.flows[0].bytes_in), (1, Some(90)), "{text}");
        }
    }

    #[test]
    fn conn_log_is_left_to_its_own_format() {
        let conn = SSH.replace("\tssh\n", "\tconn\n");
        assert_eq!(ZeekProtocols.recognise(&sample(&conn)), Likeness::None);
        assert_eq!(recognise(&sample(&conn)).map(Format::name), Some("zeek_conn_tsv"));
        assert_eq!(recognise(&sample(SSH)).map(Format::name), Some("zeek_protocols"));
    }

    #[test]
    fn what_names_one_host_is_skipped_by_name() {
        let text = format!("{SSH}#path\tsoftware\n#fields\tts\thost\tname\n1.5\t192.0.2.1\tOpenSSH\n");
        let reading = reading_of(&ZeekProtocols, &text);
        let last = reading.dispositions.last();
        assert_eq!(last, Some(&Disposition::Skipped("Zeek software log: no two ends of a connection".into())));
    }

    #[test]
    fn the_transport_follows_from_the_protocol() {
        assert_eq!(protocol_of("ssl", "DTLSv12"), Some(Protocol::UDP));
        assert_eq!(protocol_of("smb_files", ""), Some(Protocol::TCP));
        assert_eq!(protocol_of("notice", ""), None);
        assert_eq!((service_of("ldap_search"), service_of("weird")), (Some("ldap"), None));
    }
}
