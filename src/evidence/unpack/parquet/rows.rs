//! Columns into rows: the tree of the schema is walked once a row, and each column gives the values that are its due (S. Melnik and
//! others, "Dremel", 2010, record assembly, by recursion in place of an automaton).

use super::Fault;
use super::column::{Column, Levels};
use super::schema::{Inside, Node, Schema};

pub(super) struct Rows;

/// What is wrong, and with which column.
type At<T> = Result<T, (Fault, usize)>;

/// How deep lists may be written in a row, in bytes of JSON: a row that is longer is no row of a log.
const LONGEST_ROW: usize = 64 << 20;

impl Rows {
    /// Writes the next row.
    pub(super) fn write(schema: &Schema, columns: &mut [Column<'_>], out: &mut Vec<u8>) -> At<()> {
        let start = out.len();
        Rows::object(&schema.fields, columns, out)?;
        if out.len() - start > LONGEST_ROW { Err(("a row is over 64 MB", 0)) } else { Ok(()) }
    }

    fn object(fields: &[Node], columns: &mut [Column<'_>], out: &mut Vec<u8>) -> At<()> {
        out.push(b'{');
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&field.key);
            match field.repeated {
                Some(level) => Rows::list(field, field, level, columns, out)?,
                None => Rows::value(field, columns, out)?,
            }
        }
        out.push(b'}');
        Ok(())
    }

    /// A field that is there once or not at all.
    fn value(field: &Node, columns: &mut [Column<'_>], out: &mut Vec<u8>) -> At<()> {
        if let Inside::Leaf = field.inside {
            return columns[field.first].take(out).map_err(|fault| (fault, field.first));
        }
        if field.optional && next(columns, field.first)?.defined < field.defined {
            out.extend_from_slice(b"null");
            return pass(field, columns);
        }
        match &field.inside {
            Inside::Leaf => Ok(()),
            Inside::Group(fields) => Rows::object(fields, columns, out),
            Inside::List(list) => {
                // The element is in a group of its own, but for the oldest writers.
                let element = match &list.inside {
                    Inside::Group(fields) if fields.len() == 1 && fields[0].repeated.is_none() => &fields[0],
                    _ => list,
                };
                Rows::list(list, element, list.repeated.unwrap_or_default(), columns, out)
            }
            Inside::Map(map) => Rows::map(map, columns, out),
        }
    }

    /// All that is repeated here, in brackets.
    fn list(list: &Node, element: &Node, level: u16, columns: &mut [Column<'_>], out: &mut Vec<u8>) -> At<()> {
        out.push(b'[');
        each(list, level, columns, out, |columns, out| match (&element.inside, element.repeated.is_some()) {
            (Inside::Group(fields), true) => Rows::object(fields, columns, out),
            _ => Rows::value(element, columns, out),
        })?;
        out.push(b']');
        Ok(())
    }

    fn map(map: &Node, columns: &mut [Column<'_>], out: &mut Vec<u8>) -> At<()> {
        let Inside::Group(fields) = &map.inside else { return Ok(()) };
        let [key, value] = fields.as_slice() else { return Ok(()) };
        out.push(b'{');
        each(map, map.repeated.unwrap_or_default(), columns, out, |columns, out| {
            let start = out.len();
            Rows::value(key, columns, out)?;
            // A key that is no text becomes one.
            if out.get(start) != Some(&b'"') {
                out.insert(start, b'"');
                out.push(b'"');
            }
            out.push(b':');
            match value.repeated {
                Some(level) => Rows::list(value, value, level, columns, out),
                None => Rows::value(value, columns, out),
            }
        })?;
        out.push(b'}');
        Ok(())
    }
}

/// Writes each of what is repeated, with commas between.
fn each(
    list: &Node,
    level: u16,
    columns: &mut [Column<'_>],
    out: &mut Vec<u8>,
    mut write: impl FnMut(&mut [Column<'_>], &mut Vec<u8>) -> At<()>,
) -> At<()> {
    if next(columns, list.first)?.defined < list.defined {
        return pass(list, columns);
    }
    let start = out.len();
    loop {
        write(columns, out)?;
        let follows = columns[list.first].peek().map_err(|fault| (fault, list.first))?;
        if follows.is_none_or(|levels| levels.repeated != level) {
            return Ok(());
        }
        if out.len() - start > LONGEST_ROW {
            return Err(("a row is over 64 MB", list.first));
        }
        out.push(b',');
    }
}

fn next(columns: &mut [Column<'_>], at: usize) -> At<Levels> {
    let levels = columns[at].peek().map_err(|fault| (fault, at))?;
    levels.ok_or(("it has fewer values than rows", at))
}

/// Takes one from each column below a field that is missing.
fn pass(field: &Node, columns: &mut [Column<'_>]) -> At<()> {
    let mut missing = Vec::new();
    match &field.inside {
        Inside::Leaf => columns[field.first].take(&mut missing).map_err(|fault| (fault, field.first)),
        Inside::Group(fields) => fields.iter().try_for_each(|field| pass(field, columns)),
        Inside::List(inside) | Inside::Map(inside) => pass(inside, columns),
    }
}
