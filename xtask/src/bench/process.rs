//! One run of a program: how long it took, how much processor time, how much memory at its peak (Linux: from /proc).

use crate::workspace;
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From start to end, in seconds.
    pub seconds: f64,
    /// Of all its threads, in seconds.
    pub processor: f64,
    /// Resident memory at its peak, in bytes.
    pub peak: u64,
}

/// Runs a command to its end. Its output is thrown away.
pub fn run(command: &mut Command) -> Result<Cost> {
    run_on(command, Stdio::null())
}

/// Runs a command on this input to its end.
pub fn run_on(command: &mut Command, input: Stdio) -> Result<Cost> {
    let name = command.get_program().display().to_string();
    let start = Instant::now();
    // A file never fills up as a pipe that nobody reads does.
    let said = workspace::target().join("bench/said.txt");
    let spawned = command.stdin(input).stdout(Stdio::null()).stderr(fs::File::create(&said)?).spawn();
    let mut child = spawned.with_context(|| format!("{name} could not be started"))?;
    let (processor, peak) = spent(&child).context("this needs /proc, as Linux has it")?;
    let seconds = start.elapsed().as_secs_f64();
    let status = child.wait()?;
    // 1 is "done, with input that was not fully read".
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("{name} ended with {status}: {}", fs::read_to_string(&said).unwrap_or_default().trim());
    }
    Ok(Cost { seconds, processor, peak })
}

/// Waits until a program has ended, and says how many seconds of processor time it took and its peak of resident memory in bytes;
/// `None` where the machine has no /proc.
pub fn spent(child: &Child) -> Option<(f64, u64)> {
    let folder = format!("/proc/{}", child.id());
    let mut peak = 0;
    // A process that has ended but was not yet waited for still tells its processor time, though no longer its memory.
    loop {
        let stat = fs::read_to_string(format!("{folder}/stat")).ok()?;
        let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        peak = peak.max(kilobytes(&status, "VmHWM:") * 1024);
        // What follows the name, which stands in brackets and may hold blanks.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields.first() == Some(&"Z") {
            let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
            return Some(((ticks(11) + ticks(12)) / TICKS, peak));
        }
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// Linux counts processor time to programs in hundredths of a second on every machine (USER_HZ).
const TICKS: f64 = 100.0;

fn kilobytes(status: &str, field: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The median run by time.
pub fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    costs[costs.len() / 2]
}
