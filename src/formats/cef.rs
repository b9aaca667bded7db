//! ArcSight's Common Event Format, as lines in any syslog dress, and as the Elastic agent hands it on in JSON (`cef.extensions`).
//! After "ArcSight Common Event Format (CEF) Implementation Standard", version 26: header `CEF:0|vendor|product|version|class|name|severity|`,
//! then `key=value` parted by blanks, where a value may hold blanks and `\=`, `\|`, `\\`, `\n` are escapes. Cisco's eStreamer parts
//! the pairs by semicolons; SonicOS puts values into quotes.
//!
//! **Bytes.** The standard counts relative to source and destination: `in` "data was flowing from source to destination", `out`
//! the other way. The firewalls of [`OUT_IS_SENT`] document it the other way round, `out` being what the source sent.
//!
//! **Time.** `start` is the begin, `end` the end; without them `rt` (or the header's time), less a duration, is when
//! the record was written. A time without a zone takes that of `dtz`, where it is an offset.
//!
//! **Logons.** A record without a destination whose name speaks of a login is a logon to the device; GlobalProtect's
//! (`PanOSPublicIPv4`) are VPN sessions at the gateway or portal that they name.

use std::borrow::Cow;

use super::named::{Named, Slot};
use super::syntax::json::{self, Value};
use super::syntax::syslog;
use super::syntax::years::Years;
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Kind, Text};

/// The format.
pub struct Cef;

/// Vendors who document `out` as what the source sent: FortiOS (Log Message Reference, "Traffic log support for CEF": a log with
/// `sentbyte=398 rcvdbyte=1605` is sent as `out=398 in=1605`), Cisco (eStreamer: `bytesOut` is `initiatorTransmittedBytes`), Zscaler (NSS feed output format: `in=%d{respsize} out=%d{reqsize}`),
/// PAN-OS (CEF Configuration Guide: `out=$bytes_sent`), SonicOS (`sent`), Check Point's Log Exporter (`sent_bytes`), and Trend
/// Micro's Deep Security, whose source is the protected host where there is an `out`.
const OUT_IS_SENT: [&str; 7] =
    ["Palo Alto Networks", "Fortinet", "SonicWall", "Zscaler", "Trend Micro", "Check Point", "Cisco"];

impl Format for Cef {
    fn name(&self) -> &'static str {
        "cef"
    }

    fn title(&self) -> &'static str {
        "CEF (ArcSight)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if is_json(sample) {
            let parsed = |object: &[u8]| InJson::of(object).is_ok_and(|found| found.is_cef);
            return if json::objects(sample.bytes).take(20).any(parsed) { Likeness::Certain } else { Likeness::None };
        }
        // In a table or in quotes it is somebody's field.
        let line =
            |line: &[u8]| header_at(line).is_some_and(|at| !line[..at].ends_with(b"\"") && !line.starts_with(b"\""));
        if sample.lines().take(50).any(line) { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) { Framing::Json } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Events { years: Years::new(setting.clock), in_json: is_json(sample) })
    }
}

fn is_json(sample: &Sample<'_>) -> bool {
    matches!(sample.bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Where a header begins: `CEF:0|`, `CEF:1|`, with blanks as some write them.
fn header_at(line: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(line, b"CEF:").find(|at| {
        let rest = line[at + 4..].trim_ascii_start();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let free = line[..*at].last().is_none_or(|b| !b.is_ascii_alphanumeric());
        free && digits > 0 && rest.get(digits) == Some(&b'|')
    })
}

struct Events {
    years: Years,
    in_json: bool,
}

impl Parser for Events {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        let event = if self.in_json { in_json(bytes) } else { Event::of(bytes) };
        let event = match event {
            Ok(event) => event,
            Err(disposition) => return disposition,
        };
        let (mut named, mut kind) = (event.named, Kind::Connection);
        let lone = !named.has_both_ends() && named.get(Slot::Source).is_some();
        if lone
            && (event.is_login || event.is_vpn)
            && let Some(device) = event.gateway.or(event.device)
        {
            kind = if event.is_vpn { Kind::Session } else { Kind::Logon };
            named.put(Slot::DestinationName, device);
        }
        if event.is_inbound {
            named.turn();
        }
        match named.flow(kind, &mut self.years) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(disposition) => disposition,
        }
    }
}

