//! Which column of a table, or which path in JSON objects, means what; and as a small file, so that the next export of the
//! same columns is read without asking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Sample, by_name, mapped_csv};

/// Which column of a table means what: field → header name of the column. See [`mapped_csv`] for the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Field name of the contract (`ts`, `src_ip`, `bytes_out` …) → column's name in the header.
    pub columns: BTreeMap<String, String>,
}

/// A mapping with the columns that it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingFile {
    /// `kyoten-mapping/1`.
    pub schema: String,
    /// The format that reads through it: `mapped_csv`, `mapped_json` or `mapped_pairs`.
    pub format: String,
    /// The names of all columns, in order; in JSON the paths that the first objects have.
    pub header: Vec<String>,
    /// Field → name of the column.
    pub columns: BTreeMap<String, String>,
}

/// The schema that is written.
const SCHEMA: &str = "kyoten-mapping/1";
/// The longest file that is one.
const LONGEST: usize = 1 << 20;

impl MappingFile {
    /// The mapping as a file, for the sample that it was made for; `None` where that is no table.
    pub fn of(mapping: &Mapping, sample: &Sample<'_>) -> Option<MappingFile> {
        let header = mapped_csv::header_of(sample)?;
        let format = mapped_csv::reader_of(sample).to_owned();
        Some(MappingFile { schema: SCHEMA.to_owned(), format, header, columns: mapping.columns.clone() })
    }

    /// The file as text.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("names can be written");
        crate::evidence::text::inert_json(json) + "\n"
    }

    /// Whether a file begins like one.
    pub fn looks_like(head: &[u8]) -> bool {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        head.starts_with(b"{") && memchr::memmem::find(&head[..head.len().min(200)], b"\"kyoten-mapping/").is_some()
    }

    /// Reads a file; a sentence when it is none.
    pub fn read(bytes: &[u8]) -> Result<MappingFile, String> {
        if bytes.len() > LONGEST {
            return Err("a column mapping of more than 1 MiB".to_owned());
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let file: MappingFile =
            serde_json::from_slice(bytes).map_err(|error| format!("not a column mapping that can be read: {error}"))?;
        if file.schema != SCHEMA {
            return Err(format!("a column mapping of another version: {:?}; this Kyoten reads {SCHEMA}", file.schema));
        }
        if by_name(&file.format)
            .is_none_or(|format| !matches!(format.name(), "mapped_csv" | "mapped_json" | "mapped_pairs"))
        {
            return Err(format!("a column mapping for {:?}, which reads no mapped columns", file.format));
        }
        for column in file.columns.iter().filter(|(field, _)| *field != "day_month").map(|(_, column)| column) {
            if !file.header.contains(column) {
                return Err(format!("the column mapping names {column:?}, which its own header has not"));
            }
        }
        Ok(file)
    }

    /// What it says.
    pub fn mapping(&self) -> Mapping {
        Mapping { columns: self.columns.clone() }
    }

    /// Whether a sample has the columns that it was made for. The next version of a product may add one, and an object may
    /// lack some; but all that are mapped must be there, and nine in ten of the others.
    pub fn fits(&self, sample: &Sample<'_>) -> bool {
        if mapped_csv::reader_of(sample) != self.format {
            return false;
        }
        let Some(header) = mapped_csv::header_of(sample) else { return false };
        let mapped = self.columns.iter().filter(|(field, _)| *field != "day_month").map(|(_, column)| column);
        let common = self.header.iter().filter(|name| header.contains(name)).count();
        let has_ends = mapped.clone().all(|column| header.contains(column)) && mapped.count() >= 2;
        has_ends && common * 10 >= self.header.len() * 9 && common * 10 >= header.len() * 7
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "when,who,whom,much\n2020-06-11T01:00:00Z,192.0.2.1,198.51.100.1,5\n";

    fn sample(text: &str) -> Sample<'_> {
        Sample { bytes: text.as_bytes(), whole: true }
    }

    fn made() -> MappingFile {
        let columns = [("ts", "when"), ("src_ip", "who"), ("dst_ip", "whom"), ("bytes_out", "much")];
        let columns = columns.map(|(field, column)| (field.to_owned(), column.to_owned())).into();
        MappingFile::of(&Mapping { columns }, &sample(TABLE)).unwrap()
    }

    #[test]
    fn a_mapping_is_read_back_and_fits_its_header() {
        let file = made();
        let text = file.to_json();
        assert!(MappingFile::looks_like(text.as_bytes()));
        assert_eq!(MappingFile::read(text.as_bytes()), Ok(file.clone()));
        assert!(file.fits(&sample(TABLE)));
        assert!(file.fits(&sample("who,whom,much,when,more\na,b,c,d,e\n")));
        assert!(!file.fits(&sample("who,whom,when\na,b,c\n")), "a mapped column is missing");
        assert!(!file.fits(&sample("who,whom,much,when,a,b,c,d,e,f\n1,2,3,4,5,6,7,8,9,0\n")), "another table");
        assert!(!file.fits(&sample("{\"who\":1,\"whom\":2,\"much\":3,\"when\":4}")), "another format");
    }

    #[test]
    fn what_is_no_mapping_is_refused_in_words() {
        for (text, word) in [
            ("{", "EOF"),
            (r#"{"schema":"kyoten-mapping/9","format":"mapped_csv","header":[],"columns":{}}"#, "another version"),
            (r#"{"schema":"kyoten-mapping/1","format":"panos","header":[],"columns":{}}"#, "panos"),
            (
                r#"{"schema":"kyoten-mapping/1","format":"mapped_csv","header":[],"columns":{"ts":"x"}}"#,
                "its own header",
            ),
        ] {
            let refusal = MappingFile::read(text.as_bytes()).unwrap_err();
            assert!(refusal.contains(word), "{text}: {refusal}");
        }
    }
}
