//! What the analysts asked of a case: where else, and whether there was any. The questions are kept; what they are answered
//! follows from the evidence each time that it is analysed.

use serde::{Deserialize, Serialize};

use super::document::answers::{Negative, Sweep, SweptSite};
use super::document::{self, Document, Row, moment, seconds};
use super::{Analysis, Case};
use crate::calendar;
use crate::flow::{Moment, Service};
use crate::ledger::Sight;
use crate::ledger::survey::LinkKey;
use crate::phrase::Language;
use crate::scoping::negative::{Question, Statement, answer};
use crate::scoping::relay::relayed;
use crate::scoping::sweep::{Pin, Swept, sweep};
use crate::sites::{Party, SiteBook, UNASSIGNED};

/// All questions, in the order in which they were asked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Questions {
    /// Where else did the like occur?
    pub sweeps: Vec<Pinned>,
    /// Was there any?
    pub negatives: Vec<Asked>,
}

/// What a sweep begins with: a finding, or a link with or without a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The finding's id.
    pub finding: Option<String>,
    /// The initiators' site, which counts where the finding no longer stands.
    pub from: String,
    /// The responders' site.
    pub to: String,
    /// The service.
    pub service: Option<String>,
}

/// A claim to be made, or not: connections from here to there over this, between two moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// As in policy.csv: a site, `role:plant`, `country:PH`, `*`.
    pub from: String,
    /// The same.
    pub to: String,
    /// As in policy.csv: `tcp/445`, `smb`, `*`.
    pub service: String,
    /// From when, in epoch seconds.
    pub since: f64,
    /// Up to when; to the end of the evidence, when absent.
    pub until: Option<f64>,
}

impl Asked {
    /// The question, to an evidence that ends then. A sentence where it can't be asked of this book.
    pub fn question(&self, book: &SiteBook, end: Option<Moment>) -> Result<Question, String> {
        // The moment up to which is asked is no part of the time.
        let until = self.until.map(|until| Moment(moment(until).0 - 1)).or(end).unwrap_or(moment(self.since));
        Question::read(&self.from, &self.to, &self.service, (moment(self.since), until), book)
    }
}

impl Pinned {
    /// Of a finding of the analysis, or what is told of one that stands no more.
    pub fn of(analysis: &Analysis, id: &str) -> Option<Pinned> {
        let finding = analysis.findings.findings.iter().find(|finding| finding.id == id)?;
        Some(Pinned {
            finding: Some(finding.id.clone()),
            from: analysis.book.name_of(finding.link.from).to_owned(),
            to: analysis.book.name_of(finding.link.to).to_owned(),
            service: finding.service.map(|service| service.to_string()),
        })
    }

    /// What is looked for. A sentence where nothing can be.
    pub fn pin(&self, analysis: &Analysis) -> Result<Pin, String> {
        let findings = &analysis.findings.findings;
        let finding = self.finding.as_ref().and_then(|id| findings.iter().find(|finding| finding.id == *id));
        let pin = match finding {
            Some(finding) => Pin::of(finding, &analysis.survey),
            None => {
                let link = LinkKey { from: party(&analysis.book, &self.from)?, to: party(&analysis.book, &self.to)? };
                let service = self
                    .service
                    .as_deref()
                    .map(|text| Service::read(text).ok_or_else(|| format!("the service {text:?} is not like tcp/445")));
                Pin::of_link(link, service.transpose()?, &analysis.survey)
            }
        };
        pin.ok_or_else(|| "nothing of it ran, so that there is nothing to look for elsewhere".to_owned())
    }
}

/// The party of this name; a sentence where the case has none.
pub fn party(book: &SiteBook, name: &str) -> Result<Party, String> {
    let site = (book.sites.iter().zip(0..)).find(|(site, _)| site.name == name).map(|(_, at)| Party::Site(at));
    let other = || (name == UNASSIGNED).then_some(Party::Unassigned).or_else(|| Party::outside_named(name));
    site.or_else(other).ok_or_else(|| format!("the case has no site {name:?}"))
}

impl Case {
    /// Asks where else; once is enough.
    pub fn ask_sweep(&mut self, pinned: Pinned) {
        if !self.questions.sweeps.contains(&pinned) {
            self.questions.sweeps.push(pinned);
        }
    }

    /// Asks whether there was any; once is enough.
    pub fn ask_negative(&mut self, asked: Asked) {
        if !self.questions.negatives.contains(&asked) {
            self.questions.negatives.push(asked);
        }
    }

    /// How many files of evidence are logs, each content counted once.
    pub fn logs(&self, analysis: &Analysis) -> usize {
        let files = self.files.iter().zip(&analysis.repeats);
        files.filter(|(file, repeat)| repeat.is_none() && file.receipt.format.is_some()).count()
    }
}

/// The answers to all questions, for the document. Unasked, the first finding between two parties that can be looked for is swept.
pub fn answers(case: &Case, analysis: &Analysis) -> (Vec<Sweep>, Vec<Negative>) {
    let mut sweeps: Vec<Sweep> =
        case.questions.sweeps.iter().filter_map(|own| swept(case, analysis, own, true)).collect();
    if let Some(first) = first_pinned(analysis).filter(|first| !case.questions.sweeps.contains(first)) {
        sweeps.splice(0..0, swept(case, analysis, &first, false));
    }
    let end = analysis.survey.window.map(|(_, last)| last);
    let negatives = case.questions.negatives.iter().filter_map(|asked| {
        let question = asked.question(&analysis.book, end).ok()?;
        let statement = answer(&question, &analysis.survey, &analysis.book, case.logs(analysis));
        Some(negative(asked, &question, &statement, &analysis.book))
    });
    (sweeps, negatives.collect())
}

