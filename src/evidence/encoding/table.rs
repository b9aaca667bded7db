//! What the bytes of an encoding mean, as a table. The tables are no part of the page's module, which they would make a
//! third larger: every browser has them, behind `TextDecoder`, and natively the crate `encoding_rs` does. Both follow the
//! same standard, and a test compares them.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::Charset;

/// The characters of an encoding; NUL where a byte or a pair has none.
pub struct Table {
    /// Of the bytes from 0x80 on, alone.
    singles: [char; 128],
    /// Of pairs: by first byte from [`FIRST_LEAD`] on, then by second from [`FIRST_TRAIL`] on. Empty where there are none.
    doubles: Vec<char>,
    /// Which bytes from 0x80 on begin a pair.
    leads: [bool; 128],
}

const FIRST_LEAD: u8 = 0x81;
const LAST_LEAD: u8 = 0xfe;
const FIRST_TRAIL: u8 = 0x40;
const LAST_TRAIL: u8 = 0xfe;
const TRAILS: usize = (LAST_TRAIL - FIRST_TRAIL) as usize + 1;

impl Table {
    /// The table of an encoding, made when it is first asked for; `None` of UTF-8, which needs none, and where nothing
    /// here decodes that encoding.
    pub fn of(charset: Charset) -> Option<&'static Table> {
        static MADE: [OnceLock<Option<Table>>; Charset::ALL.len()] = [const { OnceLock::new() }; Charset::ALL.len()];
        let at = Charset::ALL.iter().position(|own| *own == charset)?;
        MADE[at].get_or_init(|| Table::made(charset)).as_ref()
    }

    /// The character of a byte from 0x80 on.
    pub fn single(&self, byte: u8) -> Option<char> {
        let c = *self.singles.get(usize::from(byte).checked_sub(0x80)?)?;
        (c != '\0').then_some(c)
    }

    /// Whether a byte begins a pair.
    pub fn is_lead(&self, byte: u8) -> bool {
        usize::from(byte).checked_sub(0x80).is_some_and(|at| self.leads[at])
    }

    /// The character of a pair.
    pub fn double(&self, lead: u8, trail: u8) -> Option<char> {
        let row = usize::from(lead.checked_sub(FIRST_LEAD)?) * TRAILS;
        let c = *self
            .doubles
            .get(row + usize::from(trail.checked_sub(FIRST_TRAIL).filter(|t| usize::from(*t) < TRAILS)?))?;
        (c != '\0').then_some(c)
    }

    /// Decodes each byte and each pair on a line of its own: what comes back as one character is a character.
    fn made(charset: Charset) -> Option<Table> {
        if charset == Charset::Utf8 {
            return None;
        }
        let bytes: Vec<u8> = (0x80..=0xff).flat_map(|byte| [byte, b'\n']).collect();
        let mut singles = ['\0'; 128];
        for (single, line) in singles.iter_mut().zip(decoded(charset, &bytes)?.split('\n')) {
            *single = only(line);
        }
        let is_pairwise =
            matches!(charset, Charset::ShiftJis | Charset::EucJp | Charset::Gbk | Charset::Big5 | Charset::EucKr);
        let mut doubles = Vec::new();
        // Each first byte in a call of its own: Chromium carries what it makes of 0x8F in EUC-JP over into the next pair.
        for lead in (FIRST_LEAD..=LAST_LEAD).filter(|_| is_pairwise) {
            let row: Vec<u8> = (FIRST_TRAIL..=LAST_TRAIL).flat_map(|trail| [lead, trail, b'\n']).collect();
            let before = doubles.len();
            doubles.extend(decoded(charset, &row)?.split('\n').map(only));
            doubles.resize(before + TRAILS, '\0');
        }
        let mut leads = [false; 128];
        for (row, lead) in doubles.chunks(TRAILS).zip(usize::from(FIRST_LEAD - 0x80)..) {
            leads[lead] = row.iter().any(|c| *c != '\0');
        }
        Some(Table { singles, doubles, leads })
    }
}

/// The only character of a line; NUL where it has none or several, or the one that stands for what can't be decoded.
fn only(line: &str) -> char {
    let mut chars = line.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c != char::REPLACEMENT_CHARACTER => c,
        _ => '\0',
    }
}

/// SHA-256 of all that a table says, in hex, so that a test can compare those of browser and shell.
pub fn fingerprint(charset: Charset) -> Option<String> {
    let table = Table::of(charset)?;
    let all: String = table.singles.iter().chain(&table.doubles).collect();
    let digest: [u8; 32] = Sha256::digest(all.as_bytes()).into();
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(not(target_arch = "wasm32"))]
fn decoded(charset: Charset, bytes: &[u8]) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_label(charset.name().as_bytes())?;
    Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

/// Decodes bytes in the encoding of this name.
#[cfg(target_arch = "wasm32")]
pub type Decode = fn(&str, &[u8]) -> Option<String>;

#[cfg(target_arch = "wasm32")]
static DECODE: OnceLock<Decode> = OnceLock::new();

/// Says what decodes in this browser, once, before anything is read.
#[cfg(target_arch = "wasm32")]
pub fn decode_with(decode: Decode) {
    DECODE.get_or_init(|| decode);
}

#[cfg(target_arch = "wasm32")]
fn decoded(charset: Charset, bytes: &[u8]) -> Option<String> {
    DECODE.get()?(charset.name(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_say_what_the_standard_says() {
        let table = |charset| Table::of(charset).expect("it has a table");
        let sjis = table(Charset::ShiftJis);
        assert_eq!(
            (sjis.double(0x93, 0x8c), sjis.double(0x83, 0x5c), sjis.single(0xb1)),
            (Some('東'), Some('ソ'), Some('ｱ'))
        );
        assert!(sjis.is_lead(0x81) && !sjis.is_lead(0xb1) && !sjis.is_lead(b'a'));
        assert_eq!(table(Charset::EucJp).double(0xc5, 0xec), Some('東'));
        assert_eq!(table(Charset::Gbk).double(0xb1, 0xb1), Some('北'));
        assert_eq!(table(Charset::Big5).double(0xa5, 0x78), Some('台'));
        assert_eq!(table(Charset::EucKr).double(0xbc, 0xad), Some('서'));
        assert_eq!(table(Charset::Windows874).single(0xa1), Some('ก'));
        assert_eq!(
            (table(Charset::Windows1252).single(0xfc), table(Charset::Windows1252).double(0xfc, 0x41)),
            (Some('ü'), None)
        );
        assert!(Table::of(Charset::Utf8).is_none());
    }
}
