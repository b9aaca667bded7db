//! Tables of Microsoft Sentinel (Log Analytics) and Defender XDR (advanced hunting) that name connections, as exported to CSV or JSON: DeviceNetworkEvents,
//! DeviceLogonEvents, CommonSecurityLog, WindowsFirewall, VMConnection, AzureNetworkAnalytics_CL and NTANetAnalytics. After
//! "Azure Monitor Logs table reference" and "Advanced hunting schema tables". SecurityEvent is read as Windows events.
//!
//! **Direction.** DeviceNetworkEvents and VMConnection tell of their own machine as local, whoever opened the connection: `ActionType`
//! (`InboundConnectionAccepted`), `Direction` or `AdditionalFields` (`"direction":"In"`) say who did; where nothing does, a local
//! service port beside a remote client's port does. In the other tables source and destination stand by name.
//!
//! **Bytes.** CommonSecurityLog: `SentBytes` from the source, `ReceivedBytes` to it. AzureNetworkAnalytics_CL: `OutboundBytes_d` from the source.
//!
//! **Time.** `TimeGenerated` or `Timestamp`, UTC unless the portal was set to another zone, which it then writes into the
//! column's name (`TimeGenerated [Pacific Time (US and Canada)]`): such a name is no offset, and the file's clock settles it.
//! Dates of the portal are month first (`12/10/2020, 10:22:47.092 AM`).
//!
//! **Not read.** Sign-ins to cloud applications, which name no host, and tables of files, processes, mails and alerts.

use std::borrow::Cow;

use super::firewall::{Sessions, Telling, told_once};
use super::named::{Named, Slot};
use super::syntax::json::{self, NotJson, Value};
use super::syntax::years::Years;
use super::syntax::{cells, number};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Kind, Text};

/// The format.
pub struct MicrosoftTables;

impl Format for MicrosoftTables {
    fn name(&self) -> &'static str {
        "microsoft_tables"
    }

    fn title(&self) -> &'static str {
        "Microsoft Sentinel and Defender tables"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = if is_json(sample) {
            json::objects(sample.bytes).take(20).any(|object| Row::of_json(object).is_ok_and(|row| row.is_known()))
        } else {
            Header::of(sample).is_some()
        };
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) {
            return Framing::Json;
        }
        Framing::QuotedLines(Header::of(sample).map_or(b',', |header| header.delimiter))
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let header = if is_json(sample) { None } else { Header::of(sample) };
        let zoned = header.as_ref().is_some_and(|header| header.is_zoned);
        // Without a zone in the column's name, times are UTC.
        let clock = if zoned || setting.clock.chosen_offset.is_some() {
            setting.clock
        } else {
            Clock { chosen_offset: Some(0), ..setting.clock }
        };
        let is_utc = !zoned && setting.clock.chosen_offset.is_none();
        Box::new(Rows { header, years: Years::new(clock), is_utc, sessions: Sessions::default() })
    }
}

