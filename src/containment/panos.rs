//! PAN-OS (PAN-OS CLI Quick Start, configuration mode): address objects, a service object, a security rule at the top.

use std::fmt::Write;

use super::{Deny, opening};
use crate::flow::Protocol;

/// The commands, for configuration mode.
pub fn rules(denials: &[Deny]) -> String {
    let mut out = opening("#", "PAN-OS (configuration mode; commit when looked over)");
    let mut back: Vec<String> = Vec::new();
    for deny in denials {
        let name: String = deny.name.chars().take(50).collect();
        for (side, nets) in [("s", &deny.from), ("d", &deny.to)] {
            for (at, net) in nets.iter().enumerate() {
                _ = writeln!(out, "set address {name}-{side}{at} ip-netmask {net}");
                back.push(format!("delete address {name}-{side}{at}"));
            }
        }
        let members =
            |side: &str, count: usize| (0..count).map(|at| format!("{name}-{side}{at}")).collect::<Vec<_>>().join(" ");
        let (service, application) = match (deny.protocol(), deny.port()) {
            (Some(protocol @ (Protocol::TCP | Protocol::UDP)), port) => {
                let port = port.map_or("1-65535".to_owned(), |port| port.to_string());
                _ = writeln!(out, "set service {name} protocol {protocol} port {port}");
                back.push(format!("delete service {name}"));
                (name.as_str(), "any")
            }
            (Some(Protocol::ICMP), _) => ("any", "icmp"),
            (Some(Protocol::ICMP6), _) => ("any", "ipv6-icmp"),
            // A security rule tells these apart by application only; all of the link is denied, and the preview says so.
            (Some(_) | None, _) => ("any", "any"),
        };
        _ = writeln!(
            out,
            "set rulebase security rules {name} from any to any source [ {} ] destination [ {} ] application {application} \
             service {service} action deny log-end yes",
            members("s", deny.from.len()),
            members("d", deny.to.len()),
        );
        _ = writeln!(out, "move rulebase security rules {name} top");
        back.insert(0, format!("delete rulebase security rules {name}"));
    }
    out.push_str("# The way back:\n");
    back.iter().for_each(|line| _ = writeln!(out, "#   {line}"));
    out
}
