//! What the timelines of responders' tools call the fields of an event: Hayabusa's `Details` (`TgtUser: ito ¦ SrcIP: 192.0.2.7`), by its
//! `default_details.txt` and `eventkey_alias.txt`, and the columns of Velociraptor's `Windows.EventLogs.RDPAuth`.

use std::borrow::Cow;

use super::Event;
use crate::flow::Text;

/// What stands between two of Hayabusa's fields.
pub const BETWEEN: char = '¦';

/// The fields of a column of details.
pub fn fields<'r>(details: &str) -> impl Iterator<Item = (Text<'r>, Text<'r>)> {
    details.split(BETWEEN).filter_map(|field| {
        let (name, value) = field.split_once(':')?;
        Some((Cow::Owned(name.trim().to_owned()), Cow::Owned(value.trim().to_owned())))
    })
}

/// Gives the fields of a timeline the names that Windows gives them, where the event has none of that name.
pub fn spell_out(event: &mut Event<'_>) {
    let [address, port, peer, peer_port] = match event.id {
        3 => ["SourceIp", "SourcePort", "DestinationIp", "DestinationPort"],
        5156 | 5157 => ["SourceAddress", "SourcePort", "DestAddress", "DestPort"],
        21..=25 => ["Address", "", "", ""],
        1149 => ["Param3", "", "", ""],
        _ => ["IpAddress", "IpPort", "DestAddress", "DestPort"],
    };
    let user = match event.id {
        1149 => "Param1",
        21..=25 => "User",
        _ => "TargetUserName",
    };
    let names = [
        ("SrcIP", address),
        ("SourceIP", address),
        ("SrcPort", port),
        ("TgtIP", peer),
        ("TgtPort", peer_port),
        ("SrcComp", "WorkstationName"),
        ("SrcHost", "SourceHostname"),
        ("TgtHost", "DestinationHostname"),
        ("TgtSvr", "TargetServerName"),
        ("TgtUser", user),
        ("UserName", if event.id == 4624 || event.id == 4625 || event.id == 1149 { user } else { "" }),
        ("Type", if matches!(event.id, 4624 | 4625 | 4634 | 4647) { "LogonType" } else { "" }),
        ("Proto", "Protocol"),
        ("Proc", if event.id == 3 { "Image" } else { "Application" }),
    ];
    for (short, full) in names {
        let Some(at) = event.data.iter().position(|(name, _)| name == short) else { continue };
        if full.is_empty() || event.get(&[full]).is_some() {
            continue;
        }
        // `3 - NETWORK`
        let mut value = event.data[at].1.clone();
        if full == "LogonType" {
            value = Cow::Owned(value.split(' ').next().unwrap_or_default().to_owned());
        }
        event.data.push((Cow::Borrowed(full), value));
    }
}
