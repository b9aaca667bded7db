//! Long lists of numbers, one line an entry, so that a document stays readable and a third as long.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::to_raw_value;

/// An hour of a service: its start in epoch seconds (`None` for flows without a time), and its connections, those established,
/// denied and failed, and bytes out and in.
pub type Hour = (Option<i64>, u64, u64, u64, u64, u64, u64);
/// A host pair of a service: initiator, responder, connections, those established, denied and failed, first and last start.
pub type Pair = (String, String, u64, u64, u64, u64, Option<f64>, Option<f64>);

/// Hours in order.
pub type Hours = Lines<Hour>;
/// Pairs in order.
pub type Pairs = Lines<Pair>;

/// A list whose entries stand on one line together.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines<T>(pub Vec<T>);

impl<T> Default for Lines<T> {
    fn default() -> Lines<T> {
        Lines(Vec::new())
    }
}

impl<T> Lines<T> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T: Serialize> Serialize for Lines<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        to_raw_value(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lines<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lines<T>, D::Error> {
        Vec::deserialize(deserializer).map(Lines)
    }
}
