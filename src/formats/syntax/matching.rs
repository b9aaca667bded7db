//! Where a byte stands among sixteen or sixty-four, as bits: in wide registers.

use wide::u8x16;

/// Bit `n` is set where byte `n` is the `sought` one.
#[inline]
pub fn places(bytes: &[u8; 64], sought: u8) -> u64 {
    let mut places = 0;
    for (at, sixteen) in bytes.as_chunks::<16>().0.iter().enumerate() {
        places |= u64::from(places_of_16(*sixteen, sought)) << (16 * at);
    }
    places
}

/// Bit `n` is set where byte `n` is the `sought` one.
#[inline]
pub fn places_of_16(bytes: [u8; 16], sought: u8) -> u16 {
    u8x16::new(bytes).simd_eq(u8x16::splat(sought)).to_bitmask() as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_is_told(bytes in prop::collection::vec(prop::sample::select(b"\t\x08\x89\x0a\xff".to_vec()), 64)) {
            let expected = (0..64).filter(|at| bytes[*at] == b'\t').map(|at| 1 << at).sum::<u64>();
            prop_assert_eq!(places(bytes.first_chunk().unwrap(), b'\t'), expected);
            prop_assert_eq!(places_of_16(*bytes.first_chunk().unwrap(), b'\t'), expected as u16);
        }
    }
}
