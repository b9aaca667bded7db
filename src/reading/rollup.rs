//! Rolls flows up by link, service, hour and outcome: `rollup.csv`, small enough to send, and read again by
//! [`crate::formats::kyoten_rollup`]. It names sites and no hosts.
//!
//! Invariants: rows depend on the set of flows alone, and so do the columns: distinct hosts are counted exactly or not at
//! all. Memory grows with rows, up to [`MOST_ROWS`], past which links to the outside lose their port.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::count::joins_hosts;
use super::{Fate, Visitor};
use crate::calendar::Civil;
use crate::evidence::Place;
use crate::evidence::table::cell;
use crate::evidence::text::visible;
use crate::flow::{Endpoint, Flow, Host, Hour, Kind, Moment, Outcome, Service};
use crate::formats::kyoten_rollup::COLUMNS;
use crate::sites::{Parties, Party, Places, SiteBook};
use crate::sorting::LeanCollect as _;

/// How many rows are kept.
pub const MOST_ROWS: usize = 4_000_000;
/// How many distinct hosts of rows are kept to be counted, in all.
pub const MOST_HOSTS: usize = 8_000_000;

/// Flows being rolled up.
pub struct Rollup {
    places: Places,
    parties: Parties,
    rows: BTreeMap<Key, Row>,
    /// How many hosts all rows hold; `None` once they were too many, or where a row came from a rollup.
    hosts: Option<usize>,
    /// Links to the outside have lost their ports.
    folded: bool,
    most_rows: usize,
    most_hosts: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    from: Party,
    to: Party,
    service: Service,
    hour: Hour,
    outcome: Outcome,
}

