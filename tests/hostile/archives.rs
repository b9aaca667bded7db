//! Cases 41, 42, 55 to 58: archives and the compressions beside gzip, made here by our own hand.

use std::io::Write;
use std::sync::Arc;

use super::containers::gzip;
use super::making::{read, zeek, zeek_row};
use kyoten::case::Case;
use kyoten::reading::count::Counting;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Order, Reading};
use kyoten::sites::SiteBook;

/// A member of a zip archive that is to be made.
#[derive(Clone)]
pub struct Member {
    name: Vec<u8>,
    data: Vec<u8>,
    method: u16,
    flags: u16,
    /// Whether sizes are written in the zip64 field.
    wide: bool,
}

pub fn member(name: &str, data: &[u8]) -> Member {
    Member { name: name.as_bytes().to_vec(), data: data.to_vec(), method: 8, flags: 0, wide: false }
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn crc(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}

/// A zip archive of these members; `hide` keeps those from the directory.
fn zip_hiding(members: &[Member], hide: &[usize]) -> Vec<u8> {
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (n, m) in members.iter().enumerate() {
        let packed = match m.method {
            8 => deflated(&m.data),
            12 => bzip2(&m.data),
            93 => zstd(&m.data),
            95 => xz(&m.data),
            _ => m.data.clone(),
        };
        let (crc, later) = (crc(&m.data), m.flags & 8 != 0);
        let narrow = |size: usize| if m.wide { u32::MAX } else { size as u32 };
        let mut sizes = Vec::new();
        if m.wide {
            sizes.extend([1, 0, 16, 0]);
            sizes.extend((m.data.len() as u64).to_le_bytes());
            sizes.extend((packed.len() as u64).to_le_bytes());
        }
        let fields = |out: &mut Vec<u8>, known: bool| {
            out.extend([45, 0]);
            out.extend(m.flags.to_le_bytes());
            out.extend(m.method.to_le_bytes());
            out.extend([0; 4]);
            out.extend(if known { crc } else { 0 }.to_le_bytes());
            out.extend(if known { narrow(packed.len()) } else { 0 }.to_le_bytes());
            out.extend(if known { narrow(m.data.len()) } else { 0 }.to_le_bytes());
            out.extend((m.name.len() as u16).to_le_bytes());
            out.extend((sizes.len() as u16).to_le_bytes());
        };
        let at = out.len() as u32;
        out.extend(b"PK\x03\x04");
        fields(&mut out, !later);
        out.extend(&m.name);
        out.extend(&sizes);
        out.extend(&packed);
        if later {
            out.extend(b"PK\x07\x08");
            out.extend(crc.to_le_bytes());
            out.extend((packed.len() as u32).to_le_bytes());
            out.extend((m.data.len() as u32).to_le_bytes());
        }
        if !hide.contains(&n) {
            count += 1;
            directory.extend(b"PK\x01\x02\x2d\0");
            fields(&mut directory, true);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(&m.name);
            directory.extend(&sizes);
        }
    }
    let at = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(b"\x05\0hello");
    out
}

/// A zip archive of these files.
pub fn zip_of(files: &[(String, &[u8])]) -> Vec<u8> {
    zip(&files.iter().map(|(name, data)| member(name, data)).collect::<Vec<_>>())
}

pub fn zip(members: &[Member]) -> Vec<u8> {
    zip_hiding(members, &[])
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in members {
        let mut header = [0_u8; 512];
        if name.len() > 100 {
            out.extend(tar(&[("././@LongLink", format!("{name}\0").as_bytes())]).drain(..1024));
            let at = out.len() - 1024;
            out[at + 156] = b'L';
            checksum(&mut out[at..at + 512]);
        }
        let short = &name.as_bytes()[..name.len().min(100)];
        header[..short.len()].copy_from_slice(short);
        header[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        checksum(&mut header);
        out.extend(header);
        out.extend(*data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn checksum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn zstd(data: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest)
}

fn xz(data: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

fn bzip2(data: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn lz4(data: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_mode(lz4_flex::frame::BlockMode::Linked)
        .block_checksums(true)
        .content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

type Packer = fn(&[u8]) -> Vec<u8>;
const PACKERS: [(&str, Packer); 4] = [("zstd", zstd), ("xz", xz), ("bzip2", bzip2), ("lz4", lz4)];

/// What came of a dropped file and its members, by name, and their ledgers.
pub fn open(bytes: &[u8], chunk: usize) -> Vec<(Receipt, Vec<u8>)> {
    let counting = |name: &str| Counting::new(SiteBook::default().for_evidence(name), name);
    let opening = Arc::new(move |name: &str| (Order::default(), counting(name)));
    let mut reading = Reading::opening("x", Order::default(), counting("x"), opening);
    let mut all = Vec::new();
    for part in bytes.chunks(chunk.max(1)) {
        reading.feed(part);
        all.extend(reading.members());
    }
    all.extend(reading.finish_all());
    let mut all: Vec<_> = all.into_iter().map(|(receipt, v)| (receipt, v.into_ledger().to_bytes())).collect();
    for (receipt, _) in &all {
        assert_eq!(receipt.imbalance(), None, "{}", receipt.name);
    }
    all.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    all
}

/// As [`open`], and the same in chunks of 1, 7 and 4096 bytes.
pub fn opened(bytes: &[u8]) -> Vec<Receipt> {
    let whole = open(bytes, bytes.len());
    for chunk in [1, 7, 4096] {
        assert!(open(bytes, chunk) == whole, "chunks of {chunk}");
    }
    whole.into_iter().map(|(receipt, _)| receipt).collect()
}

fn parsed(receipts: &[Receipt]) -> u64 {
    receipts.iter().map(|receipt| receipt.accounts.parsed.count).sum()
}

fn reasons(receipt: &Receipt) -> Vec<&str> {
    receipt.layers.iter().flat_map(|layer| layer.unprocessed.0.keys().map(String::as_str)).collect()
}

#[test]
fn every_compression_is_read_as_what_it_packs() {
    let log = zeek(900);
    for (name, pack) in PACKERS {
        let two = [pack(&log), pack(zeek_row(1).as_bytes()), vec![0; 8]].concat();
        let receipts = opened(&two);
        assert_eq!((parsed(&receipts), receipts[0].layers[0].name.as_str()), (901, name));
        assert_eq!((receipts[0].layers[0].members.count, receipts[0].layers[0].padding), (2, 8), "{name}");
        assert!(receipts[0].is_complete());
        let garbage = opened(&[pack(&log), b"garbage".to_vec()].concat());
        assert_eq!(
            (parsed(&garbage), reasons(&garbage[0])),
            (900, vec![format!("no {name} data after the last member").as_str()])
        );
        let nested = opened(&gzip(&pack(&log)));
        assert_eq!((parsed(&nested), nested[0].layers.len()), (900, 2));
    }
}

#[test]
fn case_41_every_compression_cut_anywhere_keeps_what_stands_before() {
    let log = zeek(300);
    for (name, pack) in PACKERS {
        let packed = pack(&log);
        for cut in (8..packed.len()).step_by(packed.len() / 60) {
            let (receipt, _) = read(&packed[..cut], 64);
            assert!(receipt.accounts.parsed.count <= 300 && !receipt.is_complete(), "{name} cut at {cut}");
            assert_eq!(receipt.accounts.malformed.total().count, 0, "{name} cut at {cut}");
        }
    }
}

#[test]
fn case_42_bits_of_every_compression_flipped() {
    let log = zeek(60);
    for (name, pack) in PACKERS {
        let packed = pack(&log);
        for bit in (0..packed.len() * 8).step_by(if super::full() { 1 } else { 17 }) {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (receipt, _) = read(&damaged, 100);
            let said = !receipt.is_complete() || receipt.format.is_none();
            assert!(said || receipt.accounts.parsed.count == 60, "{name} bit {bit}");
        }
    }
}

#[test]
fn case_55_a_zstd_window_of_2_gib_is_refused_and_skippable_frames_are_passed_over() {
    let skip = [b"\x50\x2a\x4d\x18\x05\0\0\0".to_vec(), b"hello".to_vec()].concat();
    let log = zeek(5);
    assert_eq!(parsed(&opened(&[zstd(&log), skip.clone(), zstd(zeek_row(7).as_bytes())].concat())), 6);
    assert_eq!(parsed(&opened(&[lz4(&log), skip, lz4(zeek_row(7).as_bytes())].concat())), 6);
    let wide = [&b"\x28\xb5\x2f\xfd\x00\xa8"[..], &[0; 40]].concat();
    assert!(reasons(&opened(&wide)[0])[0].contains("window of over 128 MiB"));
}

#[test]
fn members_of_a_zip_are_files_of_their_own() {
    let mut members = vec![member("a/", b""), member("a/conn.log", &zeek(20)), member("a/readme.txt", b"Dear diary\n")];
    for (n, method) in [0, 12, 93, 95].into_iter().enumerate() {
        members.push(Member { method, ..member(&format!("by-method-{n}.log"), &zeek(3 + n)) });
    }
    members.push(Member { flags: 8, ..member("streamed.log", &zeek(30)) });
    members.push(Member {
        flags: 8,
        method: 0,
        ..member("streamed-stored.log", &[zeek(31), b"PK\x07\x08PK\x03\x04".to_vec()].concat())
    });
    members.push(Member { wide: true, ..member("wide.log", &zeek(32)) });
    members.push(member("packed.log.gz", &gzip(&zeek(33))));
    members.push(member("empty.log", b""));
    members.push(member("a/conn.log", &zeek(2)));
    let receipts = opened(&zip(&members));
    let line = |receipt: &Receipt| {
        format!("{} {} {:?}", receipt.name, receipt.accounts.parsed.count, receipt.format.is_some())
    };
    let lines: Vec<String> = receipts.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    x 0 false
    x/a/conn.log 20 true
    x/a/conn.log (2) 2 true
    x/a/readme.txt 0 false
    x/by-method-0.log 3 true
    x/by-method-1.log 4 true
    x/by-method-2.log 5 true
    x/by-method-3.log 6 true
    x/empty.log 0 false
    x/packed.log.gz 33 true
    x/streamed-stored.log 31 true
    x/streamed.log 30 true
    x/wide.log 32 true
    ");
    assert!(receipts[0].is_complete() && receipts[0].advice.is_none(), "{:?}", receipts[0]);
    assert!(receipts.iter().all(|receipt| receipt.sha256.is_some()));
    assert_eq!(receipts[1].within.as_deref(), Some("x"));
    assert_eq!(receipts[0].layers[0].members.count, 12);
}

#[test]
fn case_46_one_bad_member_of_400_costs_one_member() {
    let members: Vec<Member> = (0..400).map(|n| member(&format!("{n:03}.log"), &zeek(3 + n % 5))).collect();
    let mut archive = zip(&members);
    let at = memchr::memmem::find(&archive, b"200.log").unwrap() + 7;
    archive[at..at + 60].fill(0xff);
    let receipts = open(&archive, 4096);
    let whole = receipts.iter().filter(|(receipt, _)| receipt.format.is_some() && receipt.is_complete());
    assert_eq!((receipts.len(), whole.count()), (401, 399));
    let (bad, _) = receipts.iter().find(|(receipt, _)| receipt.name == "x/200.log").unwrap();
    assert!(reasons(bad)[0].contains("damaged"), "{bad:?}");
    assert_eq!(bad.sha256, None, "the hash of a part is not that of the member");
}

#[test]
fn case_41_a_zip_cut_at_every_byte_keeps_what_stands_before() {
    let archive = zip(&[
        member("a.log", &zeek(12)),
        Member { flags: 8, ..member("b.log", &zeek(12)) },
        Member { method: 0, ..member("c.log", &zeek(3)) },
    ]);
    for cut in 4..archive.len() {
        let receipts = open(&archive[..cut], 64);
        let malformed: u64 = receipts.iter().map(|(receipt, _)| receipt.accounts.malformed.total().count).sum();
        assert_eq!(malformed, 0, "cut at {cut}");
        // What is lost of the comment alone is no evidence.
        assert!(receipts.iter().any(|(receipt, _)| !receipt.is_complete()) || cut >= archive.len() - 5, "cut at {cut}");
    }
}

#[test]
fn case_42_every_byte_of_a_small_zip_and_tar_damaged() {
    let members = [member("a.log", &zeek(2)), Member { flags: 8, ..member("b.log", &zeek(2)) }];
    let step = if super::full() { 1 } else { 5 };
    for archive in [zip(&members), tar(&[("a.log", &zeek(2)), ("b.log", &zeek(2))])] {
        for at in (0..archive.len()).step_by(step) {
            let mut damaged = archive.clone();
            damaged[at] ^= [0x01, 0x80, 0xff][at % 3];
            let receipts = open(&damaged, 100);
            let said = receipts.iter().any(|(receipt, _)| !receipt.is_complete() || receipt.advice.is_some());
            let parsed: u64 = receipts.iter().map(|(receipt, _)| receipt.accounts.parsed.count).sum();
            // What a tar holds has no checksum.
            assert!(said || parsed == 4 || !archive.starts_with(b"PK"), "byte {at}: {receipts:?}");
        }
    }
}

#[test]
fn case_56_encrypted_unknown_hidden_and_missing_members_are_told() {
    let log = zeek(4);
    let members = [
        Member { flags: 1, ..member("secret.log", &log) },
        Member { flags: 9, ..member("streamed-secret.log", &log) },
        Member { method: 99, ..member("aes.log", &log) },
        member("hidden.log", &log),
        member("../../slip<img>.log", &log),
        Member { name: b"caf\xe9.log".to_vec(), ..member("", &log) },
    ];
    let receipts = opened(&zip_hiding(&members, &[3]));
    assert_eq!(parsed(&receipts), 12);
    let told = reasons(&receipts[0]);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("method that Kyoten does not know") && told[1].contains("directory does not name"));
    let (tally, example) = &receipts[0].layers[0].unprocessed.0[told[2]];
    assert_eq!((tally.count, example.as_ref().unwrap().found.as_str()), (2, "secret.log"));
    assert!(told[2].starts_with("an encrypted member"));
    let names: Vec<&str> = receipts.iter().map(|receipt| receipt.name.as_str()).collect();
    assert_eq!(names, ["x", "x/../../slip<img>.log", "x/caf\\xe9.log", "x/hidden.log"]);
    // The directory names a member where none stands.
    let mut moved = zip(&members[4..]);
    let at = memchr::memmem::find(&moved, b"PK\x01\x02").unwrap();
    moved[at + 42] = 7;
    let told = opened(&moved);
    assert!(reasons(&told[0]).iter().any(|reason| reason.contains("does not stand where it says")));
}

#[test]
fn case_56_overlapping_entries_are_read_once() {
    let one = zip(&[member("a.log", &zeek(50))]);
    // The directory names the same local header a hundred times, as the smallest bombs do.
    let at = memchr::memmem::find(&one, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::find(&one, b"PK\x05\x06").unwrap();
    let bomb = [&one[..at], &one[at..end].repeat(100), &one[end..]].concat();
    let receipts = opened(&bomb);
    assert_eq!((receipts.len(), parsed(&receipts)), (2, 50));
    assert_eq!(receipts[0].layers[0].unprocessed.total().count, 99);
}

#[test]
fn case_57_zip_in_gzip_in_zip_to_the_limit() {
    let mut packed = zeek(3);
    for depth in 1..=6 {
        packed = if depth % 2 == 0 { gzip(&packed) } else { zip(&[member("in", &packed)]) };
        assert_eq!(parsed(&opened(&packed)), 3, "{depth} layers");
    }
    let deep = opened(&zip(&[member("in", &packed)]));
    assert_eq!(parsed(&deep), 0);
    assert!(
        deep.iter().any(|receipt| receipt.advice.as_ref().is_some_and(|advice| advice.contains("deeper than six")))
    );
}

#[test]
fn members_of_a_tar_are_files_of_their_own() {
    let long = "d/".repeat(80) + "conn.log";
    let archive = tar(&[("a.log", &zeek(5)), (&long, &zeek(6)), ("c.log.gz", &gzip(&zeek(7))), ("empty", b"")]);
    for packed in [archive.clone(), gzip(&archive), xz(&archive), zstd(&archive)] {
        let receipts = opened(&packed);
        let names: Vec<(&str, u64)> = receipts.iter().map(|r| (r.name.as_str(), r.accounts.parsed.count)).collect();
        let deep = format!("x/{long}");
        assert_eq!(names, [("x", 0), ("x/a.log", 5), ("x/c.log.gz", 7), (&deep, 6), ("x/empty", 0)]);
        assert!(receipts[0].is_complete(), "{:?}", receipts[0]);
    }
    for cut in (0..archive.len() - 1024).step_by(97) {
        let receipts = open(&archive[..cut], 50);
        assert!(receipts.iter().all(|(receipt, _)| receipt.accounts.malformed.0.is_empty()), "cut at {cut}");
    }
}

#[test]
fn a_case_holds_an_archive_and_its_members() {
    let archive = zip(&[member("thai.log", &zeek(5)), member("again.log", &zeek(5)), member("japan.log", &zeek(6))]);
    let mut case = Case::default();
    let order = case.reading_order("logs.zip");
    let mut reading = order.reading("logs.zip");
    reading.feed(&archive);
    for (receipt, counting) in reading.finish_all() {
        case.add(order.result(receipt, counting));
    }
    let document: serde_json::Value =
        serde_json::from_str(&kyoten::case::document::case_json(&case, &case.analyse())).unwrap();
    let evidence = document["evidence"].as_array().unwrap();
    let names: Vec<&str> = evidence.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["logs.zip", "logs.zip/again.log", "logs.zip/japan.log", "logs.zip/thai.log"]);
    assert_eq!(evidence[1]["archive"]["sha256"], evidence[0]["sha256"]);
    assert_eq!(evidence[3]["repeats"], "logs.zip/again.log");
    assert_eq!(document["partial"], false);
    assert!(case.must_read_again().is_empty());
    // A zone settled for one member has the archive read again; one settled for the archive goes for all its members.
    case.orders.entry("logs.zip/thai.log".to_owned()).or_default().setting.clock.chosen_offset = Some(32_400);
    assert_eq!(case.must_read_again(), ["logs.zip"]);
    case.remove("logs.zip");
    assert!(case.files().is_empty());
}

#[test]
fn what_the_fuzzer_found_is_read_the_same_in_any_chunks() {
    let mut files = 0;
    for folder in std::fs::read_dir("fuzz/seeds").expect("the fuzzer has seeds") {
        for file in std::fs::read_dir(folder.expect("an entry").path()).expect("a folder of seeds") {
            opened(&std::fs::read(file.expect("an entry").path()).expect("a seed can be read"));
            files += 1;
        }
    }
    assert!(files > 15);
}
