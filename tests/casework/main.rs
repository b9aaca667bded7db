//! The case after the analysis: rolled up, saved, opened, reported, exported, decided on; each on the sample case.
#![allow(clippy::field_reassign_with_default, reason = "half of the fields of a case are private")]

mod acts;
mod document;
mod hostile;
mod languages;
mod mapping;
mod questions;
mod report;
mod rollup;
mod sampled;
