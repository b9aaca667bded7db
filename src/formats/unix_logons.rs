//! Logons over the network to Unix hosts: what `sshd` and Dropbear write into auth.log, secure or messages, the kernel's audit of
//! logins (`type=USER_LOGIN`), and what ESXi and vCenter write of logons. After OpenSSH's `auth.c`, `auth2.c` and `packet.c` (the messages' texts), Dropbear's `svr-auth.c`, and
//! the Linux Audit documentation, "Audit Record Types".
//!
//! **Ends.** Who logs in is the initiator; the host that wrote the line, as the syslog header (or `node=`) names it, is the
//! responder. Without that name a line is skipped: nothing says whose log it is. There are no bytes.
//!
//! **Once.** Each `Accepted` and each `Failed` is a logon. What comes before and behind it of the same peer and port (`Invalid user`,
//! `Connection closed by`, `Disconnected from`) counts with it; where neither comes, as with guessed names on a host that takes keys
//! alone, it is one failed logon. Steps without a port are skipped. Times without a year are settled by the file's clock.

use super::firewall::{self, Reader, Telling, Told};
use super::syntax::syslog::{self, Message};
use super::syntax::years::Years;
use super::syntax::{address, number, pairs};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Text};

/// The format.
pub struct UnixLogons;

impl Format for UnixLogons {
    fn name(&self) -> &'static str {
        "unix_logons"
    }

    fn title(&self) -> &'static str {
        "Logons to Unix hosts (sshd, Dropbear, audit) and vSphere"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let tells = |line: &[u8]| {
            let message = syslog::strip(&line[..line.len().min(2_000)]);
            audited(message.body).is_some()
                || vsphere(message.body).is_some()
                || (is_server(&message) && logon(message.body).is_some())
        };
        if sample.lines().take(500).any(tells) { Likeness::Likely } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Reader::new(setting, read))
    }
}

fn is_server(message: &Message<'_>) -> bool {
    let is = |name: &[u8]| message.program.is_some_and(|program| program.eq_ignore_ascii_case(name));
    is(b"sshd") || is(b"sshd-session") || is(b"dropbear")
}

/// What a line says of a logon.
struct Logon<'r> {
    user: &'r [u8],
    /// The peer and its port.
    peer: &'r [u8],
    port: Option<&'r [u8]>,
    outcome: Outcome,
    /// What of it the line tells.
    telling: Telling,
    /// Whether the line tells how it ended.
    closes: bool,
}

/// How a message begins, what stands before the peer, what became of it, and what the line is to its logon.
const SHAPES: [(&str, &str, Outcome, Telling); 19] = [
    ("Accepted ", " from ", Outcome::Established, Telling::Last),
    ("Failed ", " from ", Outcome::Failed, Telling::Last),
    ("Invalid user ", " from ", Outcome::Failed, Telling::Before),
    ("Illegal user ", " from ", Outcome::Failed, Telling::Before),
    ("Connection closed by ", "", Outcome::Failed, Telling::Before),
    ("Connection reset by ", "", Outcome::Failed, Telling::Before),
    ("Disconnected from ", "", Outcome::Failed, Telling::Before),
    ("Received disconnect from ", "", Outcome::Failed, Telling::Before),
    ("Disconnecting ", "", Outcome::Failed, Telling::Before),
    ("error: maximum authentication attempts exceeded for ", " from ", Outcome::Failed, Telling::Before),
    ("Unable to negotiate with ", "", Outcome::Failed, Telling::Before),
    ("fatal: Unable to negotiate with ", "", Outcome::Failed, Telling::Before),
    ("Did not receive identification string from ", "", Outcome::Failed, Telling::Before),
    ("banner exchange: Connection from ", "", Outcome::Failed, Telling::Before),
    ("refused connect from ", "", Outcome::Denied, Telling::Last),
    ("Password auth succeeded for ", " from ", Outcome::Established, Telling::Last),
    ("Pubkey auth succeeded for ", " from ", Outcome::Established, Telling::Last),
    ("Bad password attempt for ", " from ", Outcome::Failed, Telling::Last),
    ("Login attempt for nonexistent user", " from ", Outcome::Failed, Telling::Before),
];