/// What a record says.
#[derive(Default)]
struct Event<'r> {
    named: Named<'r>,
    /// The device's address, or its name.
    device: Option<Text<'r>>,
    /// What a VPN client reached.
    gateway: Option<Text<'r>>,
    is_login: bool,
    is_vpn: bool,
    /// Source and destination are local and remote, and the remote machine called.
    is_inbound: bool,
}

impl<'r> Event<'r> {
    fn of(line: &'r [u8]) -> Result<Event<'r>, Disposition> {
        let Some(at) = header_at(line) else {
            let shown = readable(&line[..line.len().min(480)]);
            return Err(Disposition::Malformed(Fault::new("no CEF header", shown)));
        };
        let envelope = syslog::strip(line);
        let mut parts: [&[u8]; 7] = [b""; 7];
        let mut rest = &line[at..];
        for (nth, part) in parts.iter_mut().enumerate() {
            match unescaped_bar(rest) {
                Some(bar) => (*part, rest) = (&rest[..bar], &rest[bar + 1..]),
                // Without an extension the last bar is left out by some.
                None if nth == 6 => (*part, rest) = (rest, b""),
                None => {
                    let shown = readable(&line[..line.len().min(480)]);
                    return Err(Disposition::Malformed(Fault::new("a CEF header of fewer than seven parts", shown)));
                }
            }
        }
        let vendor = readable(parts[1]);
        let named = Named::sent_at(envelope.time);
        let is_vpn = parts[4].eq_ignore_ascii_case(b"GLOBALPROTECT");
        let mut event = Event { named, is_login: is_login(&readable(parts[5])), is_vpn, ..Event::default() };
        let mut filling = Filling::new(&vendor, parts[2]);
        each_pair(rest, |key, value| filling.take(&mut event, key, value));
        filling.finish(&mut event);
        // The header's name says what became of it where no field does.
        event.named.put(Slot::Outcome, readable(parts[5]));
        event.named.put(Slot::Sensor, envelope.host.map(readable).unwrap_or_default());
        event.device = event.device.or(envelope.host.map(readable));
        Ok(event)
    }
}

/// Fills slots from extensions, and what is known only when all are read: labels name the custom fields.
struct Filling {
    out_is_sent: bool,
    counts_packets: bool,
    /// CrowdStrike's detections name one machine, as `src` and `dhost`.
    names_one_host: bool,
    custom: Vec<(String, String)>,
}

impl Filling {
    fn new(vendor: &str, product: &[u8]) -> Filling {
        let out_is_sent = OUT_IS_SENT.iter().any(|own| own.eq_ignore_ascii_case(vendor.trim()));
        let counts_packets = vendor.trim().eq_ignore_ascii_case("Trend Micro");
        let names_one_host = product.eq_ignore_ascii_case(b"FalconHost");
        Filling { out_is_sent, counts_packets, names_one_host, custom: Vec::new() }
    }

