//! The columns of a table by what they are to a format: the header says it, and rows are asked by it.

use std::borrow::Cow;

/// What the columns of a table are. Of a name that stands twice the first counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns<S> {
    /// The byte that parts the cells.
    pub delimiter: u8,
    /// How many columns the header names.
    pub count: usize,
    slots: Vec<(S, usize)>,
}

impl<S: Copy + PartialEq> Columns<S> {
    /// Reads a header; `slot` is asked for each name, in lower case and without quotes and blanks around it.
    pub fn of_header(line: &[u8], delimiter: u8, slot: impl Fn(&str) -> Option<S>) -> Option<Columns<S>> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let mut cells = Vec::new();
        super::cells::cut(line, delimiter, &mut cells).ok()?;
        let mut columns = Columns { delimiter, count: cells.len(), slots: Vec::new() };
        for (at, cell) in cells.iter().enumerate() {
            let name = std::str::from_utf8(cell).ok()?.trim().to_ascii_lowercase();
            if let Some(slot) = slot(&name).filter(|slot| !columns.has(*slot)) {
                columns.slots.push((slot, at));
            }
        }
        Some(columns)
    }

    /// Whether the table has this column.
    pub fn has(&self, slot: S) -> bool {
        self.slots.iter().any(|(own, _)| *own == slot)
    }

    /// Whether the table has all these columns.
    pub fn has_all(&self, slots: &[S]) -> bool {
        slots.iter().all(|slot| self.has(*slot))
    }

    /// The cell of a row without blanks around it; `None` where the row has none, or an empty one.
    pub fn cell<'c>(&self, row: &'c [Cow<'_, [u8]>], slot: S) -> Option<&'c [u8]> {
        let (_, at) = self.slots.iter().find(|(own, _)| *own == slot)?;
        row.get(*at).map(|cell| cell.trim_ascii()).filter(|cell| !cell.is_empty())
    }

    /// All that a row says, but what is empty.
    pub fn row<'c>(&self, row: &'c [Cow<'_, [u8]>]) -> impl Iterator<Item = (S, &'c [u8])> {
        let cells = self.slots.iter().filter_map(|(slot, at)| Some((*slot, row.get(*at)?.trim_ascii())));
        cells.filter(|(_, cell)| !cell.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_what_they_are() {
        let slot = |name: &str| ["from", "to"].iter().position(|known| *known == name);
        let columns = Columns::of_header(b"\xef\xbb\xbf\"To\", From ,to", b',', slot).unwrap();
        let row = [Cow::Borrowed(&b" 1 "[..]), Cow::Borrowed(&b""[..]), Cow::Borrowed(&b"3"[..])];
        assert_eq!((columns.cell(&row, 1), columns.cell(&row, 0)), (Some(&b"1"[..]), None));
        assert!(columns.has_all(&[0, 1]) && columns.count == 3);
    }
}
