//! The Security log: logons, Kerberos, NTLM, shares and the filtering platform. After Microsoft's page of each event.

use std::borrow::Cow;

use super::{
    Event, Interpreter, OWN_SOURCE, Told, account, end_of, host, is_success, network, no_connection, origin, port,
    remote_desktop, skipped, succeeded,
};
use crate::flow::{Endpoint, Flow, Kind, Outcome, Text};

/// Reads an event of the Security log.
pub fn read<'e>(known: &mut Interpreter, event: &'e Event<'_>) -> Told<'e> {
    match event.id {
        4624 => logon(event, Outcome::Established),
        4625 => logon(event, Outcome::Failed),
        4648 => explicit_credentials(event),
        4768..=4773 | 4820 | 4821 | 4824 => kerberos(event),
        4776 | 4777 => credentials(event),
        4778 | 4779 => remote_desktop::window_station(known, event),
        5140 | 5145 => network::share(known, event),
        5156 | 5157 | 5152 | 5153 => network::filtering_platform(event),
        6272..=6278 => policy_server(event),
        // Windows 2000 and XP wrote the same without names.
        528 | 540 | 529..=537 | 539 => old_logon(event),
        _ => Err(no_connection(event)),
    }
}

/// 4624 and 4625. `LogonType` 3 is network, 10 Remote Desktop, 2 the console.
fn logon<'e>(event: &'e Event<'_>, outcome: Outcome) -> Told<'e> {
    let initiator = origin(
        event,
        &["IpAddress", "Source Network Address", "SourceNetworkAddress"],
        &["IpPort", "Source Port", "SourcePort"],
        &["WorkstationName", "Workstation Name", "Workstation"],
    )?;
    Ok(Flow {
        initiator,
        outcome,
        service: Some(logon_type(event.get(&["LogonType", "Logon Type", "LogonTypeName"]))),
        user: event.get(&["TargetUserName", "TargetAccount", "TargetUser"]).map(Cow::Borrowed),
        ..event.at_computer(Kind::Logon)
    })
}

/// `3`; `3 - Network` in Sentinel's tables.
fn logon_type(text: Option<&str>) -> Text<'static> {
    let number = text.map(|text| text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    match number {
        Some("2") => Cow::Borrowed("logon type 2"),
        Some("3") => Cow::Borrowed("logon type 3"),
        Some("10") => Cow::Borrowed("logon type 10"),
        Some(number) if (1..=2).contains(&number.len()) => Cow::Owned(format!("logon type {number}")),
        Some(_) | None => Cow::Borrowed("logon"),
    }
}

/// 4648 is written where the credentials were used. With a server named that is not the computer, it went from the
/// computer there; the network address is then the server's if its port is a service's. Else somebody came to the computer.
fn explicit_credentials<'e>(event: &'e Event<'_>) -> Told<'e> {
    let service = Some(Cow::Borrowed("explicit credentials"));
    let user = event.get(&["TargetUserName", "TargetAccount"]).map(Cow::Borrowed);
    let server = event.get(&["TargetServerName"]).map(|name| name.trim_start_matches('\\'));
    let server = server.filter(|name| !name.eq_ignore_ascii_case("localhost") && !event.is_computer(name));
    let at = event.get(&["IpAddress"]).map(|text| end_of("IpAddress", text)).transpose()?;
    let at = at.filter(|end| !end.address.is_some_and(|own| own.is_loopback() || own.is_unspecified()));
    let at_port = event.get(&["IpPort"]).map(|text| port("IpPort", text)).transpose()?.flatten();
    if let Some(server) = server {
        let is_the_servers = at_port.is_some_and(|port| port < 1024 || matches!(port, 3389 | 5985 | 5986));
        if at.is_none() || is_the_servers {
            let mut responder = host(server);
            responder.address = responder.address.or(at.and_then(|end| end.address));
            responder.port = at_port.filter(|_| is_the_servers);
            let initiator = event.computer_end();
            return Ok(Flow { initiator, responder, service, user, ..event.flow(Kind::Logon) });
        }
    }
    let initiator = origin(event, &["IpAddress"], &["IpPort"], &[])?;
    Ok(Flow { initiator, service, user, ..event.at_computer(Kind::Logon) })
}

