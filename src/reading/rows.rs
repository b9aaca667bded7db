//! The second pass: the raw rows of a link, of a finding, or at given places.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::count::joins_hosts;
use super::{Fate, Visitor};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Place, Record};
use crate::flow::{Endpoint, Flow, Host, Moment, Service};
use crate::formats::Disposition;
use crate::ledger::survey::LinkKey;
use crate::sites::{Parties, Places};

/// Which rows are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Wanted {
    /// The records at these offsets.
    At(BTreeSet<u64>),
    /// The rows of a link.
    Of {
        /// The link.
        link: LinkKey,
        /// This service only.
        service: Option<Service>,
        /// Flows that begin between these only.
        window: Option<(Moment, Moment)>,
        /// Flows of these initiators only; empty means all.
        initiators: BTreeSet<Host>,
    },
}

/// A raw row, made inert, with what was read from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// When its flow began.
    pub at: Option<Moment>,
    /// Its text, with acting characters made visible.
    pub text: String,
    /// The flow that was read from it, in words; or why there is none.
    pub flow: String,
}

/// How many characters of a raw row are shown; the whole stays in the file.
const SHOWN_CHARS: usize = 4_000;

/// Looks for rows in one file.
pub struct Lookup {
    wanted: Wanted,
    places: Places,
    parties: Parties,
    most: usize,
    /// The flow of the record under way, if it is wanted.
    caught: Option<(Option<Moment>, String)>,
    rows: Vec<Row>,
    found: usize,
}

impl Lookup {
    /// Looks for at most so many rows.
    pub fn new(wanted: Wanted, places: Places, parties: Parties, most: usize) -> Lookup {
        Lookup { wanted, places, parties, most, caught: None, rows: Vec::new(), found: 0 }
    }

    /// The rows found since the last call.
    pub fn take(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// Whether no more rows are wanted.
    pub fn is_done(&self) -> bool {
        let wanted = match &self.wanted {
            Wanted::At(offsets) => offsets.len().min(self.most),
            Wanted::Of { .. } => self.most,
        };
        self.found >= wanted
    }

    fn wants(&self, flow: &Flow<'_>) -> bool {
        let Wanted::Of { link, service, window, initiators } = &self.wanted else { return false };
        let (mut from, mut to) = (&flow.initiator, &flow.responder);
        if flow.is_reply() {
            (from, to) = (to, from);
        }
        let party = |end: &Endpoint<'_>| self.parties.of(self.places.locate(end));
        let inside = |at: Moment| window.is_none_or(|(first, last)| first <= at && at <= last);
        let initiator = || from.address.map(Host::of_address).or_else(|| from.name.as_deref().map(Host::of_name));
        service.is_none_or(|s| s == Service::new(flow.protocol, to.port))
            && (window.is_none() || flow.start.is_some_and(inside))
            && joins_hosts(flow).is_ok()
            && (LinkKey { from: party(from), to: party(to) }) == *link
            && (initiators.is_empty() || initiator().is_some_and(|host| initiators.contains(&host)))
    }
}

impl Visitor for Lookup {
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate {
        let here = matches!(&self.wanted, Wanted::At(offsets) if offsets.contains(&place.offset));
        if self.caught.is_none() && !self.is_done() && (here || self.wants(flow)) {
            self.caught = Some((flow.start, in_words(flow)));
        }
        Fate::Drawn
    }

    fn record(&mut self, record: Record<'_>, disposition: &Disposition) {
        let asked = matches!(&self.wanted, Wanted::At(offsets) if offsets.contains(&record.place.offset));
        let caught = self.caught.take().or_else(|| (asked && !self.is_done()).then(|| (None, no_flow(disposition))));
        if let Some((at, flow)) = caught {
            let text = readable(record.bytes);
            let text = elided(&visible(&text), SHOWN_CHARS).into_owned();
            self.rows.push(Row { place: record.place, at, text, flow });
            self.found += 1;
        }
    }
}

fn no_flow(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Parsed => "no flow between hosts".to_owned(),
        Disposition::Header => "a header".to_owned(),
        Disposition::Skipped(reason) => format!("skipped: {reason}"),
        Disposition::Malformed(fault) => format!("malformed: {}: {}", fault.reason, visible(&fault.found)),
    }
}

/// A flow in words: `10.1.0.5:50000 → 10.0.0.9:3389 tcp, established, 1200 bytes out, account m.tanaka`.
pub fn in_words(flow: &Flow<'_>) -> String {
    let end = |end: &Endpoint<'_>| {
        let host = match (end.address, &end.name) {
            (Some(address), _) => address.to_string(),
            (None, Some(name)) => visible(name).into_owned(),
            (None, None) => "?".to_owned(),
        };
        match (end.port, host.contains(':')) {
            (Some(port), true) => format!("[{host}]:{port}"),
            (Some(port), false) => format!("{host}:{port}"),
            (None, _) => host,
        }
    };
    let mut words = format!("{} → {}", end(&flow.initiator), end(&flow.responder));
    if let Some(protocol) = flow.protocol {
        words.push_str(&format!(" {protocol}"));
    }
    words.push_str(&format!(", {}", flow.outcome.word()));
    for (count, what) in [(flow.bytes_out, "bytes out"), (flow.bytes_in, "bytes in")] {
        if let Some(count) = count {
            words.push_str(&format!(", {count} {what}"));
        }
    }
    if let Some(user) = &flow.user {
        words.push_str(&format!(", account {}", visible(user)));
    }
    words
}
