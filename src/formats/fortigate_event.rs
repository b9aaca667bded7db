//! FortiGate event records that name two ends: VPN tunnels and their negotiation, SSL VPN sessions, logins to the device and
//! through it. After Fortinet, "FortiOS Log Message Reference" (Event: VPN, User, System).
//!
//! **Ends.** An IPsec record names the local and the remote gateway: the one that its `init` or `role` says opened the exchange;
//! without either, the remote one where an account is named (a dial-up client), else the local one. An SSL VPN record names the
//! client alone: the responder is the device, by its name. The address that the client was given stands as its name, where the
//! record has no better one. A login names its origin in `srcip` or behind the user interface (`ssh(192.0.2.1)`).
//!
//! **Bytes** of a tunnel are counted as the device sent and received them, and turned with the ends.
//!
//! **Counted once.** The records of one tunnel (`tunnelid`) and of one negotiation (`cookies`). What says only who is at an
//! address (FSSO, logouts) is no connection.

use super::Fault;
use super::firewall::{Means, Report, Telling, may_be_host, verdict};
use super::syntax::address::address;
use super::syntax::pairs::{Between, Pairs};
use crate::flow::{Basis, Flow, Kind, Moment, Outcome, Protocol};

/// An event that tells of a connection.
pub(super) struct Event<'r> {
    pub(super) flow: Flow<'r>,
    /// What its tunnel's or negotiation's other records share, and what this one is to them.
    pub(super) session: Option<(String, Telling)>,
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"subtype" => Means::Subtype,
        b"devname" => Means::Sensor,
        b"devid" => Means::Serial,
        b"srcip" | b"locip" | b"userip" => Means::SourceAddress,
        b"srcport" | b"locport" => Means::SourcePort,
        b"srcname" => Means::SourceName,
        b"dstip" | b"remip" | b"nas" => Means::DestinationAddress,
        b"dstport" | b"remport" => Means::DestinationPort,
        b"proto" => Means::Protocol,
        b"service" => Means::Service,
        b"sentbyte" => Means::BytesOut,
        b"rcvdbyte" => Means::BytesIn,
        b"duration" => Means::Duration,
        b"action" => Means::Action,
        b"status" => Means::Status,
        b"result" => Means::Reason,
        b"user" => Means::User,
        // Who logged in through the tunnel; `user` is then often the peer's own address.
        b"xauthuser" | b"eapuser" => Means::DestinationUser,
        b"vpntunnel" | b"policyid" => Means::Rule,
        b"tunneltype" => Means::Kind,
        b"tunnelid" => Means::Session,
        b"cookies" => Means::Message,
        b"init" | b"role" => Means::Direction,
        b"ui" => Means::Url,
        // The inner address, looked at only where the client is known.
        b"tunnelip" | b"assignip" => Means::Offset,
        _ => return None,
    })
}

/// Reads an event that was written at this time; `None` when it names fewer than two ends.
pub(super) fn read<'r>(
    line: &'r [u8],
    between: Between,
    written: Option<(Moment, Basis)>,
) -> Result<Option<Event<'r>>, Fault> {
    let mut report = Report::new();
    for (key, value) in Pairs::new(line, between).flatten() {
        if let Some(means) = means_of(key) {
            report.put(means, value.text());
        }
    }
    let action = report.text(Means::Action).unwrap_or_default();
    let (kind, session) = match report.get(Means::Subtype) {
        Some("vpn") => match tunnel(&mut report, &action) {
            Some(told) => told,
            None => return Ok(None),
        },
        _ if matches!(&*action, "login" | "authentication" | "Authentication") => {
            login(&mut report);
            (Kind::Logon, None)
        }
        _ => (Kind::Connection, None),
    };
    let Some(mut flow) = report.flow()? else { return Ok(None) };
    flow.kind = kind;
    flow.duration = report.seconds(Means::Duration)?;
    if let Some((moment, basis)) = written {
        (flow.start, flow.basis) = (moment.before(flow.duration.unwrap_or(0)), basis);
    }
    flow.outcome = outcome(&report, &action);
    Ok(Some(Event { flow, session }))
}

