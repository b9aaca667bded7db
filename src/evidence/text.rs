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
/// Terminal escapes, NUL, line separators and bidirectional overrides can't act from here on; nor can a tower of marks on
/// one letter cover what stands above it: past [`MOST_MARKS`] their number stands for them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    let towers = text.chars().any(|c| {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        marks > MOST_MARKS || acts(c)
    });
    if !towers {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(1 << 16) + 16);
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_mark(c) {
            marks + 1
        } else {
            unseen(marks, &mut out);
            0
        };
        match c {
            c if acts(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ if marks > MOST_MARKS => {}
            c => out.push(c),
        }
    }
    unseen(marks, &mut out);
    Cow::Owned(out)
}

/// How many combining marks are shown on one letter. Vietnamese has two, pointed Hebrew and Thai three or four.
const MOST_MARKS: usize = 6;

fn unseen(marks: usize, out: &mut String) {
    if marks > MOST_MARKS {
        out.push_str(&format!("(+{} marks)", marks - MOST_MARKS));
    }
}

/// Marks that stand above or below the letter before them, from any script that stacks them without bound.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}')
        || matches!(c, '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
        || matches!(c, '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{3099}' | '\u{309a}')
}

/// JSON text in which no character acts: those that would are written as `\uXXXX`, which means the same (RFC 8259 §7).
/// Line ends between the values stay.
pub fn inert_json(json: String) -> String {
    let Some(first) = first_acting(&json) else { return json };
    let mut out = String::with_capacity(json.len() + 64);
    let (mut rest, mut at) = (json.as_str(), Some(first));
    while let Some((before, from)) = at.and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let mut chars = from.chars();
        let mut units = [0; 2];
        let own = chars.next().map(|c| &*c.encode_utf16(&mut units)).unwrap_or_default();
        own.iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        rest = chars.as_str();
        at = first_acting(rest);
    }
    out.push_str(rest);
    out
}

/// Where the first character stands that acts; line ends between the values do not. Most text is plain, and is passed over as bytes.
fn first_acting(json: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += json.as_bytes()[at..].iter().position(|byte| !matches!(byte, b'\n' | b' '..=b'~'))?;
        let c = json[at..].chars().next()?;
        if acts(c) {
            return Some(at);
        }
        at += c.len_utf8();
    }
}

/// Whether a character does something other than being seen: controls, line separators, zero-width and
/// bidirectional formatting (Unicode Standard Annex 9), the byte order mark.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        // XML 1.0 §2.2 has no U+FFFE and U+FFFF, so that a figure with one of them would not open.
        || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// What a name looks like in plain Latin letters, if that is not what it is spelt with: letters of other scripts that look
/// the same (Unicode Technical Standard 39 names them confusable), full-width letters, and characters that are not seen.
pub fn looks_like(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    let plain: String = name.chars().filter(|c| !acts(*c)).map(lookalike).collect();
    (plain.is_ascii() && plain.chars().any(|c| c.is_ascii_alphabetic())).then_some(plain)
}

fn lookalike(c: char) -> char {
    const PAIRS: &str = "аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwӏlАAВBЕEЗ3ІIЈJКKМMНHОOРPСCЅSТTХXУYԌGԚQԜWαaοoνvρpιiυuκkΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXıiɑaɡgօoսuոn";
    if let '\u{ff01}'..='\u{ff5e}' = c {
        return char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c);
    }
    let mut pairs = PAIRS.chars();
    while let (Some(foreign), Some(latin)) = (pairs.next(), pairs.next()) {
        if foreign == c {
            return latin;
        }
    }
    c
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
    fn a_tower_of_marks_is_cut() {
        let tower = format!("e{}x", "\u{301}".repeat(10_000));
        assert_eq!(visible(&tower), format!("e{}(+9994 marks)x", "\u{301}".repeat(6)));
        assert_eq!(visible("e\u{301}"), "e\u{301}");
    }

    #[test]
    fn a_name_in_borrowed_letters_is_told() {
        for name in ["\u{430}dmin", "ad\u{200b}min", "\u{ff41}dmin", "\u{430}\u{501}min"] {
            assert_eq!(looks_like(name).as_deref(), Some("admin"), "{name}");
        }
        for name in ["admin", "田中", "иван", "müller", "\u{200b}", "Ωmega"] {
            assert_eq!(looks_like(name), None, "{name}");
        }
    }

    #[test]
    fn inert_json_means_the_same() {
        let text = "\u{202e}a\u{9b}\n\u{e0041}\u{ffff}é";
        let json = serde_json::to_string_pretty(&vec![text]).unwrap();
        let inert = inert_json(json);
        assert!(!inert.contains(['\u{202e}', '\u{9b}', '\u{e0041}']) && inert.contains('\n'));
        assert_eq!(serde_json::from_str::<Vec<String>>(&inert).unwrap(), [text]);
    }

    #[test]
    fn a_long_text_is_elided_at_a_character() {
        assert_eq!(elided("東京都港区", 2), "東京…");
    }
}
