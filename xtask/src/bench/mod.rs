//! `cargo xtask bench`: how fast the engine and the page are, always beside merely reading the same bytes on the same machine.
//!
//! What counts are the ratios; seconds belong to a machine. Each measurement and its reference take turns, and the median of the
//! runs is kept.

mod logs;
mod long;
mod page;
pub mod process;
mod redraw;
mod references;

use crate::dist::Dist;
use crate::stopwatch::timed;
use crate::workspace::{root, shown, target};
use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use logs::Kind;
use process::{Cost, median};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The options of `bench`.
#[derive(clap::Args)]
pub struct Bench {
    /// The size of each log: 200M, 1G
    #[arg(long, default_value = "1G", value_parser = size)]
    size: u64,
    /// How often each is measured; the median counts
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Only the command line, without a browser
    #[arg(long)]
    native: bool,
    /// Only the page
    #[arg(long, conflicts_with = "native")]
    page: bool,
    /// Only how fast the picture follows the brush, and print that only
    #[arg(long, conflicts_with_all = ["native", "page"])]
    redraw: bool,
    /// Only use the page for so many minutes without loading it anew, and print what its memory did; fails when it grew
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["native", "page", "redraw"])]
    long: Option<f64>,
    /// Only make the logs, for measuring by other means
    #[arg(long)]
    logs: bool,
    /// Print only, and leave benches/RESULTS.md as it is
    #[arg(long)]
    dry: bool,
}

impl Bench {
    /// Measures, prints, and keeps the results.
    pub fn run(&self) -> Result<()> {
        if self.runs == 0 {
            bail!("nothing is measured with --runs 0");
        }
        let folder = target().join("bench");
        fs::create_dir_all(&folder).context("cannot make the folder for the logs")?;
        let sites = logs::sites(&folder)?;
        if self.redraw {
            timed("building the page", || Dist::default().run())?;
            println!("{}", redraw::measure()?);
            return Ok(());
        }
        if let Some(minutes) = self.long {
            timed("building the page", || Dist::default().run())?;
            println!("{}", long::measure(minutes)?);
            return Ok(());
        }
        if self.logs {
            for kind in Kind::ALL {
                println!("{}", self.log(&folder, kind)?.display());
            }
            return Ok(());
        }
        let mut results = format!(
            "# Results\n\nMade by `cargo xtask bench`: medians of {} runs over logs of {} MB, each measured in turn with its reference.\n\
             The ratios are what counts; MB/s belong to the machine.\n\nMachine: {}.\n",
            self.runs,
            self.size / 1_000_000,
            machine()
        );
        if !self.page {
            results += &self.natively(&folder, &sites)?;
        }
        if !self.native {
            timed("building the page", || Dist::default().run())?;
            let mut logs = Vec::new();
            for kind in [Kind::ZeekTsv, Kind::Fortigate, Kind::Eve] {
                logs.push((kind.title().to_owned(), self.log(&folder, kind)?));
            }
            let packed = timed("a packed log", || packed(&logs[0].1))?;
            logs.push((format!("{}, gzip", Kind::ZeekTsv.title()), packed));
            results += &page::measure(&logs, &sites, self.runs)?;
            results += &redraw::measure()?;
        }
        println!("\n{results}");
        let kept = root().join("benches/RESULTS.md");
        if !self.dry {
            fs::write(&kept, results).with_context(|| format!("cannot write {}", shown(&kept)))?;
        }
        Ok(())
    }

    fn log(&self, folder: &Path, kind: Kind) -> Result<PathBuf> {
        timed(&format!("a log: {}", kind.title()), || logs::log(folder, kind, self.size))
    }

