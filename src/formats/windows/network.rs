//! Events of connections: the filtering platform, Sysmon, SMB, WinRM.

use std::borrow::Cow;
use std::net::IpAddr;

use super::{Event, Interpreter, OWN_SOURCE, Told, end_of, host, no_connection, port, program, skipped, utc};
use crate::flow::{Basis, Endpoint, Flow, Kind, Outcome, Protocol};
use crate::formats::{Disposition, Fault, reasons};

/// Where SMB listens.
const SMB: u16 = 445;
/// An SMB connection that is idle for longer than this is closed (`autodisconnect`, 15 minutes by default).
const SMB_REACH: u64 = 15 * 60_000_000;

/// 5156 and 5157 (a connection permitted, blocked), 5152 and 5153 (a packet dropped).
///
/// Source is the local end and destination the remote one, says Microsoft's page of 5156 ("local IP address on which
/// application received the connection"), so an inbound connection goes from destination to source. Packets are written the
/// other way round, source first, and so are connections by some systems; where just one of the ports is a client's (49152
/// and above, RFC 6335 §6), the ports settle it.
pub fn filtering_platform<'e>(event: &'e Event<'_>) -> Told<'e> {
    let end = |address_field: &'static [&'static str], port_field: &'static [&'static str]| {
        let Some(text) = event.get(address_field) else {
            return Err(Disposition::Malformed(Fault::new(
                reasons::NO_ADDRESS,
                format!("{} is absent", address_field[0]),
            )));
        };
        let mut end = end_of(address_field[0], text)?;
        end.port = event.get(port_field).map(|text| number_of_port(port_field[0], text)).transpose()?;
        Ok(end)
    };
    let source = end(&["SourceAddress", "Source Address"], &["SourcePort", "Source Port"])?;
    let destination =
        end(&["DestAddress", "DestinationAddress", "Destination Address"], &["DestPort", "DestinationPort"])?;
    let direction = event.get(&["Direction"]).unwrap_or_default();
    let inbound = direction == "%%14592" || direction.eq_ignore_ascii_case("inbound");
    let is_clients = |end: &Endpoint<'_>| end.port.is_some_and(|port| port >= 49_152);
    let is_packet = matches!(event.id, 5152 | 5153);
    let turned = inbound
        && match (is_clients(&source), is_clients(&destination)) {
            (false, true) => true,
            (true, false) => false,
            (true, true) | (false, false) => !is_packet,
        };
    let (mut initiator, mut responder) = if turned { (destination, source) } else { (source, destination) };
    if initiator.address.is_some() && initiator.address == responder.address {
        return Err(skipped("a connection of the computer with itself"));
    }
    let protocol = event.get(&["Protocol"]).map(protocol).transpose()?;
    if protocol.is_some_and(|protocol| !protocol.has_ports()) {
        (initiator.port, responder.port) = (None, None);
    }
    let rule = event.get(&["FilterOrigin", "FilterRTID", "Filter Run-Time ID"]).filter(|rule| *rule != "0");
    Ok(Flow {
        initiator,
        responder,
        protocol,
        outcome: if event.id == 5156 { Outcome::Established } else { Outcome::Denied },
        service: event.get(&["Application", "Application Name"]).map(program),
        rule: rule.map(Cow::Borrowed),
        ..event.flow(Kind::Connection)
    })
}

/// 0 is a port here: the record speaks of a connection's own.
fn number_of_port(field: &str, text: &str) -> Result<u16, Disposition> {
    port(field, text).map(Option::unwrap_or_default)
}

fn protocol(text: &str) -> Result<Protocol, Disposition> {
    let read = Protocol::read(text);
    read.ok_or_else(|| Disposition::Malformed(Fault::of_field(reasons::PROTOCOL, "Protocol", text.as_bytes())))
}

/// Sysmon 3. The source is who opened the connection, whether this computer did (`Initiated` is true) or not. `UtcTime` is
/// the connection's; Sysmon writes the event seconds later, when it has looked the names up. It counts where the event's own
/// time is not known in UTC; else the event's time does, which all events of a log have, so that they stay in their order.
pub fn sysmon<'e>(event: &'e Event<'_>) -> Told<'e> {
    let end = |side: [&'static str; 3]| {
        let [address_field, port_field, name_field] = side;
        let Some(text) = event.get(&[address_field]) else {
            let fault = Fault::new(reasons::NO_ADDRESS, format!("{address_field} is absent"));
            return Err(Disposition::Malformed(fault));
        };
        let mut end = end_of(address_field, text)?;
        end.port = event.get(&[port_field]).map(|text| number_of_port(port_field, text)).transpose()?;
        end.name = end.name.or(event.get(&[name_field]).map(Cow::Borrowed));
        Ok(end)
    };
    let initiator = end(["SourceIp", "SourcePort", "SourceHostname"])?;
    let responder = end(["DestinationIp", "DestinationPort", "DestinationHostname"])?;
    let own = |address: Option<IpAddr>| address.is_some_and(|address| address.is_loopback());
    if own(initiator.address) && own(responder.address) {
        return Err(skipped("a connection of the computer with itself"));
    }
    let mut flow = Flow {
        initiator,
        responder,
        protocol: event.get(&["Protocol"]).map(protocol).transpose()?,
        outcome: Outcome::Established,
        service: event.get(&["Image"]).map(program),
        user: event.get(&["User"]).map(Cow::Borrowed),
        rule: event.get(&["RuleName"]).map(Cow::Borrowed),
        ..event.flow(Kind::Connection)
    };
    if flow.basis != Basis::Explicit
        && let Some(began) = event.get(&["UtcTime"]).and_then(utc)
    {
        (flow.start, flow.basis) = (Some(began), Basis::Explicit);
    }
    Ok(flow)
}

