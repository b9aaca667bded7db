//! Messages about people's VPN sessions (AnyConnect, clientless, IKEv1 and IKEv2), which begin with whose session it is:
//! `Group <g> User <u> IP <a>`, `Group = g, Username = u, IP = a,`, `Local:a:p Remote:b:p Username:u`.
//!
//! The initiator is the person's outer address, the responder the device; the address that the person was assigned stands as
//! the initiator's name, since nothing else ties later connections to the account. `113019` ends a session and has its
//! numbers: what it calls transmitted went to the person, so it is `bytes_in`.

use std::borrow::Cow;

use super::super::held::Step;
use super::super::syntax::number;
use super::super::{Fault, reasons};
use super::ends::{account, given, named, with_port};
use crate::evidence::text::readable;
use crate::flow::{Flow, Kind, Outcome, Text};

/// What a message says of a session.
pub struct Told<'m> {
    /// The session as this message has it; start and responder are the caller's to fill.
    pub flow: Flow<'m>,
    /// What it does to the session; `None` where no session came about, or a login is told.
    pub step: Option<Step>,
}

/// Reads such a message; `None` where it names no outer address.
pub fn told(number: u32, text: &[u8]) -> Result<Option<Told<'_>>, Fault> {
    if matches!(number, 750_001..=750_015 | 751_001..=751_028) {
        return ikev2(number, text);
    }
    let person = match number {
        734_001 => access_policy(text),
        721_016 | 721_018 => web(text),
        113_019..=113_040 | 713_000..=713_999 | 716_000..=716_999 | 722_000..=722_999 => person(text),
        _ => None,
    };
    let Some(person) = person else { return Ok(None) };
    // A gateway that speaks of itself, or an address that was taken out of the log.
    if person.address.is_empty() || person.address.iter().all(|b| *b == b'*') {
        return Ok(None);
    }
    let mut flow =
        Flow { kind: Kind::Session, initiator: named(person.address)?, user: person.user, ..Flow::default() };
    flow.outcome = Outcome::Established;
    flow.rule = person.group;
    let step = match number {
        113_019 => {
            numbers(&mut flow, person.rest)?;
            Some(Step::Close)
        }
        113_029..=113_038 | 113_040 => {
            flow.outcome = Outcome::Denied;
            None
        }
        716_038 | 716_039 => {
            flow.kind = Kind::Logon;
            let rejected = memchr::memmem::find(person.rest, b"rejected").is_some() || number == 716_039;
            flow.outcome = if rejected { Outcome::Denied } else { Outcome::Established };
            None
        }
        716_002 | 721_018 | 722_023 | 713_050 | 713_259 => Some(Step::Over),
        _ => Some(Step::Note),
    };
    let assigned = match number {
        722_051 => {
            between(person.rest, b"IPv4 Address <", b">").or_else(|| between(person.rest, b"IPv4 Address ", b" "))
        }
        713_228 => between(person.rest, b"Assigned private IP address ", b" "),
        _ => None,
    };
    if let Some(assigned) = assigned.filter(|assigned| given(assigned).is_some()) {
        flow.initiator.name = Some(readable(assigned));
    }
    Ok(Some(Told { flow, step }))
}

struct Person<'m> {
    group: Option<Text<'m>>,
    user: Option<Text<'m>>,
    address: &'m [u8],
    rest: &'m [u8],
}

/// `Group <g> User <u> IP <a> …` with or without the brackets; `Group = g, Username = u, IP = a, …` with any of them absent.
fn person(text: &[u8]) -> Option<Person<'_>> {
    if let Some(rest) = text.strip_prefix(b"Group <") {
        let (group, rest) = cut(rest, b">")?;
        let rest = rest.trim_ascii_start().strip_prefix(b"User")?.trim_ascii_start();
        let (user, rest) = match rest.strip_prefix(b"<") {
            Some(rest) => cut(rest, b">")?,
            None => (&b""[..], rest),
        };
        let (address, rest) = cut(rest.trim_ascii_start().strip_prefix(b"IP <")?, b">")?;
        return Some(Person { group: account(group), user: account(user), address, rest });
    }
    if let Some(rest) = text.strip_prefix(b"Group ")
        && !rest.starts_with(b"=")
    {
        let (group, rest) = cut(rest, b" User ")?;
        let (user, rest) = cut(rest, b" IP ")?;
        let (address, rest) = rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()));
        return Some(Person { group: account(group), user: account(user), address, rest });
    }
    let (mut group, mut user, mut address, mut rest) = (None, None, None, text);
    loop {
        let value = |name: &[u8]| {
            let after = rest.strip_prefix(name)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
            Some(cut(after, b",").unwrap_or((after, b"")))
        };
        let next = if let Some((found, next)) = value(b"Group") {
            group = account(found);
            next
        } else if let Some((found, next)) = value(b"Username") {
            user = account(found);
            next
        } else if let Some((found, next)) = value(b"IP") {
            address = Some(found.trim_ascii());
            next
        } else {
            break;
        };
        rest = next.trim_ascii_start();
    }
    Some(Person { group, user, address: address?, rest })
}

/// `734001`: `DAP: User u, Addr a, Connection AnyConnect: …`.
fn access_policy(text: &[u8]) -> Option<Person<'_>> {
    let (user, rest) = cut(text.strip_prefix(b"DAP: User ")?, b", Addr ")?;
    let (address, rest) = cut(rest, b",")?;
    Some(Person { group: None, user: account(user), address, rest })
}

