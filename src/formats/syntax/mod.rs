//! How fields are written: numbers, addresses, times, key=value pairs, cells of a table, JSON. Read from bytes, borrowed where it can be.
//!
//! Invariant: nothing here knows what a field means.

pub mod address;
pub mod cells;
pub mod columns;
pub mod json;
pub mod leaves;
pub mod matching;
pub mod number;
pub mod pairs;
pub mod separated;
pub mod shaped;
pub mod syslog;
pub mod template;
pub mod time;
pub mod when;
pub mod xml;
pub mod years;
