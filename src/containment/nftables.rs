//! nftables (nft(8)): a table of its own, so that taking it back touches nothing else.

use std::fmt::Write;

use super::{Deny, opening};
use crate::flow::Protocol;

/// The rules, for `nft -f`.
pub fn rules(denials: &[Deny]) -> String {
    let mut out = opening("#", "nftables");
    out.push_str(
        "# A base chain of higher priority than the filter's own; accepting here leaves all else to the others.\n",
    );
    out.push_str("table inet kyoten {\n");
    for hook in ["forward", "input", "output"] {
        _ = writeln!(out, "\tchain {hook} {{\n\t\ttype filter hook {hook} priority -10; policy accept;");
        for deny in denials {
            let (ip, icmp) = if deny.v6 { ("ip6", Protocol::ICMP6) } else { ("ip", Protocol::ICMP) };
            let set = |nets: &[ipnet::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let service = match (deny.protocol(), deny.port()) {
                (None, _) => String::new(),
                (Some(Protocol::TCP), Some(port)) => format!(" tcp dport {port}"),
                (Some(Protocol::UDP), Some(port)) => format!(" udp dport {port}"),
                (Some(Protocol::SCTP), Some(port)) => format!(" sctp dport {port}"),
                (Some(protocol), _) if protocol == icmp => format!(" meta l4proto {}", protocol.0),
                (Some(protocol), Some(port)) => format!(" meta l4proto {} th dport {port}", protocol.0),
                (Some(protocol), None) => format!(" meta l4proto {}", protocol.0),
            };
            _ = writeln!(
                out,
                "\t\t{ip} saddr {{ {} }} {ip} daddr {{ {} }}{service} counter drop comment \"{}\"",
                set(&deny.from),
                set(&deny.to),
                deny.name
            );
        }
        out.push_str("\t}\n");
    }
    out.push_str("}\n# The way back:\n#   nft delete table inet kyoten\n");
    out
}