    /// An extension by its key, short as in the line or long as in the dictionary.
    fn take<'r>(&mut self, event: &mut Event<'r>, key: &str, value: Text<'r>) {
        // FortiOS 6.0 spelt its own keys out.
        let shorter;
        let key = match key.strip_prefix("FortinetFortiGate") {
            Some(own) => {
                shorter = format!("FTNTFGT{own}");
                shorter.as_str()
            }
            None => key,
        };
        let slot = match key {
            "dhost" | "hostName" if self.names_one_host => Slot::Sensor,
            "localAddress" if self.names_one_host => Slot::Source,
            "localPort" if self.names_one_host => Slot::SourcePort,
            "remoteAddress" if self.names_one_host => Slot::Destination,
            "remotePort" if self.names_one_host => Slot::DestinationPort,
            "protocol" if self.names_one_host => Slot::Protocol,
            "connectionDirection" if self.names_one_host => {
                event.is_inbound = &*value == "1";
                return;
            }
            "ruleAction" if self.names_one_host => {
                event.named.put(Slot::Action, if &*value == "2" { "block" } else { "allow" }.into());
                return;
            }
            // Claroty names all its fields itself.
            "src" | "sourceAddress" | "sourceAddressIPv6" | "CtdSourceIp" => Slot::Source,
            "shost" | "sourceHostName" | "CtdSourceHost" => Slot::SourceName,
            "spt" | "sourcePort" => Slot::SourcePort,
            "dst" | "destinationAddress" | "destinationAddressIPv6" | "CtdDestinationIp" => Slot::Destination,
            "dhost" | "destinationHostName" | "CtdDestinationHost" => Slot::DestinationName,
            "CtdSourceZone" => Slot::SourceZone,
            "CtdDestinationZone" => Slot::DestinationZone,
            "CtdProtocol" => Slot::Service,
            "CtdTimeGenerated" => Slot::Logged,
            "dpt" | "destinationPort" => Slot::DestinationPort,
            "deviceInboundInterface" | "inzone" | "sourceZone" => Slot::SourceZone,
            "deviceOutboundInterface" | "outzone" | "destinationZone" => Slot::DestinationZone,
            "proto" | "transportProtocol" => {
                // SonicOS names the service behind the protocol: `tcp/https`.
                if let Some((protocol, service)) = value.split_once('/') {
                    let (protocol, service) = (protocol.to_owned(), service.to_owned());
                    event.named.put(Slot::Protocol, Cow::Owned(protocol));
                    event.named.put_first(Slot::Service, Cow::Owned(service));
                    return;
                }
                Slot::Protocol
            }
            "app" | "applicationProtocol" => Slot::Service,
            // Deep Security counts one packet, from source to destination, as `in` where the host received it.
            "in" | "bytesIn" if self.counts_packets => Slot::BytesOut,
            "in" | "bytesIn" if self.out_is_sent => Slot::BytesIn,
            "out" | "bytesOut" if self.out_is_sent => Slot::BytesOut,
            "in" | "bytesIn" => Slot::BytesOut,
            "out" | "bytesOut" => Slot::BytesIn,
            "start" | "startTime" => Slot::Start,
            "end" | "endTime" => Slot::End,
            // FortiOS says here, since the epoch, what its header says without zone.
            "rt" | "deviceReceiptTime" | "FTNTFGTeventtime" => Slot::Logged,
            "dtz" | "deviceTimeZone" => Slot::Zone,
            "act" | "deviceAction" | "action" | "FTNTFGTaction" => Slot::Action,
            "outcome" | "eventOutcome" | "categoryOutcome" => Slot::Outcome,
            "fw_action" => Slot::Action,
            // eStreamer hands an account that it could not name on as the object that says so.
            "suser" if value.starts_with('{') => return,
            "suser" | "sourceUserName" | "susr" | "PanOSSourceUserName" => Slot::User,
            "PanOSPublicIPv4" => Slot::Source,
            "PanOSEventStatus" => Slot::Outcome,
            "PanOSGateway" | "PanOSPortal" => {
                event.gateway = event.gateway.take().or(Some(value).filter(|value| !value.is_empty()));
                return;
            }
            "PanOSDeviceName" => {
                event.device = event.device.take().or(Some(value).filter(|value| !value.is_empty()));
                return;
            }
            "FTNTFGTduration" | "ad.duration" | "duration" => Slot::Seconds,
            "FTNTFGTpolicyid" | "rule_name" => Slot::Rule,
            "FTNTFGTsentpkt" => Slot::PacketsOut,
            "FTNTFGTrcvdpkt" => Slot::PacketsIn,
            "FTNTFGTsrcintf" => Slot::SourceZone,
            "FTNTFGTdstintf" => Slot::DestinationZone,
            "dvchost" | "deviceHostName" => {
                event.device = event.device.take().or(Some(value.clone()));
                event.named.put_first(Slot::Sensor, value);
                return;
            }
            "dvc" | "deviceAddress" => {
                event.device = Some(value.clone());
                event.named.put(Slot::Sensor, value);
                return;
            }
            "duser" | "destinationUserName" => {
                self.custom.push(("duser".to_owned(), value.into_owned()));
                return;
            }
            _ => {
                let is_custom = key.starts_with("c6a")
                    || key.starts_with("cs")
                    || key.starts_with("cn")
                    || key.starts_with("deviceCustom");
                if is_custom && self.custom.len() < 40 {
                    self.custom.push((key.to_owned(), value.into_owned()));
                }
                return;
            }
        };
        event.named.put(slot, value);
    }

