//! What a file looks like that no format knows, and what to do about it: an import never ends in "nothing shown".

use crate::evidence::text::{elided, readable, visible};
use crate::formats::{self, Sample};

/// What is read, by the names on the screen.
fn reads() -> String {
    let titles: Vec<&str> = formats::ALL.iter().map(|format| format.title()).collect();
    format!("Kyoten reads {}", titles.join(", "))
}

/// Advice on a file by its content alone.
pub fn unknown(sample: &Sample<'_>) -> String {
    if sample.bytes.is_empty() {
        return "The file is empty.".to_owned();
    }
    if sample.bytes.iter().all(|b| *b == 0) {
        return "The file holds nothing but zero bytes: a gap in a disk image, or a log preallocated and never written."
            .to_owned();
    }
    let Some(first) = sample.lines().find(|line| !line.trim_ascii().is_empty()) else {
        return "The file holds nothing but line ends and blanks.".to_owned();
    };
    let controls = sample.bytes.iter().filter(|b| **b < 9 || (14..27).contains(*b)).count();
    if controls * 20 > sample.bytes.len() {
        return format!("Binary data that Kyoten does not know. Export it as text or CSV first. {}.", reads());
    }
    let shown = shown(first);
    // The kernel's own log begins its lines with a time in square brackets.
    let begin = first.trim_ascii_start();
    let is_array = begin.strip_prefix(b"[").is_some_and(|rest| {
        rest.trim_ascii_start().first().is_none_or(|byte| matches!(byte, b'{' | b'[' | b'"' | b']'))
    });
    if begin.starts_with(b"{") || is_array {
        if let Some(paths) = formats::mapped_csv::header_of(sample) {
            let named: Vec<String> = paths.iter().take(12).map(|path| visible(path).into_owned()).collect();
            let more = if paths.len() > 12 { ", …" } else { "" };
            return format!(
                "JSON whose fields do not say who called whom: {}{more}. Say in the column mapping which field is the \
                 source and which the destination.",
                named.join(", ")
            );
        }
        return format!("JSON, but no connections that Kyoten knows: it begins {shown}. {}.", reads());
    }
    if let Some(columns) = columns(first) {
        let names: Vec<&str> = columns.split(", ").collect();
        if formats::mapped_csv::is_packet_list(&names) {
            return "Wireshark’s list of packets: of a single packet nobody can tell who opened its connection. Drop the \
                    capture itself (pcap, pcapng)."
                .to_owned();
        }
        return format!(
            "A table whose columns do not say who called whom: {columns}. Say in the column mapping which column is \
             the source and which the destination."
        );
    }
    format!("Text that Kyoten does not know: it begins {shown}. {}; export one of these, or drop a CSV.", reads())
}

/// Advice on a container that is not opened.
pub fn closed(what: &str) -> String {
    format!(
        "This is {what}, which Kyoten does not open yet. Unpack it, or export it as text or CSV, and drop what comes out."
    )
}

fn shown(line: &[u8]) -> String {
    let text = readable(&line[..line.len().min(400)]);
    format!("“{}”", elided(&visible(&text), 80))
}

/// The names of a table's columns, if the line looks like a header.
fn columns(line: &[u8]) -> Option<String> {
    let text = readable(line);
    let delimiter = [',', ';', '\t', '|'].into_iter().max_by_key(|d| text.matches(*d).count())?;
    let names: Vec<&str> = text.split(delimiter).map(|name| name.trim().trim_matches('"')).collect();
    let wordy = |name: &str| name.len() < 60 && name.chars().next().is_some_and(char::is_alphabetic);
    (names.len() >= 3 && names.iter().all(|name| wordy(name))).then(|| {
        let shown: Vec<String> = names.iter().take(12).map(|name| visible(name).into_owned()).collect();
        shown.join(", ") + if names.len() > 12 { ", …" } else { "" }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(text: &str) -> String {
        unknown(&Sample { bytes: text.as_bytes(), whole: true })
    }

    #[test]
    fn every_unknown_file_gets_a_sentence_of_its_own() {
        assert!(advice("").contains("empty"));
        assert!(advice("\n\n").contains("line ends"));
        assert!(advice("\0\0\0\0").contains("zero bytes"));
        assert!(advice("{\"a\":1}").contains("JSON"));
        assert!(advice("Dear diary,\u{202e} today").contains("Dear diary,\\u{202e} today"));
        assert!(advice("when,colour,mood\n1,2,3\n").contains("when, colour, mood"));
        let packets = "\"No.\",\"Time\",\"Source\",\"Destination\",\"Protocol\",\"Length\",\"Info\"\n\"1\",\"0.0\",\"10.0.0.1\",\"10.1.0.2\",\"TCP\",\"66\",\"SYN\"\n";
        assert!(advice(packets).contains("Drop the capture itself"));
        assert!(advice("\x01\x02\x03\x04abc").contains("Binary"));
    }
}
