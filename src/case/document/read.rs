//! Reads a `case.json`, of this version or an older one. A case may come from anybody: nothing in it is believed but what
//! its reader does with plain text and numbers.

use serde_json::Value;

use super::{Document, SCHEMA};

/// Brings a document of one version up to the next. The first stands for `kyoten-case/1`, and so on.
type Migration = fn(&mut Value);

/// All of them, in order; none yet, because what version 1 gained since was left out by default.
const MIGRATIONS: [Migration; 0] = [];

/// The longest document that is read.
pub const LONGEST: usize = 512 << 20;

/// Reads a document; a sentence when it is none, or of a newer version.
pub fn read(bytes: &[u8]) -> Result<Document, String> {
    if bytes.len() > LONGEST {
        return Err(format!("a case file of more than {} MiB", LONGEST >> 20));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    #[derive(serde::Deserialize)]
    struct Head {
        schema: String,
    }
    let broken = |error: serde_json::Error| format!("not a case file that can be read: {error}");
    let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
    let version = head.schema.strip_prefix("kyoten-case/").and_then(|version| version.parse::<usize>().ok());
    let current = MIGRATIONS.len() + 1;
    let document = match version {
        Some(version) if version == current => serde_json::from_slice(bytes).map_err(broken)?,
        Some(version) if (1..current).contains(&version) => {
            let mut value: Value = serde_json::from_slice(bytes).map_err(broken)?;
            MIGRATIONS[version - 1..].iter().for_each(|migrate| migrate(&mut value));
            value["schema"] = SCHEMA.into();
            serde_json::from_value(value).map_err(broken)?
        }
        Some(version) if version > current => {
            return Err(format!("written by a newer Kyoten (schema {version}; this one reads up to {current})"));
        }
        Some(_) | None => return Err(format!("not a case file: its schema is {:?}", head.schema)),
    };
    Ok(document)
}

/// Whether a file begins like a case file.
pub fn looks_like_case(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    head.starts_with(b"{") && memchr::memmem::find(&head[..head.len().min(200)], b"\"kyoten-case/").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_case_or_a_newer_one_is_refused_in_words() {
        for (text, word) in [
            ("", "EOF"),
            ("{}", "schema"),
            (r#"{"schema":"other/1"}"#, "not a case file"),
            (r#"{"schema":"kyoten-case/99"}"#, "newer"),
            (r#"{"schema":"kyoten-case/0"}"#, "not a case file"),
            (r#"{"schema":"kyoten-case/1"}"#, "missing field"),
        ] {
            let refusal = read(text.as_bytes()).unwrap_err();
            assert!(refusal.contains(word), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_case_file_is_told_by_how_it_begins() {
        assert!(looks_like_case(b"\xef\xbb\xbf{\n  \"schema\": \"kyoten-case/1\",\n"));
        assert!(looks_like_case(b"{\"schema\":\"kyoten-case/7\""));
        assert!(!looks_like_case(b"{\"event_type\":\"flow\"}") && !looks_like_case(b""));
    }

    #[test]
    fn the_schema_is_that_of_the_last_migration() {
        assert_eq!(SCHEMA, format!("kyoten-case/{}", MIGRATIONS.len() + 1));
    }
}
