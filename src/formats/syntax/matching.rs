//! Where a byte stands among sixty-four, as bits: in wide registers, without any code of ours that is unsafe.

/// Bit `n` is set where byte `n` is the `sought` one.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline]
pub fn places(bytes: &[u8; 64], sought: u8) -> u64 {
    // Plain loops over all of them are what compilers make wide registers of.
    let mut same = [0; 64];
    for (same, byte) in same.iter_mut().zip(bytes) {
        *same = u8::from(byte == &sought);
    }
    let mut places = 0;
    for (at, eight) in same.as_chunks::<8>().0.iter().enumerate() {
        // The product puts the lowest bits of eight bytes side by side into the highest byte.
        places |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
    }
    places
}

/// Bit `n` is set where byte `n` is the `sought` one.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline]
pub fn places(bytes: &[u8; 64], sought: u8) -> u64 {
    use std::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2};
    let mut places = 0;
    for (at, sixteen) in bytes.as_chunks::<16>().0.iter().enumerate() {
        let both = u128::from_le_bytes(*sixteen);
        let same = u8x16_eq(u64x2(both as u64, (both >> 64) as u64), u8x16_splat(sought));
        places |= u64::from(u8x16_bitmask(same)) << (16 * at);
    }
    places
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
        }
    }
}
