//! Lines of several devices in one file, as a syslog server keeps them: each is read by its own format.
//!
//! The file's format, told by its beginning, reads every line first. What it does not know is told anew by itself, among the
//! formats whose lines (or objects behind a syslog header) say what they are, and read by a parser that stays for the
//! file's next lines of that kind. A line that nobody else knows keeps what the file's own format said of it; only those that
//! name an address are offered, so that a server's own chatter costs little.

use std::collections::BTreeMap;

use super::{ALL, Disposition, Format, Likeness, Mapping, Parser, SAMPLE_BYTES, Sample, Setting, Sink, reasons};
use crate::evidence::{Framing, Record};

/// Formats whose lines mean something only below a header of theirs, or that guess.
const NOT_ALONE: [&str; 13] = [
    "zeek_protocols",
    "zeek_conn_tsv",
    "nfdump",
    "argus",
    "cicflowmeter",
    "aws_vpc_flow",
    "windows_firewall",
    "w3c_elf",
    "kyoten_rollup",
    "carried",
    "mapped_json",
    "mapped_csv",
    "mapped_pairs",
];

/// Begins a file of this format, between whose lines those of other devices may stand.
pub fn open(format: &'static dyn Format, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
    let own = format.open(setting, sample);
    if NOT_ALONE.contains(&format.name()) || format.framing(sample) != Framing::Lines {
        return own;
    }
    Box::new(Gathered { own, name: format.name(), setting: setting.clone(), others: BTreeMap::new() })
}

/// The format of the plain lines between objects that a syslog header stands before, where there are such: a file is cut at
/// its line ends then, and each of its objects is a line.
pub(super) fn lines_between(format: &dyn Format, sample: &Sample<'_>) -> Option<&'static dyn Format> {
    let is_plain = !matches!(sample.bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    if !is_plain || format.framing(sample) != Framing::Json {
        return None;
    }
    let plain = sample.lines().take(200).filter(|line| memchr::memchr(b'{', line).is_none());
    plain.filter(|line| names_an_address(line)).find_map(surest).map(|at| ALL[at])
}

struct Gathered {
    own: Box<dyn Parser>,
    name: &'static str,
    setting: Setting,
    /// By their place in [`ALL`].
    others: BTreeMap<usize, Box<dyn Parser>>,
}

impl Parser for Gathered {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let disposition = self.own.read(record, flows);
        let is_strange = match &disposition {
            Disposition::Parsed | Disposition::Header => false,
            Disposition::Skipped(reason) => *reason == reasons::ELSEWHERE,
            Disposition::Malformed(_) => true,
        };
        if !is_strange {
            return disposition;
        }
        if record.bytes.len() > SAMPLE_BYTES || !names_an_address(record.bytes) {
            return self.said(disposition, record.bytes);
        }
        match self.elsewhere(record, flows) {
            Some(Disposition::Malformed(_)) | None => self.said(disposition, record.bytes),
            Some(other) => other,
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.own.finish(flows);
        self.others.values_mut().for_each(|parser| parser.finish(flows));
    }

    /// Another device's sessions may be under way, of which no line tells.
    fn known(&self) -> Option<Vec<u8>> {
        if self.others.is_empty() { self.own.known() } else { None }
    }

    fn mapping(&self) -> Option<Mapping> {
        self.own.mapping()
    }

    fn others(&self) -> Vec<&'static str> {
        self.others.keys().map(|at| ALL[*at].name()).collect()
    }
}

impl Gathered {
    /// What to say of a line that nobody reads. Where several devices write, what shows no mark of the file's own format is no
    /// fault of its.
    fn said(&self, own: Disposition, line: &[u8]) -> Disposition {
        let is_own = || self.own_at().is_some_and(|at| likeness(at, line) > Likeness::None);
        match own {
            Disposition::Malformed(_) if !self.others.is_empty() && !is_own() => {
                Disposition::Skipped(reasons::ELSEWHERE.into())
            }
            own => own,
        }
    }

    fn own_at(&self) -> Option<usize> {
        ALL.iter().position(|format| format.name() == self.name)
    }

    /// Reads a line by the format that it is told to be; `None` where that is no other one.
    fn elsewhere(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Option<Disposition> {
        // Most lines are of a kind that was met before.
        let met = self.others.keys().copied().find(|at| likeness(*at, record.bytes) == Likeness::Certain);
        let at = met.or_else(|| surest(record.bytes)).filter(|at| ALL[*at].name() != self.name)?;
        let text = text_for(ALL[at], record.bytes)?;
        let parser =
            self.others.entry(at).or_insert_with(|| ALL[at].open(&self.setting, &Sample { bytes: text, whole: true }));
        Some(parser.read(Record::new(text, record.place), flows))
    }
}

/// The format that a line is most surely of, the first of equals.
fn surest(line: &[u8]) -> Option<usize> {
    let mut best = (Likeness::Possible, None);
    for at in 0..ALL.len() {
        let likeness = likeness(at, line);
        if likeness > best.0 {
            best = (likeness, Some(at));
        }
    }
    best.1
}

fn likeness(at: usize, line: &[u8]) -> Likeness {
    text_for(ALL[at], line).map_or(Likeness::None, |bytes| ALL[at].recognise(&Sample { bytes, whole: true }))
}

/// What of a line a format would read: all of it, or the object that ends it; `None` where its records are something else.
fn text_for<'l>(format: &dyn Format, line: &'l [u8]) -> Option<&'l [u8]> {
    if NOT_ALONE.contains(&format.name()) {
        return None;
    }
    let object = || {
        let at = memchr::memmem::find(line, b"{\"")?;
        line.trim_ascii_end().ends_with(b"}").then(|| &line[at..])
    };
    match format.framing(&Sample { bytes: line, whole: true }) {
        Framing::Lines => Some(line),
        Framing::Json => object(),
        Framing::QuotedLines(_) | Framing::Events | Framing::Packets => None,
    }
}

