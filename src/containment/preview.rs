//! Before a rule is set: which connections of the evidence it would have stopped, those of the finding and those that are
//! other people's work, whose sites they are, and whom to call.

use super::{Deny, Scope};
use crate::calendar;
use crate::case::document::moment;
use crate::case::document::{Document, Finding, Service};
use crate::evidence::text::visible;
use crate::flow::Service as FlowService;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// What a denial would have stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// The service.
    pub service: String,
    /// Connections that ran over it, in all the evidence.
    pub ran: u64,
    /// Those of them between hosts that the finding names.
    pub of_the_finding: u64,
    /// Those that would break, as far as host pairs are kept: all that are not the finding's.
    pub others: u64,
    /// Other host pairs that ran, most connections first: initiator, responder, connections, last start.
    pub pairs: Vec<(String, String, u64, Option<f64>)>,
    /// On how many days they ran.
    pub days: usize,
    /// The start of the last hour in which any ran.
    pub last: Option<i64>,
    /// The policy allows it by this row, with its reason and approver.
    pub allowed: Vec<String>,
}

/// What denying for this finding would have stopped, service by service.
pub fn broken(document: &Document, finding: &Finding, scope: Scope) -> Vec<Broken> {
    let own =
        |service: &&Service| scope == Scope::Link || finding.service.as_ref().is_none_or(|own| *own == service.service);
    document
        .services(&finding.from, &finding.to)
        .filter(own)
        .map(|service| one(document, finding, service, scope))
        .collect()
}

fn one(document: &Document, finding: &Finding, service: &Service, scope: Scope) -> Broken {
    let ran = service.flows.saturating_sub(service.denied.saturating_add(service.failed));
    let named = |host: &String| finding.hosts.contains(host);
    // A finding on another service says nothing of this one.
    let about = finding.service.as_ref().is_none_or(|own| *own == service.service);
    let mut of_the_finding = 0;
    let mut pairs = Vec::new();
    for (from, to, flows, _, denied, failed, _, last) in service.pairs.iter() {
        let ran = flows.saturating_sub(denied.saturating_add(*failed));
        if about && named(from) && named(to) {
            of_the_finding += ran;
        } else if ran > 0 && scope != Scope::Hosts {
            pairs.push((from.clone(), to.clone(), ran, *last));
        }
    }
    pairs.lean_sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
    let ran_in: Vec<i64> = (service.hours.iter())
        .filter(|(_, flows, _, denied, failed, ..)| *flows > denied.saturating_add(*failed))
        .filter_map(|(start, ..)| *start)
        .collect();
    let days: std::collections::BTreeSet<i64> = ran_in.iter().map(|start| start.div_euclid(86_400)).lean_collect();
    let allows =
        |rule: &&crate::case::document::Rule| rule.verdict == "allow" && speaks(document, rule, finding, service);
    let allowed = document.policy.iter().filter(allows);
    let told = |rule: &crate::case::document::Rule| {
        let approver = rule.approver.as_ref().map(|who| format!(", approved by {who}")).unwrap_or_default();
        format!("line {} of the policy allows it: {}{approver}", rule.line, rule.reason)
    };
    Broken {
        service: service.service.clone(),
        ran,
        of_the_finding,
        others: if scope == Scope::Hosts { 0 } else { ran.saturating_sub(of_the_finding) },
        pairs,
        days: days.len(),
        last: ran_in.last().copied(),
        allowed: allowed.map(told).collect(),
    }
}

/// Whether a row speaks of this link's service.
fn speaks(document: &Document, rule: &crate::case::document::Rule, finding: &Finding, service: &Service) -> bool {
    let side = |scope: &str, name: &str| {
        let site = document.site(name);
        let is = |own: Option<&String>, asked: &str| own.is_some_and(|own| own.eq_ignore_ascii_case(asked));
        match scope.split_once(':') {
            Some(("role", role)) => is(site.and_then(|site| site.role.as_ref()), role),
            Some(("country", code)) => is(site.and_then(|site| site.country.as_ref()), code),
            _ => scope == "*" || scope.eq_ignore_ascii_case(name),
        }
    };
    let covers = match (FlowService::read(&rule.service), FlowService::read(&service.service)) {
        _ if rule.service == "*" => true,
        (Some(own), Some(other)) => {
            own.kind == other.kind
                && own.protocol.is_none_or(|protocol| other.protocol == Some(protocol))
                && own.port.is_none_or(|port| other.port == Some(port))
        }
        _ => false,
    };
    side(&rule.from, &finding.from) && side(&rule.to, &finding.to) && covers
}

/// How many other pairs are told one by one.
const MOST_PAIRS: usize = 10;

/// The preview in words.
pub fn told(document: &Document, finding: &Finding, scope: Scope, denials: &Result<Vec<Deny>, String>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let heading = format!(
        "{}: {} → {} {}",
        finding.id,
        finding.from,
        finding.to,
        finding.service.as_deref().unwrap_or("all services")
    );
    lines.push(heading);
    match denials {
        Err(why) => lines.push(format!("  no rule can be made: {why}")),
        Ok(denials) => {
            for deny in denials {
                let nets = |nets: &[ipnet::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                lines.push(format!("  denied: {} → {}", nets(&deny.from), nets(&deny.to)));
            }
        }
    }
    let all = broken(document, finding, scope);
    if all.is_empty() {
        lines.push("  nothing of it is in the evidence".to_owned());
    }
    let minute = |at: Option<f64>| at.map_or("at no known time".to_owned(), |at| calendar::minute(moment(at), 0));
    for own in &all {
        lines.push(format!(
            "  {}: {} connections ran on {} days, last in the hour of {}; {} between hosts that the finding names, {} others would break",
            own.service,
            own.ran,
            own.days,
            minute(own.last.map(|start| start as f64)),
            own.of_the_finding,
            own.others
        ));
        for (from, to, ran, last) in own.pairs.iter().take(MOST_PAIRS) {
            lines.push(format!("    {from} → {to}: {ran}, last {}", minute(*last)));
        }
        if own.pairs.len() > MOST_PAIRS {
            lines.push(format!("    and {} more host pairs", own.pairs.len() - MOST_PAIRS));
        }
        own.allowed.iter().for_each(|row| lines.push(format!("    {row}")));
    }
    for name in [&finding.from, &finding.to] {
        let contact = document.site(name).and_then(|site| site.contact.as_deref());
        lines.push(match contact {
            Some(contact) => format!("  call {name}: {contact}"),
            None => format!("  call {name}: no contact is in sites.csv"),
        });
    }
    lines.push("  \"nothing\" means nothing in this evidence: see its coverage and gaps".to_owned());
    lines.iter().map(|line| visible(line).into_owned() + "\n").collect()
}
