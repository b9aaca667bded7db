//! Cases 49 to 52: packet captures of both byte orders and of sizes that lie, blocks that do not add up, links and headers without
//! end, and pieces of packets.

use super::making::{malformed, read, receipt};

/// A capture's file header: byte order, fraction and the link's type.
fn header(big: bool, nanoseconds: bool, link: u32) -> Vec<u8> {
    let magic: u32 = if nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let words = [magic, 0x0004_0002, 0, 0, 65_535, link];
    let mut out = Vec::new();
    for (nth, word) in words.into_iter().enumerate() {
        // Major and minor version are two numbers of two bytes.
        let bytes = match (big, nth) {
            (true, 1) => [0, 2, 0, 4],
            (true, _) => word.to_be_bytes(),
            (false, _) => word.to_le_bytes(),
        };
        out.extend(bytes);
    }
    out
}

/// A packet's record: what its header says of its length, and what is there.
fn record(big: bool, fraction: u32, said: u32, frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [1_591_837_200, fraction, said, said] {
        out.extend(if big { u32::to_be_bytes(word) } else { u32::to_le_bytes(word) });
    }
    out.extend(frame);
    out
}

/// An IPv4 packet with these eight bytes of flags and offset behind its length.
fn ipv4(protocol: u8, id: u16, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x45, 0];
    out.extend((20 + payload.len() as u16).to_be_bytes());
    out.extend(id.to_be_bytes());
    out.extend(fragment.to_be_bytes());
    out.extend([64, protocol, 0, 0, 10, 0, 0, 7, 192, 0, 2, 1]);
    out.extend(payload);
    out
}

fn udp(payload: usize) -> Vec<u8> {
    let mut out = vec![0xC3, 0x50, 0, 53];
    out.extend((8 + payload as u16).to_be_bytes());
    out.extend([0, 0]);
    out.extend(vec![b'x'; payload]);
    out
}

fn ethernet(kind: u16, packet: &[u8]) -> Vec<u8> {
    let mut out = vec![2; 12];
    out.extend(kind.to_be_bytes());
    out.extend(packet);
    out
}

fn sound(size: usize) -> Vec<u8> {
    ethernet(0x0800, &ipv4(17, 1, 0, &udp(size)))
}

#[test]
fn case_49_both_byte_orders_both_fractions_and_lengths_that_lie() {
    for big in [false, true] {
        for nanoseconds in [false, true] {
            let frame = sound(10);
            let whole = record(big, 500_000, frame.len() as u32, &frame);
            let capture = [header(big, nanoseconds, 1), whole.clone(), record(big, 0, 0, &[]), whole.clone()].concat();
            let read = receipt(&capture);
            assert_eq!((read.format.as_deref(), read.accounts.parsed.count), (Some("pcap"), 2), "{big} {nanoseconds}");
            assert_eq!(read.accounts.records(), 3, "an empty packet is a record too");
        }
    }
    // A length beyond the capture's own limit, and one of 4 GiB: what follows can't be found again, and is said.
    for said in [300_000, u32::MAX] {
        let frame = sound(10);
        let first = record(false, 0, frame.len() as u32, &frame);
        let capture = [header(false, false, 1), first.clone(), record(false, 0, said, &frame), first].concat();
        let (read, _) = read(&capture, capture.len());
        assert_eq!(read.accounts.parsed.count, 1, "what stands before it is kept");
        assert!(!read.is_complete(), "{said}: {read:?}");
    }
}

