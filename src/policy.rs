//! Which connections are expected, by whom they were approved, and until when.

use serde::{Deserialize, Serialize};

use crate::flow::Service;

/// A row of `policy.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Whose calls.
    pub from: Scope,
    /// To whom.
    pub to: Scope,
    /// Over what.
    pub service: ServiceScope,
    /// Whether they may.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Hours of the day at the initiator's site, as written.
    pub hours: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Until when, as written (a date).
    pub until: Option<String>,
    /// Its line in the file.
    pub line: u64,
}

/// Which sites a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// A site by name.
    Site(String),
    /// All sites of a role.
    Role(String),
    /// All sites of a country.
    Country(String),
    /// The world outside the organisation.
    External,
    /// All.
    Any,
}

/// Which services a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceScope {
    /// One service.
    One(Service),
    /// All.
    Any,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It may be.
    Allow,
    /// It should not occur.
    Deny,
}
