//! Zeek's conn.log as JSON, in the three spellings of its ends: `id.orig_h`, `{"id":{"orig_h":…}}`, `id_orig_h`. After the
//! Zeek manual, "conn.log" and `policy/tuning/json-logs.zeek`. Bytes are payload, as in the TSV.

use super::syntax::json::{self, Value};
use super::syntax::number;
use super::syntax::template::{Asked, Template};
use super::zeek_conn_tsv::{duration, end_address, finish, protocol, read_time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons, zeek};
use crate::evidence::records::shapes::Fitted;
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Flow, Text};

/// The format.
pub struct ZeekConnJson;

impl Format for ZeekConnJson {
    fn name(&self) -> &'static str {
        "zeek_conn_json"
    }

    fn title(&self) -> &'static str {
        "Zeek conn.log (JSON)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(ConnJson { clock: setting.clock, template: Template::default() })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let Ok(fields) = Fields::of(object, None, &mut Template::default()) else { return Likeness::None };
    let ends = fields.orig_host.is_some() && fields.resp_host.is_some();
    let has_uid = fields.uid.and_then(|uid| uid.scalar()).is_some_and(is_uid);
    match (ends, fields.stream.is_some() || fields.is_stateful, has_uid && fields.ts.is_some()) {
        (true, true, _) => Likeness::Certain,
        (true, false, _) => Likeness::Likely,
        // A log of Zeek without ends, such as its own statistics: read, so that the receipt can name it.
        (false, _, true) => Likeness::Likely,
        (false, _, false) => Likeness::None,
    }
}

struct ConnJson {
    clock: Clock,
    template: Template<Slot>,
}

impl Parser for ConnJson {
    fn known(&self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }

    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let object = zeek::object_in(super::without_mark(record.bytes));
        let fields = match Fields::of(object, record.fitted, &mut self.template) {
            Ok(fields) => fields,
            Err(fault) => return Disposition::Malformed(fault),
        };
        if let Some(stream) = fields.stream.as_deref().filter(|stream| !zeek::is_conn(stream)) {
            return zeek::other_log(stream);
        }
        if fields.stream.is_none() && !fields.is_stateful {
            // Plain Zeek does not name the log in its JSON; only conn.log counts bytes and packets of both ends.
            return Disposition::Skipped("no Zeek connection: it has neither a state nor counts".into());
        }
        match fields.flow(&self.clock) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

/// The fields that matter, as they stand.
#[derive(Default)]
struct Fields<'r> {
    stream: Option<Text<'r>>,
    ts: Option<Value<'r>>,
    orig_host: Option<Value<'r>>,
    orig_port: Option<Value<'r>>,
    resp_host: Option<Value<'r>>,
    resp_port: Option<Value<'r>>,
    proto: Option<Value<'r>>,
    service: Option<Value<'r>>,
    duration: Option<Value<'r>>,
    orig_bytes: Option<Value<'r>>,
    resp_bytes: Option<Value<'r>>,
    state: Option<Value<'r>>,
    orig_packets: Option<Value<'r>>,
    resp_packets: Option<Value<'r>>,
    sensor: Option<Value<'r>>,
    uid: Option<Value<'r>>,
    /// Whether it has what only conn.log has.
    is_stateful: bool,
}

/// What a field is to us.
#[derive(Debug, Clone, Copy)]
enum Slot {
    Stream,
    Ts,
    Uid,
    OrigHost,
    OrigPort,
    RespHost,
    RespPort,
    /// The four above, as an object.
    Id,
    Proto,
    Service,
    Duration,
    OrigBytes,
    RespBytes,
    State,
    OrigPackets,
    RespPackets,
    /// What only conn.log has, too.
    Stateful,
    Sensor,
}