fn is_json(sample: &Sample<'_>) -> bool {
    matches!(sample.bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The header of a table.
struct Header {
    delimiter: u8,
    line: Vec<u8>,
    columns: Vec<String>,
    is_zoned: bool,
}

impl Header {
    fn of(sample: &Sample<'_>) -> Option<Header> {
        let line = sample.lines().next()?;
        [b',', b'\t', b';'].iter().find_map(|delimiter| {
            let mut names = Vec::new();
            cells::cut(line, *delimiter, &mut names).ok()?;
            let columns: Vec<String> = names.iter().map(|name| readable(name.trim_ascii()).into_owned()).collect();
            let mut row = Row::default();
            columns.iter().for_each(|name| row.values.push((plain(name), Cow::Borrowed(""))));
            let is_zoned = columns.iter().any(|name| {
                let remark = name.split_once('[').map(|(_, remark)| remark.trim_end_matches(']').trim());
                plain(name).starts_with("timegenerated")
                    && remark.is_some_and(|remark| !remark.eq_ignore_ascii_case("utc"))
            });
            row.is_known().then(|| Header { delimiter: *delimiter, line: line.to_vec(), columns, is_zoned })
        })
    }
}

/// A column's name in lower case, without a portal's remark (`[UTC]`) and a custom log's type (`_s`, `_d`, `_t`).
fn plain(name: &str) -> String {
    let name = name.split(" [").next().unwrap_or_default().trim();
    let bare = match name.len().checked_sub(2).map(|at| name.split_at_checked(at)) {
        Some(Some((bare, "_s" | "_d" | "_t" | "_b" | "_g"))) => bare,
        Some(_) | None => name,
    };
    bare.to_lowercase()
}

/// One row by its columns.
#[derive(Default)]
struct Row<'r> {
    values: Vec<(String, Text<'r>)>,
}

/// Which table a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// Defender's connections of a device.
    DeviceNetwork,
    /// Defender's logons.
    DeviceLogon,
    /// CEF in Sentinel.
    CommonSecurity,
    /// Flows by source and destination under names of their own.
    Flows,
    /// Another table of the same products.
    Other,
}

impl<'r> Row<'r> {
    fn of_json(object: &'r [u8]) -> Result<Row<'r>, NotJson> {
        let mut row = Row::default();
        row.walk(object, 0)?;
        Ok(row)
    }

    fn walk(&mut self, object: &'r [u8], depth: u8) -> Result<(), NotJson> {
        let mut fault = Ok(());
        json::fields(object, |key, value| match value {
            Value::Object(inner) if depth < 2 && matches!(key.bytes, b"properties" | b"_source" | b"body") => {
                if fault.is_ok() {
                    fault = self.walk(inner, depth + 1);
                }
            }
            Value::Object(inner) => self.values.push((plain(&key.text()), readable(inner))),
            Value::String(_) | Value::Number(_) => {
                if let Some(text) = value.text() {
                    self.values.push((plain(&key.text()), text));
                }
            }
            // A column that is there and empty still tells which table it is.
            Value::Null | Value::Bool(_) | Value::Array(_) => self.values.push((plain(&key.text()), Cow::Borrowed(""))),
        })?;
        fault
    }

    fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(own, _)| own == name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.trim()).filter(|value| !super::named::is_unset(value))
    }

    fn table(&self) -> Table {
        let all = |names: &[&str]| names.iter().all(|name| self.has(name));
        if all(&["actiontype", "localip", "remoteip", "devicename"]) && (self.has("protocol") || self.has("remoteurl"))
        {
            Table::DeviceNetwork
        } else if all(&["actiontype", "logontype", "devicename", "remoteip"]) {
            Table::DeviceLogon
        } else if all(&["devicevendor", "deviceproduct", "sourceip", "destinationip"]) {
            Table::CommonSecurity
        } else if all(&["srcip", "destip", "destport"]) && (self.has("flowstarttime") || self.has("l4protocol"))
            || all(&["sourceip", "destinationip", "destinationport", "bytessent", "direction", "computer"])
            || all(&["sourceip", "destinationip", "firewallaction", "communicationdirection"])
        {
            Table::Flows
        } else {
            Table::Other
        }
    }

    /// Whether it is surely a row of these products.
    fn is_known(&self) -> bool {
        let hunting =
            self.values.iter().any(|(name, value)| name == "category" && value.starts_with("AdvancedHunting-"));
        let stamped = ["timegenerated", "timestamp", "flowstarttime"].iter().any(|name| self.has(name));
        hunting || (stamped && self.table() != Table::Other)
    }
}

struct Rows {
    header: Option<Header>,
    years: Years,
    is_utc: bool,
    /// SonicWall tells of a connection when it is opened and when it is closed.
    sessions: Sessions,
}

impl Parser for Rows {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        let mut cut = Vec::new();
        let row = match &self.header {
            Some(header) if bytes == header.line => return Disposition::Header,
            Some(header) => {
                if let Err(cell) = cells::cut(bytes, header.delimiter, &mut cut) {
                    let shown = readable(&bytes[..bytes.len().min(480)]);
                    let found = format!("cell {cell} of: {shown}");
                    return Disposition::Malformed(Fault::new("a quoted value is not closed", found));
                }
                if cut.len() < header.columns.len() {
                    let found = format!("{} cells where the header has {}", cut.len(), header.columns.len());
                    return Disposition::Malformed(Fault::new(
                        "the row has another number of cells than the header",
                        found,
                    ));
                }
                let columns = header.columns.iter().map(|name| plain(name));
                Row { values: columns.zip(cut.iter().map(|cell| readable(cell.trim_ascii()))).collect() }
            }
            None => match Row::of_json(bytes) {
                Ok(row) => row,
                Err(not_json) => {
                    let shown = readable(&bytes[..bytes.len().min(80)]);
                    return Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")));
                }
            },
        };
        let read = fields(&row).and_then(|(named, kind)| named.flow(kind, &mut self.years));
        match read {
            Ok(mut flow) => {
                if self.is_utc && flow.start.is_some() {
                    flow.basis = crate::flow::Basis::Explicit;
                }
                let telling = match row.get("activity").filter(|_| row.table() == Table::CommonSecurity) {
                    Some("Connection Opened") => Telling::Before,
                    Some("Connection Closed") => Telling::Last,
                    Some(_) | None => {
                        flows(&flow, record.place);
                        return Disposition::Parsed;
                    }
                };
                let device = flow.sensor.clone().unwrap_or_default();
                told_once(self.sessions.tell([&device, ""], telling, flow, &record, flows))
            }
            Err(disposition) => disposition,
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.sessions.finish(flows);
    }
}

