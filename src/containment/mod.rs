//! Deny rules for chosen findings, one vendor a file, each with the way back; and before them, what they would break
//! ([`preview`]).
//!
//! Invariant: a rule is made of numbers, addresses and identifiers of our own ([`Deny`]), never of text from a log or a case
//! file; what people wrote stands in no rule, not even as a comment.

mod asa;
mod fortigate;
mod nftables;
mod panos;
pub mod preview;
mod windows;

use ipnet::IpNet;

use crate::case::document::{Document, Finding};
use crate::case::ends::{self, Ends};
use crate::flow::{Kind, Protocol, Service};

/// A firewall whose language rules are written in.
pub struct Vendor {
    /// Its name on the command line.
    pub name: &'static str,
    /// The rules, and how to take them back.
    pub write: fn(&[Deny]) -> String,
}

/// All of them.
pub const VENDORS: [Vendor; 5] = [
    Vendor { name: "fortigate", write: fortigate::rules },
    Vendor { name: "panos", write: panos::rules },
    Vendor { name: "asa", write: asa::rules },
    Vendor { name: "nftables", write: nftables::rules },
    Vendor { name: "windows", write: windows::rules },
];

/// The vendor of this name.
pub fn vendor(name: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.name == name)
}

/// How much of a link is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// The finding's service, between the sites.
    #[default]
    Service,
    /// All services, between the sites.
    Link,
    /// The finding's service, between the hosts that it names.
    Hosts,
}

impl Scope {
    /// Reads `service`, `link` or `hosts`.
    pub fn read(word: &str) -> Option<Scope> {
        match word {
            "service" => Some(Scope::Service),
            "link" => Some(Scope::Link),
            "hosts" => Some(Scope::Hosts),
            _ => None,
        }
    }
}

/// What is to be denied. All its addresses are of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deny {
    /// Letters, digits and hyphens: unique among the rules of one writing.
    pub name: String,
    /// The initiators.
    pub from: Vec<IpNet>,
    /// The responders.
    pub to: Vec<IpNet>,
    /// Protocol and port; `None` denies all.
    pub service: Option<(Protocol, Option<u16>)>,
    /// Whether the addresses are IPv6.
    pub v6: bool,
}

/// The denials that a finding asks for; a sentence when none can be made.
pub fn denials(document: &Document, finding: &Finding, scope: Scope) -> Result<Vec<Deny>, String> {
    let ends = match scope {
        Scope::Service | Scope::Link => ends::sites(document, finding),
        Scope::Hosts => ends::hosts(document, finding),
    };
    let service = match (scope, ends::service(finding)) {
        (Scope::Link, _) | (_, None) => None,
        (_, Some(Service { kind: Kind::Connection, protocol: Some(protocol), port })) => Some((protocol, port)),
        (_, Some(_)) => {
            return Err("its service has no protocol that a firewall knows; deny the link instead".to_owned());
        }
    };
    if !ends.are_known() {
        return Err("the addresses of one of its ends are not known".to_owned());
    }
    let id = name_of(&finding.id);
    let family = |v6: bool| {
        let of =
            |nets: &[IpNet]| nets.iter().copied().filter(|net| matches!(net, IpNet::V6(_)) == v6).collect::<Vec<_>>();
        let Ends { from, to } = &ends;
        let name = format!("kyoten-{id}{}", if v6 { "-6" } else { "" });
        Deny { name, from: of(from), to: of(to), service, v6 }
    };
    let denials: Vec<Deny> =
        [false, true].map(family).into_iter().filter(|deny| !deny.from.is_empty() && !deny.to.is_empty()).collect();
    if denials.is_empty() { Err("its ends have no addresses of the same family".to_owned()) } else { Ok(denials) }
}

/// An id as our rules give it (`D1-6c8cf57edc65`) as it stands; of any other its hash, since a case file may come from
/// anybody.
fn name_of(id: &str) -> String {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let ours = id.strip_prefix('D').and_then(|rest| rest.split_once('-')).is_some_and(|(number, rest)| {
        (1..=2).contains(&number.len())
            && number.chars().all(|c| c.is_ascii_digit())
            && rest.len() == 12
            && rest.chars().all(hex)
    });
    if ours { id.to_owned() } else { format!("{:016x}", crate::flow::Host::of_name(id).0 as u64) }
}

impl Deny {
    fn protocol(&self) -> Option<Protocol> {
        self.service.map(|(protocol, _)| protocol)
    }

    /// The port, of a protocol that has ports.
    fn port(&self) -> Option<u16> {
        self.service.filter(|(protocol, _)| protocol.has_ports()).and_then(|(_, port)| port)
    }
}

/// The lines that open every writing: what it is and what to do first. `mark` begins a comment.
fn opening(mark: &str, product: &str) -> String {
    format!(
        "{mark} Kyoten: deny rules for {product}.\n{mark} Look at the preview first (kyoten rules ... --preview): what these \
         rules would break, whose it is, whom to call.\n{mark} Try them outside production; the way back stands at the end.\n"
    )
}
