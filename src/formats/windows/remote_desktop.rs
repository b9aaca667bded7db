//! Remote Desktop, from the logs of both its ends: TerminalServices-RemoteConnectionManager 1149 and 1158,
//! LocalSessionManager 21 to 25, RdpCoreTS 131 and 140, the client's 1024 and 1102; Security 4778 and 4779.
//!
//! 131 is the TCP connection; 1149, 21 and 25 are logons. The port is not written (3389 may be changed), so it stays absent.

use std::borrow::Cow;

use super::{Event, Interpreter, Told, end_of, no_connection, origin, skipped};
use crate::flow::{Endpoint, Flow, Kind, Outcome, Protocol};

/// A session that is not heard of for longer than this may be another one of the same number.
const SESSION_REACH: u64 = 7 * 86_400_000_000;
const AGAIN: &str = "told again: the end or a later step of a Remote Desktop session that stands here";

/// Reads an event of Remote Desktop's own logs.
pub fn read<'e>(known: &mut Interpreter, event: &'e Event<'_>) -> Told<'e> {
    match event.id {
        1149 | 261 | 1158 => connection_manager(event),
        21 | 22 | 24 | 25 => local_session(known, event),
        131 | 140 => core(event),
        1024 | 1102 => client(event),
        _ => Err(no_connection(event)),
    }
}

/// 1149: `Param1` the account, `Param2` its domain, `Param3` the client. 1158: `Param1` the client.
fn connection_manager<'e>(event: &'e Event<'_>) -> Told<'e> {
    let (address, user) = match event.id {
        1149 => (event.get(&["Param3", "SourceNetworkAddress"]).or(event.unnamed(2)), event.get(&["Param1", "User"])),
        1158 => (event.get(&["Param1", "IPAddress"]).or(event.unnamed(0)), None),
        _ => return Err(no_connection(event)),
    };
    let kind = if event.id == 1149 { Kind::Logon } else { Kind::Connection };
    Ok(Flow {
        initiator: client_end(address)?,
        outcome: Outcome::Established,
        protocol: (kind == Kind::Connection).then_some(Protocol::TCP),
        service: Some(Cow::Borrowed("rdp")),
        user: user.or(event.unnamed(0).filter(|_| event.id == 1149)).map(Cow::Borrowed),
        ..event.at_computer(kind)
    })
}

/// 21 a logon, 22 its shell, 24 its disconnection, 25 its reconnection. `Address` is `LOCAL` (in the system's language) at the
/// console.
fn local_session<'e>(known: &mut Interpreter, event: &'e Event<'_>) -> Told<'e> {
    let address = event.get(&["Address", "Source Network Address", "SourceNetworkAddress"]).or(event.unnamed(2));
    let user = event.get(&["User"]).or(event.unnamed(0));
    let session = event.get(&["SessionID", "Session ID"]).or(event.unnamed(1));
    let initiator = client_end(address)?;
    let key = [event.computer.as_deref(), user, session, address].map(Option::unwrap_or_default).join(" ");
    let is_known = known.knows(format!("rdp {key}"), event.time.map(|(at, _)| at), SESSION_REACH);
    if is_known && matches!(event.id, 22 | 24) {
        return Err(skipped(AGAIN));
    }
    Ok(Flow {
        initiator,
        outcome: Outcome::Established,
        service: Some(Cow::Borrowed("rdp")),
        user: user.map(Cow::Borrowed),
        ..event.at_computer(Kind::Logon)
    })
}

/// RdpCoreTS 131: `ConnType` and `ClientIP` with its port. 140: a wrong account or password, `IPString`.
fn core<'e>(event: &'e Event<'_>) -> Told<'e> {
    let address = event.get(&["ClientIP", "IPString", "ClientAddress"]).or(event.unnamed(usize::from(event.id == 131)));
    let initiator = client_end(address)?;
    let (kind, outcome) =
        if event.id == 131 { (Kind::Connection, Outcome::Established) } else { (Kind::Logon, Outcome::Failed) };
    let protocol = match event.get(&["ConnType"]) {
        Some(word) if kind == Kind::Connection => Protocol::read(word),
        Some(_) | None => None,
    };
    let service = Some(Cow::Borrowed("rdp"));
    Ok(Flow { initiator, outcome, protocol, service, ..event.at_computer(kind) })
}

/// The client's side: 1024 names the server as it was typed, 1102 its address. From this computer to there.
fn client<'e>(event: &'e Event<'_>) -> Told<'e> {
    let server = event.get(&["Value", "ServerName", "Server"]).or(event.unnamed(1)).or(event.unnamed(0));
    let Some(server) = server else { return Err(no_connection(event)) };
    let responder = end_of("Value", server.trim_matches(['(', ')']))?;
    let service = Some(Cow::Borrowed("rdp"));
    Ok(Flow { initiator: event.computer_end(), responder, service, ..event.flow(Kind::Connection) })
}

