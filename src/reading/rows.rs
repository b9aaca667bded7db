//! The second pass: the raw rows of a link, of a finding, or at given places.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::count::joins_hosts;
use super::sought::Sought;
use super::{Fate, Visitor};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Place, Record};
use crate::flow::{Endpoint, Flow, Host, Moment, Outcome, Service};
use crate::formats::Disposition;
use crate::ledger::survey::LinkKey;
use crate::phrase::{Phrase, alike, joined, phrase};
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
        /// Flows to these responders only; empty means all.
        responders: BTreeSet<Host>,
    },
    /// The rows that name any of these: as an end or account of a flow, or anywhere in a record that is none.
    Meeting(Sought),
}

/// A raw row, made inert, with what was read from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// When its flow began.
    pub at: Option<Moment>,
    /// Its text, with acting characters made visible.
    pub text: String,
    /// The flow that was read from it, in words; or why there is none.
    pub flow: Phrase,
    /// It was not asked for, but stands beside one that was.
    pub around: bool,
    /// What of it was sought, where something was.
    pub met: Option<String>,
}

impl Row {
    /// The ends of its flow with their ports and protocol, as a comparison of two logs has them; nothing where it has no flow with a time.
    pub fn told(&self, file: u32) -> Option<(u32, Moment, String)> {
        let ends = self.flow.english().split(", ").next().filter(|ends| ends.contains(" → "))?;
        Some((file, self.at?, ends.to_owned()))
    }
}

/// How many characters of a raw row are shown; the whole stays in the file.
const SHOWN_CHARS: usize = 4_000;

/// Looks for rows in one file.
pub struct Lookup {
    wanted: Wanted,
    places: Places,
    parties: Parties,
    most: usize,
    /// Wanted flows since the last record, with the places of their records: most are of the record under way, but what is
    /// gathered from several records (packets, a start and an end) comes out later.
    caught: Vec<(Place, Option<Moment>, Phrase)>,
    /// What was sought, of flows that were caught.
    met: BTreeMap<Place, String>,
    rows: Vec<Row>,
    found: usize,
    /// How many records on either side of a wanted one are shown too.
    around: usize,
    /// The last records that were not wanted, for what stands before a wanted one.
    before: VecDeque<Row>,
    /// How many records after a wanted one are still to be shown.
    after: usize,
}

impl Lookup {
    /// Looks for at most so many rows, with so many records on either side of each.
    pub fn new(wanted: Wanted, places: Places, parties: Parties, most: usize, around: usize) -> Lookup {
        Lookup {
            wanted,
            places,
            parties,
            most,
            caught: Vec::new(),
            met: BTreeMap::new(),
            rows: Vec::new(),
            found: 0,
            around,
            before: VecDeque::new(),
            after: 0,
        }
    }

    /// The rows found since the last call.
    pub fn take(&mut self) -> Vec<Row> {
        // Flows that came out at the file's end have no record after them.
        self.tell_earlier();
        std::mem::take(&mut self.rows)
    }

    /// Whether anything is looked for at all.
    pub fn wants_any(&self) -> bool {
        !matches!(&self.wanted, Wanted::At(offsets) if offsets.is_empty())
    }

    /// Whether nothing more is looked for.
    pub fn is_done(&self) -> bool {
        self.after == 0 && self.has_all()
    }

    fn has_all(&self) -> bool {
        self.found >= self.wanted_rows()
    }

    fn wanted_rows(&self) -> usize {
        match &self.wanted {
            Wanted::At(offsets) => offsets.len().min(self.most),
            Wanted::Of { .. } | Wanted::Meeting(_) => self.most,
        }
    }

    /// Rows of flows whose records went by before. One that was asked for by its place was shown when it went by.
    fn tell_earlier(&mut self) {
        for (place, at, flow) in std::mem::take(&mut self.caught) {
            if !matches!(self.wanted, Wanted::At(_)) {
                let met = self.met.remove(&place);
                self.rows.push(Row { place, at, text: EARLIER.to_owned(), flow, around: false, met });
                self.found += 1;
            }
        }
    }

    fn link(&self, flow: &Flow<'_>) -> LinkKey {
        let (from, to) = self.places.ends(flow);
        let (from, to) = if flow.is_reply() { (to, from) } else { (from, to) };
        LinkKey { from: self.parties.of(from), to: self.parties.of(to) }
    }

