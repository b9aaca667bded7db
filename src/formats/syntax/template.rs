//! The fields of JSON objects by the order of keys of those that came before: of a record that looks like an earlier one it was found out
//! where each value stands when the file was cut into records, so that no byte of it is gone through again. Any other is read as ever
//! ([`json::fields`]), so that what is told never depends on what came before.

use std::sync::Arc;

use super::json::{self, NotJson, Raw, Value};
use crate::evidence::records::shapes::{Fitted, Lies, Shape};

/// The fields that a format asks for.
pub trait Asked: Copy {
    /// What a field is by its key; `None` where it is not asked for.
    fn of(key: &[u8]) -> Option<Self>;

    /// Whether this one is an object of which fields are asked for as well.
    fn is_outer(self) -> bool {
        false
    }

    /// What a field in this one is by its key.
    fn within(self, _key: &[u8]) -> Option<Self> {
        None
    }
}

/// The fields that are asked for, by the shapes that were seen to be sound.
pub struct Template<A> {
    /// The one that came last stands first.
    known: Vec<Known<A>>,
}

/// A sound shape, with the spots of the values that are asked for.
struct Known<A> {
    shape: Arc<Shape>,
    asked: Vec<(usize, A)>,
}

/// More shapes than are remembered where records are cut.
const MOST: usize = 32;

impl<A> Default for Template<A> {
    fn default() -> Template<A> {
        Template { known: Vec::new() }
    }
}

impl<A: Asked> Template<A> {
    /// Visits the fields of an object that are asked for, in order, those in a field right behind it. `fitted` is the record's, and of
    /// use where the object is all of the record.
    pub fn fields<'j>(
        &mut self,
        object: &'j [u8],
        fitted: Option<Fitted<'j>>,
        mut visit: impl FnMut(A, Value<'j>),
    ) -> Result<(), NotJson> {
        let Some(fitted) = fitted.filter(|fitted| std::ptr::eq(fitted.object, object)) else {
            return plainly(object, &mut visit);
        };
        let Some(at) = self.known.iter().position(|known| Arc::ptr_eq(&known.shape, fitted.shape)) else {
            // An object was cut by its brackets. That it is sound in all else shows when it is read, and then of all that look like it.
            plainly(object, &mut visit)?;
            self.known.truncate(MOST - 1);
            self.known.insert(0, Known { shape: Arc::clone(fitted.shape), asked: asked(fitted.shape) });
            return Ok(());
        };
        if at > 0 {
            self.known[..=at].rotate_right(1);
        }
        for (spot, field) in &self.known[0].asked {
            let (lies, bytes) = fitted.value(*spot);
            let value = match (lies, bytes.first()) {
                (Lies::Text, _) => Value::String(Raw { bytes, escaped: false }),
                (Lies::Bare, Some(b'n')) => Value::Null,
                (Lies::Bare, Some(b't' | b'f')) => Value::Bool(bytes.len() == 4),
                (Lies::Bare, _) => Value::Number(bytes),
                (_, Some(b'{')) => Value::Object(bytes),
                (_, _) => Value::Array(bytes),
            };
            visit(*field, value);
        }
        Ok(())
    }
}

/// The spots of a shape that are asked for.
fn asked<A: Asked>(shape: &Shape) -> Vec<(usize, A)> {
    let fields = shape.fields().filter_map(|(spot, outer, key)| {
        let field = match outer {
            None => A::of(key)?,
            Some(outer) => A::of(outer)?.within(key)?,
        };
        Some((spot, field))
    });
    fields.collect()
}

