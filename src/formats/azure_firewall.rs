//! Azure Firewall's logs: the structured ones (`AZFWNetworkRule`, `AZFWApplicationRule`, `AZFWNatRule`, `AZFWThreatIntel`,
//! `AZFWIdpsSignature` and others), the older ones whose `msg` is a sentence, and both as Log Analytics exports them. After
//! Microsoft, "Azure Firewall monitoring data reference" and "Azure Structured Firewall Logs". They count no bytes.
//!
//! **Ends.** Those that the originator named, so of a DNAT rule the firewall's own address and not the host behind it. An application rule
//! names its destination by name.
//!
//! **Counted once.** A signature, a threat report and a rule may each tell of one connection: the first category to tell of the
//! ends counts, see `reporters`, unless a later one says that it was denied.
//!
//! **Not read.** DNS proxy records and those that break off before the destination (no SNI): they name one end. Aggregates, whose
//! source port is taken out, are read as they are.

use super::joined::Key;
use super::reporters::Reporters;
use super::syntax::json::{self, Value};
use super::syntax::leaves::leaves;
use super::syntax::{address, number, time, when};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Endpoint, Flow, Host, Outcome, Protocol, Text};

/// The format.
pub struct AzureFirewall;

impl Format for AzureFirewall {
    fn name(&self) -> &'static str {
        "azure_firewall"
    }

    fn title(&self) -> &'static str {
        "Azure Firewall"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Firewall { clock: setting.clock, reporters: Reporters::default() })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    match Fields::of(object) {
        Ok(fields) if fields.category.is_some_and(is_firewall) => Likeness::Certain,
        Ok(_) | Err(_) => Likeness::None,
    }
}

fn is_firewall(category: &[u8]) -> bool {
    category.starts_with(b"AZFW") || category.starts_with(b"AzureFirewall")
}

struct Firewall {
    clock: Clock,
    reporters: Reporters,
}

impl Parser for Firewall {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let object = super::without_mark(record.bytes);
        let fields = match Fields::of(object) {
            Ok(fields) => fields,
            Err(fault) => return Disposition::Malformed(fault),
        };
        let category = fields.category.unwrap_or_default();
        let mut flow = Flow { sensor: fields.resource(), ..Flow::default() };
        let read = match fields.message.and_then(|message| message.text()) {
            Some(message) => sentence(&message).map(|told| told.map(|told| told.put(&mut flow))),
            None if fields.destination.is_none() && fields.name.is_none() => Ok(None),
            None => fields.put(&mut flow).map(Some),
        };
        match read {
            Ok(Some(())) => {}
            Ok(None) => return one_end(category),
            Err(fault) => return Disposition::Malformed(fault),
        }
        match fields.time.map(|value| value.scalar().and_then(written)) {
            Some(Some(written)) => {
                let (at, basis) = written.settle(&self.clock);
                (flow.start, flow.basis) = (Some(at), basis);
            }
            Some(None) => {
                let shown = fields.time.map(|value| value.shown()).unwrap_or_default();
                return Disposition::Malformed(Fault::of_field(reasons::TIME, "time", shown.as_bytes()));
            }
            None => {}
        }
        let again = self.reporters.repeats(Key::of(0, &flow), Host::of_name(&readable(category)).0 as u64, flow.start);
        if again && flow.outcome != Outcome::Denied {
            return Disposition::Skipped("told already by another log of the firewall".into());
        }
        flows(&flow, record.place);
        Disposition::Parsed
    }
}

/// ISO 8601, or as the portal writes it, the month first: `1/9/2007 10:41:00 AM +01:00`.
fn written(text: &[u8]) -> Option<time::Written> {
    time::read(text).or_else(|| when::read(text, Some(when::Order::MonthFirst)).ok())
}

fn one_end(category: &[u8]) -> Disposition {
    let name = readable(category);
    let name = visible(&name);
    Disposition::Skipped(format!("{} record without a destination", elided(&name, 40)).into())
}

/// The fields that matter, as they stand.
#[derive(Default)]
struct Fields<'r> {
    category: Option<&'r [u8]>,
    time: Option<Value<'r>>,
    resource: Option<Value<'r>>,
    message: Option<Value<'r>>,
    source: Option<Value<'r>>,
    source_port: Option<Value<'r>>,
    destination: Option<Value<'r>>,
    destination_port: Option<Value<'r>>,
    name: Option<Value<'r>>,
    protocol: Option<Value<'r>>,
    action: Option<Value<'r>>,
    rule: Option<Value<'r>>,
    signature: Option<Value<'r>>,
    threat: Option<Value<'r>>,
}

