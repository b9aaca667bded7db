//! Where one record ends and the next begins: lines, quoted lines, JSON values. Chunk by chunk, at bounded memory,
//! with the same result however the bytes were cut.

use serde::{Deserialize, Serialize};

/// Where a record begins, in the layer where the records stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// Bytes from the layer's beginning.
    pub offset: u64,
}

/// One record's bytes, without the line end, and where they stand.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// Its bytes.
    pub bytes: &'r [u8],
    /// Where it begins.
    pub place: Place,
}

/// How records are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A line is a record; LF, CRLF and CR all end it.
    Lines,
    /// As [`Framing::Lines`], but a field that begins with `"` may hold line ends (RFC 4180 §2.6), at this delimiter.
    QuotedLines(u8),
    /// A top-level JSON object is a record: NDJSON, an array, concatenated or pretty-printed.
    Json,
}
