//! zip (PKWARE APPNOTE 6.3.10), read forward from local header to local header as the bytes come, with no look back.
//! Every byte is read once, so entries that overlap (the trick of the smallest bombs) gain nothing. The directory at the
//! end is held against what was read.

mod body;
mod header;

use std::collections::BTreeMap;

use super::{LayerAccount, MOST_MEMBERS, MemberEnd, Nest, Outlet, TOO_MANY, Unpacked};
use crate::evidence::accounts::{Example, Reasons, Tally};
use crate::evidence::records::Place;
use body::{Body, Fed};
use header::{Entry, Local};

const STRAY: &str = "bytes of the archive that belong to no member";
const CUT_OFF: &str = "the zip archive is cut off: its directory is missing";
const HIDDEN: &str = "a member that the archive's directory does not name; it was read all the same";
const ABSENT: &str = "a member that the archive's directory names, but that does not stand where it says";
const CUT_WITHIN: &str = "the archive is cut off within the member";
const AFTER_END: &str = "bytes after the end of the member's data";
const BAD_CHECKSUM: &str = "the checksum of the member is wrong: its content may be damaged";
const BAD_SIZE: &str = "the member has another size than the archive says";

/// Comments and signatures have at most 64 KiB; a zip64 end is short.
const LONGEST_OWN: u64 = 1 << 16;

/// An archive under way.
#[derive(Default)]
pub(super) struct Zip {
    stage: Stage,
    /// The beginning of a header of which more is awaited.
    held: Vec<u8>,
    /// Where in the archive the next byte stands.
    offset: u64,
    /// Members by the offset of their local header, until the directory names them.
    unnamed: BTreeMap<u64, String>,
    seen: u64,
    /// Whether the end of the directory was met.
    ended: bool,
    cut: bool,
    members: Tally,
    headers: u64,
    padding: u64,
    unprocessed: Reasons,
}

#[derive(Default)]
enum Stage {
    /// Between headers.
    #[default]
    Between,
    /// A member's data.
    Body(Box<Member>),
    /// The sizes after a member's data.
    Descriptor(Box<Member>),
    /// So much of the archive's own is passed over: comments, signatures.
    Own(u64),
    /// What stands here is no header: the next one is looked for.
    Stray,
}

struct Member {
    local: Local,
    /// Where its local header begins.
    at: u64,
    body: Body,
    /// Packed bytes so far.
    taken: u64,
    /// Why it was not given out, if it was not.
    passed_over: Option<&'static str>,
    unprocessed: Reasons,
    cut: Option<&'static str>,
}