/// The fields of a row, by its table.
fn fields<'r>(row: &Row<'r>) -> Result<(Named<'r>, Kind), Disposition> {
    let mut named = Named::default();
    let table = row.table();
    for (name, value) in &row.values {
        let slot = match (table, name.as_str()) {
            (_, "timestamp" | "timegenerated") => Slot::Logged,
            (_, "devicename") if table != Table::CommonSecurity => Slot::Sensor,
            (_, "initiatingprocessfilename" | "processname") => Slot::Service,
            (Table::DeviceNetwork, "localip") => Slot::Source,
            (Table::DeviceNetwork, "localport") => Slot::SourcePort,
            (Table::DeviceNetwork, "remoteip") => Slot::Destination,
            (Table::DeviceNetwork, "remoteport") => Slot::DestinationPort,
            (Table::DeviceNetwork, "initiatingprocessaccountname") => Slot::User,
            (Table::DeviceLogon, "remoteip") => Slot::Source,
            (Table::DeviceLogon, "remoteport") if value.trim() != "0" => Slot::SourcePort,
            (Table::DeviceLogon, "remotedevicename") => Slot::SourceName,
            (Table::DeviceLogon, "accountname") => Slot::User,
            (Table::CommonSecurity | Table::Flows, "sourceip" | "srcip") => Slot::Source,
            (Table::CommonSecurity | Table::Flows, "sourceport" | "srcport") => Slot::SourcePort,
            (Table::CommonSecurity, "sourcehostname") => Slot::SourceName,
            (Table::CommonSecurity | Table::Flows, "destinationip" | "destip") => Slot::Destination,
            (Table::CommonSecurity | Table::Flows, "destinationport" | "destport") => Slot::DestinationPort,
            (Table::CommonSecurity, "destinationhostname") => Slot::DestinationName,
            (Table::CommonSecurity, "deviceinboundinterface") => Slot::SourceZone,
            (Table::CommonSecurity, "deviceoutboundinterface") => Slot::DestinationZone,
            (Table::CommonSecurity, "applicationprotocol") => Slot::Service,
            (Table::CommonSecurity, "sourceusername") => Slot::User,
            (Table::CommonSecurity, "sentbytes") | (Table::Flows, "bytessent" | "bytessrctodest" | "outboundbytes") => {
                Slot::BytesOut
            }
            (Table::CommonSecurity, "receivedbytes")
            | (Table::Flows, "bytesreceived" | "bytesdesttosrc" | "inboundbytes") => Slot::BytesIn,
            (Table::Flows, "packetssrctodest" | "outboundpackets") => Slot::PacketsOut,
            (Table::Flows, "packetsdesttosrc" | "inboundpackets") => Slot::PacketsIn,
            (Table::CommonSecurity, "starttime") | (Table::Flows, "flowstarttime") => Slot::Start,
            (Table::CommonSecurity, "endtime") | (Table::Flows, "flowendtime") => Slot::End,
            (Table::CommonSecurity, "deviceaction" | "simplifieddeviceaction")
            | (Table::Flows, "firewallaction" | "flowstatus") => Slot::Action,
            (Table::CommonSecurity, "eventoutcome") => Slot::Outcome,
            (Table::CommonSecurity, "activity") if value.starts_with("Connection ") => Slot::Outcome,
            (Table::CommonSecurity, "devicename" | "deviceaddress" | "computer") | (Table::Flows, "computer") => {
                Slot::Sensor
            }
            (Table::Flows, "nsgrule" | "aclrule") => Slot::Rule,
            (Table::Flows, "l4protocol" | "protocol") => Slot::Protocol,
            (Table::Flows, "l7protocol") => Slot::Service,
            (Table::CommonSecurity | Table::DeviceNetwork, "protocol") => Slot::Protocol,
            _ => continue,
        };
        // Network Watcher writes a letter.
        let value = match (slot, value.trim()) {
            (Slot::Protocol, "T") => Cow::Borrowed("tcp"),
            (Slot::Protocol, "U") => Cow::Borrowed("udp"),
            (Slot::Action, "A") if table == Table::Flows => Cow::Borrowed("allowed"),
            (Slot::Action, "D") if table == Table::Flows => Cow::Borrowed("denied"),
            _ => value.clone(),
        };
        named.put(slot, value);
    }
    match table {
        Table::DeviceNetwork => device_network(row, &mut named)?,
        Table::DeviceLogon => {
            let Some(device) = row.get("devicename") else { return Err(nameless()) };
            named.put(Slot::DestinationName, Cow::Owned(device.to_owned()));
            named.put(Slot::Action, Cow::Owned(row.get("actiontype").unwrap_or_default().to_owned()));
            if let Some(kind) = row.get("logontype") {
                named.put_first(Slot::Service, Cow::Owned(format!("logon {}", kind.to_lowercase())));
            }
            return Ok((named, Kind::Logon));
        }
        Table::CommonSecurity if !named.has_both_ends() => local_and_remote(row, &mut named),
        Table::CommonSecurity | Table::Flows => {}
        Table::Other => return Err(nameless()),
    }
    Ok((named, Kind::Connection))
}