/// Tickets and what went wrong with them: the client asks the domain controller, which writes the event.
fn kerberos<'e>(event: &'e Event<'_>) -> Told<'e> {
    let initiator = origin(event, &["IpAddress", "ClientAddress", "Client Address"], &["IpPort", "ClientPort"], &[])?;
    // 4771, 4772 and 4773 are written of failures alone; the others say it in their status.
    let failed = matches!(event.id, 4771..=4773)
        || event.failure
        || event.get(&["Status", "FailureCode", "Result Code"]).is_some_and(|status| !is_success(status));
    Ok(Flow {
        initiator,
        outcome: succeeded(!failed),
        service: Some(Cow::Borrowed("kerberos")),
        user: event.get(&["TargetUserName", "TargetAccount"]).map(account),
        ..event.at_computer(Kind::Logon)
    })
}

/// 4776: a computer asks the domain controller (or itself) whether a password is right. It names the asking workstation only.
fn credentials<'e>(event: &'e Event<'_>) -> Told<'e> {
    let initiator = origin(event, &[], &[], &["Workstation", "Source Workstation", "WorkstationName"])?;
    let failed = event.id == 4777
        || event.failure
        || event.get(&["Status", "Error Code", "ErrorCode"]).is_some_and(|status| !is_success(status));
    Ok(Flow {
        initiator,
        outcome: succeeded(!failed),
        service: Some(Cow::Borrowed("ntlm")),
        user: event.get(&["TargetUserName", "Logon Account", "TargetAccount"]).map(Cow::Borrowed),
        ..event.at_computer(Kind::Logon)
    })
}

/// 6272 to 6278: a network device asks the policy server (RADIUS) about somebody. Where the caller is known by an address
/// (a VPN), it went from there to the device; else the device is who called.
fn policy_server<'e>(event: &'e Event<'_>) -> Told<'e> {
    let device = event.get(&["ClientIPAddress", "NASIPv4Address", "NASIPv6Address"]);
    let name = event.get(&["ClientName", "NASIdentifier"]);
    let Some(device) = device.or(name) else { return Err(no_connection(event)) };
    let mut device = host(device);
    device.name = device.name.or(name.map(Cow::Borrowed));
    let caller = event.get(&["CallingStationID"]).map(host).filter(|end| end.address.is_some());
    let (initiator, responder) = match caller {
        Some(caller) => (caller, device),
        None => (device, event.computer_end()),
    };
    if initiator.address.is_some_and(|own| own.is_loopback()) {
        return Err(skipped(OWN_SOURCE));
    }
    let outcome = match event.id {
        6272 | 6277 | 6278 => Outcome::Established,
        6273 | 6276 => Outcome::Denied,
        _ => Outcome::Failed,
    };
    Ok(Flow {
        initiator,
        responder,
        outcome,
        service: Some(Cow::Borrowed("radius")),
        user: event.get(&["SubjectUserName", "FullyQualifiedSubjectUserName"]).map(Cow::Borrowed),
        rule: event.get(&["NetworkPolicyName"]).map(Cow::Borrowed),
        ..event.flow(Kind::Logon)
    })
}

/// 528 and 540 succeeded, 529 to 539 failed; user, domain, (logon id,) type, …, workstation, …, address, port.
fn old_logon<'e>(event: &'e Event<'_>) -> Told<'e> {
    let success = matches!(event.id, 528 | 540);
    let (kind_at, workstation_at, address_at) = if success { (3, 6, 13) } else { (2, 5, 11) };
    if event.unnamed(kind_at).is_none() {
        return logon(event, succeeded(success));
    }
    let workstation = event.unnamed(workstation_at).filter(|name| !event.is_computer(name));
    let at = event.unnamed(address_at).map(|text| end_of("source network address", text)).transpose()?;
    let at = at.filter(|end| !end.address.is_some_and(|own| own.is_loopback() || own.is_unspecified()));
    let mut initiator = match (at, workstation) {
        (Some(end), _) => end,
        (None, Some(name)) => host(name),
        (None, None) => return Err(skipped(super::NO_SOURCE)),
    };
    initiator.name = initiator.name.or(workstation.map(Cow::Borrowed));
    if let Some(text) = event.unnamed(address_at + 1) {
        initiator.port = port("source port", text)?;
    }
    Ok(Flow {
        initiator,
        outcome: succeeded(success),
        service: Some(logon_type(event.unnamed(kind_at))),
        user: event.unnamed(0).map(Cow::Borrowed),
        ..event.at_computer(Kind::Logon)
    })
}