    fn finish(self, event: &mut Event<'_>) {
        let value = |key: &str| self.custom.iter().find(|(own, _)| own == key).map(|(_, value)| value.clone());
        for (key, label) in &self.custom {
            let Some(field) = key.strip_suffix("Label") else { continue };
            let Some(value) = value(field) else { continue };
            let label: String =
                label.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
            let slot = match label.as_str() {
                "rule"
                | "rulename"
                | "ruleid"
                | "policy"
                | "policyname"
                | "policyid"
                | "aclid"
                | "acl"
                | "accesscontrolrulename"
                | "firewallrule" => Slot::Rule,
                "sourcezone" | "srczone" | "fromzone" => Slot::SourceZone,
                "destinationzone" | "dstzone" | "destzone" | "tozone" => Slot::DestinationZone,
                "packetssent" => Slot::PacketsOut,
                "packetsreceived" => Slot::PacketsIn,
                "elapsedtimeinseconds" | "elapsedtime" | "duration" | "sessionduration" => Slot::Seconds,
                _ => continue,
            };
            event.named.put(slot, Cow::Owned(value));
        }
        // The dictionary's own use of two custom fields: addresses of IPv6, where `src` and `dst` had room for IPv4 alone.
        for (keys, slot) in [
            (["c6a2", "deviceCustomIPv6Address2"], Slot::Source),
            (["c6a3", "deviceCustomIPv6Address3"], Slot::Destination),
        ] {
            if let Some(address) = keys.iter().find_map(|key| value(key)) {
                event.named.put(slot, Cow::Owned(address));
            }
        }
        if let Some(user) = value("duser") {
            event.named.put(Slot::User, Cow::Owned(user));
        }
    }
}

/// A record whose name speaks of somebody logging in.
fn is_login(name: &str) -> bool {
    let name = name.to_lowercase();
    ["login", "logon", "logged in", "log in", "log on", "signed in", "sign in", "sign-in", "authenticat"]
        .iter()
        .any(|word| name.contains(word))
}

/// The next `|` that no backslash escapes.
fn unescaped_bar(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'|', bytes).find(|at| {
        let slashes = bytes[..*at].iter().rev().take_while(|b| **b == b'\\').count();
        slashes % 2 == 0
    })
}

/// Visits the pairs of an extension. A value goes up to the blank before the next key, a key being a word right before an
/// unescaped `=`; to the semicolon before it where semicolons part the pairs from the first one on.
fn each_pair<'r>(extension: &'r [u8], mut visit: impl FnMut(&str, Text<'r>)) {
    let first_break = memchr::memchr2(b' ', b';', extension).is_some_and(|at| extension[at] == b';');
    let begins_pair = |at: usize| {
        let key = extension[at + 1..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        key > 0 && extension.get(at + 1 + key) == Some(&b'=')
    };
    let by_semicolons =
        first_break && memchr::memchr_iter(b';', extension).filter(|at| begins_pair(*at)).take(3).count() == 3;
    let breaks = |b: &u8| if by_semicolons { *b == b';' } else { matches!(b, b' ' | b'\t') };
    // Key and where its value begins.
    let mut open: Option<(&'r [u8], usize)> = None;
    for equals in memchr::memchr_iter(b'=', extension) {
        if extension[..equals].ends_with(b"\\") {
            continue;
        }
        let before = &extension[..equals];
        let key_at = before.iter().rposition(breaks).map_or(0, |blank| blank + 1);
        let key = &before[key_at..];
        let is_key = !key.is_empty()
            && key.len() <= 100
            && key.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'[' | b']'));
        if !is_key {
            continue;
        }
        if let Some((own, from)) = open.filter(|(_, from)| *from <= key_at) {
            let value = &extension[from..key_at];
            visit(
                &readable(own),
                unescaped(if by_semicolons { value.strip_suffix(b";").unwrap_or(value) } else { value }),
            );
        }
        open = Some((key, equals + 1));
    }
    if let Some((key, from)) = open {
        visit(&readable(key), unescaped(&extension[from..]));
    }
}

fn unescaped(bytes: &[u8]) -> Text<'_> {
    let bytes = bytes.trim_ascii();
    let bare = bytes.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\""));
    let text = readable(bare.filter(|inner| !inner.contains(&b'"')).unwrap_or(bytes));
    if !text.contains('\\') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next @ ('=' | '|' | '\\'))) => {
                out.push(*next);
                chars.next();
            }
            ('\\', Some('n' | 'r')) => {
                out.push('\n');
                chars.next();
            }
            (c, _) => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A record that the Elastic agent has taken apart: `cef.extensions` beside `cef.device`.
