//! XML, pulled: tags and texts one after the other, without a tree and without validation, as far as exports of logs need it.
//! Prefixes of namespaces are left out. Entities are those of XML 1.0 §4.6 and characters by number; others stay as written.

use std::borrow::Cow;

use crate::evidence::text::readable;
use crate::flow::Text;

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'x> {
    /// `<name …>` or, when `empty`, `<name …/>`.
    Open {
        /// Its name without prefix.
        name: &'x [u8],
        /// What stands behind it, for [`attribute`].
        attributes: &'x [u8],
        /// Whether it is closed at once.
        empty: bool,
    },
    /// `</name>`.
    Close(&'x [u8]),
    /// What stands between tags, unescaped; the contents of `<![CDATA[…]]>` as they are.
    Text(Text<'x>),
}

/// The parts of some XML. Declarations, comments and instructions are passed over; a tag without end is the last part.
pub fn parts(xml: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let Some(after) = rest.strip_prefix(b"<") else {
                let end = memchr::memchr(b'<', rest).unwrap_or(rest.len());
                let (text, behind) = rest.split_at(end);
                rest = behind;
                return Some(Part::Text(unescaped(text)));
            };
            if let Some(data) = after.strip_prefix(b"![CDATA[") {
                let end = memchr::memmem::find(data, b"]]>").unwrap_or(data.len());
                rest = data.get(end + 3..).unwrap_or_default();
                return Some(Part::Text(readable(&data[..end])));
            }
            if let Some(comment) = after.strip_prefix(b"!--") {
                let end = memchr::memmem::find(comment, b"-->").map_or(comment.len(), |end| end + 3);
                rest = &comment[end..];
                continue;
            }
            let end = tag_end(after)?;
            let tag = &after[..end];
            rest = &after[end + 1..];
            match tag.first() {
                Some(b'!' | b'?') | None => {}
                Some(b'/') => return Some(Part::Close(local(tag[1..].trim_ascii()))),
                Some(_) => {
                    let (tag, empty) = match tag.strip_suffix(b"/") {
                        Some(tag) => (tag, true),
                        None => (tag, false),
                    };
                    let name = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
                    return Some(Part::Open { name: local(&tag[..name]), attributes: &tag[name..], empty });
                }
            }
        }
    })
}

/// An attribute's value.
pub fn attribute<'x>(attributes: &'x [u8], wanted: &[u8]) -> Option<Text<'x>> {
    let mut rest = attributes.trim_ascii_start();
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let name = rest[..equals].trim_ascii();
        let value = rest[equals + 1..].trim_ascii_start();
        let quote = *value.first().filter(|b| matches!(b, b'"' | b'\''))?;
        let end = memchr::memchr(quote, &value[1..])?;
        if local(name) == wanted {
            return Some(unescaped(&value[1..=end]));
        }
        rest = value[end + 2..].trim_ascii_start();
    }
}

/// Where a tag ends: the first `>` outside quotes.
fn tag_end(tag: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr3(b'>', b'"', b'\'', &tag[from..])?;
        if tag[at] == b'>' {
            return Some(at);
        }
        from = at + 2 + memchr::memchr(tag[at], &tag[at + 1..])?;
    }
}

fn local(name: &[u8]) -> &[u8] {
    memchr::memrchr(b':', name).map_or(name, |colon| &name[colon + 1..])
}

fn unescaped(bytes: &[u8]) -> Text<'_> {
    let text = readable(bytes);
    if memchr::memchr(b'&', bytes).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest is `&#x10ffff;`.
        let end = rest.bytes().take(12).position(|b| b == b';');
        match end.and_then(|end| Some((character(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(xml: &str) -> Vec<String> {
        let name = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        parts(xml.as_bytes())
            .map(|part| match part {
                Part::Open { name: own, attributes, empty } => {
                    let value = attribute(attributes, b"Name").map_or(String::new(), |value| format!(" {value}"));
                    format!("<{}{value}{}>", name(own), if empty { "/" } else { "" })
                }
                Part::Close(own) => format!("</{}>", name(own)),
                Part::Text(text) => text.into_owned(),
            })
            .collect()
    }

    #[test]
    fn tags_texts_and_attributes_are_read() {
        let xml = "<?xml version='1.0'?><!-- <a> --><e:Event x=\"1>2\" Name='a&amp;b'>x &lt;&#65;&#x42;&nope;<Data/><![CDATA[<b>]]></e:Event>";
        assert_eq!(shown(xml), ["<Event a&b>", "x <AB&nope;", "<Data/>", "<b>", "</Event>"]);
    }

    #[test]
    fn a_tag_without_end_is_no_part() {
        assert_eq!(shown("a<b"), ["a"]);
        assert_eq!(shown("<b Name='"), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall_over(xml in "[<>/a&;#x\"'= !\\[\\]-]{0,80}") {
            for part in parts(xml.as_bytes()) {
                if let Part::Open { attributes, .. } = part {
                    let _value = attribute(attributes, b"a");
                }
            }
        }
    }
}
