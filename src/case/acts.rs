//! What people do about a case: decide on findings, and act on links.

use serde::{Deserialize, Serialize};

/// What an analyst decided on a finding, and why. A later decision on the same finding takes the place of an earlier one,
/// which stays on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The finding's id.
    pub finding: String,
    /// What it is.
    #[serde(rename = "as")]
    pub verdict: Verdict,
    /// Who decided.
    pub who: String,
    /// When, in epoch seconds.
    pub at: f64,
    /// Why.
    pub why: String,
}

/// What a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Not decided, or no longer.
    Open,
    /// Explained.
    Benign,
    /// Part of the incident.
    Confirmed,
}

impl Verdict {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Open => "open",
            Verdict::Benign => "benign",
            Verdict::Confirmed => "confirmed",
        }
    }

    /// Reads the word.
    pub fn read(word: &str) -> Option<Verdict> {
        [Verdict::Open, Verdict::Benign, Verdict::Confirmed].into_iter().find(|verdict| verdict.word() == word)
    }
}

/// The decision that stands on a finding: the last one.
pub fn standing<'d>(decisions: &'d [Decision], finding: &str) -> Option<&'d Decision> {
    decisions.iter().rev().find(|decision| decision.finding == finding)
}

/// Something done about the connections between two places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What was done.
    pub kind: ActionKind,
    /// The initiators' site; `*` for all.
    pub from: String,
    /// The responders' site; `*` for all.
    pub to: String,
    /// The service; `*` for all.
    pub service: String,
    /// When it took effect, in epoch seconds.
    pub at: f64,
    /// Who did it, or said so.
    pub who: String,
    /// Why, or by whose order.
    pub why: String,
}

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// No connection may run any more.
    Cut,
    /// Only what the policy allows may run.
    Restrict,
    /// As before.
    Restore,
}

impl ActionKind {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            ActionKind::Cut => "cut",
            ActionKind::Restrict => "restrict",
            ActionKind::Restore => "restore",
        }
    }

    /// Reads the word.
    pub fn read(word: &str) -> Option<ActionKind> {
        [ActionKind::Cut, ActionKind::Restrict, ActionKind::Restore].into_iter().find(|kind| kind.word() == word)
    }
}

impl Action {
    /// Whether it is about connections from here to there over this service.
    pub fn covers(&self, from: &str, to: &str, service: &str) -> bool {
        let is = |own: &str, other: &str| own == "*" || own == other;
        is(&self.from, from) && is(&self.to, to) && is(&self.service, service)
    }
}
