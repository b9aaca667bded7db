//! What the page asks the analyst after the first look: where else, whether there was any, what was done and what came of it, what a
//! rule would break, who did what.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::analyst::Analyst;
use super::messages::{millis, moment, number_of};
use super::{out, refuse, take};
use crate::case::acts::{Action, ActionKind, Verdict, standing};
use crate::case::document::answers::{Negative, Sweep};
use crate::case::document::{self, Document};
use crate::case::questions::{Asked, Pinned, party};
use crate::case::{aftermath, age, changes, log};
use crate::containment::{self, Scope, preview};
use crate::evidence::text::visible;
use crate::policy::Verdict as PolicyVerdict;
use crate::policy::csv::{read_scope, read_service};
use crate::report::html::{Language, Told};
use crate::scoping::{both_ends, indicators};
use crate::sites::SiteBook;

#[wasm_bindgen]
impl Analyst {
    /// Questions with their answers, actions with what came of them, and the log, in this language (`en`, `ja`).
    pub fn response_view(&mut self, language: &str) -> Result<JsValue, JsError> {
        let language = Language::read(language).unwrap_or_default();
        let view = self.with(|case, analysis| view(&Document::of(case, analysis), &analysis.book, language))?;
        out(&view)
    }

    /// Where else: from a finding, or from a link with or without a service.
    pub fn ask_sweep(&mut self, question: JsValue) -> Result<(), JsError> {
        let question: SweepQuestion = take(question)?;
        let pinned = self.with(|_, analysis| match question {
            SweepQuestion { finding: Some(finding), .. } => {
                Pinned::of(analysis, &finding).ok_or("that finding no longer stands")
            }
            SweepQuestion { from: Some(from), to: Some(to), service, .. } => {
                let name = |number| analysis.book.name_of(super::messages::party_of(number)).to_owned();
                Ok(Pinned { finding: None, from: name(from), to: name(to), service })
            }
            SweepQuestion { .. } => Err("a sweep is of a finding, or of a link's two ends"),
        })?;
        let pinned = pinned.map_err(refuse)?;
        self.with(|_, analysis| pinned.pin(analysis).map(|_| ()))?.map_err(refuse)?;
        self.case.ask_sweep(pinned);
        Ok(())
    }

    /// Whether there was any: kept in the case, or (with `keep` false) only answered. Gives the sentence.
    pub fn ask_negative(&mut self, question: JsValue, keep: bool, language: &str) -> Result<JsValue, JsError> {
        let asked: NegativeQuestion = take(question)?;
        let asked = Asked {
            from: asked.from,
            to: asked.to,
            service: asked.service,
            since: asked.since_ms / 1e3,
            until: asked.until_ms.map(|ms| ms / 1e3),
        };
        let negative = self.with(|case, analysis| {
            let end = analysis.survey.window.map(|(_, last)| last);
            let question = asked.question(&analysis.book, end)?;
            let statement =
                crate::scoping::negative::answer(&question, &analysis.survey, &analysis.book, case.logs(analysis));
            Ok(crate::case::questions::negative(&asked, &question, &statement, &analysis.book))
        })?;
        let negative = negative.map_err(|sentence: String| refuse(sentence))?;
        if keep {
            self.case.ask_negative(asked);
        }
        out(&negative_message(&negative, Language::read(language).unwrap_or_default()))
    }

    /// Takes a question back: a negative by its place.
    pub fn drop_negative(&mut self, place: usize) {
        if place < self.case.questions.negatives.len() {
            self.case.questions.negatives.remove(place);
        }
    }

    /// Puts an action on record; `at_ms` is when it took effect.
    pub fn act(&mut self, action: JsValue) -> Result<(), JsError> {
        let told: ActionMessage = take(action)?;
        let kind = ActionKind::read(&told.kind).ok_or_else(|| refuse("an action is cut, restrict or restore"))?;
        let (from, to, service) = (told.from, told.to, told.service);
        read_service(&service).map_err(refuse)?;
        let action = Action { kind, from, to, service, at: told.at_ms / 1e3, who: told.who, why: told.why };
        let mut document = self.with(Document::of)?;
        changes::act(&mut document, action).map_err(refuse)?;
        (self.case.actions, self.case.log) = (document.actions, document.log);
        Ok(())
    }

