//! What is asked of a finding: where else, is there any, whose address is this, do two clocks agree.
//!
//! Pure functions over the survey. Invariants: nothing here judges; an absence is said together with what was covered and with its
//! gaps; the same survey gives the same answer.

pub mod both_ends;
pub mod coverage;
pub mod indicators;
pub mod listing;
pub mod negative;
pub mod relay;
pub mod skew;
pub mod sweep;
