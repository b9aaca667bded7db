//! From a frame of a link to the packet in it (link types by tcpdump.org's list, "LINKTYPE_ values").

use super::packet::Why;

/// What stands in a frame: the number of its protocol (EtherType) and its bytes.
pub(super) type Inside<'p> = (u16, &'p [u8]);

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// Frames within frames, at most so deep.
const DEEPEST: usize = 12;

/// The packet in a frame of this link type.
pub(super) fn inside(link: u32, frame: &[u8]) -> Result<Inside<'_>, Why> {
    let rest = |from: usize| frame.get(from..).ok_or(Why::CutOff);
    let short = |at: usize| frame.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]])).ok_or(Why::CutOff);
    match link {
        // Null and loopback: the family, in the order of who captured it (0) or of the network (108).
        0 | 108 => {
            let family = frame.first_chunk::<4>().ok_or(Why::CutOff)?;
            match family {
                [2, 0, 0, 0] | [0, 0, 0, 2] => Ok((IPV4, rest(4)?)),
                [10 | 23 | 24 | 28 | 30, 0, 0, 0] | [0, 0, 0, 10 | 23 | 24 | 28 | 30] => Ok((IPV6, rest(4)?)),
                _ => Err(Why::NoIp("no IP packet")),
            }
        }
        1 | 143 => ethernet(frame),
        // Token Ring, FDDI: addresses, then LLC. A route may stand between.
        6 => {
            let route = if frame.get(8).ok_or(Why::CutOff)? & 0x80 != 0 {
                usize::from(frame.get(14).ok_or(Why::CutOff)? & 0x1f)
            } else {
                0
            };
            llc(rest(14 + route)?)
        }
        10 => llc(rest(13)?),
        // PPP, with the bytes of HDLC before it or without; or Cisco's HDLC, which is told by its address byte.
        9 | 50 if matches!(frame, [0x0f | 0x8f, 0, ..]) => typed(short(2)?, rest(4)?, 0),
        9 | 50 => {
            let from = if frame.starts_with(&[0xff, 0x03]) { 2 } else { 0 };
            ppp(rest(from)?)
        }
        51 => pppoe(frame),
        12 | 14 | 101 => raw(frame),
        228 => Ok((IPV4, frame)),
        229 => Ok((IPV6, frame)),
        // Cisco HDLC: address, control, EtherType.
        104 => typed(short(2)?, rest(4)?, 0),
        105 => wifi(frame),
        // Frame Relay (RFC 2427): a two-byte address, UI, an optional pad, and the protocol.
        107 => match frame.get(2..4).ok_or(Why::CutOff)? {
            [0x03, 0xcc] => Ok((IPV4, rest(4)?)),
            [0x03, 0x8e] => Ok((IPV6, rest(4)?)),
            [0x03, 0x00] if frame.get(4) == Some(&0x80) => snap(rest(5)?),
            [0x03, 0x80] => snap(rest(4)?),
            _ => Err(Why::NoIp("no IP packet")),
        },
        100 => llc(frame),
        // Linux cooked captures, versions 1 and 2.
        113 => typed(short(14)?, rest(16)?, 0),
        276 => typed(short(0)?, rest(20)?, 0),
        // PF's log: the header's length, and the family.
        117 => {
            let length = usize::from(*frame.first().ok_or(Why::CutOff)?).next_multiple_of(4);
            match frame.get(1).ok_or(Why::CutOff)? {
                2 => Ok((IPV4, rest(length)?)),
                10 | 24 | 28 | 30 => Ok((IPV6, rest(length)?)),
                _ => Err(Why::NoIp("no IP packet")),
            }
        }
        // Radio headers before Wi-Fi: Prism and AVS of fixed or own length, radiotap and PPI with their length.
        119 => wifi(rest(144)?),
        163 => {
            let length = frame.get(4..8).ok_or(Why::CutOff)?;
            wifi(rest(u32::from_be_bytes([length[0], length[1], length[2], length[3]]).min(4096) as usize)?)
        }
        127 => wifi(rest(usize::from(short(2)?.swap_bytes()))?),
        192 => {
            let inner = frame.get(4..8).ok_or(Why::CutOff)?;
            let inner = u32::from_le_bytes([inner[0], inner[1], inner[2], inner[3]]);
            let packet = rest(usize::from(short(2)?.swap_bytes()))?;
            if inner == 192 { Err(Why::Link(inner)) } else { inside(inner, packet) }
        }
        // Netfilter's log: fields of length and kind; the packet is the one of kind 9.
        239 => {
            let family = *frame.first().ok_or(Why::CutOff)?;
            let mut fields = rest(4)?;
            while let [a, b, c, d, ..] = fields {
                let (length, kind) = (usize::from(u16::from_le_bytes([*a, *b])), u16::from_le_bytes([*c, *d]));
                if kind & 0x7fff == 9 {
                    let packet =
                        fields.get(4..length.min(fields.len())).ok_or(Why::Broken("a field of the log is cut off"))?;
                    return Ok((if family == 10 { IPV6 } else { IPV4 }, packet));
                }
                fields = fields.get(length.max(4).next_multiple_of(4)..).unwrap_or_default();
            }
            Err(Why::NoIp("no IP packet"))
        }
        other => Err(Why::Link(other)),
    }
}

/// An Ethernet frame.
pub(super) fn ethernet(frame: &[u8]) -> Result<Inside<'_>, Why> {
    let kind = frame.get(12..14).ok_or(Why::CutOff)?;
    typed(u16::from_be_bytes([kind[0], kind[1]]), &frame[14..], 0)
}

