//! Packet captures: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), their packets gathered into
//! connections as Zeek does ([`connections`]).
//!
//! Byte counts are payload: for TCP by sequence numbers, so that what the capture missed counts and what was sent twice
//! does not; for all else the sum of what the packets say they carry. A capture may keep the first bytes of packets only;
//! lengths are those of the wire. Times count from the epoch. A tunnel (GRE, IP in IP, VXLAN, Geneve, GTP-U) is looked into;
//! the UDP that carries one counts as a connection of its own.

mod connections;
mod link;
mod packet;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink};
use crate::evidence::records::packets::{Kind, PACKET_BLOCKS, kind, word};
use crate::evidence::{Framing, Record};
use crate::flow::Moment;
use connections::Connections;

/// The format.
pub struct Pcap;

impl Format for Pcap {
    fn name(&self) -> &'static str {
        "pcap"
    }

    fn title(&self) -> &'static str {
        "Packet capture (pcap, pcapng)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if kind(sample.bytes).is_some() { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Packets
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Capture::default())
    }
}

/// What a capture's headers say of its packets.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Interface {
    link: u32,
    /// Units of time in a second.
    ticks: u64,
    /// Seconds to add.
    offset: i64,
}

#[derive(Default)]
struct Capture {
    layout: Option<(Kind, bool)>,
    interfaces: BTreeMap<u32, Interface>,
    connections: Connections,
}

impl Parser for Capture {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = record.bytes;
        let begins = kind(bytes).filter(|(kind, _)| self.layout.is_none() || *kind == Kind::Pcapng);
        if let Some(layout) = begins {
            self.layout = Some(layout);
            self.interfaces.clear();
            return match layout {
                (Kind::Pcap, big) => self.file_header(bytes, big),
                (Kind::Pcapng, _) => Disposition::Header,
            };
        }
        let framed = match self.layout {
            None => return malformed("a packet before any header of a capture", String::new()),
            Some((Kind::Pcap, big)) => self.pcap_packet(bytes, big),
            Some((Kind::Pcapng, big)) => match word(bytes, 0, big) {
                1 => return self.interface(bytes, big),
                kind if PACKET_BLOCKS.contains(&kind) => self.block(bytes, kind, big),
                4 | 5 | 10 => return Disposition::Header,
                other => {
                    return Disposition::Skipped(Cow::Owned(format!("a pcapng block of another kind ({other:#x})")));
                }
            },
        };
        let framed = match framed {
            Ok(framed) => framed,
            Err(disposition) => return disposition,
        };
        let mut found = false;
        let connections = &mut self.connections;
        let read = packet::read(framed.link, framed.frame, framed.wire, &mut |packet| {
            found |= connections.take(packet, framed.at, record.place);
        });
        connections.sweep(framed.at, flows);
        match read {
            // The tunnel's inside may be strange, and the packet that carried it was counted.
            Ok(()) | Err(_) if found => Disposition::Parsed,
            Ok(()) => Disposition::Skipped(Cow::Borrowed("a fragment whose beginning was not captured")),
            Err(packet::Why::NoIp(what)) => Disposition::Skipped(Cow::Borrowed(what)),
            Err(packet::Why::CutOff) => {
                Disposition::Skipped(Cow::Borrowed("a packet of which too little was captured to tell its ends"))
            }
            Err(packet::Why::Broken(what)) => malformed("a packet whose headers are broken", what.to_owned()),
            Err(packet::Why::Link(link)) => {
                Disposition::Skipped(Cow::Owned(format!("a packet of a link type that Kyoten does not read ({link})")))
            }
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.connections.finish(flows);
    }
}

/// A packet as a capture frames it.
struct Framed<'p> {
    link: u32,
    at: Option<Moment>,
    frame: &'p [u8],
    /// Its length on the wire.
    wire: u64,
}

fn malformed(reason: &'static str, found: String) -> Disposition {
    Disposition::Malformed(Fault::new(reason, found))
}

impl Capture {
    fn file_header(&mut self, bytes: &[u8], big: bool) -> Disposition {
        let nano = matches!(bytes[..4], [0x4d, 0x3c, 0xb2, 0xa1] | [0xa1, 0xb2, 0x3c, 0x4d]);
        let ticks = if nano { 1_000_000_000 } else { 1_000_000 };
        // The upper bits hold the length of a checksum at each frame's end.
        let link = word(bytes, 20, big) & 0x03ff_ffff;
        self.interfaces.insert(0, Interface { link, ticks, offset: i64::from(word(bytes, 8, big) as i32) });
        Disposition::Header
    }

