//! `cargo xtask fuzz`: reads what libFuzzer thinks of as logs of each format, as each container and as whatever else comes from
//! anybody, and holds the reading to its word (fuzz/src/).
//!
//! The fixtures are the first corpus, for what has none the few files in fuzz/seeds; what is found beyond them is kept in the target
//! directory, so that a later run goes on from there. A case that breaks something is kept too, and named: it becomes a fixture. What
//! all runs come to is added up in fuzz/tally.csv.

mod dictionary;
mod seeds;
mod tally;

/// Which readers are fuzzed together; the target has the same list.
#[path = "../../../fuzz/src/families.rs"]
mod families;

use crate::bench::process;
use crate::test::{Count, Outcome};
use crate::workspace::{root, shown, target};
use anyhow::{Context, Result, bail};
use families::{FAMILIES, Family};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tally::Tally;

/// The options of `fuzz`.
#[derive(clap::Args)]
pub struct Fuzz {
    /// The families (fuzz/src/families.rs), or members of them by name: formats, containers, books; all families without any
    targets: Vec<String>,
    /// Seconds a target, by the clock
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Go on with each family until its tally has so many minutes of processor time, in place of --seconds
    #[arg(long, conflicts_with = "seconds")]
    minutes: Option<f64>,
    /// How many targets at once
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Where the runs are added up; only of the project's own is the table in docs/security.md made
    #[arg(long, default_value_os_t = tally::place())]
    tally: PathBuf,
}

/// What is fuzzed by one run: a family, or one member of it.
#[derive(Clone, Copy)]
struct Target {
    family: &'static Family,
    only: Option<&'static str>,
}

impl Target {
    fn named(name: &str) -> Result<Target> {
        let whole = families::named(name).map(|family| Target { family, only: None });
        let member = || {
            FAMILIES.iter().find_map(|family| {
                let only = family.members.iter().find(|member| **member == name)?;
                Some(Target { family, only: Some(only) })
            })
        };
        whole.or_else(member).with_context(|| format!("{name} is no family of fuzz/src/families.rs, and in none"))
    }

    fn all() -> Vec<Target> {
        FAMILIES.iter().map(|family| Target { family, only: None }).collect()
    }

    fn name(self) -> &'static str {
        self.only.unwrap_or(self.family.name)
    }
}

/// What a run came to.
struct Run {
    target: Target,
    /// How many inputs were read.
    executions: u64,
    /// Seconds of processor time, where the machine tells.
    processor: Option<f64>,
    /// Where the input lies that broke something.
    found: Option<PathBuf>,
}

/// A run that goes on is told in pieces of so many seconds, so that what it came to is not lost with it.
const PIECE: u32 = 900;

impl Fuzz {
    /// Fuzzes and prints a line a run; fails when anything broke.
    pub fn run(&self) -> Result<()> {
        let targets = match self.targets.as_slice() {
            [] => Target::all(),
            names => names.iter().map(|name| Target::named(name)).collect::<Result<_>>()?,
        };
        let program = build()?;
        let mut tally = Tally::read(&self.tally)?;
        let mut broken = Vec::new();
        let mut add = |tally: &mut Tally, run: Run| -> Result<bool> {
            print(&run);
            tally.add(run.target.family.name, run.executions, run.processor.unwrap_or(0.0), run.found.is_some());
            self.keep(tally)?;
            broken.extend(run.found.iter().map(|found| format!("{}: {}", run.target.name(), shown(found))));
            Ok(run.found.is_none() && run.processor.is_some())
        };
        match self.minutes {
            None => {
                for group in targets.chunks(self.jobs.max(1)) {
                    for run in together(&program, group, self.seconds)? {
                        add(&mut tally, run)?;
                    }
                }
            }
            Some(minutes) => {
                self.keep(&tally)?;
                for target in targets {
                    while tally.minutes(target.family.name) < minutes
                        && add(&mut tally, fuzz(&program, target, PIECE)?)?
                    {}
                }
            }
        }
        if !broken.is_empty() {
            bail!("broken by\n  {}", broken.join("\n  "));
        }
        Ok(())
    }

    /// Writes the tally, and where it is the project's own, the table that is made of it.
    fn keep(&self, tally: &Tally) -> Result<()> {
        tally.write(&self.tally)?;
        if self.tally == tally::place() { tally::tell(tally) } else { Ok(()) }
    }
}

/// Fuzzes every family for so many seconds: a count of the families that held. It is too short to go into the tally.
pub fn every_family(seconds: u32) -> Result<Outcome> {
    let jobs = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let tally = target().join("fuzz/moments.csv");
    Fuzz { targets: Vec::new(), seconds, minutes: None, jobs, tally }.run()?;
    Ok(Outcome::ran(Count { passed: FAMILIES.len() as u64, failed: 0 }))
}

