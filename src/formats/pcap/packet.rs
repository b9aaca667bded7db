//! From an IP packet to who spoke to whom in it: IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), TCP (RFC 9293),
//! UDP, SCTP, ICMP; through GRE (RFC 2784, 2890), IP in IP, VXLAN (RFC 7348), Geneve (RFC 8926) and GTP-U.
//!
//! Lengths are what the headers say, since a capture may keep the first bytes of packets only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::link;
use crate::flow::{Protocol, canonical};

/// Packets within packets, at most so deep.
const DEEPEST: usize = 6;
/// Extension headers of one packet, at most.
const MOST_EXTENSIONS: usize = 16;

const SHORT: &str = "a header says that it is shorter than it can be";

/// Why a frame gives no packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Why {
    /// What it carries is not IP.
    NoIp(&'static str),
    /// The capture kept too little of it.
    CutOff,
    /// Its headers contradict themselves.
    Broken(&'static str),
    /// Its link type is not read.
    Link(u32),
}

/// One packet between two hosts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packet {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) protocol: Protocol,
    /// Bytes that the transport carries.
    pub(super) payload: u64,
    pub(super) transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Transport {
    /// Ports, flags, sequence number.
    Tcp { from: u16, to: u16, flags: u8, sequence: u32 },
    /// UDP, SCTP and others with ports.
    Ports { from: u16, to: u16 },
    /// Kind and code, and the number that an echo and its reply share.
    Icmp { kind: u8, number: u16 },
    /// A protocol without ports.
    Bare,
    /// The rest of a packet in pieces: whose ports are known by the first piece, which has the same number.
    Fragment { number: u32 },
}

/// A piece of a packet: its number, and whether it is the first.
#[derive(Clone, Copy)]
struct Piece {
    number: u32,
    first: bool,
}

/// Reads a frame, and hands on each packet in it: one, and those within it.
pub(super) fn read(kind: u32, frame: &[u8], wire: u64, take: &mut dyn FnMut(Packet)) -> Result<(), Why> {
    let inside = link::inside(kind, frame)?;
    // What the frame lacks, it was cut off; what the packet lacks beyond that is its own fault.
    let cut = wire.saturating_sub(frame.len() as u64);
    ip(inside, cut, 0, take)
}

fn ip((kind, bytes): link::Inside<'_>, cut: u64, depth: usize, take: &mut dyn FnMut(Packet)) -> Result<(), Why> {
    if depth > DEEPEST {
        return Err(Why::Broken("packets within packets without end"));
    }
    let wire = bytes.len() as u64 + cut;
    if kind == 0x0800 { v4(bytes, wire, cut, depth, take) } else { v6(bytes, wire, cut, depth, take) }
}

fn v4(bytes: &[u8], wire: u64, cut: u64, depth: usize, take: &mut dyn FnMut(Packet)) -> Result<(), Why> {
    let header = bytes.get(..20).ok_or(too_short(cut))?;
    let length = usize::from(header[0] & 15) * 4;
    if header[0] >> 4 != 4 || length < 20 {
        return Err(Why::Broken(SHORT));
    }
    // A card that cuts packets itself (segmentation offload) leaves the length zero.
    let total = match u64::from(u16::from_be_bytes([header[2], header[3]])) {
        0 => wire,
        total => total,
    };
    if total < length as u64 {
        return Err(Why::Broken(SHORT));
    }
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    let offset = fragment & 0x1fff;
    let number = u32::from(u16::from_be_bytes([header[4], header[5]]));
    let piece = (offset > 0 || fragment & 0x2000 != 0).then_some(Piece { number, first: offset == 0 });
    let address = |at: usize| IpAddr::V4(Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]));
    let end = usize::try_from(total).unwrap_or(usize::MAX).min(bytes.len());
    let rest = bytes.get(length..end).unwrap_or_default();
    transport((address(12), address(16)), header[9], rest, total - length as u64, piece, depth, take)
}