/// Microsoft-Windows-NTLM 8001 (a client's outgoing NTLM), 8004 (a domain controller's view of who logged on where).
pub fn ntlm<'e>(event: &'e Event<'_>) -> Told<'e> {
    let service = Some(Cow::Borrowed("ntlm"));
    match event.id {
        8001 | 4001 => {
            let target = event.get(&["TargetName", "Target"]).map(principal);
            let Some(target) = target.filter(|name| !event.is_computer(name)) else { return Err(no_connection(event)) };
            let user = event.get(&["UserName", "ClientUserName"]).map(Cow::Borrowed);
            let initiator = event.computer_end();
            Ok(Flow { initiator, responder: host(target), service, user, ..event.flow(Kind::Logon) })
        }
        8004 | 4004 => {
            let client = event.get(&["WorkstationName", "Workstation"]);
            let server = event.get(&["SChannelName", "SecureChannelName"]);
            let (Some(client), Some(server)) = (client, server) else { return Err(no_connection(event)) };
            let user = event.get(&["UserName"]).map(Cow::Borrowed);
            let (initiator, responder) = (host(client), host(server));
            Ok(Flow { initiator, responder, service, user, ..event.flow(Kind::Logon) })
        }
        _ => Err(no_connection(event)),
    }
}

/// The host of a service's principal name: `cifs/srv01.example.com`, `TERMSRV/srv01:3389`.
fn principal(name: &str) -> &str {
    let name = name.split_once('/').map_or(name, |(_, host)| host);
    let name = name.split('/').next().unwrap_or(name);
    name.rsplit_once(':').map_or(name, |(host, _)| host)
}

