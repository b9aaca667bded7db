//! A finding: a claim about a link, in a sentence with its numbers, backed by rows. One without rows can't be made.

pub mod usual;

use serde::{Deserialize, Serialize};

use crate::flow::{Host, Moment, Service};
use crate::ledger::Sight;
use crate::ledger::survey::LinkKey;
use crate::phrase::{Phrase, Saying};
use crate::sorting::LeanSort as _;
use usual::Usual;

/// A claim about a link. Unusual is not malicious, and its text says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable across runs: rule, link, service and, where it is about one host, that host.
    pub id: String,
    /// Which list it stands in.
    pub lane: Lane,
    /// The rule and its version: `D2 new-link v1`.
    pub rule: &'static str,
    /// The link.
    pub link: LinkKey,
    /// Other links that it is about as well, where one cause shows on several.
    pub also: Vec<LinkKey>,
    /// The service, where it is about one.
    pub service: Option<Service>,
    /// The flows that it is about: the first one's start, and the last one's.
    pub window: Option<(Moment, Moment)>,
    /// The hosts that it is about, initiators first, at most [`Finding::MOST_HOSTS`].
    pub hosts: Vec<Host>,
    /// Accounts named in the rows.
    pub accounts: Vec<String>,
    /// The chance of it by the rule's own null model; `None` for rules without one (policy).
    pub p: Option<f64>,
    /// Benjamini–Hochberg's q within the lane.
    pub q: Option<f64>,
    /// The reason, in one sentence with its numbers.
    pub because: Phrase,
    /// What is wrong, in a few words: for a figure, where the numbers stand beside it.
    pub gist: Phrase,
    /// What normal looks like here, in one sentence.
    pub normal: Phrase,
    /// The same as numbers, with where this lies; `None` for a rule that compares with nothing.
    pub usual: Option<Usual>,
    /// What could explain it innocently.
    pub innocent: &'static [Saying],
    /// MITRE ATT&CK technique ids.
    pub attack: &'static [&'static str],
    /// How grave it looks on the picture.
    pub gravity: Gravity,
    /// The rows.
    pub rows: Rows,
}

impl Finding {
    /// How many hosts a finding names; it counts the rest in its sentence.
    pub const MOST_HOSTS: usize = 20;

    /// Above this q a finding is weak: a sign to look at when there is time, not counted as a finding.
    pub const WEAK: f64 = 0.10;

    /// A finding of a link by its rows, with nothing said yet: suspected, without a chance, of no one service, host or account.
    pub fn of(lane: Lane, rule: &'static str, id: String, link: LinkKey, rows: Rows) -> Finding {
        Finding {
            id,
            lane,
            rule,
            link,
            also: Vec::new(),
            service: None,
            window: None,
            hosts: Vec::new(),
            accounts: Vec::new(),
            p: None,
            q: None,
            because: Phrase::default(),
            gist: Phrase::default(),
            normal: Phrase::default(),
            usual: None,
            innocent: &[],
            attack: &[],
            gravity: Gravity::Suspected,
            rows,
        }
    }

    /// Whether more of its like would be false than a lane allows. A finding without q is a fact or a pattern, and never weak.
    pub fn is_weak(&self) -> bool {
        self.q.is_some_and(|q| q > Finding::WEAK)
    }
}

/// The four lists of findings: merged into one, the good detectors drown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// Against the declared policy.
    Policy,
    /// Never seen before.
    Novelty,
    /// Known, but different.
    Behaviour,
    /// Several links that belong together.
    Campaign,
}

impl Lane {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Lane::Policy => "policy",
            Lane::Novelty => "novelty",
            Lane::Behaviour => "behaviour",
            Lane::Campaign => "campaign",
        }
    }
}

/// How a finding marks its link on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Gravity {
    /// Worth a look: dashed, `?`.
    Suspected,
    /// Unlikely by its rule's own measure: bold, `!`.
    Anomalous,
    /// Forbidden by the policy: bold, `✕`.
    Violation,
}

/// The rows that back a finding: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    first: Sight,
    rest: Vec<Sight>,
}

impl Rows {
    /// How many rows a finding carries; all of them come from a second pass over the evidence.
    pub const MOST: usize = 50;

    /// The earliest rows of these, in order; `None` when there are none, and then there is no finding.
    pub fn of(sights: impl IntoIterator<Item = Sight>) -> Option<Rows> {
        let mut rest: Vec<Sight> = sights.into_iter().collect();
        rest.lean_sort();
        rest.dedup();
        rest.truncate(Rows::MOST);
        if rest.is_empty() {
            return None;
        }
        let first = rest.remove(0);
        Some(Rows { first, rest })
    }

    /// The earliest row.
    pub fn first(&self) -> Sight {
        self.first
    }

    /// All rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = Sight> + '_ {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }
}
