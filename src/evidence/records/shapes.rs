//! The shapes of the objects that came before: most objects of a log have the keys of an earlier one in the same order, and
//! are told whole by comparing what stands between the values, at a fraction of what going through them byte by byte costs.
//!
//! An object that fits no shape is gone through as ever, so that what is told never depends on what came before.

use std::ops::Range;
use std::sync::Arc;

use crate::evidence::nearby::{begins, digits_ahead, first_of};

/// How many shapes are remembered: a log's optional fields make some.
const MOST: usize = 16;
/// An object of more values, or with longer text between them, is not remembered.
const MOST_VALUES: usize = 256;
const LONGEST: usize = 8 << 10;
/// So many objects in a row (each that fits makes up for one that does not) that fit no shape end the trying.
const PATIENCE: i32 = 256;

/// What was learned from earlier objects, the one that fitted last first; given up where too few of those that come fit any.
#[derive(Debug, Clone)]
struct Recent<T> {
    known: Vec<T>,
    patience: i32,
}

impl<T> Default for Recent<T> {
    fn default() -> Recent<T> {
        Recent { known: Vec::new(), patience: PATIENCE }
    }
}

impl<T> Recent<T> {
    /// What the first one that `fits` gives.
    fn find<R>(&mut self, mut fits: impl FnMut(&T) -> Option<R>) -> Option<R> {
        if self.patience <= 0 {
            return None;
        }
        let Some((at, found)) = self.known.iter().enumerate().find_map(|(at, own)| Some((at, fits(own)?))) else {
            self.patience -= 1;
            return None;
        };
        self.patience = (self.patience + 1).min(PATIENCE);
        if at > 0 {
            self.known[..=at].rotate_right(1);
        }
        Some(found)
    }

    /// The one that fitted last.
    fn last(&self) -> Option<&T> {
        self.known.first()
    }

    /// Remembers one more, in place of the one that has fitted nothing for longest.
    fn learn(&mut self, learned: impl FnOnce() -> Option<T>) {
        if self.patience > 0
            && let Some(learned) = learned()
        {
            self.known.truncate(MOST - 1);
            self.known.insert(0, learned);
        }
    }
}

/// The shapes of objects that stood alone on their lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Shapes {
    known: Recent<Arc<Shape>>,
    /// Where the values of the object that fitted last begin and end.
    values: Vec<(usize, usize)>,
}

impl Shapes {
    /// The length of the object that these bytes (plain ones: without an escape or a line end) begin with, if it fits a
    /// shape. A whole object follows then, without an array of objects in it.
    pub(super) fn fit(&mut self, plain: &[u8]) -> Option<usize> {
        let Shapes { known, values } = self;
        known.find(|shape| shape.fit(plain, values))
    }

    /// The object that fitted last, as what it fitted.
    pub(super) fn fitted<'r>(&'r self, object: &'r [u8]) -> Option<Fitted<'r>> {
        self.known.last().map(|shape| Fitted { object, shape, values: &self.values })
    }

    /// Remembers the shape of a whole object.
    pub(super) fn learn(&mut self, object: &[u8]) {
        self.known.learn(|| Shape::of(object).map(Arc::new));
    }
}

/// An object that looks like an earlier one.
#[derive(Debug, Clone, Copy)]
pub struct Fitted<'r> {
    /// Its bytes.
    pub object: &'r [u8],
    /// What it looks like.
    pub shape: &'r Arc<Shape>,
    values: &'r [(usize, usize)],
}

impl<'r> Fitted<'r> {
    /// The value at a spot: what lies there, and its bytes.
    #[inline]
    pub fn value(&self, spot: usize) -> (Lies, &'r [u8]) {
        let (start, end) = self.values[spot];
        (self.shape.spots[spot].lies, &self.object[start..end])
    }
}

/// What stands between the values of an object, braces, keys and quotes included.
#[derive(Debug, Clone)]
pub struct Shape {
    /// One behind the other.
    between: Vec<u8>,
    spots: Vec<Spot>,
    fields: Vec<Field>,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// The end, in `between`, of what stands before it.
    to: usize,
    lies: Lies,
    /// The field whose value it is, where that is one of the object or of an object in it.
    field: Option<usize>,
}

