//! Where one record ends and the next begins: lines, quoted lines, JSON objects, XML elements. Chunk by chunk, at bounded memory,
//! with the same result however the bytes were cut.

mod elements;
mod envelope;
mod json;
mod lines;
pub mod packets;
pub mod shapes;

use serde::{Deserialize, Serialize};
use shapes::Fitted;

/// Where a record begins, in the layer where the records stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// Bytes from the layer's beginning.
    pub offset: u64,
}

/// One record's bytes, without the line end, and where they stand.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// Its bytes.
    pub bytes: &'r [u8],
    /// Where it begins.
    pub place: Place,
    /// The same bytes as what they look like, for a JSON object that looks like an earlier one.
    pub fitted: Option<Fitted<'r>>,
}

impl<'r> Record<'r> {
    /// A record of which nothing else is known.
    pub fn new(bytes: &'r [u8], place: Place) -> Record<'r> {
        Record { bytes, place, fitted: None }
    }
}

/// How records are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A line is a record; LF, CRLF and CR all end it.
    Lines,
    /// As [`Framing::Lines`], but a field that begins with `"` may hold line ends (RFC 4180 §2.6), at this delimiter.
    QuotedLines(u8),
    /// A top-level JSON object is a record: NDJSON, an array, concatenated or pretty-printed; or each object in the
    /// array of an envelope (`{"records":[…]}`).
    Json,
    /// An XML element `<Event …>…</Event>` is a record; so is each other tag and stray text outside of them.
    Events,
    /// A header, packet or block of a packet capture is a record.
    Packets,
}

/// The longest record that is read. A longer one is passed over and counted, so that memory stays bounded.
pub const LONGEST_RECORD: usize = 72 << 20;

/// A stretch of the file.
#[derive(Debug)]
pub enum Piece<'p> {
    /// A record.
    Record(Record<'p>),
    /// So many bytes between records.
    Separator(u64),
    /// A record of more than [`LONGEST_RECORD`] bytes: where it begins, and its length.
    TooLong(Place, u64),
    /// So many bytes in which no record can be told: where they begin, and why.
    Lost(Place, u64, &'static str),
}

/// Cuts a stream of chunks into pieces that add up to it.
pub struct Splitter {
    kind: Kind,
}

enum Kind {
    Lines(lines::Lines),
    Json(Box<json::Objects>),
    Events(Box<elements::Elements>),
    Packets(Box<packets::Packets>),
}

/// Takes each piece in turn.
pub type Taker<'t> = dyn FnMut(Piece<'_>) + 't;

impl Splitter {
    /// A splitter at the beginning of a file.
    pub fn new(framing: Framing) -> Splitter {
        Splitter::with_cap(framing, LONGEST_RECORD)
    }

    /// A splitter at a later place of a file, behind the line end of a record. Its lines count from there.
    pub fn resumed(framing: Framing, offset: u64) -> Splitter {
        let mut splitter = Splitter::new(framing);
        match &mut splitter.kind {
            Kind::Lines(lines) => lines.resume(offset),
            Kind::Json(objects) => objects.resume(offset),
            // Nothing reads these from the middle.
            Kind::Events(_) | Kind::Packets(_) => {}
        }
        splitter
    }

    /// The line that the next byte stands in.
    pub fn line(&self) -> u64 {
        match &self.kind {
            Kind::Lines(lines) => lines.line_under_way(),
            Kind::Json(objects) => objects.line_under_way(),
            Kind::Events(_) | Kind::Packets(_) => 1,
        }
    }

    fn with_cap(framing: Framing, cap: usize) -> Splitter {
        let kind = match framing {
            Framing::Lines => Kind::Lines(lines::Lines::new(None, cap)),
            Framing::QuotedLines(delimiter) => Kind::Lines(lines::Lines::new(Some(delimiter), cap)),
            Framing::Json => Kind::Json(Box::new(json::Objects::new(cap))),
            Framing::Events => Kind::Events(Box::new(elements::Elements::new(cap))),
            Framing::Packets => Kind::Packets(Box::new(packets::Packets::new(cap))),
        };
        Splitter { kind }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, chunk: &[u8], take: &mut Taker<'_>) {
        match &mut self.kind {
            Kind::Lines(lines) => lines.feed(chunk, take),
            Kind::Json(objects) => objects.feed(chunk, take),
            Kind::Events(elements) => elements.feed(chunk, take),
            Kind::Packets(packets) => packets.feed(chunk, take),
        }
    }

    /// How many bytes are held back, because no record has ended in them yet.
    pub fn held(&self) -> u64 {
        match &self.kind {
            Kind::Lines(lines) => lines.held(),
            Kind::Json(objects) => objects.held(),
            Kind::Events(elements) => elements.held(),
            Kind::Packets(packets) => packets.held(),
        }
    }