/// 2889: a client bound to the directory without signing. Address with port, and account, both without a name.
pub fn ldap<'e>(event: &'e Event<'_>) -> Told<'e> {
    if event.id != 2889 {
        return Err(no_connection(event));
    }
    let (client, user) = match event.get(&["ClientIPAddress", "Client"]) {
        Some(client) => (Some(client), event.get(&["Identity", "User"])),
        None => (event.unnamed(0).or(event.get(&["param1"])), event.unnamed(1).or(event.get(&["param2"]))),
    };
    let Some(client) = client else { return Err(no_connection(event)) };
    let initiator: Endpoint<'_> = end_of("client address", client)?;
    if initiator.address.is_some_and(|own| own.is_loopback()) {
        return Err(skipped(OWN_SOURCE));
    }
    Ok(Flow {
        initiator,
        outcome: Outcome::Established,
        service: Some(Cow::Borrowed("ldap")),
        user: user.map(Cow::Borrowed),
        ..event.at_computer(Kind::Logon)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, told};
    use super::*;

    const AUDIT: &str = "Microsoft-Windows-Security-Auditing";

    fn one(id: u32, data: &[(&str, &str)]) -> String {
        told(&mut Interpreter::default(), &event(AUDIT, id, data))
    }

    #[test]
    fn a_logon_goes_to_the_computer() {
        let data = [
            ("LogonType", "3"),
            ("TargetUserName", "alice"),
            ("WorkstationName", "PC7"),
            ("IpAddress", "::ffff:192.0.2.7"),
            ("IpPort", "50001"),
        ];
        let expected = "192.0.2.7/PC7:50001 > SRV01.example.com logon logon type 3";
        assert_eq!(one(4624, &data), format!("{expected} established alice"));
        assert_eq!(one(4625, &data), format!("{expected} failed alice"));
    }

    #[test]
    fn a_logon_from_nowhere_else_is_no_flow() {
        assert_eq!(one(4624, &[("IpAddress", "-"), ("WorkstationName", "-")]), super::super::NO_SOURCE);
        assert_eq!(one(4624, &[("IpAddress", "-"), ("WorkstationName", "srv01")]), OWN_SOURCE);
        for own in ["::1", "127.0.0.1", "::ffff:127.0.0.1"] {
            assert_eq!(one(4624, &[("IpAddress", own), ("IpPort", "0")]), OWN_SOURCE, "{own}");
        }
    }

    #[test]
    fn a_workstations_name_is_a_source_too() {
        let data = [("IpAddress", "-"), ("IpPort", "-"), ("WorkstationName", r"\\PC7"), ("LogonType", "3 - Network")];
        assert_eq!(one(4624, &data), "PC7 > SRV01.example.com logon logon type 3 established -");
        // At the console the workstation is the computer itself; the address is who came by Remote Desktop.
        let data = [("IpAddress", "192.0.2.7"), ("IpPort", "0"), ("WorkstationName", "SRV01"), ("LogonType", "10")];
        assert_eq!(one(4624, &data), "192.0.2.7 > SRV01.example.com logon logon type 10 established -");
    }

    #[test]
    fn explicit_credentials_go_to_the_server_they_name() {
        let service = "logon explicit credentials unknown bob";
        for (server, address, port, expected) in [
            ("localhost", "192.0.2.7", "0", "192.0.2.7 > SRV01.example.com"),
            ("dc01.example.com", "-", "-", "SRV01.example.com > dc01.example.com"),
            ("dc01", "192.0.2.9", "445", "SRV01.example.com > 192.0.2.9/dc01:445"),
            ("dc01", "192.0.2.7", "50001", "192.0.2.7:50001 > SRV01.example.com"),
        ] {
            let data =
                [("TargetUserName", "bob"), ("TargetServerName", server), ("IpAddress", address), ("IpPort", port)];
            assert_eq!(one(4648, &data), format!("{expected} {service}"));
        }
        let local = [("TargetServerName", "localhost"), ("IpAddress", "-")];
        assert_eq!(one(4648, &local), super::super::NO_SOURCE);
    }

    #[test]
    fn kerberos_says_in_its_status_whether_it_worked() {
        let data =
            |status| [("TargetUserName", "alice@EXAMPLE.COM"), ("IpAddress", "::ffff:192.0.2.7"), ("Status", status)];
        let to = "192.0.2.7 > SRV01.example.com logon kerberos";
        assert_eq!(one(4769, &data("0x0")), format!("{to} established alice"));
        assert_eq!(one(4768, &data("0x6")), format!("{to} failed alice"));
        assert_eq!(one(4771, &data("0x0")), format!("{to} failed alice"));
    }

    #[test]
    fn ntlm_names_the_asking_workstation() {
        let data = |name| [("TargetUserName", "bob"), ("Workstation", name), ("Status", "0xc000006a")];
        assert_eq!(one(4776, &data(r"\\PC7")), "PC7 > SRV01.example.com logon ntlm failed bob");
        assert_eq!(one(4776, &data("SRV01")), OWN_SOURCE);
    }

    #[test]
    fn a_caller_of_the_policy_server_is_who_came() {
        let data = |caller| {
            [
                ("SubjectUserName", "bob"),
                ("CallingStationID", caller),
                ("ClientIPAddress", "192.0.2.1"),
                ("ClientName", "gw"),
            ]
        };
        assert_eq!(one(6272, &data("203.0.113.9")), "203.0.113.9 > 192.0.2.1/gw logon radius established bob");
        assert_eq!(one(6273, &data("00-11-22")), "192.0.2.1/gw > SRV01.example.com logon radius denied bob");
    }

    #[test]
    fn an_event_of_old_has_no_names() {
        let values = [
            "bob",
            "EX",
            "(0x0,0x1)",
            "3",
            "NtLmSsp",
            "NTLM",
            "PC7",
            "-",
            "-",
            "-",
            "-",
            "-",
            "-",
            "192.0.2.7",
            "4001",
        ];
        let data: Vec<(&str, &str)> = values.iter().map(|value| ("", *value)).collect();
        let told = told(&mut Interpreter::default(), &event("Security", 540, &data));
        assert_eq!(told, "192.0.2.7/PC7:4001 > SRV01.example.com logon logon type 3 established bob");
    }

    #[test]
    fn a_principal_names_its_host() {
        for name in ["cifs/srv02", "TERMSRV/srv02:3389", "srv02", "HTTP/srv02/example"] {
            assert_eq!(principal(name), "srv02");
        }
    }

    #[test]
    fn a_broken_address_is_malformed() {
        let data = [("IpAddress", "300.1.2.3"), ("IpPort", "1")];
        assert!(one(4624, &data).contains("Malformed"), "{}", one(4624, &data));
    }
}
