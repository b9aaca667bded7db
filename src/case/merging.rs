//! Two analysts' cases as one: of the same evidence, their decisions, actions and logs are joined; where they decided
//! differently, both decisions stay and the conflict is told.
//!
//! Cases of different evidence are joined by analysing the evidence (or its rollups) together, not here: sums of hosts and
//! chances can't be added.

use super::acts::{Decision, Verdict, standing};
use super::document::Document;
use super::log;
use crate::phrase::{Saying, alike, phrase};
use crate::sorting::LeanSort as _;

/// What came of joining two cases.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The case.
    pub document: Document,
    /// Findings on which the analysts differ: the id, and both decisions.
    pub conflicts: Vec<(String, Decision, Decision)>,
}

/// Joins the other case to this one. A sentence, where they are not of the same evidence.
pub fn merge(own: &Document, other: &Document) -> Result<Merged, String> {
    let digests = |document: &Document| {
        let mut all: Vec<String> = document.evidence.iter().filter_map(|file| file.sha256.clone()).collect();
        all.lean_sort();
        all.dedup();
        all
    };
    if digests(own) != digests(other) {
        return Err(format!(
            "the cases {} and {} are not of the same evidence; analyse the evidence, or the rollups of both, together",
            own.case_id, other.case_id
        ));
    }
    if log::broken(&own.log).is_some() || log::broken(&other.log).is_some() {
        return Err("the log of one of the cases is broken; see kyoten verify".to_owned());
    }
    let mut document = own.clone();
    let mut conflicts = Vec::new();
    for decision in &other.decisions {
        if own.decisions.contains(decision) {
            continue;
        }
        let theirs_stands = standing(&other.decisions, &decision.finding) == Some(decision);
        let ours = standing(&own.decisions, &decision.finding).filter(|ours| ours.verdict != decision.verdict);
        if let (true, Some(ours)) = (theirs_stands, ours) {
            conflicts.push((decision.finding.clone(), ours.clone(), decision.clone()));
        }
        document.decisions.push(decision.clone());
    }
    // The later decision stands, whoever took it; of the same moment, the order is by their words.
    document.decisions.lean_sort_by(|a, b| a.at.total_cmp(&b.at).then_with(|| (&a.who, &a.why).cmp(&(&b.who, &b.why))));
    for action in other.actions.iter().filter(|action| !own.actions.contains(action)) {
        document.actions.push(action.clone());
    }
    document.actions.lean_sort_by(|a, b| a.at.total_cmp(&b.at));
    // The other's log can't be woven into this chain: its last hash is, and with it all of that log.
    let last = other.log.last().map_or("an empty log", |entry| &entry.hash);
    let with = format!("{} entries up to {last}", other.log.len());
    log::append(&mut document.log, None, None, "merge", &other.case_id, &with);
    for entry in other.log.iter().filter(|entry| entry.at.is_some() && !own.log.iter().any(|e| e.hash == entry.hash)) {
        log::append(&mut document.log, entry.at, entry.who.as_deref(), &entry.act, &entry.of, &entry.with);
    }
    for (id, ours, theirs) in &conflicts {
        let told = |d: &Decision| {
            let verdict = match d.verdict {
                Verdict::Open => Saying("open", "未決"),
                Verdict::Benign => Saying("benign", "問題なし"),
                Verdict::Confirmed => Saying("confirmed", "確定"),
            };
            phrase!("{verdict} by {who}", "{who}による「{verdict}」", verdict, who = alike(d.who.as_str()))
        };
        document.notify(&phrase!(
            "CONFLICT on {id}: {ours} and {theirs}; the later one stands",
            "CONFLICT {id}：{ours}と{theirs}が食い違っており、後のものが有効です。",
            id = alike(id.as_str()),
            ours = told(ours),
            theirs = told(theirs)
        ));
    }
    Ok(Merged { document, conflicts })
}
