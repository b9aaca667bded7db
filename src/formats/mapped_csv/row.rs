//! A row of a table made a flow, by the columns that a mapping names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::syntax::{address, number, time};
use super::super::{Fault, Mapping, nfdump, reasons, zeek};
use super::columns::{self, Unit, is_host_name, is_unset};
use super::names;
use crate::evidence::Clock;
use crate::evidence::text::readable;
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol, Text};
use crate::formats::syntax::when::{self, Order, Unread};
use crate::sorting::LeanCollect as _;

/// A row's cells.
pub type Row<'r> = [Cow<'r, [u8]>];

/// Which column gives which field, settled once for a file.
#[derive(Debug, Default)]
pub struct Plan {
    /// How many columns the header has.
    pub width: usize,
    /// Whether an empty cell is a field that is not there, as in JSON objects; in a table an empty text stays one.
    pub is_sparse: bool,
    /// The mapping that this plan carries out.
    pub mapping: Mapping,
    columns: BTreeMap<&'static str, Column>,
    order: Option<Order>,
    unit: Unit,
    /// The column that says which way a connection went, where the ends are called local and remote: endpoint sensors tell of their own
    /// machine as local, whoever opened the connection.
    direction: Option<usize>,
    /// Whether a row tells of one direction of an exchange, as flow exports do (SiLK, NetFlow collectors): by ports at both ends,
    /// bytes and packets of one direction alone, and no word of what became of it.
    is_one_way: bool,
}

#[derive(Debug)]
struct Column {
    at: usize,
    name: String,
}

impl Plan {
    /// The plan of a header and a mapping. A mapping's column that the header lacks is no column of any field.
    pub fn new(header: &[String], mapping: &Mapping) -> Plan {
        let column = |field: &str| {
            let name = mapping.columns.get(field)?;
            let at = header.iter().position(|column| column == name)?;
            Some(Column { at, name: name.clone() })
        };
        let columns: BTreeMap<&'static str, Column> =
            names::FIELDS.iter().filter_map(|(field, _)| Some((*field, column(field)?))).lean_collect();
        let unit = columns.get("duration").map_or(Unit::Seconds, |duration| Unit::of(&duration.name));
        let order = mapping.columns.get("day_month").and_then(|word| Order::read(word));
        let has = |field: &str| columns.contains_key(field);
        let counts = |out: &str, back: &str, total: &str| (has(out) || has(total)) && !has(back);
        let is_one_way = has("src_port")
            && has("dst_port")
            && counts("bytes_out", "bytes_in", "bytes_total")
            && counts("packets_out", "packets_in", "packets_total")
            && !has("outcome");
        let is_local = columns.get("src_ip").is_some_and(|column| is_local(&column.name));
        let direction = header.iter().position(|name| {
            // Cilium's Hubble marks the packets that answer.
            let name = leaf(name);
            name == "isreply" || (is_local && names::DIRECTIONS.contains(&name.as_str()))
        });
        Plan {
            width: header.len(),
            is_sparse: false,
            mapping: mapping.clone(),
            columns,
            order,
            unit,
            direction,
            is_one_way,
        }
    }