    /// What rules for these findings would break, and then the rules, in a vendor's language.
    pub fn containment(&mut self, findings: Vec<String>, scope: &str, vendor: &str) -> Result<JsValue, JsError> {
        let scope = Scope::read(scope).ok_or_else(|| refuse("the scope is service, link or hosts"))?;
        let vendor = containment::vendor(vendor).ok_or_else(|| refuse("no rules are written for that vendor"))?;
        let document = self.with(Document::of)?;
        let mut told = ContainmentMessage::default();
        let mut all: Vec<containment::Deny> = Vec::new();
        for id in &findings {
            let finding = document.finding(id).ok_or_else(|| refuse(format!("the case has no finding {id:?}")))?;
            let denials = containment::denials(&document, finding, scope);
            told.preview.push_str(&preview::told(&document, finding, scope, &denials));
            for broken in preview::broken(&document, finding, scope) {
                told.ran += broken.ran;
                told.others += broken.others;
            }
            match denials {
                Ok(denials) => {
                    let fresh: Vec<_> = denials.into_iter().filter(|deny| !all.contains(deny)).collect();
                    all.extend(fresh);
                }
                Err(why) => told.refused.push(format!("{}: {why}", finding.id)),
            }
        }
        told.rules = (!all.is_empty()).then(|| (vendor.write)(&all));
        out(&told)
    }

    /// The vendors that rules are written for.
    pub fn vendors(&self) -> Vec<String> {
        containment::VENDORS.iter().map(|vendor| vendor.name.to_owned()).collect()
    }

    /// Puts an act of the analyst on record that changes no answer: a filter, a wording, an export.
    pub fn note_act(&mut self, at: f64, who: &str, act: &str, of: &str, with: &str) -> Result<(), JsError> {
        let mut document = self.with(Document::of)?;
        let who = Some(who.trim()).filter(|who| !who.is_empty());
        log::append(&mut document.log, Some(at), who, act, of, with);
        self.case.log = document.log;
        Ok(())
    }

    /// Makes the benign decision that stands on a finding a row of the policy, until that day (2026-12-31) or for good.
    pub fn allow(&mut self, finding: &str, until: Option<String>) -> Result<(), JsError> {
        let until = until.filter(|day| !day.trim().is_empty());
        if let Some(day) = &until {
            crate::calendar::read_date(day).ok_or_else(|| refuse(format!("{day:?} is not a day like 2026-12-31")))?;
        }
        let document = self.with(Document::of)?;
        let decision = standing(&document.decisions, finding).filter(|decision| decision.verdict == Verdict::Benign);
        let row = decision.and_then(|decision| changes::policy_row(&document, decision, until.as_deref()));
        let row = row.ok_or_else(|| refuse("only a finding that is decided as benign becomes a row of the policy"))?;
        let rules = &mut self.case.policy.rules;
        let line = rules.last().map_or(2, |rule| rule.line + 1);
        rules.push(crate::policy::Rule {
            from: read_scope(&row.from).map_err(refuse)?,
            to: read_scope(&row.to).map_err(refuse)?,
            service: read_service(&row.service).map_err(refuse)?,
            verdict: PolicyVerdict::Allow,
            reason: row.reason,
            hours: None,
            approver: row.approver,
            until: row.until,
            line,
        });
        self.analysis = None;
        Ok(())
    }

    /// What a pasted list or a STIX bundle is read as.
    pub fn indicators(&self, text: &str) -> Result<JsValue, JsError> {
        let (found, unused) = indicators::read(text);
        let inert = |text: &String| visible(text).into_owned();
        out(&IndicatorsMessage {
            read: found.iter().map(|own| visible(&own.to_string()).into_owned()).collect(),
            unused: unused.iter().map(inert).collect(),
        })
    }

