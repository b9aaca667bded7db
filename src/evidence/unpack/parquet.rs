//! Apache Parquet (the format's specification, parquet-format 2.12): columns, packed apart, with a directory at the end. Its coat is
//! taken off like that of an event log: what comes out is one JSON object a row, and what the columns mean is for the formats to say.
//!
//! The directory stands at the end, so the file is held whole, up to [`LONGEST`]; of its columns one page each is unpacked at a time.
//! A group of rows that can't be read costs itself alone, from the first row that can't.

mod column;
mod delta;
mod directory;
mod hybrid;
mod page;
mod rows;
mod schema;
mod thrift;
mod value;

use std::cell::Cell;

use super::LayerAccount;
use super::budget::{BOMB, Budget};
use crate::evidence::accounts::{Example, Reasons, Tally};
use crate::evidence::records::Place;
use column::Column;
use directory::Directory;
use rows::Rows;
use schema::Schema;

/// How long a file may be.
const LONGEST: u64 = 256 << 20;
/// So much text is gathered before it goes on.
const OUT_BYTES: usize = 64 * 1024;
const MAGIC: &[u8] = b"PAR1";

const TOO_LONG: &str =
    "a Parquet file of more than 256 MB, of which the directory stands at the end: export it in parts, or as CSV";
const NO_DIRECTORY: &str = "the Parquet file's directory, which stands at its end, is missing or can't be read";
const DAMAGED: &str = "a group of rows of the Parquet file that can't be read, or not to its end";

/// What can't be read of a file, in words.
type Fault = &'static str;

/// A file under way.
#[derive(Default)]
pub(super) struct Parquet {
    held: Vec<u8>,
    /// Whether it is past [`LONGEST`].
    too_long: bool,
    groups: Tally,
    unprocessed: Reasons,
    cut: bool,
}

impl Parquet {
    pub(super) fn recognise(head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    pub(super) fn feed(&mut self, packed: &[u8]) {
        if self.too_long || (self.held.len() + packed.len()) as u64 > LONGEST {
            (self.too_long, self.held) = (true, Vec::new());
            return;
        }
        self.held.extend_from_slice(packed);
    }

    pub(super) fn finish(&mut self, budget: &Budget, out: &mut dyn FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        if self.too_long {
            return;
        }
        let directory = Directory::of_file(&held).and_then(|directory| {
            let schema = Schema::of(&directory)?;
            Ok((directory, schema))
        });
        let (directory, schema) = match directory {
            Ok(read) => read,
            Err(fault) => {
                self.cut = true;
                return self.note(NO_DIRECTORY, held.len() as u64, 0, fault.to_owned());
            }
        };
        let mut text = Vec::with_capacity(OUT_BYTES * 2);
        for (number, group) in directory.groups.iter().enumerate() {
            if budget.is_spent() {
                self.unprocessed.extend(BOMB, group.length());
                continue;
            }
            let (mut columns, room) = (Vec::new(), Cell::new(0));
            if group.chunks.len() == schema.leaves.len() {
                let chunks = group.chunks.iter().zip(&schema.leaves);
                columns.extend(chunks.map(|(chunk, leaf)| Column::new(&held, chunk, leaf, &room)));
            }
            let read = rows(group.rows, &schema, &mut columns, &mut text, &mut |text| {
                budget.unpacked(text.len() as u64);
                out(text);
                if budget.is_spent() { Err((BOMB, None)) } else { Ok(()) }
            });
            budget.unpacked(text.len() as u64);
            out(&text);
            text.clear();
            let taken: u64 = columns.iter().map(Column::taken).sum();
            match read {
                Ok(()) => {
                    self.groups.count += 1;
                    self.groups.bytes += group.length();
                }
                Err((BOMB, _)) => {
                    self.groups.bytes += taken;
                    self.unprocessed.extend(BOMB, group.length() - taken);
                }
                Err((fault, column)) => {
                    self.groups.bytes += taken;
                    let at = column.map_or_else(String::new, |at| format!(", column {}", schema.leaves[at].path));
                    let found = format!("group {}{at}: {fault}", number + 1);
                    self.note(DAMAGED, group.length() - taken, group.start(), found);
                }
            }
        }
    }

    /// Whether it ended before its directory.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn account(&self, length: u64) -> LayerAccount {
        let mut unprocessed = self.unprocessed.clone();
        if self.too_long {
            unprocessed.add(TOO_LONG, length, || None);
        }
        // All that is in no group's columns: directory, indices, filters.
        let headers = length - self.groups.bytes - unprocessed.total().bytes;
        LayerAccount { name: "parquet".to_owned(), length, members: self.groups, headers, padding: 0, unprocessed }
    }

    fn note(&mut self, reason: &str, bytes: u64, at: u64, found: String) {
        let place = Place { line: 0, offset: at };
        self.unprocessed.add(reason, bytes, || Some(Example { place, found }));
    }
}

/// What is wrong, and with which column.
type At = (Fault, Option<usize>);

