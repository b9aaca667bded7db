//! What the events of Windows' own logs mean, whatever they were carried in: EVTX, XML, JSON, CSV. After Microsoft, "Advanced
//! security audit policy settings" (a page an event), the Sysmon page of Sysinternals, and the manifests of the providers named.
//!
//! A carrier makes an [`Event`] of a record and hands it to an [`Interpreter`], which gives the flow or says why there is none.
//!
//! **What is told.** A logon (4624, 4625, 4648, Kerberos, NTLM, Remote Desktop) names no destination address: the computer
//! that wrote the event is the responder, by its name, and the initiator is what the event calls network address or
//! workstation. `service` says which kind (`logon type 3`, `kerberos`, `ntlm`, `rdp`). Share access is a connection to
//! tcp/445, where SMB listens (MS-SMB2 §2.1); the filtering platform and Sysmon name both ends of connections.
//!
//! **Counted once.** An event that tells again of a connection that this file has told of (each file checked on one SMB
//! connection, the disconnection of a Remote Desktop session whose logon stands here) is skipped. At most [`MOST_KNOWN`]
//! connections are remembered, and only for as long as the same ports would not come again.

pub mod carrier;
mod message;
mod network;
mod remote_desktop;
mod security;
mod timeline;
pub mod xml;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::syntax::{address, number, time};
use super::{Disposition, Fault, Sink, reasons};
use crate::evidence::Place;
use crate::evidence::text::{elided, visible};
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Text};

/// One event, as its carrier read it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event<'r> {
    /// The provider's name (`Microsoft-Windows-Security-Auditing`); empty where the carrier leaves it out.
    pub provider: Text<'r>,
    /// The log that it stood in (`Security`); empty where the carrier leaves it out.
    pub channel: Text<'r>,
    /// Its number, without the qualifiers of classic events.
    pub id: u32,
    /// The computer that wrote it.
    pub computer: Option<Text<'r>>,
    /// When it was written.
    pub time: Option<(Moment, Basis)>,
    /// Whether it is an audit of a failure (bit 52 of `Keywords`).
    pub failure: bool,
    /// Its fields in order, name and value: EventData, or UserData's elements. The name is empty where the event has none.
    pub data: Vec<(Text<'r>, Text<'r>)>,
}

/// What it is written of a value that is not there. `%%1793` is the message table's `-`.
fn is_unset(value: &str) -> bool {
    matches!(value, "" | "-" | "--" | "N/A" | "null" | "NULL" | "%%1793")
}

impl Event<'_> {
    /// The value of the first of these fields that says something. Carriers differ in the case of names.
    pub fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let found = self.data.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim()).filter(|value| !is_unset(value))
        })
    }

    /// The value at this place among those without a name, from 0.
    pub fn unnamed(&self, at: usize) -> Option<&str> {
        let values = self.data.iter().filter(|(name, _)| name.is_empty());
        values.map(|(_, value)| value.trim()).nth(at).filter(|value| !is_unset(value))
    }

    fn is_from(&self, word: &str) -> bool {
        contains(&self.provider, word) || contains(&self.channel, word)
    }

    /// A flow of this event with its responder, the computer.
    fn at_computer(&self, kind: Kind) -> Flow<'_> {
        Flow { responder: self.computer_end(), ..self.flow(kind) }
    }

    fn flow(&self, kind: Kind) -> Flow<'_> {
        Flow {
            kind,
            start: self.time.map(|(at, _)| at),
            basis: self.time.map_or(Basis::Unknown, |(_, basis)| basis),
            sensor: self.computer.as_deref().map(Cow::Borrowed),
            ..Flow::default()
        }
    }

    fn computer_end(&self) -> Endpoint<'_> {
        self.computer.as_deref().map(host).unwrap_or_default()
    }

    /// Whether a name is this computer's: alike, or the first label of the longer one.
    fn is_computer(&self, name: &str) -> bool {
        let own = self.computer.as_deref().unwrap_or_default();
        let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
        !own.is_empty() && (own.eq_ignore_ascii_case(name) || short(own) == short(name))
    }
}

/// Whether a text contains a word of ASCII letters, in upper or lower case.
fn contains(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// A host by its name or its address.
fn host(text: &str) -> Endpoint<'_> {
    let text = text.trim_start_matches('\\');
    match address::address(text.as_bytes()) {
        Some(found) => Endpoint { address: Some(found), ..Endpoint::default() },
        None => Endpoint { name: Some(Cow::Borrowed(text)), ..Endpoint::default() },
    }
}

/// How many connections are remembered in case an event tells of one again.
pub const MOST_KNOWN: usize = 32_768;

/// Gives the flows of one file's events.
#[derive(Debug, Default)]
pub struct Interpreter {
    /// Connections told of, and when last.
    known: BTreeMap<String, Option<Moment>>,
}