    /// What several logs say of the same connections: rows of a link, from all of them, with file, time and flow. One sentence for
    /// every two logs.
    pub fn compare(&mut self, rows: JsValue) -> Result<Vec<String>, JsError> {
        let rows: Vec<ToldRow> = take(rows)?;
        let told: Vec<both_ends::Told> = rows
            .into_iter()
            .filter_map(|row| {
                let ends = row.flow.split(", ").next().filter(|ends| ends.contains(" → "))?.to_owned();
                Some(both_ends::Told { file: row.file, at: moment(row.at?), ends })
            })
            .collect();
        let name = |file: u32| {
            let file = self.case.files().get(file as usize);
            file.map_or_else(String::new, |file| visible(&file.receipt.name).into_owned())
        };
        Ok(both_ends::compare(&told).iter().map(|own| own.sentence(name)).collect())
    }
}

/// Encrypts a case file by a passphrase, as age does; `random` are 48 bytes of the browser's. It takes a second and much memory, so
/// that a worker does it which is then ended.
#[wasm_bindgen]
pub fn encrypt_case(plain: &[u8], passphrase: &str, random: &[u8]) -> Result<Vec<u8>, JsError> {
    let random = random.try_into().map_err(|_error| refuse("48 random bytes are needed"))?;
    age::encrypt(plain, passphrase, age::Randomness::of(random)).map_err(refuse)
}

/// Decrypts a file of age by its passphrase.
#[wasm_bindgen]
pub fn decrypt_case(bytes: &[u8], passphrase: &str) -> Result<Vec<u8>, JsError> {
    age::decrypt(bytes, passphrase).map_err(refuse)
}

/// Whether a file begins as age writes it.
#[wasm_bindgen]
pub fn looks_encrypted(head: &[u8]) -> bool {
    age::looks_encrypted(head)
}

/// Of a finding, or of a link.
#[derive(Deserialize)]
struct SweepQuestion {
    finding: Option<String>,
    from: Option<i32>,
    to: Option<i32>,
    service: Option<String>,
}

#[derive(Deserialize)]
struct NegativeQuestion {
    from: String,
    to: String,
    service: String,
    since_ms: f64,
    until_ms: Option<f64>,
}

#[derive(Deserialize)]
struct ActionMessage {
    kind: String,
    from: String,
    to: String,
    service: String,
    at_ms: f64,
    who: String,
    why: String,
}

#[derive(Deserialize)]
struct ToldRow {
    file: u32,
    at: Option<f64>,
    flow: String,
}

#[derive(Default, Serialize)]
struct ContainmentMessage {
    preview: String,
    rules: Option<String>,
    refused: Vec<String>,
    /// Connections of the evidence that they would have stopped, and those of them that are other people's.
    ran: u64,
    others: u64,
}

#[derive(Serialize)]
struct IndicatorsMessage {
    read: Vec<String>,
    unused: Vec<String>,
}

#[derive(Serialize)]
struct ResponseView {
    sweeps: Vec<SweepMessage>,
    negatives: Vec<NegativeMessage>,
    actions: Vec<ActionTold>,
    log: LogMessage,
}

#[derive(Serialize)]
struct SweepMessage {
    finding: Option<String>,
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
    /// The service that was asked for, where one was.
    service: Option<String>,
    /// The service that was looked for.
    sought: String,
    asked: bool,
    told: String,
    sites: Vec<SweptMessage>,
    relays: Vec<String>,
}

#[derive(Serialize)]
struct SweptMessage {
    site: i32,
    name: String,
    outcome: String,
    marks: Vec<String>,
    first: Option<f64>,
    last: Option<f64>,
    hosts: Vec<String>,
    days: u32,
    days_with_logs: u32,
    gap_hours: f64,
    rows: u32,
}

#[derive(Serialize)]
struct NegativeMessage {
    sentence: String,
    from: String,
    to: String,
    service: String,
    since: f64,
    until: Option<f64>,
    ran: u64,
    refused: u64,
    percent: f64,
    links: Vec<String>,
    gaps: Vec<String>,
}

#[derive(Serialize)]
struct ActionTold {
    kind: &'static str,
    from: String,
    to: String,
    service: String,
    at: f64,
    who: String,
    why: String,
    /// What can be said since.
    statement: String,
    /// Connections that ran after it.
    ran: u64,
    rows: Vec<String>,
}

#[derive(Serialize)]
struct LogMessage {
    entries: Vec<LogEntry>,
    broken: Option<u32>,
}

