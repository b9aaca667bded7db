//! Packets gathered into connections, after Zeek's manual ("conn.log") and its defaults: TCP ends five minutes after its
//! last packet, five seconds after both ends closed it, one second after a reset, and an attempt five seconds after its
//! SYN; UDP and all else a minute after its last packet.
//!
//! The initiator sent the first SYN; where none was captured, whoever called the better known port, else whoever was heard
//! first. Past [`MOST_OPEN`] open connections those that were silent longest are told as they stand, and go on as
//! connections of their own.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::packet::{Packet, Transport};
use crate::evidence::Place;
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol};
use crate::formats::Sink;
use crate::sorting::LeanSort as _;

/// How many connections are held open at once.
pub(super) const MOST_OPEN: usize = 1 << 18;
/// How many pieces of packets are remembered by number.
const MOST_PIECES: usize = 1 << 14;
/// After so many packets the table is looked through for connections that are over.
const SWEEP: u64 = 1 << 16;

const SECOND: i64 = 1_000_000;
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// Numbers of echoes stand above the kinds of other ICMP.
const ECHO: u32 = 1 << 16;

/// Two ends in the order of their addresses, so that both directions are one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    low: (IpAddr, u16),
    high: (IpAddr, u16),
    protocol: u8,
    /// The number that an echo and its reply share, above [`ECHO`]; the kind of other ICMP.
    number: u32,
}

/// What one end sent.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    packets: u64,
    bytes: u64,
    /// The next sequence number that is new.
    next: Option<u32>,
    syn: Option<u32>,
    fin: bool,
    reset: bool,
}

#[derive(Debug)]
struct Connection {
    /// Whether the initiator is the lower end of the key.
    from_low: bool,
    place: Place,
    /// Of the packets that have a time: a simple packet block of pcapng has none.
    first: Option<Moment>,
    last: Option<Moment>,
    initiator: Side,
    responder: Side,
    /// Whether the initiator is known by its SYN.
    begun: bool,
}

/// The connections of one capture.
#[derive(Default)]
pub(super) struct Connections {
    open: BTreeMap<Key, Connection>,
    over: Vec<(Key, Connection)>,
    /// Pieces of packets: to which connection, and by whom, those that follow the first belong.
    pieces: BTreeMap<(IpAddr, IpAddr, u8, u32), (Key, bool)>,
    /// The connection of the packet before, which a piece's number follows.
    before: Option<(Key, bool)>,
    packets: u64,
}

impl Connections {
    /// Takes a packet; whether it belongs to a connection.
    pub(super) fn take(&mut self, packet: Packet, at: Option<Moment>, place: Place) -> bool {
        let (from_port, to_port, icmp, number) = match packet.transport {
            Transport::Fragment { number } => {
                let name = (packet.from, packet.to, packet.protocol.0, number);
                return self.piece(name, packet.payload, at);
            }
            Transport::Icmp { kind, number } if is_echo(packet.protocol, kind) => {
                (0, 0, kind, ECHO | u32::from(number))
            }
            Transport::Icmp { kind, .. } => (0, 0, kind, u32::from(kind)),
            Transport::Tcp { from, to, .. } | Transport::Ports { from, to } => (from, to, 0, 0),
            Transport::Bare => (0, 0, 0, 0),
        };
        let (from, to) = ((packet.from, from_port), (packet.to, to_port));
        let is_low = from <= to;
        let (low, high) = if is_low { (from, to) } else { (to, from) };
        let key = Key { low, high, protocol: packet.protocol.0, number };
        if self.open.get(&key).is_some_and(|known| known.is_over(&key, at) || known.begins_anew(&packet, is_low)) {
            let old = self.open.remove(&key);
            self.over.extend(old.map(|old| (key, old)));
        }
        let new = || Connection::new(&packet, is_low, icmp, at, place);
        let connection = self.open.entry(key).or_insert_with(new);
        connection.add(&packet, is_low, at);
        self.before = Some((key, is_low));
        true
    }