/// The ends that Falcon's firewall matches name as local and remote, in what Sentinel keeps of CEF beside its columns:
/// `localAddress=192.0.2.5;remoteAddress=…;connectionDirection=1`, where 1 is inbound.
fn local_and_remote(row: &Row<'_>, named: &mut Named<'_>) {
    let Some(extensions) = row.get("additionalextensions") else { return };
    let mut is_inbound = false;
    for (key, value) in extensions.split(';').filter_map(|pair| pair.split_once('=')) {
        let slot = match key.trim() {
            "localAddress" => Slot::Source,
            "localPort" => Slot::SourcePort,
            "remoteAddress" => Slot::Destination,
            "remotePort" => Slot::DestinationPort,
            "protocol" => Slot::Protocol,
            "connectionDirection" => {
                is_inbound = matches!(value.trim(), "1" | "inbound");
                continue;
            }
            _ => continue,
        };
        named.put_first(slot, Cow::Owned(value.trim().to_owned()));
    }
    if is_inbound && named.has_both_ends() {
        named.turn();
    }
}

fn nameless() -> Disposition {
    Disposition::Skipped("a row of another table (no connection between two hosts)".into())
}

/// Who opened a connection that is told of as local and remote, and what became of it.
fn device_network(row: &Row<'_>, named: &mut Named<'_>) -> Result<(), Disposition> {
    let action = row.get("actiontype").unwrap_or_default();
    let said = row.get("additionalfields").unwrap_or_default().to_lowercase();
    let says = |way: &str| {
        let spaced = format!("\"direction\": \"{way}\"");
        said.contains(&spaced) || said.contains(&spaced.replace(": ", ":"))
    };
    let port = |name: &str| row.get(name).and_then(|text| number::port(text.as_bytes()));
    let served = match (port("localport"), port("remoteport")) {
        (Some(local), Some(remote)) => local < 32_768 && remote >= 32_768,
        (_, _) => false,
    };
    let inbound = if action.contains("Inbound") {
        true
    } else if action.contains("Outbound")
        || matches!(action, "ConnectionSuccess" | "ConnectionFailed" | "ConnectionRequest")
    {
        false
    } else if says("in") || says("out") {
        says("in")
    } else {
        served
    };
    if let Some(device) = row.get("devicename") {
        named.put(Slot::SourceName, Cow::Owned(device.to_owned()));
    }
    // A URL names the remote host, unless this was the one that was asked.
    if let Some(url) = row.get("remoteurl").filter(|_| !inbound) {
        let host = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = host.split(['/', ':', '?']).next().unwrap_or_default();
        named.put(Slot::DestinationName, Cow::Owned(host.to_owned()));
    }
    let outcome = match action {
        "ConnectionSuccess" | "InboundConnectionAccepted" | "ConnectionFound" | "ConnectionAcknowledged" => "success",
        "ConnectionFailed" | "ConnectionAttempt" | "InboundConnectionAttempt" => "failed",
        word if word.contains("Blocked") => "blocked",
        word if word.ends_with("Inspected") => "success",
        _ => "",
    };
    named.put(Slot::Action, Cow::Borrowed(outcome));
    if inbound {
        named.turn();
    }
    Ok(())
}
