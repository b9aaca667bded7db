//! Says what a chore is doing, and how long each step of it took.

use std::time::{Duration, Instant};

/// Runs one named step and prints its time, whether or not it went well.
pub fn timed<T>(doing: &str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("{doing} …");
    let start = Instant::now();
    let outcome = step();
    let mark = if outcome.is_ok() { "done" } else { "failed" };
    println!("{doing}: {mark} in {}", seconds(start.elapsed()));
    outcome
}

/// A duration as a person reads it: `0.4 s`, `2 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}