impl Asked for Slot {
    fn of(key: &[u8]) -> Option<Slot> {
        Some(match key {
            b"_path" | b"@stream" | b"@path" => Slot::Stream,
            b"ts" => Slot::Ts,
            b"uid" => Slot::Uid,
            b"id.orig_h" | b"id_orig_h" => Slot::OrigHost,
            b"id.orig_p" | b"id_orig_p" => Slot::OrigPort,
            b"id.resp_h" | b"id_resp_h" => Slot::RespHost,
            b"id.resp_p" | b"id_resp_p" => Slot::RespPort,
            b"id" => Slot::Id,
            b"proto" => Slot::Proto,
            b"service" => Slot::Service,
            b"duration" => Slot::Duration,
            b"orig_bytes" => Slot::OrigBytes,
            b"resp_bytes" => Slot::RespBytes,
            b"conn_state" => Slot::State,
            b"orig_pkts" => Slot::OrigPackets,
            b"resp_pkts" => Slot::RespPackets,
            b"orig_ip_bytes" | b"missed_bytes" | b"history" => Slot::Stateful,
            b"_system_name" | b"@system" | b"_node_name" | b"node" | b"peer" | b"sensor" => Slot::Sensor,
            _ => return None,
        })
    }
}

impl<'r> Fields<'r> {
    /// A field that only conn.log has.
    fn stateful(&mut self, field: fn(&mut Self) -> &mut Option<Value<'r>>) -> &mut Option<Value<'r>> {
        self.is_stateful = true;
        field(self)
    }

    fn of(object: &'r [u8], fitted: Option<Fitted<'r>>, template: &mut Template<Slot>) -> Result<Fields<'r>, Fault> {
        let mut found = Fields::default();
        let mut nested = None;
        template
            .fields(object, fitted, |slot, value| {
                // `null` is how some writers put what Zeek leaves unset.
                if matches!(value, Value::Null) {
                    return;
                }
                let place = match slot {
                    Slot::Stream => return found.stream = value.text(),
                    Slot::Ts => &mut found.ts,
                    Slot::Uid => &mut found.uid,
                    Slot::OrigHost => &mut found.orig_host,
                    Slot::OrigPort => &mut found.orig_port,
                    Slot::RespHost => &mut found.resp_host,
                    Slot::RespPort => &mut found.resp_port,
                    Slot::Id => &mut nested,
                    Slot::Proto => &mut found.proto,
                    Slot::Service => &mut found.service,
                    Slot::Duration => &mut found.duration,
                    Slot::OrigBytes => found.stateful(|own| &mut own.orig_bytes),
                    Slot::RespBytes => found.stateful(|own| &mut own.resp_bytes),
                    Slot::State => found.stateful(|own| &mut own.state),
                    Slot::OrigPackets => found.stateful(|own| &mut own.orig_packets),
                    Slot::RespPackets => found.stateful(|own| &mut own.resp_packets),
                    Slot::Stateful => return found.is_stateful = true,
                    Slot::Sensor => &mut found.sensor,
                };
                *place = Some(value);
            })
            .map_err(|not_json| {
                let shown = readable(&object[..object.len().min(80)]);
                Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
            })?;
        if let Some(Value::Object(id)) = nested {
            // Already walked over once, so it is sound.
            let _sound = json::fields(id, |key, value| match key.bytes {
                _ if value == Value::Null => {}
                b"orig_h" => found.orig_host = Some(value),
                b"orig_p" => found.orig_port = Some(value),
                b"resp_h" => found.resp_host = Some(value),
                b"resp_p" => found.resp_port = Some(value),
                _ => {}
            });
        }
        Ok(found)
    }

