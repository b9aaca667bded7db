//! What is searched for in all evidence: addresses, ranges, host names and accounts; in the flows, and in the text of records that
//! are none.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::flow::{Endpoint, Flow, canonical};

/// All that is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sought {
    /// Addresses and ranges.
    pub nets: Vec<IpNet>,
    /// Host names and accounts, in lower case.
    pub names: BTreeSet<String>,
}

/// Of a record that is no flow, so much is looked through.
const LOOKED_AT: usize = 1 << 16;

impl Sought {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.nets.is_empty() && self.names.is_empty()
    }

    /// The first of an initiator, a responder or an account that is sought.
    pub fn met_by(&self, flow: &Flow<'_>) -> Option<String> {
        let end = |end: &Endpoint<'_>| {
            let by_address = end.address.and_then(|address| self.net(canonical(address)));
            by_address.or_else(|| self.name(end.name.as_deref()?))
        };
        end(&flow.initiator).or_else(|| end(&flow.responder)).or_else(|| self.account(flow.user.as_deref()?))
    }

    /// The first that a record names anywhere in its text, as a whole word.
    pub fn named_in(&self, record: &[u8]) -> Option<String> {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b".:_-@\\".contains(byte) || *byte >= 0x80;
        let words = record[..record.len().min(LOOKED_AT)].split(|byte| !part(byte)).filter(|word| word.len() > 1);
        words.filter_map(|word| std::str::from_utf8(word).ok()).find_map(|word| {
            let bare = word.trim_matches(['.', ':', '-']);
            // `192.0.2.7:443` names the address too.
            let host = bare.rsplit_once(':').filter(|(host, _)| !host.contains(':')).map_or(bare, |(host, _)| host);
            let digits = host.as_bytes().first().is_some_and(u8::is_ascii_hexdigit);
            let address = if digits { bare.parse().or_else(|_| host.parse::<IpAddr>()).ok() } else { None };
            let net = address.and_then(|address| self.net(canonical(address)));
            net.or_else(|| self.account(host)).or_else(|| self.name(host))
        })
    }

    fn net(&self, address: IpAddr) -> Option<String> {
        self.nets.iter().find(|net| net.contains(&address)).map(|net| match net.prefix_len() == net.max_prefix_len() {
            true => net.addr().to_string(),
            false => net.to_string(),
        })
    }

    fn name(&self, name: &str) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        self.names.get(&name.to_lowercase()).cloned()
    }

    /// `svc-deploy` is also `CORP\svc-deploy` and `svc-deploy@corp.example`.
    fn account(&self, account: &str) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        let account = account.to_lowercase();
        let bare = account.rsplit('\\').next().unwrap_or(&account);
        let bare = bare.split('@').next().unwrap_or(bare);
        self.names.get(&account).or_else(|| self.names.get(bare)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought() -> Sought {
        let names = ["svc-deploy", "drop.example"].map(str::to_owned).into();
        Sought { nets: vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::7/128".parse().unwrap()], names }
    }

    #[test]
    fn an_indicator_is_found_in_what_is_no_flow_as_a_whole_word() {
        for (record, met) in [
            ("dns query drop.example. A", Some("drop.example")),
            ("user=\"CORP\\svc-deploy\" failed", Some("svc-deploy")),
            ("threat to 203.0.113.9:443/x", Some("203.0.113.0/24")),
            ("[2001:DB8::7]:443", Some("2001:db8::7")),
            ("dns query notdrop.example", None),
            ("svc-deploy2 and 203.0.114.9", None),
        ] {
            assert_eq!(sought().named_in(record.as_bytes()).as_deref(), met, "{record}");
        }
    }

    #[test]
    fn an_end_or_an_account_of_a_flow_is_found() {
        let at = |address: &str| Endpoint { address: Some(address.parse().unwrap()), ..Endpoint::default() };
        let flow = |to: &str, user: Option<&'static str>| Flow {
            initiator: at("10.0.0.1"),
            responder: at(to),
            user: user.map(Into::into),
            ..Flow::default()
        };
        assert_eq!(sought().met_by(&flow("203.0.113.9", None)).as_deref(), Some("203.0.113.0/24"));
        assert_eq!(sought().met_by(&flow("10.0.0.2", Some("SVC-Deploy@corp.example"))).as_deref(), Some("svc-deploy"));
        assert_eq!(sought().met_by(&flow("10.0.0.2", Some("other"))), None);
    }
}