/// What an event gives: its flow, or what else became of it.
type Told<'e> = Result<Flow<'e>, Disposition>;

impl Interpreter {
    /// Reads an event and hands on its flow.
    pub fn tell(&mut self, event: &Event<'_>, place: Place, flows: &mut Sink<'_>) -> Disposition {
        match self.read(event) {
            Ok(flow) => {
                flows(&flow, place);
                Disposition::Parsed
            }
            Err(disposition) => disposition,
        }
    }

    /// Reads an event: its flow, or why there is none.
    pub fn read<'e>(&mut self, event: &'e Event<'_>) -> Told<'e> {
        let flow = self.told(event)?;
        if flow.initiator.is_known() && flow.responder.is_known() {
            Ok(flow)
        } else {
            Err(skipped("a Windows event that does not name its computer"))
        }
    }

    fn told<'e>(&mut self, event: &'e Event<'_>) -> Told<'e> {
        match Log::of(event) {
            Log::Security => security::read(self, event),
            Log::Sysmon if event.id == 3 => network::sysmon(event),
            Log::RemoteDesktop => remote_desktop::read(self, event),
            Log::Smb => network::smb(self, event),
            Log::WinRm => network::winrm(event),
            Log::Ntlm => security::ntlm(event),
            Log::Directory => security::ldap(event),
            Log::Sysmon | Log::Other => Err(no_connection(event)),
        }
    }

    /// Whether this connection was told of within `reach` (microseconds) before; from now on it is known.
    fn knows(&mut self, key: String, time: Option<Moment>, reach: u64) -> bool {
        if let Some(last) = self.known.get_mut(&key) {
            let near = last.zip(time).is_none_or(|(last, now)| last.0.abs_diff(now.0) <= reach);
            *last = time.or(*last);
            return near;
        }
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(key, time);
        false
    }
}

/// The providers whose events name two hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    Security,
    Sysmon,
    RemoteDesktop,
    Smb,
    WinRm,
    Ntlm,
    Directory,
    Other,
}

impl Log {
    fn of(event: &Event<'_>) -> Log {
        let provider = event.provider.trim();
        if event.is_from("Sysmon") {
            Log::Sysmon
        } else if event.is_from("Security-Auditing") || provider.eq_ignore_ascii_case("Security") {
            Log::Security
        } else if event.is_from("TerminalServices-") || event.is_from("RdpCoreTS") || event.is_from("RDPClient") {
            Log::RemoteDesktop
        } else if event.is_from("SMBServer") {
            Log::Smb
        } else if event.is_from("WinRM") || event.is_from("Windows Remote Management") {
            Log::WinRm
        } else if event.is_from("Microsoft-Windows-NTLM") {
            Log::Ntlm
        } else if event.is_from("ActiveDirectory_DomainService") || event.is_from("NTDS LDAP") {
            Log::Directory
        } else if !provider.is_empty() {
            Log::Other
        } else if event.channel.eq_ignore_ascii_case("Security") || (4608..=6424).contains(&event.id) {
            // Tables of security events leave the provider out.
            Log::Security
        } else if event.id == 3 && event.get(&["SourceIp"]).is_some() {
            Log::Sysmon
        } else {
            Log::Other
        }
    }
}

/// The reason for all events that name no second host.
fn no_connection(event: &Event<'_>) -> Disposition {
    let from = if event.provider.trim().is_empty() { &event.channel } else { &event.provider };
    let from = from.trim().strip_prefix("Microsoft-Windows-").unwrap_or(from.trim());
    let shown = visible(from);
    let name = if from.is_empty() { String::new() } else { format!("{} ", elided(&shown, 48)) };
    Disposition::Skipped(format!("Windows {name}event {}, no connection", event.id).into())
}

fn skipped(reason: &'static str) -> Disposition {
    Disposition::Skipped(reason.into())
}

const NO_SOURCE: &str = "a logon that names no host it came from (local, a service or a batch job)";
const OWN_SOURCE: &str = "a logon from the computer itself";

/// The end that a logon came from: its address, and its name unless that is the computer's own. `Err` where it came
/// from nowhere else.
fn origin<'e>(
    event: &'e Event<'_>,
    address_field: &[&str],
    port_field: &[&str],
    name_field: &[&str],
) -> Result<Endpoint<'e>, Disposition> {
    let name = event.get(name_field).map(|name| name.trim_start_matches('\\')).filter(|name| !name.is_empty());
    let foreign = name.filter(|name| !event.is_computer(name));
    let mut end = match event.get(address_field) {
        Some(text) => end_of(address_field[0], text)?,
        None if foreign.is_some() => Endpoint::default(),
        None if name.is_some() => return Err(skipped(OWN_SOURCE)),
        None => return Err(skipped(NO_SOURCE)),
    };
    if end.address.is_some_and(|own| own.is_loopback()) {
        return Err(skipped(OWN_SOURCE));
    }
    if end.address.is_some_and(|own| own.is_unspecified()) {
        end.address = None;
        if foreign.is_none() {
            return Err(skipped(NO_SOURCE));
        }
    }
    end.port = match event.get(port_field) {
        Some(text) => port(port_field[0], text)?,
        None => end.port,
    };
    end.name = end.name.or(foreign.map(Cow::Borrowed));
    Ok(end)
}