    fn natively(&self, folder: &Path, sites: &Path) -> Result<String> {
        timed("building the command line", || {
            let mut cargo = Command::new("cargo");
            let built =
                cargo.args(["build", "--quiet", "--release", "--bin", "kyoten"]).current_dir(root()).status()?;
            if built.success() { Ok(()) } else { bail!("the command line did not compile") }
        })?;
        let kyoten = target().join("release/kyoten");
        let cut = references::cutter();
        let mut table = format!(
            "\n## `kyoten analyze`, natively\n\nHashing and accounts included. *Reading* is the same file read in pieces of 1 MiB \
             and thrown away; *wc* is `wc -l`; *cutting* is {}; *DuckDB* is the nearest query (`benches/duckdb_query.py`) on two threads{}.\n\n\
             | log | MB/s | MB per CPU second | of reading | of `wc -l`, per CPU second | of cutting, per CPU second | of DuckDB, per CPU second | \
             of DuckDB's speed | peak memory |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
            cut.name,
            if references::has_duckdb() { "" } else { ", which is not installed here (pip install duckdb)" },
        );
        for kind in Kind::ALL {
            let log = self.log(folder, kind)?;
            let size = fs::metadata(&log)?.len() as f64 / 1e6;
            let (mut ours, mut wc, mut reading) = (Vec::new(), Vec::new(), Vec::new());
            let (mut cutting, mut duckdb) = (Vec::new(), Vec::new());
            // Once for nothing, so that the file is in memory for all of them.
            read(&log)?;
            for _ in 0..self.runs {
                reading.push(read(&log)?);
                wc.push(process::run(Command::new("wc").arg("-l").arg(&log))?);
                if kind == Kind::ZeekTsv {
                    cutting.push(cut.run(&log)?);
                }
                if let Some(mut query) = references::duckdb(kind, &log) {
                    duckdb.push(process::run(&mut query)?);
                }
                ours.push(process::run(Command::new(&kyoten).arg("analyze").arg(&log).arg("--sites").arg(sites))?);
            }
            let (ours, wc, reading) = (median(ours), median(wc), median(reading));
            let ratio = |costs: Vec<Cost>, of: fn(&Cost) -> f64| match costs.is_empty() {
                true => "–".to_owned(),
                false => format!("{:.2}", of(&median(costs)) / of(&ours)),
            };
            writeln!(
                table,
                "| {} | {:.0} | {:.0} | {:.3} | {:.3} | {} | {} | {} | {:.0} MB |",
                kind.title(),
                size / ours.seconds,
                size / ours.processor,
                reading.seconds / ours.seconds,
                wc.processor / ours.processor,
                ratio(cutting, |cost| cost.processor),
                ratio(duckdb.clone(), |cost| cost.processor),
                ratio(duckdb, |cost| cost.seconds),
                ours.peak as f64 / 1e6,
            )?;
        }
        Ok(table)
    }
}

/// The log packed by gzip, beside it.
fn packed(log: &Path) -> Result<PathBuf> {
    let path = log.with_extension("log.gz");
    if !path.exists() {
        let half = path.with_extension("part");
        let mut packer = GzEncoder::new(BufWriter::new(File::create(&half)?), Compression::default());
        std::io::copy(&mut File::open(log)?, &mut packer).context("the disk is full?")?;
        packer.finish()?.flush()?;
        fs::rename(&half, &path)?;
    }
    Ok(path)
}

/// Merely reads a file.
fn read(path: &Path) -> Result<Cost> {
    let start = Instant::now();
    let mut file = File::open(path)?;
    let mut piece = vec![0; 1 << 20];
    while file.read(&mut piece)? > 0 {}
    let seconds = start.elapsed().as_secs_f64();
    Ok(Cost { seconds, processor: seconds, peak: 0 })
}

/// `200M`, `1G`, `5000000`.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.trim_end_matches(['G', 'g', 'M', 'm']) {
        digits if digits.len() == text.len() => (digits, 1),
        digits if text.ends_with(['G', 'g']) => (digits, 1_000_000_000),
        digits => (digits, 1_000_000),
    };
    let number = digits.parse::<u64>().map_err(|_| format!("{text:?} is not a size like 200M or 1G"))?;
    number.checked_mul(unit).filter(|size| *size >= 1_000_000).ok_or_else(|| "at least 1M".to_owned())
}

/// Processor, number of cores and memory, as far as /proc tells.
fn machine() -> String {
    let first = |path: &str, field: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or(": unknown");
        line.trim_start_matches([':', '\t', ' ']).trim().to_owned()
    };
    let memory = first("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{}, {cores} cores, {} GB of memory", first("/proc/cpuinfo", "model name"), memory / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!((size("1G"), size("200m"), size("5000000")), (Ok(1_000_000_000), Ok(200_000_000), Ok(5_000_000)));
        assert!(size("big").is_err() && size("3").is_err() && size("99999999999G").is_err());
    }
}
