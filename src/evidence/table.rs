//! A small table that people write by hand or in a spreadsheet (`sites.csv`, `policy.csv`): RFC 4180 with `,`, `;` or
//! tab, read row by row, each with its line, and written so that no spreadsheet takes a cell for a formula.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::memchr2;

use super::text::{elided, readable};
use crate::sorting::LeanSort as _;

/// What was wrong or noteworthy at a line. Line 0 stands for the whole file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The line, from 1.
    pub line: u64,
    /// What it is, in words that name neither file nor line.
    pub sentence: String,
}

impl Complaint {
    /// `sites.csv line 7: "10.0.0.0/33" is not an address range`.
    pub fn in_file(&self, name: &str) -> String {
        match self.line {
            0 => format!("{name}: {}", self.sentence),
            line => format!("{name} line {line}: {}", self.sentence),
        }
    }
}

/// A row, as long as the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    cells: Vec<String>,
}

impl Row {
    /// The cell of a column, without space around it; `None` when empty or when there is no such column.
    pub fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.and_then(|at| self.cells.get(at)).map(String::as_str).filter(|cell| !cell.is_empty())
    }
}

/// The table. It is an iterator over the rows below its header.
pub struct Table<'b> {
    /// The header's names, in lower case.
    pub header: Vec<String>,
    /// What was wrong with the table as such, as far as it was read.
    pub complaints: Vec<Complaint>,
    lines: Lines<'b>,
}

/// A record reaches no further than this, so that one quote that is never closed takes no more than its own line.
const LONGEST_RECORD: usize = 64 * 1024;
const MOST_LINES: usize = 64;

/// How many complaints are told one by one.
const MOST_COMPLAINTS: usize = 1_000;

/// The complaints in order of line; past the first [`MOST_COMPLAINTS`], how many more there are.
pub fn told(mut complaints: Vec<Complaint>) -> Vec<Complaint> {
    complaints.lean_sort_by_key(|complaint| complaint.line);
    let more = complaints.len().saturating_sub(MOST_COMPLAINTS);
    if more > 0 {
        complaints.truncate(MOST_COMPLAINTS);
        complaints
            .push(Complaint { line: 0, sentence: format!("{more} more complaints, about the lines after these") });
    }
    complaints
}

impl<'b> Table<'b> {
    /// Reads UTF-8 text with or without a byte order mark; LF, CRLF and CR end a line; the header comes first.
    pub fn read(bytes: &'b [u8]) -> Table<'b> {
        let mut lines = Lines::of(bytes);
        let header = lines.names();
        let header_line = lines.next_record().map_or(0, |(line, _, _)| line);
        let mut complaints = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for name in &header {
            if !name.is_empty() && !seen.insert(name) {
                let sentence = format!("the column {:?} stands twice; the first one is read", elided(name, 80));
                complaints.push(Complaint { line: header_line, sentence });
            }
        }
        Table { header, complaints, lines }
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|own| own == name)
    }

    /// Says which columns are not among the known ones and therefore not read.
    pub fn complain_of_others(&mut self, known: &[&str]) {
        let named = |name: &&String| !name.is_empty() && !known.contains(&name.as_str());
        let others: Vec<String> =
            self.header.iter().filter(named).map(|name| format!("{:?}", elided(name, 80))).collect();
        if !others.is_empty() {
            let columns = if others.len() == 1 { "column" } else { "columns" };
            let sentence = format!("{columns} {} not read", others.join(", "));
            self.complaints.push(Complaint { line: 1, sentence });
        }
    }
}

impl Iterator for Table<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while let Some((line, mut cells, fault)) = self.lines.next_record() {
            if let Some(sentence) = fault {
                self.complaints.push(Complaint { line, sentence });
            }
            if cells.iter().all(String::is_empty) {
                continue; // A blank line, or the `;;;;` that spreadsheets leave below a table, says nothing.
            }
            let width = self.header.len();
            let surplus = cells.iter().skip(width).any(|cell| !cell.is_empty());
            if surplus || cells.len() < width {
                let sentence = format!("{} cells where the header has {width}", cells.len());
                self.complaints.push(Complaint { line, sentence });
            }
            cells.truncate(width);
            return Some(Row { line, cells });
        }
        None
    }
}

/// Whether the table's header has all of these columns.
pub fn has_columns(bytes: &[u8], names: &[&str]) -> bool {
    let header = Lines::of(bytes).names();
    names.iter().all(|name| header.iter().any(|own| own == name))
}

struct Lines<'b> {
    rest: &'b [u8],
    line: u64,
    cutter: Cutter,
}