impl<'r> Fields<'r> {
    fn of(object: &'r [u8]) -> Result<Fields<'r>, Fault> {
        let mut found = Fields::default();
        leaves(object, &mut |path, value| {
            let Some(key) = path.last() else { return };
            if value == Value::Null {
                return;
            }
            // Log Analytics puts the type behind the names of the older tables: `msg_s`, `SourcePort_d`.
            let key = [&b"_s"[..], b"_d"].iter().find_map(|end| key.strip_suffix(*end)).unwrap_or(key);
            let place = match key {
                // The table's name says the category in an export of Log Analytics.
                b"category" | b"Category" | b"Type" => {
                    let name = value.scalar();
                    if found.category.is_none() || name.is_some_and(is_firewall) {
                        found.category = name;
                    }
                    return;
                }
                b"time" | b"TimeGenerated" | b"TimeGenerated [UTC]" => &mut found.time,
                b"resourceId" | b"ResourceId" | b"_ResourceId" => &mut found.resource,
                b"msg" => &mut found.message,
                b"SourceIp" | b"SourceIP" => &mut found.source,
                b"SourcePort" => &mut found.source_port,
                b"DestinationIp" | b"DestinationIP" => &mut found.destination,
                b"DestinationPort" => &mut found.destination_port,
                b"Fqdn" | b"FQDN" => &mut found.name,
                b"Protocol" => &mut found.protocol,
                b"Action" => &mut found.action,
                b"Rule" => &mut found.rule,
                b"Description" => &mut found.signature,
                b"ThreatDescription" => &mut found.threat,
                _ => return,
            };
            place.get_or_insert(value);
        })
        .map_err(|not_json| {
            let shown = readable(&object[..object.len().min(80)]);
            Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
        })?;
        Ok(found)
    }

    fn resource(&self) -> Option<Text<'r>> {
        let id = self.resource?.text()?;
        let name = id.rsplit('/').next().unwrap_or(&id).to_owned();
        (!name.is_empty()).then(|| name.into())
    }

    fn put(&self, flow: &mut Flow<'r>) -> Result<(), Fault> {
        let text = |value: Option<Value<'r>>| value.and_then(|v| v.text()).filter(|text| !text.is_empty());
        flow.initiator = end("SourceIp", text(self.source).as_deref(), None, self.source_port)?;
        flow.responder =
            end("DestinationIp", text(self.destination).as_deref(), text(self.name), self.destination_port)?;
        let (protocol, service) = protocol(&text(self.protocol).unwrap_or_default());
        (flow.protocol, flow.service) = (protocol, service.map(Into::into));
        flow.rule = text(self.rule).or_else(|| text(self.signature)).or_else(|| text(self.threat));
        // A NAT rule has no action: it took the packet in.
        flow.outcome = text(self.action).map_or(Outcome::Established, |action| outcome(&action));
        if protocol.is_some_and(|protocol| !protocol.has_ports()) {
            (flow.initiator.port, flow.responder.port) = (None, None);
        }
        Ok(())
    }
}

fn end<'r>(
    field: &'static str,
    host: Option<&str>,
    name: Option<Text<'r>>,
    port: Option<Value<'r>>,
) -> Result<Endpoint<'r>, Fault> {
    let name = name.filter(|name| !matches!(&**name, "-" | "N/A"));
    let address = match host {
        Some(host) => match address::address(host.as_bytes()) {
            Some(address) => Some(address),
            None if name.is_some() => None,
            None => return Err(Fault::of_field(reasons::ADDRESS, field, host.as_bytes())),
        },
        None if name.is_some() => None,
        None => return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent"))),
    };
    let port = match port.and_then(|v| v.text()).filter(|port| !port.is_empty()) {
        None => None,
        Some(port) => {
            let read = number::whole(port.as_bytes()).and_then(|port| u16::try_from(port).ok());
            Some(read.ok_or_else(|| Fault::of_field(reasons::PORT, field, port.as_bytes()))?)
        }
    };
    Ok(Endpoint { address, name, port, ..Endpoint::default() })
}

/// The transport protocol, and the application where the firewall names that: HTTP, HTTPS, MSSQL run over TCP.
fn protocol(name: &str) -> (Option<Protocol>, Option<String>) {
    let bare = name.split([' ', ':']).next().unwrap_or(name);
    match Protocol::read(bare) {
        Some(protocol) => (Some(protocol), None),
        None if ["http", "https", "mssql"].iter().any(|known| known.eq_ignore_ascii_case(bare)) => {
            (Some(Protocol::TCP), Some(bare.to_owned()))
        }
        None => (None, None),
    }
}

