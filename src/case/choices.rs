//! All that analysts chose, apart from the evidence and the log: taken down before a change, so that it can be undone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::questions::Questions;
use super::{Case, acts, depiction::Depiction, log};
use crate::flow::Moment;
use crate::formats::MappingFile;
use crate::policy::Policy;
use crate::reading::Order;
use crate::sites::SiteBook;

/// What a case was made with, besides files. Everything in a case that a person may change belongs here; the log does not,
/// because it grows and never shrinks, nor does the table of countries, a megabyte that would be taken down each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    book: SiteBook,
    guesses: SiteBook,
    policy: Policy,
    baseline: Option<(Moment, Moment)>,
    orders: BTreeMap<String, Order>,
    mappings: Vec<MappingFile>,
    decisions: Vec<acts::Decision>,
    actions: Vec<acts::Action>,
    depiction: Depiction,
    questions: Questions,
}

impl Case {
    /// What was chosen so far.
    pub fn choices(&self) -> Choices {
        Choices {
            book: self.book.clone(),
            guesses: self.guesses.clone(),
            policy: self.policy.clone(),
            baseline: self.baseline,
            orders: self.orders.clone(),
            mappings: self.mappings.clone(),
            decisions: self.decisions.clone(),
            actions: self.actions.clone(),
            depiction: self.depiction.clone(),
            questions: self.questions.clone(),
        }
    }

    /// Chooses as it was chosen before. That it was done, and of what, goes on record when decisions or actions are among what
    /// changes: they had been put on record themselves. Books and settings leave their traces in the log by what they are.
    pub fn choose(&mut self, choices: Choices, at: f64, how: &str, what: &str) {
        if self.decisions != choices.decisions || self.actions != choices.actions {
            log::append(&mut self.log, Some(at), None, how, what, "");
        }
        let Choices { book, guesses, policy, baseline, orders, mappings, decisions, actions, depiction, questions } =
            choices;
        (self.book, self.guesses, self.policy, self.baseline) = (book, guesses, policy, baseline);
        (self.orders, self.mappings, self.decisions, self.actions) = (orders, mappings, decisions, actions);
        self.depiction = depiction;
        self.questions = questions;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::acts::{Decision, Verdict};

    fn decided() -> Case {
        let mut case = Case::default();
        case.decisions.push(Decision {
            finding: "D1-0".into(),
            verdict: Verdict::Benign,
            who: "m.sato".into(),
            at: 1.0,
            why: "a test".into(),
        });
        log::append(&mut case.log, Some(1.0), Some("m.sato"), "decide", "D1-0", "benign: a test");
        case
    }

    #[test]
    fn a_decision_that_is_undone_no_longer_stands_and_stays_on_record() {
        let before = Case::default().choices();
        let mut case = decided();
        let after = case.choices();
        case.choose(before.clone(), 2.0, "undo", "D1-0");
        assert_eq!(case.choices(), before);
        assert_eq!(case.log.iter().map(|entry| entry.act.as_str()).collect::<Vec<_>>(), ["decide", "undo"]);
        case.choose(after.clone(), 3.0, "redo", "D1-0");
        assert_eq!(case.choices(), after);
        assert_eq!(case.log.len(), 3);
        assert_eq!(log::broken(&case.log), None);
    }

    #[test]
    fn what_was_chosen_travels_as_bytes() {
        let choices = decided().choices();
        let bytes = postcard::to_allocvec(&choices).expect("it can be written");
        assert_eq!(postcard::from_bytes::<Choices>(&bytes).expect("it can be read"), choices);
    }
}
