//! Windows Firewall (NetSecurity module, `New-NetFirewallRule`): to be run on the responders, where a rule blocks what comes in.

use std::fmt::Write;

use super::{Deny, opening};
use crate::flow::Protocol;

/// The commands, for PowerShell.
pub fn rules(denials: &[Deny]) -> String {
    let mut out = opening("#", "Windows Firewall, on the responders (PowerShell, as administrator)");
    for deny in denials {
        let list = |nets: &[ipnet::IpNet]| nets.iter().map(|net| format!("'{net}'")).collect::<Vec<_>>().join(",");
        let service = match (deny.protocol(), deny.port()) {
            (None, _) => " -Protocol Any".to_owned(),
            (Some(protocol @ (Protocol::TCP | Protocol::UDP)), Some(port)) => {
                format!(" -Protocol {} -LocalPort {port}", protocol.to_string().to_uppercase())
            }
            (Some(Protocol::TCP), None) => " -Protocol TCP".to_owned(),
            (Some(Protocol::UDP), None) => " -Protocol UDP".to_owned(),
            (Some(Protocol::ICMP), _) => " -Protocol ICMPv4".to_owned(),
            (Some(Protocol::ICMP6), _) => " -Protocol ICMPv6".to_owned(),
            (Some(protocol), _) => format!(" -Protocol {}", protocol.0),
        };
        _ = writeln!(
            out,
            "New-NetFirewallRule -Name '{0}' -DisplayName '{0}' -Group 'Kyoten' -Direction Inbound -Action Block -Profile Any \
             -RemoteAddress {1} -LocalAddress {2}{service}",
            deny.name,
            list(&deny.from),
            list(&deny.to),
        );
    }
    out.push_str("# The way back:\n");
    denials.iter().for_each(|deny| _ = writeln!(out, "#   Remove-NetFirewallRule -Name '{}'", deny.name));
    out
}
