//! `kyoten flows`: one JSON line a flow. What the log lacks is absent.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use kyoten::case::document::seconds;
use kyoten::evidence::Place;
use kyoten::evidence::text::inert_json;
use kyoten::flow::{Endpoint, Flow, Kind};
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Fate, Reading, Visitor};
use serde::Serialize;

use crate::End;
use crate::input::{self, Choices};

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    choices: Choices,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let orders = arguments.choices.orders()?;
    let names: Vec<String> = arguments.logs.iter().map(|path| input::name_of(path)).collect();
    orders.check(names.iter().map(String::as_str))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut complete, mut readable) = (true, false);
    for path in &arguments.logs {
        let name = input::name_of(path);
        let members = orders.clone();
        let open = Arc::new(move |name: &str| (members.of(name), Lines::of(name)));
        let reading = Reading::opening(&name, orders.of(&name), Lines::of(&name), open);
        let mut write = |lines: &mut Lines| {
            let written = out.write_all(&lines.text).map_err(|error| format!("standard output is closed: {error}"));
            lines.text.clear();
            written
        };
        let mut told = |receipt: &Receipt| {
            complete &= input::tell(receipt);
            readable |= receipt.format.is_some();
        };
        let after = |reading: &mut Reading<Lines>| {
            let mut written = Ok(());
            for (receipt, mut lines) in reading.members() {
                written = written.and_then(|()| write(&mut lines));
                told(&receipt);
            }
            reading.each_visitor(&mut |lines| {
                written = std::mem::replace(&mut written, Ok(())).and_then(|()| write(lines))
            });
            written
        };
        match input::read(path, reading, after) {
            Ok(results) => {
                for (receipt, mut lines) in results {
                    write(&mut lines)?;
                    told(&receipt);
                }
            }
            Err(sentence) => {
                eprintln!("kyoten: {sentence}");
                complete = false;
            }
        }
    }
    out.flush().map_err(|error| format!("standard output is closed: {error}"))?;
    match (readable, complete) {
        (false, _) => Err("none of the files is a log that Kyoten reads".to_owned()),
        (true, true) => Ok(End::Done),
        (true, false) => Ok(End::Partly),
    }
}

/// Flows as JSON lines.
struct Lines {
    file: String,
    /// Records so far, parsed or not; the one under way is the next.
    record: u64,
    text: Vec<u8>,
}

impl Lines {
    fn of(name: &str) -> Lines {
        Lines { file: name.to_owned(), record: 0, text: Vec::new() }
    }
}

#[derive(Serialize)]
struct Line<'f> {
    file: &'f str,
    record: u64,
    line: u64,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_host: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_host: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proto: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_out: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packets_out: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packets_in: Option<u64>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensor: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'f str>,
}

impl Visitor for Lines {
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate {
        let ip = |end: &Endpoint<'_>| end.address.map(|address| address.to_string());
        let line = Line {
            file: &self.file,
            record: self.record + 1,
            line: place.line,
            offset: place.offset,
            kind: (flow.kind != Kind::Connection).then(|| flow.kind.word()),
            ts: flow.start.map(seconds),
            duration: flow.duration.map(|micros| micros as f64 / 1e6),
            src_ip: ip(&flow.initiator),
            src_host: flow.initiator.name.as_deref(),
            src_port: flow.initiator.port,
            dst_ip: ip(&flow.responder),
            dst_host: flow.responder.name.as_deref(),
            dst_port: flow.responder.port,
            proto: flow.protocol.map(|protocol| protocol.to_string()),
            service: flow.service.as_deref(),
            bytes_out: flow.bytes_out,
            bytes_in: flow.bytes_in,
            packets_out: flow.packets_out,
            packets_in: flow.packets_in,
            outcome: flow.outcome.word(),
            user: flow.user.as_deref(),
            sensor: flow.sensor.as_deref(),
            rule: flow.rule.as_deref(),
        };
        let json = serde_json::to_string(&line).expect("a line holds nothing that JSON cannot write");
        self.text.extend_from_slice(inert_json(json).as_bytes());
        self.text.push(b'\n');
        Fate::Drawn
    }

    fn record(&mut self, _record: kyoten::evidence::Record<'_>, disposition: &kyoten::formats::Disposition) {
        self.record += u64::from(*disposition != kyoten::formats::Disposition::Header);
    }
}