    fn wants(&mut self, flow: &Flow<'_>, place: Place) -> bool {
        if let Wanted::Meeting(sought) = &self.wanted {
            let met = sought.met_by(flow);
            self.met.extend(met.map(|met| (place, met)));
            return self.met.contains_key(&place);
        }
        let Wanted::Of { link, service, window, initiators, responders } = &self.wanted else { return false };
        let (mut from, mut to) = (&flow.initiator, &flow.responder);
        if flow.is_reply() {
            (from, to) = (to, from);
        }
        let inside = |at: Moment| window.is_none_or(|(first, last)| first <= at && at <= last);
        let is_of = |end: &Endpoint<'_>, hosts: &BTreeSet<Host>| {
            let host = || end.address.map(Host::of_address).or_else(|| end.name.as_deref().map(Host::of_name));
            hosts.is_empty() || host().is_some_and(|host| hosts.contains(&host))
        };
        service.is_none_or(|s| s == flow.service_at(to.port))
            && (window.is_none() || flow.start.is_some_and(inside))
            && joins_hosts(flow).is_ok()
            && self.link(flow) == *link
            && is_of(from, initiators)
            && is_of(to, responders)
    }
}

impl Visitor for Lookup {
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate {
        let here = matches!(&self.wanted, Wanted::At(offsets) if offsets.contains(&place.offset));
        // One record gives one row, however many flows it has.
        let new = self.caught.last().is_none_or(|(last, ..)| *last != place);
        if new && self.found + self.caught.len() < self.wanted_rows() && (here || self.wants(flow, place)) {
            self.caught.push((place, flow.start, in_words(flow)));
        }
        Fate::Drawn
    }

    fn record(&mut self, record: Record<'_>, disposition: &Disposition) {
        let asked = matches!(&self.wanted, Wanted::At(offsets) if offsets.contains(&record.place.offset));
        let own = self.caught.iter().position(|(place, ..)| *place == record.place);
        let own = own.map(|own| self.caught.remove(own)).map(|(_, at, flow)| (at, flow));
        self.tell_earlier();
        let mut met = self.met.remove(&record.place);
        if let (None, Wanted::Meeting(sought), false) = (&own, &self.wanted, self.has_all()) {
            met = sought.named_in(record.bytes);
        }
        let asked = asked || own.is_none() && met.is_some();
        let caught = own.or_else(|| (asked && !self.has_all()).then(|| (None, no_flow(disposition))));
        if let Some((at, flow)) = caught {
            self.rows.extend(self.before.drain(..));
            self.rows.push(Row { met, ..row(record, at, flow, false) });
            self.found += 1;
            self.after = self.around;
        } else if self.after > 0 {
            self.after -= 1;
            self.rows.push(row(record, None, Phrase::default(), true));
        } else if self.around > 0 && !self.has_all() {
            if self.before.len() == self.around {
                self.before.pop_front();
            }
            self.before.push_back(row(record, None, Phrase::default(), true));
        }
    }
}

/// The text of a row whose record went by before its flow was complete; it is found by its place.
const EARLIER: &str = "(told by several records, the first of which stands here)";

/// How many bytes of a binary record are shown.
const SHOWN_BYTES: usize = 256;

fn row(record: Record<'_>, at: Option<Moment>, flow: Phrase, around: bool) -> Row {
    let binary = record.bytes.iter().take(64).filter(|b| **b < 9).count() > 3;
    if binary {
        let shown = &record.bytes[..record.bytes.len().min(SHOWN_BYTES)];
        let hex: Vec<String> = shown.iter().map(|b| format!("{b:02x}")).collect();
        let more = if shown.len() < record.bytes.len() { " …" } else { "" };
        return Row { place: record.place, at, text: hex.join(" ") + more, flow, around, met: None };
    }
    let text = readable(&record.bytes[..record.bytes.len().min(4 * SHOWN_CHARS)]);
    let text = elided(&visible(&text), SHOWN_CHARS).into_owned();
    Row { place: record.place, at, text, flow, around, met: None }
}

fn no_flow(disposition: &Disposition) -> Phrase {
    match disposition {
        Disposition::Parsed => phrase!("no flow of its own", "単独の通信ではない"),
        Disposition::Header => phrase!("a header", "見出し行"),
        Disposition::Skipped(reason) => {
            phrase!("skipped: {reason}", "対象外：{reason}", reason = alike(reason.as_ref()))
        }
        Disposition::Malformed(fault) => {
            let (reason, found) = (alike(fault.reason.as_ref()), alike(visible(&fault.found)));
            phrase!("malformed: {reason}: {found}", "読み取り不能：{reason}：{found}", reason, found)
        }
    }
}

