//! The account of a file: every byte is exactly one of record, separator, header, skipped, malformed or unprocessed,
//! and every record ends somewhere. A sum that is off is a fault of ours and is said ([`Accounts::imbalance`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::records::Place;

/// So many things, of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Their bytes, in the layer where the records stand.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }

    fn absorb(&mut self, other: Tally) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}

/// The first record that met a reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// Where it stands.
    pub place: Place,
    /// What was found there, in words.
    pub found: String,
}

/// How many reasons are told apart. A hostile file can make as many as it has records (a name in each); those that come
/// past it count under [`OTHER_REASONS`], so that memory and receipts stay small and the sums exact.
pub const MOST_REASONS: usize = 200;
/// What reasons past [`MOST_REASONS`] count as.
pub const OTHER_REASONS: &str = "other reasons, past the first 200";

/// Counts by reason, each with its first example.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reasons(pub BTreeMap<String, (Tally, Option<Example>)>);

impl Reasons {
    /// Counts one more of a reason.
    pub fn add(&mut self, reason: &str, bytes: u64, example: impl FnOnce() -> Option<Example>) {
        if let Some((tally, _)) = self.0.get_mut(reason) {
            tally.add(bytes);
            return;
        }
        if self.0.len() >= MOST_REASONS && reason != OTHER_REASONS {
            return self.add(OTHER_REASONS, bytes, example);
        }
        let tally = Tally { count: 1, bytes };
        self.0.insert(reason.to_owned(), (tally, example()));
    }

    /// Counts more bytes of a reason whose spans follow each other, so that they are one span.
    pub fn extend(&mut self, reason: &str, bytes: u64) {
        match self.0.get_mut(reason) {
            Some((tally, _)) => tally.bytes += bytes,
            None if bytes > 0 => self.add(reason, bytes, || None),
            None => {}
        }
    }

    /// Adds the reasons of the next part, whose first line is that many lines below. More than [`MOST_REASONS`] may stand here then.
    fn append(&mut self, next: Reasons, lines: u64) {
        for (reason, (tally, mut example)) in next.0 {
            if let Some(example) = &mut example {
                example.place.line += lines;
            }
            match self.0.get_mut(&reason) {
                Some((own, _)) => own.absorb(tally),
                None => _ = self.0.insert(reason, (tally, example)),
            }
        }
    }

    /// The sum over all reasons.
    pub fn total(&self) -> Tally {
        let mut sum = Tally::default();
        for (tally, _) in self.0.values() {
            sum.absorb(*tally);
        }
        sum
    }
}

/// The account of one file, at the layer where its records stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Accounts {
    /// Length of the layer in bytes.
    pub length: u64,
    /// Records that were understood.
    pub parsed: Tally,
    /// Line ends, blank lines, the commas of an array.
    pub separators: Tally,
    /// Headers and comments of the format.
    pub headers: Tally,
    /// Records that are no connection, by reason.
    pub skipped: Reasons,
    /// Records that could not be understood, by reason.
    pub malformed: Reasons,
    /// What was not looked at, by reason. Its counts are spans, not records.
    pub unprocessed: Reasons,
    /// Flows that the parsed records gave.
    pub flows: u64,
    /// Flows that stand in the ledger.
    pub drawn: u64,
    /// Flows that are not between hosts of interest, by reason.
    pub filtered: Reasons,
    /// Flows of which an end is missing, by reason.
    pub without_endpoint: Reasons,
}

impl Accounts {
    /// All records: parsed, skipped, malformed and unprocessed.
    pub fn records(&self) -> u64 {
        self.parsed.count + self.skipped.total().count + self.malformed.total().count + self.unprocessed.total().count
    }

    /// Adds the account of the file's next part, whose first line is that many lines below.
    pub fn absorb(&mut self, next: Accounts, lines: u64) {
        self.length += next.length;
        self.parsed.absorb(next.parsed);
        self.separators.absorb(next.separators);
        self.headers.absorb(next.headers);
        self.skipped.append(next.skipped, lines);
        self.malformed.append(next.malformed, lines);
        self.unprocessed.append(next.unprocessed, lines);
        self.flows += next.flows;
        self.drawn += next.drawn;
        self.filtered.append(next.filtered, lines);
        self.without_endpoint.append(next.without_endpoint, lines);
    }

    /// Counts a parsed record.
    pub fn parsed(&mut self, bytes: u64) {
        self.parsed.add(bytes);
    }

    /// Counts bytes between records.
    pub fn separator(&mut self, bytes: u64) {
        if bytes > 0 {
            self.separators.add(bytes);
        }
    }

    /// Counts a header or comment.
    pub fn header(&mut self, bytes: u64) {
        self.headers.add(bytes);
    }

    /// Whether everything was read and understood.
    pub fn is_complete(&self) -> bool {
        self.malformed.0.is_empty() && self.unprocessed.0.is_empty()
    }

    /// What is off in the sums, in a sentence; `None` when all add up.
    pub fn imbalance(&self) -> Option<String> {
        let spans = self.parsed.bytes
            + self.separators.bytes
            + self.headers.bytes
            + self.skipped.total().bytes
            + self.malformed.total().bytes
            + self.unprocessed.total().bytes;
        if spans != self.length {
            return Some(format!("the accounted bytes are {spans}, the file has {}", self.length));
        }
        let ends = self.drawn + self.filtered.total().count + self.without_endpoint.total().count;
        if ends != self.flows {
            return Some(format!("{} flows were read, {ends} are accounted for", self.flows));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_byte_is_said() {
        let mut accounts = Accounts { length: 10, ..Accounts::default() };
        accounts.parsed(8);
        accounts.separator(1);
        assert_eq!(accounts.imbalance().unwrap(), "the accounted bytes are 9, the file has 10");
        accounts.separator(1);
        assert_eq!(accounts.imbalance(), None);
    }

    #[test]
    fn reasons_past_the_most_count_as_one() {
        let mut reasons = Reasons::default();
        (0..2 * MOST_REASONS).for_each(|n| reasons.add(&format!("{n:04}"), 3, || None));
        assert_eq!(reasons.0.len(), MOST_REASONS + 1);
        assert_eq!(reasons.0[OTHER_REASONS].0.count, MOST_REASONS as u64);
        assert_eq!(reasons.total(), Tally { count: 2 * MOST_REASONS as u64, bytes: 6 * MOST_REASONS as u64 });
    }

    #[test]
    fn the_first_example_of_a_reason_stays() {
        let mut reasons = Reasons::default();
        for line in [3, 9] {
            let place = Place { line, offset: 0 };
            reasons.add("bad", 1, || Some(Example { place, found: "x".into() }));
        }
        let (tally, example) = &reasons.0["bad"];
        assert_eq!((tally.count, example.as_ref().unwrap().place.line), (2, 3));
    }
}
