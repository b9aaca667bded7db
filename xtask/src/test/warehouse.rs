//! The queries of docs/warehouse.md, run in a virtual environment of Python below the target folder.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::step::{self, Outcome};
use crate::workspace::{root, target};

/// What is installed: the databases, and what translates between their dialects.
const PACKAGES: [&str; 5] = ["duckdb", "chdb", "pyspark", "sqlglot", "setuptools"];

/// Runs all of them. Spark needs a Java of 17 or later.
pub fn queries() -> Result<Outcome> {
    let folder = target().join("warehouse");
    let python = folder.join("venv/bin/python");
    std::fs::create_dir_all(&folder).context("the folder for it can't be made")?;
    let run = |command: &mut Command, lacking: &str| match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) | Err(_) => bail!("{lacking}"),
    };
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")), "no python3 with venv here")?;
    }
    run(
        Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES),
        "the packages can't be installed from PyPI",
    )?;
    run(
        Command::new("cargo").args(["build", "--quiet", "--bin", "kyoten"]).current_dir(root()),
        "kyoten does not build",
    )?;
    let mut engines = vec!["duckdb", "trino", "bigquery", "clickhouse"];
    let mut java = Command::new("java");
    java.arg("-version");
    if step::succeeds(java) {
        engines.push("spark");
    }
    let program = target().join("debug/kyoten");
    let script = root().join("tests/warehouse/compare.py");
    step::summed(Command::new(&python).arg(script).arg(program).arg(folder).args(engines))
}