/// Whether four numbers with dots stand in a line, or hexadecimal ones with so many colons.
fn names_an_address(line: &[u8]) -> bool {
    line.split(|b| !(b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))).any(|word| {
        let marks = |mark| word.iter().filter(|b| **b == mark).count();
        word.len() > 2 && (marks(b'.') >= 3 || marks(b':') >= 3 || memchr::memmem::find(word, b"::").is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Place;
    use crate::flow::Flow;
    use crate::formats::recognise;

    const ASA: &str = "<166>Jun 08 2020 10:00:01 fw-kobe : %ASA-6-302013: Built inbound TCP connection 7 for outside:192.0.2.9/40000 (192.0.2.9/40000) to inside:10.1.1.5/443 (10.1.1.5/443)\n\
        <166>Jun 08 2020 10:00:03 fw-kobe : %ASA-6-302014: Teardown TCP connection 7 for outside:192.0.2.9/40000 to inside:10.1.1.5/443 duration 0:00:02 bytes 900 TCP FINs\n";
    const FORTIGATE: &str = "<189>date=2020-06-08 time=10:00:02 devname=\"fw-bkk\" devid=\"FGT60D0000000009\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" srcip=10.2.1.7 srcport=50000 dstip=10.1.1.5 dstport=3389 proto=6 action=\"close\" sentbyte=100 rcvdbyte=200\n";
    const CRON: &str = "Jun  8 10:00:02 jump CRON[100]: (root) CMD (true)\n";
    const SSHD: &str = "Jun  8 10:00:04 jump sshd[200]: Accepted password for kei from 10.2.1.7 port 50001 ssh2\n";

    fn read(text: &str) -> (Vec<Disposition>, Vec<Flow<'static>>, Vec<&'static str>) {
        let sample = Sample { bytes: text.as_bytes(), whole: true };
        let mut parser = open(recognise(&sample).unwrap(), &Setting::default(), &sample);
        let (mut flows, mut dispositions) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let record = Record::new(line.as_bytes(), Place::default());
            dispositions.push(parser.read(record, &mut |flow, _| flows.push(flow.clone().into_owned())));
        }
        parser.finish(&mut |flow, _| flows.push(flow.clone().into_owned()));
        (dispositions, flows, parser.others())
    }

    #[test]
    fn each_device_is_read_by_its_format_whichever_comes_first() {
        let parts = [ASA, FORTIGATE, CRON, SSHD];
        let apart: usize = [ASA, FORTIGATE, SSHD].iter().map(|part| read(part).1.len()).sum();
        assert_eq!(apart, 3);
        for first in 0..parts.len() {
            let text: String = (0..parts.len()).map(|at| parts[(first + at) % parts.len()]).collect();
            let (dispositions, flows, others) = read(&text);
            assert_eq!(flows.len(), apart, "{text}\n{dispositions:?}");
            assert_eq!(others.len(), 2, "{others:?}");
        }
    }

    #[test]
    fn what_nobody_knows_keeps_what_the_files_own_format_says() {
        let (dispositions, _, others) = read(&format!("{ASA}Jun  8 10:00:02 jump app: 10.1.1.5 is well\n"));
        assert_eq!(dispositions.last(), Some(&Disposition::Skipped(reasons::ELSEWHERE.into())));
        assert!(others.is_empty(), "{others:?}");
    }

    #[test]
    fn addresses_are_seen() {
        for (line, is_there) in
            [("a 10.0.0.1:80", true), ("fe80::1%eth0", true), ("::1", true), ("12:34:56 v1.2.3", false)]
        {
            assert_eq!(names_an_address(line.as_bytes()), is_there, "{line}");
        }
    }
}
