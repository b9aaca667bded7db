//! The page's part of the measuring: starts `benches/page.mjs`, which drives a real browser, and makes a table of what it says.

use crate::test::needs;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Measures the sealed page, from `file://`, on these logs, each with its title. The first is a Zeek log as TSV.
pub fn measure(logs: &[(String, PathBuf)], sites: &Path, runs: usize) -> Result<String> {
    needs::packages()?;
    needs::browser()?;
    let mut node = Command::new("node");
    node.arg(root().join("benches/page.mjs")).arg(sites).arg(runs.to_string());
    node.args(logs.iter().map(|(_, log)| log)).stdout(Stdio::piped());
    if let Ok(program) = std::env::current_exe() {
        node.env("KYOTEN_XTASK", program);
    }
    let output = node.spawn().and_then(std::process::Child::wait_with_output).context("node could not be started")?;
    if !output.status.success() {
        bail!("the measuring in the browser ended with {}", output.status);
    }
    let said: Value =
        serde_json::from_slice(&output.stdout).context("benches/page.mjs printed something else than JSON")?;
    let measured = said["logs"].as_array().context("benches/page.mjs measured nothing")?;
    let mut table = format!(
        "\n## The sealed page, from `file://`, in {}\n\nFrom the choice of the file to its receipt, accounts included; a large file's hash is made beside \
         that, and exports wait for it. *Reading* is the same file in the same slices in a worker, thrown away (a packed one unpacked by the browser's \
         own decompressor). *PapaParse* sums by host pair in a worker, over the log's first 100 MB; *DuckDB* is duckdb-wasm with the nearest query in \
         the same browser. MB of packed logs are packed ones.\n\n\
         | log | MB/s | of these, to the last byte | reading, MB/s | of reading | of PapaParse | of DuckDB | peak memory of the tab | of all renderers | resident, libraries included | longest block of the page's thread |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        said["browser"].as_str().unwrap_or("Chromium"),
    );
    for ((title, _), one) in logs.iter().zip(measured) {
        let number = |name: &str| one[name].as_f64().with_context(|| format!("benches/page.mjs does not say {name}"));
        let (ours, reading) = (number("page_mb_per_s")?, number("reading_mb_per_s")?);
        let beside =
            |name: &str| one[name].as_f64().map_or_else(|| "–".to_owned(), |other| format!("{:.1}", ours / other));
        writeln!(
            table,
            "| {title} | {ours:.0} | {:.0} | {reading:.0} | {:.3} | {} | {} | {:.0} MB | {:.0} MB | {:.0} MB | {:.0} ms |",
            number("read_mb_per_s")?,
            ours / reading,
            beside("papaparse_mb_per_s"),
            beside("duckdb_mb_per_s"),
            number("peak_mb")?,
            number("peak_all_mb")?,
            number("peak_rss_mb")?,
            number("longest_block_ms")?,
        )?;
        if let Some(error) = one["duckdb_error"].as_str() {
            writeln!(table, "\nDuckDB in the browser failed: {error}.")?;
        }
    }
    Ok(table)
}