    fn flow(self, clock: &Clock) -> Result<Flow<'r>, Fault> {
        let mut flow = Flow::default();
        if let Some(ts) = self.ts {
            let (start, basis) = read_time(scalar(reasons::TIME, "ts", ts)?, clock)?;
            (flow.start, flow.basis) = (Some(start), basis);
        }
        let end = |field, value| end_address(field, scalar(reasons::ADDRESS, field, value)?);
        flow.initiator.address = self.orig_host.map(|v| end("id.orig_h", v)).transpose()?;
        flow.responder.address = self.resp_host.map(|v| end("id.resp_h", v)).transpose()?;
        let port = |field, value| {
            let port = count(reasons::PORT, field, value)?;
            u16::try_from(port).map_err(|_| Fault::of_field(reasons::PORT, field, port.to_string().as_bytes()))
        };
        flow.initiator.port = self.orig_port.map(|v| port("id.orig_p", v)).transpose()?;
        flow.responder.port = self.resp_port.map(|v| port("id.resp_p", v)).transpose()?;
        if let Some(proto) = self.proto {
            flow.protocol = protocol(scalar(reasons::PROTOCOL, "proto", proto)?)?;
        }
        flow.service = self.service.and_then(|v| v.text());
        if let Some(value) = self.duration {
            flow.duration = Some(duration("duration", scalar(reasons::DURATION, "duration", value)?)?);
        }
        flow.bytes_out = self.orig_bytes.map(|v| count(reasons::BYTES, "orig_bytes", v)).transpose()?;
        flow.bytes_in = self.resp_bytes.map(|v| count(reasons::BYTES, "resp_bytes", v)).transpose()?;
        flow.packets_out = self.orig_packets.map(|v| count(reasons::PACKETS, "orig_pkts", v)).transpose()?;
        flow.packets_in = self.resp_packets.map(|v| count(reasons::PACKETS, "resp_pkts", v)).transpose()?;
        flow.sensor = self.sensor.and_then(|v| v.text());
        let state = self.state.and_then(|v| v.scalar()).unwrap_or_default();
        finish(&mut flow, state)?;
        Ok(flow)
    }
}

/// Zeek's own ids: `C` or `F` and base 62 of 96 bits.
fn is_uid(text: &[u8]) -> bool {
    matches!(text, [b'C' | b'F', ..]) && (12..=24).contains(&text.len()) && text.iter().all(u8::is_ascii_alphanumeric)
}

fn scalar<'r>(reason: &'static str, field: &str, value: Value<'r>) -> Result<&'r [u8], Fault> {
    value.scalar().ok_or_else(|| Fault::of_field(reason, field, value.shown().as_bytes()))
}

fn count(reason: &'static str, field: &str, value: Value<'_>) -> Result<u64, Fault> {
    let whole = value.scalar().and_then(number::whole);
    whole.ok_or_else(|| Fault::of_field(reason, field, value.shown().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn all_three_spellings_give_the_same_flow() {
        let rest = r#""ts":1.5,"proto":"tcp","conn_state":"SF","orig_bytes":9007199254740993}"#;
        let spellings = [
            r#"{"id.orig_h":"192.0.2.1","id.orig_p":1025,"id.resp_h":"198.51.100.1","id.resp_p":443,"#,
            r#"{"id":{"orig_h":"192.0.2.1","orig_p":1025,"resp_h":"198.51.100.1","resp_p":443},"#,
            r#"{"id_orig_h":"192.0.2.1","id_orig_p":1025,"id_resp_h":"198.51.100.1","id_resp_p":443,"#,
        ];
        let flows = spellings.map(|ends| reading_of(&ZeekConnJson, &format!("{ends}{rest}")).flows.remove(0));
        assert_eq!(flows[0].bytes_out, Some(9_007_199_254_740_993));
        assert_eq!(flows[0], flows[1]);
        assert_eq!(flows[0], flows[2]);
    }

    #[test]
    fn a_log_without_name_and_counts_is_no_connection() {
        let line = r#"{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1","id.resp_h":"198.51.100.1","query":"example.com"}"#;
        let reading = reading_of(&ZeekConnJson, line);
        assert!(matches!(reading.dispositions[0], Disposition::Skipped(_)), "{:?}", reading.dispositions);
    }

    #[test]
    fn a_huge_number_is_said_as_written() {
        let line = r#"{"_path":"conn","id.orig_h":"192.0.2.1","id.resp_h":"198.51.100.1","orig_bytes":1e400}"#;
        let reading = reading_of(&ZeekConnJson, line);
        let fault = Fault::new(reasons::BYTES, "orig_bytes is \"1e400\"");
        assert_eq!(reading.dispositions[0], Disposition::Malformed(fault));
    }
}