fn v6(bytes: &[u8], wire: u64, cut: u64, depth: usize, take: &mut dyn FnMut(Packet)) -> Result<(), Why> {
    let header = bytes.get(..40).ok_or(too_short(cut))?;
    if header[0] >> 4 != 6 {
        return Err(Why::Broken("IPv6 of another version"));
    }
    let address = |at: usize| {
        let octets = <[u8; 16]>::try_from(&header[at..at + 16]).expect("a slice of sixteen bytes");
        canonical(IpAddr::V6(Ipv6Addr::from(octets)))
    };
    let (ends, mut next) = ((address(8), address(24)), header[6]);
    // A jumbogram's length is zero too.
    let mut length = match u64::from(u16::from_be_bytes([header[4], header[5]])) {
        0 => wire.saturating_sub(40),
        length => length,
    };
    let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(40).min(bytes.len());
    let mut rest = &bytes[40..end];
    let mut piece = None;
    for _ in 0..MOST_EXTENSIONS {
        let size = match next {
            0 | 43 | 60 | 135 | 139 | 140 => 8 * (1 + usize::from(*rest.get(1).ok_or(too_short(cut))?)),
            51 => 4 * (2 + usize::from(*rest.get(1).ok_or(too_short(cut))?)),
            44 => {
                let fragment = rest.get(..8).ok_or(too_short(cut))?;
                let offset = u16::from_be_bytes([fragment[2], fragment[3]]);
                let number = u32::from_be_bytes([fragment[4], fragment[5], fragment[6], fragment[7]]);
                if offset & 0xfff9 != 0 {
                    piece = Some(Piece { number, first: offset & 0xfff8 == 0 });
                }
                8
            }
            _ => return transport(ends, next, rest, length, piece, depth, take),
        };
        next = *rest.first().ok_or(too_short(cut))?;
        rest = rest.get(size..).ok_or(too_short(cut))?;
        length = length.saturating_sub(size as u64);
        // What follows in a later piece is no header.
        if piece.is_some_and(|piece: Piece| !piece.first) {
            return transport(ends, next, rest, length, piece, depth, take);
        }
    }
    Err(Why::Broken("extension headers without end"))
}

fn too_short(cut: u64) -> Why {
    if cut > 0 { Why::CutOff } else { Why::Broken("a packet is shorter than its headers") }
}

fn transport(
    (from, to): (IpAddr, IpAddr),
    protocol: u8,
    bytes: &[u8],
    length: u64,
    piece: Option<Piece>,
    depth: usize,
    take: &mut dyn FnMut(Packet),
) -> Result<(), Why> {
    let packet = |payload, transport| Packet { from, to, protocol: Protocol(protocol), payload, transport };
    if let Some(Piece { number, first: false }) = piece {
        take(packet(length, Transport::Fragment { number }));
        return Ok(());
    }
    let lost = length.saturating_sub(bytes.len() as u64);
    let short =
        |at: usize| bytes.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]])).ok_or(too_short(lost));
    match protocol {
        6 => {
            let (source, target) = (short(0)?, short(2)?);
            let sequence = u32::from(short(4)?) << 16 | u32::from(short(6)?);
            let header = 4 * u64::from(bytes.get(12).ok_or(too_short(lost))? >> 4);
            if header < 20 {
                return Err(Why::Broken(SHORT));
            }
            let flags = *bytes.get(13).ok_or(too_short(lost))?;
            let transport = Transport::Tcp { from: source, to: target, flags, sequence };
            take(packet(length.saturating_sub(header), transport));
        }
        17 | 136 | 132 | 33 => {
            let (source, target) = (short(0)?, short(2)?);
            let header = if matches!(protocol, 17 | 136) { 8 } else { 12 };
            take(packet(length.saturating_sub(header), Transport::Ports { from: source, to: target }));
            remember(piece, from, to, protocol, take);
            if protocol == 17 && piece.is_none() {
                let inside = bytes.get(8..).unwrap_or_default();
                // What is in a tunnel may be anything; the tunnel itself was told of.
                return match target {
                    4789 | 8472 if inside.first().is_some_and(|flags| flags & 0x08 != 0) => {
                        ip(link::ethernet(inside.get(8..).unwrap_or_default())?, lost, depth + 1, take)
                    }
                    6081 => {
                        let options = 4 * usize::from(inside.first().ok_or(Why::CutOff)? & 0x3f);
                        let kind = inside.get(2..4).ok_or(Why::CutOff)?;
                        let inner = inside.get(8 + options..).ok_or(Why::CutOff)?;
                        ip(link::typed(u16::from_be_bytes([kind[0], kind[1]]), inner, 0)?, lost, depth + 1, take)
                    }
                    2152 => gtp(inside, lost, depth, take),
                    _ => Ok(()),
                };
            }
        }
        1 | 58 => {
            let (kind, number) = (*bytes.first().ok_or(too_short(lost))?, short(4).unwrap_or(0));
            let echo = matches!((protocol, kind), (1, 0 | 8 | 13..=18) | (58, 128 | 129));
            let number = if echo { number } else { 0 };
            take(packet(length.saturating_sub(8), Transport::Icmp { kind, number }));
        }
        // IP in IP, IPv6 in IPv4.
        4 => return ip((0x0800, bytes), lost, depth + 1, take),
        41 => return ip((0x86dd, bytes), lost, depth + 1, take),
        47 => return gre(bytes, lost, depth, take),
        _ => take(packet(length, Transport::Bare)),
    }
    if matches!(protocol, 6 | 1 | 58) {
        remember(piece, from, to, protocol, take);
    }
    Ok(())
}

