//! What came after an action: what was still alive after a cut, what returned after a restoration, and how far a claim of
//! "none since" holds. All of it is told from a case file.
//!
//! Invariants: a case file keeps hours, so what began in the very hour of an action is counted apart and claimed neither
//! way; "none" is said with the hours that were watched and those that were not.

use std::collections::BTreeSet;

use super::acts::{Action, ActionKind};
use super::document::{Coverage, Document, Service};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// What a service of a link did after a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct After {
    /// The initiators' site.
    pub from: String,
    /// The responders' site.
    pub to: String,
    /// `tcp/445`.
    pub service: String,
    /// Connections that ran, in later hours.
    pub ran: u64,
    /// Connections that ran in the hour of the moment: before or after it.
    pub in_that_hour: u64,
    /// Attempts that were denied or failed, in later hours.
    pub stopped: u64,
    /// The first and the last later hour in which some ran, in epoch seconds.
    pub hours: Option<(i64, i64)>,
}

/// What ran, or was tried, between the ends of an action after it, until `until`. Services of which nothing is left are
/// left out.
pub fn after(document: &Document, action: &Action, until: Option<f64>) -> Vec<After> {
    after_where(document, action.at, until, |from, to, service| action.covers(from, to, service))
}

/// The same of the connections that this says yes to, by initiators' site, responders' site and service.
pub fn after_where(
    document: &Document,
    at: f64,
    until: Option<f64>,
    covers: impl Fn(&str, &str, &str) -> bool,
) -> Vec<After> {
    let mut out = Vec::new();
    for link in document.links.iter().filter(|link| link.from != link.to) {
        for service in &link.services {
            if !covers(&link.from, &link.to, &service.service) {
                continue;
            }
            let told = told(&link.from, &link.to, service, at, until);
            if told.ran + told.in_that_hour + told.stopped > 0 {
                out.push(told);
            }
        }
    }
    out
}

fn told(from: &str, to: &str, service: &Service, at: f64, until: Option<f64>) -> After {
    let own = hour_of(at);
    let mut after = After {
        from: from.to_owned(),
        to: to.to_owned(),
        service: service.service.clone(),
        ran: 0,
        in_that_hour: 0,
        stopped: 0,
        hours: None,
    };
    for (start, flows, _, denied, failed, _, _) in service.hours.iter() {
        let Some(start) = *start else { continue };
        if start < own || until.is_some_and(|until| start >= hour_of(until)) {
            continue;
        }
        let ran = flows.saturating_sub(denied.saturating_add(*failed));
        if start == own && at > own as f64 {
            after.in_that_hour = after.in_that_hour.saturating_add(ran);
            continue;
        }
        after.ran = after.ran.saturating_add(ran);
        after.stopped = after.stopped.saturating_add(denied.saturating_add(*failed));
        if ran > 0 {
            after.hours = Some((after.hours.map_or(start, |(first, _)| first), start));
        }
    }
    after
}

fn hour_of(at: f64) -> i64 {
    whole(at).div_euclid(HOUR) * HOUR
}

/// Whole seconds, of years that a calendar has: a file may claim any number.
fn whole(at: f64) -> i64 {
    at.clamp(-62_167_219_200.0, 253_402_300_799.0) as i64
}

/// When the next restoration of what this action was about took effect.
pub fn undone(document: &Document, action: &Action) -> Option<f64> {
    let later = document.actions.iter().filter(|other| other.kind == ActionKind::Restore && other.at > action.at);
    let is = |own: &str, other: &str| own == "*" || other == "*" || own == other;
    let same = later.filter(|other| is(&other.from, &action.from) && is(&other.to, &action.to));
    same.map(|other| other.at).min_by(f64::total_cmp)
}

/// How far the hours from a moment on were watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// From the first whole hour on, in epoch seconds.
    pub from: i64,
    /// To the end of the last hour that any sensor recorded in, or of the time asked for.
    pub until: i64,
    /// Hours in it.
    pub hours: i64,
    /// Hours in which every sensor of the case recorded something.
    pub by_all: i64,
    /// Hours in which some sensor did.
    pub by_some: i64,
    /// Where a sensor was silent: sensor, start, hours.
    pub gaps: Vec<(String, i64, i64)>,
}

