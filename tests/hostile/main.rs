//! Hostile and broken input, one test a case, through the same pipeline as the page and the command line.
//!
//! Each test's name begins with the number of its case in the list that the project keeps of what an intruder, a broken disk
//! or a careless export can put into a log. `KYOTEN_HOSTILE=full` runs the large ones at their real size.
#![allow(clippy::field_reassign_with_default, reason = "half of the fields of a case are private")]

mod archives;
mod case_files;
mod clocks;
mod containers;
mod encodings;
mod evtx;
mod fields;
mod making;
mod packets;
mod properties;
mod scale;
mod sites;
mod text;

/// Whether the large cases run at their real size.
fn full() -> bool {
    std::env::var("KYOTEN_HOSTILE").is_ok_and(|wish| wish == "full")
}
