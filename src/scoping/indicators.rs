//! The search for indicators: addresses, ranges, host names and accounts, as people paste them or as a STIX 2.1 bundle holds them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::flow::{Moment, Service, canonical};
use crate::ledger::Sight;
use crate::ledger::survey::{LinkKey, Survey};
use crate::reading::sought::Sought;
use crate::sorting::LeanSort as _;

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    /// An address or a range.
    Net(IpNet),
    /// A host name or an account, in lower case.
    Name(String),
}

/// As a second pass names what it met.
impl std::fmt::Display for Indicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Indicator::Net(net) if net.prefix_len() == net.max_prefix_len() => net.addr().fmt(f),
            Indicator::Net(net) => net.fmt(f),
            Indicator::Name(name) => f.write_str(name),
        }
    }
}

/// Where an indicator was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The indicator.
    pub indicator: Indicator,
    /// The link.
    pub link: LinkKey,
    /// The service.
    pub service: Service,
    /// Connections.
    pub flows: u64,
    /// The first and the last.
    pub window: Option<(Moment, Moment)>,
    /// The earliest rows.
    pub rows: Vec<Sight>,
}

const MOST_ROWS: usize = 10;

/// The indicators of a pasted text, one or several a line, "defanged" ones included (`198.51.100[.]23`, `hxxp://`); or of a STIX
/// bundle. The second list has what could not be used, as it stood.
pub fn read(text: &str) -> (BTreeSet<Indicator>, Vec<String>) {
    let trimmed = text.trim_start();
    if trimmed.starts_with('{')
        && let Ok(bundle) = serde_json::from_str::<serde_json::Value>(trimmed)
    {
        return of_stix(&bundle);
    }
    let (mut found, mut unused) = (BTreeSet::new(), Vec::new());
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        for word in line
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\''))
            .filter(|word| !word.is_empty())
        {
            match of_word(word) {
                Some(indicator) => _ = found.insert(indicator),
                None => unused.push(word.to_owned()),
            }
        }
    }
    (found, unused)
}

fn of_word(word: &str) -> Option<Indicator> {
    let plain = word.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":");
    let lower = plain.to_lowercase();
    let bare = ["https://", "http://", "hxxps://", "hxxp://"].iter().find_map(|scheme| lower.strip_prefix(scheme));
    // Of a web address only the host can stand in a flow.
    let bare = bare.map_or(lower.as_str(), |rest| rest.split('/').next().unwrap_or(rest));
    if let Ok(net) = bare.parse::<IpNet>() {
        return Some(Indicator::Net(net.trunc()));
    }
    let without_port =
        bare.rsplit_once(':').filter(|(host, port)| !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()));
    let host = without_port.map_or(bare, |(host, _)| host);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(Indicator::Net(IpNet::from(canonical(address))));
    }
    let named = host.len() > 1 && host.chars().any(char::is_alphanumeric) && !host.contains('/');
    named.then(|| Indicator::Name(host.to_owned()))
}

/// Patterns of indicators, and objects of observed data (STIX 2.1, sections 4.7, 6.5, 6.6, 6.4 and 6.16).
fn of_stix(bundle: &serde_json::Value) -> (BTreeSet<Indicator>, Vec<String>) {
    let (mut found, mut unused) = (BTreeSet::new(), Vec::new());
    let objects = bundle.get("objects").and_then(|objects| objects.as_array());
    for object in objects.into_iter().flatten() {
        let text = |key: &str| object.get(key).and_then(|value| value.as_str());
        match text("type") {
            Some("indicator") => {
                let pattern = text("pattern").unwrap_or_default();
                let values = values_of(pattern);
                if values.is_empty() {
                    unused.push(pattern.to_owned());
                }
                found.extend(values.iter().filter_map(|value| of_word(value)));
            }
            Some("ipv4-addr" | "ipv6-addr" | "domain-name") => found.extend(text("value").and_then(of_word)),
            Some("user-account") => {
                found.extend(text("account_login").or(text("user_id")).map(|name| Indicator::Name(name.to_lowercase())))
            }
            Some(_) | None => {}
        }
    }
    (found, unused)
}

/// What the comparisons on addresses, names and accounts of a pattern compare with: `[ipv4-addr:value = '198.51.100.23']`.
fn values_of(pattern: &str) -> Vec<String> {
    let kinds = [
        "ipv4-addr:value",
        "ipv6-addr:value",
        "domain-name:value",
        "user-account:account_login",
        "user-account:user_id",
    ];
    let mut values = Vec::new();
    for kind in kinds {
        for rest in pattern.split(kind).skip(1) {
            let rest = rest.trim_start();
            let compares = rest.starts_with('=') || rest.starts_with("ISSUBSET") || rest.starts_with("IN");
            let end = rest.find([']', ')']).unwrap_or(rest.len());
            if compares {
                let all = rest.starts_with("IN");
                values.extend(
                    rest[..end]
                        .split('\'')
                        .skip(1)
                        .step_by(2)
                        .take(if all { usize::MAX } else { 1 })
                        .map(str::to_owned),
                );
            }
        }
    }
    values
}

