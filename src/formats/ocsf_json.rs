//! Events in the Open Cybersecurity Schema Framework that name both ends: Network Activity (4001), HTTP (4002), DNS (4003), RDP (4005),
//! SMB (4006), SSH (4007) and the other classes of category 4, and findings with the same endpoints. After "OCSF schema" 1.x, objects
//! Network Endpoint, Network Connection Information, Network Traffic.
//!
//! `src_endpoint` is "the initiator of the network connection" and `dst_endpoint` its responder. `traffic.bytes_out` is "sent
//! from the source to the destination", `bytes_in` the way back. The begin is `start_time`; else `end_time` less `duration`; else
//! `time`. All are milliseconds since the epoch, or with `_dt` in ISO 8601.

use super::named::{Documents, Named, Slot};
use super::syntax::json::{self, NotJson, Value};
use super::{Format, Likeness, Parser, Sample, Setting};
use crate::evidence::Framing;
use crate::flow::Text;

/// The format.
pub struct OcsfJson;

impl Format for OcsfJson {
    fn name(&self) -> &'static str {
        "ocsf_json"
    }

    fn title(&self) -> &'static str {
        "OCSF network activity (JSON)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Documents::new(setting, |object| Ok(Document::of(object)?.finished())))
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let Ok(document) = Document::of(object) else { return Likeness::None };
    match (document.is_ocsf, document.named.has_both_ends()) {
        (true, true) => Likeness::Certain,
        (true, false) => Likeness::Likely,
        (false, _) => Likeness::None,
    }
}

#[derive(Default)]
struct Document<'j> {
    named: Named<'j>,
    time: Option<Text<'j>>,
    /// What became of it by number, for writers that leave the words out.
    became: Option<&'static str>,
    /// It has an endpoint, and names its class by number.
    is_ocsf: bool,
    has_class: bool,
    has_endpoint: bool,
}

const DEEPEST: usize = 6;

impl<'j> Document<'j> {
    fn of(object: &'j [u8]) -> Result<Document<'j>, NotJson> {
        let mut document = Document::default();
        document.walk(object, "", 0)?;
        Ok(document)
    }

    fn walk(&mut self, object: &'j [u8], path: &str, depth: usize) -> Result<(), NotJson> {
        let mut fault = Ok(());
        json::fields(object, |key, value| {
            let key = key.text();
            let own = if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") };
            match value {
                Value::Object(inner) if depth < DEEPEST && is_walked(&own) => {
                    if fault.is_ok() {
                        fault = self.walk(inner, &own, depth + 1);
                    }
                }
                Value::String(_) | Value::Number(_) => {
                    if let Some(text) = value.text() {
                        self.take(&own, text);
                    }
                }
                Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) => {}
            }
        })?;
        fault
    }

    fn take(&mut self, path: &str, value: Text<'j>) {
        self.has_class |= path == "class_uid";
        self.has_endpoint |= path.starts_with("src_endpoint.") || path.starts_with("dst_endpoint.");
        self.is_ocsf = self.has_class && self.has_endpoint;
        let slot = match path {
            "src_endpoint.ip" => Slot::Source,
            "src_endpoint.hostname" | "src_endpoint.domain" | "src_endpoint.name" => Slot::SourceName,
            "src_endpoint.port" => Slot::SourcePort,
            "src_endpoint.zone" | "src_endpoint.interface_name" => Slot::SourceZone,
            "dst_endpoint.ip" => Slot::Destination,
            "dst_endpoint.hostname" | "dst_endpoint.domain" | "dst_endpoint.name" => Slot::DestinationName,
            "dst_endpoint.port" => Slot::DestinationPort,
            "dst_endpoint.zone" | "dst_endpoint.interface_name" => Slot::DestinationZone,
            "connection_info.protocol_name" | "connection_info.protocol_num" => Slot::Protocol,
            "app_name" | "dst_endpoint.svc_name" => Slot::Service,
            "traffic.bytes_out" => Slot::BytesOut,
            "traffic.bytes_in" => Slot::BytesIn,
            "traffic.packets_out" => Slot::PacketsOut,
            "traffic.packets_in" => Slot::PacketsIn,
            "start_time" | "start_time_dt" => Slot::Start,
            "end_time" | "end_time_dt" => Slot::End,
            "duration" => Slot::Millis,
            "time" | "time_dt" => {
                self.time.get_or_insert(value);
                return;
            }
            "disposition" | "action" => Slot::Action,
            "action_id" | "disposition_id" | "activity_id" => {
                self.became = self.became.or(said_by(path, &value));
                return;
            }
            "activity_name" | "status" => Slot::Outcome,
            "actor.user.name" | "user.name" => Slot::User,
            "device.hostname" | "device.name" | "metadata.log_provider" => Slot::Sensor,
            "firewall_rule.name" | "firewall_rule.uid" | "policy.name" => Slot::Rule,
            _ => return,
        };
        self.named.put(slot, value);
    }

    fn finished(mut self) -> Named<'j> {
        if self.named.get(Slot::Start).is_none()
            && self.named.get(Slot::End).is_none()
            && let Some(at) = self.time.take()
        {
            self.named.put(Slot::Start, at);
        }
        // Of an activity by its name `Refuse` and `Fail` tell too.
        if let Some(became) = self.became {
            self.named.put(Slot::Action, became.into());
        }
        self.named
    }
}

/// What a number says of a connection's fate: OCSF 1.x, `action_id`, `disposition_id`, and `activity_id` of Network Activity.
fn said_by(path: &str, number: &str) -> Option<&'static str> {
    match (path, number.trim()) {
        ("action_id" | "disposition_id", "1") => Some("allowed"),
        ("action_id" | "disposition_id", "2") => Some("denied"),
        ("disposition_id", "6") => Some("dropped"),
        ("activity_id", "4") => Some("failed"),
        ("activity_id", "5") => Some("refused"),
        _ => None,
    }
}

/// The objects that hold such fields.
fn is_walked(path: &str) -> bool {
    matches!(
        path,
        "src_endpoint"
            | "dst_endpoint"
            | "connection_info"
            | "traffic"
            | "actor"
            | "actor.user"
            | "user"
            | "device"
            | "metadata"
            | "firewall_rule"
            | "policy"
    )
}
