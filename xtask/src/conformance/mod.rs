//! `cargo xtask conformance FOLDER`: how well `kyoten flows` reads logs that others have read before.
//!
//! In the folder and those below it stands each log `X` beside `X.expected.ndjson`: one JSON line a record that an independent
//! parser found in it, with the fields of `kyoten flows` (`src_ip`, `dst_port`, `bytes_out` …), `record_no`, and `ts`,
//! `start` or `end`. Where such a parser contradicts the vendor's documentation, the documentation holds: those records
//! stand in `exceptions.tsv` with the vendor's sentence, and are counted apart.

mod compare;
mod exceptions;
mod expected;

use crate::workspace::{root, target};
use anyhow::{Context, Result, bail};
use compare::Score;
pub use exceptions::Exceptions;
use expected::Expected;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The options of `conformance`.
#[derive(clap::Args)]
pub struct Conformance {
    /// The folder with the logs and what is expected of them
    folder: PathBuf,
    /// Only formats (folders) whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Print each record that differs
    #[arg(long)]
    differences: bool,
}

impl Conformance {
    /// Reads everything and prints a line a format; fails where a format is below its measure.
    pub fn run(&self) -> Result<()> {
        let exceptions = Exceptions::load()?;
        let scores = scores(&self.folder, &self.only, self.differences, &exceptions)?;
        print!("{}", table(&scores));
        exceptions.unused().iter().for_each(|line| println!("no longer needed: {line}"));
        let below: Vec<&str> = scores.iter().filter(|(_, s)| !s.passes()).map(|(name, _)| name.as_str()).collect();
        if !below.is_empty() {
            bail!("below the measure: {}", below.join(", "));
        }
        Ok(())
    }
}

/// How the logs of a folder are read, by format (the folder that each lies in).
pub fn scores(
    folder: &Path,
    only: &str,
    differences: bool,
    exceptions: &Exceptions,
) -> Result<BTreeMap<String, Score>> {
    let kyoten = build()?;
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut logs = Vec::new();
    gather(folder, &mut logs)?;
    if logs.is_empty() {
        bail!("{} holds no X.expected.ndjson beside an X", folder.display());
    }
    for log in logs {
        let below = log.strip_prefix(folder).unwrap_or(&log);
        let format = below.parent().map(|p| p.display().to_string()).unwrap_or_default();
        if !format.contains(only) {
            continue;
        }
        let name = below.display().to_string();
        let expected = Expected::load(&log)?;
        let flows = flows_of(&kyoten, &log, expected.zone.as_deref())?;
        let score = compare::compare(&name, &expected, &flows, exceptions);
        if differences {
            score.differences.iter().for_each(|difference| println!("{name}: {difference}"));
        }
        scores.entry(format).or_default().add(score);
    }
    Ok(scores)
}

fn build() -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    let status = cargo.args(["build", "--quiet", "--bin", "kyoten"]).current_dir(root()).status().context("cargo")?;
    if !status.success() {
        bail!("kyoten does not build");
    }
    Ok(target().join("debug/kyoten"))
}

/// Every log that has an expectation beside it, in order.
fn gather(folder: &Path, logs: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.collect::<Result<Vec<_>, _>>()?.into_iter().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, logs)?;
        } else if Expected::path(&path).is_file() {
            logs.push(path);
        }
    }
    Ok(())
}

fn flows_of(kyoten: &Path, log: &Path, zone: Option<&str>) -> Result<Vec<Value>> {
    let mut command = Command::new(kyoten);
    command.arg("flows").arg(log);
    if let Some(zone) = zone {
        command.arg(format!("--assume-zone={zone}"));
    }
    let output = command.output().context("kyoten flows")?;
    // 2 is a refusal: no flows, which the score will say.
    if output.status.code().is_none() {
        bail!("kyoten flows {} fell over", log.display());
    }
    let text = String::from_utf8(output.stdout).context("kyoten flows writes UTF-8")?;
    text.lines().map(|line| serde_json::from_str(line).context("kyoten flows writes JSON lines")).collect()
}

fn table(scores: &BTreeMap<String, Score>) -> String {
    let mut out = format!(
        "{:<24} {:>7} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9} {:>6} {:>8}\n",
        "format", "records", "ends", "flows", "precision", "direction", "bytes", "time", "except", "verdict"
    );
    for (name, score) in scores {
        out += &format!(
            "{name:<24} {:>7} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9} {:>6} {:>8}\n",
            score.ends.of,
            score.ends.percent(),
            score.precision.of,
            score.precision.percent(),
            score.direction.percent(),
            score.bytes.percent(),
            score.time.percent(),
            score.excepted,
            if score.passes() { "holds" } else { "below" }
        );
    }
    out
}
