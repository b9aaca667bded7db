//! What Kyoten writes, read by others: the OASIS validator, networkx, nft, age; in a virtual environment of Python below the target folder.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::step::{self, Outcome};
use crate::apt;
use crate::toolchain::on_path;
use crate::workspace::{root, target};

/// What is installed from PyPI.
const PACKAGES: [&str; 3] = ["stix2-validator", "networkx", "pyrage"];

/// Runs all of them.
pub fn check() -> Result<Outcome> {
    let folder = target().join("readers");
    let python = folder.join("venv/bin/python");
    std::fs::create_dir_all(&folder).context("the folder for it can't be made")?;
    let run = |command: &mut Command, lacking: &str| match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) | Err(_) => bail!("{lacking}"),
    };
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")), "no python3 with venv here")?;
    }
    let seal = folder.join("installed");
    if std::fs::read_to_string(&seal).ok() != Some(PACKAGES.join(" ")) {
        run(
            Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES),
            "the packages can't be installed from PyPI",
        )?;
        std::fs::write(&seal, PACKAGES.join(" ")).context("cannot note what was installed")?;
    }
    if on_path("nft").is_none() {
        apt::install(&["nftables"])?;
    }
    run(
        Command::new("cargo").args(["build", "--quiet", "--bin", "kyoten"]).current_dir(root()),
        "kyoten does not build",
    )?;
    let script = root().join("tests/readers/check.py");
    step::summed(Command::new(&python).arg(script).arg(target().join("debug/kyoten")).arg(folder.join("made")))
}
