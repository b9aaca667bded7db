//! Numbers from bytes, exactly: an overflow or a letter is no number, and nothing passes through a float.

/// A whole number without sign, such as a byte count. `None` when it is something else or beyond 2^64.
pub fn count(bytes: &[u8]) -> Option<u64> {
    // 19 digits always fit into 64 bits.
    if bytes.is_empty() || bytes.len() > 19 {
        return long_count(bytes);
    }
    digits(bytes)
}

/// At most nineteen digits, without a loop: how long a number is can't be foretold, and each wrong guess of the processor's costs as
/// much as reading it does.
#[inline]
fn digits(bytes: &[u8]) -> Option<u64> {
    const POWERS: [u64; 12] = {
        let mut powers = [1; 12];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    let Some((first, rest)) = bytes.split_first_chunk::<8>().filter(|(_, rest)| !rest.is_empty()) else {
        return eight(padded(bytes));
    };
    let high = eight(u64::from_le_bytes(*first))?;
    let low = match rest.len() {
        1..=8 => eight(behind(*bytes.last_chunk()?, rest.len()))?,
        _ => digits(rest)?,
    };
    Some(high * POWERS[rest.len()] + low)
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// At most eight bytes, with zeros written before them.
#[inline]
fn padded(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    // Two loads, which may overlap.
    let word = match length {
        0 => return ZEROS,
        1 => u64::from(bytes[0]),
        2..=3 => match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => {
                u64::from(u16::from_le_bytes(*first)) | u64::from(u16::from_le_bytes(*last)) << (8 * (length - 2))
            }
            _ => 0,
        },
        _ => match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4))
            }
            _ => 0,
        },
    };
    behind((word << (64 - 8 * length)).to_le_bytes(), length)
}

/// The last so many (1 to 8) of eight bytes, with zeros written before them.
#[inline]
fn behind(bytes: [u8; 8], length: usize) -> u64 {
    let before = u64::MAX >> 1 >> (8 * length - 1);
    u64::from_le_bytes(bytes) & !before | ZEROS & before
}

/// A whole number without sign that ends at this place of a line and is so long: as [`count`], at no branch for its length, since what
/// stands before it in the line is loaded with it.
#[inline]
pub fn count_in(line: &[u8], start: usize, end: usize) -> Option<u64> {
    let length = end.checked_sub(start)?;
    match line.get(..end)?.last_chunk::<8>() {
        Some(last) if (1..=8).contains(&length) => eight(behind(*last, length)),
        _ => count(line.get(start..end)?),
    }
}

/// Eight digits at once, the first in the lowest byte.
#[inline]
fn eight(word: u64) -> Option<u64> {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    if (word & HIGH) | ((word.wrapping_add(0x0606_0606_0606_0606) & HIGH) >> 4) != ZEROS | ZEROS >> 4 {
        return None;
    }
    let ones = word & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (ones.wrapping_mul(10) + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff)
}

fn long_count(bytes: &[u8]) -> Option<u64> {
    if bytes.len() != 20 {
        return None;
    }
    let (front, last) = (count(&bytes[..19])?, count(&bytes[19..])?);
    front.checked_mul(10)?.checked_add(last)
}

/// A port.
pub fn port(bytes: &[u8]) -> Option<u16> {
    count(bytes).and_then(|n| u16::try_from(n).ok())
}

/// A whole number without sign that may be written as a float (`25238.0`, `1e3`), as JSON writers do.
pub fn whole(bytes: &[u8]) -> Option<u64> {
    match count(bytes) {
        Some(n) => Some(n),
        None => {
            let decimal = Decimal::read(bytes)?;
            u64::try_from(decimal.scaled(0)?).ok().filter(|_| decimal.is_whole())
        }
    }
}

/// Decimal seconds (`0.000047`, `4.7e-05`, `-1`) as microseconds; what is finer is cut off.
pub fn micros(seconds: &[u8]) -> Option<i64> {
    match plain_micros(seconds) {
        Some(micros) => Some(micros),
        None => Decimal::read(seconds)?.scaled(6),
    }
}

