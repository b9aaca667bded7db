//! Where one of a few bytes stands first, in text where that is mostly near: eight bytes at a time, since most stretches end before a search
//! by wide registers has begun.

/// Where the first of the bytes that are `sought` stands.
#[inline]
pub fn first_of<const N: usize>(bytes: &[u8], sought: [u8; N]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 255;
    let (eights, rest) = bytes.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        let word = u64::from_le_bytes(*eight);
        let mut found = 0;
        for byte in sought {
            let other = word ^ (EACH * u64::from(byte));
            found |= other.wrapping_sub(EACH) & !other & (EACH << 7);
        }
        if found != 0 {
            // A borrow may mark bytes behind the first one, never before it.
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let before = bytes.len() - rest.len();
    rest.iter().position(|byte| sought.contains(byte)).map(|at| before + at)
}

/// How many decimal digits the bytes begin with.
#[inline]
pub fn digits_ahead(bytes: &[u8]) -> usize {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let (eights, rest) = bytes.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        let word = u64::from_le_bytes(*eight);
        // A carry may mark bytes behind the first one that is no digit, never before it.
        let other = (word & HIGH ^ ZEROS) | (word.wrapping_add(0x0606_0606_0606_0606) & HIGH ^ ZEROS);
        if other != 0 {
            return at * 8 + other.trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether bytes begin with others, most of which are a word or two.
#[inline]
pub fn begins(bytes: &[u8], others: &[u8]) -> bool {
    let Some(own) = bytes.get(..others.len()) else { return false };
    match (own.first_chunk::<8>(), others.first_chunk::<8>()) {
        (Some(first), Some(other)) => {
            let last = own.last_chunk::<8>() == others.last_chunk::<8>();
            first == other && last && (own.len() <= 16 || own[8..] == others[8..])
        }
        _ => match (own.first_chunk::<4>(), others.first_chunk::<4>()) {
            (Some(first), Some(other)) => first == other && own.last_chunk::<4>() == others.last_chunk::<4>(),
            _ => own == others,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_is_found(
            bytes in prop::collection::vec(prop::sample::select(b"aaaa\"\\\n\x00\x01\xff!#]".to_vec()), 0..40),
        ) {
            let plainly = |sought: &[u8]| bytes.iter().position(|byte| sought.contains(byte));
            prop_assert_eq!(first_of(&bytes, [b'"']), plainly(b"\""));
            prop_assert_eq!(first_of(&bytes, [b'"', b'\\']), plainly(b"\"\\"));
            prop_assert_eq!(first_of(&bytes, [b'"', b'\\', b'\n']), plainly(b"\"\\\n"));
        }

        #[test]
        fn digits_are_counted(bytes in prop::collection::vec(prop::sample::select(b"0123456789999/:\xff\xfa*".to_vec()), 0..30)) {
            prop_assert_eq!(digits_ahead(&bytes), bytes.iter().take_while(|byte| byte.is_ascii_digit()).count());
        }

        #[test]
        fn what_bytes_begin_with_is_told(
            bytes in prop::collection::vec(0_u8..2, 0..40), length in 0_usize..40, change in prop::option::of(0_usize..40),
        ) {
            let mut others = bytes[..length.min(bytes.len())].to_vec();
            if let Some(other) = change.and_then(|at| others.get_mut(at)) {
                *other ^= 1;
            }
            prop_assert_eq!(begins(&bytes, &others), bytes.starts_with(&others));
            others.push(7);
            prop_assert!(!begins(&bytes, &others));
        }
    }
}
