//! The report: one HTML file with nothing outside it, no script and no link, that prints to PDF. It is a pure function of
//! the case file, the language and the label.
//!
//! Invariant: the figure goes in as a picture and not as markup, and all words of the case as text ([`markup`]).

mod aftermath;
mod evidence;
mod findings;
pub mod markup;
mod questions;
mod style;
mod words;

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::figure;
use crate::calendar;
use crate::case::acts::{Verdict, standing};
use crate::case::document::{Document, moment};
use crate::case::reopened::Reopened;
use crate::scene::figure::{Sheet, Tlp};
use crate::sites::{Party, UNASSIGNED};
use crate::sorting::LeanSort as _;
pub use aftermath::Told;
use markup::{Markup, base64};
pub use words::{Language, Words};

/// How the report is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Its language.
    pub language: Language,
    /// Who may see it.
    pub tlp: Tlp,
}

/// What the sections need.
struct Report<'d> {
    document: &'d Document,
    words: &'static Words,
    out: Markup,
}

/// The report.
pub fn html(document: &Document, options: Options) -> String {
    let words = options.language.words();
    let mut report = Report { document, words, out: Markup::default() };
    let style = style::style(options.tlp, &document.case_id);
    report.out.raw("<!DOCTYPE html>\n<html lang=\"").raw(words.code).raw("\">\n<head>\n<meta charset=\"utf-8\">\n");
    report.out.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    report.out.text(&base64(&Sha256::digest(style.as_bytes())));
    report.out.raw("'; img-src data:; base-uri 'none'; form-action 'none'\">\n");
    report.out.raw("<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    report
        .out
        .text(&format!("{} · {} · {}", options.tlp.label(), words.title, document.case_id))
        .raw("</title>\n<style>");
    let mut page = std::mem::take(&mut report.out).finish();
    // The sheet holds no word of the case but the letters and digits of its id.
    page.push_str(&style);
    report.out.raw("</style>\n</head>\n<body>\n");
    report.head(options.tlp);
    report.summary();
    report.chronology();
    report.figure(options.tlp);
    report.findings();
    report.links();
    report.sweeps();
    report.actions();
    report.statements();
    report.coverage();
    report.negatives();
    report.evidence();
    report.clocks();
    report.method();
    report.appendix();
    report.out.element("<p class=\"tlp\">", options.tlp.label(), "</p>");
    report.out.raw("</body>\n</html>\n");
    page.push_str(&report.out.finish());
    page
}

/// A time of the case, as the calendar spells it.
pub(crate) fn minute(seconds: f64) -> String {
    calendar::minute(moment(seconds), 0)
}

/// `12,345`.
fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Report<'_> {
    fn time(&self, seconds: f64) -> String {
        (self.words.time)(&minute(seconds))
    }

    fn time_or_not(&self, seconds: Option<f64>) -> String {
        seconds.map_or_else(|| self.words.unknown.to_owned(), |seconds| self.time(seconds))
    }

    fn span(&self, span: Option<(f64, f64)>) -> String {
        span.map_or_else(|| self.words.none.to_owned(), |(a, b)| format!("{} – {}", self.time(a), self.time(b)))
    }

    /// What the report's language calls a party that the case calls so.
    fn called<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let pictures = self.words.language.of_pictures();
        match Party::outside_named(name) {
            // The words of `policy.csv`, as the sentences have them.
            _ if self.words.language == Language::English => name.into(),
            Some(Party::Country(country)) => (pictures.external_in)(country.code()).into(),
            Some(_) => pictures.external.into(),
            None if name == UNASSIGNED => pictures.unassigned.into(),
            None => name.into(),
        }
    }

    /// `Bangkok → Tokyo DC tcp/445`; no service is an empty one.
    fn link(&self, from: &str, to: &str, service: &str) -> String {
        format!("{} → {} {service}", self.called(from), self.called(to)).trim_end().to_owned()
    }

    fn head(&mut self, tlp: Tlp) {
        let (w, document) = (self.words, self.document);
        self.out.element("<p class=\"tlp\">", tlp.label(), "</p>");
        self.out.element("<h1>", w.title, "</h1>");
        self.out.element("<p class=\"quiet\">", w.question, "</p>");
        if document.synthetic {
            self.out.element("<p class=\"banner\">", w.synthetic, "</p>");
        }
        if document.partial {
            self.out.element("<p class=\"banner\">", w.partial, "</p>");
        }
        let terms = [
            (w.case, document.case_id.clone()),
            (w.window, self.span(document.window)),
            (w.baseline, self.span(document.baseline)),
            (w.tool, document.tool.clone()),
        ];
        self.out.terms(&terms);
    }

    fn summary(&mut self) {
        let (w, document) = (self.words, self.document);
        self.out.element("<h2>", w.summary, "</h2>");
        let counted = || document.findings.iter().filter(|finding| !finding.is_weak(&document.decisions));
        let mut links: Vec<(&str, &str)> = counted().map(|f| (f.from.as_str(), f.to.as_str())).collect();
        links.lean_sort();
        links.dedup();
        match counted().next() {
            None => _ = self.out.element("<p class=\"lead\">", w.nothing_found, "</p>"),
            Some(first) => {
                let decided = |verdict| {
                    let stands = |id: &str| standing(&document.decisions, id).map_or(Verdict::Open, |d| d.verdict);
                    counted().filter(|f| stands(&f.id) == verdict).count()
                };
                self.out.raw("<p class=\"lead\">").text(&(w.found)(counted().count(), links.len())).raw(" ");
                let (confirmed, benign, open) =
                    (decided(Verdict::Confirmed), decided(Verdict::Benign), decided(Verdict::Open));
                self.out.text(&(w.decided)(confirmed, benign, open)).raw("</p>\n<p>");
                self.out.text(w.first_is).raw(" ").text(&(w.claim)(first)).raw("</p>\n");
            }
        }
        let accounts = || document.evidence.iter().filter(|file| file.repeats.is_none()).map(|file| &file.accounts);
        let records: u64 = accounts().map(|own| own.records).sum();
        let flows: u64 = accounts().map(|own| own.drawn).sum();
        let malformed: u64 = accounts().flat_map(|own| own.malformed.values()).sum();
        let rests = (w.rests_on)(document.evidence.len(), &number(records), &number(flows), &number(malformed));
        self.out.element("<p>", &rests, "</p>").element("<p class=\"quiet\">", w.unusual, "</p>");
        let notices: Vec<String> = document.notices().iter().map(|own| own.of(w.language).to_owned()).collect();
        if !notices.is_empty() {
            self.out.element("<h3>", w.notices, "</h3>").list(&notices);
        }
    }

    fn chronology(&mut self) {
        /// How many events the report lists.
        const MOST: usize = 500;
        let (w, document) = (self.words, self.document);
        let mut events: Vec<(f64, String, String)> = Vec::new();
        for finding in document.findings.iter().filter(|finding| !finding.is_weak(&document.decisions)) {
            let row = finding.evidence.first().map(|row| format!("{}:{}", row.file, row.line)).unwrap_or_default();
            events.extend(finding.first.map(|at| (at, (w.begins)(finding), row)));
            let last = finding.last.filter(|last| finding.first != Some(*last));
            events.extend(last.map(|at| (at, (w.ends)(finding), finding.id.clone())));
        }
        for action in &document.actions {
            let link = self.link(&action.from, &action.to, &action.service);
            let what = format!("{}: {link}. {}", (w.action)(action.kind), action.why);
            events.push((action.at, what, action.who.clone()));
        }
        for decision in &document.decisions {
            let what =
                format!("{} {}: {}. {}", w.decided_as, decision.finding, (w.decision)(decision.verdict), decision.why);
            events.push((decision.at, what, decision.who.clone()));
        }
        events.lean_sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        self.out.element("<h2>", w.chronology, "</h2>");
        let rows: Vec<Vec<String>> = events
            .iter()
            .take(MOST)
            .map(|(at, what, source)| vec![self.time(*at), what.clone(), source.clone()])
            .collect();
        if rows.is_empty() {
            self.out.element("<p>", w.none, "</p>");
        }
        self.out.table("events", &[w.when, w.what, w.source], &rows);
        if events.len() > MOST {
            self.out.element("<p class=\"quiet\">", &(w.more_events)(events.len() - MOST), "</p>");
        }
    }

    fn figure(&mut self, tlp: Tlp) {
        let reopened = Reopened::of(self.document);
        let language = Language::read(self.words.code).unwrap_or_default();
        let options =
            figure::Options { sheet: Sheet::A4Landscape, tlp, language, bare: true, ..figure::Options::default() };
        let svg = figure::svg_of_document(self.document, &reopened, &options);
        let caption = figure::caption_of_document(self.document, &reopened, &options);
        let alternative = figure::alternative_of_document(self.document, &reopened, &options);
        self.out.element("<h2>", self.words.figure, "</h2>");
        self.out.raw("<figure><img alt=\"").text(&alternative).raw("\" src=\"data:image/svg+xml;base64,");
        self.out.text(&base64(svg.as_bytes())).raw("\">\n").element("<figcaption>", &caption, "</figcaption>");
        self.out.raw("</figure>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
