//! What the browser tests need and this machine may lack: node's packages, a Chromium, a Firefox, a Japanese font.

use crate::apt;
use crate::toolchain::on_path;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The names that a Chromium goes by; the harness looks for the same.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The names that a Firefox goes by; Debian keeps the one with long support.
const FIREFOXES: [&str; 2] = ["firefox-esr", "firefox"];

/// Where the browser tests and their packages lie.
pub fn folder() -> PathBuf {
    root().join("tests/browser")
}

/// Installs the packages of tests/browser, unless this very lock file was installed before.
pub fn packages() -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        apt::install(&["nodejs", "npm"])?;
    }
    let lock = fs::read(folder().join("package-lock.json")).context("tests/browser/package-lock.json is missing")?;
    let seal = folder().join("node_modules/.kyoten-installed");
    if fs::read(&seal).is_ok_and(|installed| installed == lock) {
        println!("already installed");
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder()).stdin(Stdio::null());
    if !npm.status().context("npm could not be started")?.success() {
        bail!("npm could not install the packages of tests/browser: is its registry reachable?");
    }
    fs::write(seal, lock).context("cannot note what was installed")
}

/// Installs what the tests of the promise want besides, where that is possible; without it they say that they were skipped.
pub fn witnesses() -> Result<()> {
    let wanted = [("tcpdump", "tcpdump"), ("ip", "iproute2")];
    let lacking = wanted
        .into_iter()
        .filter(|(program, _)| on_path(program).is_none() && !PathBuf::from("/usr/sbin").join(program).exists());
    let lacking: Vec<&str> = lacking.map(|(_, package)| package).collect();
    if !lacking.is_empty() && apt::possible() {
        apt::install(&lacking)?;
    }
    Ok(())
}

/// Finds a Chromium, a Firefox and a Japanese font, or installs them.
pub fn browser() -> Result<()> {
    if std::env::var_os("KYOTEN_CHROMIUM").is_none() && !BROWSERS.iter().any(|name| on_path(name).is_some()) {
        apt::install(&["chromium"]).context("no Chromium is here, and KYOTEN_CHROMIUM names none")?;
    }
    if std::env::var_os("KYOTEN_FIREFOX").is_none() && !FIREFOXES.iter().any(|name| on_path(name).is_some()) {
        apt::install(&["firefox-esr"]).context("no Firefox is here, and KYOTEN_FIREFOX names none")?;
    }
    // Systems without fontconfig bring Japanese fonts of their own.
    if cfg!(target_os = "linux") && !has_japanese_font() {
        if apt::possible() {
            apt::install(&["fontconfig", "fonts-noto-cjk"])?;
        } else {
            println!(
                "no Japanese font is here, so pictures will show boxes: install Noto Sans CJK (Debian: fonts-noto-cjk)"
            );
        }
    }
    Ok(())
}

fn has_japanese_font() -> bool {
    let mut list = Command::new("fc-list");
    let listed = list.args([":lang=ja", "family"]).stdin(Stdio::null()).output();
    listed.is_ok_and(|listed| !listed.stdout.trim_ascii().is_empty())
}
