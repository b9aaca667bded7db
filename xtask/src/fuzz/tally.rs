//! What all runs of the fuzzer come to, a line a family (fuzz/tally.csv), and the table in docs/security.md that is made of it.

use super::families::FAMILIES;
use crate::workspace::{root, shown};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const HEADER: &str = "family,executions,cpu_seconds,found";
const DOCUMENT: &str = "docs/security.md";
/// What stands before and behind the table.
const MARKS: [&str; 2] = ["<!-- the tally -->\n", "<!-- the tally’s end -->\n"];

/// The project's own.
pub fn place() -> PathBuf {
    root().join("fuzz/tally.csv")
}

/// What came of one family.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Line {
    executions: u64,
    cpu_seconds: f64,
    found: u64,
}

/// Of each family.
#[derive(Default, PartialEq, Debug)]
pub struct Tally(BTreeMap<String, Line>);

impl Tally {
    /// Reads a tally; an empty one where there is no such file.
    pub fn read(place: &Path) -> Result<Tally> {
        if !place.exists() {
            return Ok(Tally::default());
        }
        let text = std::fs::read_to_string(place).with_context(|| format!("cannot read {}", shown(place)))?;
        Tally::of(&text).with_context(|| format!("{} is no tally", shown(place)))
    }

    fn of(text: &str) -> Option<Tally> {
        let mut lines = text.lines();
        lines.next().filter(|header| *header == HEADER)?;
        lines
            .map(|line| {
                let [family, executions, cpu_seconds, found] = line.split(',').collect::<Vec<_>>().try_into().ok()?;
                let line = Line {
                    executions: executions.parse().ok()?,
                    cpu_seconds: cpu_seconds.parse().ok()?,
                    found: found.parse().ok()?,
                };
                Some((family.to_owned(), line))
            })
            .collect::<Option<_>>()
            .map(Tally)
    }

    /// Writes it.
    pub fn write(&self, place: &Path) -> Result<()> {
        std::fs::write(place, self.to_csv()).with_context(|| format!("cannot write {}", shown(place)))
    }

    fn to_csv(&self) -> String {
        let mut csv = format!("{HEADER}\n");
        for (family, line) in &self.0 {
            writeln!(csv, "{family},{},{:.0},{}", line.executions, line.cpu_seconds, line.found)
                .expect("a String takes all");
        }
        csv
    }

    /// Adds a run.
    pub fn add(&mut self, family: &str, executions: u64, cpu_seconds: f64, found: bool) {
        let line = self.0.entry(family.to_owned()).or_default();
        line.executions += executions;
        line.cpu_seconds += cpu_seconds;
        line.found += u64::from(found);
    }

    /// Minutes of processor time that a family had.
    pub fn minutes(&self, family: &str) -> f64 {
        self.0.get(family).map_or(0.0, |line| line.cpu_seconds / 60.0)
    }

    /// As docs/security.md has it, with what each family is.
    fn table(&self) -> String {
        let mut out = "| family | its members | executions | CPU-minutes | found |\n|---|---|---|---|---|\n".to_owned();
        let mut all = Line::default();
        for family in FAMILIES {
            let line = self.0.get(family.name).copied().unwrap_or_default();
            row(&mut out, family.name, &family.members.join(", "), line);
            all.executions += line.executions;
            all.cpu_seconds += line.cpu_seconds;
            all.found += line.found;
        }
        row(&mut out, "all", "", all);
        out
    }
}

fn row(out: &mut String, name: &str, members: &str, line: Line) {
    let minutes = line.cpu_seconds / 60.0;
    writeln!(out, "| {name} | {members} | {} | {minutes:.1} | {} |", grouped(line.executions), line.found)
        .expect("a String takes all");
}

/// `12,345`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let group = |(at, digit): (usize, char)| {
        let comma = at > 0 && (digits.len() - at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
}

/// Writes the table into docs/security.md.
pub fn tell(tally: &Tally) -> Result<()> {
    let place = root().join(DOCUMENT);
    let text = std::fs::read_to_string(&place).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let told = with_table(&text, &tally.table()).with_context(|| format!("{DOCUMENT} has no place for the tally"))?;
    std::fs::write(&place, told).with_context(|| format!("cannot write {DOCUMENT}"))
}

fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some([before, MARKS[0], table, MARKS[1], after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_added_up_and_read_back() {
        let mut tally = Tally::default();
        tally.add("json", 1000, 30.0, false);
        tally.add("json", 234, 60.0, true);
        assert_eq!(tally.minutes("json"), 1.5);
        assert_eq!(Tally::of(&tally.to_csv()), Some(tally));
        assert_eq!(Tally::of("family,executions\n"), None);
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn the_document_has_the_tally() {
        let tally = Tally::read(&place()).unwrap();
        let text = std::fs::read_to_string(root().join(DOCUMENT)).unwrap();
        let told = with_table(&text, &tally.table()).expect("it has a place for it");
        assert!(told == text, "run cargo xtask fuzz, or write the tally's table into {DOCUMENT}:\n{}", tally.table());
    }
}
