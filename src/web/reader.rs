//! What runs in a reader worker: a file goes through slice by slice, once to be counted, or again for certain rows.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::messages::{ProgressMessage, RowMessage};
use super::{out, refuse};
use crate::case::ReadingOrder;
use crate::reading::Reading;
use crate::reading::count::Counting;
use crate::reading::rows::{Lookup, Wanted};
use crate::sites::SiteBook;

/// The first pass over a file.
#[wasm_bindgen]
pub struct FileReading {
    order: ReadingOrder,
    size: u64,
    reading: Reading<Counting>,
}

#[wasm_bindgen]
impl FileReading {
    /// Begins to read a file of this name and size in bytes. `order` is the analyst's, from `reading_order`.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, size: f64, order: &[u8]) -> Result<FileReading, JsError> {
        let order = ReadingOrder::from_bytes(order).map_err(refuse)?;
        let reading = Reading::new(name, order.order.clone(), order.counting(name));
        Ok(FileReading { order, size: size as u64, reading })
    }

    /// Takes the file's next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.reading.feed(chunk);
    }

    /// How far it is.
    pub fn progress(&self) -> Result<JsValue, JsError> {
        out(&ProgressMessage::from(self.reading.progress()))
    }

    /// The file is at its end. The result is for the analyst's `add`.
    pub fn finish(self) -> Vec<u8> {
        let (receipt, counting) = self.reading.finish();
        self.order.result(receipt, counting).to_bytes()
    }

    /// The file is not read on, for this reason; what is left of it is counted as unprocessed.
    pub fn abandon(self, reason: &str) -> Vec<u8> {
        let (receipt, counting) = self.reading.abandon(reason, self.size);
        self.order.result(receipt, counting).to_bytes()
    }
}

/// What a second pass looks for, as it travels.
#[derive(Serialize, Deserialize)]
pub struct RowsOrder {
    /// The order that the file was read by.
    pub reading: Vec<u8>,
    /// The sites as they are shown.
    pub shown: SiteBook,
    /// What is looked for.
    pub wanted: Wanted,
    /// How many rows at most.
    pub most: u32,
    /// How many records to show on either side.
    pub around: u32,
    /// The file's index.
    pub file: u32,
}

/// A second pass over a file, for certain rows.
#[wasm_bindgen]
pub struct RowReading {
    file: u32,
    /// `None` once it is finished.
    reading: Option<Reading<Lookup>>,
}

#[wasm_bindgen]
impl RowReading {
    /// Begins to look through a file of this name. `order` is the analyst's, from `rows_order`.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, order: &[u8]) -> Result<RowReading, JsError> {
        let order: RowsOrder =
            postcard::from_bytes(order).map_err(|e| refuse(format!("not an order for rows: {e}")))?;
        let reading = ReadingOrder::from_bytes(&order.reading).map_err(refuse)?;
        let lookup = Lookup::new(
            order.wanted,
            reading.places(name),
            order.shown.parties(),
            order.most as usize,
            order.around as usize,
        );
        Ok(RowReading { file: order.file, reading: Some(Reading::new(name, reading.order, lookup)) })
    }

    /// Takes the file's next bytes; gives the rows found in them.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<JsValue, JsError> {
        let Some(reading) = &mut self.reading else { return Err(refuse("this pass is at its end")) };
        reading.feed(chunk);
        let rows = reading.visitor().take();
        self.rows(rows)
    }

    /// The file is at its end; gives the last rows.
    pub fn finish(&mut self) -> Result<JsValue, JsError> {
        let Some(reading) = self.reading.take() else { return Err(refuse("this pass is at its end")) };
        let (_, mut lookup) = reading.finish();
        self.rows(lookup.take())
    }

    /// Whether all wanted rows are found.
    pub fn done(&mut self) -> bool {
        self.reading.as_mut().is_none_or(|reading| reading.visitor().is_done())
    }

    fn rows(&self, rows: Vec<crate::reading::rows::Row>) -> Result<JsValue, JsError> {
        let rows: Vec<RowMessage> = rows.into_iter().map(|row| RowMessage::of(self.file, row)).collect();
        out(&rows)
    }
}
