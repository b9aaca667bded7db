//! The log formats, one a file, and the choice among them by content.
//!
//! A new format is one file beside this one and one line in `formats!`. Invariant: nothing here knows of sites, files or
//! browsers; a format turns the bytes of one record into flows and says what it could not use.

use std::borrow::Cow;

use crate::evidence::{Clock, Framing, Place, Record};
use crate::flow::Flow;

mod firewall;
mod fortigate_event;
mod gathered;
mod held;
mod joined;
mod mapping;
mod named;
mod reporters;
pub mod syntax;
mod web;
pub mod windows;
mod zeek;

/// Declares each format's file and puts it into [`ALL`].
macro_rules! formats {
    ($($visible:vis $file:ident :: $format:ident,)*) => {
        $($visible mod $file;)*

        /// All formats that Kyoten reads, the most particular first.
        pub const ALL: &[&dyn Format] = &[$(&$file::$format),*];
    };
}

formats! {
    // Before conn.log, whose readers know these by name too.
    zeek_protocols::ZeekProtocols,
    zeek_conn_tsv::ZeekConnTsv,
    zeek_conn_json::ZeekConnJson,
    suricata_eve::SuricataEve,
    nfdump::Nfdump,
    argus::Argus,
    pcap::Pcap,
    cicflowmeter::Cicflowmeter,
    fortigate_traffic::FortigateTraffic,
    panos::Panos,
    cisco_ftd::CiscoFtd,
    cisco_asa::CiscoAsa,
    checkpoint::Checkpoint,
    juniper_srx::JuniperSrx,
    sophos_xg::SophosXg,
    sonicwall::Sonicwall,
    watchguard::Watchguard,
    stormshield::Stormshield,
    barracuda::Barracuda,
    cisco_ios::CiscoIos,
    cisco_meraki::CiscoMeraki,
    cisco_umbrella::CiscoUmbrella,
    iptables::Iptables,
    pfsense_filterlog::PfsenseFilterlog,
    vpn_pulse::VpnPulse,
    openvpn::Openvpn,
    radius::Radius,
    zscaler_zia::ZscalerZia,
    aws_vpc_flow::AwsVpcFlow,
    aws_vpc_flow_json::AwsVpcFlowJson,
    gcp_vpc_flow::GcpVpcFlow,
    azure_flow::AzureFlow,
    azure_firewall::AzureFirewall,
    snort::Snort,
    squid::Squid,
    windows_firewall::WindowsFirewall,
    w3c_elf::W3cElf,
    mikrotik::Mikrotik,
    pub kyoten_rollup::KyotenRollup,
    windows_event_xml::WindowsEventXml,
    windows_event_json::WindowsEventJson,
    windows_event_csv::WindowsEventCsv,
    cef::Cef,
    leef::Leef,
    symantec_sep::SymantecSep,
    // Behind all devices whose log has logons over SSH between its own lines.
    unix_logons::UnixLogons,
    citrix_adc::CitrixAdc,
    arrowed::Arrowed,
    microsoft_tables::MicrosoftTables,
    // Behind all formats whose documents have these fields too.
    ocsf_json::OcsfJson,
    ecs_json::EcsJson,
    // Behind all formats that it may carry, and that a document may be of its own.
    carried::Carried,
    // Last, because they read what nothing else knows.
    mapped_json::MappedJson,
    pub mapped_csv::MappedCsv,
    mapped_pairs::MappedPairs,
}

/// A log format.
pub trait Format: Sync {
    /// Its short name, also that of its file here: `zeek_conn_tsv`.
    fn name(&self) -> &'static str;

    /// Its name on the screen: `Zeek conn.log (TSV)`.
    fn title(&self) -> &'static str;

    /// How sure it is that this is the beginning of such a file, by content alone: the file's name plays no part.
    fn recognise(&self, sample: &Sample<'_>) -> Likeness;

    /// How its records are told apart; the sample says which delimiter a table has.
    fn framing(&self, sample: &Sample<'_>) -> Framing;

    /// Whether a plain file of it may be read in ranges, side by side: each record stands for itself, but for what its
    /// parser says that it has to know ([`Parser::known`]). Where records are joined over lines, it may not.
    fn reads_ranges(&self) -> bool {
        false
    }

    /// Begins a file, or a range of it. The sample is always the file's beginning, so that all its ranges settle the
    /// same guesses (a table's columns, the order of day and month).
    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser>;
}

/// The beginning of a file (or all of a short one), unpacked and decoded.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'s> {
    /// At most [`SAMPLE_BYTES`] of it.
    pub bytes: &'s [u8],
    /// Whether that is the whole file.
    pub whole: bool,
}

/// How much of a file a format sees before it says whether it knows it.
pub const SAMPLE_BYTES: usize = 64 * 1024;

impl<'s> Sample<'s> {
    /// Its complete lines without their ends; the last one too when the sample is the whole file.
    pub fn lines(&self) -> impl Iterator<Item = &'s [u8]> + use<'s> {
        let end =
            if self.whole { self.bytes.len() } else { memchr::memrchr(b'\n', self.bytes).unwrap_or(self.bytes.len()) };
        self.bytes[..end].split(|b| matches!(b, b'\n' | b'\r')).filter(|line| !line.is_empty())
    }
}

/// How sure a format is of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// It is something else.
    None,
    /// It can be read so if nothing better is found (any CSV with a header).
    Possible,
    /// It has the marks of the format.
    Likely,
    /// Nothing else writes this.
    Certain,
}