const CLOSINGS: [&str; 5] = [
    "Connection closed by ",
    "Connection reset by ",
    "Disconnected from ",
    "Received disconnect from ",
    "Disconnecting ",
];

/// What a message of a server says of a logon; `None` for any other message.
fn logon(body: &[u8]) -> Option<Logon<'_>> {
    // Solaris puts a message's number first, and a case may differ between versions.
    let body = match memchr::memmem::find(&body[..body.len().min(60)], b"] ") {
        Some(end) if body.starts_with(b"[ID ") => &body[end + 2..],
        _ => body,
    };
    let begins = |begin: &str| body.get(..begin.len()).is_some_and(|own| own.eq_ignore_ascii_case(begin.as_bytes()));
    let (begin, before, outcome, telling) = *SHAPES.iter().find(|(begin, ..)| begins(begin))?;
    let rest = &body[begin.len()..];
    let (account, peer) = if before.is_empty() {
        match memchr::memmem::find(rest, b" port ") {
            // `authenticating user alice 192.0.2.7 port 22`: the account may be named before the address.
            Some(end) => {
                let from = rest[..end].iter().rposition(|b| *b == b' ').map_or(0, |at| at + 1);
                (&rest[..from], &rest[from..])
            }
            None => (&rest[..0], rest),
        }
    } else {
        // An account may be called `a from b`, and more words may follow: the peer stands behind the last one that a port follows.
        let with_port = |at: &usize| {
            let behind = &rest[at + before.len()..];
            behind[word(behind).len()..].starts_with(b" port ")
        };
        let mut found = memchr::memmem::rfind_iter(rest, before.as_bytes());
        let at = found.find(with_port).or_else(|| memchr::memmem::rfind(rest, before.as_bytes()))?;
        (&rest[..at], &rest[at + before.len()..])
    };
    let own = word(peer);
    let port = peer[own.len()..].strip_prefix(b" port ").map(word);
    let own = own.strip_suffix(b":").unwrap_or(own);
    // `refused connect from root@192.0.2.7`: who asked is said by the peer itself.
    let own = own.rsplit(|b| *b == b'@').next().unwrap_or(own);
    // An account's name, behind the way of logging in (`password for`) and what is said of it.
    let account = match memchr::memmem::find(account, b" for ") {
        Some(at) if !before.is_empty() => &account[at + 5..],
        _ => account,
    };
    let account = ["invalid user ", "illegal user ", "authenticating user ", "user "]
        .iter()
        .find_map(|said| account.strip_prefix(said.as_bytes()))
        .unwrap_or(account)
        .trim_ascii();
    let account = account.strip_prefix(b"'").and_then(|rest| rest.split(|b| *b == b'\'').next()).unwrap_or(account);
    let account = if account.starts_with(b"<") { b"" } else { account };
    (!own.is_empty()).then_some(Logon {
        user: account,
        peer: own,
        port,
        outcome,
        telling,
        closes: CLOSINGS.contains(&begin),
    })
}

fn word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|b| matches!(b, b' ' | b',' | b'(')).unwrap_or(text.len());
    &text[..end]
}

/// The fields of an audited login: `type=USER_LOGIN msg=audit(1591837200.123:456): … msg='… res=success'`.
fn audited(body: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(&body[..body.len().min(300)], b"type=USER_LOGIN msg=audit(")?;
    Some(&body[at..])
}