    /// A piece of a packet. The first one was handed on with its ports just before; its number is remembered here.
    fn piece(&mut self, name: (IpAddr, IpAddr, u8, u32), payload: u64, at: Option<Moment>) -> bool {
        if payload == 0 {
            if self.pieces.len() >= MOST_PIECES {
                self.pieces.pop_first();
            }
            self.pieces.extend(self.before.map(|before| (name, before)));
            return true;
        }
        let Some((key, is_low)) = self.pieces.get(&name).copied() else { return false };
        let Some(connection) = self.open.get_mut(&key) else { return false };
        let side = connection.side(is_low);
        side.bytes += payload;
        connection.seen(at);
        true
    }

    /// Hands on connections that are over, from time to time.
    pub(super) fn sweep(&mut self, now: Option<Moment>, flows: &mut Sink<'_>) {
        self.packets += 1;
        if self.packets.is_multiple_of(SWEEP) || self.open.len() > MOST_OPEN {
            let over = self.open.extract_if(.., |key, connection| connection.is_over(key, now));
            self.over.extend(over);
            if self.open.len() > MOST_OPEN * 7 / 8 {
                let mut silent: Vec<(Option<Moment>, Key)> = self.open.iter().map(|(key, c)| (c.last, *key)).collect();
                silent.lean_sort();
                for (_, key) in &silent[..silent.len() - MOST_OPEN * 7 / 8] {
                    self.over.extend(self.open.remove(key).map(|connection| (*key, connection)));
                }
            }
        }
        if self.over.len() >= 256 || self.packets.is_multiple_of(SWEEP) {
            self.tell(flows);
        }
    }

    /// The capture is at its end.
    pub(super) fn finish(&mut self, flows: &mut Sink<'_>) {
        self.over.extend(std::mem::take(&mut self.open));
        self.tell(flows);
    }

    /// In the order of their first packets.
    fn tell(&mut self, flows: &mut Sink<'_>) {
        let mut over = std::mem::take(&mut self.over);
        over.lean_sort_by_key(|(key, connection)| (connection.place, *key));
        for (key, connection) in over {
            flows(&connection.flow(&key), connection.place);
        }
    }
}

fn is_echo(protocol: Protocol, kind: u8) -> bool {
    matches!((protocol, kind), (Protocol::ICMP, 0 | 8 | 13..=18) | (Protocol::ICMP6, 128 | 129))
}

/// Whether something listens at this port by custom: below 1024 (RFC 6335), and some above that answer in every office.
fn is_served(port: u16) -> bool {
    const ABOVE: [u16; 22] = [
        1433, 1521, 1723, 1812, 1883, 2049, 2375, 3128, 3268, 3269, 3306, 3389, 4789, 5060, 5432, 5900, 5985, 5986,
        6379, 8080, 8443, 9200,
    ];
    (1..1024).contains(&port) || ABOVE.contains(&port)
}

impl Connection {
    fn new(packet: &Packet, is_low: bool, icmp: u8, at: Option<Moment>, place: Place) -> Connection {
        let (sender_calls, begun) = match packet.transport {
            Transport::Tcp { flags, .. } if flags & SYN != 0 => (flags & ACK == 0, true),
            Transport::Tcp { from, to, .. } | Transport::Ports { from, to } => {
                (!is_served(from) || is_served(to), false)
            }
            // Who answers an echo was asked.
            Transport::Icmp { .. } => {
                (!matches!((packet.protocol, icmp), (Protocol::ICMP, 0 | 14 | 16 | 18) | (Protocol::ICMP6, 129)), false)
            }
            Transport::Bare | Transport::Fragment { .. } => (true, false),
        };
        let (initiator, responder) = (Side::default(), Side::default());
        Connection { from_low: is_low == sender_calls, place, first: at, last: at, initiator, responder, begun }
    }

    fn side(&mut self, is_low: bool) -> &mut Side {
        if is_low == self.from_low { &mut self.initiator } else { &mut self.responder }
    }

    fn add(&mut self, packet: &Packet, is_low: bool, at: Option<Moment>) {
        self.seen(at);
        let side = self.side(is_low);
        side.packets += 1;
        let Transport::Tcp { flags, sequence, .. } = packet.transport else {
            side.bytes += packet.payload;
            return;
        };
        if flags & SYN != 0 {
            side.syn = Some(sequence);
        }
        side.fin |= flags & FIN != 0;
        side.reset |= flags & RST != 0;
        // The number of a reset may be anything, and what it carries is no data.
        if flags & RST != 0 {
            return;
        }
        let begin = sequence.wrapping_add(u32::from(flags & SYN != 0));
        let end = begin.wrapping_add(packet.payload as u32);
        let next = *side.next.get_or_insert(begin);
        let new = end.wrapping_sub(next) as i32;
        if new >= 0 {
            side.bytes += new as u64;
            // A FIN takes a number too, and is no byte.
            side.next = Some(end.wrapping_add(u32::from(flags & FIN != 0)));
        }
    }

