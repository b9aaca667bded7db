//! Values of a column as JSON (parquet-format, "Logical Types"): times in ISO 8601, exact decimals, text as text, other bytes as text
//! where they are UTF-8 and in hexadecimal where not.

use std::io::Write as _;

use super::Fault;
use super::thrift::Struct;
use crate::calendar::{DAY, civil_from_days};

/// How much text the values of one page may make.
const MOST_TEXT: usize = 128 << 20;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) stored: Stored,
    meaning: Meaning,
}

/// How a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    /// Of so many bytes each.
    Fixed(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain,
    Unsigned,
    Decimal { scale: usize },
    Date,
    Time { per_second: i64 },
    Timestamp { per_second: i64, utc: bool },
    Uuid,
}

impl Kind {
    /// Of an element of the schema.
    pub(super) fn of(element: &Struct<'_>) -> Result<Kind, Fault> {
        let stored = match element.int(1) {
            Some(0) => Stored::Boolean,
            Some(1) => Stored::Int32,
            Some(2) => Stored::Int64,
            Some(3) => Stored::Int96,
            Some(4) => Stored::Float,
            Some(5) => Stored::Double,
            Some(6) => Stored::Bytes,
            Some(7) => {
                let width = element.count(2).and_then(|width| usize::try_from(width).ok());
                Stored::Fixed(width.filter(|width| (1..=1 << 16).contains(width)).ok_or("a column has no width")?)
            }
            _ => return Err("its schema has a type that Parquet does not know"),
        };
        Ok(Kind { stored, meaning: Meaning::of(element) })
    }

    pub(super) fn boolean(out: &mut Vec<u8>, value: bool) {
        out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn integer(self, out: &mut Vec<u8>, value: i64) {
        match self.meaning {
            Meaning::Plain | Meaning::Uuid => say(out, format_args!("{value}")),
            Meaning::Unsigned if self.stored == Stored::Int32 => say(out, format_args!("{}", value as u32)),
            Meaning::Unsigned => say(out, format_args!("{}", value.cast_unsigned())),
            Meaning::Decimal { scale } => decimal(i128::from(value), scale, out),
            Meaning::Date => {
                out.push(b'"');
                date(value, out);
                out.push(b'"');
            }
            Meaning::Time { per_second } => {
                out.push(b'"');
                time_of_day(value, per_second, out);
                out.push(b'"');
            }
            Meaning::Timestamp { per_second, utc } => timestamp(value, per_second, utc, out),
        }
    }

    pub(super) fn float(out: &mut Vec<u8>, value: f64) {
        // JSON has no other numbers than finite ones.
        match value.abs() {
            0.0 | 1e-9..1e18 => say(out, format_args!("{value}")),
            size if size.is_finite() => say(out, format_args!("{value:e}")),
            _ => out.extend_from_slice(b"null"),
        }
    }

    /// Nanoseconds of a day, then the Julian day: how Hive, Impala and Spark have long written times, always of UTC.
    pub(super) fn int96(out: &mut Vec<u8>, value: &[u8; 12]) {
        const EPOCH: i64 = 2_440_588;
        let (nanos, day) = value.split_at(8);
        let nanos = nanos.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)).cast_signed();
        let day = i64::from(u32::from_le_bytes([day[0], day[1], day[2], day[3]]));
        let micros = (day - EPOCH).saturating_mul(DAY).saturating_add(nanos / 1000);
        timestamp(micros, 1_000_000, true, out);
    }

    pub(super) fn bytes(self, out: &mut Vec<u8>, value: &[u8]) {
        match self.meaning {
            Meaning::Decimal { scale } if value.len() <= 16 => {
                let negative = value.first().is_some_and(|byte| byte & 0x80 != 0);
                let start = if negative { -1_i128 } else { 0 };
                decimal(value.iter().fold(start, |sum, byte| sum << 8 | i128::from(*byte)), scale, out);
            }
            Meaning::Uuid => {
                let mut hex = hexadecimal(value);
                if hex.len() == 32 {
                    [20, 16, 12, 8].into_iter().for_each(|at| hex.insert(at, '-'));
                }
                string(&hex, out);
            }
            _ => match std::str::from_utf8(value) {
                Ok(text) => string(text, out),
                Err(_) => string(&hexadecimal(value), out),
            },
        }
    }
}

