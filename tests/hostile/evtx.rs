//! Cases 41 to 48: Windows event logs, made here token by token.

use super::archives::{open, opened};
use kyoten::reading::receipt::Receipt;

const CHUNK: usize = 65_536;

/// A value of a template.
#[derive(Clone)]
pub enum Value {
    Text(String),
    Texts(Vec<&'static str>),
    Word(u16),
    Wide(u64),
    Time(u64),
    Nothing,
    Fragment(Vec<u8>),
}

/// A chunk under way: names and templates stand where they were first used.
pub struct Chunk {
    pub bytes: Vec<u8>,
    names: Vec<(String, usize)>,
    templates: Vec<(&'static str, usize)>,
    first: u64,
    next: u64,
}

/// What stands in an element: attributes as name and gap or text, then content.
enum Node {
    Element(&'static str, Vec<(&'static str, Part)>, Vec<Node>),
    Part(Part),
}

#[derive(Clone)]
enum Part {
    Text(&'static str),
    Gap(u16),
    Optional(u16),
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Chunk {
    pub fn new(first: u64) -> Chunk {
        Chunk { bytes: vec![0; 512], names: Vec::new(), templates: Vec::new(), first, next: first }
    }

    fn name(&mut self, name: &str) {
        if let Some((_, at)) = self.names.iter().find(|(known, _)| known == name) {
            let at = *at as u32;
            self.bytes.extend(at.to_le_bytes());
            return;
        }
        let at = self.bytes.len() + 4;
        self.names.push((name.to_owned(), at));
        self.bytes.extend((at as u32).to_le_bytes());
        self.bytes.extend([0; 6]);
        self.bytes.extend((name.len() as u16).to_le_bytes());
        self.bytes.extend(utf16(name));
        self.bytes.extend([0; 2]);
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Text(text) => {
                self.bytes.extend([5, 1]);
                self.bytes.extend((text.encode_utf16().count() as u16).to_le_bytes());
                self.bytes.extend(utf16(text));
            }
            Part::Gap(n) => {
                self.bytes.push(0x0d);
                self.bytes.extend(n.to_le_bytes());
                self.bytes.push(1);
            }
            Part::Optional(n) => {
                self.bytes.push(0x0e);
                self.bytes.extend(n.to_le_bytes());
                self.bytes.push(1);
            }
        }
    }

    fn node(&mut self, node: &Node, in_template: bool) {
        match node {
            Node::Part(part) => self.part(part),
            Node::Element(name, attributes, content) => {
                self.bytes.push(if attributes.is_empty() { 0x01 } else { 0x41 });
                if in_template {
                    self.bytes.extend([0xff; 2]);
                }
                self.bytes.extend([0; 4]);
                self.name(name);
                if !attributes.is_empty() {
                    self.bytes.extend([0; 4]);
                }
                for (name, part) in attributes {
                    self.bytes.push(0x06);
                    self.name(name);
                    self.part(part);
                }
                if content.is_empty() {
                    self.bytes.push(0x03);
                    return;
                }
                self.bytes.push(0x02);
                content.iter().for_each(|node| self.node(node, in_template));
                self.bytes.push(0x04);
            }
        }
    }

    /// A record by a template, which is written out where it is new.
    fn record(&mut self, title: &'static str, template: &Node, values: &[Value]) {
        let at = self.bytes.len();
        self.bytes.extend(b"\x2a\x2a\0\0\0\0\0\0");
        self.bytes.extend(self.next.to_le_bytes());
        self.bytes.extend([0; 8]);
        self.bytes.extend([0x0f, 1, 1, 0, 0x0c, 1]);
        self.bytes.extend([7; 4]);
        match self.templates.iter().find(|(known, _)| *known == title) {
            Some((_, at)) => {
                let at = *at as u32;
                self.bytes.extend(at.to_le_bytes());
            }
            None => {
                let definition = self.bytes.len() + 4;
                self.templates.push((title, definition));
                self.bytes.extend((definition as u32).to_le_bytes());
                self.bytes.extend([0; 24]);
                self.bytes.extend([0x0f, 1, 1, 0]);
                self.node(template, true);
                self.bytes.push(0);
                let size = (self.bytes.len() - definition - 24) as u32;
                self.bytes[definition + 20..definition + 24].copy_from_slice(&size.to_le_bytes());
            }
        }
        self.bytes.extend((values.len() as u32).to_le_bytes());
        let coded: Vec<(u8, Vec<u8>)> = values.iter().map(coded).collect();
        for (kind, bytes) in &coded {
            self.bytes.extend((bytes.len() as u16).to_le_bytes());
            self.bytes.extend([*kind, 0]);
        }
        coded.iter().for_each(|(_, bytes)| self.bytes.extend(bytes));
        self.bytes.push(0);
        let size = ((self.bytes.len() + 4 - at) as u32).next_multiple_of(8);
        self.bytes.resize(at + size as usize - 4, 0);
        self.bytes.extend(size.to_le_bytes());
        self.bytes[at + 4..at + 8].copy_from_slice(&size.to_le_bytes());
        self.next += 1;
    }

    /// The chunk with its header and checksums.
    pub fn finish(mut self) -> Vec<u8> {
        let free = self.bytes.len();
        self.bytes.resize(CHUNK, 0);
        let bytes = &mut self.bytes;
        bytes[..8].copy_from_slice(b"ElfChnk\0");
        for (at, id) in [(8, self.first), (16, self.next - 1), (24, self.first), (32, self.next - 1)] {
            bytes[at..at + 8].copy_from_slice(&id.to_le_bytes());
        }
        bytes[40..44].copy_from_slice(&128_u32.to_le_bytes());
        bytes[48..52].copy_from_slice(&(free as u32).to_le_bytes());
        let records = crc(&[&bytes[512..free]]);
        bytes[52..56].copy_from_slice(&records.to_le_bytes());
        let header = crc(&[&bytes[..120], &bytes[128..512]]);
        bytes[124..128].copy_from_slice(&header.to_le_bytes());
        self.bytes
    }
}

fn coded(value: &Value) -> (u8, Vec<u8>) {
    match value {
        Value::Text(text) => (0x01, utf16(text)),
        Value::Texts(texts) => (0x81, texts.iter().flat_map(|text| [utf16(text), vec![0; 2]].concat()).collect()),
        Value::Word(n) => (0x06, n.to_le_bytes().to_vec()),
        Value::Wide(n) => (0x15, n.to_le_bytes().to_vec()),
        Value::Time(n) => (0x11, n.to_le_bytes().to_vec()),
        Value::Nothing => (0, Vec::new()),
        Value::Fragment(bytes) => (0x21, bytes.clone()),
    }
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}

/// An event log of these chunks.
pub fn log(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut file = vec![0; 4096];
    file[..8].copy_from_slice(b"ElfFile\0");
    file[42..44].copy_from_slice(&(chunks.len() as u16).to_le_bytes());
    [file, chunks.concat()].concat()
}

fn text(content: Part) -> Vec<Node> {
    vec![Node::Part(content)]
}

/// A logon as the Security log tells it (4624), in the few fields that say who came from where.
fn logon_template() -> Node {
    let data = |name, n| Node::Element("Data", vec![("Name", Part::Text(name))], text(Part::Gap(n)));
    let system = vec![
        Node::Element(
            "Provider",
            vec![("Name", Part::Text("Microsoft-Windows-Security-Auditing")), ("Guid", Part::Optional(9))],
            vec![],
        ),
        Node::Element("EventID", vec![], text(Part::Gap(0))),
        Node::Element("Keywords", vec![], text(Part::Gap(1))),
        Node::Element("TimeCreated", vec![("SystemTime", Part::Gap(2))], vec![]),
        Node::Element("Channel", vec![], text(Part::Text("Security"))),
        Node::Element("Computer", vec![], text(Part::Gap(3))),
    ];
    let fields = vec![
        data("TargetUserName", 4),
        data("TargetDomainName", 5),
        data("LogonType", 6),
        data("IpAddress", 7),
        data("IpPort", 8),
    ];
    let xmlns = Part::Text("http://schemas.microsoft.com/win/2004/08/events/event");
    let content = vec![Node::Element("System", vec![], system), Node::Element("EventData", vec![], fields)];
    Node::Element("Event", vec![("xmlns", xmlns)], content)
}

/// 2020-06-11T01:00:00Z and so many seconds.
fn filetime(seconds: u64) -> u64 {
    (1_591_837_200 + 11_644_473_600 + seconds) * 10_000_000
}

pub fn logon(chunk: &mut Chunk, user: &str, n: u64) {
    let values = [
        Value::Word(4624),
        Value::Wide(0x8020_0000_0000_0000),
        Value::Time(filetime(n)),
        Value::Text("fs01.example.test".to_owned()),
        Value::Text(user.to_owned()),
        Value::Text("EXAMPLE".to_owned()),
        Value::Word(3),
        Value::Text(format!("10.2.0.{}", n % 200 + 1)),
        Value::Word(50_000),
        Value::Nothing,
    ];
    chunk.record("logon", &logon_template(), &values);
}

/// A log of so many logons in each chunk.
pub fn logons(per_chunk: &[u64]) -> Vec<u8> {
    let mut id = 1;
    let chunk = |count: &u64| {
        let mut chunk = Chunk::new(id);
        (0..*count).for_each(|n| logon(&mut chunk, "m.tanaka", id + n));
        id += count;
        chunk.finish()
    };
    log(&per_chunk.iter().map(chunk).collect::<Vec<_>>())
}

fn layer(receipt: &Receipt) -> Vec<(&str, u64)> {
    receipt.layers[0].unprocessed.0.iter().map(|(reason, (tally, _))| (reason.as_str(), tally.bytes)).collect()
}

#[test]
fn an_event_log_is_read_as_the_xml_that_windows_makes_of_it() {
    let receipts = opened(&logons(&[3, 2]));
    let receipt = &receipts[0];
    assert_eq!(receipt.format.as_deref(), Some("windows_event_xml"));
    assert_eq!((receipt.accounts.parsed.count, receipt.accounts.flows), (5, 5), "{:?}", receipt.accounts);
    assert_eq!((receipt.layers[0].name.as_str(), receipt.layers[0].members.count), ("evtx", 5));
    assert!(receipt.is_complete());
    assert_eq!(receipt.first.unwrap().to_string(), "1591837201");
}

/// The text that a log gives.
fn rendered(log: &[u8]) -> String {
    use kyoten::evidence::unpack::{Unpacked, Unpacker};
    let (mut unpacker, mut out) = (Unpacker::default(), Vec::new());
    let mut take = |unpacked: Unpacked<'_>| {
        if let Unpacked::Bytes(bytes) = unpacked {
            out.extend_from_slice(bytes);
        }
    };
    unpacker.feed(log, &mut take);
    unpacker.finish(&mut take);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_kind_of_text_is_written_as_windows_does_and_stays_on_its_line() {
    let mut chunk = Chunk::new(1);
    logon(&mut chunk, "a<b>&\"c\"\n東京", 0);
    let list = Node::Element("Data", vec![], text(Part::Gap(0)));
    chunk.record("list", &Node::Element("Event", vec![], vec![list]), &[Value::Texts(vec!["one", "", "three"])]);
    let inner = Node::Element(
        "Event",
        vec![],
        vec![Node::Part(Part::Optional(0)), Node::Element("Empty", vec![], text(Part::Optional(1)))],
    );
    // <Inner/> as a fragment of its own, without a template: its name was written by the record before.
    let name = chunk.names.iter().find(|(name, _)| name == "Data").unwrap().1 as u32;
    let fragment = [&[0x0f, 1, 1, 0, 1, 0, 0, 0, 0][..], &name.to_le_bytes(), &[3, 0]].concat();
    chunk.record("inner", &inner, &[Value::Fragment(fragment), Value::Nothing]);
    insta::assert_snapshot!(rendered(&log(&[chunk.finish()])), @r#"
    <Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>4624</EventID><Keywords>0x8020000000000000</Keywords><TimeCreated SystemTime="2020-06-11T01:00:00.0000000Z"/><Channel>Security</Channel><Computer>fs01.example.test</Computer></System><EventData><Data Name="TargetUserName">a&lt;b&gt;&amp;&quot;c&quot;&#10;東京</Data><Data Name="TargetDomainName">EXAMPLE</Data><Data Name="LogonType">3</Data><Data Name="IpAddress">10.2.0.1</Data><Data Name="IpPort">50000</Data></EventData></Event>
    <Event><Data>one</Data><Data></Data><Data>three</Data></Event>
    <Event><Data/><Empty></Empty></Event>
    "#);
}

#[test]
fn case_43_a_record_size_of_three_billion_costs_no_more_than_its_record() {
    let mut log = logons(&[4]);
    let second = memchr::memmem::find_iter(&log, b"\x2a\x2a\0\0").nth(1).unwrap();
    log[second + 4..second + 8].copy_from_slice(&3_099_113_656_u32.to_le_bytes());
    let receipts = opened(&log);
    assert_eq!(receipts[0].accounts.parsed.count, 3);
    let reasons = layer(&receipts[0]);
    assert!(reasons.iter().any(|(reason, bytes)| reason.contains("no record") && *bytes > 0), "{reasons:?}");
}

#[test]
fn case_44_and_47_old_numbers_in_the_headers_cost_nothing() {
    // A log that was copied while Windows wrote it: the file's and the chunk's headers know of fewer records.
    let mut log = logons(&[2, 5]);
    log[24..32].fill(0xff);
    log[120] = 1;
    let chunk = 4096 + CHUNK;
    let third = memchr::memmem::find_iter(&log[chunk..], b"\x2a\x2a\0\0").nth(2).unwrap();
    log[chunk + 48..chunk + 52].copy_from_slice(&(third as u32).to_le_bytes());
    let receipts = opened(&log);
    assert_eq!(receipts[0].accounts.parsed.count, 7);
    assert!(layer(&receipts[0])[0].0.contains("checksum of a chunk's header"));
}

#[test]
fn case_45_a_chunk_of_bad_magic_or_checksum_costs_itself_alone() {
    let mut log = logons(&[3, 4, 5]);
    log[4096 + CHUNK] = b'X';
    let receipts = opened(&log);
    assert_eq!(receipts[0].accounts.parsed.count, 8);
    assert_eq!(layer(&receipts[0]), [("a stretch of the event log that is no chunk", CHUNK as u64)]);
    let mut log = logons(&[3, 4]);
    let user = memchr::memmem::find(&log, &utf16("m.tanaka")).unwrap();
    log[user] = b'n';
    let receipts = opened(&log);
    assert_eq!(receipts[0].accounts.parsed.count, 7);
    assert_eq!(layer(&receipts[0]), [("the checksum of a chunk's records is wrong: they may be damaged", 0)]);
}

#[test]
fn case_46_templates_within_templates_end() {
    // A fragment whose template instance names its own template, again and again.
    let mut chunk = Chunk::new(1);
    logon(&mut chunk, "x", 0);
    let definition = chunk.templates[0].1 as u32;
    let event = Node::Element("Event", vec![], text(Part::Gap(0)));
    let instance =
        [&[0x0f, 1, 1, 0, 0x0c, 1, 0, 0, 0, 0][..], &definition.to_le_bytes(), &0_u32.to_le_bytes(), &[0]].concat();
    chunk.record("self", &event, &[Value::Fragment(instance)]);
    let own = chunk.templates[1].1 as u32;
    // And one that is its own content: its value is an instance of the template that it fills.
    let value_at = chunk.bytes.len() as u32;
    let instance =
        [&[0x0f, 1, 1, 0, 0x0c, 1, 0, 0, 0, 0][..], &own.to_le_bytes(), &value_at.to_le_bytes(), &[0]].concat();
    chunk.record("self", &event, &[Value::Fragment(instance)]);
    let receipts = opened(&log(&[chunk.finish()]));
    assert_eq!(receipts[0].accounts.parsed.count, 1);
    assert!(layer(&receipts[0]).iter().any(|(reason, _)| reason.contains("binary XML can't be read")));
}

#[test]
fn case_48_one_bad_log_among_400_costs_one() {
    let good = logons(&[2]);
    let mut bad = logons(&[2]);
    bad[4096..4096 + 512].fill(0xee);
    let logs: Vec<(String, &[u8])> =
        (0..400).map(|n| (format!("{n:03}.evtx"), if n == 123 { &bad[..] } else { &good[..] })).collect();
    let archive = super::archives::zip_of(&logs);
    let receipts = open(&archive, 1 << 20);
    let whole =
        receipts.iter().filter(|(receipt, _)| receipt.is_complete() && receipt.accounts.parsed.count == 2).count();
    assert_eq!((receipts.len(), whole), (401, 399));
    let (bad, _) = receipts.iter().find(|(receipt, _)| receipt.name == "x/123.evtx").unwrap();
    assert!(!bad.is_complete() && bad.accounts.parsed.count == 0);
}

#[test]
fn case_41_an_event_log_cut_anywhere_keeps_the_events_before() {
    let log = logons(&[6]);
    let end = 4096 + log[4096..].iter().rposition(|b| *b != 0).unwrap();
    let step = if super::full() { 1 } else { 37 };
    for cut in (9..end).step_by(step) {
        let receipts = open(&log[..cut], 4096);
        let receipt = &receipts[0].0;
        assert!(receipt.accounts.parsed.count <= 6 && receipt.accounts.malformed.0.is_empty(), "cut at {cut}");
        assert!(!receipt.is_complete() || receipt.advice.is_some(), "cut at {cut}: {receipt:?}");
    }
}

#[test]
fn case_42_bytes_of_an_event_log_damaged_never_break_the_account() {
    let log = logons(&[3]);
    let end = 4096 + log[4096..].iter().rposition(|b| *b != 0).unwrap();
    let step = if super::full() { 1 } else { 13 };
    for at in (4096..end).step_by(step) {
        for damage in [0x01, 0xff] {
            let mut damaged = log.clone();
            damaged[at] ^= damage;
            let receipt = &open(&damaged, damaged.len())[0].0;
            assert!(receipt.accounts.parsed.count <= 3);
            assert!(
                !receipt.is_complete() || receipt.advice.is_some() || receipt.accounts.parsed.count == 3,
                "byte {at}"
            );
        }
    }
}