/// The first of several pieces: those that follow belong to the packet that was just handed on.
fn remember(piece: Option<Piece>, from: IpAddr, to: IpAddr, protocol: u8, take: &mut dyn FnMut(Packet)) {
    if let Some(Piece { number, first: true }) = piece {
        take(Packet { from, to, protocol: Protocol(protocol), payload: 0, transport: Transport::Fragment { number } });
    }
}

fn gre(bytes: &[u8], cut: u64, depth: usize, take: &mut dyn FnMut(Packet)) -> Result<(), Why> {
    let head = bytes.get(..4).ok_or(too_short(cut))?;
    let (flags, kind) = (u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]]));
    let field = |bit: u16, size: usize| if flags & bit != 0 { size } else { 0 };
    let size = match flags & 7 {
        0 => 4 + field(0x8000, 4) + field(0x2000, 4) + field(0x1000, 4),
        // PPTP's version has a key always, and an acknowledgement.
        1 => 8 + field(0x1000, 4) + field(0x0080, 4),
        _ => return Err(Why::NoIp("no IP packet: an unknown version of GRE")),
    };
    let rest = bytes.get(size..).ok_or(too_short(cut))?;
    let inside = match kind {
        // PPP within PPTP; a packet may be an acknowledgement alone.
        0x880b if rest.is_empty() => return Err(Why::NoIp("no IP packet: GRE without content")),
        0x880b => link::inside(9, rest)?,
        // ERSPAN: type I has no header of its own, type II eight bytes, type III twelve.
        0x88be if flags & 0x1000 == 0 => link::ethernet(rest)?,
        0x88be => link::ethernet(rest.get(8..).ok_or(Why::CutOff)?)?,
        0x22eb => link::ethernet(rest.get(12..).ok_or(Why::CutOff)?)?,
        kind => link::typed(kind, rest, 0)?,
    };
    ip(inside, cut, depth + 1, take)
}

/// GTP-U, version 1, message 255: a user's packet.
fn gtp(bytes: &[u8], cut: u64, depth: usize, take: &mut dyn FnMut(Packet)) -> Result<(), Why> {
    let [flags, 0xff, ..] = bytes else { return Ok(()) };
    if flags >> 5 != 1 {
        return Ok(());
    }
    let mut at = 8;
    if flags & 7 != 0 {
        let mut next = *bytes.get(11).ok_or(Why::CutOff)?;
        at = 12;
        while next != 0 {
            let size = 4 * usize::from(*bytes.get(at).ok_or(Why::CutOff)?).max(1);
            next = *bytes.get(at + size - 1).ok_or(Why::CutOff)?;
            at += size;
        }
    }
    ip(link::raw(bytes.get(at..).ok_or(Why::CutOff)?)?, cut, depth + 1, take)
}