fn outcome(action: &str) -> Outcome {
    match action.to_ascii_lowercase().as_str() {
        "allow" | "alert" | "dnat" | "snat" => Outcome::Established,
        "deny" | "drop" | "reject" | "block" | "alert and deny" | "alertanddeny" => Outcome::Denied,
        _ => Outcome::Unknown,
    }
}

/// What a sentence says.
struct Told {
    protocol: Option<Protocol>,
    service: Option<String>,
    initiator: Endpoint<'static>,
    responder: Endpoint<'static>,
    outcome: Outcome,
    rule: Option<String>,
}

impl Told {
    fn put(self, flow: &mut Flow<'_>) {
        flow.protocol = self.protocol;
        flow.service = self.service.map(Into::into);
        flow.initiator = self.initiator;
        flow.responder = self.responder;
        flow.outcome = self.outcome;
        flow.rule = self.rule.map(Into::into);
    }
}

/// `TCP request from 192.0.2.1:50000 to 198.51.100.1:443. Action: Deny. …`; `None` where only one end is named.
fn sentence(message: &str) -> Result<Option<Told>, Fault> {
    let Some((before, after)) = message.split_once("request from ") else {
        // `DNS Request: 10.0.2.4:61248 - 6513 A IN …`
        if message.starts_with("DNS Request") || message.starts_with(" Error") {
            return Ok(None);
        }
        return Err(Fault::new("a sentence of the firewall that is not known", message));
    };
    let Some((from, rest)) = after.split_once(" to ") else { return Ok(None) };
    // A sentence has ended before `to`: the destination was not seen.
    if from.contains(' ') {
        return Ok(None);
    }
    let cut = rest.find([' ', ',']).unwrap_or(rest.len());
    let to = rest[..cut].trim_end_matches('.');
    let (protocol, service) = protocol(before.trim());
    let mut told = Told {
        protocol,
        service,
        initiator: host(from).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "from", from.as_bytes()))?,
        responder: host(to).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "to", to.as_bytes()))?,
        outcome: Outcome::Unknown,
        rule: None,
    };
    if protocol.is_some_and(|protocol| !protocol.has_ports()) {
        (told.initiator.port, told.responder.port) = (None, None);
    }
    let said = |label: &str| {
        let (_, value) = rest.split_once(label)?;
        let value = value.split(". ").next().unwrap_or(value).trim().trim_end_matches('.');
        (!value.is_empty()).then(|| value.to_owned())
    };
    told.outcome = match said("Action: ") {
        Some(action) => outcome(&action),
        None if rest.contains("DNAT'ed") => Outcome::Established,
        None => Outcome::Unknown,
    };
    let rule = rest
        .rsplit_once("Rule: ")
        .map(|(_, rule)| rule.split(". ").next().unwrap_or(rule).trim_end_matches('.').to_owned());
    told.rule = rule.or_else(|| {
        let (_, named) = rest.split_once("IDS: ")?;
        Some(named.split(". Priority").next().unwrap_or(named).to_owned())
    });
    told.rule = told.rule.or_else(|| said("ThreatIntel: "));
    Ok(Some(told))
}

/// `192.0.2.1:443`, `192.0.2.1:`, `[2001:db8::1]:443`, `www.example.org:443`.
fn host(text: &str) -> Option<Endpoint<'static>> {
    let bare = text.strip_suffix(':').unwrap_or(text);
    if let Some((address, port)) = address::address_and_port(bare.as_bytes()) {
        return Some(Endpoint { address: Some(address), port, ..Endpoint::default() });
    }
    let (name, port) = match bare.rsplit_once(':') {
        Some((name, port)) => (name, Some(number::port(port.as_bytes())?)),
        None => (bare, None),
    };
    let named =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'*'));
    named.then(|| Endpoint { name: Some(name.to_owned().into()), port, ..Endpoint::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_ends_rule_and_fate() {
        let told = sentence("HTTPS request from 10.0.0.1:49553 to www.example.org:443. Action: Allow. Policy: p. Rule Collection Group: g. Rule Collection: c. Rule: Business use. Web Category: X")
            .unwrap().unwrap();
        assert_eq!((told.responder.name.as_deref(), told.responder.port), (Some("www.example.org"), Some(443)));
        assert_eq!((told.rule.as_deref(), told.outcome), (Some("Business use"), Outcome::Established));
        let told = sentence("TCP request from 192.0.2.1:50306 to 198.51.100.1:3389 was DNAT'ed to 10.0.0.2:3389")
            .unwrap()
            .unwrap();
        assert_eq!((told.responder.port, told.outcome), (Some(3389), Outcome::Established));
        assert!(
            sentence("HTTPS request from 10.0.0.1:6065. Action: Deny. Reason: SNI TLS extension was missing.")
                .unwrap()
                .is_none()
        );
    }
}