/// What the user or the file's surroundings settled for one file.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize, PartialEq)]
pub struct Setting {
    /// Zone and year of times that leave them out.
    pub clock: Clock,
    /// The column mapping that the user confirmed or corrected, for a CSV; `None` lets it be guessed.
    pub mapping: Option<Mapping>,
}

pub use gathered::open;
pub use mapping::{Mapping, MappingFile};

/// What became of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Disposition {
    /// Understood; its flows went to the sink.
    Parsed,
    /// A header or comment.
    Header,
    /// Understood, but no connection: why.
    Skipped(Cow<'static, str>),
    /// Not understood.
    Malformed(Fault),
}

/// Why a record could not be understood: a reason that many records share, and what was found in this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `byte count is not a number`: the same words for each record with this fault.
    pub reason: Cow<'static, str>,
    /// `orig_bytes is "x"`: what stands here; shown with the first example only.
    pub found: String,
}

impl Fault {
    /// A fault with what was found, cut to a readable length.
    pub fn new(reason: impl Into<Cow<'static, str>>, found: impl Into<String>) -> Fault {
        let found: String = found.into();
        let found = crate::evidence::text::elided(&found, 120).into_owned();
        Fault { reason: reason.into(), found }
    }

    /// A fault of one field: `orig_bytes is "x"`.
    pub fn of_field(reason: &'static str, field: &str, value: &[u8]) -> Fault {
        let shown = &value[..value.len().min(480)];
        Fault::new(reason, format!("{field} is \"{}\"", crate::evidence::text::readable(shown)))
    }
}

/// Takes each flow with the place of the record that it came from.
pub type Sink<'s> = dyn FnMut(&Flow<'_>, Place) + 's;

/// The state of reading one file (columns, joins under way). It may be cloned at no point; a range of a file gets a
/// parser of its own that has first read the file's header.
pub trait Parser {
    /// Reads one record.
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition;

    /// The file is at its end: flows still held back go out now.
    fn finish(&mut self, _flows: &mut Sink<'_>) {}

    /// Lines that a parser has to read before it can go on from here as this one would: the header of a table. `None` where
    /// no lines would do. It is asked of formats that read ranges.
    fn known(&self) -> Option<Vec<u8>> {
        None
    }

    /// The column mapping in use, for formats that have one.
    fn mapping(&self) -> Option<Mapping> {
        None
    }

    /// The names of the other formats whose lines it has read between its own.
    fn others(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// A record without the byte order mark that begins a file, and each further file in a joined one.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The reasons that many formats share, so that the same fault reads the same everywhere.
mod reasons {
    pub const ADDRESS: &str = "an end of the connection is not an address";
    pub const NO_ADDRESS: &str = "an end of the connection is missing";
    pub const PORT: &str = "port is not a number up to 65535";
    pub const TIME: &str = "time is not readable";
    pub const DURATION: &str = "duration is not a number";
    pub const BYTES: &str = "byte count is not a number";
    pub const PACKETS: &str = "packet count is not a number";
    pub const PROTOCOL: &str = "protocol is unknown";
    pub const NOT_JSON: &str = "not a JSON object";
    /// A line that is none of the format's own, in a file that may hold those of several devices.
    pub const ELSEWHERE: &str = "line of another device or program";
}

/// The format of a sample: the surest, the first of equals; `None` when none knows it.
pub fn recognise(sample: &Sample<'_>) -> Option<&'static dyn Format> {
    let mut best: Option<(&'static dyn Format, Likeness)> = None;
    let is_array = is_array_of_objects(sample);
    for format in ALL {
        let likeness = format.recognise(sample);
        // A log line inside an array is the carrier's to unescape.
        if is_array && matches!(format.framing(sample), Framing::Lines) {
            continue;
        }
        // So is one in a column, whose row is quoted: a line of its own has no header above it.
        let is_table = likeness == Likeness::Likely && format.name() == carried::NAME && carried::is_table(sample);
        if is_table && best.is_some_and(|(line, _)| line.framing(sample) == Framing::Lines) {
            best = Some((*format, Likeness::Certain));
            continue;
        }
        if likeness > best.map_or(Likeness::None, |(_, l)| l) {
            best = Some((*format, likeness));
        }
    }
    let (format, _) = best?;
    Some(gathered::lines_between(format, sample).unwrap_or(format))
}

fn is_array_of_objects(sample: &Sample<'_>) -> bool {
    let inside = without_mark(sample.bytes).trim_ascii_start().strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    inside
        .and_then(|inside| inside.strip_prefix(b"{"))
        .is_some_and(|object| object.trim_ascii_start().starts_with(b"\""))
}

/// The format of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|format| format.name() == name)
}

/// What a format made of a text, for its tests.
#[cfg(test)]
struct Reading {
    dispositions: Vec<Disposition>,
    flows: Vec<Flow<'static>>,
}

/// Reads a text with a format, cut plainly: at line ends, or into JSON objects.
#[cfg(test)]
fn reading_of(format: &dyn Format, text: &str) -> Reading {
    let sample = Sample { bytes: text.as_bytes(), whole: true };
    let mut parser = format.open(&Setting::default(), &sample);
    let mut reading = Reading { dispositions: Vec::new(), flows: Vec::new() };
    for line in text.lines().filter(|line| !line.is_empty()) {
        let record = Record::new(line.as_bytes(), Place::default());
        let disposition = parser.read(record, &mut |flow, _| reading.flows.push(flow.clone().into_owned()));
        reading.dispositions.push(disposition);
    }
    parser.finish(&mut |flow, _| reading.flows.push(flow.clone().into_owned()));
    reading
}
