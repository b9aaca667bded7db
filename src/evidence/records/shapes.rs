//! The shapes of the objects that came before: most objects of a log have the keys of an earlier one in the same order, and
//! are told whole by comparing what stands between the values, at a fraction of what going through them byte by byte costs.
//!
//! An object that fits no shape is gone through as ever, so that what is told never depends on what came before.

use crate::evidence::nearby::first_of;

/// How many shapes are remembered: a log's optional fields make some.
const MOST: usize = 16;
/// An object of more values, or with longer text between them, is not remembered.
const MOST_VALUES: usize = 256;
const LONGEST: usize = 8 << 10;
/// So many objects in a row (each that fits makes up for one that does not) that fit no shape end the trying.
const PATIENCE: i32 = 256;

/// The shapes of objects that stood alone on their lines.
#[derive(Debug, Clone)]
pub(super) struct Shapes {
    /// The one that fitted last comes first.
    known: Vec<Shape>,
    patience: i32,
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes { known: Vec::new(), patience: PATIENCE }
    }
}

impl Shapes {
    /// The length of the object that these bytes begin with, if it fits a shape. A whole object follows then, without an escape,
    /// a line end or an array of objects in it.
    pub(super) fn fit(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.patience <= 0 {
            return None;
        }
        let fitting = self.known.iter().enumerate().find_map(|(at, shape)| Some((at, shape.fit(bytes)?)));
        let Some((at, length)) = fitting else {
            self.patience -= 1;
            return None;
        };
        self.patience = (self.patience + 1).min(PATIENCE);
        self.known[..=at].rotate_right(1);
        Some(length)
    }

    /// Remembers the shape of a whole object, in place of the one that has fitted nothing for longest.
    pub(super) fn learn(&mut self, object: &[u8]) {
        if self.patience > 0
            && let Some(shape) = Shape::of(object)
        {
            self.known.truncate(MOST - 1);
            self.known.insert(0, shape);
        }
    }
}

/// What stands between the values of an object, braces, keys and quotes included.
#[derive(Debug, Clone)]
struct Shape {
    /// One behind the other.
    between: Vec<u8>,
    /// Where in `between` each value lies, and what it is.
    values: Vec<(usize, Value)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    /// What stands between two quotes, without an escape.
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
}

impl Shape {
    fn of(object: &[u8]) -> Option<Shape> {
        let mut shape = Shape { between: Vec::new(), values: Vec::new() };
        let mut at = 0;
        // Whether a string that begins now is a value: behind a colon, or in an array.
        let mut arrays = 0_u128;
        let mut depth = 0_u32;
        let mut before = b' ';
        while let Some(byte) = object.get(at).copied() {
            let in_array = arrays & 1 == 1;
            match byte {
                b'"' => {
                    let text = string(&object[at + 1..])?;
                    shape.between.push(b'"');
                    if before == b':' || in_array {
                        shape.values.push((shape.between.len(), Value::Text));
                    } else {
                        shape.between.extend_from_slice(&object[at + 1..at + 1 + text]);
                    }
                    shape.between.push(b'"');
                    at += text + 2;
                    before = b'"';
                    continue;
                }
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n' if before == b':' || in_array => {
                    shape.values.push((shape.between.len(), Value::Bare));
                    at += bare(&object[at..])?;
                    before = b'0';
                    continue;
                }
                // An object in an array may be a record of an envelope: that is for the slow way to tell.
                b'{' if in_array => return None,
                b'{' | b'[' => {
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
            if depth > 64 || shape.between.len() > LONGEST || shape.values.len() > MOST_VALUES {
                return None;
            }
        }
        (depth == 0 && object.first() == Some(&b'{') && object.last() == Some(&b'}')).then_some(shape)
    }

    fn fit(&self, bytes: &[u8]) -> Option<usize> {
        let (mut at, mut from) = (0, 0);
        for (to, value) in &self.values {
            let between = &self.between[from..*to];
            if !bytes.get(at..)?.starts_with(between) {
                return None;
            }
            at += between.len();
            from = *to;
            at += match value {
                Value::Text => string(&bytes[at..])?,
                Value::Bare => bare(&bytes[at..])?,
            };
        }
        let last = &self.between[from..];
        bytes.get(at..)?.starts_with(last).then_some(at + last.len())
    }
}

/// The length of a string up to its closing quote; `None` where an escape or a line end comes first.
fn string(bytes: &[u8]) -> Option<usize> {
    let end = first_of(bytes, [b'"', b'\\', b'\n'])?;
    (bytes[end] == b'"').then_some(end)
}

/// The length of a number or word; `None` where none stands here. What stands behind it must still fit.
fn bare(bytes: &[u8]) -> Option<usize> {
    let length =
        bytes.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'a'..=b'z' | b'E')).count();
    (length > 0).then_some(length)
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
            assert_eq!(shapes.fit(other), None, "{}", String::from_utf8_lossy(other));
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