/// A flow in words: `10.1.0.5:50000 → 10.0.0.9:3389 tcp, established, 1200 bytes out, account m.tanaka`. The ends come first, and
/// without a comma.
pub fn in_words(flow: &Flow<'_>) -> Phrase {
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
    let mut ends = format!("{} → {}", end(&flow.initiator), end(&flow.responder));
    if let Some(protocol) = flow.protocol {
        ends.push_str(&format!(" {protocol}"));
    }
    let mut words = vec![alike(ends)];
    if let Some(rolled) = &flow.rolled {
        words.push(phrase!("{flows} flows rolled up", "{flows}件の集計", flows = rolled.flows));
    }
    words.push(match flow.outcome {
        Outcome::Established => phrase!("established", "成立"),
        Outcome::Denied => phrase!("denied", "拒否"),
        Outcome::Failed => phrase!("failed", "不成立"),
        Outcome::Unknown => phrase!("unknown", "結果不明"),
    });
    words.extend(flow.bytes_out.map(|count| phrase!("{count} bytes out", "送信{count}バイト", count)));
    words.extend(flow.bytes_in.map(|count| phrase!("{count} bytes in", "受信{count}バイト", count)));
    words.extend(
        flow.user.as_ref().map(|user| phrase!("account {name}", "アカウント{name}", name = alike(visible(user)))),
    );
    joined(&words, ", ", "、")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Order, Reading};
    use crate::sites::SiteBook;
    use crate::sites::import::read_sites;

    const LOG: &str = "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n\
        1\t10.1.0.1\t5\t10.2.0.1\t445\ttcp\tSF\n\
        2\t10.1.0.1\t5\t10.2.0.1\t22\ttcp\tSF\n\
        oops\n\
        3\t10.1.0.2\t5\t10.2.0.1\t445\ttcp\tS0\n\
        4\t10.2.0.1\t5\t10.1.0.2\t445\ttcp\tSF\n";

    fn rows(wanted: Wanted, around: usize) -> Vec<(u64, bool, String)> {
        let book: SiteBook = read_sites(b"site,cidr\nA,10.1.0.0/16\nB,10.2.0.0/16\n").0;
        let lookup = Lookup::new(wanted, book.for_evidence("x"), book.parties(), 10, around);
        let mut reading = Reading::new("x", Order::default(), lookup);
        reading.feed(LOG.as_bytes());
        let (_, mut lookup) = reading.finish();
        lookup.take().into_iter().map(|row| (row.place.line, row.around, row.flow.english().to_owned())).collect()
    }

    #[test]
    fn the_rows_of_a_link_are_those_of_its_direction_and_service() {
        let link = LinkKey { from: crate::sites::Party::Site(0), to: crate::sites::Party::Site(1) };
        let service = Service::read("tcp/445");
        let wanted =
            Wanted::Of { link, service, window: None, initiators: BTreeSet::new(), responders: BTreeSet::new() };
        let found = rows(wanted, 0);
        assert_eq!(found.iter().map(|row| row.0).collect::<Vec<_>>(), [4, 7]);
        assert_eq!(found[0].2, "10.1.0.1:5 → 10.2.0.1:445 tcp, established");
    }

    #[test]
    fn a_malformed_record_is_found_by_its_place_with_what_stands_around() {
        let offset = LOG.find("oops").unwrap() as u64;
        let found = rows(Wanted::At(BTreeSet::from([offset])), 1);
        assert_eq!(found.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(), [(5, true), (6, false), (7, true)]);
        assert!(found[1].2.starts_with("malformed"), "{found:?}");
    }

    #[test]
    fn a_connection_of_many_packets_is_one_row() {
        let capture = include_bytes!("../../tests/fixtures/pcap/a_session_and_a_lookup.log");
        let book: SiteBook = read_sites(b"site,cidr\nA,192.0.2.0/24\nB,198.51.100.0/24\n").0;
        let link = LinkKey { from: crate::sites::Party::Site(0), to: crate::sites::Party::Site(1) };
        let all =
            Wanted::Of { link, service: None, window: None, initiators: BTreeSet::new(), responders: BTreeSet::new() };
        for (wanted, text) in [(all, EARLIER), (Wanted::At(BTreeSet::from([24])), "00 74 e1 5e")] {
            let lookup = Lookup::new(wanted, book.for_evidence("x"), book.parties(), 10, 0);
            let mut reading = Reading::new("x", Order::default(), lookup);
            reading.feed(capture);
            let (_, mut lookup) = reading.finish();
            let rows = lookup.take();
            assert_eq!((rows.len(), rows[0].place.line, rows[0].place.offset), (1, 1, 24));
            assert!(rows[0].text.starts_with(text), "{rows:?}");
        }
    }
}