impl Zip {
    pub(super) fn feed(&mut self, chunk: &[u8], nest: &Nest, out: &mut Outlet<'_>) {
        let joined;
        let mut rest = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(chunk);
            joined = std::mem::take(&mut self.held);
            &joined
        };
        while !rest.is_empty() {
            let Some(taken) = self.step(rest, false, nest, out) else { break };
            self.offset += taken as u64;
            rest = &rest[taken..];
        }
        self.held = rest.to_vec();
    }

    pub(super) fn finish(&mut self, nest: &Nest, out: &mut Outlet<'_>) {
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_slice();
        while let Some(taken) = self.step(rest, true, nest, out).filter(|_| !rest.is_empty()) {
            self.offset += taken as u64;
            rest = &rest[taken..];
        }
        if !rest.is_empty() {
            self.unprocessed.extend(STRAY, rest.len() as u64);
        }
        if let Stage::Body(mut member) = std::mem::take(&mut self.stage) {
            member.cut = Some(CUT_WITHIN);
            member.unprocessed.add(CUT_WITHIN, 0, || None);
            self.close(*member, out);
        }
        if self.ended {
            for (offset, name) in std::mem::take(&mut self.unnamed) {
                self.note(HIDDEN, offset, &name);
            }
        } else {
            self.cut = true;
            self.unprocessed.add(CUT_OFF, 0, || None);
        }
    }

    /// Whether the archive ended before its directory did.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn account(&self, length: u64) -> LayerAccount {
        LayerAccount {
            name: "zip".to_owned(),
            length,
            members: self.members,
            headers: self.headers,
            padding: self.padding,
            unprocessed: self.unprocessed.clone(),
        }
    }

    fn note(&mut self, reason: &str, offset: u64, name: &str) {
        let example = || Some(Example { place: Place { line: 0, offset }, found: name.to_owned() });
        self.unprocessed.add(reason, 0, example);
    }

    /// One step over what is here; how many bytes it took, or `None` when more must come first. `last` says that no more
    /// will.
    fn step(&mut self, rest: &[u8], last: bool, nest: &Nest, out: &mut Outlet<'_>) -> Option<usize> {
        match std::mem::take(&mut self.stage) {
            Stage::Between => self.between(rest, nest, out),
            Stage::Body(member) => self.body(member, rest, last, nest, out),
            Stage::Descriptor(member) => {
                // Twenty-four bytes at most, and two to see what stands after a shorter form of it.
                if rest.len() < header::LONGEST_DESCRIPTOR + 2 && !last {
                    self.stage = Stage::Descriptor(member);
                    return None;
                }
                Some(self.descriptor(*member, rest, out))
            }
            Stage::Own(left) => {
                let taken = left.min(rest.len() as u64);
                self.headers += taken;
                if left > taken {
                    self.stage = Stage::Own(left - taken);
                }
                Some(taken as usize)
            }
            Stage::Stray => {
                let stop = header::next(rest, last);
                self.unprocessed.extend(STRAY, stop as u64);
                if rest.len() - stop < 4 {
                    self.stage = Stage::Stray;
                }
                (stop > 0 || rest.len() >= 4).then_some(stop)
            }
        }
    }

    fn between(&mut self, rest: &[u8], nest: &Nest, out: &mut Outlet<'_>) -> Option<usize> {
        if self.ended && rest.first() == Some(&0) {
            let zeros = rest.iter().take_while(|b| **b == 0).count();
            self.padding += zeros as u64;
            return Some(zeros);
        }
        let Some(length) = header::length(rest) else {
            self.stage = Stage::Stray;
            // One byte at least, so that a broken header is not met again.
            self.unprocessed.extend(STRAY, 1);
            return Some(1);
        };
        let header = rest.get(..length)?;
        self.headers += length as u64;
        match header {
            [b'P', b'K', 3, 4, ..] => self.begin(Local::read(header), nest, out),
            [b'P', b'K', 1, 2, ..] => {
                let entry = Entry::read(header);
                if self.unnamed.remove(&entry.offset).is_none() {
                    self.note(ABSENT, self.offset, &entry.name);
                }
            }
            [b'P', b'K', 5, 6, ..] => {
                self.ended = true;
                self.own(u64::from(header::short(header, 20)));
            }
            [b'P', b'K', 6, 6, ..] => self.own(header::long(header, 4)),
            [b'P', b'K', 6, 8, ..] => self.own(u64::from(header::word(header, 4))),
            [b'P', b'K', 5, 5, ..] => self.own(u64::from(header::short(header, 4))),
            // The locator of the zip64 end, and the mark of an archive over several disks: all their bytes are here.
            _ => {}
        }
        Some(length)
    }

    /// Passes over so much of the archive's own. What claims to be longer than any comment would hide members behind it.
    fn own(&mut self, bytes: u64) {
        match bytes {
            0 => {}
            1..=LONGEST_OWN => self.stage = Stage::Own(bytes),
            _ => self.stage = Stage::Stray,
        }
    }

    fn begin(&mut self, local: Local, nest: &Nest, out: &mut Outlet<'_>) {
        self.unnamed.insert(self.offset, local.name.clone());
        if local.name.ends_with('/') && local.unpacked == Some(0) {
            // A folder; some tools deflate its nothing to two bytes.
            self.own(local.packed.unwrap_or_default());
            return;
        }
        self.seen += 1;
        let (body, passed_over) = match Body::of(&local) {
            Ok(_) if self.seen > MOST_MEMBERS => (Body::Idle(TOO_MANY), Some(TOO_MANY)),
            Ok(body) => (body, None),
            Err(reason) => (Body::Idle(reason), Some(reason)),
        };
        let body = if passed_over.is_some() && local.packed.is_none() { Body::unseen() } else { body };
        if passed_over.is_none() {
            out(Unpacked::Member { name: &local.name, inside: nest.inside() });
        }
        let member =
            Member { local, at: self.offset, body, taken: 0, passed_over, unprocessed: Reasons::default(), cut: None };
        if member.local.packed == Some(0) {
            self.complete(member, out);
        } else {
            self.stage = Stage::Body(Box::new(member));
        }
    }

    fn body(
        &mut self,
        mut member: Box<Member>,
        rest: &[u8],
        last: bool,
        nest: &Nest,
        out: &mut Outlet<'_>,
    ) -> Option<usize> {
        let left = member.local.packed.map_or(u64::MAX, |packed| packed - member.taken);
        let mut part = &rest[..rest.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
        // A decoder gets the same bites however the bytes come: where damage is noticed, and so what it costs, is in bites.
        if let Some(bite) = member.body.bite(member.taken) {
            if part.len() < bite && (part.len() as u64) < left && !last {
                self.stage = Stage::Body(member);
                return None;
            }
            part = &part[..part.len().min(bite)];
        }
        let passed_over = member.passed_over.is_some();
        let fed = member.body.feed(part, last, &nest.budget, &mut |bytes| {
            if !passed_over {
                out(Unpacked::Bytes(bytes));
            }
        });
        let (taken, ended) = match fed {
            Fed::Taken(taken) => (taken, false),
            Fed::End(taken) => (taken, true),
            // What was given before the damage stays given.
            Fed::Lost(reason) => {
                member.cut = Some(reason);
                member.unprocessed.add(reason, 0, || None);
                if member.local.packed.is_none() {
                    self.close(*member, out);
                    self.stage = Stage::Stray;
                    return Some(0);
                }
                member.body = Body::Idle(reason);
                (0, false)
            }
        };
        match &member.body {
            Body::Idle(reason) if !passed_over => member.unprocessed.extend(reason, taken as u64),
            Body::Ended(_) => member.unprocessed.extend(AFTER_END, taken as u64),
            Body::Idle(_) | Body::Open(_) => {}
        }
        member.taken += taken as u64;
        let waits = taken == 0 && !ended && !part.is_empty() && member.cut.is_none();
        match member.local.packed {
            None if ended => self.stage = Stage::Descriptor(member),
            Some(packed) if member.taken == packed => self.complete(*member, out),
            Some(_) if ended => {
                let body = std::mem::replace(&mut member.body, Body::Idle(AFTER_END));
                member.body = Body::Ended(Box::new(body));
                self.stage = Stage::Body(member);
            }
            None | Some(_) => self.stage = Stage::Body(member),
        }
        (!waits).then_some(taken)
    }

    /// The data of a member whose size was known is here whole.
    fn complete(&mut self, mut member: Member, out: &mut Outlet<'_>) {
        if member.local.packed > Some(0) && member.body.wants_more() {
            member.cut = Some(BAD_SIZE);
        }
        if member.local.descriptor {
            self.stage = Stage::Descriptor(Box::new(member));
        } else {
            self.close(member, out);
        }
    }

    /// The sizes and the checksum after a member; how many bytes they take.
    fn descriptor(&mut self, mut member: Member, rest: &[u8], out: &mut Outlet<'_>) -> usize {
        let crc = member.body.crc();
        let (length, sound) = header::descriptor(rest, crc, member.taken, member.body.given());
        self.headers += length as u64;
        if length < header::SHORTEST_DESCRIPTOR {
            member.cut = Some(CUT_WITHIN);
            member.unprocessed.add(CUT_WITHIN, 0, || None);
        }
        // An encrypted member's checksum is that of what we can't see.
        member.local.crc = if sound { crc.unwrap_or_default() } else { !crc.unwrap_or_default() };
        member.local.unpacked = None;
        self.close(member, out);
        length
    }

    /// A member is at its end.
    fn close(&mut self, mut member: Member, out: &mut Outlet<'_>) {
        if let Some(reason) = member.passed_over {
            let place = Place { line: 0, offset: member.at };
            self.unprocessed.add(reason, member.taken, || Some(Example { place, found: member.local.name }));
            return;
        }
        self.members.count += 1;
        self.members.bytes += member.taken;
        if member.cut.is_none() {
            if member.body.crc().is_some_and(|crc| crc != member.local.crc) {
                member.unprocessed.add(BAD_CHECKSUM, 0, || None);
            } else if member.local.unpacked.is_some_and(|size| size != member.body.given()) {
                member.unprocessed.add(BAD_SIZE, 0, || None);
            }
        } else if member.unprocessed.0.is_empty() {
            member.unprocessed.add(BAD_SIZE, 0, || None);
        }
        let bytes = member.taken - member.unprocessed.total().bytes;
        let layer = LayerAccount {
            name: member.local.method_name(),
            length: member.taken,
            members: Tally { count: 1, bytes },
            unprocessed: member.unprocessed,
            ..LayerAccount::default()
        };
        out(Unpacked::End(MemberEnd { layer, cut: member.cut }));
    }
}
