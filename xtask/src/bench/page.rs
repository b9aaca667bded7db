//! The page's part of the measuring: starts `benches/page.mjs`, which drives a real browser, and makes a table of what it says.

use crate::test::needs;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// Measures the sealed page on a log, from `file://`.
pub fn measure(log: &Path, sites: &Path, runs: usize) -> Result<String> {
    needs::packages()?;
    needs::browser()?;
    let mut node = Command::new("node");
    node.arg(root().join("benches/page.mjs")).arg(log).arg(sites).arg(runs.to_string()).stdout(Stdio::piped());
    if let Ok(program) = std::env::current_exe() {
        node.env("KYOTEN_XTASK", program);
    }
    let output = node.spawn().and_then(std::process::Child::wait_with_output).context("node could not be started")?;
    if !output.status.success() {
        bail!("the measuring in the browser ended with {}", output.status);
    }
    let said: Value =
        serde_json::from_slice(&output.stdout).context("benches/page.mjs printed something else than JSON")?;
    let number = |name: &str| said[name].as_f64().with_context(|| format!("benches/page.mjs does not say {name}"));
    let (ours, reading) = (number("page_mb_per_s")?, number("reading_mb_per_s")?);
    Ok(format!(
        "\n## The sealed page, from `file://`, in {}\n\nOne Zeek log (TSV), from the choice of the file to its receipt, accounts included; a large file's hash \
         is made beside that, and exports wait for it. *Reading* is the same file in the same slices in a worker, thrown away. *PapaParse* sums by host pair \
         in a worker, over the log's first 100 MB.\n\n\
         | log | MB/s | of these, to the last byte | reading, MB/s | of reading | of PapaParse | peak memory of the tab | of all renderers | resident, libraries included | longest block of the page's thread |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
         | Zeek conn.log (TSV) | {ours:.0} | {:.0} | {reading:.0} | {:.3} | {:.1} | {:.0} MB | {:.0} MB | {:.0} MB | {:.0} ms |\n",
        said["browser"].as_str().unwrap_or("Chromium"),
        number("read_mb_per_s")?,
        ours / reading,
        ours / number("papaparse_mb_per_s")?,
        number("peak_mb")?,
        number("peak_all_mb")?,
        number("peak_rss_mb")?,
        number("longest_block_ms")?,
    ))
}