/// The first finding between two sites.
pub fn first_pinned(analysis: &Analysis) -> Option<Pinned> {
    let between = |key: &LinkKey| key.is_between_sites();
    let first = analysis.findings.findings.iter().find(|finding| between(&finding.link))?;
    Pinned::of(analysis, &first.id)
}

/// The answer to one sweep, as the document tells it; nothing where nothing can be looked for.
pub fn swept(case: &Case, analysis: &Analysis, pinned: &Pinned, asked: bool) -> Option<Sweep> {
    let pin = pinned.pin(analysis).ok()?;
    let survey = &analysis.survey;
    let host = |host: &crate::flow::Host| survey.host(*host);
    let row = |sight: &Sight| Row {
        file: case.file_of(*sight).receipt.name.clone(),
        line: sight.place.line,
        offset: sight.place.offset,
    };
    let site = |own: &Swept| SweptSite {
        site: analysis.book.name_of(own.site).to_owned(),
        outcome: own.outcome.word().to_owned(),
        marks: own.marks.iter().map(|mark| mark.english().to_owned()).collect(),
        marks_in_japanese: own.marks.iter().map(|mark| mark.of(Language::Japanese).to_owned()).collect(),
        first: own.window.map(|(first, _)| seconds(first)),
        last: own.window.map(|(_, last)| seconds(last)),
        hosts: own.hosts.iter().map(host).collect(),
        days: own.covered.days,
        days_with_logs: own.covered.seen,
        gap_hours: own.covered.gap_hours(),
        evidence: own.rows.iter().map(row).collect(),
    };
    let relays = relayed(&pin, survey);
    Some(Sweep {
        finding: pinned.finding.clone(),
        from: pinned.from.clone(),
        to: pinned.to.clone(),
        service: pinned.service.clone(),
        asked,
        sought: pin.service.to_string(),
        servers: pin.servers.iter().map(host).collect(),
        accounts: pin.accounts.iter().cloned().collect(),
        first: seconds(pin.window.0),
        last: seconds(pin.window.1),
        sites: sweep(&pin, survey, &analysis.book, &case.policy).iter().map(site).collect(),
        relays: relays
            .iter()
            .map(|own| document::answers::Relay {
                day: calendar::date(Moment(i64::from(own.day) * calendar::DAY)),
                host: host(&own.host),
                fetched: own.fetched,
                to: analysis.book.name_of(own.to.0).to_owned(),
                to_host: host(&own.to.1),
                service: own.to.2.to_string(),
                sent: own.sent,
                percent: own.percent(),
                evidence: own.rows.iter().map(row).collect(),
            })
            .collect(),
    })
}

/// The answer to a negative, as the document tells it.
pub fn negative(asked: &Asked, question: &Question, statement: &Statement, book: &SiteBook) -> Negative {
    let gap = |(sensor, gaps): (&String, &Vec<crate::ledger::gaps::Gap>)| {
        let told = |gap: &crate::ledger::gaps::Gap| Some((sensor.clone(), seconds(gap.from.start()?), gap.hours));
        gaps.iter().filter_map(told).collect::<Vec<_>>()
    };
    let covered = &statement.covered;
    Negative {
        from: asked.from.clone(),
        to: asked.to.clone(),
        service: asked.service.clone(),
        since: asked.since,
        until: asked.until,
        last: seconds(question.window.1),
        ran: statement.ran,
        refused: statement.refused,
        links: (statement.links.iter())
            .map(|(key, ran)| (book.name_of(key.from).to_owned(), book.name_of(key.to).to_owned(), *ran))
            .collect(),
        files: statement.files,
        days: covered.days,
        days_with_logs: covered.seen,
        hours: covered.hours,
        watched: covered.watched,
        gaps: covered.gaps.iter().flat_map(gap).collect(),
        silent: covered.silent.iter().map(|(sensor, hours)| (sensor.clone(), *hours)).collect(),
        rough: statement.is_rough,
        sentence: statement.sentence.clone(),
    }
}

/// The answer to a negative from a case file alone.
pub fn negative_of(document: &Document, asked: &Asked) -> Result<Negative, String> {
    let reopened = super::reopened::Reopened::of(document);
    let end = reopened.survey.window.map(|(_, last)| last);
    let question = asked.question(&reopened.book, end)?;
    let logs = document.evidence.iter().filter(|file| file.format.is_some() && file.repeats.is_none()).count();
    let statement = answer(&question, &reopened.survey, &reopened.book, logs);
    Ok(negative(asked, &question, &statement, &reopened.book))
}

/// The questions that a case file holds.
pub fn questions_of(document: &Document) -> Questions {
    let pinned = |own: &Sweep| Pinned {
        finding: own.finding.clone(),
        from: own.from.clone(),
        to: own.to.clone(),
        service: own.service.clone(),
    };
    let asked = |own: &Negative| Asked {
        from: own.from.clone(),
        to: own.to.clone(),
        service: own.service.clone(),
        since: own.since,
        until: own.until,
    };
    Questions {
        sweeps: document.sweeps.iter().filter(|own| own.asked).map(pinned).collect(),
        negatives: document.negatives.iter().map(asked).collect(),
    }
}