/// Writes the rows of a group, a stretch at a time; the last stretch stays in `text`. The columns are left as far as they were read.
fn rows(
    count: u64,
    schema: &Schema,
    columns: &mut [Column<'_>],
    text: &mut Vec<u8>,
    out: &mut dyn FnMut(&[u8]) -> Result<(), At>,
) -> Result<(), At> {
    if columns.is_empty() {
        return Err(("it has another number of columns than the schema", None));
    }
    for _ in 0..count {
        let before = text.len();
        if let Err((fault, column)) = Rows::write(schema, columns, text) {
            text.truncate(before);
            return Err((fault, Some(column)));
        }
        text.push(b'\n');
        if text.len() >= OUT_BYTES {
            let taken = out(text);
            text.clear();
            taken?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Apache Arrow, from rows that were made up.
    const SEEDS: [(&str, &[u8]); 4] = [
        (
            "{\"start\":\"2020-06-11T02:00:00Z\",\"srcaddr\":\"10.1.0.5\",\"dstaddr\":\"10.2.0.10\",\"dstport\":445,\"bytes\":1200,\"action\":\"ACCEPT\"}\n\
             {\"start\":\"2020-06-11T02:05:00Z\",\"srcaddr\":\"10.1.0.5\",\"dstaddr\":\"10.2.0.10\",\"dstport\":445,\"bytes\":9223372036854775808,\"action\":\"ACCEPT\"}\n\
             {\"start\":\"2020-06-11T02:05:00Z\",\"srcaddr\":\"10.1.0.9\",\"dstaddr\":\"10.2.0.11\",\"dstport\":null,\"bytes\":0,\"action\":\"REJECT\"}\n",
            include_bytes!("../../../fuzz/seeds/parquet/snappy_with_dictionaries.parquet"),
        ),
        (
            "{\"time\":\"2020-06-11T03:00:00Z\",\"src_endpoint\":{\"ip\":\"10.1.0.5\",\"port\":50000},\
             \"answers\":[{\"name\":\"a\",\"ttl\":[1,null]},{\"name\":\"b\",\"ttl\":null}],\"tags\":{\"site\":\"Bangkok\"},\"cost\":-1.50,\"raw\":\"ff00\"}\n\
             {\"time\":null,\"src_endpoint\":{\"ip\":\"10.1.0.6\",\"port\":null},\"answers\":[],\"tags\":null,\"cost\":null,\"raw\":\"text\"}\n",
            include_bytes!("../../../fuzz/seeds/parquet/nested_of_the_second_kind.parquet"),
        ),
        (
            "{\"n\":7,\"s\":\"axis\",\"f\":0.5,\"b\":true}\n{\"n\":5,\"s\":\"axle\",\"f\":1.25,\"b\":false}\n\
             {\"n\":3,\"s\":\"babble\",\"f\":null,\"b\":null}\n{\"n\":1,\"s\":\"babyhood\",\"f\":1e300,\"b\":true}\n\
             {\"n\":2,\"s\":\"b\",\"f\":0.1,\"b\":true}\n{\"n\":3,\"s\":\"b\",\"f\":2,\"b\":false}\n\
             {\"n\":4,\"s\":\"\",\"f\":3,\"b\":false}\n{\"n\":5,\"s\":\"z\",\"f\":null,\"b\":true}\n",
            include_bytes!("../../../fuzz/seeds/parquet/differences.parquet"),
        ),
        (
            "{\"t\":\"2020-06-11T01:00:00Z\",\"l\":\"a\\n\\\"b\\\"\"}\n",
            include_bytes!("../../../fuzz/seeds/parquet/lz4_and_days_of_julius.parquet"),
        ),
    ];

    fn read(file: &[u8]) -> (String, LayerAccount) {
        let (mut parquet, mut text) = (Parquet::default(), Vec::new());
        file.chunks(7).for_each(|part| parquet.feed(part));
        parquet.finish(&Budget::default(), &mut |bytes| text.extend_from_slice(bytes));
        let account = parquet.account(file.len() as u64);
        assert_eq!(account.imbalance(), None);
        (String::from_utf8(text).unwrap(), account)
    }

    #[test]
    fn rows_are_objects_whatever_packs_and_encodes_them() {
        for (rows, file) in SEEDS {
            let (text, account) = read(file);
            assert_eq!((text.as_str(), account.unprocessed.0.len()), (rows, 0));
        }
    }

    #[test]
    fn without_its_end_a_file_says_that_its_directory_is_missing() {
        for (_, file) in SEEDS {
            for end in 4..file.len() {
                let (text, account) = read(&file[..end]);
                let reasons: Vec<&str> = account.unprocessed.0.keys().map(String::as_str).collect();
                assert_eq!((text.as_str(), reasons), ("", vec![NO_DIRECTORY]), "cut at {end}");
            }
        }
    }

    #[test]
    fn a_damaged_group_costs_itself_alone() {
        let (rows, file) = SEEDS[0];
        let mut damaged = file.to_vec();
        // The first group's first page begins behind the magic number.
        damaged[4] = 0xff;
        let (text, account) = read(&damaged);
        assert_eq!(
            (Some(text.as_str()), account.members.count),
            (rows.lines().last().map(|last| format!("{last}\n")).as_deref(), 1)
        );
        let (_, example) = &account.unprocessed.0[DAMAGED];
        assert!(example.as_ref().is_some_and(|example| example.found.starts_with("group 1, column start: ")));
    }

    #[test]
    fn no_byte_that_is_changed_breaks_the_account() {
        for (_, file) in SEEDS {
            for at in 0..file.len() {
                for with in [0, 0x7f, 0xff, file[at] ^ 1, file[at].wrapping_add(1)] {
                    let mut changed = file.to_vec();
                    changed[at] = with;
                    read(&changed);
                }
            }
        }
    }
}
