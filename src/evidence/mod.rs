//! What was dropped: its bytes, their layers of compression and encoding, the records in them, and the account of every byte.
//!
//! Invariant: no byte passes here without being counted in [`Accounts`], and nothing here knows of any log format.

pub mod accounts;
pub mod clock;
pub mod encoding;
pub mod nearby;
pub mod records;
pub mod table;
pub mod text;
pub mod unpack;
pub mod zone;

pub use accounts::{Accounts, Example, Reasons, Tally};
pub use clock::Clock;
pub use records::{Framing, Place, Record};
