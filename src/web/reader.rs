//! What runs in a reader worker: a file goes through slice by slice, once to be counted, or again for certain rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::messages::{ProgressMessage, RowMessage};
use super::{out, refuse};
use crate::case::{PartPieces, ReadingOrder};
use crate::reading::Reading;
use crate::reading::count::Counting;
use crate::reading::range::{RangeReading, Ranges};
use crate::reading::receipt::Receipt;
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
        let reading = order.reading(name);
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

    /// The members of an archive that are at their end, handed over once: results for the analyst's `add`.
    pub fn members(&mut self) -> Vec<Uint8Array> {
        results(&self.order, self.reading.members())
    }

    /// The file is at its end. The results are for the analyst's `add`: the file's own, then those of members that were
    /// not handed over yet.
    pub fn finish(self) -> Vec<Uint8Array> {
        let FileReading { order, reading, .. } = self;
        results(&order, reading.finish_all())
    }

    /// The file is not read on, for this reason; what is left of it is counted as unprocessed. Results as of `finish`.
    pub fn abandon(self, reason: &str) -> Vec<Uint8Array> {
        let FileReading { order, reading, size } = self;
        results(&order, reading.abandon_all(reason, size))
    }
}

/// How a file that several readers may share is cut.
#[wasm_bindgen]
pub struct FileRanges(Ranges);

#[wasm_bindgen]
impl FileRanges {
    /// Whether a file that begins so may be read in ranges; nothing where one reader has to go through all of it.
    pub fn of(order: &[u8], head: &[u8]) -> Result<Option<FileRanges>, JsError> {
        let order = ReadingOrder::from_bytes(order).map_err(refuse)?;
        Ok(Ranges::of(&order.order, head).map(FileRanges))
    }

    /// Where a range may end in these bytes of the file.
    pub fn cut(&self, bytes: &[u8]) -> Option<u32> {
        self.0.cut(bytes).and_then(|at| u32::try_from(at).ok())
    }
}

/// The first pass over a range of a file.
#[wasm_bindgen]
pub struct PartReading {
    order: ReadingOrder,
    reading: RangeReading<Counting>,
}

#[wasm_bindgen]
impl PartReading {
    /// Begins to read the range that starts here. `head` is the file's beginning, as [`FileRanges::of`] saw it.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, order: &[u8], head: &[u8], start: f64) -> Result<PartReading, JsError> {
        let order = ReadingOrder::from_bytes(order).map_err(refuse)?;
        let ranges = Ranges::of(&order.order, head).ok_or_else(|| refuse("this file is not read in ranges"))?;
        let reading = ranges.begin(name, start as u64, order.counting(name));
        Ok(PartReading { order, reading })
    }

    /// Takes the range's next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.reading.feed(chunk);
    }

    /// How far it is.
    pub fn progress(&self) -> Result<JsValue, JsError> {
        out(&ProgressMessage::from(self.reading.progress()))
    }

    /// The range is at its end. Its pieces are for the analyst's `add_parts`.
    pub fn finish(self) -> Handing {
        let (part, counting) = self.reading.finish();
        Handing(self.order.part(part, counting))
    }

    /// The range is not read on, for this reason. Result as of `finish`.
    pub fn abandon(self, reason: &str) -> Handing {
        let (part, counting) = self.reading.abandon(reason);
        Handing(self.order.part(part, counting))
    }
}

/// What came of a range, to be handed over.
#[wasm_bindgen]
pub struct Handing(PartPieces);

#[wasm_bindgen]
impl Handing {
    /// The next piece; nothing behind the last.
    pub fn piece(&mut self) -> Option<Vec<u8>> {
        self.0.next()
    }
}

/// The hash of a file whose parts were read side by side.
#[wasm_bindgen]
#[derive(Default)]
pub struct Hashing(Sha256);

#[wasm_bindgen]
impl Hashing {
    /// Of no bytes yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Hashing {
        Hashing::default()
    }

    /// Takes the file's next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    /// SHA-256 in hex.
    pub fn finish(self) -> String {
        let digest: [u8; 32] = self.0.finalize().into();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn results(order: &ReadingOrder, done: Vec<(Receipt, Counting)>) -> Vec<Uint8Array> {
    let result = |(receipt, counting)| Uint8Array::from(order.result(receipt, counting).to_bytes().as_slice());
    done.into_iter().map(result).collect()
}

/// What a second pass looks for, as it travels.
#[derive(Serialize, Deserialize)]
pub struct RowsOrder {
    /// The order that the file was read by.
    pub reading: Vec<u8>,
    /// The name of the file in the case; for a member of an archive its path in that.
    pub name: String,
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
    /// Whether the file, or the member that is looked through, is at its end.
    through: bool,
}

#[wasm_bindgen]
impl RowReading {
    /// Begins to look through a dropped file of this name, or through a member of it. `order` is the analyst's, from
    /// `rows_order`.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, order: &[u8]) -> Result<RowReading, JsError> {
        let order: RowsOrder =
            postcard::from_bytes(order).map_err(|e| refuse(format!("not an order for rows: {e}")))?;
        let by = ReadingOrder::from_bytes(&order.reading).map_err(refuse)?;
        let file = order.file;
        // Where a member is looked through, nothing is wanted of the others.
        let lookup = move |name: &str| {
            let wanted = if name == order.name { order.wanted.clone() } else { Wanted::At(BTreeSet::new()) };
            let lookup =
                Lookup::new(wanted, by.places(name), order.shown.parties(), order.most as usize, order.around as usize);
            (by.order_of(name).clone(), lookup)
        };
        let (itself, visitor) = lookup(name);
        let reading = Reading::opening(name, itself, visitor, Arc::new(lookup));
        Ok(RowReading { file, reading: Some(reading), through: false })
    }

    /// Takes the file's next bytes; gives the rows found in them.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<JsValue, JsError> {
        let Some(reading) = &mut self.reading else { return Err(refuse("this pass is at its end")) };
        reading.feed(chunk);
        let mut rows = Vec::new();
        for (_, mut lookup) in reading.members() {
            self.through |= lookup.wants_any();
            rows.extend(lookup.take());
        }
        reading.each_visitor(&mut |lookup| rows.extend(lookup.take()));
        self.rows(rows)
    }

    /// The file is at its end; gives the last rows.
    pub fn finish(&mut self) -> Result<JsValue, JsError> {
        let Some(reading) = self.reading.take() else { return Err(refuse("this pass is at its end")) };
        let rows = reading.finish_all().into_iter().flat_map(|(_, mut lookup)| lookup.take()).collect();
        self.rows(rows)
    }

    /// Whether all wanted rows are found.
    pub fn done(&mut self) -> bool {
        let mut done = self.through;
        if let Some(reading) = &mut self.reading {
            reading.each_visitor(&mut |lookup| done |= lookup.wants_any() && lookup.is_done());
        }
        done || self.reading.is_none()
    }

    fn rows(&self, rows: Vec<crate::reading::rows::Row>) -> Result<JsValue, JsError> {
        let rows: Vec<RowMessage> = rows.into_iter().map(|row| RowMessage::of(self.file, row)).collect();
        out(&rows)
    }
}