#[test]
fn case_50_blocks_that_are_unknown_empty_or_end_otherwise_than_they_begin() {
    let block = |kind: u32, said: u32, body: &[u8], trailer: u32| {
        let mut out = Vec::new();
        out.extend(kind.to_le_bytes());
        out.extend(said.to_le_bytes());
        out.extend(body);
        out.extend(trailer.to_le_bytes());
        out
    };
    let sized = |kind: u32, body: &[u8]| block(kind, 12 + body.len() as u32, body, 12 + body.len() as u32);
    let section = sized(0x0A0D_0D0A, &[0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
    let interface = sized(1, &[1, 0, 0, 0, 0, 0, 4, 0]);
    let mut frame = sound(10);
    let length = (frame.len() as u32).to_le_bytes();
    frame.resize(frame.len().next_multiple_of(4), 0);
    let packet = sized(6, &[&[0; 12][..], &length, &length, &frame].concat());
    let begin = [section, interface, packet.clone()].concat();

    let unknown = [begin.clone(), sized(0x4242, &[1, 2, 3, 4]), packet.clone()].concat();
    let read_unknown = receipt(&unknown);
    assert_eq!((read_unknown.format.as_deref(), read_unknown.accounts.parsed.count), (Some("pcap"), 2));
    for broken in
        [block(6, 0, &[], 0), block(6, 32, &[0; 20], 99), block(6, u32::MAX, &[0; 20], 32), block(6, 7, &[], 7)]
    {
        let capture = [begin.clone(), broken, packet.clone()].concat();
        let (read, _) = read(&capture, capture.len());
        assert!(read.accounts.parsed.count >= 1, "what stands before it is kept: {read:?}");
        assert!(!read.is_complete() || !malformed(&read).is_empty(), "it is said: {read:?}");
    }
}

#[test]
fn case_51_links_and_headers_without_end_are_skipped_or_read_and_end() {
    let (read, _) = read(&[header(false, false, 9_999), record(false, 0, 4, &[1, 2, 3, 4])].concat(), 7);
    assert_eq!(read.accounts.parsed.count, 0);
    assert!(
        !read.is_complete() || read.accounts.skipped.total().count > 0 || read.format.is_none(),
        "it is said: {read:?}"
    );

    // Tags within tags, GRE within GRE, and headers of IPv6 that lead to one another.
    let tags: Vec<u8> = std::iter::repeat_n([0, 1, 0x81, 0], 400).flatten().collect();
    let tagged = ethernet(0x8100, &[tags, vec![0, 1, 8, 0], ipv4(17, 1, 0, &udp(4))].concat());
    let mut tunnel = ipv4(17, 1, 0, &udp(4));
    for _ in 0..60 {
        tunnel = ipv4(47, 1, 0, &[&[0, 0, 8, 0][..], &tunnel].concat());
    }
    let options: Vec<u8> = std::iter::repeat_n([60, 0, 1, 4, 0, 0, 0, 0], 400).flatten().collect();
    let mut long = vec![0x60, 0, 0, 0];
    long.extend((options.len() as u16).to_be_bytes());
    long.extend([60, 64]);
    long.extend([0xfe; 32]);
    long.extend(options);
    for frame in [tagged, ethernet(0x0800, &tunnel), ethernet(0x86DD, &long)] {
        let good = sound(10);
        let after = record(false, 0, good.len() as u32, &good);
        let capture = [header(false, false, 1), record(false, 0, frame.len() as u32, &frame), after].concat();
        let read = receipt(&capture);
        assert_eq!(read.accounts.records(), 2);
        assert!(read.accounts.parsed.count >= 1, "the packet behind it is read");
    }
}

#[test]
fn case_52_pieces_of_a_packet_count_once_and_overlaps_invent_nothing() {
    let datagram = udp(32);
    // More to come; the last piece; one that overlaps both.
    let pieces = [
        ipv4(17, 7, 0x2000, &datagram[..24]),
        ipv4(17, 7, 3, &datagram[24..]),
        ipv4(17, 7, 0x2001, &datagram[8..32]),
        ipv4(17, 7, 0x3FFF, &[1; 8]),
    ];
    let mut capture = header(false, false, 1);
    for piece in pieces {
        let frame = ethernet(0x0800, &piece);
        capture.extend(record(false, 0, frame.len() as u32, &frame));
    }
    let case = super::making::case_of(&[("pieces.pcap", &capture)], 4096);
    let (analysis, _) = super::making::inert(&case);
    let connections: u64 = analysis.survey.links.values().map(|link| link.totals.flows).sum();
    assert_eq!(connections, 1, "one datagram is one connection, whatever its pieces");
    assert_eq!(case.files()[0].receipt.accounts.records(), 4);
}