    fn seen(&mut self, at: Option<Moment>) {
        self.first = self.first.map_or(at, |first| Some(at.map_or(first, |at| first.min(at))));
        self.last = self.last.max(at);
    }

    /// Whether nothing more can belong to it at this moment.
    fn is_over(&self, key: &Key, now: Option<Moment>) -> bool {
        let since = |then: Option<Moment>| now.zip(then).map_or(0, |(now, then)| now.0.saturating_sub(then.0));
        let silent = since(self.last);
        if key.protocol != Protocol::TCP.0 {
            return silent > 60 * SECOND;
        }
        let (one, other) = (&self.initiator, &self.responder);
        let attempt = self.begun && other.packets == 0 && one.syn.is_some();
        (attempt && since(self.first) > 5 * SECOND)
            || ((one.reset || other.reset) && silent > SECOND)
            || (one.fin && other.fin && silent > 5 * SECOND)
            || silent > 300 * SECOND
    }

    /// Whether a SYN begins another connection of the same ports: this one was closed or reset, and the SYN is not its own.
    fn begins_anew(&self, packet: &Packet, is_low: bool) -> bool {
        let Transport::Tcp { flags, sequence, .. } = packet.transport else { return false };
        let closed = self.initiator.reset || self.responder.reset || self.initiator.fin || self.responder.fin;
        let side = if is_low == self.from_low { &self.initiator } else { &self.responder };
        flags & (SYN | ACK) == SYN && closed && side.syn != Some(sequence)
    }

    fn outcome(&self, key: &Key) -> Outcome {
        let (one, other) = (&self.initiator, &self.responder);
        if key.protocol != Protocol::TCP.0 {
            let answered = one.packets > 0 && other.packets > 0;
            let asks = matches!(Protocol(key.protocol), Protocol::UDP | Protocol::SCTP) || key.number >= ECHO;
            return match (answered, asks) {
                (true, _) => Outcome::Established,
                (false, true) if one.packets > 0 => Outcome::Failed,
                (false, _) => Outcome::Unknown,
            };
        }
        let answered = other.syn.is_some();
        match (one.syn.is_some(), answered) {
            // A SYN that was answered by nothing, or by a reset.
            (true, false) if other.bytes == 0 && (other.packets == 0 || other.reset) => Outcome::Failed,
            // A SYN-ACK that was taken back at once.
            (true, true) if other.reset && one.bytes == 0 && other.bytes == 0 && one.packets <= 1 => Outcome::Failed,
            (true, _) | (false, true) => Outcome::Established,
            (false, false) if one.packets > 0 && other.packets > 0 && one.bytes + other.bytes > 0 => {
                Outcome::Established
            }
            (false, false) => Outcome::Unknown,
        }
    }

    fn flow(&self, key: &Key) -> Flow<'static> {
        let (from, to) = if self.from_low { (key.low, key.high) } else { (key.high, key.low) };
        let has_ports = matches!(key.protocol, 6 | 17 | 33 | 132 | 136);
        let end = |(address, port): (IpAddr, u16)| Endpoint {
            address: Some(address),
            port: has_ports.then_some(port),
            ..Endpoint::default()
        };
        let span = self.first.zip(self.last);
        Flow {
            start: self.first,
            basis: Basis::Explicit,
            duration: span.map(|(first, last)| last.0.saturating_sub(first.0).unsigned_abs()),
            initiator: end(from),
            responder: end(to),
            protocol: Some(Protocol(key.protocol)),
            bytes_out: Some(self.initiator.bytes),
            bytes_in: Some(self.responder.bytes),
            packets_out: Some(self.initiator.packets),
            packets_in: Some(self.responder.packets),
            outcome: self.outcome(key),
            ..Flow::default()
        }
    }
}