#[derive(Serialize)]
struct LogEntry {
    at: Option<f64>,
    who: String,
    act: String,
    of: String,
    with: String,
    hash: String,
}

fn inert(text: &str) -> String {
    visible(text).into_owned()
}

fn view(document: &Document, book: &SiteBook, language: Language) -> ResponseView {
    ResponseView {
        sweeps: document.sweeps.iter().map(|own| sweep_message(own, book, language)).collect(),
        negatives: document.negatives.iter().map(|own| negative_message(own, language)).collect(),
        actions: document.actions.iter().map(|own| action_told(document, own, language)).collect(),
        log: LogMessage {
            entries: (document.log.iter())
                .map(|own| LogEntry {
                    at: own.at.map(|at| at * 1e3),
                    who: inert(own.who.as_deref().unwrap_or_default()),
                    act: inert(&own.act),
                    of: inert(&own.of),
                    with: inert(&own.with),
                    hash: own.hash.clone(),
                })
                .collect(),
            broken: log::broken(&document.log).map(|at| at as u32),
        },
    }
}

fn sweep_message(own: &Sweep, book: &SiteBook, language: Language) -> SweepMessage {
    let number = |name: &str| party(book, name).map_or(-2, number_of);
    SweepMessage {
        finding: own.finding.clone(),
        from: number(&own.from),
        to: number(&own.to),
        from_name: inert(&own.from),
        to_name: inert(&own.to),
        service: own.service.clone(),
        sought: own.sought.clone(),
        asked: own.asked,
        told: inert(&(language.words().sweep_of)(own)),
        sites: (own.sites.iter())
            .map(|site| SweptMessage {
                site: number(&site.site),
                name: inert(&site.site),
                outcome: site.outcome.clone(),
                marks: site.marks(language).iter().map(|mark| inert(mark)).collect(),
                first: site.first.map(|at| at * 1e3),
                last: site.last.map(|at| at * 1e3),
                hosts: site.hosts.iter().map(|host| inert(host)).collect(),
                days: site.days as u32,
                days_with_logs: site.days_with_logs as u32,
                gap_hours: site.gap_hours as f64,
                rows: site.evidence.len() as u32,
            })
            .collect(),
        relays: own.relays.iter().map(|relay| inert(&(language.words().relay)(relay))).collect(),
    }
}

fn negative_message(own: &Negative, language: Language) -> NegativeMessage {
    let words = language.words();
    let time = |at: f64| (words.time)(&crate::calendar::minute(document::moment(at), 0));
    NegativeMessage {
        sentence: inert(&(words.negative)(own)),
        from: inert(&own.from),
        to: inert(&own.to),
        service: inert(&own.service),
        since: millis(document::moment(own.since)),
        until: own.until.map(|at| millis(document::moment(at))),
        ran: own.ran,
        refused: own.refused,
        percent: own.percent(),
        links: own.links.iter().map(|(from, to, ran)| inert(&format!("{from} → {to}: {ran}"))).collect(),
        gaps: (own.gaps.iter())
            .map(|(sensor, start, hours)| {
                inert(&format!("{sensor}: {}", (words.gap)(&time(*start), i64::from(*hours))))
            })
            .collect(),
    }
}

fn action_told(document: &Document, action: &Action, language: Language) -> ActionTold {
    let words = language.words();
    let until = aftermath::undone(document, action).filter(|_| action.kind != ActionKind::Restore);
    let statement = aftermath::statement(document, &action.from, &action.to, action.at, until);
    let told = aftermath::after(document, action, until);
    ActionTold {
        kind: action.kind.word(),
        from: inert(&action.from),
        to: inert(&action.to),
        service: inert(&action.service),
        at: action.at * 1e3,
        who: inert(&action.who),
        why: inert(&action.why),
        statement: inert(&(words.statement)(&Told::of(&statement, "*"))),
        ran: told.iter().map(|own| own.ran).sum(),
        rows: (told.iter())
            .map(|own| {
                let link = format!("{} → {} {}", own.from, own.to, own.service);
                inert(&(words.alive_row)(&link, own.ran, own.in_that_hour, own.stopped))
            })
            .collect(),
    }
}