/// What stands under an EtherType, through tags and labels.
pub(super) fn typed(kind: u16, bytes: &[u8], depth: usize) -> Result<Inside<'_>, Why> {
    let next = |at: usize| bytes.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]])).ok_or(Why::CutOff);
    if depth > DEEPEST {
        return Err(Why::Broken("tags within tags without end"));
    }
    match kind {
        IPV4 | IPV6 => Ok((kind, bytes)),
        // VLAN, QinQ in its three spellings.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 => typed(next(2)?, bytes.get(4..).unwrap_or_default(), depth + 1),
        // Cisco's metadata of TrustSec.
        0x8909 => typed(next(6)?, bytes.get(8..).unwrap_or_default(), depth + 1),
        // MPLS: labels until the bottom of the stack, then IP by its first bits, or Ethernet behind a control word.
        0x8847 | 0x8848 => {
            let bottom = bytes.chunks_exact(4).take(DEEPEST).position(|label| label[2] & 1 != 0).ok_or(Why::CutOff)?;
            let rest = &bytes[4 * (bottom + 1)..];
            match rest.first().ok_or(Why::CutOff)? >> 4 {
                4 | 6 => raw(rest),
                0 => ethernet(rest.get(4..).unwrap_or_default()),
                _ => ethernet(rest),
            }
        }
        0x8864 => pppoe(bytes),
        // Ethernet within: GRE's bridging, provider backbones.
        0x6558 => ethernet(bytes),
        0x88e7 => ethernet(bytes.get(4..).unwrap_or_default()),
        0x0806 => Err(Why::NoIp("no IP packet: ARP")),
        0x8863 => Err(Why::NoIp("no IP packet: PPPoE discovery")),
        0x888e => Err(Why::NoIp("no IP packet: EAPOL")),
        0x88cc => Err(Why::NoIp("no IP packet: LLDP")),
        0x8035 => Err(Why::NoIp("no IP packet: RARP")),
        ..0x0600 => llc(bytes),
        _ => Err(Why::NoIp("no IP packet")),
    }
}

/// IEEE 802.2, with SNAP.
fn llc(bytes: &[u8]) -> Result<Inside<'_>, Why> {
    match bytes.get(..3).ok_or(Why::CutOff)? {
        [0xaa, 0xaa, 0x03] => snap(&bytes[3..]),
        [0x06, 0x06, 0x03] => Ok((IPV4, &bytes[3..])),
        [0x42, 0x42, _] => Err(Why::NoIp("no IP packet: spanning tree")),
        _ => Err(Why::NoIp("no IP packet")),
    }
}

fn snap(bytes: &[u8]) -> Result<Inside<'_>, Why> {
    match bytes.get(..5).ok_or(Why::CutOff)? {
        [0, 0, 0 | 0xf8, a, b] => match u16::from_be_bytes([*a, *b]) {
            kind @ 0x0600.. => typed(kind, &bytes[5..], 1),
            _ => Err(Why::NoIp("no IP packet")),
        },
        [0, 0, 0x0c, ..] => Err(Why::NoIp("no IP packet: a protocol of Cisco's")),
        [0, 0x80, 0xc2, 0, 1 | 7] => ethernet(bytes.get(7..).unwrap_or_default()),
        _ => Err(Why::NoIp("no IP packet")),
    }
}

fn ppp(bytes: &[u8]) -> Result<Inside<'_>, Why> {
    let first = *bytes.first().ok_or(Why::CutOff)?;
    // The protocol's number may be squeezed into one byte.
    let (kind, from) = match bytes.get(1) {
        _ if first & 1 != 0 => (u16::from(first), 1),
        Some(second) => (u16::from_be_bytes([first, *second]), 2),
        None => return Err(Why::CutOff),
    };
    match kind {
        0x21 => Ok((IPV4, &bytes[from..])),
        0x57 => Ok((IPV6, &bytes[from..])),
        0x281 | 0x283 => typed(0x8847, &bytes[from..], 1),
        _ => Err(Why::NoIp("no IP packet: PPP control")),
    }
}

fn pppoe(bytes: &[u8]) -> Result<Inside<'_>, Why> {
    match bytes.get(..6).ok_or(Why::CutOff)? {
        [0x11, 0, ..] => ppp(&bytes[6..]),
        _ => Err(Why::NoIp("no IP packet: PPPoE discovery")),
    }
}

/// IP by its version alone.
pub(super) fn raw(bytes: &[u8]) -> Result<Inside<'_>, Why> {
    match bytes.first().ok_or(Why::CutOff)? >> 4 {
        4 => Ok((IPV4, bytes)),
        6 => Ok((IPV6, bytes)),
        _ => Err(Why::NoIp("no IP packet")),
    }
}

/// IEEE 802.11: data frames that are not encrypted.
fn wifi(bytes: &[u8]) -> Result<Inside<'_>, Why> {
    let [control, flags] = *bytes.first_chunk::<2>().ok_or(Why::CutOff)?;
    if control & 0x0c != 0x08 || control & 0x40 != 0 {
        return Err(Why::NoIp("no IP packet: Wi-Fi management"));
    }
    if flags & 0x40 != 0 {
        return Err(Why::NoIp("an encrypted Wi-Fi frame"));
    }
    let four_addresses = if flags & 3 == 3 { 6 } else { 0 };
    let quality = if control & 0x80 != 0 { 2 } else { 0 };
    let ordered = if control & 0x80 != 0 && flags & 0x80 != 0 { 4 } else { 0 };
    llc(bytes.get(24 + four_addresses + quality + ordered..).ok_or(Why::CutOff)?)
}
