//! Raw rows: which are asked for, what each is, and how far a reading is.

use serde::{Deserialize, Serialize};

use super::{PhraseMessage, millis};
use crate::evidence::text::visible;

/// Which rows are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RowFields")]
pub enum RowQuery {
    /// Those of a finding.
    Finding {
        /// Its id.
        finding: String,
    },
    /// Those of a site that a sweep found traces at.
    Swept {
        /// The sweep's place among those of the case.
        sweep: u32,
        /// The site.
        site: i32,
    },
    /// Those that name an indicator.
    Search {
        /// The indicators as they were pasted.
        search: String,
        /// How many of a file at most.
        most: Option<u32>,
    },
    /// The record at a place, with what stands around it.
    Place {
        /// Bytes from the beginning of the records' layer.
        offset: f64,
    },
    /// Those of a link.
    Link {
        /// Whose calls.
        from: i32,
        /// To whom.
        to: i32,
        /// Over this only.
        service: Option<String>,
        /// From this host only.
        initiator: Option<String>,
        /// To this host only.
        responder: Option<String>,
        /// From then on only.
        from_ms: Option<f64>,
        /// Until then only.
        to_ms: Option<f64>,
        /// How many at most.
        most: Option<u32>,
    },
}

/// All fields of all queries: what serde derives for an enum without a tag is twenty kilobytes of the module.
#[derive(Deserialize)]
struct RowFields {
    finding: Option<String>,
    sweep: Option<u32>,
    site: Option<i32>,
    search: Option<String>,
    offset: Option<f64>,
    from: Option<i32>,
    to: Option<i32>,
    service: Option<String>,
    initiator: Option<String>,
    responder: Option<String>,
    from_ms: Option<f64>,
    to_ms: Option<f64>,
    most: Option<u32>,
}

impl TryFrom<RowFields> for RowQuery {
    type Error = &'static str;

    fn try_from(told: RowFields) -> Result<RowQuery, &'static str> {
        let RowFields { service, initiator, responder, from_ms, to_ms, most, .. } = told;
        Ok(match told {
            RowFields { finding: Some(finding), .. } => RowQuery::Finding { finding },
            RowFields { sweep: Some(sweep), site: Some(site), .. } => RowQuery::Swept { sweep, site },
            RowFields { search: Some(search), .. } => RowQuery::Search { search, most },
            RowFields { offset: Some(offset), .. } => RowQuery::Place { offset },
            RowFields { from: Some(from), to: Some(to), .. } => {
                RowQuery::Link { from, to, service, initiator, responder, from_ms, to_ms, most }
            }
            _ => return Err("a query without what is asked for"),
        })
    }
}

/// A raw row.
#[derive(Debug, Serialize)]
pub struct RowMessage {
    file: u32,
    line: f64,
    offset: f64,
    at: Option<f64>,
    text: String,
    /// Absent for what only stands around.
    flow: Option<PhraseMessage>,
    around: bool,
    /// What of it was sought.
    met: Option<String>,
}

impl RowMessage {
    /// The message of a row of this file.
    pub fn of(file: u32, row: crate::reading::rows::Row) -> RowMessage {
        let (line, offset) = (row.place.line as f64, row.place.offset as f64);
        let (at, met) = (row.at.map(millis), row.met.as_deref().map(|met| visible(met).into_owned()));
        let flow = (!row.flow.is_empty()).then(|| PhraseMessage::from(&row.flow));
        RowMessage { file, line, offset, at, text: row.text, flow, around: row.around, met }
    }
}

/// How far a reading is.
#[derive(Debug, Serialize)]
pub struct ProgressMessage {
    bytes: f64,
    records: u64,
    flows: u64,
    malformed: u64,
    format: Option<&'static str>,
}

impl From<crate::reading::Progress> for ProgressMessage {
    fn from(progress: crate::reading::Progress) -> ProgressMessage {
        ProgressMessage {
            bytes: progress.bytes as f64,
            records: progress.records,
            flows: progress.flows,
            malformed: progress.malformed,
            format: progress.format,
        }
    }
}
