//! Installs Debian packages where that is possible and allowed, without ever asking a question.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether `install` has a chance: apt-get exists, and we are root or may become it without a password.
pub fn possible() -> bool {
    Path::new("/usr/bin/apt-get").exists() && privilege().is_some()
}

/// Installs `packages`, with the list of packages brought up to date first.
pub fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let Some(privilege) = privilege().filter(|_| possible()) else {
        bail!(
            "{names} missing and not installable from here: run `apt-get install {names}` as root, or install the like of it for this system"
        );
    };
    println!("installing {names} with apt-get …");
    let apt = |arguments: &[&str]| -> Result<bool> {
        let mut words: Vec<&str> = privilege.to_vec();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]);
        words.extend(arguments);
        let status = Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).status();
        Ok(status.with_context(|| format!("{} could not be started", words[0]))?.success())
    };
    // A stale list still often has the package, so a failed update alone decides nothing.
    apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    if !apt(&arguments)? {
        bail!(
            "apt-get could not install {names}: run `apt-get update && apt-get install {names}` and read what it says"
        );
    }
    Ok(())
}

/// The words to put before a command that must run as root; `None` when root is out of reach.
fn privilege() -> Option<&'static [&'static str]> {
    let says = |command: &str, arguments: &[&str]| {
        Command::new(command).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()
    };
    let id = says("id", &["-u"])?;
    if id.stdout.trim_ascii() == b"0" {
        return Some(&[]);
    }
    says("sudo", &["-n", "true"]).filter(|sudo| sudo.status.success()).map(|_| &["sudo", "-n"] as &[&str])
}
