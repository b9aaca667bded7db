//! A case file opened again to be worked on: its books, settings, decisions, actions and log go on; its evidence is to be
//! read again, and what of it is missing or altered is said.

use super::Case;
use super::document::Document;
use super::merging::merge;
use super::questions::questions_of;
use super::reopened::Reopened;
use crate::evidence::encoding::{Charset, Known};
use crate::evidence::table::cell;
use crate::evidence::zone::Zone;
use crate::formats::Mapping;
use crate::phrase::{Phrase, alike, phrase};
use crate::policy::csv::read_policy;
use crate::sites::SiteBook;
use crate::sorting::LeanSort as _;

/// A file that a case file was made of: its name, and its digest where it was read to its end.
pub type Expected = (String, Option<String>);

impl Case {
    /// Takes up a dropped case file: the first goes on; another one of the same evidence is joined to it, and what the analysts decided
    /// differently is told among the notices. A sentence where they can't be joined.
    pub fn take_up(&mut self, document: &Document, zone: &dyn Fn(&str) -> Option<Zone>) -> Result<(), String> {
        let own = match &self.opened {
            Some(opened) => Document {
                decisions: self.decisions.clone(),
                actions: self.actions.clone(),
                log: self.log.clone(),
                ..opened.clone()
            },
            None if self.decisions.is_empty() && self.actions.is_empty() => {
                self.resume(document, zone);
                // Of the file itself no more is needed than what evidence it is of.
                let (links, findings, coverage) = (Vec::new(), Vec::new(), Vec::new());
                self.opened = Some(Document { links, findings, coverage, ..document.clone() });
                return Ok(());
            }
            None => Document::of(self, &self.analyse()),
        };
        let merged = merge(&own, document)?;
        let told = merged.document.notices().into_iter().filter(|notice| notice.english().starts_with("CONFLICT on "));
        self.conflicts.extend(told);
        self.conflicts.lean_sort();
        self.conflicts.dedup();
        (self.decisions, self.actions) = (merged.document.decisions, merged.document.actions);
        self.log = merged.document.log;
        let asked = questions_of(document);
        asked.sweeps.into_iter().for_each(|own| self.ask_sweep(own));
        asked.negatives.into_iter().for_each(|own| self.ask_negative(own));
        Ok(())
    }

    /// Takes up a case file. Books that are here already stay. `zone` gives a time zone by its name, as the shell knows it.
    pub fn resume(&mut self, document: &Document, zone: &dyn Fn(&str) -> Option<Zone>) {
        if self.book.sites.is_empty() && !document.sites_guessed {
            let sites = Reopened::of(document).book.sites;
            self.book = SiteBook { sites: sites.into_iter().filter(|site| !site.guessed).collect() };
        }
        if self.policy.rules.is_empty() {
            self.policy = read_policy(policy_csv(document).as_bytes()).0;
        }
        for file in &document.evidence {
            let order = self.orders.entry(file.name.clone()).or_default();
            let clock = &mut order.setting.clock;
            clock.chosen_offset = clock.chosen_offset.or(file.clock.assumed_offset_seconds);
            clock.chosen_year = clock.chosen_year.or(file.clock.assumed_year);
            let ahead = file.clock.assumed_ahead_seconds.map(|seconds| (seconds * 1e6).round() as i64);
            clock.chosen_ahead = clock.chosen_ahead.or(ahead);
            if let (None, None, Some(name)) = (clock.chosen_offset, clock.chosen_zone, &file.clock.assumed_zone) {
                clock.chosen_zone = zone(name);
            }
            order.setting.clock.chosen_year = order.setting.clock.chosen_year.or(file.clock.assumed_year);
            if let (None, Some(columns)) = (&order.setting.mapping, &file.mapping) {
                order.setting.mapping = Some(Mapping { columns: columns.clone() });
                // A table whose columns name no ends is read by its mapping alone.
                order.format = order.format.take().or(file.format.clone().filter(|name| name.starts_with("mapped_")));
            }
            let chosen = file.encoding.as_ref().filter(|encoding| encoding.known == Known::Chosen.word());
            order.encoding = order.encoding.or(chosen.and_then(|encoding| Charset::of(&encoding.name)));
        }
        let own = document.country_table.as_ref().map(|table| (table.name.clone(), table.sha256.clone()));
        self.expected_countries = own;
        self.baseline = self
            .baseline
            .or(document.baseline.map(|(from, to)| (super::document::moment(from), super::document::moment(to))));
        self.decisions = document.decisions.clone();
        self.actions = document.actions.clone();
        self.depiction = document.figure.clone();
        self.questions = questions_of(document);
        self.log = document.log.clone();
        self.expected = document.evidence.iter().map(|file| (file.name.clone(), file.sha256.clone())).collect();
    }