/// Sets a tunnel's ends right: whose it is, and what its records share. `None` for what another record tells in full.
fn tunnel(report: &mut Report<'_>, action: &str) -> Option<(Kind, Option<(String, Telling)>)> {
    let ssl = action.starts_with("ssl") || report.get(Means::Kind).is_some_and(|kind| kind.starts_with("ssl"));
    let known = report.has(Means::User) || report.has(Means::DestinationUser);
    if ssl && !known {
        return None;
    }
    // An address is no account, and the one who logged in comes first.
    let visitor = report.text(Means::DestinationUser);
    let peer = report.text(Means::User).filter(|user| visitor.is_some() || address(user.as_bytes()).is_some());
    if let Some(peer) = peer {
        report.forget(Means::User, &peer);
    }
    if let Some(visitor) = visitor {
        report.forget(Means::DestinationUser, &visitor);
        report.put(Means::User, visitor);
    }
    let remote_opened = match report.get(Means::Direction) {
        Some(side) => matches!(side, "remote" | "responder"),
        None => ssl || known,
    };
    if remote_opened {
        report.turn();
        let inner =
            report.text(Means::Offset).filter(|inner| address(inner.as_bytes()).is_some_and(|a| !a.is_unspecified()));
        if let Some(inner) = inner {
            report.put(Means::SourceName, inner);
        }
        // Of two names of the tunnel's users, the account is the visitor's.
        if let Some(user) = report.text(Means::DestinationUser) {
            report.put(Means::User, user);
        }
    }
    if ssl {
        responder_is_the_device(report);
    }
    let whole = action == "tunnel-down";
    let is_tunnel = action.starts_with("tunnel-") || ssl;
    let session = if is_tunnel {
        let number = report.get(Means::Session).filter(|number| *number != "0");
        number.map(|number| (format!("tunnel {number}"), if whole { Telling::Last } else { Telling::Before }))
    } else {
        report.put(Means::Protocol, Protocol::UDP.to_string().into());
        let cookie = report.get(Means::Message).and_then(|cookies| cookies.split('/').next()).map(str::to_owned);
        cookie.map(|cookie| (format!("exchange {cookie}"), Telling::Before))
    };
    Some((if is_tunnel || known { Kind::Session } else { Kind::Connection }, session))
}

/// `ui="ssh(192.0.2.1)"` names the origin; the device itself is logged in to, unless an address says otherwise.
fn login(report: &mut Report<'_>) {
    let origin = report.get(Means::Url).and_then(|ui| ui.split_once('(')).and_then(|(_, rest)| rest.strip_suffix(')'));
    if let Some(origin) = origin.filter(|origin| address(origin.as_bytes()).is_some()).map(str::to_owned) {
        report.put(Means::SourceAddress, origin.into());
    }
    responder_is_the_device(report);
}

fn responder_is_the_device(report: &mut Report<'_>) {
    if report.has(Means::DestinationAddress) {
        return;
    }
    for means in [Means::Sensor, Means::Serial] {
        if let Some(name) = report.text(means).filter(|name| may_be_host(name)) {
            report.put(Means::DestinationName, name);
        }
    }
}

fn outcome(report: &Report<'_>, action: &str) -> Outcome {
    let says = |word: &str| {
        [Means::Status, Means::Reason]
            .iter()
            .any(|m| report.get(*m).is_some_and(|t| t.to_ascii_lowercase().contains(word)))
    };
    if action.contains("fail") || action.contains("deny") {
        Outcome::Denied
    } else if says("fail") || says("error") || says("timeout") {
        if action.eq_ignore_ascii_case("negotiate") { Outcome::Failed } else { Outcome::Denied }
    } else if says("succe") || says("ok") || action.starts_with("tunnel-") || action == "phase2-up" {
        Outcome::Established
    } else {
        verdict(action).unwrap_or(Outcome::Unknown)
    }
}
