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
    }
}