fn plainly<'j, A: Asked>(object: &'j [u8], visit: &mut impl FnMut(A, Value<'j>)) -> Result<(), NotJson> {
    json::fields(object, |key, value| {
        let Some(field) = A::of(key.bytes) else { return };
        visit(field, value);
        if let Value::Object(inner) = value
            && field.is_outer()
        {
            // Already walked over once, so it is sound.
            let _sound = json::fields(inner, |key, value| {
                if let Some(field) = field.within(key.bytes) {
                    visit(field, value);
                }
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::records::{Framing, Piece, Splitter};

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Key(u8, bool);

    impl Asked for Key {
        fn of(key: &[u8]) -> Option<Key> {
            matches!(key, b"a" | b"b" | b"d").then(|| Key(key[0], false))
        }

        fn is_outer(self) -> bool {
            self.0 == b'b'
        }

        fn within(self, key: &[u8]) -> Option<Key> {
            Key::of(key).filter(|_| self.is_outer()).map(|Key(key, _)| Key(key, true))
        }
    }

    /// Reads each record of these lines by the template and without, and says how many were of a known shape.
    fn read(lines: &str) -> usize {
        let (mut template, mut splitter, mut known) = (Template::<Key>::default(), Splitter::new(Framing::Json), 0);
        let mut take = |piece: Piece<'_>| {
            let Piece::Record(record) = piece else { return };
            let (mut found, mut expected) = (Vec::new(), Vec::new());
            known += usize::from(
                record
                    .fitted
                    .is_some_and(|fitted| template.known.iter().any(|own| Arc::ptr_eq(&own.shape, fitted.shape))),
            );
            let ours = template.fields(record.bytes, record.fitted, |field, value| found.push((field, value)));
            let plain = plainly(record.bytes, &mut |field: Key, value| expected.push((field, value)));
            assert_eq!(ours, plain);
            if ours.is_ok() {
                assert_eq!(found, expected, "{}", String::from_utf8_lossy(record.bytes));
            }
        };
        splitter.feed(lines.as_bytes(), &mut take);
        splitter.finish(&mut take);
        known
    }

    #[test]
    fn a_template_says_what_reading_says() {
        let objects = [
            r#"{"a":1,"b":{"a":"x","c":{"d":true,"e":[1,"y"]},"d":{"a":[2]}},"a":null}"#,
            r#"{"a":1,"b":{"a":"x","c":{"d":true,"e":[1,"y"]},"d":{"a":[2]}},"a":null}"#,
            r#"{"a":-2.5e3,"b":{"a":"","c":{"d":null,"e":[0,""]},"d":{"a":["zz"]}},"a":false}"#,
            r#"{"a":-2.5e3,"b":{"a":"","c":{"d":null,"e":[0,""]},"d":{"a":[7]}},"a":false}"#,
            r#"{"a":7,"b":{"a":"long text, longer than two words","c":{"d":"","e":[0,""]},"d":{"a":[7]}},"a":0}"#,
            r#"{"a":01,"b":{"a":"","c":{"d":null,"e":[0,""]},"d":{"a":[7]}},"a":false}"#,
            r#"{"a":1,"b":{"a":"\n","c":{"d":null,"e":[0,""]},"d":{"a":[7]}},"a":false}"#,
            r#"{"a":[],"b":{},"d":3}"#,
            r#"{"a":[],"b":{},"d":4}"#,
            r#"{"a":[],"b":{},"d":4} "#,
        ];
        assert_eq!(read(&objects.join("\n")), 2);
    }

    #[test]
    fn what_is_no_json_is_so_for_all_that_look_like_it() {
        assert_eq!(read(&"{\"a\" \"b\":1}\n{\"a\":1,}\n{,\"a\":1}\n{\"a\":{\"b\" 1}}\n".repeat(4)), 0);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_as_without_a_template(
            rows in prop::collection::vec(
                prop::collection::vec((
                    prop::sample::select(vec!["a", "b", "c", "\\u0061"]),
                    prop::sample::select(vec![
                        "1", "-0.5", "1.", "01", "true", "tru", "null", "\"\"", "\"x\"", "\"x\\\"\"", "[1,2]", "[]", "{}", "{\"a\":3}",
                        "{\"a\":{\"d\":3}}", "[{\"a\":3}]", "{\"a\" 3}", "\"x", "", " 7 ",
                    ]),
                ), 0..3),
                1..24,
            ),
        ) {
            let row = |row: Vec<(&str, &str)>| {
                let fields: Vec<String> = row.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}\n", fields.join(","))
            };
            read(&rows.into_iter().map(row).collect::<String>());
        }
    }
}