    fn pcap_packet<'p>(&self, bytes: &'p [u8], big: bool) -> Result<Framed<'p>, Disposition> {
        let Some(interface) = self.interfaces.get(&0) else {
            return Err(malformed("a packet before any header of a capture", String::new()));
        };
        let ticks = u64::from(word(bytes, 0, big)) * interface.ticks + u64::from(word(bytes, 4, big));
        let frame = &bytes[16..];
        let wire = u64::from(word(bytes, 12, big)).max(frame.len() as u64);
        Ok(Framed { link: interface.link, at: Some(moment(ticks, interface)), frame, wire })
    }

    /// An Interface Description Block (§4.2).
    fn interface(&mut self, bytes: &[u8], big: bool) -> Disposition {
        if bytes.len() < 20 {
            return malformed("a block of a capture is too short", String::new());
        }
        let half = |at: usize| {
            let two = [bytes[at], bytes[at + 1]];
            if big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) }
        };
        let mut interface = Interface { link: u32::from(half(8)), ticks: 1_000_000, offset: 0 };
        let (mut at, end) = (16, bytes.len() - 4);
        while at + 4 <= end {
            let (code, length) = (half(at), usize::from(half(at + 2)));
            let Some(value) = bytes.get(at + 4..at + 4 + length) else { break };
            match (code, value) {
                (0, _) => break,
                // if_tsresol: a power of ten, or of two where the highest bit is set.
                (9, [power]) if power & 0x80 != 0 => {
                    interface.ticks = 1_u64.checked_shl(u32::from(power & 0x7f)).unwrap_or(1)
                }
                (9, [power]) => interface.ticks = 10_u64.checked_pow(u32::from(*power)).unwrap_or(1),
                (14, value) if value.len() == 8 => {
                    let parts = if big {
                        (word(value, 0, big), word(value, 4, big))
                    } else {
                        (word(value, 4, big), word(value, 0, big))
                    };
                    interface.offset = (u64::from(parts.0) << 32 | u64::from(parts.1)) as i64;
                }
                _ => {}
            }
            at += 4 + length.next_multiple_of(4);
        }
        let number = self.interfaces.len() as u32;
        self.interfaces.insert(number, interface);
        Disposition::Header
    }

    /// An enhanced, a simple, or an old packet block (§4.3, §4.4, appendix A).
    fn block<'p>(&self, bytes: &'p [u8], kind: u32, big: bool) -> Result<Framed<'p>, Disposition> {
        let short = || malformed("a block of a capture is too short", String::new());
        let (number, header) = match kind {
            6 if bytes.len() >= 32 => (word(bytes, 8, big), 28),
            2 if bytes.len() >= 32 => {
                let number = word(bytes, 8, big);
                (if big { number >> 16 } else { number & 0xffff }, 28)
            }
            3 if bytes.len() >= 16 => (0, 12),
            _ => return Err(short()),
        };
        let Some(interface) = self.interfaces.get(&number) else {
            return Err(malformed(
                "a packet of an interface that the capture does not describe",
                format!("interface {number}"),
            ));
        };
        let room = bytes.len() - header - 4;
        if kind == 3 {
            let wire = u64::from(word(bytes, 8, big));
            let frame = &bytes[header..header + room.min(usize::try_from(wire).unwrap_or(usize::MAX))];
            // A simple packet has no time.
            return Ok(Framed { link: interface.link, at: None, frame, wire });
        }
        let captured = word(bytes, 20, big) as usize;
        let Some(frame) = bytes.get(header..header + captured).filter(|_| captured <= room) else {
            return Err(short());
        };
        let ticks = u64::from(word(bytes, 12, big)) << 32 | u64::from(word(bytes, 16, big));
        let wire = u64::from(word(bytes, 24, big)).max(captured as u64);
        Ok(Framed { link: interface.link, at: Some(moment(ticks, interface)), frame, wire })
    }
}

/// The moment of so many units since the epoch; what lies beyond all calendars stands at their end.
fn moment(ticks: u64, interface: &Interface) -> Moment {
    let micros = u128::from(ticks) * 1_000_000 / u128::from(interface.ticks.max(1));
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    Moment(micros.saturating_add(interface.offset.saturating_mul(1_000_000)))
}