/// Decimal seconds as nearly every record writes them (`1591837200.824370`: up to twelve digits, a point, digits), at a
/// fraction of [`Decimal`]'s cost. `None` says only that they are written otherwise.
pub fn plain_micros(bytes: &[u8]) -> Option<i64> {
    const SCALE: [i64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    // Six places, as Zeek writes them: the last eight bytes are a digit and the point, for which zeros stand in, and the places.
    if let Some((whole, last)) = bytes.split_last_chunk::<8>()
        && let [first @ b'0'..=b'9', b'.', ..] = last
        && whole.len() < 12
    {
        let places = eight(u64::from_le_bytes(*last) & !0xffff | 0x3030)?;
        let whole = digits(whole)? * 10 + u64::from(first - b'0');
        return Some((whole * 1_000_000 + places) as i64);
    }
    let mut value = 0_i64;
    let whole = bytes.iter().take(13).take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || whole > 12 {
        return None;
    }
    for byte in &bytes[..whole] {
        value = value * 10 + i64::from(byte - b'0');
    }
    let fraction = match &bytes[whole..] {
        [] => return Some(value * SCALE[0]),
        [b'.', fraction @ ..] => fraction,
        [..] => return None,
    };
    let places = fraction.len().min(6);
    for byte in &fraction[..places] {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    let rest = fraction[places..].iter().all(u8::is_ascii_digit);
    rest.then_some(value * SCALE[places])
}

/// A decimal number as written.
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'d> {
    negative: bool,
    whole: &'d [u8],
    fraction: &'d [u8],
    exponent: i32,
}

impl<'d> Decimal<'d> {
    /// Reads `-12.5e3`. At least one digit stands before the point.
    pub fn read(bytes: &'d [u8]) -> Option<Decimal<'d>> {
        let (negative, bytes) = match bytes.first()? {
            b'-' => (true, &bytes[1..]),
            b'+' => (false, &bytes[1..]),
            _ => (false, bytes),
        };
        let (mantissa, exponent) = match memchr::memchr2(b'e', b'E', bytes) {
            Some(at) => (&bytes[..at], read_exponent(&bytes[at + 1..])?),
            None => (bytes, 0),
        };
        let (whole, fraction) = match memchr::memchr(b'.', mantissa) {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &b""[..]),
        };
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        (!whole.is_empty() && digits(whole) && digits(fraction)).then_some(Decimal {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The number times 10^`shift`, cut off towards zero; `None` beyond 64 bits.
    pub fn scaled(&self, shift: i32) -> Option<i64> {
        let point = self.point(shift);
        let mut value = 0_i64;
        let mut taken = 0_i64;
        for byte in self.whole.iter().chain(self.fraction) {
            if taken >= point {
                break;
            }
            taken += 1;
            value = value.checked_mul(10)?.checked_sub(i64::from(byte - b'0'))?;
        }
        if value != 0 {
            for _ in taken..point {
                value = value.checked_mul(10)?;
            }
        }
        // Built downwards, so that the least i64 can be reached too.
        if self.negative { Some(value) } else { value.checked_neg() }
    }

    /// Whether nothing but zeros stands behind the point.
    pub fn is_whole(&self) -> bool {
        let point = usize::try_from(self.point(0)).unwrap_or(0);
        self.whole.iter().chain(self.fraction).skip(point).all(|b| *b == b'0')
    }

    /// How many of the digits stand before the point once shifted.
    fn point(&self, shift: i32) -> i64 {
        self.whole.len() as i64 + i64::from(self.exponent) + i64::from(shift)
    }
}

fn read_exponent(bytes: &[u8]) -> Option<i32> {
    let (sign, digits) = match bytes.first()? {
        b'-' => (-1, &bytes[1..]),
        b'+' => (1, &bytes[1..]),
        _ => (1, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // An exponent of ten digits or more is far beyond any number that fits; its sign is all that matters.
    Some(sign * i32::try_from(count(digits).unwrap_or(u64::MAX).min(1_000_000)).unwrap_or(1_000_000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_count_beyond_64_bits_is_none() {
        assert_eq!(count(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(count(b"18446744073709551616"), None);
        assert_eq!(count(&[b'9'; 400]), None);
        for bad in ["", "-1", "x", "1.5", "１", " 1", "+1", "0x10"] {
            assert_eq!(count(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_count_above_2_to_the_53_is_exact() {
        assert_eq!(whole(b"9007199254740993"), Some(9_007_199_254_740_993));
    }

    #[test]
    fn a_float_that_is_whole_is_a_count() {
        assert_eq!(whole(b"25238.0"), Some(25_238));
        assert_eq!(whole(b"1e3"), Some(1000));
        assert_eq!(whole(b"12.50e1"), Some(125));
        assert_eq!(whole(b"-0"), Some(0));
        for bad in ["1.5", "-1", "1e400", "1e-1", "1e", "e1", ".5", "--1", "1.2.3"] {
            assert_eq!(whole(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn seconds_keep_six_digits() {
        assert_eq!(micros(b"1588205199.82437"), Some(1_588_205_199_824_370));
        assert_eq!(micros(b"4.7e-05"), Some(47));
        assert_eq!(micros(b"0.0000479"), Some(47));
        assert_eq!(micros(b"-1.5"), Some(-1_500_000));
        assert_eq!(micros(b"1e-400"), Some(0));
        assert_eq!(micros(b"1e400"), None);
        assert_eq!(micros(b"0e400"), Some(0));
        assert_eq!(micros(b"9223372036854.775807"), Some(i64::MAX));
        assert_eq!(micros(b"-9223372036854.775808"), Some(i64::MIN));
        assert_eq!(micros(b"9223372036854.775808"), None);
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long_one(text in "[0-9]{0,13}[.]?[0-9e]{0,8}") {
            if let Some(micros) = plain_micros(text.as_bytes()) {
                prop_assert_eq!(Decimal::read(text.as_bytes()).and_then(|decimal| decimal.scaled(6)), Some(micros));
            }
        }

        #[test]
        fn counts_read_what_display_writes(n: u64) {
            prop_assert_eq!(count(n.to_string().as_bytes()), Some(n));
        }

        #[test]
        fn exponents_shift_the_point(n in 0_u32.., places in 0_i32..12) {
            let text = format!("{n}e-{places}");
            let expected = i128::from(n) * 1_000_000 / 10_i128.pow(places as u32);
            prop_assert_eq!(micros(text.as_bytes()).map(i128::from), Some(expected));
        }
    }
}