fn print(run: &Run) {
    let processor = run.processor.map(|seconds| format!("{:>7.1} CPU-minutes", seconds / 60.0)).unwrap_or_default();
    println!("{:<24} {:>12} executions {processor}", run.target.name(), run.executions);
}

/// Fuzzes these side by side.
fn together(program: &Path, group: &[Target], seconds: u32) -> Result<Vec<Run>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = group.iter().map(|target| scope.spawn(|| fuzz(program, *target, seconds))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a run does not panic")).collect()
    })
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

/// Fuzzes one target for so many seconds.
fn fuzz(program: &Path, target: Target, seconds: u32) -> Result<Run> {
    let folder = crate::workspace::target().join("fuzz");
    let folder_of = |kind: &str| folder.join(kind).join(target.name());
    let (corpus, broken, words) = (folder_of("corpus"), folder_of("broken"), folder_of("words"));
    for place in [&corpus, &broken, &words] {
        std::fs::create_dir_all(place).with_context(|| format!("cannot make {}", shown(place)))?;
    }
    seeds::sow(target, &corpus)?;
    let words = words.join("dictionary");
    let dictionary = dictionary::of(target)?;
    std::fs::write(&words, &dictionary).context("cannot write the dictionary")?;
    let said = broken.join("said.txt");
    let mut command = Command::new(program);
    command.env("KYOTEN_FAMILY", target.family.name);
    if let Some(only) = target.only {
        command.env("KYOTEN_FORMAT", only);
    }
    let mut child = command
        .arg(&corpus)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.family.longest))
        // It refuses an empty dictionary.
        .args((!dictionary.is_empty()).then(|| format!("-dict={}", words.display())))
        // By the clock, and the machine may be busy: what is small packed may be megabytes unpacked.
        .arg("-timeout=120")
        .arg("-rss_limit_mb=2048")
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", broken.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // A file never fills up as a pipe that nobody reads does.
        .stderr(std::fs::File::create(&said).with_context(|| format!("cannot write {}", shown(&said)))?)
        .spawn()
        .context("the fuzz target does not start")?;
    let processor = process::spent(&child).map(|(processor, _)| processor);
    let status = child.wait().context("the fuzz target can't be waited for")?;
    let said = std::fs::read(&said).with_context(|| format!("cannot read {}", shown(&said)))?;
    let said = String::from_utf8_lossy(&said);
    let executions = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse().ok());
    let found =
        said.lines().find_map(|line| line.split_once("Test unit written to ").map(|(_, path)| path.trim().into()));
    if !status.success() && found.is_none() {
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        bail!(
            "the fuzz target stopped on {}: {}",
            target.name(),
            last.into_iter().rev().collect::<Vec<_>>().join(" / ")
        );
    }
    Ok(Run { target, executions: executions.unwrap_or(0), processor, found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn members() -> Vec<&'static str> {
        FAMILIES.iter().flat_map(|family| family.members).copied().collect()
    }

    #[test]
    fn every_format_is_in_one_family() {
        for format in kyoten::formats::ALL {
            let times = members().iter().filter(|member| **member == format.name()).count();
            assert_eq!(times, 1, "{} is in so many families of fuzz/src/families.rs", format.name());
        }
    }

    #[test]
    fn every_container_and_book_with_seeds_is_in_a_family_and_every_member_has_seeds() {
        let all: BTreeSet<&str> = members().into_iter().collect();
        assert_eq!(all.len(), members().len(), "a member is in two families");
        for entry in std::fs::read_dir(root().join("fuzz/seeds")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(all.contains(name.as_str()), "fuzz/seeds/{name} is in no family");
        }
        for target in Target::all() {
            for (number, member) in target.family.members.iter().enumerate() {
                let seeds = seeds::of(member).unwrap();
                assert!(!seeds.is_empty(), "{member} has no seeds");
                assert!(number < 255, "a byte of the input picks the member");
            }
        }
    }

    #[test]
    fn every_layer_that_is_unpacked_is_in_a_family() {
        // As the accounts call them; UTF-16 has two names.
        let layers = ["gzip", "zip", "tar", "zstd", "xz", "bzip2", "lz4", "utf16", "evtx", "parquet"];
        for layer in layers {
            let named = seeds::of(layer).unwrap().iter().any(|(_, bytes)| {
                let mut unpacker = kyoten::evidence::unpack::Unpacker::opening_archives();
                unpacker.feed(bytes, &mut |_| {});
                unpacker.finish(&mut |_| {});
                unpacker.accounts().iter().any(|own| own.name.replace('-', "").starts_with(layer))
            });
            assert!(named && members().contains(&layer), "{layer}");
        }
    }
}
