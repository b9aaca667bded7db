//! What was read of a log, beside what was meant by it.

use super::truth::Connection;
use super::writers::Written;
use anyhow::{Result, bail};
use kyoten::evidence::{Place, Record};
use kyoten::flow::{Flow, Outcome};
use kyoten::formats::Disposition;
use kyoten::reading::{Fate, Order, Reading, Visitor};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How a format's log was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The format that was told by content.
    pub format: String,
    /// Sound connections that were written.
    pub sound: usize,
    /// Records that were spoilt on purpose.
    pub spoilt: usize,
    /// Connections of which no flow came.
    pub missed: usize,
    /// Connections of which a flow came that says something else: other ends first, counts, times or outcome.
    pub misread: usize,
    /// Flows that nobody wrote.
    pub invented: usize,
    /// Spoilt records that the receipt does not tell as malformed or skipped.
    pub unsaid: usize,
    /// The first few differences, in words.
    pub differences: Vec<String>,
}

type Ends = [(Option<IpAddr>, Option<u16>); 2];

#[derive(Default)]
struct Found {
    flows: Vec<(Ends, Flow<'static>)>,
    unread: usize,
}

impl Visitor for Found {
    fn flow(&mut self, flow: &Flow<'_>, _place: Place) -> Fate {
        let ends = [&flow.initiator, &flow.responder].map(|end| (end.address, end.port));
        self.flows.push((ends, flow.clone().into_owned()));
        Fate::Drawn
    }

    fn record(&mut self, _record: Record<'_>, disposition: &Disposition) {
        if let Disposition::Malformed(_) | Disposition::Skipped(_) = disposition {
            self.unread += 1;
        }
    }
}

/// Reads the log as the page and the command line do, its format told by its content, and compares.
pub fn judge(written: &Written, connections: &[Connection]) -> Result<Verdict> {
    let mut reading = Reading::new("log", Order::default(), Found::default());
    reading.feed(written.text.as_bytes());
    let (receipt, found) = reading.finish();
    if let Some(off) = receipt.accounts.imbalance() {
        bail!("{}: the accounts do not add up: {off}", written.format);
    }
    let mut verdict = Verdict {
        format: receipt.format.unwrap_or_else(|| "not recognised".to_owned()),
        sound: connections.len(),
        spoilt: written.spoilt,
        unsaid: written.spoilt.saturating_sub(found.unread),
        ..Verdict::default()
    };
    let mut by_ends: BTreeMap<Ends, Vec<&Flow<'static>>> = BTreeMap::new();
    for (ends, flow) in &found.flows {
        by_ends.entry(*ends).or_default().push(flow);
    }
    for connection in connections {
        let ends = [connection.from, connection.to].map(|(host, port)| (Some(IpAddr::V4(host)), Some(port)));
        let mut asked = by_ends.remove(&ends);
        let turned = asked.is_none();
        if turned {
            asked = by_ends.remove(&[ends[1], ends[0]]);
        }
        let Some(flows) = asked else {
            verdict.missed += 1;
            verdict.differences.push(format!("missed {connection:?}"));
            continue;
        };
        verdict.invented += flows.len() - 1;
        let wrong = if turned { Some("its ends are turned around") } else { difference(written, connection, flows[0]) };
        if let Some(wrong) = wrong {
            verdict.misread += 1;
            verdict.differences.push(format!("{wrong}: {connection:?} was read as {:?}", flows[0]));
        }
    }
    for (ends, flows) in by_ends {
        verdict.invented += flows.len();
        verdict.differences.push(format!("invented {ends:?}"));
    }
    verdict.differences.truncate(3);
    Ok(verdict)
}

/// What a flow says otherwise than the connection, of what the format carries.
fn difference(written: &Written, connection: &Connection, flow: &Flow<'_>) -> Option<&'static str> {
    if flow.protocol.map(|protocol| protocol.0) != Some(connection.number()) {
        return Some("the protocol");
    }
    let carries = written.carries;
    if carries.bytes_out && flow.bytes_out != Some(connection.bytes_out) {
        return Some("the bytes out");
    }
    if carries.bytes_in && flow.bytes_in != Some(connection.bytes_in) {
        return Some("the bytes in");
    }
    if carries.start && flow.start.map(|start| start.0.div_euclid(1_000_000)) != Some(connection.start) {
        return Some("the start");
    }
    if carries.lasted && flow.duration != Some(connection.lasted * 1_000_000) {
        return Some("how long it lasted");
    }
    let denied = flow.outcome == Outcome::Denied;
    (carries.outcome && denied != connection.denied).then_some("the outcome")
}