impl<'b> Lines<'b> {
    fn of(bytes: &'b [u8]) -> Lines<'b> {
        let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // The one that cuts the header into most cells; of equals, the comma.
        let begin = rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        let first = first_line(&rest[begin..]);
        let cells = |delimiter: u8| first.iter().filter(|b| **b == delimiter).count();
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|d| cells(*d)).unwrap_or(b',');
        let mut lines = Lines { rest, line: 1, cutter: Cutter::at(delimiter) };
        lines.skip_line_ends();
        lines
    }

    /// The cells of the next line, in lower case.
    fn names(&mut self) -> Vec<String> {
        let record = self.cutter.record(first_line(self.rest)).unwrap_or_default();
        record.cells.into_iter().map(|name| name.to_lowercase()).collect()
    }

    fn skip_line_ends(&mut self) {
        let blank = self.rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        self.pass(blank);
    }

    fn pass(&mut self, count: usize) {
        let (passed, rest) = self.rest.split_at(count);
        let lone = |at: usize| passed[at] == b'\r' && passed.get(at + 1).or(rest.first()) != Some(&b'\n');
        self.line += (0..passed.len()).filter(|at| passed[*at] == b'\n' || lone(*at)).count() as u64;
        self.rest = rest;
    }

    /// The next record with all its lines, unless a quote stays open for too long.
    fn whole_record(&mut self) -> Option<Record> {
        let mut end = 0;
        for _ in 0..MOST_LINES {
            let window = &self.rest[..self.rest.len().min(LONGEST_RECORD)];
            end += memchr2(b'\n', b'\r', &window[end..]).map_or(window.len() - end, |at| at + 1);
            let taken = self.cutter.record(&window[..end])?;
            let cut = end == LONGEST_RECORD && end < self.rest.len();
            if !taken.open && !cut {
                return Some(taken);
            }
            if end == window.len() {
                return None;
            }
        }
        None
    }

    /// The next record: its line, its cells, and what was wrong with it.
    fn next_record(&mut self) -> Option<(u64, Vec<String>, Option<String>)> {
        self.skip_line_ends();
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let (taken, fault) = match self.whole_record() {
            Some(taken) => (taken, None),
            None => {
                let alone = first_line(self.rest);
                let taken = self.cutter.record(alone).unwrap_or_default();
                let fault =
                    if alone.len() == LONGEST_RECORD { "the line is too long" } else { "a quote is not closed" };
                let length = memchr2(b'\n', b'\r', self.rest).unwrap_or(self.rest.len());
                (Record { length, ..taken }, Some(format!("{fault}; only this line is read")))
            }
        };
        let bytes = &self.rest[..taken.length];
        let fault = fault.or_else(|| {
            let foreign = std::str::from_utf8(bytes).is_err();
            foreign.then(|| "not UTF-8; bytes that are not text are shown as \\xNN (save the file as UTF-8)".to_owned())
        });
        self.pass(taken.length);
        Some((line, taken.cells, fault))
    }
}

#[derive(Default)]
struct Record {
    cells: Vec<String>,
    length: usize,
    /// The text ended inside quotes.
    open: bool,
}

fn first_line(rest: &[u8]) -> &[u8] {
    let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    &rest[..end.min(LONGEST_RECORD)]
}

/// Cuts records into cells. Building csv-core's automaton takes longer than a row, so one serves all of them.
struct Cutter {
    reader: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
}

impl Cutter {
    fn at(delimiter: u8) -> Cutter {
        Cutter { reader: ReaderBuilder::new().delimiter(delimiter).build(), out: Vec::new(), ends: Vec::new() }
    }

    fn record(&mut self, text: &[u8]) -> Option<Record> {
        self.reader.reset();
        // A cell is never longer than its text, and there are at most as many as bytes, and one.
        let room = text.len() + 3;
        if self.out.len() < room {
            self.out.resize(room, 0);
            self.ends.resize(room, 0);
        }
        let (mut written, mut cells) = (0, 0);
        let mut read = |input: &[u8]| {
            let (result, length, more, fields) =
                self.reader.read_record(input, &mut self.out[written..], &mut self.ends[cells..]);
            (written, cells) = (written + more, cells + fields);
            (result, length)
        };
        let (mut result, length) = read(text);
        if result == ReadRecordResult::InputEmpty {
            // A line end closes a record, unless it stands inside quotes.
            (result, _) = read(b"\n");
        }
        let open = result == ReadRecordResult::InputEmpty;
        if open {
            (result, _) = read(&[]);
        }
        if result != ReadRecordResult::Record || cells == 0 {
            return None;
        }
        let ends = &self.ends[..cells];
        let spans = std::iter::once(0).chain(ends.iter().copied()).zip(ends.iter().copied());
        let cell = |(from, to): (usize, usize)| unguarded(readable(&self.out[from..to.min(written)]).trim()).to_owned();
        Some(Record { cells: spans.map(cell).collect(), length, open })
    }
}

