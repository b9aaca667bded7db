//! How long the picture takes to follow the timeline's brush, in a real browser.

use crate::test::needs;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

/// Sites and links of the cases.
const CASES: [&str; 3] = ["60:500", "200:5000", "5000:5000"];
/// How often each picture is drawn; the median counts.
const RUNS: usize = 31;

/// Measures the sealed page that stands in dist/.
pub fn measure() -> Result<String> {
    needs::packages()?;
    needs::browser()?;
    let mut node = Command::new("node");
    node.arg(root().join("benches/redraw.mjs")).arg(RUNS.to_string()).args(CASES).stdout(Stdio::piped());
    if let Ok(program) = std::env::current_exe() {
        node.env("KYOTEN_XTASK", program);
    }
    let output = node.spawn().and_then(std::process::Child::wait_with_output).context("node could not be started")?;
    if !output.status.success() {
        bail!("the measuring of redraws ended with {}", output.status);
    }
    let measured: Vec<Value> =
        serde_json::from_slice(&output.stdout).context("benches/redraw.mjs printed something else than JSON")?;
    let mut table = format!(
        "\n## The picture under a moving brush\n\nOne thread of the sealed page, 1200 × 800 dots, a window of five days of thirty: the scene by the \
         engine, then decoded, painted, and a dot read back so that it is drawn. Medians of {RUNS} redraws. Aimed at: 16 ms at 500 links, \
         50 ms at 5,000.\n\n\
         | sites | links | layout | scene | painting | both | of 20 redraws the slowest |\n|---:|---:|---|---:|---:|---:|---:|\n"
    );
    for own in &measured {
        let number = |name: &str| own[name].as_f64().with_context(|| format!("benches/redraw.mjs does not say {name}"));
        writeln!(
            table,
            "| {} | {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms |",
            number("sites")?,
            number("links")?,
            own["layout"].as_str().unwrap_or_default(),
            number("scene_ms")?,
            number("paint_ms")?,
            number("median_ms")?,
            number("slow_ms")?,
        )?;
    }
    Ok(table)
}
