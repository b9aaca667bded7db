//! The fields of JSON objects by the order of keys of those that came before: the keys of an object that fits are known without being
//! read, and what is not asked for is passed over. Any other object is read as ever ([`json::fields`]), so that what is told never depends on
//! what came before.

use super::json::{self, NotJson, Raw, Value};
use crate::evidence::records::shapes::{Recent, Shape, Value as Lies, bare, is_plain, text};

/// The fields that are asked for, and the objects that were seen.
pub struct Template<S> {
    /// What a field is by its key; `None` where it is not asked for.
    asked: fn(&[u8]) -> Option<S>,
    /// The shapes of objects, each with what its fields are that are asked for, in order.
    known: Recent<(Shape, Vec<S>)>,
    /// The values of the object under way: what it is, and where.
    found: Vec<(Found, usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
enum Found {
    Text,
    Bare,
    /// An array or object.
    Nested,
}

impl<S: Copy> Template<S> {
    /// For the fields that `asked` names.
    pub fn new(asked: fn(&[u8]) -> Option<S>) -> Template<S> {
        Template { asked, known: Recent::default(), found: Vec::new() }
    }

    /// Visits the fields of an object that are asked for, in order; as [`json::fields`], which is right about what is no object.
    pub fn fields<'j>(&mut self, object: &'j [u8], mut visit: impl FnMut(S, Value<'j>)) -> Result<(), NotJson> {
        let Template { asked, known, found } = self;
        if is_plain(object)
            && known.find(|(shape, _)| fit(shape, object, found)).is_some()
            && let Some((_, asked)) = known.last()
        {
            for (field, (kind, start, end)) in asked.iter().zip(found) {
                let bytes = &object[*start..*end];
                let value = match (kind, bytes.first()) {
                    (Found::Text, _) => Value::String(Raw { bytes, escaped: false }),
                    (Found::Bare, Some(b'n')) => Value::Null,
                    (Found::Bare, Some(b't' | b'f')) => Value::Bool(bytes.len() == 4),
                    (Found::Bare, _) => Value::Number(bytes),
                    (Found::Nested, Some(b'{')) => Value::Object(bytes),
                    (Found::Nested, _) => Value::Array(bytes),
                };
                visit(*field, value);
            }
            return Ok(());
        }
        json::fields(object, |key, value| {
            if let Some(field) = asked(key.bytes) {
                visit(field, value);
            }
        })?;
        known.learn(|| {
            let mut fields = Vec::new();
            let mut asks = |key: &[u8]| {
                let field = asked(key);
                fields.extend(field);
                field.is_some()
            };
            Shape::of(object, &mut asks).map(|shape| (shape, fields))
        });
        Ok(())
    }
}

/// Where the values stand that are asked for, if the object, in which all is plain, is of this shape in all its bytes.
fn fit(shape: &Shape, object: &[u8], found: &mut Vec<(Found, usize, usize)>) -> Option<()> {
    found.clear();
    // The place among those found of the array or object under way.
    let mut nested = 0;
    let length = shape.along(object, |spot, at| {
        let (kind, length) = match spot.value {
            Lies::Text => (Found::Text, text(&object[at..])?),
            Lies::Bare => (Found::Bare, bare(&object[at..])?),
            Lies::Begins => {
                nested = found.len();
                (Found::Nested, 0)
            }
            Lies::Ends => {
                found[nested].2 = at;
                return Some(0);
            }
        };
        if spot.asked {
            found.push((kind, at, at + length));
        }
        Some(length)
    });
    (length == Some(object.len())).then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(key: &[u8]) -> Option<u8> {
        matches!(key, b"a" | b"b" | b"d").then(|| key[0])
    }

    fn plainly(object: &[u8]) -> Result<Vec<(u8, Value<'_>)>, NotJson> {
        let mut found = Vec::new();
        json::fields(object, |key, value| found.extend(asked(key.bytes).map(|field| (field, value))))?;
        Ok(found)
    }

    #[test]
    fn a_template_says_what_reading_says() {
        let mut template = Template::new(asked);
        let objects = [
            r#"{"a":1,"b":"x","c":{"d":true,"e":[1,"y"]},"d":{"a":[2]},"a":null}"#,
            r#"{"a":-2.5e3,"b":"","c":{"d":null,"e":[0,""]},"d":{"a":["zz"]},"a":false}"#,
            r#"{"a":01,"b":"","c":{"d":null,"e":[0,""]},"d":{"a":["zz"]},"a":false}"#,
            r#"{"a":1,"b":"","c":{"d":nul,"e":[0,""]},"d":{"a":["zz"]},"a":false}"#,
            r#"{"a":1,"b":"\n","c":{"d":1,"e":[0,""]},"d":{"a":["zz"]},"a":7}"#,
            r#"{"a":1,"b":"x","c":{"d":true,"e":[1,"y"]},"d":{"a":[2]},"a":null} "#,
            r#"{"a":1,"b":"x","c":{"d":true,"e":[1,"y"]},"d":{"a":[2]},"a":null}}"#,
            r#"{"a":1,"b":"x","c":{"d":true,"e":[1,"y"]},"d":{"a":[2]},"a":nul"#,
            r#"{"a":[],"b":{},"c":3}"#,
            r#"{"a":[7,8],"b":{},"c":3}"#,
        ];
        for object in objects.iter().chain(&objects) {
            let mut found = Vec::new();
            let read = template.fields(object.as_bytes(), |field, value| found.push((field, value)));
            assert_eq!(read.map(|()| found), plainly(object.as_bytes()), "{object}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_as_without_a_template(
            rows in prop::collection::vec(
                prop::collection::vec((
                    prop::sample::select(vec!["a", "b", "c", "\\u0061"]),
                    prop::sample::select(vec![
                        "1", "-0.5", "1.", "01", "true", "tru", "null", "\"\"", "\"x\"", "\"x\\\"\"", "[1,2]", "[]", "{}", "{\"a\":3}",
                        "[{\"a\":3}]", "{\"a\" 3}", "\"x", "", " 7 ",
                    ]),
                ), 0..4),
                1..12,
            ),
        ) {
            let mut template = Template::new(asked);
            for row in rows {
                let fields: Vec<String> = row.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                let object = format!("{{{}}}", fields.join(","));
                let mut found = Vec::new();
                let read = template.fields(object.as_bytes(), |field, value| found.push((field, value)));
                match (read, plainly(object.as_bytes())) {
                    (Ok(()), Ok(plain)) => prop_assert_eq!(found, plain),
                    (read, plain) => prop_assert_eq!(read.err(), plain.err()),
                }
            }
        }
    }
}
