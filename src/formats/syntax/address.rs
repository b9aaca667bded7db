//! Addresses from bytes, with the port that some products write behind them.

use std::net::IpAddr;

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

/// IPv4 as nearly every record writes it, at a fraction of the general parser's cost.
fn dotted_quad(bytes: &[u8]) -> Option<[u8; 4]> {
    if !(7..=15).contains(&bytes.len()) {
        return None;
    }
    let mut quad = [0_u8; 4];
    let (mut slot, mut value, mut digits) = (0, 0_u32, 0);
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            // A leading zero is octal to some programs.
            if digits == 3 || (digits > 0 && value == 0) {
                return None;
            }
            value = value * 10 + u32::from(digit);
            digits += 1;
        } else {
            if *byte != b'.' || digits == 0 || slot == 3 {
                return None;
            }
            quad[slot] = u8::try_from(value).ok()?;
            (slot, value, digits) = (slot + 1, 0, 0);
        }
    }
    if slot != 3 || digits == 0 {
        return None;
    }
    quad[3] = u8::try_from(value).ok()?;
    Some(quad)
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
