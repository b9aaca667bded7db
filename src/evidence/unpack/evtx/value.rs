//! Values of binary XML as text, as Windows renders them (MS-EVEN6 §2.2.14).

use std::fmt::Write;

use super::binxml::Fault;
use crate::calendar::civil_from_days;

/// A value of a template: its kind, and where it stands in the chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) kind: u8,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Writes a value; `between` stands between the texts of a list.
pub(super) fn write(kind: u8, bytes: &[u8], between: &str, out: &mut String) -> Result<(), Fault> {
    if kind & 0x80 == 0 {
        return scalar(kind, bytes, out);
    }
    match kind & 0x7f {
        0x01 => {
            let units = bytes.chunks_exact(2).collect::<Vec<_>>();
            let units = units.strip_suffix(&[&[0, 0][..]]).unwrap_or(&units);
            for (n, text) in units.split(|unit| *unit == [0, 0]).enumerate() {
                out.push_str(if n > 0 { between } else { "" });
                utf16(&text.concat(), out);
            }
        }
        0x02 => {
            let texts = bytes.strip_suffix(b"\0").unwrap_or(bytes);
            for (n, text) in texts.split(|b| *b == 0).enumerate() {
                out.push_str(if n > 0 { between } else { "" });
                ansi(text, out);
            }
        }
        kind => {
            let size = size_of(kind).ok_or("a value of an unknown kind")?;
            for (n, bytes) in bytes.chunks(size).enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                scalar(kind, bytes, out)?;
            }
        }
    }
    Ok(())
}

/// The size of a value in a list.
fn size_of(kind: u8) -> Option<usize> {
    Some(match kind {
        0x03 | 0x04 => 1,
        0x05 | 0x06 => 2,
        0x07 | 0x08 | 0x0b | 0x0d | 0x14 => 4,
        0x09 | 0x0a | 0x0c | 0x10 | 0x11 | 0x15 => 8,
        0x0f | 0x12 => 16,
        _ => return None,
    })
}

fn scalar(kind: u8, bytes: &[u8], out: &mut String) -> Result<(), Fault> {
    let number = || {
        let mut wide = [0; 8];
        if let Some(part) = wide.get_mut(..bytes.len()) {
            part.copy_from_slice(bytes)
        }
        u64::from_le_bytes(wide)
    };
    // The sign is that of the bytes that are there.
    let signed = || {
        let unused = 64 - 8 * bytes.len().clamp(1, 8) as u32;
        (number() << unused) as i64 >> unused
    };
    let written = match kind {
        0x00 => Ok(()),
        0x01 => {
            utf16(bytes, out);
            Ok(())
        }
        0x02 => {
            ansi(bytes, out);
            Ok(())
        }
        0x03 | 0x05 | 0x07 | 0x09 if bytes.len() <= 8 => write!(out, "{}", signed()),
        0x04 | 0x06 | 0x08 | 0x0a if bytes.len() <= 8 => write!(out, "{}", number()),
        0x0b if bytes.len() == 4 => write!(out, "{}", f32::from_bits(number() as u32)),
        0x0c if bytes.len() == 8 => write!(out, "{}", f64::from_bits(number())),
        0x0d if bytes.len() <= 8 => write!(out, "{}", number() != 0),
        0x0e => bytes.iter().try_for_each(|b| write!(out, "{b:02X}")),
        0x0f if bytes.len() == 16 => guid(bytes, out),
        0x10 | 0x14 | 0x15 if bytes.len() <= 8 => write!(out, "{:#x}", number()),
        0x11 if bytes.len() == 8 => filetime(number(), out),
        0x12 if bytes.len() == 16 => systemtime(bytes, out),
        0x13 if bytes.len() >= 8 => sid(bytes, out),
        0x0b..=0x15 => return Err("a value of the wrong size"),
        _ => return Err("a value of an unknown kind"),
    };
    written.map_err(|_| "its text can't be written")
}

/// Text in UTF-16, escaped for XML, up to its zero. A control character and a line end are written by number, so that an
/// event stays on its line; half of a surrogate pair is written out (`\ud800`).
pub(super) fn utf16(bytes: &[u8], out: &mut String) {
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).take_while(|unit| *unit != 0);
    for c in char::decode_utf16(units) {
        match c {
            Ok(c) => escaped(c, out),
            Err(half) => out.push_str(&format!("\\u{:04x}", half.unpaired_surrogate())),
        }
    }
}

fn ansi(bytes: &[u8], out: &mut String) {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    crate::evidence::text::readable(&bytes[..end]).chars().for_each(|c| escaped(c, out));
}

fn escaped(c: char, out: &mut String) {
    match c {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '"' => out.push_str("&quot;"),
        c if u32::from(c) < 0x20 => out.push_str(&format!("&#{};", u32::from(c))),
        c => out.push(c),
    }
}

fn guid(b: &[u8], out: &mut String) -> std::fmt::Result {
    let (a, c, d) = (
        u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        u16::from_le_bytes([b[4], b[5]]),
        u16::from_le_bytes([b[6], b[7]]),
    );
    write!(out, "{{{a:08X}-{c:04X}-{d:04X}-{:02X}{:02X}-", b[8], b[9])?;
    b[10..16].iter().try_for_each(|b| write!(out, "{b:02X}"))?;
    out.write_char('}')
}

/// 100 ns since 1601, as Windows writes it in XML: seven digits after the second.
fn filetime(ticks: u64, out: &mut String) -> std::fmt::Result {
    const SECOND: u64 = 10_000_000;
    const DAYS_TO_1970: i64 = 134_774;
    let seconds = ticks / SECOND;
    let (year, month, day) = civil_from_days((seconds / 86_400) as i64 - DAYS_TO_1970);
    let clock = seconds % 86_400;
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:07}Z", ticks % SECOND)
}

fn systemtime(b: &[u8], out: &mut String) -> std::fmt::Result {
    let field = |n: usize| u16::from_le_bytes([b[2 * n], b[2 * n + 1]]);
    let (year, month, day) = (field(0), field(1), field(3));
    write!(out, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z", field(4), field(5), field(6), field(7))
}

fn sid(b: &[u8], out: &mut String) -> std::fmt::Result {
    let authority = b[2..8].iter().fold(0_u64, |sum, b| sum << 8 | u64::from(*b));
    write!(out, "S-{}-{authority}", b[0])?;
    let parts = b[8..].chunks_exact(4).take(usize::from(b[1]));
    parts
        .map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]]))
        .try_for_each(|part| write!(out, "-{part}"))
}