#[derive(Default)]
struct InJson<'j> {
    cef: Option<&'j [u8]>,
    is_cef: bool,
    timestamp: Option<Value<'j>>,
    flat: Vec<(Text<'j>, Text<'j>)>,
}

impl<'j> InJson<'j> {
    fn of(object: &'j [u8]) -> Result<InJson<'j>, json::NotJson> {
        let mut found = InJson::default();
        json::fields(object, |key, value| match (key.bytes, value) {
            (b"cef", Value::Object(inner)) => (found.cef, found.is_cef) = (Some(inner), true),
            (b"@timestamp", value) => found.timestamp = Some(value),
            (name, value) if name.starts_with(b"cef.") => {
                found.is_cef = true;
                if let Some(text) = value.text() {
                    found.flat.push((key.text(), text));
                }
            }
            _ => {}
        })?;
        Ok(found)
    }
}

fn in_json(bytes: &[u8]) -> Result<Event<'_>, Disposition> {
    let found = InJson::of(bytes).map_err(|not_json| {
        let shown = readable(&bytes[..bytes.len().min(80)]);
        Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")))
    })?;
    if !found.is_cef {
        return Err(Disposition::Skipped("a record without fields of CEF".into()));
    }
    let mut extensions = found.flat;
    // All of it was walked over once, so it is sound.
    let nested = |object: &[u8], prefix: &str, into: &mut Vec<(String, String)>| {
        let _sound = json::fields(object, |key, value| {
            if let Some(text) = value.text() {
                into.push((format!("{prefix}{}", key.text()), text.into_owned()));
            }
        });
    };
    let mut deep = Vec::new();
    if let Some(cef) = found.cef {
        nested(cef, "cef.", &mut deep);
        let _sound = json::fields(cef, |key, value| {
            if let (b"device" | b"extensions", Value::Object(inner)) = (key.bytes, value) {
                nested(inner, &format!("cef.{}.", key.text()), &mut deep);
            }
        });
    }
    extensions.extend(deep.into_iter().map(|(key, value)| (Cow::Owned(key), Cow::Owned(value))));
    let of = |wanted: &str| extensions.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.to_string());
    let (vendor, name) = (of("cef.device.vendor").unwrap_or_default(), of("cef.name").unwrap_or_default());
    let mut event = Event { is_login: is_login(&name), ..Event::default() };
    let mut filling = Filling::new(&vendor, b"");
    for (key, value) in &extensions {
        if let Some(key) = key.strip_prefix("cef.extensions.") {
            filling.take(&mut event, key, Cow::Owned(value.to_string()));
        }
    }
    filling.finish(&mut event);
    event.named.put(Slot::Outcome, Cow::Owned(name));
    if let Some(text) = found.timestamp.and_then(|value| value.text()) {
        event.named.put(Slot::Logged, text);
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(extension: &str) -> Vec<String> {
        let mut found = Vec::new();
        each_pair(extension.as_bytes(), |key, value| found.push(format!("{key}: {value}")));
        found
    }

    #[test]
    fn values_hold_blanks_and_escapes() {
        assert_eq!(
            pairs(r"msg=two words here src=192.0.2.7 cs1=a\=b \\ c\nd request=https://x.example/?q=1 act= dpt=443  "),
            [
                "msg: two words here",
                "src: 192.0.2.7",
                "cs1: a=b \\ c\nd",
                "request: https://x.example/?q=1",
                "act: ",
                "dpt: 443"
            ]
        );
        assert_eq!(pairs("no pairs"), [""; 0]);
        assert_eq!(
            pairs("rt=1;start=2 ;src=192.0.2.7;suser={'a': 0, 'b': 1};act=Would Be Blocked"),
            ["rt: 1", "start: 2", "src: 192.0.2.7", "suser: {'a': 0, 'b': 1}", "act: Would Be Blocked"]
        );
        assert_eq!(pairs(r#"susr="example\\jan" cs1="a "b" c""#), ["susr: example\\jan", "cs1: \"a \"b\" c\""]);
    }

    #[test]
    fn a_header_stands_anywhere_in_its_line() {
        assert_eq!(header_at(b"<14>Jun 11 10:00:00 fw1 CEF:0|a|"), Some(24));
        assert_eq!(header_at(b"xCEF:0|a|"), None);
        assert_eq!(header_at(b"CEF: 1|a|"), Some(0));
        assert_eq!(header_at(b"CEF:no"), None);
    }
}