/// Whether a spreadsheet would take the cell, or what is left of it without leading apostrophes, for a formula. East Asian
/// editions take the full-width signs for formulas too.
fn is_formula(cell: &str) -> bool {
    const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    cell.trim_start_matches('\'').starts_with(SIGNS)
}

/// A cell without the apostrophe that [`cell`] put before it.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        Some(_) | None => cell,
    }
}

/// A cell as it goes into a CSV: one that a spreadsheet would take for a formula gets an apostrophe before it
/// ([`Table::read`] takes that back); quoted where RFC 4180 asks for it.
pub fn cell(text: &str) -> String {
    let guard = if is_formula(text) { "'" } else { "" };
    if text.contains([',', ';', '"', '\n', '\r', '\t']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        Table::read(text.as_bytes()).map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn every_delimiter_line_end_and_quote_is_read() {
        let expected = [(2, vec!["a".to_owned(), "b,;\tc".to_owned()]), (3, vec!["d".to_owned(), String::new()])];
        for delimiter in [",", ";", "\t"] {
            for end in ["\n", "\r\n", "\r"] {
                let text = format!("\u{feff}One{delimiter}Two{end}a{delimiter}\"b,;\tc\"{end}d{delimiter}{end}{end}");
                assert_eq!(rows(&text), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn a_quoted_cell_may_hold_a_line_end() {
        assert_eq!(
            rows("a,b\n1,\"x\ny\"\n2,z\n"),
            [(2, vec!["1".to_owned(), "x\ny".to_owned()]), (4, vec!["2".to_owned(), "z".to_owned()])]
        );
    }

    #[test]
    fn a_quote_never_closed_takes_its_own_line_only() {
        let mut table = Table::read(b"a,b\n1,\"x\n2,y\n3,z\n");
        assert_eq!(table.by_ref().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(table.complaints.iter().any(|c| c.line == 2 && c.sentence.contains("quote")), "{:?}", table.complaints);
    }

    #[test]
    fn a_row_of_another_length_is_said() {
        let mut table = Table::read(b"a,b\n1\n1,2,3\n1,2,,\n");
        let rows = table.by_ref().count();
        let lines: Vec<u64> = table.complaints.iter().map(|c| c.line).collect();
        assert_eq!((rows, lines), (3, vec![2, 3]));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_and_said() {
        let mut table = Table::read(b"a,b\n\x83\x6e,x\n");
        assert_eq!(table.next().unwrap().cell(Some(0)), Some("\\x83n"));
        assert_eq!(table.complaints.len(), 1);
    }

    #[test]
    fn a_formula_is_guarded_and_comes_back() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("Tokyo, DC"), "\"Tokyo, DC\"");
        for text in ["=cmd|'/c calc'!A1", "＝cmd|x", "+x", "-1", "@a", "'=a", "''+b", "'plain", "a\"b", "x;y", "東京"]
        {
            let written = format!("h,i\n{},\n", cell(text));
            assert_eq!(Table::read(written.as_bytes()).next().unwrap().cell(Some(0)), Some(text), "{written:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_cell_comes_back(text in "[ -~\\n\\t\"'=;,é東]{0,40}") {
            let text = text.trim();
            let written = format!("h,i\n{},x\n1,2\n", cell(text));
            let rows: Vec<Row> = Table::read(written.as_bytes()).collect();
            proptest::prop_assert_eq!(rows[0].cell(Some(0)).unwrap_or_default(), text);
            proptest::prop_assert_eq!(rows.len(), 2);
        }

        #[test]
        fn no_bytes_are_too_broken(bytes: Vec<u8>, cut in "[a,;\"\\n\\r\\t']{0,60}") {
            for text in [&bytes[..], cut.as_bytes()] {
                let lines = text.iter().filter(|b| matches!(b, b'\n' | b'\r')).count() as u64 + 1;
                let rows: Vec<Row> = Table::read(text).collect();
                proptest::prop_assert!(rows.iter().all(|row| row.line >= 1 && row.line <= lines));
                proptest::prop_assert!(rows.windows(2).all(|pair| pair[0].line < pair[1].line));
            }
        }
    }

    #[test]
    fn nothing_is_a_table_without_rows() {
        for bytes in [&b""[..], b"\n\n\n", b"\0\0\0", b"\xef\xbb\xbf", b"\"", b"a"] {
            assert_eq!(Table::read(bytes).count(), 0, "{bytes:?}");
        }
    }
}