/// What lies at a [`Spot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// What stands between two quotes, without an escape.
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
    /// A field's array or object, whose own values follow.
    Nested,
    /// Nothing: the array or object that began at that spot has ended.
    End(usize),
}

/// A field of the object, or of an object that is the value of such a field (`outer`).
#[derive(Debug, Clone)]
struct Field {
    outer: Option<usize>,
    /// Where in `between` its key stands.
    key: Range<usize>,
}

impl Shape {
    /// The shape of a whole object, unless it has an escape, a line end or an array of objects.
    fn of(object: &[u8]) -> Option<Shape> {
        let mut shape = Shape { between: Vec::new(), spots: Vec::new(), fields: Vec::new() };
        let mut at = 0;
        // Whether a string that begins now is a value: behind a colon, or in an array.
        let mut arrays = 0_u128;
        let mut depth = 0_u32;
        let mut before = b' ';
        // The fields under way of the object and of one in it, and the spots of those that are arrays or objects, with their depth.
        let mut field = [None; 2];
        let mut nested: Vec<(u32, usize)> = Vec::new();
        while let Some(byte) = object.get(at).copied() {
            let in_array = arrays & 1 == 1;
            let own = if in_array { None } else { field.get(depth.wrapping_sub(1) as usize).copied().flatten() };
            match byte {
                b'"' => {
                    let text = string(&object[at + 1..])?;
                    shape.between.push(b'"');
                    if before == b':' || in_array {
                        shape.note(Lies::Text, own);
                    } else {
                        let from = shape.between.len();
                        shape.between.extend_from_slice(&object[at + 1..at + 1 + text]);
                        if let Some(field) = field.get_mut(depth.wrapping_sub(1) as usize) {
                            *field = Some(shape.fields.len());
                        }
                        if (1..=2).contains(&depth) {
                            let outer = if depth == 2 { field[0] } else { None };
                            shape.fields.push(Field { outer, key: from..shape.between.len() });
                        }
                    }
                    shape.between.push(b'"');
                    at += text + 2;
                    before = b'"';
                    continue;
                }
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n' if before == b':' || in_array => {
                    shape.note(Lies::Bare, own);
                    at += bare(&object[at..])?;
                    before = b'0';
                    continue;
                }
                // An object in an array may be a record of an envelope: that is for the slow way to tell.
                b'{' if in_array => return None,
                b'{' | b'[' => {
                    if own.is_some() {
                        nested.push((depth, shape.spots.len()));
                        shape.note(Lies::Nested, own);
                    }
                    depth += 1;
                    arrays = arrays << 1 | u128::from(byte == b'[');
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    arrays >>= 1;
                }
                b':' | b',' | b' ' | b'\t' => {}
                _ => return None,
            }
            if !matches!(byte, b' ' | b'\t') {
                before = byte;
            }
            shape.between.push(byte);
            at += 1;
            if matches!(byte, b'}' | b']')
                && let Some((_, spot)) = nested.pop_if(|(outside, _)| *outside == depth)
            {
                shape.note(Lies::End(spot), None);
            }
            if depth > 64 || shape.between.len() > LONGEST || shape.spots.len() > MOST_VALUES {
                return None;
            }
        }
        (depth == 0 && object.first() == Some(&b'{') && object.last() == Some(&b'}')).then_some(shape)
    }

    fn note(&mut self, lies: Lies, field: Option<usize>) {
        self.spots.push(Spot { to: self.between.len(), lies, field });
    }

    /// The values that are fields of the object or of an object in it, in order: the spot, the key of the outer field and the key.
    pub fn fields(&self) -> impl Iterator<Item = (usize, Option<&[u8]>, &[u8])> {
        let key = |field: &Field| &self.between[field.key.clone()];
        let fields = self.spots.iter().enumerate().filter_map(|(spot, own)| Some((spot, &self.fields[own.field?])));
        fields.map(move |(spot, field)| (spot, field.outer.map(|outer| key(&self.fields[outer])), key(field)))
    }

    /// The length of the object, and where its values are.
    fn fit(&self, plain: &[u8], values: &mut Vec<(usize, usize)>) -> Option<usize> {
        values.clear();
        let (mut at, mut from) = (0, 0);
        for spot in &self.spots {
            let between = &self.between[from..spot.to];
            if !begins(plain.get(at..)?, between) {
                return None;
            }
            let start = at + between.len();
            from = spot.to;
            at = start
                + match spot.lies {
                    Lies::Text => text(&plain[start..])?,
                    Lies::Bare => bare(&plain[start..])?,
                    Lies::Nested => 0,
                    Lies::End(nested) => {
                        values[nested].1 = start;
                        0
                    }
                };
            values.push((start, at));
        }
        let last = &self.between[from..];
        begins(plain.get(at..)?, last).then_some(at + last.len())
    }
}