    /// The file is at its end: what was held back is a record too.
    pub fn finish(&mut self, take: &mut Taker<'_>) {
        match &mut self.kind {
            Kind::Lines(lines) => lines.finish(take),
            Kind::Json(objects) => objects.finish(take),
            Kind::Events(elements) => elements.finish(take),
            Kind::Packets(packets) => packets.finish(take),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Records as `line@offset:text`, the bytes of the separators, and whether all pieces add up.
    fn split(framing: Framing, cap: usize, input: &[u8], chunk: usize) -> Vec<String> {
        let mut splitter = Splitter::with_cap(framing, cap);
        let (mut records, mut sum) = (Vec::new(), 0);
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Record(record) => {
                sum += record.bytes.len();
                let Place { line, offset } = record.place;
                assert!(input[offset as usize..].starts_with(record.bytes), "the offset is the record's own");
                records.push(format!("{line}@{offset}:{}", String::from_utf8_lossy(record.bytes)));
            }
            Piece::Separator(bytes) => sum += bytes as usize,
            Piece::TooLong(place, bytes) | Piece::Lost(place, bytes, _) => {
                sum += bytes as usize;
                records.push(format!("{}@{}:{bytes} bytes", place.line, place.offset));
            }
        };
        for part in input.chunks(chunk.max(1)) {
            splitter.feed(part, &mut take);
        }
        splitter.finish(&mut take);
        assert_eq!(sum, input.len(), "the pieces add up to the input");
        records
    }

    fn texts(framing: Framing, input: &str) -> Vec<String> {
        let whole = split(framing, 1 << 20, input.as_bytes(), input.len());
        for chunk in [1, 2, 3, 7] {
            assert_eq!(split(framing, 1 << 20, input.as_bytes(), chunk), whole, "chunks of {chunk}");
        }
        whole
    }

    #[test]
    fn all_three_line_ends_end_a_line() {
        assert_eq!(texts(Framing::Lines, "a\nb\r\nc\rd"), ["1@0:a", "2@2:b", "3@5:c", "4@7:d"]);
        assert_eq!(texts(Framing::Lines, "\n\n a\r\r\n"), ["3@2: a"]);
    }

    #[test]
    fn a_byte_order_mark_in_mid_file_is_no_part_of_the_record() {
        assert_eq!(texts(Framing::Lines, "\u{feff}a\n\u{feff}b"), ["1@3:a", "2@8:b"]);
    }

    #[test]
    fn a_quoted_field_may_hold_line_ends() {
        assert_eq!(texts(Framing::QuotedLines(b','), "a,\"x\ny\"\nb,c\n"), ["1@0:a,\"x\ny\"", "3@8:b,c"]);
        assert_eq!(
            texts(Framing::QuotedLines(b','), "5\" disk,1\nb,\"\"\"\n\"\n"),
            ["1@0:5\" disk,1", "2@10:b,\"\"\"\n\""]
        );
    }

    #[test]
    fn an_unclosed_quote_costs_one_line() {
        let mut input = String::from("a,\"x\n");
        (0..300).for_each(|n| input.push_str(&format!("{n},1\n")));
        let records = texts(Framing::QuotedLines(b','), &input);
        assert_eq!((records.len(), records[0].as_str(), records[1].as_str()), (301, "1@0:a,\"x", "2@5:0,1"));
        assert_eq!(texts(Framing::QuotedLines(b','), "\"x\ny,1"), ["1@0:\"x", "2@3:y,1"]);
    }

    #[test]
    fn json_objects_are_records_in_every_layout() {
        assert_eq!(texts(Framing::Json, "{\"a\":1}\n{\"a\":\"}\"}\r\n"), ["1@0:{\"a\":1}", "2@8:{\"a\":\"}\"}"]);
        assert_eq!(texts(Framing::Json, "[{\"a\":1},\n{\"b\":[{}]}]"), ["1@1:{\"a\":1}", "2@10:{\"b\":[{}]}"]);
        assert_eq!(texts(Framing::Json, "{\n \"a\": [\n{\n}\n]\n}{}"), ["1@0:{\n \"a\": [\n{\n}\n]\n}", "6@17:{}"]);
        assert_eq!(texts(Framing::Json, "<14>x {\"a\":1}\n{}"), ["1@0:<14>x {\"a\":1}", "2@14:{}"]);
    }

    #[test]
    fn the_records_of_an_envelope_are_the_records() {
        let inner = |text: &str| -> Vec<String> {
            let records = texts(Framing::Json, text);
            records.iter().map(|r| r.split_once(':').expect("place and text").1.to_owned()).collect()
        };
        assert_eq!(inner("{\"records\":[{\"a\":1},{\"a\":[{}]}]}"), ["{\"a\":1}", "{\"a\":[{}]}"]);
        assert_eq!(
            inner(
                "{ \"x\": {\"y\":[{}]},\n \"Events\": [\n {\n \"a\": 1\n },\n {}\n ],\n \"next\": [{}, 2]\n}\n{\"b\":2}"
            ),
            ["{\n \"a\": 1\n }", "{}", "{\"b\":2}"]
        );
        assert_eq!(inner("{\"hits\":{\"total\":2,\"hits\":[{\"_source\":{}},{}]}}"), ["{\"_source\":{}}", "{}"]);
        assert_eq!(inner("{\"logEvents\":[{\"m\":1}]}\n{\"logEvents\":[{\"m\":2}]}"), ["{\"m\":1}", "{\"m\":2}"]);
        // A blob without its end, and the next one behind it.
        assert_eq!(inner("{\"records\":[{\"a\":1},\n{\"records\":[{\"a\":2}]}"), ["{\"a\":1}", "{\"a\":2}"]);
    }

    #[test]
    fn what_only_looks_like_an_envelope_is_a_record() {
        for text in [
            "{\"records\":[1,2]}",
            "{\"records\":[]}",
            "{\"a\":{\"records\":[{}]}}",
            "{\"recordsets\":[{}]}",
            "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"data\":[{}]}",
        ] {
            assert_eq!(texts(Framing::Json, text), [format!("1@0:{text}")], "{text}");
        }
        assert_eq!(texts(Framing::Json, "{\"a\":1}\n{\"data\":[{}]}").len(), 2);
    }

    #[test]
    fn a_broken_json_record_costs_one_record() {
        assert_eq!(texts(Framing::Json, "{\"a\":\"x\n{\"b\":2}\n"), ["1@0:{\"a\":\"x", "2@8:{\"b\":2}"]);
        assert_eq!(texts(Framing::Json, "{\"a\":{\"c\":1\n{\"b\":2}\n"), ["1@0:{\"a\":{\"c\":1", "2@12:{\"b\":2}"]);
        assert_eq!(texts(Framing::Json, "{}\n{\"a\":[1,\n{\"b\":2}\n"), ["1@0:{}", "2@3:{\"a\":[1,", "3@12:{\"b\":2}"]);
        assert_eq!(texts(Framing::Json, "}x\n{}"), ["1@0:}x", "2@3:{}"]);
    }

    #[test]
    fn an_event_is_a_record_and_so_is_what_stands_around_it() {
        assert_eq!(
            texts(
                Framing::Events,
                "<?xml v?>\n<Events><Event a='1'>\n<EventID>1</EventID></Event ><Event/>\n</Events>"
            ),
            [
                "1@0:<?xml v?>",
                "2@10:<Events>",
                "2@18:<Event a='1'>\n<EventID>1</EventID></Event >",
                "3@61:<Event/>",
                "4@70:</Events>"
            ]
        );
        assert_eq!(texts(Framing::Events, "so\nit <Event>x"), ["1@0:so", "2@3:it", "2@6:<Event>x"]);
    }

    #[test]
    fn a_cut_event_costs_one_record() {
        assert_eq!(texts(Framing::Events, "<Event>a\n<Event>b</Event>"), ["1@0:<Event>a", "2@9:<Event>b</Event>"]);
    }

    #[test]
    fn a_record_past_the_cap_is_counted_and_passed_over() {
        for (framing, input) in [
            (Framing::Lines, "aaaaaaaaaaaaaaaaaaaaaaa\nb\n"),
            (Framing::QuotedLines(b','), "aaaaaaaaaaaaaaaaaaaaaaa\nb\n"),
            (Framing::Json, "{\"aaaaaaaaaaaaaaaaa\":1}\n{}"),
            (Framing::Events, "<Event>aaaaaaaa</Event>\n<Event/>"),
            (Framing::Events, "<Event>aaaaaaaaaaaaaaaa<Event/>"),
        ] {
            for chunk in [1, 5, 100] {
                let records = split(framing, 16, input.as_bytes(), chunk);
                assert_eq!((records.len(), records[0].as_str()), (2, "1@0:23 bytes"), "{framing:?}, chunks of {chunk}");
            }
        }
    }

    proptest! {
        #[test]
        fn chunks_never_change_the_records(
            words in proptest::collection::vec(
                prop_oneof![
                    20 => proptest::sample::select(b"{}[]\"\\,:a1 \n\n\r\xef\xbb\xbf".to_vec()).prop_map(|b| vec![b]),
                    1 => Just(b"{\"records\":[{".to_vec()),
                    1 => Just(b"{\"hits\":{\"hits\":[{".to_vec()),
                    1 => Just(b"\"data\": [\n{".to_vec()),
                ],
                0..120,
            ),
            chunk in 1_usize..9,
            cap in proptest::sample::select(vec![5_usize, 16, 1 << 20]),
        ) {
            let input = words.concat();
            for framing in [Framing::Lines, Framing::QuotedLines(b','), Framing::Json] {
                prop_assert_eq!(split(framing, cap, &input, chunk), split(framing, cap, &input, input.len()));
            }
        }

        #[test]
        fn chunks_never_change_the_events(
            words in proptest::collection::vec(
                proptest::sample::select(vec!["<Event", "</Event", ">", "/", "<a", "b", " ", "\n", "<"]), 0..30,
            ),
            chunk in 1_usize..9,
            cap in proptest::sample::select(vec![5_usize, 16, 1 << 20]),
        ) {
            let input = words.concat().into_bytes();
            let whole = split(Framing::Events, cap, &input, input.len());
            prop_assert_eq!(split(Framing::Events, cap, &input, chunk), whole);
        }
    }
}
