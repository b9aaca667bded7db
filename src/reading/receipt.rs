//! What a reading gives back for its file: what it was, every byte accounted for, and what is not known of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tallies::SHOWN_DATES;
use crate::evidence::encoding::Taken;
use crate::evidence::unpack::LayerAccount;
use crate::evidence::{Accounts, Place};
use crate::flow::{Basis, Moment};
use crate::formats::Mapping;

/// The receipt of one file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Receipt {
    /// The file's name, as it was dropped.
    pub name: String,
    /// The dropped archive that holds it, where it is a member of one; its name then begins with the archive's.
    pub within: Option<String>,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of the file as it was dropped, or of the member as it was unpacked, in hex; absent when it was not read to its end.
    pub sha256: Option<String>,
    /// Layers of packing, outermost first.
    pub layers: Vec<LayerAccount>,
    /// The encoding that its text was taken for; absent for UTF-8, UTF-16 (a layer) and what is no text.
    pub encoding: Option<Taken>,
    /// The format's short name; absent when none knew it.
    pub format: Option<String>,
    /// The short names of other formats whose lines stood between, in a file of several devices.
    #[serde(default)]
    pub others: Vec<String>,
    /// The column mapping in use, for a table.
    pub mapping: Option<Mapping>,
    /// What an unknown file looks like, and what to do.
    pub advice: Option<String>,
    /// The account of its bytes, in the records' layer.
    pub accounts: Accounts,
    /// Flows by the basis of their time.
    pub bases: BTreeMap<Basis, u64>,
    /// Flows without a usable time: they count, but stand in no hour.
    pub undated: u64,
    /// Start of the earliest flow.
    pub first: Option<Moment>,
    /// Start of the latest flow.
    pub last: Option<Moment>,
    /// The first dated flows: where their records stand, and when they began as far as the clock was settled.
    pub dated: Vec<(Place, Moment)>,
    /// Why it was not read to its end, where it was not.
    pub abandoned: Option<String>,
    /// The beginning of a table, for the mapping panel: at most [`crate::formats::SAMPLE_BYTES`].
    pub sample: Vec<u8>,
}

impl Receipt {
    /// Adds the receipt of the file's next part, whose first line is that many lines below.
    pub fn absorb(&mut self, next: Receipt, lines: u64) {
        self.size += next.size;
        self.accounts.absorb(next.accounts, lines);
        for (basis, flows) in next.bases {
            *self.bases.entry(basis).or_default() += flows;
        }
        self.undated += next.undated;
        self.others.extend(next.others);
        self.others.sort();
        self.others.dedup();
        self.first = self.first.into_iter().chain(next.first).min();
        self.last = self.last.max(next.last);
        let later = next.dated.into_iter().map(|(place, at)| (Place { line: place.line + lines, ..place }, at));
        self.dated.extend(later);
        self.dated.truncate(SHOWN_DATES);
    }

    /// The file is this long, and what was read is only its beginning: the rest is unprocessed, for this reason.
    pub fn abandon(&mut self, reason: &str, length: u64) {
        let rest = length.saturating_sub(self.size);
        // The rest belongs to the outermost layer: it was never unpacked.
        match self.layers.first_mut() {
            Some(layer) => {
                layer.length += rest;
                layer.unprocessed.add(reason, rest, || None);
            }
            None => {
                self.accounts.length += rest;
                self.accounts.unprocessed.add(reason, rest, || None);
            }
        }
        self.size = self.size.max(length);
        self.abandoned = Some(reason.to_owned());
    }

    /// Whether every byte was read and understood.
    pub fn is_complete(&self) -> bool {
        let packed = self.layers.iter().any(|layer| !layer.unprocessed.0.is_empty());
        self.accounts.is_complete() && !packed && self.abandoned.is_none()
    }

    /// Whether bytes of a known format were left unread: cancelled, cut off, past a limit.
    pub fn is_partial(&self) -> bool {
        let packed = self.layers.iter().any(|layer| !layer.unprocessed.0.is_empty());
        packed || self.abandoned.is_some() || (self.format.is_some() && !self.accounts.unprocessed.0.is_empty())
    }

    /// Whether it is an archive: its records are its members', each of which has a receipt of its own.
    pub fn is_archive(&self) -> bool {
        self.layers.last().is_some_and(|layer| matches!(layer.name.as_str(), "zip" | "tar"))
    }

    /// What is off in its sums; `None` when all add up. Anything else is a fault of Kyoten's, and exports say it.
    pub fn imbalance(&self) -> Option<String> {
        let layers = self.layers.iter().find_map(LayerAccount::imbalance);
        layers.or_else(|| self.accounts.imbalance())
    }

    /// Whether the file says of itself that it was made up: `SYNTHETIC` begins its name, as in the sample case.
    pub fn is_synthetic(&self) -> bool {
        let base = self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name);
        base.starts_with("SYNTHETIC")
    }
}
