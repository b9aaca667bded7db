//! The encodings of a Parquet page that write differences (parquet-format, "Encodings"): DELTA_BINARY_PACKED for whole numbers,
//! DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY for text.

use super::Fault;
use super::hybrid::packed;
use super::thrift::Reader;

const CUT: Fault = "differences of values end too early";

/// Hands out whole numbers, at most `most` of them; what stands behind them.
pub(super) fn numbers(
    bytes: &[u8],
    most: usize,
    mut take: impl FnMut(i64) -> Result<(), Fault>,
) -> Result<&[u8], Fault> {
    let mut reader = Reader { rest: bytes };
    let (block, minis) = (reader.varint()?, reader.varint()?);
    let (total, mut value) = (reader.varint()?, reader.zigzag()?);
    let each = block.checked_div(minis).filter(|each| *each > 0 && *each <= 1 << 16);
    let each = each.ok_or("differences are in blocks of no possible size")?;
    if minis > 1 << 10 || total > most as u64 {
        return Err("differences are of more values than the page has");
    }
    let mut left = total;
    if left > 0 {
        take(value)?;
        left -= 1;
    }
    while left > 0 {
        let least = reader.zigzag()?;
        let (widths, rest) = reader.rest.split_at_checked(minis as usize).ok_or(CUT)?;
        reader.rest = rest;
        for width in widths {
            if left == 0 {
                break;
            }
            let width = u32::from(*width);
            if width > 64 {
                return Err("differences have more than 64 bits");
            }
            let length = (each * u64::from(width)).div_ceil(8) as usize;
            let own = reader.rest.get(..length.min(reader.rest.len())).unwrap_or_default();
            for at in 0..each.min(left) {
                let step = packed(own, at * u64::from(width), width).ok_or(CUT)?;
                value = value.wrapping_add(least).wrapping_add(step.cast_signed());
                take(value)?;
            }
            left -= each.min(left);
            reader.rest = &reader.rest[own.len()..];
        }
    }
    Ok(reader.rest)
}

/// Hands out texts whose lengths stand before them.
pub(super) fn texts<'p>(
    bytes: &'p [u8],
    most: usize,
    mut take: impl FnMut(&'p [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut lengths = Vec::new();
    let mut rest = numbers(bytes, most, |length| {
        lengths.push(usize::try_from(length).map_err(|_| CUT)?);
        Ok(())
    })?;
    for length in lengths {
        let (text, behind) = rest.split_at_checked(length).ok_or(CUT)?;
        rest = behind;
        take(text)?;
    }
    Ok(())
}

/// Hands out texts of which each begins as the one before it.
pub(super) fn front_coded(
    bytes: &[u8],
    most: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut shared = Vec::new();
    let rest = numbers(bytes, most, |length| {
        shared.push(usize::try_from(length).map_err(|_| CUT)?);
        Ok(())
    })?;
    let (mut text, mut shared): (Vec<u8>, _) = (Vec::new(), shared.into_iter());
    texts(rest, most, |end| {
        let kept = shared.next().filter(|kept| *kept <= text.len()).ok_or(CUT)?;
        text.truncate(kept);
        text.extend_from_slice(end);
        take(&text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<i64>, Fault> {
        let mut read = Vec::new();
        numbers(bytes, 100, |value| {
            read.push(value);
            Ok(())
        })?;
        Ok(read)
    }

    #[test]
    fn the_specifications_example_is_read() {
        // 7, 5, 3, 1, 2, 3, 4, 5: the least difference is -2, and of those above it each takes two bits.
        let bytes = [128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b1111_1111, 0, 0, 0, 0, 0, 0];
        assert_eq!(read(&bytes).unwrap(), [7, 5, 3, 1, 2, 3, 4, 5]);
        assert_eq!(read(&bytes[..10]), Err(CUT));
        assert!(read(&[128, 1, 4, 200, 1, 14]).is_err(), "more values than the page has");
    }
}
