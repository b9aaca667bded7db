//! The report's actions, with what came after each, and the gaps in what was watched.

use super::{Report, minute};
use crate::case::acts::ActionKind;
use crate::case::aftermath::{Statement, after, statement, undone};

/// A statement's numbers, for the words of a language.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as in Statement and Watched")]
pub struct Told {
    pub from: String,
    pub to: String,
    pub since: String,
    pub until: String,
    pub ran: u64,
    pub stopped: u64,
    pub hours: i64,
    pub percent: f64,
    pub gaps: usize,
    pub gap_hours: i64,
}

impl Told {
    /// Of a statement.
    pub fn of(statement: &Statement, any: &str) -> Told {
        let named = |name: &str| if name == "*" { any.to_owned() } else { name.to_owned() };
        Told {
            from: named(&statement.from),
            to: named(&statement.to),
            since: minute(statement.since),
            until: minute(statement.watched.until as f64),
            ran: statement.ran(),
            stopped: statement.stopped(),
            hours: statement.watched.hours,
            percent: statement.watched.percent(),
            gaps: statement.watched.gaps.len(),
            gap_hours: statement.watched.gaps.iter().map(|(_, _, hours)| hours).sum(),
        }
    }
}

/// How many gaps of a sensor are told one by one.
const MOST_GAPS: usize = 12;
/// How many services an action's aftermath lists.
const MOST_SERVICES: usize = 60;

impl Report<'_> {
    pub(super) fn actions(&mut self) {
        let (w, document) = (self.words, self.document);
        if document.actions.is_empty() {
            return;
        }
        self.out.element("<h2>", w.actions, "</h2>").element("<p class=\"quiet\">", w.actions_lead, "</p>");
        for action in &document.actions {
            let link = self.link(&action.from, &action.to, &action.service);
            let heading = format!("{}: {link} · {}", (w.action)(action.kind), self.time(action.at));
            self.out.element("<h3>", &heading, "</h3>");
            self.out.terms(&[(w.who, action.who.clone()), (w.why, action.why.clone())]);
            let until = undone(document, action).filter(|_| action.kind != ActionKind::Restore);
            let told = after(document, action, until);
            let rows: Vec<String> = (told.iter().filter(|own| own.ran + own.in_that_hour + own.stopped > 0))
                .take(MOST_SERVICES)
                .map(|own| {
                    let link = self.link(&own.from, &own.to, &own.service);
                    (w.alive_row)(&link, own.ran, own.in_that_hour, own.stopped)
                })
                .collect();
            self.out.element("<h4>", if action.kind == ActionKind::Restore { w.returned } else { w.alive }, "</h4>");
            if told.iter().all(|own| own.ran == 0) {
                self.out.element("<p>", w.alive_none, "</p>");
            }
            self.out.list(&rows);
            let statement = statement(document, &action.from, &action.to, action.at, until);
            self.out.element("<p><strong>", &(w.statement)(&Told::of(&statement, "*")), "</strong></p>");
        }
    }

    pub(super) fn coverage(&mut self) {
        let w = self.words;
        self.out.element("<h2>", w.coverage, "</h2>").element("<p class=\"quiet\">", w.coverage_lead, "</p>");
        let rows: Vec<Vec<String>> = (self.document.coverage.iter())
            .map(|own| {
                let told = own.silent.iter().take(MOST_GAPS).map(|(start, hours)| (w.gap)(&self.time(*start), *hours));
                let more = own.silent.len().saturating_sub(MOST_GAPS);
                let gaps: Vec<String> = told.chain((more > 0).then(|| (w.more_gaps)(more))).collect();
                let gaps = if gaps.is_empty() { w.no_gap.to_owned() } else { gaps.join("; ") };
                vec![
                    own.sensor.clone(),
                    self.time_or_not(own.first),
                    self.time_or_not(own.last),
                    own.hours.to_string(),
                    gaps,
                ]
            })
            .collect();
        self.out.table("coverage", &[w.sensor, w.first, w.last, w.hours, w.gaps], &rows);
    }
}
