//! Other programs on the same log: `zeek-cut`, where it is installed, and DuckDB, where Python has it.

use super::logs::Kind;
use super::process::{self, Cost};
use crate::workspace::root;
use anyhow::{Context, Result};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// What merely cuts columns out of a Zeek log.
pub struct Cutter {
    /// As the results name it.
    pub name: &'static str,
    zeek: bool,
}

/// The columns that an analysis needs.
const COLUMNS: [&str; 9] =
    ["ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "orig_bytes", "resp_bytes", "conn_state"];

/// `zeek-cut`, else `cut`, which does less.
pub fn cutter() -> Cutter {
    match answers(Command::new("zeek-cut").arg("-h")) {
        true => Cutter { name: "`zeek-cut` with nine columns", zeek: true },
        false => Cutter { name: "`cut -f` with nine columns (`zeek-cut` is not installed here)", zeek: false },
    }
}

impl Cutter {
    /// Cuts a log, and throws away what comes of it.
    pub fn run(&self, log: &Path) -> Result<Cost> {
        if !self.zeek {
            return process::run(Command::new("cut").arg("-f1,3,4,5,6,7,10,11,12").arg(log));
        }
        let input = File::open(log).context("the log is gone")?;
        process::run_on(Command::new("zeek-cut").args(COLUMNS), Stdio::from(input))
    }
}

/// Whether Python has DuckDB.
pub fn has_duckdb() -> bool {
    answers(Command::new("python3").args(["-c", "import duckdb"]))
}

/// DuckDB's query over this log; nothing where there is no DuckDB, or no query for this format.
pub fn duckdb(kind: Kind, log: &Path) -> Option<Command> {
    let format = match kind {
        Kind::ZeekTsv | Kind::ZeekShuffled => "tsv",
        Kind::ZeekJson => "json",
        Kind::Fortigate | Kind::Eve => return None,
    };
    if !has_duckdb() {
        return None;
    }
    let mut query = Command::new("python3");
    query.arg(root().join("benches/duckdb_query.py")).arg(log).arg(format);
    Some(query)
}

fn answers(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}
