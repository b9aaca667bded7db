//! Cisco ASA (CLI Book 2, "Access Control Lists"): object groups, and entries at the top of an access list.
//!
//! The name of the access list that stands on the interface is not in any log, so it is a word to be replaced.

use std::fmt::Write;

use ipnet::IpNet;

use super::{Deny, opening};

const LIST: &str = "ACL_OF_THE_INTERFACE";

/// The commands, for configuration mode.
pub fn rules(denials: &[Deny]) -> String {
    let mut out = opening("!", "Cisco ASA");
    _ = writeln!(
        out,
        "! Replace {LIST} by the access list on the interface where the initiators come in (show run access-group)."
    );
    let mut back: Vec<String> = Vec::new();
    for deny in denials {
        for (side, nets) in [("s", &deny.from), ("d", &deny.to)] {
            _ = writeln!(out, "object-group network {}-{side}", deny.name);
            for net in nets {
                match net {
                    IpNet::V4(v4) if v4.prefix_len() == 32 => _ = writeln!(out, " network-object host {}", v4.addr()),
                    IpNet::V4(v4) => _ = writeln!(out, " network-object {} {}", v4.network(), v4.netmask()),
                    IpNet::V6(v6) if v6.prefix_len() == 128 => _ = writeln!(out, " network-object host {}", v6.addr()),
                    IpNet::V6(v6) => _ = writeln!(out, " network-object {v6}"),
                }
            }
        }
        let protocol = deny.protocol().map_or("ip".to_owned(), |protocol| match protocol.0 {
            6 | 17 | 1 | 132 => protocol.to_string(),
            58 => "icmp6".to_owned(),
            number => number.to_string(),
        });
        let port = deny.port().map_or(String::new(), |port| format!(" eq {port}"));
        let (name, entry) = (&deny.name, |at: &str| {
            format!(
                "access-list {LIST} {at}extended deny {protocol} object-group {0}-s object-group {0}-d{port} log",
                deny.name
            )
        });
        _ = writeln!(out, "{}", entry("line 1 "));
        back.push(format!("no {}", entry("")));
        back.push(format!("no object-group network {name}-s"));
        back.push(format!("no object-group network {name}-d"));
    }
    out.push_str(
        "! Connections that stand already go on until they are cleared: clear conn address ...\n! The way back:\n",
    );
    back.iter().for_each(|line| _ = writeln!(out, "!   {line}"));
    out
}