/// The length of a string up to its closing quote, in plain bytes.
#[inline]
fn text(plain: &[u8]) -> Option<usize> {
    first_of(plain, [b'"'])
}

/// The length of a string up to its closing quote; `None` where an escape or a line end comes first.
fn string(bytes: &[u8]) -> Option<usize> {
    let end = first_of(bytes, [b'"', b'\\', b'\n'])?;
    (bytes[end] == b'"').then_some(end)
}

/// The length of the number or word (RFC 8259 §3, §6) that these bytes begin with; what stands behind it must still fit.
#[inline]
fn bare(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b't' => return bytes.starts_with(b"true").then_some(4),
        b'f' => return bytes.starts_with(b"false").then_some(5),
        b'n' => return bytes.starts_with(b"null").then_some(4),
        _ => {}
    }
    let mut at = usize::from(bytes[0] == b'-');
    let whole = digits_ahead(&bytes[at..]);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        at += 1 + Some(digits_ahead(&bytes[at + 1..])).filter(|places| *places > 0)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at += Some(digits_ahead(bytes.get(at..)?)).filter(|places| *places > 0)?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_with_the_keys_of_another_fits_its_shape() {
        let mut shapes = Shapes::default();
        shapes.learn(br#"{"a":1,"b":"x","c":{"d":true,"e":[1,"y"]}}"#);
        for (object, behind) in [
            (r#"{"a":-2.5e3,"b":"","c":{"d":null,"e":[3,"zz"]}}"#, ""),
            (r#"{"a":1,"b":"a rather long text, longer than two dozen","c":{"d":false,"e":[1,""]}}"#, r#"{"a""#),
        ] {
            assert_eq!(shapes.fit(format!("{object}{behind}").as_bytes()), Some(object.len()));
        }
        for other in [
            &br#"{"a":1,"b":"x\"","c":{"d":true,"e":[1,"y"]}}"#[..],
            br#"{"a":1,"b":"x","c":{"d":true,"e":[1,2,"y"]}}"#,
            br#"{"a":1,"b":2,"c":{"d":true,"e":[1,"y"]}}"#,
            b"{\"a\":1,\"b\":\"x\n\",\"c\":{\"d\":true,\"e\":[1,\"y\"]}}",
            br#"{"a":1,"b":"x","c":{"d":true,"e":[1,"y"]}"#,
            br#"{"a":1,"b":"x"#,
        ] {
            let plain = other.split(|byte| matches!(byte, b'\\' | b'\n')).next().unwrap();
            assert_eq!(shapes.fit(plain), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn a_number_or_word_is_one_by_the_grammar() {
        for (text, length) in [
            ("0", 1),
            ("-12.50e+3,", 9),
            ("10}", 2),
            ("1E9", 3),
            ("true,", 4),
            ("falsehood", 5),
            ("null", 4),
            ("123456789.5", 11),
        ] {
            assert_eq!(bare(text.as_bytes()), Some(length), "{text}");
        }
        for text in ["", "-", "01", "-01", "1.", "1.e3", "1e", "1e+", ".5", "+1", "tru", "nul", "x", "\""] {
            assert_eq!(bare(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_may_be_an_envelope_or_is_broken_has_no_shape() {
        for object in
            [r#"{"records":[{"a":1}]}"#, r#"{"a":}{"#, "{\"a\":1\n}", r#"{"a":"b"#, r#"["a"]"#, r#"{"a\"b":1}"#]
        {
            assert!(Shape::of(object.as_bytes()).is_none(), "{object}");
        }
    }
}