/// The indicators for a second pass over the evidence.
pub fn sought(indicators: &BTreeSet<Indicator>) -> Sought {
    let mut sought = Sought::default();
    for indicator in indicators {
        match indicator {
            Indicator::Net(net) => sought.nets.push(*net),
            Indicator::Name(name) => _ = sought.names.insert(name.clone()),
        }
    }
    sought
}

/// Where the indicators were seen, in order of link and service.
pub fn search(indicators: &BTreeSet<Indicator>, survey: &Survey) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (link, seen) in &survey.links {
        for (service, record) in &seen.services {
            for indicator in indicators {
                let mut hit = Hit {
                    indicator: indicator.clone(),
                    link: *link,
                    service: *service,
                    flows: 0,
                    window: None,
                    rows: Vec::new(),
                };
                for (key, pair) in &record.pairs {
                    if [key.initiator, key.responder].iter().any(|host| matches(indicator, *host, survey)) {
                        let totals = pair.totals();
                        take(&mut hit, totals.connections(), totals.first.zip(totals.last));
                        hit.rows.extend(pair.first());
                    }
                }
                if let Indicator::Name(name) = indicator {
                    for account in record.accounts.keys().filter(|account| is_account(account, name)) {
                        for (_, day) in survey.days_of_account(record, account) {
                            let at = day.sight().and_then(|sight| sight.at);
                            take(&mut hit, day.flows(), at.zip(at));
                            hit.rows.extend(day.sight());
                        }
                    }
                }
                if hit.flows > 0 {
                    hit.rows.lean_sort();
                    hit.rows.dedup();
                    hit.rows.truncate(MOST_ROWS);
                    hits.push(hit);
                }
            }
        }
    }
    hits
}

fn take(hit: &mut Hit, flows: u64, window: Option<(Moment, Moment)>) {
    hit.flows += flows;
    hit.window = match (hit.window, window) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (own, other) => own.or(other),
    };
}

fn matches(indicator: &Indicator, host: crate::flow::Host, survey: &Survey) -> bool {
    match (indicator, host.address()) {
        (Indicator::Net(net), Some(address)) => net.contains(&address),
        (Indicator::Name(name), None) => survey.host(host).to_lowercase() == *name,
        (Indicator::Net(_), None) | (Indicator::Name(_), Some(_)) => false,
    }
}

/// `svc-deploy` is also `CORP\svc-deploy` and `svc-deploy@corp.example`.
fn is_account(account: &str, name: &str) -> bool {
    let account = account.to_lowercase();
    let bare = account.rsplit('\\').next().unwrap_or(&account);
    let bare = bare.split('@').next().unwrap_or(bare);
    account == name || bare == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Indicator {
        Indicator::Net(text.parse().unwrap())
    }

    #[test]
    fn a_pasted_list_is_read_as_people_write_it() {
        let (found, unused) = read(
            "198.51.100[.]23, hxxps://drop.example/x 10.66.0.0/16 # the office\n2001:db8::1 192.0.2.7:8080 svc-deploy /etc/passwd\n",
        );
        let names = ["drop.example", "svc-deploy"].map(|name| Indicator::Name(name.to_owned()));
        let nets = ["10.66.0.0/16", "192.0.2.7/32", "198.51.100.23/32", "2001:db8::1/128"].map(net);
        assert_eq!(found, nets.into_iter().chain(names).collect());
        assert_eq!(unused, ["/etc/passwd"]);
    }

    #[test]
    fn a_stix_bundle_gives_its_patterns() {
        let bundle = r#"{"type":"bundle","id":"bundle--1","objects":[
            {"type":"indicator","pattern":"[ipv4-addr:value = '198.51.100.23' OR domain-name:value = 'Drop.example']"},
            {"type":"indicator","pattern":"[ipv4-addr:value ISSUBSET '203.0.113.0/24']"},
            {"type":"indicator","pattern":"[file:hashes.MD5 = 'x']"},
            {"type":"user-account","account_login":"SVC-deploy"}]}"#;
        let (found, unused) = read(bundle);
        let names = ["drop.example", "svc-deploy"].map(|name| Indicator::Name(name.to_owned()));
        assert_eq!(found, [net("198.51.100.23/32"), net("203.0.113.0/24")].into_iter().chain(names).collect());
        assert_eq!(unused, ["[file:hashes.MD5 = 'x']"]);
    }

    #[test]
    fn an_account_is_known_with_its_domain() {
        assert!(is_account("CORP\\svc-deploy", "svc-deploy") && is_account("svc-deploy@corp.example", "svc-deploy"));
        assert!(!is_account("svc-deploy2", "svc-deploy"));
    }
}
