//! Windows event logs (EVTX; libyal, "Windows XML Event Log (EVTX) format"; MS-EVEN6 §2.2.17 for the binary XML): a coat
//! of binary around XML, so it is taken off like a compression. What comes out is one `<Event>` a line, as Windows itself
//! renders it; what the events mean is for the formats to say.
//!
//! The log is read chunk by chunk (64 KiB each), so that a damaged chunk costs itself alone. The header's counts are not
//! believed: a log that was copied while Windows wrote it has old ones.

mod binxml;
mod value;

use flate2::Crc;

use super::LayerAccount;
use crate::evidence::accounts::{Example, Reasons, Tally};
use crate::evidence::records::Place;

const CHUNK: usize = 65_536;
const FILE_HEADER: usize = 4096;
const CHUNK_HEADER: usize = 512;
const RECORD: &[u8] = b"\x2a\x2a\0\0";
/// Signature, size, id, time; and the size once more.
const SMALLEST_RECORD: usize = 28;

const NO_CHUNK: &str = "a stretch of the event log that is no chunk";
const NO_RECORD: &str = "bytes of an event log's chunk that are no record";
const UNREADABLE: &str = "a record of the event log whose binary XML can't be read";
const BAD_HEADER: &str = "the checksum of a chunk's header is wrong: its records may be damaged";
const BAD_RECORDS: &str = "the checksum of a chunk's records is wrong: they may be damaged";
const CUT_OFF: &str = "the event log is cut off within a chunk";

/// An event log under way.
#[derive(Default)]
pub(super) struct Evtx {
    held: Vec<u8>,
    /// Where the held bytes begin.
    offset: u64,
    /// One event as text.
    text: String,
    records: Tally,
    headers: u64,
    padding: u64,
    unprocessed: Reasons,
}

impl Evtx {
    pub(super) fn recognise(head: &[u8]) -> bool {
        head.starts_with(b"ElfFile\0")
    }

    pub(super) fn feed(&mut self, packed: &[u8], out: &mut dyn FnMut(&[u8])) {
        let mut rest = packed;
        while !rest.is_empty() {
            let need = if self.offset == 0 { FILE_HEADER } else { CHUNK };
            // A chunk that is here whole is read where it stands.
            if self.held.is_empty() && rest.len() >= need {
                let (block, after) = rest.split_at(need);
                self.block(block, out);
                rest = after;
                continue;
            }
            let taken = (need - self.held.len()).min(rest.len());
            self.held.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if self.held.len() == need {
                let block = std::mem::take(&mut self.held);
                self.block(&block, out);
                self.held = block;
                self.held.clear();
            }
        }
    }

    pub(super) fn finish(&mut self, out: &mut dyn FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return;
        }
        if self.offset == 0 || held.len() < CHUNK_HEADER {
            self.unprocessed.add(CUT_OFF, held.len() as u64, || None);
            return;
        }
        if held.starts_with(b"ElfChnk\0") {
            self.unprocessed.add(CUT_OFF, 0, || None);
        }
        self.block(&held, out);
    }

    pub(super) fn account(&self, length: u64) -> LayerAccount {
        LayerAccount {
            name: "evtx".to_owned(),
            length,
            members: self.records,
            headers: self.headers,
            padding: self.padding,
            unprocessed: self.unprocessed.clone(),
        }
    }

    fn block(&mut self, block: &[u8], out: &mut dyn FnMut(&[u8])) {
        if self.offset == 0 {
            self.headers += block.len() as u64;
        } else if block.starts_with(b"ElfChnk\0") {
            self.chunk(block, out);
        } else if block.iter().all(|b| *b == 0) {
            self.padding += block.len() as u64;
        } else {
            self.note(NO_CHUNK, block.len() as u64, 0, String::new());
        }
        self.offset += block.len() as u64;
    }

    fn chunk(&mut self, chunk: &[u8], out: &mut dyn FnMut(&[u8])) {
        self.headers += CHUNK_HEADER as u64;
        let free = word(chunk, 48) as usize;
        let sound = (CHUNK_HEADER..=CHUNK).contains(&free);
        if checksum(&[&chunk[..120], &chunk[128..CHUNK_HEADER]]) != word(chunk, 124) || !sound {
            self.note(BAD_HEADER, 0, 0, String::new());
        } else if chunk.len() >= free && checksum(&[&chunk[CHUNK_HEADER..free]]) != word(chunk, 52) {
            self.note(BAD_RECORDS, 0, 0, String::new());
        }
        let free = if sound { free.min(chunk.len()) } else { chunk.len() };
        let (mut at, mut last) = (CHUNK_HEADER, None);
        while at < chunk.len() {
            let record = record(chunk, at);
            // Past what the header calls free stand old records, or, in a log that was copied while it was written, new ones:
            // those go on counting.
            let goes_on = |id: u64| last.is_some_and(|last: u64| id == last.wrapping_add(1));
            match record {
                Some((size, id)) if at < free || goes_on(id) => {
                    self.record(chunk, at, size, id, out);
                    last = Some(id);
                    at += size;
                }
                _ if at >= free => break,
                _ => {
                    let from = at + 1;
                    let marks = memchr::memmem::find_iter(&chunk[from..free], RECORD).map(|found| from + found);
                    let next = marks.into_iter().find(|mark| self::record(chunk, *mark).is_some()).unwrap_or(free);
                    self.note(NO_RECORD, (next - at) as u64, at, String::new());
                    at = next;
                }
            }
        }
        self.padding += (chunk.len() - at.min(chunk.len())) as u64;
    }

    fn record(&mut self, chunk: &[u8], at: usize, size: usize, id: u64, out: &mut dyn FnMut(&[u8])) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        match binxml::render(chunk, at + 24, at + size - 4, &mut text) {
            Ok(()) => {
                text.push('\n');
                out(text.as_bytes());
                self.records.count += 1;
                self.records.bytes += size as u64;
            }
            Err(fault) => self.note(UNREADABLE, size as u64, at, format!("record {id}: {fault}")),
        }
        self.text = text;
    }

    fn note(&mut self, reason: &str, bytes: u64, at: usize, found: String) {
        let place = Place { line: 0, offset: self.offset + at as u64 };
        self.unprocessed.add(reason, bytes, || Some(Example { place, found }));
    }
}

/// Size and id of the record that begins here, if one does. Its size stands at both its ends, and a size that is not
/// believed by both has made parsers loop.
fn record(chunk: &[u8], at: usize) -> Option<(usize, u64)> {
    let rest = chunk.get(at..)?;
    if rest.len() < SMALLEST_RECORD || !rest.starts_with(RECORD) {
        return None;
    }
    let size = word(rest, 4) as usize;
    let whole = (SMALLEST_RECORD..=rest.len()).contains(&size) && word(rest, size - 4) as usize == size;
    whole.then(|| (size, u64::from(word(rest, 8)) | u64::from(word(rest, 12)) << 32))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut crc = Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}
