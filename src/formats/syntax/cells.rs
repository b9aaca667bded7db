//! The cells of one row of a table: RFC 4180, at any delimiter, with the place of an unclosed quote said.

use std::borrow::Cow;

/// Cuts a row. A cell that begins with `"` ends at its closing quote (`""` inside is a quote); any other is taken as it stands.
/// `Err` is the number of the cell, from 1, whose quote has no end.
pub fn cut<'r>(row: &'r [u8], delimiter: u8, cells: &mut Vec<Cow<'r, [u8]>>) -> Result<(), usize> {
    cells.clear();
    let mut rest = row;
    loop {
        let (cell, after) = match rest.strip_prefix(b"\"") {
            Some(inner) => quoted(inner, delimiter).ok_or(cells.len() + 1)?,
            None => {
                let end = memchr::memchr(delimiter, rest).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), &rest[end..])
            }
        };
        cells.push(cell);
        match after.split_first() {
            Some((_delimiter, after)) => rest = after,
            None => return Ok(()),
        }
    }
}

/// A quoted cell and what follows it, its delimiter included. Text between the closing quote and the delimiter, which
/// no writer should leave, belongs to the cell.
fn quoted(inner: &[u8], delimiter: u8) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut cell = Cow::Borrowed(&b""[..]);
    let mut rest = inner;
    loop {
        let quote = memchr::memchr(b'"', rest)?;
        append(&mut cell, &rest[..quote]);
        rest = &rest[quote + 1..];
        if let Some(after) = rest.strip_prefix(b"\"") {
            append(&mut cell, b"\"");
            rest = after;
            continue;
        }
        let end = memchr::memchr(delimiter, rest).unwrap_or(rest.len());
        append(&mut cell, &rest[..end]);
        return Some((cell, &rest[end..]));
    }
}

fn append<'r>(cell: &mut Cow<'r, [u8]>, part: &'r [u8]) {
    if cell.is_empty() {
        *cell = Cow::Borrowed(part);
    } else if !part.is_empty() {
        cell.to_mut().extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(row: &str) -> Result<Vec<String>, usize> {
        let mut cells = Vec::new();
        cut(row.as_bytes(), b',', &mut cells)?;
        Ok(cells.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect())
    }

    #[test]
    fn quotes_hold_delimiters_quotes_and_line_ends() {
        assert_eq!(of("a,\"b,c\",\"d\"\"e\",\"f\ng\",").unwrap(), ["a", "b,c", "d\"e", "f\ng", ""]);
        assert_eq!(of("a \"b\",\"\"").unwrap(), ["a \"b\"", ""]);
    }

    #[test]
    fn an_unclosed_quote_is_placed() {
        assert_eq!(of("a,\"b,c"), Err(2));
    }

    proptest! {
        #[test]
        fn well_formed_rows_are_cut_as_csv_core_cuts_them(fields in prop::collection::vec("[a-c,\" ]{0,6}", 1..6)) {
            let quoted: Vec<String> = fields.iter().map(|f| format!("\"{}\"", f.replace('"', "\"\""))).collect();
            let row = quoted.join(",");
            let (mut out, mut ends) = ([0_u8; 256], [0_usize; 16]);
            let (_, _, _, count) = csv_core::Reader::new().read_record(format!("{row}\n").as_bytes(), &mut out, &mut ends);
            let theirs: Vec<String> = (0..count)
                .map(|i| String::from_utf8_lossy(&out[if i == 0 { 0 } else { ends[i - 1] }..ends[i]]).into_owned())
                .collect();
            prop_assert_eq!(of(&row).unwrap(), theirs);
        }
    }
}