/// What ESXi and vCenter write of a logon: `User ito@192.0.2.7 logged in as VMware-client/6.5.0`, `Cannot login ito@192.0.2.7`,
/// `Rejected password for user ito from 192.0.2.7`. Gives account, peer and outcome.
fn vsphere(body: &[u8]) -> Option<(&[u8], &[u8], Outcome)> {
    let between = |begin: &[u8], end: &[u8]| {
        let at = memchr::memmem::find(body, begin)? + begin.len();
        let rest = &body[at..];
        Some(&rest[..if end.is_empty() { rest.len() } else { memchr::memmem::find(rest, end)? }])
    };
    if let Some(rest) = between(b"Rejected password for user ", b"") {
        let at = memchr::memmem::rfind(rest, b" from ")?;
        let peer = word(&rest[at + 6..]);
        return address::address(peer).map(|_| (&rest[..at], peer, Outcome::Failed));
    }
    let (said, outcome) = match between(b"User ", b" logged in as ") {
        Some(said) => (said, Outcome::Established),
        None => (between(b"Cannot login ", b"")?, Outcome::Failed),
    };
    let said = said.strip_prefix(b"user ").unwrap_or(said);
    let at = memchr::memrchr(b'@', said)?;
    let peer = said[at + 1..].split(|b| matches!(b, b' ' | b']')).next()?;
    let peer = peer.strip_suffix(b".").unwrap_or(peer);
    address::address(peer).map(|_| (&said[..at], peer, outcome))
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let message = syslog::strip(line);
    if let Some((user, peer, outcome)) = vsphere(message.body) {
        let (user, service) = (said(user), Some("vsphere".into()));
        let mut flow = Flow { kind: Kind::Logon, initiator: end(peer)?, user, service, outcome, ..Flow::default() };
        if let Some((at, basis)) = message.time.and_then(|stamp| years.settle(stamp)) {
            (flow.start, flow.basis) = (Some(at), basis);
        }
        return finished(flow, message.host, Telling::Last);
    }
    if let Some(fields) = audited(message.body) {
        return audit(&message, fields);
    }
    if !is_server(&message) {
        return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
    }
    let Some(logon) = logon(message.body) else {
        return Ok(Told::Nothing("message of a server of logons that names no peer, or a step of one".into()));
    };
    let port = logon.port.map(|port| {
        let port = port.split(|b| *b == b':').next().unwrap_or(port);
        number::port(port).ok_or_else(|| Fault::of_field(super::reasons::PORT, "port", port))
    });
    let mut flow = Flow {
        kind: Kind::Logon,
        initiator: end(logon.peer)?,
        service: Some("ssh".into()),
        outcome: logon.outcome,
        user: said(logon.user),
        ..Flow::default()
    };
    flow.initiator.port = port.transpose()?.or(flow.initiator.port);
    if let Some((at, basis)) = message.time.and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (Some(at), basis);
    }
    // Without `[preauth]`, what is closed was a session, whose logon was accepted.
    let of_session = logon.closes && memchr::memmem::find(message.body, b"[preauth]").is_none();
    if of_session || (logon.telling == Telling::Before && flow.initiator.port.is_none()) {
        return Ok(Told::Nothing("step of a logon, which counts once".into()));
    }
    finished(flow, message.host, logon.telling)
}

/// The flow with the host that wrote the line as its responder.
fn finished<'r>(mut flow: Flow<'r>, host: Option<&'r [u8]>, telling: Telling) -> Result<Told<'r>, Fault> {
    let Some(host) = host else {
        return Ok(Told::Nothing("a logon to a host that the line does not name".into()));
    };
    (flow.responder, flow.sensor) = (end(host)?, Some(readable(host)));
    // A peer is known by its port, so that every failed attempt of one connection counts.
    let number = flow.initiator.port.map(|_| ("".into(), telling));
    Ok(Told::Flow(flow, number))
}

