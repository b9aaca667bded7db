//! Which rows a second pass looks for, and in which files.

use std::collections::{BTreeMap, BTreeSet};

use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::Analyst;
use crate::case::document::Document;
use crate::flow::{Host, Service};
use crate::ledger::survey::LinkKey;
use crate::reading::rows::Wanted;
use crate::scoping::indicators;
use crate::sorting::LeanCollect as _;
use crate::web::messages::{RowQuery, party_of, window};
use crate::web::reader::RowsOrder;
use crate::web::{refuse, take};

/// How many rows of a link are shown unless more are asked for.
const MOST_ROWS: u32 = 200;
/// How many records are shown on either side of one that was looked up by its place.
const AROUND: u32 = 3;

#[wasm_bindgen]
impl Analyst {
    /// What a reader needs to look for rows in this file.
    pub fn rows_order(&mut self, query: JsValue, file: u32) -> Result<Vec<u8>, JsError> {
        let query: RowQuery = take(query)?;
        let name = self.name(file)?;
        let (most, around) = match &query {
            RowQuery::Place { .. } => (1, AROUND),
            RowQuery::Link { most, .. } => (most.unwrap_or(MOST_ROWS), 0),
            RowQuery::Finding { .. } | RowQuery::Swept { .. } => (MOST_ROWS, 0),
            RowQuery::Search { most, .. } => (most.unwrap_or(MOST_ROWS), 0),
        };
        let wanted = match query {
            RowQuery::Place { offset } => Wanted::At([offset as u64].into()),
            RowQuery::Finding { finding } => self.wanted_by(&finding, file)?,
            RowQuery::Swept { sweep, site } => {
                Wanted::At(self.swept_rows(sweep, site)?.remove(&file).unwrap_or_default())
            }
            RowQuery::Search { search, .. } => Wanted::Meeting(indicators::sought(&indicators::read(&search).0)),
            RowQuery::Link { from, to, service, from_ms, to_ms, initiator, responder, .. } => Wanted::Of {
                link: LinkKey { from: party_of(from), to: party_of(to) },
                service: service.as_deref().and_then(Service::read),
                window: window(from_ms, to_ms),
                initiators: initiator.iter().map(|host| host_of(host)).collect(),
                responders: responder.iter().map(|host| host_of(host)).collect(),
            },
        };
        let dropped = self.case.files().get(file as usize).and_then(|file| file.receipt.within.clone());
        let reading = self.case.reading_order(dropped.as_ref().unwrap_or(&name)).to_bytes();
        let order = RowsOrder { reading, name, shown: self.analysis().book.clone(), wanted, most, around, file };
        postcard::to_allocvec(&order).map_err(|e| refuse(format!("the order can't be written: {e}")))
    }

    /// Which files hold such rows.
    pub fn rows_files(&mut self, query: JsValue) -> Result<Vec<u32>, JsError> {
        let key = match take(query)? {
            RowQuery::Place { .. } => return Err(refuse("a place names its file itself")),
            RowQuery::Link { from, to, .. } => LinkKey { from: party_of(from), to: party_of(to) },
            RowQuery::Swept { sweep, site } => return Ok(self.swept_rows(sweep, site)?.into_keys().collect()),
            RowQuery::Search { .. } => {
                let files = self.case.files().iter().zip(0..).filter(|(file, _)| !file.holds_members());
                return Ok(files.map(|(_, at)| at).collect());
            }
            RowQuery::Finding { finding } => {
                let finding = self.finding(&finding)?;
                if finding.service.is_none() {
                    let files: BTreeSet<u32> = finding.rows.iter().map(|sight| sight.file).lean_collect();
                    return Ok(files.into_iter().collect());
                }
                finding.link
            }
        };
        let link = self.analysis().survey.links.get(&key);
        // Which files a link has rows in is known of its first rows only; the others are found by reading.
        let mut first: BTreeSet<u32> = BTreeSet::new();
        for record in link.into_iter().flat_map(|link| link.services.values()) {
            first.extend(record.rows.iter().map(|sight| sight.file));
        }
        let files = if link.is_some() { self.case.files().len() as u32 } else { 0 };
        let others = (0..files).filter(|file| !first.contains(file));
        Ok(first.iter().copied().chain(others.collect::<Vec<_>>()).collect())
    }
}

impl Analyst {
    /// All rows of the service that a finding is about, in its time; where it is about several, those that it names.
    fn wanted_by(&mut self, id: &str, file: u32) -> Result<Wanted, JsError> {
        let finding = self.finding(id)?;
        Ok(match finding.service {
            Some(_) => Wanted::Of {
                link: finding.link,
                service: finding.service,
                window: finding.window,
                initiators: Default::default(),
                responders: Default::default(),
            },
            None => {
                let rows = finding.rows.iter().filter(|sight| sight.file == file);
                Wanted::At(rows.map(|sight| sight.place.offset).lean_collect())
            }
        })
    }

    /// The places of the rows of a swept site, by file.
    fn swept_rows(&mut self, sweep: u32, site: i32) -> Result<BTreeMap<u32, BTreeSet<u64>>, JsError> {
        let mut rows: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
        let document = self.with(Document::of)?;
        let name = self.with(|_, analysis| analysis.book.name_of(party_of(site)).to_owned())?;
        let swept = document.sweeps.get(sweep as usize).ok_or_else(|| refuse("that sweep is no longer in the case"))?;
        for row in swept.sites.iter().filter(|own| own.site == name).flat_map(|own| &own.evidence) {
            let file = self.case.files().iter().position(|file| file.receipt.name == row.file);
            if let Some(file) = file.and_then(|at| u32::try_from(at).ok()) {
                rows.entry(file).or_default().insert(row.offset);
            }
        }
        Ok(rows)
    }
}

/// The host that people write so: an address, else a name.
fn host_of(text: &str) -> Host {
    text.parse().map_or_else(|_| Host::of_name(text), Host::of_address)
}