/// 4778 (reconnected) and 4779 (disconnected): `ClientAddress` is `LOCAL` or `Unknown` where there is none.
pub fn window_station<'e>(known: &mut Interpreter, event: &'e Event<'_>) -> Told<'e> {
    let word = event.get(&["ClientAddress", "Client Address"]).unwrap_or_default();
    if ["LOCAL", "Unknown"].iter().any(|none| none.eq_ignore_ascii_case(word)) {
        return Err(skipped(super::NO_SOURCE));
    }
    let initiator = origin(event, &["ClientAddress", "Client Address"], &[], &["ClientName", "Client Name"])?;
    let id = event.get(&["LogonID", "Logon ID", "LogonId"]).unwrap_or_default();
    let key = format!("station {} {id} {word}", event.computer.as_deref().unwrap_or_default());
    let is_known = known.knows(key, event.time.map(|(at, _)| at), SESSION_REACH);
    if is_known && event.id == 4779 {
        return Err(skipped(AGAIN));
    }
    Ok(Flow {
        initiator,
        outcome: Outcome::Established,
        service: Some(Cow::Borrowed("rdp")),
        user: event.get(&["AccountName", "Account Name"]).map(Cow::Borrowed),
        ..event.at_computer(Kind::Logon)
    })
}

/// A client by its address. A word in its place says in the system's language that it was the console.
fn client_end(text: Option<&str>) -> Result<Endpoint<'_>, crate::formats::Disposition> {
    let Some(text) = text else { return Err(skipped(super::NO_SOURCE)) };
    let end = end_of("client address", text).unwrap_or_default();
    match end.address {
        None => Err(skipped("a session at the console, or of a client that is not named")),
        Some(own) if own.is_loopback() || own.is_unspecified() => Err(skipped(super::OWN_SOURCE)),
        Some(_) => Ok(end),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, told};
    use super::*;

    const SESSIONS: &str = "Microsoft-Windows-TerminalServices-LocalSessionManager";

    #[test]
    fn a_session_counts_at_logon_and_reconnection() {
        let data = [("User", r"EX\bob"), ("SessionID", "2"), ("Address", "192.0.2.7")];
        let expected = r"192.0.2.7 > SRV01.example.com logon rdp established EX\bob";
        let mut known = Interpreter::default();
        for (id, counts) in [(21, true), (22, false), (24, false), (25, true)] {
            let told = told(&mut known, &event(SESSIONS, id, &data));
            assert_eq!(told, if counts { expected } else { AGAIN }, "{id}");
        }
        // A disconnection whose logon stands in no file still tells of the session.
        assert_eq!(told(&mut Interpreter::default(), &event(SESSIONS, 24, &data)), expected);
    }

    #[test]
    fn the_console_is_no_client() {
        for word in ["LOCAL", "ローカル", "本地"] {
            let event = event(SESSIONS, 21, &[("User", "bob"), ("SessionID", "1"), ("Address", word)]);
            assert!(told(&mut Interpreter::default(), &event).contains("console"), "{word}");
        }
    }

    #[test]
    fn every_log_of_remote_desktop_names_the_client() {
        let manager = "Microsoft-Windows-TerminalServices-RemoteConnectionManager";
        let core = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS";
        let client = "Microsoft-Windows-TerminalServices-ClientActiveXCore";
        let one = |provider, id, data: &[(&str, &str)]| told(&mut Interpreter::default(), &event(provider, id, data));
        assert_eq!(
            one(manager, 1149, &[("Param1", "bob"), ("Param2", "EX"), ("Param3", "192.0.2.7")]),
            "192.0.2.7 > SRV01.example.com logon rdp established bob"
        );
        assert_eq!(
            one(core, 131, &[("ConnType", "TCP"), ("ClientIP", "[2001:db8::7]:50001")]),
            "2001:db8::7:50001 > SRV01.example.com tcp/? rdp established -"
        );
        assert_eq!(one(core, 140, &[("IPString", "192.0.2.7")]), "192.0.2.7 > SRV01.example.com logon rdp failed -");
        assert_eq!(
            one(client, 1024, &[("Name", "Server Name"), ("Value", "srv02")]),
            "SRV01.example.com > srv02 ? rdp unknown -"
        );
        assert_eq!(
            one("Microsoft-Windows-Security-Auditing", 4779, &[("AccountName", "bob"), ("ClientAddress", "LOCAL")]),
            super::super::NO_SOURCE
        );
    }
}
