//! Evidence: its receipt, its clock, and the columns of a table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PhraseMessage, millis};
use crate::case::document::basis;
use crate::case::{Case, File};
use crate::evidence::text::visible;
use crate::evidence::zone::{Rules, Zone};
use crate::evidence::{Clock, Reasons};
use crate::formats::{self, Mapping, Sample, mapped_csv};
use crate::reading::japanese;
use crate::reading::receipt::Receipt;
use crate::sorting::LeanCollect as _;

#[derive(Debug, Serialize)]
pub(super) struct EvidenceMessage {
    index: u32,
    name: String,
    /// The dropped archive that holds it.
    within: Option<String>,
    size: f64,
    sha256: String,
    format: Option<String>,
    title: Option<&'static str>,
    complete: bool,
    layers: Vec<String>,
    encoding: Option<EncodingMessage>,
    records: u64,
    parsed: u64,
    skipped: Vec<ReasonMessage>,
    malformed: Vec<ReasonMessage>,
    unprocessed: Vec<ReasonMessage>,
    flows: u64,
    drawn: u64,
    filtered: Vec<ReasonMessage>,
    without_endpoint: Vec<ReasonMessage>,
    header_lines: u64,
    first: Option<f64>,
    last: Option<f64>,
    clock: ClockMessage,
    advice: Option<PhraseMessage>,
    mapping: Option<MappingMessage>,
    duplicate_of: Option<u32>,
    imbalance: Option<String>,
    synthetic: bool,
}

#[derive(Debug, Serialize)]
struct EncodingMessage {
    name: &'static str,
    known: &'static str,
}

#[derive(Debug, Serialize)]
struct ClockMessage {
    basis: &'static str,
    offset: Option<i32>,
    zone: Option<&'static str>,
    year: Option<i32>,
    /// Seconds by which it was said to run ahead.
    ahead: Option<f64>,
    /// Flows without a time.
    undated: u64,
    /// The first dated flows: line of the record, and when they began as far as the clock is settled.
    dated: Vec<(f64, f64)>,
}

/// What a person settled of a file's clock.
#[derive(Debug, Deserialize)]
pub struct ClockChoice {
    offset: Option<i32>,
    zone: Option<Rules>,
    year: Option<i32>,
    ahead: Option<f64>,
}

impl ClockChoice {
    /// As the engine has it; `None` where the zone's rules are none.
    pub fn clock(self) -> Option<Clock> {
        let chosen_zone = match self.zone {
            Some(rules) => Some(Zone::new(rules)?),
            None => None,
        };
        let chosen_ahead = self.ahead.map(|seconds| (seconds * 1e6).round() as i64).filter(|micros| *micros != 0);
        Some(Clock { chosen_offset: self.offset, chosen_zone, chosen_year: self.year, chosen_ahead })
    }
}

/// The first rows of a table, and what its columns are taken for.
#[derive(Debug, Serialize)]
pub struct MappingMessage {
    fields: BTreeMap<String, String>,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// How each row reads.
    readings: Vec<MappedRow>,
}

/// How a row reads through a mapping.
#[derive(Debug, Serialize)]
struct MappedRow {
    /// Field → what was understood.
    flow: Option<BTreeMap<&'static str, String>>,
    /// Why it is no flow.
    fault: Option<String>,
}

/// The first rows of a table under this mapping, or under the guess; `None` where it is none.
pub fn mapping(receipt: &Receipt, mapping: Option<&Mapping>) -> Option<MappingMessage> {
    let whole = receipt.accounts.length <= receipt.sample.len() as u64;
    let preview = mapped_csv::preview(&Sample { bytes: &receipt.sample, whole }, mapping)?;
    let inert = |cells: &[String]| cells.iter().map(|cell| visible(cell).into_owned()).collect::<Vec<_>>();
    let reading = |reading: mapped_csv::Reading| match reading {
        mapped_csv::Reading::Flow(fields) => {
            let fields = fields.into_iter().map(|(field, value)| (field, visible(&value).into_owned())).lean_collect();
            MappedRow { flow: Some(fields), fault: None }
        }
        mapped_csv::Reading::Malformed(why) => MappedRow { flow: None, fault: Some(visible(&why).into_owned()) },
    };
    Some(MappingMessage {
        header: inert(&preview.header),
        rows: preview.rows.iter().map(|row| inert(row)).collect(),
        fields: preview.mapping.columns,
        readings: preview.readings.into_iter().map(reading).collect(),
    })
}

