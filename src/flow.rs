//! A flow: one connection as one sensor saw it. Every format is read into this, and nothing above it knows of formats.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Text of a record: borrowed where it stands there as it is, owned where it had to be unescaped.
/// Bytes that are not UTF-8 were made visible as `\xNN` on the way in (see [`crate::evidence::text::readable`]).
pub type Text<'r> = Cow<'r, str>;

/// One connection seen by one sensor. A field that the source lacks is `None`, never zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flow<'r> {
    /// Whether it is a connection, a logon or a VPN session.
    pub kind: Kind,
    /// When the connection began, in UTC.
    pub start: Option<Moment>,
    /// How `start` came to be UTC.
    pub basis: Basis,
    /// How long the connection lasted, in microseconds.
    pub duration: Option<u64>,
    /// The end that opened the connection.
    pub initiator: Endpoint<'r>,
    /// The end that was called.
    pub responder: Endpoint<'r>,
    /// The transport protocol.
    pub protocol: Option<Protocol>,
    /// The application as the sensor names it (`ssl`, `HTTPS`), lower or upper case as written.
    pub service: Option<Text<'r>>,
    /// Bytes from initiator to responder.
    pub bytes_out: Option<u64>,
    /// Bytes from responder to initiator.
    pub bytes_in: Option<u64>,
    /// Packets from initiator to responder.
    pub packets_out: Option<u64>,
    /// Packets from responder to initiator.
    pub packets_in: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
    /// The account, where the record names one.
    pub user: Option<Text<'r>>,
    /// The device that saw it, where the record names it.
    pub sensor: Option<Text<'r>>,
    /// The rule that admitted or denied it, where the record names one.
    pub rule: Option<Text<'r>>,
    /// The source writes one record a direction, so this may be the reply half of a connection (see [`Flow::is_reply`]).
    pub one_way: bool,
    /// The record is a row of a rollup and stands for many flows.
    pub rolled: Option<Rolled<'r>>,
}

/// What a row of a rollup says that a flow does not: its ends are sites, and it stands for many flows.
#[derive(Debug, Clone, PartialEq)]
pub struct Rolled<'r> {
    /// The initiators' site by name; `external` or `unassigned`.
    pub from: Text<'r>,
    /// The responders' site by name.
    pub to: Text<'r>,
    /// How many flows it stands for.
    pub flows: u64,
    /// Start of the last of them; that of the first is the flow's own.
    pub last: Option<Moment>,
}

impl Flow<'_> {
    /// The same flow, with all its text its own.
    pub fn into_owned(self) -> Flow<'static> {
        let own = |text: Option<Text<'_>>| text.map(|t| Cow::Owned(t.into_owned()));
        let end = |e: Endpoint<'_>| Endpoint { address: e.address, name: own(e.name), zone: own(e.zone), port: e.port };
        Flow {
            kind: self.kind,
            initiator: end(self.initiator),
            responder: end(self.responder),
            service: own(self.service),
            user: own(self.user),
            sensor: own(self.sensor),
            rule: own(self.rule),
            start: self.start,
            basis: self.basis,
            duration: self.duration,
            protocol: self.protocol,
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            packets_out: self.packets_out,
            packets_in: self.packets_in,
            outcome: self.outcome,
            one_way: self.one_way,
            rolled: self.rolled.map(|rolled| Rolled {
                from: Cow::Owned(rolled.from.into_owned()),
                to: Cow::Owned(rolled.to.into_owned()),
                flows: rolled.flows,
                last: rolled.last,
            }),
        }
    }

    /// What was asked of the responder: protocol and responder's port, or that it was a logon or a session.
    pub fn service_key(&self) -> Service {
        self.service_at(self.responder.port)
    }

    /// What was asked of the end with this port: of the initiator's, where this is a reply.
    pub fn service_at(&self, port: Option<u16>) -> Service {
        match self.kind {
            Kind::Connection | Kind::Translation => Service::new(self.protocol, port),
            Kind::Logon | Kind::Session => Service::of_kind(self.kind),
        }
    }

    /// Whether this one-way record is the answering half: it leaves a lower port, below the ephemeral range of
    /// RFC 6335 and of Linux (32768), for one inside it.
    pub fn is_reply(&self) -> bool {
        match (self.one_way, self.initiator.port, self.responder.port) {
            (true, Some(from), Some(to)) => from < 32_768 && to >= 32_768,
            (true, _, _) | (false, _, _) => false,
        }
    }
}