/// 5140 (a share reached) and 5145 (a file on it checked, once a file). One client port is one connection.
pub fn share<'e>(known: &mut Interpreter, event: &'e Event<'_>) -> Told<'e> {
    let initiator = super::origin(event, &["IpAddress", "Source Address"], &["IpPort", "Source Port"], &["ClientName"]);
    let initiator = initiator.map_err(|other| match other {
        Disposition::Skipped(_) => skipped("a share reached from the computer itself"),
        other => other,
    })?;
    if let (Some(address), Some(port)) = (initiator.address, initiator.port) {
        let computer = event.computer.as_deref().unwrap_or_default();
        if known.knows(format!("smb {computer} {address} {port}"), event.time.map(|(at, _)| at), SMB_REACH) {
            return Err(skipped("told again: another access on the same SMB connection"));
        }
    }
    let mut flow = smb_flow(event, initiator);
    flow.outcome = if event.failure { Outcome::Denied } else { Outcome::Established };
    flow.user = event.get(&["SubjectUserName"]).map(Cow::Borrowed);
    Ok(flow)
}

fn smb_flow<'e>(event: &'e Event<'_>, initiator: Endpoint<'e>) -> Flow<'e> {
    let mut flow = event.at_computer(Kind::Connection);
    flow.initiator = initiator;
    flow.responder.port = Some(SMB);
    flow.protocol = Some(Protocol::TCP);
    flow.service = Some(Cow::Borrowed("smb"));
    flow
}

/// Microsoft-Windows-SMBServer: 551 (authentication failed), 1006, 1007 and 1009 (access denied), 3000 (SMB 1 was used).
pub fn smb<'e>(known: &mut Interpreter, event: &'e Event<'_>) -> Told<'e> {
    let outcome = match event.id {
        551 | 1006 | 1007 | 1009 => Outcome::Denied,
        3000 => Outcome::Established,
        _ => return Err(no_connection(event)),
    };
    // 3000 has one value, the client, and some carriers leave its name out.
    let client = event.get(&["ClientName", "ClientAddress", "Client Name"]).or_else(|| event.unnamed(0));
    let Some(client) = client else { return Err(no_connection(event)) };
    let initiator = end_of("ClientName", client.trim_start_matches('\\').trim_matches(['[', ']']))?;
    if initiator.address.is_some_and(|own| own.is_loopback()) {
        return Err(skipped(OWN_SOURCE));
    }
    let session = event.get(&["SessionId", "SessionGUID"]);
    if let Some(session) = session.filter(|session| !super::is_success(session)) {
        let computer = event.computer.as_deref().unwrap_or_default();
        let key = format!("smb session {computer} {client} {session}");
        if known.knows(key, event.time.map(|(at, _)| at), SMB_REACH) {
            return Err(skipped("told again: another access on the same SMB connection"));
        }
    }
    let mut flow = smb_flow(event, initiator);
    flow.outcome = outcome;
    flow.user = event.get(&["UserName", "User Name"]).map(Cow::Borrowed);
    Ok(flow)
}