/// How far a file's clock runs ahead of another's.
#[derive(Debug, Serialize)]
pub struct SkewMessage {
    /// The other file.
    pub beside: String,
    /// Seconds.
    pub ahead: f64,
    /// Host pairs that say so.
    pub matched: usize,
    /// Of so many that both saw.
    pub of: usize,
}

#[derive(Debug, Serialize)]
struct ReasonMessage {
    reason: PhraseMessage,
    count: u64,
    bytes: u64,
    line: Option<f64>,
    offset: Option<f64>,
    found: Option<String>,
}

/// Mirrors a file of a case; `repeat` is the file that has the same content.
pub(super) fn evidence(case: &Case, file: &File, repeat: Option<usize>, index: u32) -> EvidenceMessage {
    let receipt = &file.receipt;
    let accounts = &receipt.accounts;
    let clock = case.order_of(receipt).map(|order| order.setting.clock).unwrap_or_default();
    EvidenceMessage {
        index,
        name: visible(&receipt.name).into_owned(),
        within: receipt.within.as_deref().map(|within| visible(within).into_owned()),
        size: receipt.size as f64,
        sha256: receipt.sha256.clone().unwrap_or_default(),
        format: receipt.format.clone(),
        title: receipt.format.as_deref().and_then(formats::by_name).map(|format| format.title()),
        complete: receipt.is_complete(),
        layers: receipt.layers.iter().map(|layer| layer.name.clone()).collect(),
        encoding: receipt
            .encoding
            .map(|taken| EncodingMessage { name: taken.charset.name(), known: taken.known.word() }),
        records: accounts.records(),
        parsed: accounts.parsed.count,
        skipped: reasons(&accounts.skipped),
        malformed: reasons(&accounts.malformed),
        unprocessed: receipt
            .layers
            .iter()
            .flat_map(|layer| reasons(&layer.unprocessed))
            .chain(reasons(&accounts.unprocessed))
            .collect(),
        flows: accounts.flows,
        drawn: accounts.drawn,
        filtered: reasons(&accounts.filtered),
        without_endpoint: reasons(&accounts.without_endpoint),
        header_lines: accounts.headers.count,
        first: receipt.first.map(millis),
        last: receipt.last.map(millis),
        clock: ClockMessage {
            basis: basis(&receipt.bases),
            offset: clock.chosen_offset,
            zone: clock.chosen_zone.map(Zone::name),
            year: clock.chosen_year,
            ahead: clock.chosen_ahead.map(|ahead| ahead as f64 / 1e6),
            undated: receipt.undated,
            dated: receipt.dated.iter().map(|(place, at)| (place.line as f64, millis(*at))).collect(),
        },
        advice: receipt.advice.as_deref().map(told),
        mapping: mapping(receipt, receipt.mapping.as_ref()),
        duplicate_of: repeat.map(|at| at as u32),
        imbalance: receipt.imbalance(),
        synthetic: receipt.is_synthetic(),
    }
}

/// What is said of a file, in each language.
fn told(english: &str) -> PhraseMessage {
    let [en, ja] = [english, &japanese::said(english)].map(|text| visible(text).into_owned());
    PhraseMessage { en, ja }
}

fn reasons(reasons: &Reasons) -> Vec<ReasonMessage> {
    let message =
        |(reason, (tally, example)): (&String, &(crate::evidence::Tally, Option<crate::evidence::Example>))| {
            ReasonMessage {
                reason: told(reason),
                count: tally.count,
                bytes: tally.bytes,
                line: example.as_ref().map(|example| example.place.line as f64),
                offset: example.as_ref().map(|example| example.place.offset as f64),
                found: example.as_ref().map(|example| visible(&example.found).into_owned()),
            }
        };
    reasons.0.iter().map(message).collect()
}
