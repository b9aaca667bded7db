//! The lists that are too long to be handed to the page whole: host pairs, accounts, names; and cells as CSV.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::Analyst;
use crate::evidence::table::cell;
use crate::evidence::text::visible;
use crate::ledger::survey::LinkKey;
use crate::scoping::listing::{Asked, By, accounts, hosts_like, pairs};
use crate::web::messages::{millis, number_of, party_of};
use crate::web::{out, take};

/// What is asked of the host pairs, and which page of them.
#[derive(Deserialize)]
struct PairsQuery {
    from: Option<i32>,
    to: Option<i32>,
    service: Option<String>,
    #[serde(default)]
    part: String,
    #[serde(default)]
    by: String,
    #[serde(default)]
    descending: bool,
    offset: u32,
    count: u32,
}

/// A page of the host pairs.
#[derive(Serialize)]
struct PairsMessage {
    /// How many there are in all.
    total: u32,
    rows: Vec<PairMessage>,
}

#[derive(Serialize)]
struct PairMessage {
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
    service: String,
    initiator: String,
    responder: String,
    connections: u64,
    established: u64,
    denied: u64,
    failed: u64,
    bytes_out: u64,
    bytes_in: u64,
    first: Option<f64>,
    last: Option<f64>,
}

/// An account on a service of a link.
#[derive(Serialize)]
struct AccountMessage {
    name: String,
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
    service: String,
    flows: u64,
}

#[wasm_bindgen]
impl Analyst {
    /// A page of the host pairs: `{from, to, service, part, by, descending, offset, count}`.
    pub fn host_pairs(&mut self, query: JsValue) -> Result<JsValue, JsError> {
        let query: PairsQuery = take(query)?;
        let message = self.with(|_, analysis| {
            let link = query.from.zip(query.to).map(|(from, to)| LinkKey { from: party_of(from), to: party_of(to) });
            let asked = Asked {
                link,
                service: query.service.as_deref(),
                part: query.part.trim(),
                by: by(&query.by),
                descending: query.descending,
            };
            let found = pairs(&analysis.survey, &asked);
            let inert = |text: &str| visible(text).into_owned();
            let page = found.iter().skip(query.offset as usize).take(query.count as usize);
            PairsMessage {
                total: found.len() as u32,
                rows: page
                    .map(|pair| PairMessage {
                        from: number_of(pair.link.from),
                        to: number_of(pair.link.to),
                        from_name: inert(analysis.book.name_of(pair.link.from)),
                        to_name: inert(analysis.book.name_of(pair.link.to)),
                        service: pair.key.service.to_string(),
                        initiator: inert(&analysis.survey.host(pair.key.initiator)),
                        responder: inert(&analysis.survey.host(pair.key.responder)),
                        connections: pair.totals.connections(),
                        established: pair.totals.established,
                        denied: pair.totals.denied,
                        failed: pair.totals.failed,
                        bytes_out: pair.totals.bytes_out,
                        bytes_in: pair.totals.bytes_in,
                        first: pair.totals.first.map(millis),
                        last: pair.totals.last.map(millis),
                    })
                    .collect(),
            }
        })?;
        out(&message)
    }

    /// The accounts that have this in their name, by link and service, at most so many.
    pub fn accounts(&mut self, part: &str, most: u32) -> Result<JsValue, JsError> {
        let rows = self.with(|_, analysis| {
            let inert = |text: &str| visible(text).into_owned();
            let found = accounts(&analysis.survey, part.trim()).into_iter().take(most as usize);
            let rows = found.map(|account| AccountMessage {
                name: inert(&account.name),
                from: number_of(account.link.from),
                to: number_of(account.link.to),
                from_name: inert(analysis.book.name_of(account.link.from)),
                to_name: inert(analysis.book.name_of(account.link.to)),
                service: account.service,
                flows: account.flows,
            });
            rows.collect::<Vec<_>>()
        })?;
        out(&rows)
    }

    /// Hosts that have this in their address or name, at most so many.
    pub fn hosts_like(&mut self, part: &str, most: u32) -> Result<Vec<String>, JsError> {
        self.with(|_, analysis| {
            let found = hosts_like(&analysis.survey, part.trim(), most as usize);
            found.iter().map(|host| visible(host).into_owned()).collect()
        })
    }

    /// Rows of cells as CSV, by the one rule that keeps them safe in spreadsheets.
    pub fn csv(&self, rows: JsValue) -> Result<String, JsError> {
        let rows: Vec<Vec<String>> = take(rows)?;
        let line = |row: &Vec<String>| row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n";
        Ok(rows.iter().map(line).collect())
    }
}

/// The order of this name; that of the ledger where it has none.
fn by(name: &str) -> By {
    match name {
        "initiator" => By::Initiator,
        "responder" => By::Responder,
        "service" => By::Service,
        "connections" => By::Connections,
        "denied" => By::Denied,
        "bytes_out" => By::BytesOut,
        "bytes_in" => By::BytesIn,
        "first" => By::First,
        "last" => By::Last,
        _ => By::Place,
    }
}