/// Microsoft-Windows-WinRM 6 on the client: a session to the host of its connection string (`srv02/wsman?PSVersion=5.1`,
/// `http://srv02:5985/wsman`). The server's 91 names no client.
pub fn winrm<'e>(event: &'e Event<'_>) -> Told<'e> {
    if event.id != 6 {
        return Err(no_connection(event));
    }
    let Some(text) = event.get(&["connection", "connectionString"]).or_else(|| event.unnamed(0)) else {
        return Err(no_connection(event));
    };
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('/').next().unwrap_or(text);
    let responder = match text.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            let port = port("connection", digits)?;
            Endpoint { port, ..host(name.trim_matches(['[', ']'])) }
        }
        Some(_) | None => host(text.trim_matches(['[', ']'])),
    };
    let own_name = responder
        .name
        .as_deref()
        .is_some_and(|name| name.is_empty() || name.eq_ignore_ascii_case("localhost") || event.is_computer(name));
    if own_name || responder.address.is_some_and(|own| own.is_loopback()) {
        return Err(skipped("a connection of the computer with itself"));
    }
    Ok(Flow {
        initiator: event.computer_end(),
        responder,
        protocol: Some(Protocol::TCP),
        service: Some(Cow::Borrowed("winrm")),
        ..event.flow(Kind::Connection)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, told};
    use super::*;

    const AUDIT: &str = "Microsoft-Windows-Security-Auditing";

    fn filtered(id: u32, direction: &str, source: (&str, &str), destination: (&str, &str)) -> String {
        let data = [
            ("Application", r"\device\harddiskvolume2\app.exe"),
            ("Direction", direction),
            ("SourceAddress", source.0),
            ("SourcePort", source.1),
            ("DestAddress", destination.0),
            ("DestPort", destination.1),
            ("Protocol", "6"),
        ];
        told(&mut Interpreter::default(), &event(AUDIT, id, &data))
    }

    #[test]
    fn inbound_connections_come_from_the_remote_end() {
        let (local, remote) = (("192.0.2.1", "3333"), ("192.0.2.9", "49278"));
        let expected = "192.0.2.9:49278 > 192.0.2.1:3333 tcp/3333 app.exe established -";
        assert_eq!(filtered(5156, "%%14592", local, remote), expected);
        // Some systems write the initiator first.
        assert_eq!(filtered(5156, "%%14592", remote, local), expected);
        assert_eq!(filtered(5152, "%%14592", remote, local), expected.replace("established", "denied"));
        let out = filtered(5157, "%%14593", ("192.0.2.1", "50000"), ("198.51.100.1", "443"));
        assert_eq!(out, "192.0.2.1:50000 > 198.51.100.1:443 tcp/443 app.exe denied -");
    }

    #[test]
    fn where_ports_settle_nothing_the_documentation_does() {
        let (local, remote) = (("192.0.2.255", "137"), ("192.0.2.9", "137"));
        assert!(filtered(5156, "%%14592", local, remote).starts_with("192.0.2.9:137 > 192.0.2.255:137"));
        assert!(filtered(5152, "%%14592", remote, local).starts_with("192.0.2.9:137 > 192.0.2.255:137"));
    }

    #[test]
    fn sysmons_own_time_counts_where_the_events_is_not_sure() {
        let data = [
            ("UtcTime", "2020-06-11 00:59:58.500"),
            ("Image", r"C:\Windows\System32\svchost.exe"),
            ("User", r"EX\bob"),
            ("Protocol", "udp"),
            ("Initiated", "false"),
            ("SourceIp", "192.0.2.7"),
            ("SourceHostname", "-"),
            ("SourcePort", "50000"),
            ("DestinationIp", "192.0.2.1"),
            ("DestinationPort", "53"),
        ];
        let mut event = event("Microsoft-Windows-Sysmon", 3, &data);
        let expected = r"192.0.2.7:50000 > 192.0.2.1:53 udp/53 svchost.exe established EX\bob";
        assert_eq!(told(&mut Interpreter::default(), &event), expected);
        assert_eq!(sysmon(&event).unwrap().start.unwrap().to_string(), "1591837200");
        event.time = event.time.map(|(at, _)| (at, Basis::Unknown));
        assert_eq!(sysmon(&event).unwrap().start.unwrap().to_string(), "1591837198.5");
    }

    #[test]
    fn files_of_one_smb_connection_count_once() {
        let data = |port| {
            [("IpAddress", "192.0.2.7"), ("IpPort", port), ("ShareName", r"\\*\SYSVOL"), ("SubjectUserName", "bob")]
        };
        let mut known = Interpreter::default();
        let first = "192.0.2.7:50001 > SRV01.example.com:445 tcp/445 smb established bob";
        assert_eq!(told(&mut known, &event(AUDIT, 5140, &data("50001"))), first);
        assert!(told(&mut known, &event(AUDIT, 5145, &data("50001"))).starts_with("told again"));
        assert!(told(&mut known, &event(AUDIT, 5145, &data("50002"))).starts_with("192.0.2.7:50002"));
    }

    #[test]
    fn winrm_goes_to_the_host_of_its_connection() {
        for (text, expected) in [
            ("srv02/wsman?PSVersion=5.1", "SRV01.example.com > srv02 tcp/? winrm unknown -"),
            ("http://192.0.2.9:5985/wsman", "SRV01.example.com > 192.0.2.9:5985 tcp/5985 winrm unknown -"),
            ("localhost/wsman", "a connection of the computer with itself"),
        ] {
            let event = event("Microsoft-Windows-WinRM", 6, &[("connection", text)]);
            assert_eq!(told(&mut Interpreter::default(), &event), expected);
        }
    }
}
