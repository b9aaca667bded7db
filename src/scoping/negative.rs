//! The defensible negative: "no connection of this kind between then and then, in so many days with logs; gaps: these".

use std::collections::BTreeSet;

use super::coverage::{Covered, covered};
use crate::calendar;
use crate::flow::{Hour, Moment};
use crate::ledger::survey::{LinkKey, Survey};
use crate::policy::csv::{read_scope, read_service};
use crate::policy::{Scope, ServiceScope};
use crate::sites::{Party, SiteBook};
use crate::sorting::LeanCollect as _;

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

impl Question {
    /// Reads a question as people write it: each side as in policy.csv (a site, `role:plant`, `country:PH`, `*`), the service too. A
    /// sentence where a side names nobody of the book, or the window ends before it begins.
    pub fn read(
        from: &str,
        to: &str,
        service: &str,
        window: (Moment, Moment),
        book: &SiteBook,
    ) -> Result<Question, String> {
        let side = |text: &str| -> Result<Scope, String> {
            let scope = read_scope(text.trim())?;
            let fixed = matches!(scope, Scope::Any | Scope::External | Scope::Outside(_) | Scope::Unassigned);
            let known = fixed || (0..book.sites.len() as u32).any(|at| scope.covers(Party::Site(at), book));
            if known { Ok(scope) } else { Err(format!("the case has no site {:?}", scope.to_string())) }
        };
        if window.0 > window.1 {
            return Err("the time asked for ends before it begins".to_owned());
        }
        Ok(Question { from: side(from)?, to: side(to)?, service: read_service(service.trim())?, window })
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Connections that ran, or of unknown outcome.
    pub ran: u64,
    /// Connections that were denied or failed.
    pub refused: u64,
    /// Links on which some ran, and how many.
    pub links: Vec<(LinkKey, u64)>,
    /// How many files of evidence it rests on.
    pub files: usize,
    /// Hours are kept gathered, so that some counted here may lie outside the window.
    pub is_rough: bool,
    /// What was covered.
    pub covered: Covered,
    /// The answer in one sentence.
    pub sentence: String,
}

/// Answers it from the survey, which was made of so many files.
pub fn answer(question: &Question, survey: &Survey, book: &SiteBook, files: usize) -> Statement {
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
            links.push((*key, ran - before));
        }
    }
    let parties: BTreeSet<Party> = (0..book.sites.len() as u32)
        .map(Party::Site)
        .filter(|party| from.covers(*party, book) || to.covers(*party, book) && *to != Scope::Any)
        .lean_collect();
    let covered = covered(survey, &parties, *window);
    let sentence = sentence(question, ran, refused, is_rough, files, &covered);
    Statement { ran, refused, links, files, is_rough, covered, sentence }
}

fn sentence(question: &Question, ran: u64, refused: u64, is_rough: bool, files: usize, covered: &Covered) -> String {
    let what = format!(
        "{} → {} over {} from {} to {}",
        question.from,
        question.to,
        question.service,
        calendar::minute(question.window.0, 0),
        calendar::minute(question.window.1, 0)
    );
    let s = |count: u64| if count == 1 { "" } else { "s" };
    let found = match (ran, refused) {
        (0, 0) => format!("No connection {what}"),
        (0, refused) => format!("No connection ran {what}, {refused} attempt{} refused", were(refused)),
        (ran, refused) => {
            format!("{ran} connection{} ran {what}, {refused} attempt{} refused", s(ran), were(refused))
        }
    };
    let gaps = covered.gap_hours();
    let gaps = if covered.gaps.is_empty() && covered.hours > 0 && covered.watched == 0 {
        "no sensor tells when it was watching".to_owned()
    } else if gaps == 0 {
        "no gap of a sensor".to_owned()
    } else {
        format!("gaps: {gaps} h in {}", named(covered))
    };
    let silent: i64 = covered.silent.values().sum();
    let silent = if silent == 0 {
        String::new()
    } else {
        format!("; {silent} h more without any record of {}, which is no rarity there", listed(covered.silent.keys()))
    };
    let rough =
        if is_rough { "; some of it may lie just outside the window, since hours are kept gathered" } else { "" };
    format!(
        "{found}, in {files} file{}, {} of {} days with logs, {} % of {} hours watched by all sensors; {gaps}{silent}{rough}.",
        s(files as u64),
        covered.seen,
        covered.days,
        covered.percent(),
        covered.hours
    )
}

fn were(count: u64) -> &'static str {
    if count == 1 { " was" } else { "s were" }
}

fn named(covered: &Covered) -> String {
    listed(covered.gaps.keys())
}

fn listed<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    match names.as_slice() {
        [.., _, _, _, _] => format!("{} sensors", names.len()),
        few => few.join(", "),
    }
}
