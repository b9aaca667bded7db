//! Hours of use in one document, told by its memory: starts `benches/long.mjs` on the sample case, and says what it measured.

use crate::test::needs;
use crate::workspace::{root, shown, target};
use anyhow::{Context, Result, bail};
use kyoten::sample;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

/// Uses the sealed page that stands in dist/ for so many minutes. Fails when its memory grew.
pub fn measure(minutes: f64) -> Result<String> {
    needs::packages()?;
    needs::browser()?;
    let folder = target().join("bench/sample");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", shown(&folder)))?;
    let mut node = Command::new("node");
    node.arg(root().join("benches/long.mjs")).arg(minutes.to_string()).stdout(Stdio::piped());
    for file in sample::files() {
        let path = folder.join(file.name);
        fs::write(&path, file.bytes).with_context(|| format!("cannot write {}", shown(&path)))?;
        node.arg(path);
    }
    if let Ok(program) = std::env::current_exe() {
        node.env("KYOTEN_XTASK", program);
    }
    let output = node.spawn().and_then(std::process::Child::wait_with_output).context("node could not be started")?;
    if !output.status.success() {
        bail!("the long use ended with {}", output.status);
    }
    let said: Value =
        serde_json::from_slice(&output.stdout).context("benches/long.mjs printed something else than JSON")?;
    let number = |value: &Value| value.as_f64().context("benches/long.mjs does not say a number");
    let mut told = format!(
        "{}: {:.0} minutes, {} cycles, {} acts of a person, in one document.\n\n\
         | after a cycle, nothing open | first third | middle | last third |\n|---|---:|---:|---:|\n",
        said["browser"].as_str().unwrap_or("Chromium"),
        number(&said["minutes"])?,
        said["cycles"],
        said["acts"],
    );
    for (name, title) in [
        ("megabytes", "memory of all renderers, workers included, MB"),
        ("heap", "JavaScript's heap in the page, MB"),
        ("nodes", "nodes"),
        ("listeners", "listeners"),
    ] {
        let thirds = said["thirds"][name].as_array().context("benches/long.mjs says no thirds")?;
        let thirds = thirds.iter().map(|third| Ok(format!("{:.1}", number(third)?))).collect::<Result<Vec<_>>>()?;
        told += &format!("| {title} | {} |\n", thirds.join(" | "));
    }
    let grown = said["grown"].as_array().context("benches/long.mjs does not say what has grown")?;
    if !grown.is_empty() {
        bail!("{told}\nit grew by more than a tenth: {}", said["grown"]);
    }
    Ok(told)
}