    /// The flow of a row.
    pub fn flow<'r>(&self, row: &Row<'r>, clock: &Clock) -> Result<Flow<'r>, Fault> {
        // Some writers end each row with a delimiter; an empty cell more is no loss, a missing or filled one is.
        let filled = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        if row.len() < self.width || filled > self.width {
            let found = format!("{} cells where the header has {}", row.len(), self.width);
            return Err(Fault::new("the row has another number of cells than the header", found));
        }
        let mut flow = Flow {
            initiator: self.endpoint(row, "src_ip", "src_host", "src_port")?,
            responder: self.endpoint(row, "dst_ip", "dst_host", "dst_port")?,
            service: self.text(row, "service"),
            bytes_out: self.count(row, "bytes_out", reasons::BYTES)?,
            bytes_in: self.count(row, "bytes_in", reasons::BYTES)?,
            packets_out: self.count(row, "packets_out", reasons::PACKETS)?,
            packets_in: self.count(row, "packets_in", reasons::PACKETS)?,
            user: self.text(row, "user"),
            sensor: self.text(row, "sensor"),
            rule: self.text(row, "rule"),
            ..Flow::default()
        };
        let rest =
            |total: Option<u64>, part: Option<u64>| total.zip(part).and_then(|(total, part)| total.checked_sub(part));
        if flow.bytes_in.is_none() {
            flow.bytes_in = rest(self.count(row, "bytes_total", reasons::BYTES)?, flow.bytes_out);
        }
        if flow.packets_in.is_none() {
            flow.packets_in = rest(self.count(row, "packets_total", reasons::PACKETS)?, flow.packets_out);
        }
        flow.one_way = self.is_one_way;
        self.protocol(row, &mut flow);
        self.times(row, clock, &mut flow)?;
        self.outcome(row, &mut flow);
        Ok(flow)
    }

    /// Why a row is no connection: a cell for one of its ends is there, and empty.
    pub fn no_connection(&self, row: &Row<'_>) -> Option<&'static str> {
        let mapped = |ip: &str, host: &str| self.columns.contains_key(ip) || self.columns.contains_key(host);
        if row.len() < self.width || !mapped("src_ip", "src_host") || !mapped("dst_ip", "dst_host") {
            return None;
        }
        let named = |ip: &str, host: &str| self.said(row, ip).is_some() || self.said(row, host).is_some();
        // A socket that listens, as endpoint sensors tell of it.
        let nowhere = |ip: &str| self.cell(row, ip).is_some_and(|(cell, _)| matches!(cell, b"0.0.0.0" | b"::"));
        match (named("src_ip", "src_host"), named("dst_ip", "dst_host")) {
            (true, true) if nowhere("src_ip") && nowhere("dst_ip") => {
                Some("the row names neither source nor destination")
            }
            (true, true) => None,
            (true, false) => Some("the row names no destination"),
            (false, true) => Some("the row names no source"),
            (false, false) => Some("the row names neither source nor destination"),
        }
    }

    /// Whether a mapped column counts bytes or packets.
    pub fn counts(&self) -> bool {
        ["bytes_out", "bytes_in", "bytes_total", "packets_out", "packets_in"]
            .iter()
            .any(|field| self.columns.contains_key(field))
    }

    fn cell<'c>(&self, row: &'c Row<'_>, field: &str) -> Option<(&'c [u8], &str)> {
        let column = self.columns.get(field)?;
        Some((row.get(column.at)?.trim_ascii(), &column.name))
    }

    /// A cell that is a number, a time or an address: nothing, where it says that there is none.
    fn said<'c>(&self, row: &'c Row<'_>, field: &str) -> Option<(&'c [u8], &str)> {
        self.cell(row, field).filter(|(cell, _)| !is_unset(cell))
    }

    /// A cell as text, as it stands.
    fn text<'r>(&self, row: &Row<'r>, field: &str) -> Option<Text<'r>> {
        let column = self.columns.get(field)?;
        if self.is_sparse && row.get(column.at)?.is_empty() {
            return None;
        }
        Some(match row.get(column.at)? {
            Cow::Borrowed(bytes) => readable(trimmed(bytes)),
            Cow::Owned(bytes) => Cow::Owned(readable(trimmed(bytes)).into_owned()),
        })
    }

    fn count(&self, row: &Row<'_>, field: &str, reason: &'static str) -> Result<Option<u64>, Fault> {
        match self.said(row, field) {
            None => Ok(None),
            Some((cell, name)) => number::whole(&columns::ungrouped(cell))
                .or_else(|| nfdump::amount(cell))
                .map(Some)
                .ok_or_else(|| Fault::of_field(reason, name, cell)),
        }
    }

    fn endpoint<'r>(&self, row: &Row<'r>, ip: &str, host: &str, port: &str) -> Result<Endpoint<'r>, Fault> {
        let mut end = Endpoint::default();
        if let Some((cell, name)) = self.said(row, ip) {
            match address::address_and_port(cell) {
                Some((address, port)) => (end.address, end.port) = (Some(address), port),
                None if is_host_name(cell) => end.name = self.text(row, ip),
                None => return Err(Fault::of_field(reasons::ADDRESS, name, cell)),
            }
        }
        if end.name.is_none()
            && let Some((cell, name)) = self.said(row, host)
        {
            match address::address_and_port(cell) {
                Some((address, port)) if end.address.is_none() => (end.address, end.port) = (Some(address), port),
                None if columns::is_misspelt_address(cell) => {
                    return Err(Fault::of_field(reasons::ADDRESS, name, cell));
                }
                Some(_) | None => end.name = self.text(row, host),
            }
        }
        if !end.is_known() {
            let column = self.columns.get(ip).or(self.columns.get(host));
            let found = match column {
                Some(column) => format!("{} is empty", column.name),
                None => format!("no column is mapped to {ip} or {host}"),
            };
            return Err(Fault::new(reasons::NO_ADDRESS, found));
        }
        if let Some((cell, name)) = self.said(row, port) {
            end.port = Some(columns::port(cell).ok_or_else(|| Fault::of_field(reasons::PORT, name, cell))?);
        }
        Ok(end)
    }

    /// A protocol that has no number here (`rtp`, `dns over https`) is what the sensor calls the application.
    fn protocol<'r>(&self, row: &Row<'r>, flow: &mut Flow<'r>) {
        let Some((cell, _)) = self.said(row, "proto") else { return };
        // Carbon Black writes `PROTO_TCP`.
        let cell = cell.strip_prefix(b"PROTO_").unwrap_or(cell);
        let whole = number::whole(cell).and_then(|n| u8::try_from(n).ok()).map(Protocol);
        flow.protocol = whole.or_else(|| std::str::from_utf8(cell).ok().and_then(Protocol::read));
        if flow.protocol.is_none() && flow.service.is_none() {
            flow.service = self.text(row, "proto");
        }
    }

    fn times(&self, row: &Row<'_>, clock: &Clock, flow: &mut Flow<'_>) -> Result<(), Fault> {
        let zone = match self.said(row, "zone") {
            None => None,
            Some((cell, name)) => Some(time::offset(cell).ok_or_else(|| Fault::of_field(reasons::TIME, name, cell))?),
        };
        let unit = self.unit;
        if let Some((cell, name)) = self.said(row, "duration") {
            let read = columns::duration(cell, unit);
            flow.duration = Some(read.ok_or_else(|| Fault::of_field(reasons::DURATION, name, cell))?);
        }
        let start = match self.time(row, "ts", clock, zone)? {
            Some(start) => Some(start),
            None => self.date_and_time(row, clock, zone)?,
        };
        let end = self.time(row, "end", clock, zone)?;
        match (start, end, flow.duration) {
            (Some((start, basis)), Some((end, _)), None) => {
                (flow.start, flow.basis) = (Some(start), basis);
                flow.duration = end.0.checked_sub(start.0).and_then(|micros| u64::try_from(micros).ok());
            }
            (Some((start, basis)), _, _) => (flow.start, flow.basis) = (Some(start), basis),
            (None, Some((end, basis)), duration) => {
                (flow.start, flow.basis) = (end.before(duration.unwrap_or(0)), basis);
            }
            (None, None, _) => {
                if let Some((logged, basis)) = self.time(row, "logged", clock, zone)? {
                    (flow.start, flow.basis) = (Some(logged), basis);
                }
            }
        }
        Ok(())
    }

    fn time(
        &self,
        row: &Row<'_>,
        field: &str,
        clock: &Clock,
        zone: Option<i32>,
    ) -> Result<Option<(Moment, Basis)>, Fault> {
        match self.said(row, field) {
            None => Ok(None),
            Some((cell, name)) => self.moment(cell, name, clock, zone).map(Some),
        }
    }

    fn date_and_time(&self, row: &Row<'_>, clock: &Clock, zone: Option<i32>) -> Result<Option<(Moment, Basis)>, Fault> {
        let (Some((date, name)), Some((time, _))) = (self.said(row, "date"), self.said(row, "time")) else {
            return Ok(None);
        };
        let joined = [date, b" ", time].concat();
        self.moment(&joined, name, clock, zone).map(Some)
    }

    fn moment(&self, cell: &[u8], name: &str, clock: &Clock, zone: Option<i32>) -> Result<(Moment, Basis), Fault> {
        match when::read(cell, self.order) {
            Ok(mut written) => {
                written.offset = written.offset.or(zone);
                // `TimeGenerated [UTC]`: the header says it for all rows.
                if written.offset.is_none() && names::plain(name).contains("utc") {
                    return Ok((written.local, Basis::File));
                }
                Ok(written.settle(clock))
            }
            Err(Unread::NoTime) => Err(Fault::of_field(reasons::TIME, name, cell)),
            Err(Unread::WhichIsTheDay) => {
                Err(Fault::of_field("nothing in the file says which number of a date is the day", name, cell))
            }
        }
    }

    fn outcome(&self, row: &Row<'_>, flow: &mut Flow<'_>) {
        let said = self.direction.and_then(|at| row.get(at)).map(|cell| cell.trim_ascii().to_ascii_lowercase());
        let mut inbound = said.is_some_and(|said| names::INBOUND.iter().any(|word| *said == *word.as_bytes()));
        self.verdict(row, flow, &mut inbound);
        if inbound {
            std::mem::swap(&mut flow.initiator, &mut flow.responder);
            std::mem::swap(&mut flow.bytes_out, &mut flow.bytes_in);
            std::mem::swap(&mut flow.packets_out, &mut flow.packets_in);
        }
    }

    fn verdict(&self, row: &Row<'_>, flow: &mut Flow<'_>, inbound: &mut bool) {
        let Some((cell, name)) = self.cell(row, "outcome") else { return };
        let both_spoke = flow.bytes_out.unwrap_or(0) > 0 && flow.bytes_in.unwrap_or(0) > 0;
        flow.outcome = match zeek::outcome(cell, both_spoke) {
            // `blocked by policy`, `Allow (3)`: the first word may say it.
            Outcome::Unknown => match outcome_word(cell) {
                Outcome::Unknown => outcome_word(cell.split(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default()),
                known => known,
            },
            known => known,
        };
        // Defender for Endpoint says it in the action's name.
        let accepted = cell.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"inbound"));
        let local = self.columns.get("src_ip").is_some_and(|column| is_local(&column.name));
        *inbound |= accepted && local && names::plain(name) == "actiontype";
    }
}

