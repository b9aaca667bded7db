//! Addresses from bytes, with the port that some products write behind them.

use std::net::IpAddr;

use super::matching::places_of_16;
use crate::flow::canonical;

/// An address in its plain spelling. The zone of `fe80::1%eth0` names an interface of the machine that logged it, not
/// of the host, and is left out. `010.0.0.1` and `0x7f.1` mean different hosts to different programs and are none.
pub fn address(bytes: &[u8]) -> Option<IpAddr> {
    // The longest spelling is `xxxx:xxxx:xxxx:xxxx:xxxx:xxxx:255.255.255.255`; a zone may follow.
    if bytes.is_empty() || bytes.len() > 128 {
        return None;
    }
    if let Some(v4) = dotted_quad(bytes) {
        return Some(IpAddr::V4(v4.into()));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let bare = match text.split_once('%') {
        Some((bare, zone)) if !zone.is_empty() && bare.contains(':') => bare,
        Some(_) => return None,
        None => text,
    };
    bare.parse().ok().map(canonical)
}

/// An address that may carry its port: `192.0.2.1:99`, `[2001:db8::1]:443`, `[2001:db8::1]`, or plain.
pub fn address_and_port(bytes: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    if let Some(plain) = address(bytes) {
        return Some((plain, None));
    }
    if let Some(inner) = bytes.strip_prefix(b"[") {
        let end = memchr::memchr(b']', inner)?;
        let found = address(&inner[..end]).filter(IpAddr::is_ipv6)?;
        return match &inner[end + 1..] {
            b"" => Some((found, None)),
            [b':', digits @ ..] => Some((found, Some(super::number::port(digits)?))),
            [..] => None,
        };
    }
    let colon = memchr::memrchr(b':', bytes)?;
    let found = address(&bytes[..colon]).filter(IpAddr::is_ipv4)?;
    Some((found, Some(super::number::port(&bytes[colon + 1..])?)))
}

/// IPv4 as nearly every record writes it, at a fraction of the general parser's cost: all sixteen bytes at once, since how long each
/// number is can't be foretold.
#[inline]
fn dotted_quad(bytes: &[u8]) -> Option<[u8; 4]> {
    let length = bytes.len();
    // The text at the end of sixteen bytes, with zeros before it, as two words that overlap in what is loaded.
    let (low, high) = match length {
        8..=15 => {
            let (first, last) = (u64::from_le_bytes(*bytes.first_chunk()?), u64::from_le_bytes(*bytes.last_chunk()?));
            (first << (8 * (15 - length)) << 8, last)
        }
        7 => {
            let (first, last) = (u32::from_le_bytes(*bytes.first_chunk()?), u32::from_le_bytes(*bytes.last_chunk()?));
            (0, u64::from(first) << 8 | u64::from(last) << 32)
        }
        _ => return None,
    };
    let middle = low >> 32 | high << 32;
    let mut points = u32::from(places_of_16((u128::from(low) | u128::from(high) << 64).to_le_bytes(), b'.'));
    let (mut quad, mut wrong, mut start) = ([0; 4], 0, 16 - length);
    for (slot, number) in quad.iter_mut().enumerate() {
        // Behind the last number stands the end.
        let end = if slot < 3 { points.trailing_zeros() as usize } else { 16 };
        if slot < 3 {
            points &= points.wrapping_sub(1);
        }
        let places = end.wrapping_sub(start);
        if !(1..=3).contains(&places) {
            return None;
        }
        let (word, last) = match end {
            ..=8 => (low, end),
            9..=12 => (middle, end - 4),
            _ => (high, end - 8),
        };
        // The four bytes up to the end, the number's last place in the highest; of those before the number nothing is kept.
        let own = (word << (8 * (8 - last)) >> 32) as u32;
        let digits = (own ^ 0x3030_3030) & (u32::MAX << (32 - 8 * places));
        let value = (digits >> 24) + 10 * (digits >> 16 & 0xff) + 100 * (digits >> 8 & 0xff);
        // A leading zero is octal to some programs.
        let least = 0x64_0a00 >> (8 * (places - 1)) & 0xff;
        wrong |= (digits.wrapping_add(0x7676_7676) | digits) & 0x8080_8080 | value >> 8 | u32::from(value < least);
        (*number, start) = (value as u8, end + 1);
    }
    ((wrong | points) == 0).then_some(quad)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn odd_spellings_of_ipv4_are_no_address() {
        for bad in ["010.0.0.1", "0x7f.1", "127.1", "2130706433", "1.2.3.256", "1.2.3.4 ", "", "1.2.3.4.5", "-"] {
            assert_eq!(address(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_zone_is_not_part_of_the_host() {
        assert_eq!(address(b"fe80::1%eth0"), Some(ip("fe80::1")));
        assert_eq!(address(b"10.0.0.1%eth0"), None);
    }

    #[test]
    fn mapped_ipv4_is_ipv4() {
        assert_eq!(address(b"::ffff:192.0.2.1"), Some(ip("192.0.2.1")));
    }

    #[test]
    fn a_port_may_stand_behind() {
        assert_eq!(address_and_port(b"192.0.2.1:99"), Some((ip("192.0.2.1"), Some(99))));
        assert_eq!(address_and_port(b"[2001:db8::1]:443"), Some((ip("2001:db8::1"), Some(443))));
        assert_eq!(address_and_port(b"2001:db8::1"), Some((ip("2001:db8::1"), None)));
        for bad in ["192.0.2.1:", "192.0.2.1:70000", "[192.0.2.1]:1", "[2001:db8::1]443", "host:80"] {
            assert_eq!(address_and_port(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn addresses_are_read_as_the_standard_library_reads_them(text in "[0-9a-f:.]{0,20}") {
            let expected = text.parse::<IpAddr>().ok().map(canonical);
            prop_assert_eq!(address(text.as_bytes()), expected);
        }

        #[test]
        fn every_address_is_read_back(number: u128, v4: u32) {
            let (six, four) = (IpAddr::V6(number.into()), IpAddr::V4(v4.into()));
            prop_assert_eq!(address(six.to_string().as_bytes()), Some(canonical(six)));
            prop_assert_eq!(address(four.to_string().as_bytes()), Some(four));
        }
    }
}
