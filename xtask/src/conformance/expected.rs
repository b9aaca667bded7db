//! What an independent parser made of a log.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The expectations of one log.
pub struct Expected {
    /// A JSON object a record.
    pub records: Vec<Value>,
    /// The zone that the parser assumed for times without one.
    pub zone: Option<String>,
}

impl Expected {
    /// Where a log's expectations lie.
    pub fn path(log: &Path) -> PathBuf {
        let mut name = log.as_os_str().to_owned();
        name.push(".expected.ndjson");
        PathBuf::from(name)
    }

    /// Reads them.
    pub fn load(log: &Path) -> Result<Expected> {
        let path = Expected::path(log);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut records = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let record = serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1))?;
            records.push(record);
        }
        let written = std::fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
        let written = String::from_utf8_lossy(&written);
        let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
        for zone in records.iter().filter_map(|record: &Value| record["tz"].as_str()) {
            // A zone that the log itself says is no assumption.
            if !written.contains(&format!("tz=\"{zone}\"")) {
                *zones.entry(zone).or_default() += 1;
            }
        }
        let usual = zones.into_iter().max_by_key(|(_, count)| *count).map(|(zone, _)| zone);
        let zone = usual.filter(|zone| *zone == "UTC" || zone.starts_with(['+', '-'])).map(str::to_owned);
        Ok(Expected { records, zone })
    }
}