impl Watched {
    /// The share of hours in which every sensor recorded something, in percent, rounded down to a tenth.
    pub fn percent(&self) -> f64 {
        if self.hours == 0 { 0.0 } else { ((self.by_all * 1_000) / self.hours) as f64 / 10.0 }
    }
}

/// How far the hours between two moments were watched; to the end of the evidence, where no end is given.
pub fn watched(document: &Document, since: f64, until: Option<f64>) -> Watched {
    let ends = document.coverage.iter().filter_map(|own| own.last).map(whole);
    let end = until.map(hour_of).or(ends.max()).unwrap_or(hour_of(since));
    let own = hour_of(since);
    let from = if since > own as f64 { own + HOUR } else { own };
    // A century is a million hours; a file that claims more is cut there.
    let hours = ((end - from) / HOUR).clamp(0, 1_000_000);
    let end = from + hours * HOUR;
    let mut gaps = Vec::new();
    let mut unwatched: BTreeSet<i64> = BTreeSet::new();
    let mut seen: BTreeSet<i64> = BTreeSet::new();
    for sensor in &document.coverage {
        let silent = silences(sensor, from, end);
        let mut silent_hours = BTreeSet::new();
        for (start, count) in &silent {
            silent_hours.extend((0..*count).map(|n| start + n * HOUR));
            gaps.push((sensor.sensor.clone(), *start, *count));
        }
        seen.extend((0..hours).map(|n| from + n * HOUR).filter(|hour| !silent_hours.contains(hour)));
        unwatched.extend(silent_hours);
    }
    let by_all = if document.coverage.is_empty() { 0 } else { hours - unwatched.len() as i64 };
    Watched { from, until: end, hours, by_all, by_some: seen.len() as i64, gaps }
}

/// Stretches of a time in which a sensor recorded nothing: start and hours.
fn silences(sensor: &Coverage, from: i64, end: i64) -> Vec<(i64, i64)> {
    let (Some(first), Some(last)) = (sensor.first, sensor.last) else { return vec![(from, (end - from) / HOUR)] };
    let before = (i64::MIN, whole(first));
    let after = (whole(last), i64::MAX);
    let length = |hours: i64| hours.clamp(0, 1_000_000) * HOUR;
    let within = sensor.silent.iter().map(|(start, hours)| (whole(*start), whole(*start) + length(*hours)));
    let all = std::iter::once(before).chain(within).chain(std::iter::once(after));
    let cut = all.map(|(start, stop)| (start.max(from), stop.min(end))).filter(|(start, stop)| stop > start);
    cut.map(|(start, stop)| (start, (stop - start) / HOUR)).collect()
}

/// What can be said of connections from one place to another since a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The initiators' site; `*` for all.
    pub from: String,
    /// The responders' site; `*` for all.
    pub to: String,
    /// Since when.
    pub since: f64,
    /// What ran or was tried since.
    pub after: Vec<After>,
    /// How far these hours were watched.
    pub watched: Watched,
}

impl Statement {
    /// Connections that ran since, those of the first hour left out.
    pub fn ran(&self) -> u64 {
        self.after.iter().map(|after| after.ran).sum()
    }

    /// Attempts that were stopped since.
    pub fn stopped(&self) -> u64 {
        self.after.iter().map(|after| after.stopped).sum()
    }

    /// Connections of the very hour, of which it can't be said whether they came before or after.
    pub fn in_that_hour(&self) -> u64 {
        self.after.iter().map(|after| after.in_that_hour).sum()
    }
}

/// States what connections ran from one place to another since a moment (and until another).
pub fn statement(document: &Document, from: &str, to: &str, since: f64, until: Option<f64>) -> Statement {
    let asked = Action {
        kind: ActionKind::Cut,
        from: from.to_owned(),
        to: to.to_owned(),
        service: "*".to_owned(),
        at: since,
        who: String::new(),
        why: String::new(),
    };
    Statement {
        from: from.to_owned(),
        to: to.to_owned(),
        since,
        after: after(document, &asked, until),
        watched: watched(document, since, until),
    }
}
