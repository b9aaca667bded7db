//! The defensible negative: "no connection of this kind between then and then, in so many days with logs; gaps: these".

use std::collections::BTreeSet;

use super::coverage::{Covered, covered};
use crate::calendar;
use crate::flow::{Hour, Moment};
use crate::ledger::survey::{LinkKey, Survey};
use crate::policy::{Scope, ServiceScope};
use crate::sites::{Party, SiteBook};

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Whose calls.
    pub from: Scope,
    /// To whom.
    pub to: Scope,
    /// Over what.
    pub service: ServiceScope,
    /// Between these moments.
    pub window: (Moment, Moment),
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Connections that ran, or of unknown outcome.
    pub ran: u64,
    /// Connections that were denied or failed.
    pub refused: u64,
    /// Links on which some ran.
    pub links: Vec<LinkKey>,
    /// Hours are kept gathered, so that some counted here may lie outside the window.
    pub is_rough: bool,
    /// What was covered.
    pub covered: Covered,
    /// The answer in one sentence.
    pub sentence: String,
}

/// Answers it from the survey.
pub fn answer(question: &Question, survey: &Survey, book: &SiteBook) -> Statement {
    let Question { from, to, service, window } = question;
    let (first, last) = (window.0.hour(), window.1.hour());
    let (mut ran, mut refused, mut links, mut is_rough) = (0, 0, Vec::new(), false);
    for (key, link) in survey
        .links
        .iter()
        .filter(|(key, _)| key.from != key.to && from.covers(key.from, book) && to.covers(key.to, book))
    {
        let before = ran;
        for (_, record) in link.services.iter().filter(|(own, _)| service.covers(**own)) {
            for (hour, totals) in record.hours.iter().filter(|(hour, _)| *hour != Hour::UNDATED) {
                let own_last = totals.last.map_or(hour, Moment::hour);
                if own_last < first || hour > last {
                    continue;
                }
                // An entry that reaches beyond the window can't be told apart within.
                is_rough |= totals.first.is_some_and(|at| at < window.0) || totals.last.is_some_and(|at| at > window.1);
                let stopped = totals.denied + totals.failed;
                ran += totals.connections().saturating_sub(stopped);
                refused += stopped;
            }
        }
        if ran > before {
            links.push(*key);
        }
    }
    let parties: BTreeSet<Party> = (0..book.sites.len() as u32)
        .map(Party::Site)
        .filter(|party| from.covers(*party, book) || to.covers(*party, book) && *to != Scope::Any)
        .collect();
    let covered = covered(survey, &parties, *window);
    let sentence = sentence(question, ran, refused, is_rough, &covered);
    Statement { ran, refused, links, is_rough, covered, sentence }
}

fn sentence(question: &Question, ran: u64, refused: u64, is_rough: bool, covered: &Covered) -> String {
    let day = |at: Moment| calendar::date(at);
    let what = format!(
        "{} → {} over {} from {} to {}",
        question.from,
        question.to,
        question.service,
        day(question.window.0),
        day(question.window.1)
    );
    let found = match (ran, refused) {
        (0, 0) => format!("No connection {what}"),
        (0, refused) => format!("No connection ran {what}, {refused} attempts were refused"),
        (ran, refused) => format!("{ran} connections ran {what}, {refused} attempts were refused"),
    };
    let gaps = covered.gap_hours();
    let gaps =
        if gaps == 0 { "no gap of a sensor".to_owned() } else { format!("gaps: {gaps} h in {}", named(covered)) };
    let rough =
        if is_rough { "; some of it may lie just outside the window, since hours are kept gathered" } else { "" };
    format!("{found}, in {} of {} days with logs; {gaps}{rough}.", covered.seen, covered.days)
}

fn named(covered: &Covered) -> String {
    let names: Vec<&str> = covered.gaps.keys().map(String::as_str).collect();
    match names.as_slice() {
        [.., _, _, _, _] => format!("{} sensors", names.len()),
        few => few.join(", "),
    }
}
