//! The report's evidence: files with digests and receipts, clocks, method, and the appendix of books and log.

use std::borrow::Cow;

use super::{Language, Report, number};
use crate::case::log;
use crate::reading::japanese;
use crate::sorting::LeanSort as _;

/// How many entries of the log the report lists.
const MOST_ENTRIES: usize = 300;

impl Report<'_> {
    pub(super) fn evidence(&mut self) {
        let w = self.words;
        self.out.element("<h2>", w.evidence, "</h2>").element("<p class=\"quiet\">", w.evidence_lead, "</p>");
        let files = &self.document.evidence;
        let rows: Vec<Vec<String>> = (files.iter())
            .map(|file| {
                let sha256 = file.sha256.clone().unwrap_or_else(|| w.not_whole.to_owned());
                let format = file.format.clone().unwrap_or_else(|| w.unknown.to_owned());
                vec![file.name.clone(), number(file.bytes), format, sha256]
            })
            .collect();
        self.out.table("hashes", &[w.file, w.size, w.format, w.sha256], &rows);

        self.out.element("<h3>", w.receipts, "</h3>").element("<p class=\"quiet\">", w.receipts_lead, "</p>");
        let sum = |reasons: &std::collections::BTreeMap<String, u64>| number(reasons.values().sum());
        let rows: Vec<Vec<String>> = (files.iter())
            .map(|file| {
                let own = &file.accounts;
                vec![
                    file.name.clone(),
                    number(own.records),
                    number(own.parsed),
                    sum(&own.skipped),
                    sum(&own.malformed),
                    number(own.unprocessed_bytes),
                    sum(&own.filtered),
                    sum(&own.without_endpoint),
                ]
            })
            .collect();
        let unprocessed = format!("{} ({})", w.unprocessed, w.size);
        let names = [w.file, w.records, w.parsed, w.skipped, w.malformed, &unprocessed, w.filtered, w.without_endpoint];
        self.out.table("numbers", &names, &rows);

        let mut reasons: Vec<Vec<String>> = Vec::new();
        for file in files {
            let own = &file.accounts;
            for (kind, counts) in [
                (w.skipped, &own.skipped),
                (w.malformed, &own.malformed),
                (w.unprocessed, &own.unprocessed),
                (w.filtered, &own.filtered),
                (w.without_endpoint, &own.without_endpoint),
            ] {
                for (reason, count) in counts {
                    let example = own.examples.iter().find(|example| example.reason == *reason);
                    let example = example.map_or(String::new(), |e| format!("{} {}: {}", w.line, e.line, e.found));
                    reasons.push(vec![
                        file.name.clone(),
                        format!("{kind}: {}", self.told(reason)),
                        number(*count),
                        example,
                    ]);
                }
            }
            if let Some(reason) = &file.abandoned {
                reasons.push(vec![
                    file.name.clone(),
                    format!("PARTIAL: {}", self.told(reason)),
                    String::new(),
                    String::new(),
                ]);
            }
        }
        self.out.table("reasons", &[w.file, w.reason, w.count, w.example], &reasons);
    }

    /// What is said of a file, in the report's language.
    fn told<'r>(&self, english: &'r str) -> Cow<'r, str> {
        match self.words.language {
            Language::English => Cow::Borrowed(english),
            Language::Japanese => japanese::said(english),
        }
    }

    pub(super) fn clocks(&mut self) {
        let w = self.words;
        self.out.element("<h2>", w.clocks, "</h2>").element("<p class=\"quiet\">", w.clocks_lead, "</p>");
        let rows: Vec<Vec<String>> = (self.document.evidence.iter())
            .map(|file| {
                let zone = file.clock.assumed_offset_seconds.map(|s| crate::calendar::zone(s / 60)).unwrap_or_default();
                let basis = (w.basis)(&file.clock.basis).to_owned();
                let span = file.first.zip(file.last);
                vec![file.name.clone(), basis, zone, self.span(span), number(file.flows_without_time)]
            })
            .collect();
        self.out.table("clocks", &[w.file, w.clocks, w.assumed, w.window, w.undated], &rows);
    }

    pub(super) fn method(&mut self) {
        let w = self.words;
        self.out.element("<h2>", w.method, "</h2>");
        for says in w.method_says {
            self.out.element("<p>", says, "</p>");
        }
        let document = self.document;
        let found = document.findings.iter().map(|finding| &finding.rule);
        let mut rules: Vec<String> =
            found.chain(document.not_enough_evidence.iter().map(|r| &r.rule)).cloned().collect();
        rules.lean_sort();
        rules.dedup();
        self.out.terms(&[(w.rules_used, rules.join(", "))]);
    }

    pub(super) fn appendix(&mut self) {
        let (w, document) = (self.words, self.document);
        self.out.element("<h2>", w.appendix, "</h2>").element("<h3>", w.sites, "</h3>");
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let rows: Vec<Vec<String>> = (document.sites.iter())
            .map(|site| {
                let name = if site.guessed { format!("{} ({})", site.site, w.guessed) } else { site.site.clone() };
                let ranges = site.ranges.iter().chain(&site.host_patterns).cloned().collect::<Vec<_>>().join(", ");
                vec![name, text(&site.country), text(&site.role), ranges, text(&site.contact)]
            })
            .collect();
        self.out.table("sites", &[w.site, w.country, w.role, w.ranges, w.contact], &rows);
        if !document.policy.is_empty() {
            self.out.element("<h3>", w.policy, "</h3>");
        }
        let rows: Vec<Vec<String>> = (document.policy.iter())
            .map(|rule| {
                let own = [rule.line.to_string(), rule.from.clone(), rule.to.clone(), rule.service.clone()];
                let rest = [rule.verdict.clone(), rule.reason.clone(), text(&rule.approver), text(&rule.until)];
                own.into_iter().chain(rest).collect()
            })
            .collect();
        let names = [w.line, w.from, w.to, w.service, w.verdict, w.why, w.approver, w.until];
        self.out.table("policy", &names, &rows);

        self.out.element("<h3>", w.log, "</h3>");
        let whole = log::broken(&document.log).is_none();
        self.out.element("<p>", if whole { w.log_whole } else { w.log_broken }, "</p>");
        let rows: Vec<Vec<String>> = (document.log.iter().take(MOST_ENTRIES))
            .map(|entry| {
                let at = entry.at.map(|at| self.time(at)).unwrap_or_default();
                let short = entry.hash.chars().take(12).collect();
                let who = entry.who.clone().unwrap_or_default();
                vec![at, who, entry.act.clone(), entry.of.clone(), entry.with.clone(), short]
            })
            .collect();
        self.out.table("log", &[w.when, w.who, w.act, w.of, w.with, w.hash], &rows);
        if document.log.len() > MOST_ENTRIES {
            self.out.element("<p class=\"quiet\">", &(w.more_events)(document.log.len() - MOST_ENTRIES), "</p>");
        }
    }
}