    /// What a resumed case lacks, or has otherwise, each in a sentence.
    pub(super) fn strange(&self) -> Vec<Phrase> {
        let here = |sha256: &str| self.files.iter().any(|file| file.receipt.sha256.as_deref() == Some(sha256));
        let lacking = self.expected.iter().filter(|(_, sha256)| !sha256.as_deref().is_some_and(here));
        let told = |(name, sha256): &Expected| {
            let namesake = self.files.iter().find(|file| file.receipt.name == *name);
            let name = alike(name.as_str());
            match (namesake.map(|file| &file.receipt.sha256), sha256) {
                (Some(Some(now)), Some(then)) => phrase!(
                    "{name}: ALTERED since the case file was written: sha256 was {then}, is {now}",
                    "{name}：ALTERED。事案ファイルの作成後に変更されています。SHA-256は当時{then}、現在{now}です。",
                    name,
                    then = alike(then.as_str()),
                    now = alike(now.as_str())
                ),
                (Some(_), None) => phrase!(
                    "{name}: was not read to its end when the case file was written",
                    "{name}：事案ファイルの作成時、最後まで読み取られていませんでした。",
                    name
                ),
                (Some(None), Some(_)) => phrase!(
                    "{name}: not read to its end, so that it can't be told whether it is the same",
                    "{name}：最後まで読み取られていないため、同じファイルかどうか判断できません。",
                    name
                ),
                (None, _) => phrase!(
                    "{name}: MISSING: the case file was made of it, too",
                    "{name}：MISSING。事案ファイルはこのファイルからも作られました。",
                    name
                ),
            }
        };
        let countries = self
            .expected_countries
            .iter()
            .filter(|(_, sha256)| self.countries.as_ref().is_none_or(|own| own.sha256 != *sha256));
        let countries = countries.map(|(name, sha256)| {
            phrase!(
                "{name}: MISSING: the case file named countries by this table (sha256 {sha256})",
                "{name}：MISSING。事案ファイルはこの表（SHA-256 {sha256}）で国を分けていました。",
                name = alike(name.as_str()),
                sha256 = alike(sha256.as_str())
            )
        });
        lacking.map(told).chain(countries).chain(self.conflicts.iter().cloned()).collect()
    }
}

/// The policy's rows, each on the line that it had.
fn policy_csv(document: &Document) -> String {
    let mut lines = vec!["from,to,service,verdict,reason,hours,approver,until".to_owned()];
    for rule in &document.policy {
        // Lines that were left out keep their numbers; a file may claim any, and most policies are short.
        while (lines.len() as u64) < rule.line.saturating_sub(1).min(100_000) {
            lines.push(String::new());
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            rule.from.clone(),
            rule.to.clone(),
            rule.service.clone(),
            rule.verdict.clone(),
            rule.reason.clone(),
            text(&rule.hours),
            text(&rule.approver),
            text(&rule.until),
        ];
        lines.push(cells.map(|text| cell(&text)).join(","));
    }
    lines.join("\n") + "\n"
}
