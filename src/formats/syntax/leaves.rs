//! The values of nested JSON with the keys on the way to them, however deep a pipeline has put them.

use super::json::{self, NotJson, Value};

/// No log nests deeper.
const DEEPEST: usize = 12;

/// Visits every value that is no object, with its path: the keys from the outermost in. A key with points in it, as pipelines
/// write flattened objects, counts as several (`connection.src_ip`).
pub fn leaves<'j>(object: &'j [u8], visit: &mut dyn FnMut(&[&'j [u8]], Value<'j>)) -> Result<(), NotJson> {
    walk(object, &mut Vec::new(), visit)
}

fn walk<'j>(
    object: &'j [u8],
    path: &mut Vec<&'j [u8]>,
    visit: &mut dyn FnMut(&[&'j [u8]], Value<'j>),
) -> Result<(), NotJson> {
    json::fields(object, |key, value| {
        let before = path.len();
        path.extend(key.bytes.split(|b| *b == b'.'));
        match value {
            // The walk one level up has found it sound.
            Value::Object(inner) if path.len() < DEEPEST => {
                let _sound = walk(inner, path, visit);
            }
            _ => visit(path, value),
        }
        path.truncate(before);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_flattened_keys_have_the_same_path() {
        for text in [r#"{"a":{"b":{"c":1}},"d":[{}]}"#, r#"{"a.b":{"c":1},"d":[{}]}"#] {
            let mut found = Vec::new();
            leaves(text.as_bytes(), &mut |path, value| found.push(format!("{path:?} {value:?}"))).unwrap();
            assert_eq!(found.len(), 2, "{found:?}");
            assert!(found[0].starts_with("[[97], [98], [99]]"), "{found:?}");
        }
    }
}