/// The last key of a path in JSON, or the column's name.
fn leaf(name: &str) -> String {
    names::plain(name.rsplit('.').next().unwrap_or(name))
}

fn is_local(name: &str) -> bool {
    let name = leaf(name);
    name.starts_with("local") || name.starts_with("actionlocal")
}

/// Blanks around a cell are the writer's; a tab or line end is part of the text.
fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// What the words of many products' action columns mean.
pub fn outcome_word(cell: &[u8]) -> Outcome {
    let word = String::from_utf8_lossy(cell).to_lowercase();
    match word.as_str() {
        "allow"
        | "allowed"
        | "accept"
        | "accepted"
        | "permit"
        | "permitted"
        | "pass"
        | "passed"
        | "success"
        | "ok"
        | "established"
        | "built"
        | "close"
        | "closed"
        | "forward"
        | "forwarded"
        | "connectionsuccess"
        | "trust"
        | "inboundconnectionaccepted"
        | "trusted"
        | "alert"
        | "monitor"
        | "允许"
        | "放行"
        | "許可"
        | "通過"
        | "zugelassen"
        | "erlaubt" => Outcome::Established,
        "deny" | "denied" | "drop" | "dropped" | "block" | "blocked" | "reject" | "rejected" | "refuse" | "refused"
        | "discard" | "discarded" | "prevent" | "prevented" | "reset-both" | "reset-client" | "reset-server"
        | "reset both" | "drop-icmp" | "quarantine" | "firewallblock" | "拒绝" | "阻断" | "丢弃" | "拒否" | "遮断"
        | "破棄" | "ブロック" | "verweigert" | "blockiert" | "verworfen" | "abgelehnt" => Outcome::Denied,
        "fail" | "failed" | "failure" | "timeout" | "ip-conn" | "connectionfailed" | "connectionattempt" => {
            Outcome::Failed
        }
        _ => Outcome::Unknown,
    }
}