/// What a flow tells of. An account can be followed through all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// A connection of a transport protocol, or an attempt at one.
    #[default]
    Connection,
    /// An account proved itself to the responder, or failed to: a Windows logon, a login to a device.
    Logon,
    /// A VPN session: the initiator is the person's own address, the responder the gateway.
    Session,
    /// A firewall gave a host another address: both ends are that host, the initiator by its own socket, the responder by
    /// the one that it has outside. No connection, so it is listed but not drawn.
    Translation,
}

impl Kind {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Connection => "connection",
            Kind::Logon => "logon",
            Kind::Session => "vpn",
            Kind::Translation => "translation",
        }
    }
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Endpoint<'r> {
    /// Its address; IPv4 inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
    pub address: Option<IpAddr>,
    /// Its host name, where the record names it.
    pub name: Option<Text<'r>>,
    /// The firewall's zone or interface that it stands behind, where the record names it.
    pub zone: Option<Text<'r>>,
    /// Its port; absent for protocols without ports.
    pub port: Option<u16>,
}

impl Endpoint<'_> {
    /// Whether anything says which host this is.
    pub fn is_known(&self) -> bool {
        self.address.is_some() || self.name.is_some()
    }
}

/// The one rule for addresses: IPv4 written inside IPv6 (RFC 4291 §2.5.5.2) is that IPv4 address.
#[inline]
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Moment(pub i64);

impl Moment {
    /// Whole seconds since the epoch.
    pub fn from_seconds(seconds: i64) -> Option<Moment> {
        seconds.checked_mul(1_000_000).map(Moment)
    }

    /// The hour that it falls in, counted from the epoch. What lies outside the years 0 to 9999 counts in the first or the
    /// last hour of them, so that no sum or difference of hours can overflow.
    pub fn hour(self) -> Hour {
        const YEAR_0: i64 = -719_528 * 24;
        const YEAR_10000: i64 = 2_932_897 * 24;
        Hour(self.0.div_euclid(3_600_000_000).clamp(YEAR_0, YEAR_10000 - 1) as i32)
    }

    /// Earlier by so many microseconds, if that can be said.
    pub fn before(self, micros: u64) -> Option<Moment> {
        i64::try_from(micros).ok().and_then(|m| self.0.checked_sub(m)).map(Moment)
    }
}

/// Epoch seconds with the fraction kept: `1588205199.82437`, `1599665193`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / 1_000_000, magnitude % 1_000_000);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// An hour of UTC, counted from the epoch. [`Hour::UNDATED`] holds what has no usable time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Hour(pub i32);

impl Hour {
    /// The place of flows without a usable time.
    pub const UNDATED: Hour = Hour(i32::MIN);

    /// When it begins; `None` for [`Hour::UNDATED`].
    pub fn start(self) -> Option<Moment> {
        (self != Hour::UNDATED).then(|| Moment(i64::from(self.0) * 3_600_000_000))
    }

    /// The day (counted from the epoch) that it falls in.
    pub fn day(self) -> i32 {
        self.0.div_euclid(24)
    }
}

/// How a time came to be UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Basis {
    /// The record says its zone or counts from the epoch.
    Explicit,
    /// The file says it once for all its records.
    File,
    /// The user chose the zone for this file.
    Chosen,
    /// Nothing says it: shown as if UTC, and marked so.
    #[default]
    Unknown,
}

/// An IP protocol number (IANA, Assigned Internet Protocol Numbers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Protocol(pub u8);

