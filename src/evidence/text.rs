//! Bytes of a log as text, without loss and without power: what is not UTF-8 is shown as `\xNN`.

use std::borrow::Cow;

/// The bytes as text. Bytes that are not UTF-8 become `\xNN`; all else stays as it is.
pub fn readable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_not_utf8) => Cow::Owned(escape_invalid(bytes)),
    }
}

fn escape_invalid(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The text with control and direction characters made visible (`\u{202e}`), for screens and figures.
/// Terminal escapes, NUL, line separators and bidirectional overrides can't act from here on.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character does something other than being seen: controls, line separators, zero-width and
/// bidirectional formatting (Unicode Standard Annex 9), the byte order mark.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// At most `most` characters, with `…` in place of the rest.
pub fn elided(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_shown() {
        assert_eq!(readable(b"caf\xe9\xff!"), "caf\\xe9\\xff!");
        assert_eq!(readable("東京".as_bytes()), "東京");
    }

    #[test]
    fn an_override_becomes_visible() {
        assert_eq!(visible("a\u{202e}b\u{1b}[0m"), "a\\u{202e}b\\u{1b}[0m");
        assert_eq!(visible("plain"), "plain");
    }

    #[test]
    fn a_long_text_is_elided_at_a_character() {
        assert_eq!(elided("東京都港区", 2), "東京…");
    }
}