impl Key {
    fn folded(self) -> Key {
        let outside = self.from.is_outside() || self.to.is_outside();
        if outside { Key { service: Service { port: None, ..self.service }, ..self } } else { self }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row {
    flows: u64,
    /// Answering halves from one-way sources: the same connections once more.
    replies: u64,
    bytes_out: u64,
    bytes_in: u64,
    first: Option<Moment>,
    last: Option<Moment>,
    from: BTreeSet<Host>,
    to: BTreeSet<Host>,
}

impl Row {
    fn absorb(&mut self, other: Row) {
        self.flows += other.flows;
        self.replies += other.replies;
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.from.extend(other.from);
        self.to.extend(other.to);
    }
}

impl Rollup {
    /// An empty one, for flows of the file of this name.
    pub fn new(book: &SiteBook, file: &str) -> Rollup {
        Rollup {
            places: book.for_evidence(file),
            parties: book.parties(),
            rows: BTreeMap::new(),
            hosts: Some(0),
            folded: false,
            most_rows: MOST_ROWS,
            most_hosts: MOST_HOSTS,
        }
    }

    /// Adds what was rolled up of another file.
    pub fn absorb(&mut self, other: Rollup) {
        if other.hosts.is_none() {
            self.forget_hosts();
        }
        if other.folded {
            self.fold();
        }
        for (key, row) in other.rows {
            self.add(key, row);
        }
    }

    /// What the reader of the rollup must know; empty as a rule.
    pub fn notices(&self) -> Vec<String> {
        let folded = self.folded.then(|| {
            format!("more than {} rows: links to and from the outside stand without their port", self.most_rows)
        });
        let hosts = self.hosts.is_none().then(|| {
            "distinct hosts are not counted: there are too many, or a rollup among the logs does not name them"
                .to_owned()
        });
        folded.into_iter().chain(hosts).collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was rolled up.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// `rollup.csv`, in order of its columns' text. Names of sites go through `named` (as they stand, or a pseudonym).
    pub fn to_csv(&self, book: &SiteBook, named: impl Fn(&str) -> String) -> String {
        let name = |party: Party| cell(&visible(&named(book.name_of(party))));
        let parties = self.rows.keys().flat_map(|key| [key.from, key.to]).lean_collect::<BTreeSet<_>>();
        let names: BTreeMap<Party, String> = parties.into_iter().map(|party| (party, name(party))).lean_collect();
        let mut csv = COLUMNS.join(",");
        csv.push_str(if self.hosts.is_some() { ",src_hosts,dst_hosts\n" } else { "\n" });
        let mut rows: Vec<(&Key, &Row)> = self.rows.iter().collect();
        rows.sort_by_cached_key(|(key, _)| (&names[&key.from], &names[&key.to], key.service, key.hour, key.outcome));
        for (key, row) in rows {
            let (proto, port) = service(key.service);
            let ms = |moment: Option<Moment>| moment.map(|m| m.0.div_euclid(1_000).to_string()).unwrap_or_default();
            let flows = row.flows.max(row.replies);
            let (from, to, hour, outcome) = (&names[&key.from], &names[&key.to], hour(key.hour), key.outcome.word());
            let (out, back) = (row.bytes_out, row.bytes_in);
            let (first, last) = (ms(row.first), ms(row.last));
            _ = write!(csv, "{from},{to},{proto},{port},{hour},{outcome},{flows},{out},{back},{first},{last}");
            if self.hosts.is_some() {
                _ = write!(csv, ",{},{}", row.from.len(), row.to.len());
            }
            csv.push('\n');
        }
        csv
    }

    fn add(&mut self, key: Key, mut row: Row) {
        let key = if self.folded { key.folded() } else { key };
        if self.hosts.is_none() {
            (row.from, row.to) = Default::default();
        }
        let own = self.rows.entry(key).or_default();
        let before = own.from.len() + own.to.len();
        own.absorb(row);
        if let Some(hosts) = &mut self.hosts {
            *hosts += own.from.len() + own.to.len() - before;
            if *hosts > self.most_hosts {
                self.forget_hosts();
            }
        }
        if self.rows.len() > self.most_rows && !self.folded {
            self.fold();
        }
    }

    fn forget_hosts(&mut self) {
        self.hosts = None;
        for row in self.rows.values_mut() {
            (row.from, row.to) = Default::default();
        }
    }

    fn fold(&mut self) {
        self.folded = true;
        // Sums of distinct hosts would be too high: the sets are joined, and their number counted again.
        for (key, row) in std::mem::take(&mut self.rows) {
            self.rows.entry(key.folded()).or_default().absorb(row);
        }
        if let Some(hosts) = &mut self.hosts {
            *hosts = self.rows.values().map(|row| row.from.len() + row.to.len()).sum();
        }
    }
}

impl Visitor for Rollup {
    fn flow(&mut self, flow: &Flow<'_>, _place: Place) -> Fate {
        if let Err(fate) = joins_hosts(flow) {
            return fate;
        }
        let (from, to) = self.places.ends(flow);
        let (from, to) = (self.parties.of(from), self.parties.of(to));
        let reply = flow.is_reply();
        let hour = flow.start.map_or(Hour::UNDATED, Moment::hour);
        let flows = flow.rolled.as_ref().map_or(1, |rolled| rolled.flows);
        let last = flow.rolled.as_ref().and_then(|rolled| rolled.last).max(flow.start);
        if flow.rolled.is_some() && self.hosts.is_some() {
            self.forget_hosts();
        }
        let set = |end: &Endpoint<'_>| [host(end)].into_iter().lean_collect();
        let row = |out: &Endpoint<'_>, back: &Endpoint<'_>| Row {
            flows: if reply { 0 } else { flows },
            replies: if reply { flows } else { 0 },
            bytes_out: (if reply { flow.bytes_in } else { flow.bytes_out }).unwrap_or(0),
            bytes_in: (if reply { flow.bytes_out } else { flow.bytes_in }).unwrap_or(0),
            first: flow.start,
            last,
            from: set(out),
            to: set(back),
        };
        // A reply belongs to the connection that it answers, which ran the other way.
        let (key, row) = if reply {
            let service = flow.service_at(flow.initiator.port);
            (Key { from: to, to: from, service, hour, outcome: flow.outcome }, row(&flow.responder, &flow.initiator))
        } else {
            (
                Key { from, to, service: flow.service_key(), hour, outcome: flow.outcome },
                row(&flow.initiator, &flow.responder),
            )
        };
        self.add(key, row);
        Fate::Drawn
    }
}

fn host(end: &Endpoint<'_>) -> Host {
    match (end.address, end.name.as_deref()) {
        (Some(address), _) => Host::of_address(address),
        (None, name) => Host::of_name(name.unwrap_or_default()),
    }
}

fn service(service: Service) -> (String, String) {
    let proto = match (service.kind, service.protocol) {
        (Kind::Connection, protocol) => protocol.map(|protocol| protocol.to_string()).unwrap_or_default(),
        (kind @ (Kind::Logon | Kind::Session | Kind::Translation), _) => kind.word().to_owned(),
    };
    (proto, service.port.map(|port| port.to_string()).unwrap_or_default())
}

/// `2020-06-11T02:00:00Z`; nothing for flows without a time.
fn hour(hour: Hour) -> String {
    let Some(start) = hour.start() else { return String::new() };
    let Civil { year, month, day, hour, .. } = Civil::of(start, 0);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:00:00Z")
}

/// The sites that a rollup names, to be put into a book that lacks them.
#[derive(Debug, Default)]
pub struct SitesNamed(pub BTreeSet<String>);

impl Visitor for SitesNamed {
    fn flow(&mut self, flow: &Flow<'_>, _place: Place) -> Fate {
        for name in flow.rolled.iter().flat_map(|rolled| [&rolled.from, &rolled.to]) {
            if !self.0.contains(name.as_ref()) && SiteBook::may_be_called(name).is_ok() {
                self.0.insert(name.clone().into_owned());
            }
        }
        Fate::Drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Order, Reading};
    use crate::sites::import::read_sites;

    const LOG: &str = "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\torig_bytes\tresp_bytes\n\
        7200.5\t10.1.0.1\t5\t10.2.0.1\t445\ttcp\tSF\t10\t20\n\
        7260.25\t10.1.0.2\t5\t10.2.0.1\t445\ttcp\tSF\t1\t-\n\
        7300\t10.1.0.2\t5\t10.2.0.1\t445\ttcp\tS0\t-\t-\n\
        10800\t10.1.0.1\t5\t8.8.8.8\t53\tudp\tSF\t5\t6\n\
        -\t10.1.0.1\t5\t8.8.8.8\t53\tudp\tSF\t5\t6\n";

    fn book() -> SiteBook {
        read_sites(b"site,cidr\nA,10.1.0.0/16\n=B,10.2.0.0/16\n").0
    }

    fn rolled(log: &str, book: &SiteBook) -> Rollup {
        let mut reading = Reading::new("x", Order::default(), Rollup::new(book, "x"));
        reading.feed(log.as_bytes());
        reading.finish().1
    }

    const ROLLED: &str = "src_site,dst_site,proto,dst_port,hour,outcome,flows,bytes_out,bytes_in,first_ms,last_ms,src_hosts,dst_hosts\n\
        A,'=B,tcp,445,1970-01-01T02:00:00Z,established,2,11,20,7200500,7260250,2,1\n\
        A,'=B,tcp,445,1970-01-01T02:00:00Z,failed,1,0,0,7300000,7300000,1,1\n\
        A,external,udp,53,,established,1,5,6,,,1,1\n\
        A,external,udp,53,1970-01-01T03:00:00Z,established,1,5,6,10800000,10800000,1,1\n";

    #[test]
    fn flows_are_summed_by_link_service_hour_and_outcome() {
        let book = book();
        assert_eq!(rolled(LOG, &book).to_csv(&book, str::to_owned), ROLLED);
    }

    #[test]
    fn a_rollup_rolls_up_to_itself_but_for_its_hosts() {
        let book = book();
        let again = rolled(ROLLED, &book);
        let without: String =
            ROLLED.lines().map(|line| line.rsplitn(3, ',').last().unwrap().to_owned() + "\n").collect();
        assert_eq!(again.to_csv(&book, str::to_owned), without);
        assert_eq!(again.notices().len(), 1);
    }

    #[test]
    fn parts_roll_up_to_the_whole() {
        let book = book();
        let head = LOG.split_inclusive('\n').take(3).collect::<String>();
        let parts = LOG.split_inclusive('\n').skip(3).map(|line| rolled(&format!("{head}{line}"), &book));
        let mut whole = Rollup::new(&book, "x");
        parts.for_each(|part| whole.absorb(part));
        assert_eq!(whole.to_csv(&book, str::to_owned), ROLLED);
    }

    #[test]
    fn past_the_cap_the_outside_loses_its_ports_and_no_flow() {
        let book = book();
        let mut rollup = Rollup { most_rows: 3, most_hosts: 2, ..Rollup::new(&book, "x") };
        rollup.absorb(rolled(LOG, &book));
        let csv = rollup.to_csv(&book, str::to_owned);
        assert!(csv.contains("A,external,udp,,1970-01-01T03:00:00Z,established,1,5,6,"), "{csv}");
        assert!(!csv.contains("src_hosts") && csv.contains("A,'=B,tcp,445,"), "{csv}");
        assert_eq!(rollup.notices().len(), 2);
    }
}
