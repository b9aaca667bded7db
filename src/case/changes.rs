//! Changes to a case file: a decision, an action; each put on record in the log as well.

use super::acts::{Action, ActionKind, Decision, Verdict};
use super::document::answers::Negative;
use super::document::{Document, Rule};
use super::log;
use crate::sorting::LeanSort as _;

/// Decides on a finding. A sentence, where the case has none of that id, or who or why is missing.
pub fn decide(document: &mut Document, decision: Decision) -> Result<(), String> {
    if document.finding(&decision.finding).is_none() {
        return Err(format!("the case has no finding {:?}", decision.finding));
    }
    if decision.who.trim().is_empty() || decision.why.trim().is_empty() {
        return Err("a decision says who took it, and why".to_owned());
    }
    let with = format!("{}: {}", decision.verdict.word(), decision.why);
    log::append(&mut document.log, Some(decision.at), Some(&decision.who), "decide", &decision.finding, &with);
    document.decisions.push(decision);
    Ok(())
}

/// Puts an action on record. A sentence, where a site is unknown, or who is missing.
pub fn act(document: &mut Document, action: Action) -> Result<(), String> {
    let known = |name: &str| {
        name == "*"
            || crate::sites::Party::outside_named(name).is_some()
            || name == crate::sites::UNASSIGNED
            || document.site(name).is_some()
    };
    if let Some(stranger) = [&action.from, &action.to].into_iter().find(|name| !known(name)) {
        return Err(format!("the case has no site {stranger:?}"));
    }
    if action.who.trim().is_empty() {
        return Err("an action says who took it".to_owned());
    }
    let of = format!("{} → {} {}", action.from, action.to, action.service);
    let with = format!("{}: {}", action.kind.word(), action.why);
    log::append(&mut document.log, Some(action.at), Some(&action.who), "act", &of, &with);
    document.actions.push(action);
    document.actions.lean_sort_by(|a, b| a.at.total_cmp(&b.at));
    Ok(())
}

/// Keeps a statement in the case; asked again, it takes the place of the earlier answer.
pub fn keep_negative(document: &mut Document, negative: Negative, at: f64) {
    let same = |own: &Negative| {
        (&own.from, &own.to, &own.service, own.since, own.until)
            == (&negative.from, &negative.to, &negative.service, negative.since, negative.until)
    };
    let of = log::negative_in_words(&negative);
    log::append(&mut document.log, Some(at), None, "negative", &of, "");
    document.negatives.retain(|own| !same(own));
    document.negatives.push(negative);
}

/// The row of a policy that a benign decision asks for: this link and service are allowed, for this reason, until that day.
pub fn policy_row(document: &Document, decision: &Decision, until: Option<&str>) -> Option<Rule> {
    let finding = document.finding(&decision.finding).filter(|_| decision.verdict == Verdict::Benign)?;
    Some(Rule {
        from: finding.from.clone(),
        to: finding.to.clone(),
        service: finding.service.clone().unwrap_or_else(|| "*".to_owned()),
        verdict: "allow".to_owned(),
        reason: format!("{} ({})", decision.why, finding.id),
        hours: None,
        approver: Some(decision.who.clone()),
        until: until.map(str::to_owned),
        line: 0,
    })
}

/// Whether anything was cut and not restored since, from here to there, at a moment.
pub fn is_cut(document: &Document, from: &str, to: &str, at: f64) -> bool {
    let speaks = document.actions.iter().filter(|action| action.at <= at && action.covers(from, to, "*"));
    speaks.max_by(|a, b| a.at.total_cmp(&b.at)).is_some_and(|action| action.kind == ActionKind::Cut)
}