impl Protocol {
    /// TCP.
    pub const TCP: Protocol = Protocol(6);
    /// UDP.
    pub const UDP: Protocol = Protocol(17);
    /// ICMP for IPv4.
    pub const ICMP: Protocol = Protocol(1);
    /// ICMP for IPv6.
    pub const ICMP6: Protocol = Protocol(58);
    /// SCTP.
    pub const SCTP: Protocol = Protocol(132);

    const NAMES: [(&'static str, u8); 12] = [
        ("tcp", 6),
        ("udp", 17),
        ("icmp", 1),
        ("icmp6", 58),
        ("ipv6-icmp", 58),
        ("icmpv6", 58),
        ("sctp", 132),
        ("gre", 47),
        ("esp", 50),
        ("ah", 51),
        ("igmp", 2),
        ("ospf", 89),
    ];

    /// Reads a number (`6`), a common name (`TCP`), or what [`Protocol`] displays as (`proto-99`).
    pub fn read(text: &str) -> Option<Protocol> {
        if let Ok(number) = text.strip_prefix("proto-").unwrap_or(text).parse::<u8>() {
            return Some(Protocol(number));
        }
        let found = Self::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, number)| Protocol(*number))
    }

    /// Whether it carries ports.
    pub fn has_ports(self) -> bool {
        matches!(self.0, 6 | 17 | 132 | 33 | 136)
    }
}

/// `tcp`, `icmp`; `proto-99` where no common name exists.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "proto-{}", self.0),
        }
    }
}

/// What was asked of the responder: `tcp/445`, `icmp`, `tcp/?` (port not logged), `?`; `logon`, `vpn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Service {
    /// Whether it is a connection's, a logon or a session; these two have neither protocol nor port.
    pub kind: Kind,
    /// The transport protocol.
    pub protocol: Option<Protocol>,
    /// The responder's port; absent for protocols without ports.
    pub port: Option<u16>,
}

impl Service {
    /// A service of this protocol at this port; a port of a protocol without ports (ICMP's code) is left out.
    pub fn new(protocol: Option<Protocol>, port: Option<u16>) -> Service {
        let port = if protocol.is_none_or(Protocol::has_ports) { port } else { None };
        Service { kind: Kind::Connection, protocol, port }
    }

    /// The service of a logon or a session; of connections, the one of which nothing is known.
    pub fn of_kind(kind: Kind) -> Service {
        Service { kind, protocol: None, port: None }
    }

    /// Reads `tcp/445`, `icmp`, `udp/?`, `?`, `logon`, `vpn`.
    pub fn read(text: &str) -> Option<Service> {
        let kind = Kind::Connection;
        match text {
            "?" => return Some(Service::of_kind(kind)),
            "logon" => return Some(Service::of_kind(Kind::Logon)),
            "vpn" => return Some(Service::of_kind(Kind::Session)),
            _ => {}
        }
        let Some((protocol, port)) = text.split_once('/') else {
            return Protocol::read(text).map(|p| Service { kind, protocol: Some(p), port: None });
        };
        let protocol = if protocol == "?" { None } else { Some(Protocol::read(protocol)?) };
        let port = if port == "?" { None } else { Some(port.parse().ok()?) };
        Some(Service { kind, protocol, port })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != Kind::Connection {
            return f.write_str(self.kind.word());
        }
        match (self.protocol, self.port) {
            (Some(protocol), Some(port)) => write!(f, "{protocol}/{port}"),
            (Some(protocol), None) if protocol.has_ports() => write!(f, "{protocol}/?"),
            (Some(protocol), None) => write!(f, "{protocol}"),
            (None, Some(port)) => write!(f, "?/{port}"),
            (None, None) => f.write_str("?"),
        }
    }
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// The responder answered, or the sensor admitted it and says no more.
    Established,
    /// The sensor refused it.
    Denied,
    /// No answer, or a reset instead of one.
    Failed,
    /// The record does not say.
    #[default]
    Unknown,
}

impl Outcome {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Established => "established",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A host as a fixed-size key: an address (IPv4 as mapped IPv6), or a name under the discard-only prefix of
/// RFC 6666 with 64 bits of its hash, so that a host pair is a plain number pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Host(pub u128);

impl Host {
    const NAMED: u128 = 0x0100 << 112;

