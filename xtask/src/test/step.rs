//! One step of the tests: running a command, showing what it says, and reading how many tests passed.

use crate::stopwatch::seconds;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How many tests passed and failed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Count {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed, or could not be run.
    pub failed: u64,
}

impl Count {
    /// A step that is itself one test, and passed.
    pub const ONE: Count = Count { passed: 1, failed: 0 };
}

/// What came of a step.
pub struct Outcome {
    count: Count,
    note: String,
}

impl Outcome {
    /// It ran.
    pub fn ran(count: Count) -> Outcome {
        Outcome { count, note: String::new() }
    }

    /// With what the table shall say of it.
    pub fn saying(self, note: String) -> Outcome {
        Outcome { note, ..self }
    }

    /// It was left out, for a reason that the table shows.
    pub fn skipped(why: &str) -> Outcome {
        Outcome { count: Count::default(), note: format!("skipped: {why}") }
    }
}

/// The steps so far.
pub struct Table {
    start: Instant,
    rows: Vec<(String, Duration, Outcome)>,
}

impl Default for Table {
    fn default() -> Table {
        Table { start: Instant::now(), rows: Vec::new() }
    }
}

impl Table {
    /// Runs a step and keeps what came of it. True when nothing in it failed.
    pub fn step(&mut self, name: &str, run: impl FnOnce() -> Result<Outcome>) -> bool {
        println!("\n── {name}");
        let start = Instant::now();
        let outcome = run();
        self.done(name, start.elapsed(), outcome)
    }

    /// Keeps what came of a step that ran elsewhere. True when nothing in it failed.
    pub fn done(&mut self, name: &str, time: Duration, outcome: Result<Outcome>) -> bool {
        let outcome = outcome.unwrap_or_else(|error| {
            println!("{error:#}");
            Outcome { count: Count { passed: 0, failed: 1 }, note: format!("{error:#}") }
        });
        let well = outcome.count.failed == 0;
        self.rows.push((name.to_owned(), time, outcome));
        well
    }

    /// Runs a step if what it needs is there; otherwise it counts as failed, since it proved nothing.
    pub fn step_if(
        &mut self,
        possible: bool,
        lacking: &str,
        name: &str,
        run: impl FnOnce() -> Result<Outcome>,
    ) -> bool {
        self.step(name, || if possible { run() } else { bail!("not run: {lacking}") })
    }

    /// Prints the table and the closing line. True when nothing failed.
    pub fn print(&self) -> bool {
        println!();
        let mut total = Count::default();
        for (name, time, Outcome { count, note }) in &self.rows {
            let note = if note.is_empty() { String::new() } else { format!("  {note}") };
            println!("{name:<45} {:>12} {:>5} passed {:>4} failed{note}", seconds(*time), count.passed, count.failed);
            total = Count { passed: total.passed + count.passed, failed: total.failed + count.failed };
        }
        println!("{:<45} {:>12}\n", "all", seconds(self.start.elapsed()));
        println!("{} passed, {} failed", total.passed, total.failed);
        total.failed == 0
    }
}

/// A command that is one test: it passes when it ends well.
pub fn whole(command: &mut Command) -> Result<Outcome> {
    let (well, _) = shown(command)?;
    Ok(Outcome::ran(if well { Count::ONE } else { Count { passed: 0, failed: 1 } }))
}

/// `cargo nextest run`.
pub fn nextest(command: &mut Command) -> Result<Outcome> {
    counted(command, |lines| {
        let summary = lines.iter().rev().find(|line| line.contains(" run: "));
        summary.map_or(Count::default(), |line| {
            // What was run and did not pass failed, in whatever of nextest's many ways.
            let passed = number_before(line, " passed");
            Count { passed, failed: number_before(line, " test").saturating_sub(passed) }
        })
    })
}

/// `cargo test`, which sums up once for each program.
pub fn cargo_test(command: &mut Command) -> Result<Outcome> {
    counted(command, |lines| {
        let sums = lines.iter().filter(|line| line.starts_with("test result: "));
        sums.fold(Count::default(), |sum, line| Count {
            passed: sum.passed + number_before(line, " passed"),
            failed: sum.failed + number_before(line, " failed"),
        })
    })
}

/// A program of ours whose last line is `N passed, N failed`.
pub fn summed(command: &mut Command) -> Result<Outcome> {
    counted(command, |lines| {
        let sum = lines.iter().rev().find(|line| line.contains(" passed, ") && line.ends_with(" failed"));
        sum.map_or(Count::default(), |line| Count {
            passed: number_before(line, " passed"),
            failed: number_before(line, " failed"),
        })
    })
}

/// `node --test` with its reporter `spec`.
pub fn node_tests(command: &mut Command) -> Result<Outcome> {
    counted(command, |lines| {
        let sum = |word: &str| -> u64 {
            let ends = lines.iter().filter_map(|line| line.split_once(&format!("ℹ {word} ")));
            ends.filter_map(|(_, number)| number.trim().parse::<u64>().ok()).sum()
        };
        Count { passed: sum("pass"), failed: sum("fail") + sum("cancelled") }
    })
}

/// Whether a command ends well, unseen.
pub fn succeeds(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command and counts by what it printed. One that ends badly without a failed test did not compile, or crashed.
fn counted(command: &mut Command, count: impl Fn(&[String]) -> Count) -> Result<Outcome> {
    let (well, lines) = shown(command)?;
    let mut count = count(&lines);
    if !well && count.failed == 0 {
        count.failed = 1;
    }
    Ok(Outcome::ran(count))
}

/// Runs a command, passing on each line as it comes and keeping them all. True when it ended well.
fn shown(command: &mut Command) -> Result<(bool, Vec<String>)> {
    command.env("CARGO_TERM_COLOR", "never").env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    let name = command.get_program().display().to_string();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name} could not be started: is it installed?"))?;
    let (sender, lines) = mpsc::channel();
    let pipes: [Box<dyn Read + Send>; 2] = [
        Box::new(child.stdout.take().expect("its output is piped")),
        Box::new(child.stderr.take().expect("its errors are piped")),
    ];
    for pipe in pipes {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                // Nobody listens any more only when this program is ending.
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let lines: Vec<String> = lines.iter().inspect(|line| println!("{line}")).collect();
    Ok((child.wait()?.success(), lines))
}

/// The whole number that stands right before `word`; 0 when there is none.
fn number_before(line: &str, word: &str) -> u64 {
    let Some((before, _)) = line.split_once(word) else { return 0 };
    let digits = before.rsplit(|letter: char| !letter.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_read_in_singular_and_plural() {
        assert_eq!(number_before("Summary [ 0.1s] 1 test run: 1 passed, 0 skipped", " test"), 1);
        assert_eq!(number_before("Summary [ 0.1s] 12 tests run: 11 passed (1 slow), 1 failed", " passed"), 11);
        assert_eq!(number_before("test result: ok. 3 passed; 4 failed;", " failed"), 4);
    }
}