fn audit<'r>(message: &Message<'r>, fields: &'r [u8]) -> Result<Told<'r>, Fault> {
    let mut flow = Flow { kind: Kind::Logon, ..Flow::default() };
    let stamp = fields.split(|b| *b == b'(').nth(1).and_then(|rest| rest.split(|b| *b == b':').next());
    let at = stamp
        .and_then(number::micros)
        .ok_or_else(|| Fault::of_field(super::reasons::TIME, "msg", &fields[..fields.len().min(80)]))?;
    (flow.start, flow.basis) = (Some(Moment(at)), Basis::Explicit);
    let mut name: Option<Text<'r>> = None;
    for (key, value) in pairs::Pairs::new(fields, pairs::Between::Blanks).flatten() {
        let value = value.text();
        let value = value.trim_matches('\'').trim();
        match key {
            b"addr" if !matches!(value, "?" | "") => flow.initiator = end_of(value.to_owned()),
            b"hostname" if !matches!(value, "?" | "") => name = Some(value.to_owned().into()),
            b"acct" => flow.user = Some(value.to_owned().into()),
            b"exe" => flow.service = value.rsplit('/').next().map(|name| name.to_owned().into()),
            b"res" => flow.outcome = if value.starts_with("success") { Outcome::Established } else { Outcome::Failed },
            _ => {}
        }
    }
    if !flow.initiator.is_known() {
        flow.initiator = name.map(|name| end_of(name.into_owned())).unwrap_or_default();
    }
    if !flow.initiator.is_known() {
        return Ok(Told::Nothing("a login at the host itself".into()));
    }
    let node = memchr::memmem::find(message.body, b"node=").map(|at| word(&message.body[at + 5..]));
    finished(flow, node.or(message.host), Telling::Last)
}

fn end(text: &[u8]) -> Result<Endpoint<'_>, Fault> {
    match address::address_and_port(text) {
        Some((address, port)) => Ok(Endpoint { address: Some(address), port, ..Endpoint::default() }),
        None if firewall::may_be_host(&readable(text)) => Ok(Endpoint { name: said(text), ..Endpoint::default() }),
        None => Err(Fault::of_field(super::reasons::ADDRESS, "an end", text)),
    }
}

fn end_of<'r>(text: String) -> Endpoint<'r> {
    match address::address(text.as_bytes()) {
        Some(address) => Endpoint { address: Some(address), ..Endpoint::default() },
        None => Endpoint { name: Some(text.into()), ..Endpoint::default() },
    }
}

fn said(text: &[u8]) -> Option<Text<'_>> {
    (!text.is_empty()).then(|| readable(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Option<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        logon(body.as_bytes()).map(|own| {
            format!(
                "{} {} {} {}",
                text(own.user),
                text(own.peer),
                own.port.map_or("-".into(), text),
                own.outcome.word()
            )
        })
    }

    #[test]
    fn the_account_and_the_peer_are_told_in_every_wording() {
        for (body, expected) in [
            (
                "Accepted publickey for ito from 192.0.2.7 port 50123 ssh2: RSA SHA256:x",
                "ito 192.0.2.7 50123 established",
            ),
            ("Failed password for invalid user test from 2001:db8::7 port 4 ssh2", "test 2001:db8::7 4 failed"),
            ("Failed none for a from b from 192.0.2.7 port 4", "a from b 192.0.2.7 4 failed"),
            ("Failed password for ito from 192.0.2.7 port 4 ssh2: ruser from 1.2.3.4", "ito 192.0.2.7 4 failed"),
            ("Connection closed by authenticating user root 192.0.2.7 port 5 [preauth]", "root 192.0.2.7 5 failed"),
            ("Received disconnect from 192.0.2.7 port 5:11: Bye [preauth]", " 192.0.2.7 5:11: failed"),
            ("Bad password attempt for 'root' from 192.0.2.7:5543", "root 192.0.2.7:5543 - failed"),
            ("Unable to negotiate with 192.0.2.7 port 5: no matching cipher found", " 192.0.2.7 5: failed"),
        ] {
            assert_eq!(told(body).as_deref(), Some(expected), "{body}");
        }
        for body in [
            "Server listening on 0.0.0.0 port 22.",
            "pam_unix(sshd:session): session opened for user ito by (uid=0)",
            "Accepted ",
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }
}
