//! Holds the crates that this project stands on to deny.toml: licences, sources, and no crate in two versions without a reason.
//!
//! It asks `cargo metadata` and needs no network. Known vulnerabilities are what it can't tell: `cargo deny check advisories`
//! fetches their list.

use super::step::{Count, Outcome};
use crate::toolchain::TARGET;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Compares, for this machine and for the browser.
pub fn as_agreed() -> Result<Outcome> {
    let agreed = std::fs::read_to_string(root().join("deny.toml")).context("deny.toml cannot be read")?;
    let host = Command::new("rustc").args(["--print", "host-tuple"]).output().context("rustc does not start")?;
    let host = String::from_utf8_lossy(&host.stdout).trim().to_owned();
    let mut wrong = BTreeSet::new();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for target in [host.as_str(), TARGET] {
        for package in packages(target)? {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            let (name, version) = (text("name"), text("version"));
            let licence = text("license");
            if !allows(&licence, &listed(&agreed, "licenses", "allow")) {
                wrong.insert(format!("{name} {version} is licensed under {licence:?}, which deny.toml does not allow"));
            }
            // Ours have no source: they lie here.
            let source = text("source");
            let known = listed(&agreed, "sources", "allow-registry");
            if !source.is_empty() && !known.iter().any(|registry| source == format!("registry+{registry}")) {
                wrong.insert(format!("{name} {version} comes from {source}, which deny.toml does not allow"));
            }
            versions.entry(name).or_default().insert(version);
        }
    }
    let excused = listed(&agreed, "bans", "skip");
    let twice: Vec<String> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .flat_map(|(name, versions)| versions.iter().map(move |version| format!("{name}@{version}")))
        .collect();
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let unexcused = versions.iter().filter(|version| !excused.contains(&format!("{name}@{version}"))).count();
        if unexcused > 1 {
            wrong.insert(format!("{name} is here in several versions, and deny.toml gives no reason: {versions:?}"));
        }
    }
    for excuse in excused.iter().filter(|each| each.contains('@') && !twice.contains(each)) {
        wrong.insert(format!("deny.toml excuses {excuse}, which is no longer here beside another version"));
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    }
    Ok(Outcome::ran(Count::ONE))
}

/// What is compiled for a target, as cargo tells it.
fn packages(target: &str) -> Result<Vec<Value>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", target]).current_dir(root());
    let output = cargo.output().context("cargo does not start")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let told: Value = serde_json::from_slice(&output.stdout)?;
    Ok(told["packages"].as_array().cloned().unwrap_or_default())
}

/// The quoted texts of a list in deny.toml. Only what that file uses of TOML is understood: `key = [`, one entry a line or all
/// on one, and a closing bracket.
fn listed(agreed: &str, section: &str, key: &str) -> Vec<String> {
    let body = agreed.split_once(&format!("\n[{section}]\n")).map_or("", |(_, rest)| rest);
    let body = body.split("\n[").next().unwrap_or_default();
    let list = body.split_once(&format!("{key} = [")).map_or("", |(_, rest)| rest);
    let mut quoted = false;
    let end = list.find(|letter| {
        quoted ^= letter == '"';
        letter == ']' && !quoted
    });
    list[..end.unwrap_or(list.len())].split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met with these licences. A slash is how old manifests wrote OR.
fn allows(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    words.reverse();
    !words.is_empty() && any(&mut words, allowed)
}

fn any(words: &mut Vec<&str>, allowed: &[String]) -> bool {
    let mut met = all(words, allowed);
    while words.last() == Some(&"OR") {
        words.pop();
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Vec<&str>, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.last() == Some(&"AND") {
        words.pop();
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Vec<&str>, allowed: &[String]) -> bool {
    let Some(word) = words.pop() else { return false };
    if word == "(" {
        let met = any(words, allowed);
        words.pop();
        return met;
    }
    let mut name = word.to_owned();
    if words.last() == Some(&"WITH") {
        words.pop();
        name = format!("{name} WITH {}", words.pop().unwrap_or_default());
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_met_by_any_of_its_choices_and_all_of_its_demands() {
        let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"].map(str::to_owned);
        let met = |expression| allows(expression, &allowed);
        assert!(
            met("MIT") && met("GPL-3.0 OR MIT") && met("Unlicense/MIT") && met("(MIT OR Apache-2.0) AND Unicode-3.0")
        );
        assert!(met("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        assert!(!met("") && !met("GPL-3.0") && !met("MIT AND GPL-3.0") && !met("Apache-2.0"));
    }

    #[test]
    fn a_list_ends_where_it_ends() {
        let agreed =
            "\n[a]\nx = [\"1\"]\ny = [\n    \"2\",\n    { crate = \"c@1\", reason = \"r\" },\n]\n[b]\nx = []\n";
        assert_eq!(listed(agreed, "a", "x"), ["1"]);
        assert_eq!(listed(agreed, "a", "y"), ["2", "c@1", "r"]);
        assert!(listed(agreed, "b", "x").is_empty());
    }
}
