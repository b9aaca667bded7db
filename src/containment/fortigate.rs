//! FortiGate (FortiOS CLI Reference, `config firewall policy`): addresses, groups, a service and a policy a denial.
//!
//! New policies stand last and FortiOS takes the first that matches, so each is to be moved to the top by hand: which one
//! stands there now, a case file does not know.

use std::fmt::Write;

use ipnet::IpNet;

use super::{Deny, opening};
use crate::flow::Protocol;

/// The first number given to policies: far above what FortiOS counts up by itself.
const FIRST_ID: usize = 1_910_000;

/// The commands.
pub fn rules(denials: &[Deny]) -> String {
    let mut out = opening("#", "FortiGate (FortiOS 6.4 or later)");
    let mut back: Vec<String> = Vec::new();
    for (deny, number) in denials.iter().zip(FIRST_ID..) {
        // Names of FortiOS hold 35 characters, those of addresses 79.
        let name: String = deny.name.chars().take(33).collect();
        let (address, group) = if deny.v6 { ("address6", "addrgrp6") } else { ("address", "addrgrp") };
        for (side, nets) in [("s", &deny.from), ("d", &deny.to)] {
            _ = writeln!(out, "config firewall {address}");
            for (at, net) in nets.iter().enumerate() {
                _ = writeln!(out, "    edit \"{name}-{side}{at}\"");
                match net {
                    IpNet::V4(v4) => _ = writeln!(out, "        set subnet {} {}", v4.network(), v4.netmask()),
                    IpNet::V6(v6) => _ = writeln!(out, "        set ip6 {v6}"),
                }
                out.push_str("    next\n");
            }
            out.push_str("end\n");
            let members: Vec<String> = (0..nets.len()).map(|at| format!("\"{name}-{side}{at}\"")).collect();
            _ = writeln!(
                out,
                "config firewall {group}\n    edit \"{name}-{side}\"\n        set member {}\n    next\nend",
                members.join(" ")
            );
        }
        let service = match (deny.protocol(), deny.port()) {
            (None, _) => "ALL".to_owned(),
            (Some(protocol), port) => {
                _ = writeln!(out, "config firewall service custom\n    edit \"{name}\"");
                let range = port.map_or("1-65535".to_owned(), |port| port.to_string());
                match protocol {
                    Protocol::TCP => {
                        _ = writeln!(out, "        set protocol TCP/UDP/SCTP\n        set tcp-portrange {range}")
                    }
                    Protocol::UDP => {
                        _ = writeln!(out, "        set protocol TCP/UDP/SCTP\n        set udp-portrange {range}")
                    }
                    Protocol::SCTP => {
                        _ = writeln!(out, "        set protocol TCP/UDP/SCTP\n        set sctp-portrange {range}")
                    }
                    Protocol::ICMP => out.push_str("        set protocol ICMP\n"),
                    Protocol::ICMP6 => out.push_str("        set protocol ICMP6\n"),
                    other => _ = writeln!(out, "        set protocol IP\n        set protocol-number {}", other.0),
                }
                out.push_str("    next\nend\n");
                format!("\"{name}\"")
            }
        };
        let (source, destination) = if deny.v6 { ("srcaddr6", "dstaddr6") } else { ("srcaddr", "dstaddr") };
        _ = writeln!(
            out,
            "config firewall policy\n    edit {number}\n        set name \"{name}\"\n        set srcintf \"any\"\n        set dstintf \"any\"\n        \
             set {source} \"{name}-s\"\n        set {destination} \"{name}-d\"\n        set service {service}\n        set schedule \"always\"\n        \
             set action deny\n        set logtraffic all\n    next\nend"
        );
        _ = writeln!(out, "# Then: config firewall policy / move {number} before <the id of the first policy> / end");
        back.push(format!("config firewall policy\n    delete {number}\nend"));
        if deny.service.is_some() {
            back.push(format!("config firewall service custom\n    delete \"{name}\"\nend"));
        }
        for (side, nets) in [("s", &deny.from), ("d", &deny.to)] {
            back.push(format!("config firewall {group}\n    delete \"{name}-{side}\"\nend"));
            let deletes: Vec<String> =
                (0..nets.len()).map(|at| format!("    delete \"{name}-{side}{at}\"\n")).collect();
            back.push(format!("config firewall {address}\n{}end", deletes.concat()));
        }
    }
    out.push_str("# The way back:\n");
    for line in back.join("\n").lines() {
        _ = writeln!(out, "#   {line}");
    }
    out
}
