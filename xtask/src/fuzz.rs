//! `cargo xtask fuzz`: reads what libFuzzer thinks of as logs of each format and as each container, and holds the accounts to
//! their word.
//!
//! The fixtures are the first corpus, for containers the few files in fuzz/seeds; what is found beyond them is kept in the target directory, so that a later run goes on
//! from there. A case that breaks something is kept too, and named: it becomes a fixture.

use crate::test::{Count, Outcome};
use crate::workspace::{root, shown, target};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The options of `fuzz`.
#[derive(clap::Args)]
pub struct Fuzz {
    /// The formats, as their files in src/formats are called, and containers, as the folders in fuzz/seeds; all without any
    formats: Vec<String>,
    /// Seconds a format
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How many formats at once
    #[arg(long, default_value_t = 1)]
    jobs: usize,
}

/// What a run on one format came to.
struct Run {
    format: String,
    /// How many inputs were read.
    executions: u64,
    /// Where the input lies that broke something.
    found: Option<PathBuf>,
}

impl Fuzz {
    /// Fuzzes and prints a line a format; fails when anything broke.
    pub fn run(&self) -> Result<()> {
        let program = build()?;
        let formats = if self.formats.is_empty() { all_formats()? } else { self.formats.clone() };
        let mut broken = Vec::new();
        for group in formats.chunks(self.jobs.max(1)) {
            let runs = std::thread::scope(|scope| {
                let threads: Vec<_> =
                    group.iter().map(|format| scope.spawn(|| fuzz(&program, format, self.seconds))).collect();
                threads.into_iter().map(|t| t.join().expect("a run does not panic")).collect::<Result<Vec<Run>>>()
            })?;
            for run in runs {
                println!("{:<24} {:>12} executions", run.format, run.executions);
                if let Some(found) = run.found {
                    broken.push(format!("{}: {}", run.format, shown(&found)));
                }
            }
        }
        if !broken.is_empty() {
            bail!("broken by\n  {}", broken.join("\n  "));
        }
        Ok(())
    }
}

/// Fuzzes every format for so many seconds: a count of the formats that held, and of those that broke.
pub fn every_format(seconds: u32) -> Result<Outcome> {
    let formats = all_formats()?;
    let jobs = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let passed = formats.len() as u64;
    Fuzz { formats, seconds, jobs }.run()?;
    Ok(Outcome::ran(Count { passed, failed: 0 }))
}

/// The containers, and the formats that have fixtures to begin with.
fn all_formats() -> Result<Vec<String>> {
    let folder = root().join("tests/fixtures");
    let mut names = containers()?;
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", shown(&folder)))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // A format is its file, or its folder.
        let source = root().join("src/formats");
        if source.join(format!("{name}.rs")).exists() || source.join(&name).is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The containers, by the names of the folders with their seeds.
fn containers() -> Result<Vec<String>> {
    let folder = root().join("fuzz/seeds");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", shown(&folder)))?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Builds the target with libFuzzer's counters, as cargo-fuzz does. There is no `unsafe` of ours that an address sanitizer
/// would watch over, so it is left out.
fn build() -> Result<PathBuf> {
    let folder = target().join("fuzz");
    let flags = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                 -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
    let host = host()?;
    // With a target named, the flags do not reach the dependencies' build scripts.
    let status = Command::new("cargo")
        .args(["build", "--target", &host, "--quiet", "--release", "--manifest-path"])
        .arg(root().join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(root())
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("the fuzz target does not build");
    }
    Ok(folder.join(host).join("release/fuzz"))
}

/// This machine, as the compiler calls it.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc does not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?;
    Ok(host.to_owned())
}

/// Fuzzes one format for so many seconds.
fn fuzz(program: &Path, format: &str, seconds: u32) -> Result<Run> {
    let place = target().join("fuzz/corpus").join(format);
    let broken = target().join("fuzz/broken").join(format);
    std::fs::create_dir_all(&place).context("cannot make the corpus' folder")?;
    std::fs::create_dir_all(&broken).context("cannot make a folder for what breaks")?;
    seed(format, &place)?;
    let container = containers()?.iter().any(|name| name == format);
    // A chunk of an event log alone has 64 KiB.
    let longest = if format == "evtx" { 72 << 10 } else { 4096 };
    let mut command = Command::new(program);
    if !container {
        command.env("KYOTEN_FORMAT", format);
    }
    let output = command
        .arg(&place)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={longest}"))
        .arg("-timeout=20")
        .arg("-rss_limit_mb=2048")
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", broken.display()))
        .output()
        .context("the fuzz target does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let executions = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse().ok());
    let found =
        said.lines().find_map(|line| line.split_once("Test unit written to ").map(|(_, path)| path.trim().into()));
    if !output.status.success() && found.is_none() {
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        bail!("the fuzz target stopped on {format}: {}", last.into_iter().rev().collect::<Vec<_>>().join(" / "));
    }
    Ok(Run { format: format.to_owned(), executions: executions.unwrap_or(0), found })
}

/// The fixtures as first corpus, each with a byte before it that says in what chunks it comes.
fn seed(format: &str, place: &Path) -> Result<()> {
    let seeds = root().join("fuzz/seeds").join(format);
    let fixtures = if seeds.is_dir() { seeds } else { root().join("tests/fixtures").join(format) };
    for entry in std::fs::read_dir(&fixtures).with_context(|| format!("{format} has no fixtures to begin with"))? {
        let path = entry?.path();
        let mut input = vec![6];
        input.extend(std::fs::read(&path).with_context(|| format!("cannot read {}", shown(&path)))?);
        let name = path.file_name().expect("a file has a name");
        std::fs::write(place.join(name), input).context("cannot write the corpus")?;
    }
    Ok(())
}