    /// The key of an address.
    #[inline]
    pub fn of_address(address: IpAddr) -> Host {
        Host(match canonical(address) {
            IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
            IpAddr::V6(v6) => u128::from(v6),
        })
    }

    /// The key of a name (FNV-1a, 64 bits). The ledger keeps the name beside it.
    pub fn of_name(name: &str) -> Host {
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Host(Self::NAMED | u128::from(hash))
    }

    /// The address, unless the host is known by name only.
    pub fn address(self) -> Option<IpAddr> {
        (self.0 >> 64 != Self::NAMED >> 64).then(|| IpAddr::V6(Ipv6Addr::from(self.0)).to_canonical())
    }
}

/// Bytes with three figures, by powers of 1000: `1.21 GB`.
pub fn volume(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    // In whole numbers, so that the figures do not depend on a float's rounding.
    let (mut unit, mut divisor) = (1, 1000_u128);
    let count = u128::from(count);
    let milli = |divisor: u128| (count * 1000 + divisor / 2) / divisor;
    while milli(divisor) >= 999_500 && unit < UNITS.len() - 1 {
        divisor *= 1000;
        unit += 1;
    }
    let thousandths = milli(divisor);
    let text = match thousandths {
        0..9_995 => format!("{}.{:02}", (thousandths + 5) / 1000, (thousandths + 5) % 1000 / 10),
        9_995..99_950 => format!("{}.{}", (thousandths + 50) / 1000, (thousandths + 50) % 1000 / 100),
        _hundreds => format!("{}", (thousandths + 500) / 1000),
    };
    format!("{text} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_keeps_its_fraction() {
        assert_eq!(Moment(1_588_205_199_824_370).to_string(), "1588205199.82437");
        assert_eq!(Moment(1_599_665_193_000_000).to_string(), "1599665193");
        assert_eq!(Moment(-1_500_000).to_string(), "-1.5");
    }

    #[test]
    fn every_moment_has_an_hour_of_four_digit_years() {
        let (first, last) = (Moment(i64::MIN).hour(), Moment(i64::MAX).hour());
        let year = |hour: Hour| crate::calendar::date(hour.start().unwrap());
        assert_eq!((year(first), year(last)), ("0000-01-01".to_owned(), "9999-12-31".to_owned()));
    }

    #[test]
    fn ipv4_inside_ipv6_is_that_ipv4_host() {
        let (plain, mapped) = ("10.0.0.1".parse().unwrap(), "::ffff:10.0.0.1".parse().unwrap());
        assert_eq!(Host::of_address(plain), Host::of_address(mapped));
        assert_eq!(Host::of_address(mapped).address(), Some(plain));
    }

    #[test]
    fn a_named_host_is_no_address() {
        assert_eq!(Host::of_name("srv01").address(), None);
        assert_ne!(Host::of_name("srv01"), Host::of_name("srv02"));
    }

    #[test]
    fn services_read_what_they_write() {
        for text in ["tcp/445", "udp/?", "icmp", "?", "?/80", "proto-99", "logon", "vpn"] {
            assert_eq!(Service::read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_one_way_record_from_a_service_port_is_a_reply() {
        let end = |port| Endpoint { port: Some(port), ..Endpoint::default() };
        let flow = Flow { one_way: true, initiator: end(443), responder: end(51_000), ..Flow::default() };
        assert!(flow.is_reply());
        assert!(!Flow { one_way: false, ..flow }.is_reply());
    }

    #[test]
    fn volumes_have_three_figures() {
        let shown: Vec<String> =
            [999, 1000, 9_994, 12_345, 999_499, 999_600, 1_210_000_000, u64::MAX].map(volume).to_vec();
        assert_eq!(shown, ["999 B", "1.00 kB", "9.99 kB", "12.3 kB", "999 kB", "1.00 MB", "1.21 GB", "18.4 EB"]);
    }
}
