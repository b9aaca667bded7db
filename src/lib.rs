//! Kyoten reads the logs that an incident responder was handed and answers one question: *which connections between
//! our sites should not have occurred?*
//!
//! The modules stand in the order of the data's way; a module uses those above it, never one below
//! (`tests/layering.rs` holds that, `ARCHITECTURE.md` explains it).
#![forbid(unsafe_code)]

pub mod sorting;

pub mod flow;

pub mod calendar;

pub mod phrase;

pub mod sample;

pub mod evidence;

pub mod formats;

pub mod sites;

pub mod policy;

pub mod ledger;

pub mod reading;

pub mod finding;

pub mod detectors;

pub mod scoping;

pub mod case;

pub mod placing;

pub mod scene;

pub mod paint;

pub mod report;

pub mod containment;

#[cfg(target_arch = "wasm32")]
pub mod web;
