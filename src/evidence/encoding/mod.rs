//! How text was written: UTF-8, UTF-16, or one of the encodings that came before (Shift_JIS, Windows-874 …). What is not
//! UTF-8 is made UTF-8 on the way in, without loss; the places of its records stay those of the bytes as they lie in the
//! file. The encodings and their names are those of the WHATWG Encoding Standard.

mod guess;
mod legacy;
mod offsets;
mod table;
mod text;
mod utf16;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use offsets::{Mark, Offsets};
#[cfg(target_arch = "wasm32")]
pub use table::decode_with;
pub use table::fingerprint;
pub use text::Text;
pub use utf16::Utf16;

/// An encoding of text, beside UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Charset {
    /// UTF-8, and ASCII with it.
    Utf8,
    /// Japanese, as Windows writes it (code page 932).
    ShiftJis,
    /// Japanese, as Unix wrote it.
    EucJp,
    /// Simplified Chinese (GB 2312 and its extension GBK; four-byte characters of GB 18030 stay bytes).
    Gbk,
    /// Traditional Chinese.
    Big5,
    /// Korean.
    EucKr,
    /// Thai.
    Windows874,
    /// Central European.
    Windows1250,
    /// Cyrillic.
    Windows1251,
    /// Western European; ISO 8859-1 with it.
    Windows1252,
    /// Greek.
    Windows1253,
    /// Turkish.
    Windows1254,
    /// Vietnamese.
    Windows1258,
}

impl Charset {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Charset; 13] = [
        Charset::Utf8,
        Charset::ShiftJis,
        Charset::EucJp,
        Charset::Gbk,
        Charset::Big5,
        Charset::EucKr,
        Charset::Windows874,
        Charset::Windows1250,
        Charset::Windows1251,
        Charset::Windows1252,
        Charset::Windows1253,
        Charset::Windows1254,
        Charset::Windows1258,
    ];

    /// Its name in the Encoding Standard: `shift_jis`.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::ShiftJis => "shift_jis",
            Charset::EucJp => "euc-jp",
            Charset::Gbk => "gbk",
            Charset::Big5 => "big5",
            Charset::EucKr => "euc-kr",
            Charset::Windows874 => "windows-874",
            Charset::Windows1250 => "windows-1250",
            Charset::Windows1251 => "windows-1251",
            Charset::Windows1252 => "windows-1252",
            Charset::Windows1253 => "windows-1253",
            Charset::Windows1254 => "windows-1254",
            Charset::Windows1258 => "windows-1258",
        }
    }

    /// The encoding of this name, or of another that people use for it: `cp932`, `sjis`, `latin-1`.
    pub fn of(name: &str) -> Option<Charset> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let same = |charset: &Charset| charset.name().replace(['-', '_'], "") == plain;
        Charset::ALL.into_iter().find(same).or(match plain.as_str() {
            "ascii" | "usascii" => Some(Charset::Utf8),
            "sjis" | "cp932" | "windows31j" | "ms932" | "windows932" => Some(Charset::ShiftJis),
            "ujis" | "eucjpms" => Some(Charset::EucJp),
            "gb2312" | "cp936" | "windows936" | "euccn" | "gb18030" => Some(Charset::Gbk),
            "cp950" | "windows950" | "big5hkscs" => Some(Charset::Big5),
            "cp949" | "uhc" | "windows949" | "ksc5601" => Some(Charset::EucKr),
            "cp874" | "tis620" | "iso885911" => Some(Charset::Windows874),
            "cp1250" => Some(Charset::Windows1250),
            "cp1251" => Some(Charset::Windows1251),
            "cp1252" | "latin1" | "iso88591" | "l1" => Some(Charset::Windows1252),
            "cp1253" => Some(Charset::Windows1253),
            "cp1254" | "iso88599" | "latin5" => Some(Charset::Windows1254),
            "cp1258" => Some(Charset::Windows1258),
            _ => None,
        })
    }
}

/// How a file's encoding came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known {
    /// By its bytes.
    Told,
    /// A person chose it.
    Chosen,
    /// Not at all: it is no UTF-8, and what else it may be can't be told. Such bytes are shown as `\xNN`.
    Unclear,
}

/// The encoding that a file's text was taken for, where there is something to say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The encoding.
    pub charset: Charset,
    /// How it is known.
    pub known: Known,
}

impl Known {
    /// The word for it in documents.
    pub fn word(self) -> &'static str {
        match self {
            Known::Told => "told",
            Known::Chosen => "chosen",
            Known::Unclear => "unclear",
        }
    }
}

/// A small file whole, as UTF-8: what a spreadsheet saved in the encoding of its country, or as "Unicode text".
pub fn as_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    if let Some(mut decoder) = Utf16::recognise(bytes) {
        decoder.feed(bytes, &mut |_, text| out.extend_from_slice(text));
        decoder.finish(&mut |_, text| out.extend_from_slice(text));
        return Cow::Owned(out);
    }
    if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut text = Text::new(None);
    text.feed(bytes, &mut |_, part| out.extend_from_slice(part));
    text.finish(&mut |_, part| out.extend_from_slice(part));
    if text.account(0).is_some() { Cow::Owned(out) } else { Cow::Borrowed(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_found_under_the_names_that_people_use() {
        for (name, charset) in [
            ("Shift_JIS", Charset::ShiftJis),
            ("CP932", Charset::ShiftJis),
            ("latin-1", Charset::Windows1252),
            ("TIS-620", Charset::Windows874),
            ("GB2312", Charset::Gbk),
            ("UTF-8", Charset::Utf8),
        ] {
            assert_eq!(Charset::of(name), Some(charset), "{name}");
        }
        assert_eq!(Charset::of("klingon"), None);
        for charset in Charset::ALL {
            assert_eq!(Charset::of(charset.name()), Some(charset));
        }
    }

    #[test]
    fn a_table_saved_by_a_spreadsheet_is_read_as_utf_8() {
        let sjis = b"site,cidr\n\x93\x8c\x8b\x9e\x96{\x8e\xd0,10.1.0.0/16\n";
        assert_eq!(as_utf8(sjis), "site,cidr\n東京本社,10.1.0.0/16\n".as_bytes());
        assert!(matches!(as_utf8("site\n東京\n".as_bytes()), Cow::Borrowed(_)));
        assert_eq!(as_utf8(b"\xff\xfea\0\n\0"), &b"a\n"[..]);
    }
}
