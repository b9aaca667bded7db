//! Where a flow's record stands, and when the flow began.

use serde::{Deserialize, Serialize};

use crate::evidence::Place;
use crate::flow::Moment;

/// Where a flow's record stands, and when the flow began. Ordered by time (undated last), then file, then place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sight {
    /// When the flow began.
    pub at: Option<Moment>,
    /// The file, by its place in the case; 0 in the ledger of one file.
    pub file: u32,
    /// The record.
    pub place: Place,
}

impl Sight {
    fn order(&self) -> (bool, Option<Moment>, u32, Place) {
        (self.at.is_none(), self.at, self.file, self.place)
    }
}

impl PartialOrd for Sight {
    fn partial_cmp(&self, other: &Sight) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sight {
    fn cmp(&self, other: &Sight) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}
