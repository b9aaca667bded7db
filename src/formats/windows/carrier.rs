//! The fields of an event as exports name them: every product has its own names for provider, number, computer and time,
//! and its own nesting. [`Fields`] takes them one by one and makes the [`Event`].

use std::borrow::Cow;

use super::super::syntax::json::{self, NotJson, Value};
use super::super::syntax::time::{self, Written};
use super::{Event, Fault, reasons};
use super::{timeline, xml};
use crate::evidence::Clock;
use crate::flow::{Basis, Moment, Text};

/// What an export says of one event.
#[derive(Debug, Default)]
pub struct Fields<'r> {
    id: Option<u32>,
    /// What stands under `Id` alone, as PowerShell has it; it counts beside a provider's name.
    bare_id: Option<u32>,
    provider: Option<(u8, Text<'r>)>,
    channel: Option<Text<'r>>,
    computer: Option<(u8, Text<'r>)>,
    /// When it was written, by the surest of its times.
    time: Option<(u8, Text<'r>)>,
    /// When it arrived: beside a time without a zone it tells the zone.
    arrived: Option<Text<'r>>,
    failure: bool,
    message: Option<Text<'r>>,
    /// What stands in the event's own data.
    data: Vec<(Text<'r>, Text<'r>)>,
    /// What stands beside it, and may be the event's own data written flat.
    loose: Vec<(Text<'r>, Text<'r>)>,
    /// Whether it has what only Windows' events have.
    is_windows: bool,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the outermost level, or in an object that merely wraps it.
    Top,
    /// In `System`, or what stands for it.
    System,
    /// In EventData or UserData.
    Data,
    /// In something of the collector's own (`host`, `event`): only what is known counts.
    Aside,
}

const DEEPEST: u8 = 8;

impl<'r> Fields<'r> {
    /// Reads a JSON object.
    pub fn of_json(object: &'r [u8]) -> Result<Fields<'r>, NotJson> {
        let mut fields = Fields::default();
        fields.object(object, Place::Top, "", 0)?;
        Ok(fields)
    }

    /// Whether it is an event, and surely one of Windows'.
    pub fn likeness(&self) -> (bool, bool) {
        // Velociraptor's records name neither channel nor provider.
        let has_data = !self.data.is_empty() && self.computer.as_ref().is_some_and(|(rank, _)| *rank == 0);
        (self.number_of_event().is_some(), self.is_windows || has_data)
    }

    fn number_of_event(&self) -> Option<u32> {
        let named = self.provider.as_ref().is_some_and(|(rank, _)| *rank == 0);
        self.id.or(self.bare_id.filter(|_| named))
    }

    /// The event; `None` where no number says which it is. A time that is none is a fault.
    pub fn event(self, clock: &Clock) -> Result<Option<Event<'r>>, Fault> {
        let Some(id) = self.number_of_event() else { return Ok(None) };
        let time = match self.time {
            Some((_, text)) => Some(settle(&text, self.arrived.as_deref(), clock)?),
            None => None,
        };
        let mut event = Event {
            id,
            provider: self.provider.map(|(_, text)| text).unwrap_or_default(),
            channel: self.channel.unwrap_or_default(),
            computer: self.computer.map(|(_, text)| text).filter(|text| !super::is_unset(text.trim())),
            time,
            failure: self.failure,
            data: if self.data.is_empty() { self.loose } else { self.data },
        };
        timeline::spell_out(&mut event);
        // Exports rewrite times and zones; Sysmon's own stays as it was.
        if event.id == 3
            && let Some(began) = event.get(&["UtcTime"]).and_then(super::utc)
        {
            event.time = Some((began, Basis::Explicit));
        }
        const TELLING: [&str; 8] =
            ["IpAddress", "SourceIp", "SourceAddress", "ClientAddress", "Workstation", "Address", "Param3", "ClientIP"];
        let told = |name: &&str| event.data.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        if let Some(message) = self.message.filter(|_| !TELLING.iter().any(told)) {
            event.complete(message);
        }
        Ok(Some(event))
    }

    /// Takes a column of a table, or a field of a flat object.
    pub fn column(&mut self, name: &str, value: Text<'r>) {
        self.scalar(Place::Top, "", name, value);
    }

    fn object(&mut self, object: &'r [u8], place: Place, parent: &str, depth: u8) -> Result<(), NotJson> {
        let mut fault = Ok(());
        json::fields(object, |key, value| {
            let key = key.text();
            if fault.is_ok() && depth < DEEPEST {
                fault = self.field(place, parent, &key, value, depth);
            }
        })?;
        fault
    }

    fn field(&mut self, place: Place, parent: &str, key: &str, value: Value<'r>, depth: u8) -> Result<(), NotJson> {
        // `winlog.event_data.IpAddress` says where it stands in its name.
        let (place, parent, name) = match key.rsplit_once('.') {
            Some((path, name)) if place != Place::Data && !name.is_empty() => {
                path.split('.').fold((place, parent, name), |(place, _, name), part| (within(place, part), part, name))
            }
            Some(_) | None => (place, parent, key),
        };
        match value {
            Value::Null => {}
            Value::Bool(said) => self.scalar(place, parent, name, Cow::Borrowed(if said { "true" } else { "false" })),
            Value::Number(_) | Value::String(_) => {
                let text = value.text().unwrap_or_default();
                self.scalar(place, parent, name, text);
            }
            Value::Object(inner) if place == Place::Data => match pair(inner)? {
                Some((name, value)) => self.data.push((name, value)),
                None => self.object(inner, Place::Data, name, depth + 1)?,
            },
            Value::Object(inner) => {
                let inside = within(place, name);
                // `"EventID": {"#text": 4624}`: its children are still it.
                let parent = if name.starts_with('#') || name.starts_with('@') { parent } else { name };
                self.object(inner, inside, parent.trim_end_matches("_attributes"), depth + 1)?;
            }
            Value::Array(inner) => self.array(inner, place, name, depth)?,
        }
        Ok(())
    }

    fn array(&mut self, array: &'r [u8], place: Place, name: &str, depth: u8) -> Result<(), NotJson> {
        let inside = within(place, name);
        let mut fault = Ok(());
        json::items(array, |item| match item {
            Value::Object(inner) if inside == Place::Data => match pair(inner) {
                Ok(Some(pair)) => self.data.push(pair),
                Ok(None) if depth < DEEPEST && fault.is_ok() => {
                    fault = self.object(inner, Place::Data, name, depth + 1);
                }
                Ok(None) => {}
                Err(not_json) => fault = Err(not_json),
            },
            Value::String(_) | Value::Number(_) => {
                let text = item.text().unwrap_or_default();
                if plain(name) == "keywords" {
                    self.failure |= super::contains(&text, "failure");
                } else if inside == Place::Data {
                    self.data.push((Cow::Borrowed(""), text));
                }
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        })?;
        fault
    }

    /// A value of a field whose name is its last part; `parent` is the part before it.
    fn scalar(&mut self, place: Place, parent: &str, name: &str, value: Text<'r>) {
        if place == Place::Data {
            // `{"Data": {"#text": "…"}}`, `{"Data": "…"}`: without names.
            let nameless = name == "#text" || (name == "Data" && parent != "Data");
            self.data.push((if nameless { Cow::Borrowed("") } else { Cow::Owned(name.to_owned()) }, value));
            return;
        }
        let owner = plain(parent);
        let word = plain(name);
        // `#text`, `Value`, `#attributes.Name`: the parent says what it is.
        let word = match word.as_str() {
            "text" | "value" | "name" | "systemtime" if !matches!(owner.as_str(), "" | "system") => {
                owner.clone() + &word
            }
            _ => word,
        };
        let surer = |kept: &Option<(u8, Text<'r>)>, rank: u8| kept.as_ref().is_none_or(|(own, _)| *own > rank);
        match word.as_str() {
            "eventid" | "eventidtext" | "eventidvalue" | "eventcode" | "eventidentifier" => self.number(&value),
            "id" if place == Place::Top => self.bare_id = value.trim().parse().ok(),
            "code" if owner == "event" && self.id.is_none() => self.number(&value),
            "provider" | "providername" | "sourcename" | "eventsourcename" | "source" => {
                let rank = if word.starts_with("provider") { 0 } else { 1 };
                if surer(&self.provider, rank) && (word != "source" || self.is_provider(&value)) {
                    self.is_windows |= value.starts_with("Microsoft-Windows-");
                    self.provider = Some((rank, value));
                } else if place == Place::Top {
                    self.loose.push((Cow::Owned(name.to_owned()), value));
                }
            }
            "channel" | "logname" | "eventlog" | "logfile" => {
                self.is_windows |= value.contains("/Operational") || matches!(value.as_ref(), "Security" | "System");
                self.channel = Some(value);
            }
            "computer" | "computername" | "machinename" | "hostname" | "hostnametext" | "devicename"
            | "dvchostname" => {
                // NXLog's `Hostname` is the computer; in EventData's own `ComputerName` it is another one.
                let rank = match word.as_str() {
                    "computer" => 0,
                    "computername" | "machinename" if owner == "winlog" || place == Place::System => 0,
                    "hostname" if owner == "host" => 3,
                    "hostname" => 1,
                    _ => 2,
                };
                if surer(&self.computer, rank) {
                    self.computer = Some((rank, value));
                }
            }
            "systemtime"
            | "timecreatedsystemtime"
            | "timecreatedtext"
            | "timecreated"
            | "timecreatedutc"
            | "timegeneratedutc"
            | "timecreatedvalue" => self.at(0, value),
            "eventtime" | "timegenerated" | "timegeneratedtext" | "dateandtime" | "timestamputc" => self.at(1, value),
            "timewritten" | "timestamp" | "date" | "created" if place != Place::Aside || owner == "event" => {
                // Winlogbeat's `@timestamp` is the event's time; a collector's may be when it came in.
                if name == "@timestamp" {
                    self.arrived = Some(value.clone());
                }
                self.at(if name == "@timestamp" { 2 } else { 3 }, value);
            }
            "keywords" | "eventtype" | "eventtypename" | "outcome" | "auditresult" | "keywordtext" => {
                self.failure |= super::contains(&value, "failure") || is_failure(&value);
            }
            "message" | "renderedmessage" | "eventmessage" | "description" if place != Place::Aside => {
                self.message = Some(value);
            }
            "payload" | "eventdata" | "eventdataxml" | "userdata" | "xml" if value.contains(['{', '<']) => {
                self.packed(value);
            }
            "details" | "extrafieldinfo" | "allfieldinfo" if value.contains(timeline::BETWEEN) => {
                self.data.extend(timeline::fields(&value));
            }
            "strings" | "replacementstrings" | "stringinserts" => {
                let parts = value.split('|').map(|part| (Cow::Borrowed(""), Cow::Owned(part.trim().to_owned())));
                self.data.extend(parts);
            }
            _ if place == Place::Top => self.loose.push((Cow::Owned(name.to_owned()), value)),
            _ => {}
        }
    }

    fn is_provider(&self, value: &str) -> bool {
        value.starts_with("Microsoft-Windows-") || value == "Security"
    }

    fn number(&mut self, value: &str) {
        let digits = value.trim();
        if self.id.is_none() && digits.len() <= 10 {
            // Classic events carry their severity above 16 bits.
            self.id = digits.parse::<u32>().ok().map(|id| if id > 0xffff { id & 0xffff } else { id });
        }
    }

    fn at(&mut self, rank: u8, value: Text<'r>) {
        if !super::is_unset(value.trim()) && self.time.as_ref().is_none_or(|(own, _)| *own > rank) {
            self.time = Some((rank, value));
        }
    }

    /// EventData as text in a field: JSON as EvtxECmd writes it, XML as Sentinel does.
    fn packed(&mut self, value: Text<'r>) {
        let own = |(name, value): (Text<'_>, Text<'_>)| (Cow::Owned(name.into_owned()), Cow::Owned(value.into_owned()));
        if value.trim_start().starts_with('{') {
            // What is no JSON in a field that may hold any text is text.
            if let Ok(inner) = Fields::of_json(value.trim().as_bytes()) {
                self.data.extend(inner.data.into_iter().map(own));
            }
        } else {
            self.data.extend(xml::data(value.as_bytes()).into_iter().map(own));
        }
    }
}

/// Where the children of an object of this name stand.
fn within(place: Place, name: &str) -> Place {
    if place == Place::Data {
        return Place::Data;
    }
    match plain(name).as_str() {
        "eventdata" | "userdata" | "eventxml" | "eventpayload" | "stringinserts" => Place::Data,
        // Hayabusa's timelines, as JSON.
        "details" | "extrafieldinfo" | "allfieldinfo" if place == Place::Top => Place::Data,
        "system" => Place::System,
        "attributes" | "provider" | "timecreated" | "eventid" | "systemattributes" if place != Place::Aside => place,
        "providerattributes" | "timecreatedattributes" => place,
        "event" if place == Place::Top && name == "Event" => Place::Top,
        "source" | "data" | "win" | "winlog" | "result" | "fields" | "body" | "winlogbeat" | "properties" => {
            if name == "source" { Place::Aside } else { place }
        }
        _ if place == Place::System => Place::System,
        _ => Place::Aside,
    }
}

/// `{"@Name": "IpAddress", "#text": "192.0.2.1"}`, in its spellings.
fn pair(object: &[u8]) -> Result<Option<(Text<'_>, Text<'_>)>, NotJson> {
    let (mut name, mut value, mut named) = (None, None, false);
    json::fields(object, |key, own| match key.bytes {
        b"@Name" | b"_Name" | b"Name" | b"name" | b"-Name" => (name, named) = (own.text(), true),
        b"#text" | b"_text" | b"text" | b"Text" | b"Value" | b"value" | b"$" | b"content" => value = own.text(),
        _ => {}
    })?;
    Ok(match (name, value) {
        (Some(name), value) if named => Some((name, value.unwrap_or_default())),
        (_, _) => None,
    })
}

/// A name's letters and digits in lower case.
fn plain(name: &str) -> String {
    let name = name.split(['[', '(']).next().unwrap_or_default();
    name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// Bit 52 of `Keywords`, in hexadecimal or as a signed number.
pub fn is_failure(keywords: &str) -> bool {
    let bits = match keywords.trim().strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => keywords.trim().parse::<i64>().ok().map(i64::cast_unsigned),
    };
    // Only of audits, whose highest bit is set.
    bits.is_some_and(|bits| bits >> 63 == 1 && bits & 1 << 52 != 0)
}

/// An event's time. Beside a time without a zone, when it arrived with one tells the zone, if both fit some zone's.
fn settle(text: &str, arrived: Option<&str>, clock: &Clock) -> Result<(Moment, Basis), Fault> {
    let fault = || Fault::of_field(reasons::TIME, "time", text.as_bytes());
    let written = read_time(text.trim()).ok_or_else(fault)?;
    if written.offset.is_some() {
        return Ok(written.settle(clock));
    }
    let arrived = arrived.and_then(|text| read_time(text.trim())).filter(|arrived| arrived.offset.is_some());
    if let Some(arrived) = arrived.map(|arrived| arrived.settle(clock).0) {
        const QUARTER: i64 = 15 * 60_000_000;
        const LATE: i64 = 5 * 60_000_000;
        let ahead = written.local.0.saturating_sub(arrived.0);
        let zone = (ahead + LATE).div_euclid(QUARTER) * QUARTER;
        if zone.abs() <= 14 * 4 * QUARTER && (zone - LATE..=zone + 60_000_000).contains(&ahead) {
            return Ok((Moment(written.local.0 - zone), Basis::Explicit));
        }
    }
    Ok(written.settle(clock))
}

/// ISO 8601, a number since the epoch, .NET's `/Date(…)/`, or US dates as Windows prints them.
pub fn read_time(text: &str) -> Option<Written> {
    let number = text.strip_prefix("/Date(").and_then(|rest| rest.split([')', '+', '-']).next()).unwrap_or(text);
    if number.len() >= 9
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && let Some(moment) = time::epoch(number.as_bytes())
    {
        return Some(Written { local: moment, offset: Some(0) });
    }
    time::read(text.as_bytes()).or_else(|| super::super::mapped_csv::read_time(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        let event = Fields::of_json(json.as_bytes()).unwrap().event(&Clock::default()).unwrap().unwrap();
        let data: Vec<String> = event.data.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let time = event.time.map_or("-".to_owned(), |(at, basis)| format!("{at}/{basis:?}"));
        let computer = event.computer.as_deref().unwrap_or("-");
        format!("{} {} {} {computer} {time} {}", event.provider, event.channel, event.id, data.join(" "))
    }

    #[test]
    fn every_nesting_gives_the_same_event() {
        let expected = "P Security 4624 SRV01 1591837200/Explicit IpAddress=192.0.2.7 IpPort=5";
        for json in [
            r#"{"@timestamp":"2021-01-01T00:00:00Z","host":{"name":"x"},"winlog":{"computer_name":"SRV01","channel":"Security","event_id":4624,"provider_name":"P","time_created":"2020-06-11T01:00:00Z","event_data":{"IpAddress":"192.0.2.7","IpPort":"5"}}}"#,
            r#"{"@timestamp":"2020-06-11T01:00:00Z","winlog.computer_name":"SRV01","winlog.channel":"Security","winlog.event_id":"4624","winlog.provider_name":"P","winlog.event_data.IpAddress":"192.0.2.7","winlog.event_data.IpPort":5}"#,
            r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"P","Guid":"G"}},"EventID":{"#attributes":{"Qualifiers":"0"},"#text":4624},"TimeCreated":{"#attributes":{"SystemTime":"2020-06-11T01:00:00Z"}},"Channel":"Security","Computer":"SRV01"},"EventData":{"IpAddress":"192.0.2.7","IpPort":5}}}"##,
            r##"{"Event":{"System":{"Provider_attributes":{"Name":"P"},"EventID":4624,"TimeCreated_attributes":{"SystemTime":"2020-06-11T01:00:00Z"},"Channel":"Security","Computer":"SRV01"},"EventData":{"Data":[{"@Name":"IpAddress","#text":"192.0.2.7"},{"@Name":"IpPort","#text":"5"}]}}}"##,
            r#"{"System":{"Provider":{"Name":"P"},"EventID":{"Value":4624},"TimeCreated":{"SystemTime":1591837200.0},"Channel":"Security","Computer":"SRV01"},"EventData":{"IpAddress":"192.0.2.7","IpPort":5}}"#,
            r##"{"EventId":4624,"Provider":"P","Channel":"Security","Computer":"SRV01","TimeCreated":"2020-06-11T01:00:00+00:00","PayloadData1":"x","Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"IpAddress\",\"#text\":\"192.0.2.7\"},{\"@Name\":\"IpPort\",\"#text\":\"5\"}]}}"}"##,
            r#"{"data":{"win":{"system":{"providerName":"P","eventID":"4624","systemTime":"2020-06-11T01:00:00Z","channel":"Security","computer":"SRV01"},"eventdata":{"IpAddress":"192.0.2.7","IpPort":"5"}}}}"#,
        ] {
            assert_eq!(shown(json), expected, "{json}");
        }
    }

    #[test]
    fn a_flat_event_keeps_its_fields() {
        let json = r#"{"EventTime":"2020-06-11 10:00:00","Hostname":"SRV01","EventID":4624,"SourceName":"P","Channel":"Security","IpAddress":"192.0.2.7","EventReceivedTime":"2020-06-11 10:00:02"}"#;
        assert!(
            shown(json).starts_with("P Security 4624 SRV01 1591869600/Unknown IpAddress=192.0.2.7"),
            "{}",
            shown(json)
        );
    }

    #[test]
    fn the_arrival_tells_the_zone_of_a_local_time() {
        let at = |local: &str, arrived: &str| settle(local, Some(arrived), &Clock::default()).unwrap();
        assert_eq!(at("2020-06-11 10:00:00", "2020-06-11T01:00:03Z"), (Moment(1_591_837_200_000_000), Basis::Explicit));
        assert_eq!(at("2020-06-11 06:30:00", "2020-06-11T01:00:03Z"), (Moment(1_591_837_200_000_000), Basis::Explicit));
        // Arrived ten minutes later: no zone is that far from a quarter of an hour.
        assert_eq!(at("2020-06-11 10:00:00", "2020-06-11T01:07:30Z").1, Basis::Unknown);
        assert_eq!(at("2020-06-11 10:00:00", "2020-07-11T01:00:00Z").1, Basis::Unknown);
    }

    #[test]
    fn failures_are_told_by_their_keyword() {
        assert!(is_failure("0x8010000000000000") && is_failure("-9218868437227405312"));
        assert!(!is_failure("0x8020000000000000") && !is_failure("-9214364837600034816") && !is_failure("x"));
    }
}
