//! What became of each byte, record and flow of a pass, counted.

use super::receipt::Receipt;
use super::{Fate, Visitor};
use crate::evidence::encoding::Offsets;
use crate::evidence::records::{Piece, Splitter};
use crate::evidence::{Accounts, Clock, Example, Place, Record};
use crate::flow::{Basis, Flow, Moment};
use crate::formats::{Disposition, Parser};
use crate::sorting::LeanCollect as _;

/// What is counted; apart from the stage so that the parser can hand flows to it.
pub(super) struct Tallies<V> {
    pub(super) visitor: V,
    pub(super) accounts: Accounts,
    /// Flows by the basis of their time, in the order of [`BASES`].
    bases: [u64; BASES.len()],
    undated: u64,
    first: Option<Moment>,
    last: Option<Moment>,
    /// The first dated flows, with their place.
    dated: Vec<(Place, Moment)>,
    /// Where records stand in the file, if their text had to be decoded.
    pub(super) offsets: Offsets,
    /// What was settled about the file's clock.
    clock: Clock,
}

/// How many dated flows a receipt shows.
pub(super) const SHOWN_DATES: usize = 3;

const BASES: [Basis; 4] = [Basis::Explicit, Basis::File, Basis::Chosen, Basis::Unknown];

impl<V> Tallies<V> {
    pub(super) fn new(visitor: V, clock: Clock) -> Tallies<V> {
        let accounts = Accounts::default();
        let offsets = Offsets::default();
        Tallies {
            visitor,
            accounts,
            bases: [0; BASES.len()],
            undated: 0,
            first: None,
            last: None,
            dated: Vec::new(),
            offsets,
            clock,
        }
    }

    /// What was counted, with what else the receipt says.
    pub(super) fn close(self, receipt: Receipt) -> (Receipt, V) {
        let bases = BASES.into_iter().zip(self.bases).filter(|(_, flows)| *flows > 0).lean_collect();
        let Tallies { visitor, accounts, undated, first, last, dated, .. } = self;
        (Receipt { accounts, bases, undated, first, last, dated, ..receipt }, visitor)
    }
}

impl<V: Visitor> Tallies<V> {
    pub(super) fn split(&mut self, splitter: &mut Splitter, parser: &mut dyn Parser, bytes: &[u8]) {
        splitter.feed(bytes, &mut |piece| self.piece(parser, piece));
    }

    pub(super) fn piece(&mut self, parser: &mut dyn Parser, piece: Piece<'_>) {
        match piece {
            Piece::Separator(bytes) => self.accounts.separator(bytes),
            Piece::TooLong(place, bytes) => {
                let place = self.place(place);
                let example = Example { place, found: format!("{bytes} bytes") };
                self.accounts.malformed.add("a record of more than 72 MiB", bytes, || Some(example));
            }
            Piece::Lost(place, bytes, reason) => {
                let place = self.place(place);
                let example = Example { place, found: String::new() };
                // Spans that follow each other are one.
                match self.accounts.unprocessed.0.get_mut(reason) {
                    Some((tally, _)) => tally.bytes += bytes,
                    None => self.accounts.unprocessed.add(reason, bytes, || Some(example)),
                }
            }
            Piece::Record(record) => {
                let record = Record { place: self.place(record.place), ..record };
                let disposition = parser.read(record, &mut |flow, place| self.flow(flow, place));
                self.settle(record, &disposition);
                self.visitor.record(record, &disposition);
            }
        }
    }

    /// The place in the file of a place in the text.
    fn place(&mut self, place: Place) -> Place {
        Place { offset: self.offsets.raw(place.offset), ..place }
    }

    fn settle(&mut self, record: Record<'_>, disposition: &Disposition) {
        let bytes = record.bytes.len() as u64;
        let accounts = &mut self.accounts;
        let place = record.place;
        match disposition {
            Disposition::Parsed => accounts.parsed(bytes),
            Disposition::Header => accounts.header(bytes),
            Disposition::Skipped(reason) => {
                accounts.skipped.add(reason, bytes, || Some(Example { place, found: String::new() }));
            }
            Disposition::Malformed(fault) => {
                let found = || Some(Example { place, found: fault.found.clone() });
                accounts.malformed.add(&fault.reason, bytes, found);
            }
        }
    }

    pub(super) fn flow(&mut self, flow: &Flow<'_>, place: Place) {
        if self.clock.chosen_ahead.is_none() {
            return self.count(flow, place);
        }
        let clock = self.clock;
        let mut corrected = flow.clone();
        corrected.start = corrected.start.map(|at| clock.set_right(at));
        if let Some(rolled) = &mut corrected.rolled {
            rolled.last = rolled.last.map(|at| clock.set_right(at));
        }
        self.count(&corrected, place);
    }

    fn count(&mut self, flow: &Flow<'_>, place: Place) {
        let fate = self.visitor.flow(flow, place);
        let accounts = &mut self.accounts;
        accounts.flows += 1;
        let example = || Some(Example { place, found: String::new() });
        match fate {
            Fate::Drawn => accounts.drawn += 1,
            Fate::Filtered(reason) => accounts.filtered.add(reason, 0, example),
            Fate::WithoutEndpoint(reason) => accounts.without_endpoint.add(reason, 0, example),
        }
        let Some(start) = flow.start else {
            self.undated += 1;
            return;
        };
        self.bases[flow.basis as usize] += 1;
        if self.dated.len() < SHOWN_DATES {
            self.dated.push((place, start));
        }
        self.first = Some(self.first.map_or(start, |first| first.min(start)));
        self.last = self.last.max(Some(start));
    }

    /// Nothing knows how to read these bytes.
    pub(super) fn give_up(&mut self, bytes: u64) {
        const REASON: &str = "no format that Kyoten reads";
        if bytes == 0 {
            return;
        }
        match self.accounts.unprocessed.0.get_mut(REASON) {
            Some((tally, _)) => tally.bytes += bytes,
            None => self.accounts.unprocessed.add(REASON, bytes, || None),
        }
    }
}
