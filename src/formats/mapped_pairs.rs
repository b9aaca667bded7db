//! Any lines of pairs that name both ends, behind a syslog header or without one, read through the same mapping as
//! [`super::mapped_csv`]: which key is which field is guessed from names and values, kept, and the user's to correct. H3C and Huawei
//! (`SESSION`, `POLICY`), Juniper ScreenOS, Zyxel, F5 AFM, Sangfor, Forcepoint, eNcore and `conntrack` write such lines.
//!
//! Bytes are what the source counts. Where it counts, a record without counts is the beginning of a session, and counts with its end.
//! A key that comes twice in a line is the answer's the second time, as conntrack has it. A time without year or zone is the
//! relay's; the file's clock settles it.

use super::mapped_csv::{PairLines, pairs_tell_of_connections};
use super::{Format, Likeness, Parser, Sample, Setting};
use crate::evidence::Framing;

/// The format.
pub struct MappedPairs;

impl Format for MappedPairs {
    fn name(&self) -> &'static str {
        "mapped_pairs"
    }

    fn title(&self) -> &'static str {
        "Lines of key=value with mapped keys"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if pairs_tell_of_connections(sample) { Likeness::Possible } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(PairLines::new(setting, sample))
    }
}
