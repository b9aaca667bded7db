//! What a reader worker does to roll up: all files once more, one after the other, into one `rollup.csv`.

use std::sync::Arc;

use serde::Serialize;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::{out, refuse};
use crate::case::ReadingOrder;
use crate::reading::Reading;
use crate::reading::receipt::Receipt;
use crate::reading::rollup::Rollup;
use crate::reading::rollups::{LeftOut, Rollups};
use crate::sites::{self, SiteBook};

/// A pass over the files of a case that sums their flows by link, service, hour and outcome.
#[wasm_bindgen]
#[derive(Default)]
pub struct RollupReading {
    book: SiteBook,
    rollups: Rollups,
    reading: Option<Reading<Rollup>>,
    left_out: Vec<LeftOut>,
}

/// What the page saves, and what its reader must know.
#[derive(Serialize)]
struct RollupMessage {
    csv: String,
    notices: Vec<String>,
}

#[wasm_bindgen]
impl RollupReading {
    /// Of no file yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> RollupReading {
        RollupReading::default()
    }

    /// Begins with a file of this name; the one before is at its end. `order` is the analyst's, from `reading_order`.
    pub fn begin(&mut self, name: &str, order: &[u8]) -> Result<(), JsError> {
        self.end();
        let order = ReadingOrder::from_bytes(order).map_err(refuse)?;
        if order.book.sites.is_empty() {
            return Err(refuse("a rollup is by site: name the sites first"));
        }
        self.book = order.book.clone();
        let first = (order.order_of(name).clone(), Rollup::new(&order.book, name));
        let open = Arc::new(move |name: &str| (order.order_of(name).clone(), Rollup::new(&order.book, name)));
        self.reading = Some(Reading::opening(name, first.0, first.1, open));
        Ok(())
    }

    /// Takes the file's next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        let Some(reading) = &mut self.reading else { return };
        reading.feed(chunk);
        let done = reading.members();
        self.take(done);
    }

    /// All files are at their end: `rollup.csv`, and what is to be said of it. With a secret, sites are named by
    /// pseudonyms that only who has it can make again.
    pub fn finish(mut self, secret: Option<String>) -> Result<JsValue, JsError> {
        self.end();
        let RollupReading { book, rollups, mut left_out, .. } = self;
        let (rollup, more) = rollups.finish();
        let rollup = rollup.ok_or_else(|| refuse("none of the files is a log that Kyoten reads"))?;
        left_out.extend(more);
        let csv = rollup.to_csv(&book, |name| match secret.as_deref().filter(|secret| !secret.is_empty()) {
            Some(secret) => sites::pseudonym(name, secret),
            None => name.to_owned(),
        });
        let left_out = left_out.iter().map(|file| format!("{}: {}", file.name, file.reason));
        out(&RollupMessage { csv, notices: left_out.chain(rollup.notices()).collect() })
    }

    fn end(&mut self) {
        if let Some(reading) = self.reading.take() {
            let done = reading.finish_all();
            self.take(done);
        }
    }

    fn take(&mut self, done: Vec<(Receipt, Rollup)>) {
        for (receipt, part) in done {
            self.left_out.extend(self.rollups.take(&receipt, part));
        }
    }
}