/// An address with or without its port; a host's name stays a name.
fn end_of<'e>(field: &str, text: &'e str) -> Result<Endpoint<'e>, Disposition> {
    let text = text.trim_start_matches('\\');
    if let Some((found, port)) = address::address_and_port(text.as_bytes()) {
        return Ok(Endpoint { address: Some(found), port, ..Endpoint::default() });
    }
    let wordy = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || b >= 0x80);
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if wordy && !numeric && text.len() <= 255 {
        return Ok(Endpoint { name: Some(Cow::Borrowed(text)), ..Endpoint::default() });
    }
    Err(Disposition::Malformed(Fault::new(reasons::ADDRESS, format!("{field} is \"{text}\""))))
}

/// A port; 0 is what Windows writes where there was none.
fn port(field: &str, text: &str) -> Result<Option<u16>, Disposition> {
    match number::port(text.as_bytes()) {
        Some(0) => Ok(None),
        Some(port) => Ok(Some(port)),
        None => Err(Disposition::Malformed(Fault::new(reasons::PORT, format!("{field} is \"{text}\"")))),
    }
}

/// A status that is zero: `0x0`, `0x00000000`, `0`.
fn is_success(status: &str) -> bool {
    status.trim_start_matches("0x").bytes().all(|b| b == b'0')
}

/// An account without its realm: 4769 writes `alice@EXAMPLE.COM` where 4768 writes `alice`.
fn account(text: &str) -> Text<'_> {
    Cow::Borrowed(text.split_once('@').map_or(text, |(name, _)| name))
}

/// The last part of a path: which program it was.
fn program(path: &str) -> Text<'_> {
    Cow::Borrowed(path.rsplit(['\\', '/']).next().unwrap_or(path))
}

fn succeeded(success: bool) -> Outcome {
    if success { Outcome::Established } else { Outcome::Failed }
}

/// Reads what Sysmon calls `UtcTime`.
fn utc(text: &str) -> Option<Moment> {
    time::read(text.as_bytes()).map(|written| written.local)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn event<'r>(provider: &'r str, id: u32, data: &[(&'r str, &'r str)]) -> Event<'r> {
        let data = data.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect();
        Event {
            provider: provider.into(),
            id,
            computer: Some("SRV01.example.com".into()),
            time: Some((Moment(1_591_837_200_000_000), Basis::Explicit)),
            data,
            ..Event::default()
        }
    }

    /// `from > to service outcome user`, or why not.
    pub(super) fn told(interpreter: &mut Interpreter, event: &Event<'_>) -> String {
        let end = |end: &Endpoint<'_>| {
            let port = end.port.map_or(String::new(), |port| format!(":{port}"));
            let address = end.address.map(|address| address.to_string());
            [address, end.name.as_deref().map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>().join("/")
                + &port
        };
        match interpreter.read(event) {
            Ok(flow) => format!(
                "{} > {} {} {} {} {}",
                end(&flow.initiator),
                end(&flow.responder),
                flow.service_key(),
                flow.service.as_deref().unwrap_or("-"),
                flow.outcome.word(),
                flow.user.as_deref().unwrap_or("-")
            ),
            Err(Disposition::Skipped(reason)) => reason.into_owned(),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn an_event_of_no_use_says_its_provider_and_number() {
        let told = told(&mut Interpreter::default(), &event("Microsoft-Windows-Kernel-General", 1, &[]));
        assert_eq!(told, "Windows Kernel-General event 1, no connection");
    }

    #[test]
    fn the_computer_is_known_by_its_short_name_too() {
        let event = event("", 1, &[]);
        assert!(event.is_computer("srv01") && event.is_computer("SRV01.EXAMPLE.COM"));
        assert!(!event.is_computer("srv0") && !Event::default().is_computer(""));
    }

    #[test]
    fn what_is_known_is_forgotten_in_time() {
        let mut interpreter = Interpreter::default();
        let at = |seconds: i64| Moment::from_seconds(seconds);
        assert!(!interpreter.knows("a".into(), at(0), 60_000_000));
        assert!(interpreter.knows("a".into(), at(50), 60_000_000));
        assert!(interpreter.knows("a".into(), at(100), 60_000_000));
        assert!(!interpreter.knows("a".into(), at(200), 60_000_000));
    }
}