/// `721016`: `(device) WebVPN session for client user u, IP a has been created.`
fn web(text: &[u8]) -> Option<Person<'_>> {
    let (_, rest) = cut(text, b" client user ")?;
    let (user, rest) = cut(rest, b", IP")?;
    let rest = rest.strip_prefix(b"v4").or_else(|| rest.strip_prefix(b"v6")).unwrap_or(rest).trim_ascii_start();
    let (address, rest) = cut(rest, b" ")?;
    Some(Person { group: None, user: account(user), address, rest })
}

/// `Local:a:p Remote:b:p Username:u …`. The remote side is the one that calls, but where the message says that this device
/// was asked to build the tunnel.
fn ikev2(number: u32, text: &[u8]) -> Result<Option<Told<'_>>, Fault> {
    let parts = || {
        let (local, rest) = cut(text.strip_prefix(b"Local:")?, b" Remote:")?;
        let (remote, rest) = cut(rest, b" Username:")?;
        let (user, rest) = rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()));
        Some((local.trim_ascii(), remote.trim_ascii(), user, rest))
    };
    let Some((local, remote, user, rest)) = parts() else { return Ok(None) };
    let (local, remote) = (with_port(local)?, with_port(remote)?);
    let mut flow = Flow { kind: Kind::Session, user: account(user), outcome: Outcome::Established, ..Flow::default() };
    (flow.initiator, flow.responder) = if number == 750_001 { (local, remote) } else { (remote, local) };
    flow.rule = between(rest, b"Group:", b" ").map(readable);
    let assigned = between(rest, b"IPv4 Address=", b" ").filter(|assigned| given(assigned).is_some());
    flow.initiator.name = assigned.map(readable).or(flow.initiator.name);
    let step = match number {
        750_003 => {
            flow.outcome = Outcome::Failed;
            None
        }
        750_007 => Some(Step::Over),
        _ => Some(Step::Note),
    };
    Ok(Some(Told { flow, step }))
}

/// The numbers of `113019`: `Duration: 0h:32m:16s, Bytes xmt: 297103, Bytes rcv: 1216163, Reason: …`.
fn numbers<'m>(flow: &mut Flow<'m>, text: &'m [u8]) -> Result<(), Fault> {
    let field = |name: &[u8]| between(text, name, b",").map(<[u8]>::trim_ascii);
    if let Some(duration) = field(b"Duration:") {
        flow.duration = Some(lasting(duration)?);
    }
    let count = |name: &[u8]| match field(name) {
        None => Ok(None),
        Some(found) => number::count(found).map(Some).ok_or_else(|| Fault::of_field(reasons::BYTES, "Bytes", found)),
    };
    flow.bytes_in = count(b"Bytes xmt:")?;
    flow.bytes_out = count(b"Bytes rcv:")?;
    flow.service = field(b"Session Type:").map(readable).map(|text| Cow::Owned(text.into_owned()));
    Ok(())
}

/// A duration in microseconds: `92:24:20`, `0h:32m:16s`, `1d 17h:03m:58s`.
pub fn lasting(text: &[u8]) -> Result<u64, Fault> {
    let fault = || Fault::of_field(reasons::DURATION, "duration", text);
    let mut seconds = 0_u64;
    let parts = text.split(|b| matches!(b, b':' | b' ')).filter(|part| !part.is_empty());
    let parts: Vec<&[u8]> = parts.take(5).collect();
    let count = parts.len();
    if count == 0 || count > 4 {
        return Err(fault());
    }
    for (at, part) in parts.into_iter().enumerate() {
        let (digits, unit) = match part.split_last() {
            Some((b'd', digits)) => (digits, 86_400),
            Some((b'h', digits)) => (digits, 3_600),
            Some((b'm', digits)) => (digits, 60),
            Some((b's', digits)) => (digits, 1),
            Some(_) if count == 3 => (part, [3_600, 60, 1][at]),
            Some(_) | None => return Err(fault()),
        };
        let value = number::count(digits).and_then(|n| n.checked_mul(unit)).ok_or_else(fault)?;
        seconds = seconds.checked_add(value).ok_or_else(fault)?;
    }
    seconds.checked_mul(1_000_000).ok_or_else(fault)
}

/// What stands before these words, and what behind them.
fn cut<'m>(text: &'m [u8], words: &[u8]) -> Option<(&'m [u8], &'m [u8])> {
    let at = memchr::memmem::find(text, words)?;
    Some((&text[..at], &text[at + words.len()..]))
}

/// What stands behind some words, up to others or the end.
fn between<'m>(text: &'m [u8], words: &[u8], end: &[u8]) -> Option<&'m [u8]> {
    let (_, rest) = cut(text, words)?;
    Some(cut(rest, end).map_or(rest, |(found, _)| found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_spelling() {
        for (text, seconds) in [
            ("92:24:20", 332_660),
            ("0:00:00", 0),
            ("0h:32m:16s", 1_936),
            ("1d 17h:03m:58s", 147_838),
            ("3h:0m", 10_800),
        ] {
            assert_eq!(lasting(text.as_bytes()).ok(), Some(seconds * 1_000_000), "{text}");
        }
        for text in ["", "x", "1:2", "1h:-2m:3s", "99999999999999999999:00:00", "1:2:3:4:5"] {
            assert!(lasting(text.as_bytes()).is_err(), "{text}");
        }
    }
}