impl Meaning {
    fn of(element: &Struct<'_>) -> Meaning {
        let decimal = |scale: Option<u64>| Meaning::Decimal { scale: scale.unwrap_or(0).min(64) as usize };
        let per_second = |of: Option<&Struct<'_>>| match of.and_then(Struct::kind) {
            Some(1) => 1_000,
            Some(3) => 1_000_000_000,
            _ => 1_000_000,
        };
        let logical = element.part(10);
        let part = |number: i16| logical.and_then(|logical| logical.part(number));
        match logical.and_then(Struct::kind) {
            Some(5) => return decimal(part(5).and_then(|own| own.count(1))),
            Some(6) => return Meaning::Date,
            Some(7) => return Meaning::Time { per_second: per_second(part(7).and_then(|own| own.part(2))) },
            Some(8) => {
                let own = part(8);
                let utc = own.and_then(|own| own.int(1)) == Some(1);
                return Meaning::Timestamp { per_second: per_second(own.and_then(|own| own.part(2))), utc };
            }
            Some(10) if part(10).and_then(|own| own.int(2)) == Some(0) => return Meaning::Unsigned,
            Some(14) => return Meaning::Uuid,
            _ => {}
        }
        match element.int(6) {
            Some(5) => decimal(element.count(7)),
            Some(6) => Meaning::Date,
            Some(7) => Meaning::Time { per_second: 1_000 },
            Some(8) => Meaning::Time { per_second: 1_000_000 },
            Some(9) => Meaning::Timestamp { per_second: 1_000, utc: true },
            Some(10) => Meaning::Timestamp { per_second: 1_000_000, utc: true },
            Some(11..=14) => Meaning::Unsigned,
            _ => Meaning::Plain,
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn say(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a list of bytes does not fail.
    _ = out.write_fmt(text);
}

fn date(days: i64, out: &mut Vec<u8>) {
    // As far as the calendar goes; what is beyond is no day of a log.
    let (year, month, day) = civil_from_days(days.clamp(-100_000_000, 100_000_000));
    say(out, format_args!("{year:04}-{month:02}-{day:02}"));
}

fn time_of_day(value: i64, per_second: i64, out: &mut Vec<u8>) {
    let (seconds, part) = (value.div_euclid(per_second), value.rem_euclid(per_second));
    say(out, format_args!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    if part != 0 {
        let places = per_second.ilog10() as usize;
        say(out, format_args!(".{part:0places$}"));
    }
}

fn timestamp(value: i64, per_second: i64, utc: bool, out: &mut Vec<u8>) {
    let day = per_second * 86_400;
    out.push(b'"');
    date(value.div_euclid(day), out);
    out.push(b'T');
    time_of_day(value.rem_euclid(day), per_second, out);
    out.extend_from_slice(if utc { b"Z\"" } else { b"\"" });
}

fn decimal(value: i128, scale: usize, out: &mut Vec<u8>) {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let (sign, point) = (if value < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" });
    say(out, format_args!("{sign}{whole}{point}{fraction}"));
}

/// A JSON string.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    // Neither a text nor a list of bytes gives it a reason to fail.
    _ = serde_json::to_writer(out, text);
}

/// Values one behind the other.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    /// One more value, which `write` writes.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Fault> {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
        if self.bytes.len() > MOST_TEXT { Err("the values of a page are over 128 MB") } else { Ok(()) }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How much room they take.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>()
    }

    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        let start = if at == 0 { 0 } else { *self.ends.get(at - 1)? };
        self.bytes.get(start..*self.ends.get(at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, value: i64) -> String {
        let mut out = Vec::new();
        kind.integer(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_iso_8601_and_say_utc_where_they_are() {
        let kind = |meaning| Kind { stored: Stored::Int64, meaning };
        let stamp = |per_second, utc| kind(Meaning::Timestamp { per_second, utc });
        assert_eq!(written(stamp(1_000, true), 1_591_833_600_001), "\"2020-06-11T00:00:00.001Z\"");
        assert_eq!(
            written(stamp(1_000_000_000, false), 1_591_833_600_000_000_042),
            "\"2020-06-11T00:00:00.000000042\""
        );
        assert_eq!(written(stamp(1_000_000, true), -1), "\"1969-12-31T23:59:59.999999Z\"");
        assert_eq!(written(kind(Meaning::Date), 18_424), "\"2020-06-11\"");
        assert_eq!(written(kind(Meaning::Time { per_second: 1_000 }), 3_723_500), "\"01:02:03.500\"");
        let mut out = Vec::new();
        Kind::int96(&mut out, &[0, 0, 0, 0, 0, 0, 0, 0, 0x8c, 0x3d, 0x25, 0]);
        assert_eq!(out, b"\"1970-01-01T00:00:00Z\"");
    }

    #[test]
    fn numbers_are_exact() {
        let kind = |stored, meaning| Kind { stored, meaning };
        assert_eq!(written(kind(Stored::Int32, Meaning::Unsigned), -1), "4294967295");
        assert_eq!(written(kind(Stored::Int64, Meaning::Unsigned), -1), "18446744073709551615");
        assert_eq!(written(kind(Stored::Int64, Meaning::Decimal { scale: 3 }), -5), "-0.005");
        let mut out = Vec::new();
        kind(Stored::Fixed(3), Meaning::Decimal { scale: 1 }).bytes(&mut out, &[0xff, 0xff, 0x85]);
        assert_eq!(out, b"-12.3");
    }

    #[test]
    fn text_is_escaped_and_bytes_are_hexadecimal() {
        let mut out = Vec::new();
        let plain = Kind { stored: Stored::Bytes, meaning: Meaning::Plain };
        plain.bytes(&mut out, "a\"b\\\n\u{1}\u{e9}".as_bytes());
        plain.bytes(&mut out, b"\xff\x00");
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"b\\\\\\n\\u0001\u{e9}\"\"ff00\"");
    }
}
