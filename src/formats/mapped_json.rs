//! Any JSON objects, one a line, in an array or an envelope, read through the same mapping as [`super::mapped_csv`]: which path of keys is
//! which field is guessed from names and values, kept, and the user's to correct. Bytes are what the source counts.

use super::mapped_csv::{Objects, tells_of_connections};
use super::{Format, Likeness, Parser, Sample, Setting};
use crate::evidence::Framing;

/// The format.
pub struct MappedJson;

impl Format for MappedJson {
    fn name(&self) -> &'static str {
        "mapped_json"
    }

    fn title(&self) -> &'static str {
        "JSON with mapped fields"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if tells_of_connections(sample) { Likeness::Possible } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Objects::new(setting, sample))
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::{Sample, recognise};

    fn told(text: &str) -> Option<&'static str> {
        recognise(&Sample { bytes: text.as_bytes(), whole: true }).map(|format| format.name())
    }

    #[test]
    fn objects_that_name_two_ends_are_read() {
        assert_eq!(told(r#"{"src":"192.0.2.7","dst":"192.0.2.1"}"#), Some("mapped_json"));
        assert_eq!(told(r#"{"conn":{"src_ip":"192.0.2.7","dst_ip":"192.0.2.1"},"n":1}"#), Some("mapped_json"));
    }

    #[test]
    fn objects_of_other_things_are_declined() {
        for text in [
            r#"{"from":"Alice","to":"Bob","price":5}"#,
            r#"{"source":"web","target":"shop","count":7}"#,
            r#"{"name":"Alice","age":40}"#,
            r#"{"src":"192.0.2.7"}"#,
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
