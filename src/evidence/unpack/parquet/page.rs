//! Pages of a column: unpacked, and their values read from whatever encoding they are in.

use super::super::budget::Budget;
use super::super::codec::{Fed, Method};
use super::super::gunzip::Gunzip;
use super::thrift::Struct;
use super::value::{Kind, Stored, Texts};
use super::{Fault, delta};

/// How large an unpacked page may be. Writers make them of a megabyte, some of a whole group.
const LARGEST: usize = 128 << 20;
/// How many values a page may hold.
pub(super) const MOST_VALUES: u64 = 1 << 24;

/// So much is unpacked at once, so that a page that holds more than it says is noticed before it went off.
const BITE: usize = 16 * 1024;

const CUT: Fault = "values end too early";
const PACKING: Fault = "a page can't be unpacked";

/// The numbers of parquet.thrift's `Encoding`.
pub(super) const PLAIN: i64 = 0;
pub(super) const RLE: i64 = 3;
pub(super) const PLAIN_DICTIONARY: i64 = 2;
pub(super) const RLE_DICTIONARY: i64 = 8;

/// The sizes that a page's header tells: unpacked and packed.
pub(super) fn sizes(header: &Struct<'_>) -> Result<(usize, usize), Fault> {
    let size = |number| header.count(number).and_then(|size| usize::try_from(size).ok());
    match (size(2), size(3)) {
        (Some(unpacked), Some(packed)) if unpacked <= LARGEST => Ok((unpacked, packed)),
        (Some(_), Some(_)) => Err("a page is over 128 MB"),
        _ => Err("a page does not say how long it is"),
    }
}

/// Unpacks so many bytes.
pub(super) fn unpack(codec: i64, packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    match codec {
        0 => out.extend_from_slice(packed),
        1 => {
            // The length that Snappy tells is what it will make room for.
            if snap::raw::decompress_len(packed) != Ok(length) {
                return Err(PACKING);
            }
            out = snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| PACKING)?;
        }
        2 => {
            let mut gunzip = Gunzip::default();
            for bite in packed.chunks(BITE) {
                gunzip.feed(bite, &Budget::default(), &mut |bytes| fill(&mut out, bytes, length));
                if out.len() > length {
                    break;
                }
            }
        }
        5 => out = hadoop(packed, length).or_else(|_| lz4(packed, length))?,
        6 => {
            let mut decoder = Method::Zstd.open();
            let mut fed = Fed::More;
            for bite in packed.chunks(BITE) {
                fed = decoder.feed(bite, &mut |bytes| fill(&mut out, bytes, length));
                if out.len() > length || !matches!(fed, Fed::More) {
                    break;
                }
            }
            if !matches!(fed, Fed::End(..)) {
                return Err(PACKING);
            }
        }
        7 => out = lz4(packed, length)?,
        4 => {
            return Err(
                "its pages are packed by Brotli, which Kyoten does not unpack: write it with zstd, gzip or Snappy",
            );
        }
        _ => return Err("its pages are packed by a method that Kyoten does not know"),
    }
    if out.len() == length { Ok(out) } else { Err(PACKING) }
}

/// Adds what was unpacked, up to one byte more than there should be.
fn fill(out: &mut Vec<u8>, bytes: &[u8], length: usize) {
    let room = (length + 1).saturating_sub(out.len());
    out.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

fn lz4(packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    lz4_flex::block::decompress(packed, length).map_err(|_| PACKING)
}

/// LZ4 blocks as Hadoop frames them: each after its two lengths, the unpacked first.
fn hadoop(packed: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let (mut rest, mut out) = (packed, Vec::new());
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [unpacked, own] =
            [0, 4].map(|at| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize);
        let block = body.get(..own).ok_or(PACKING)?;
        if out.len() + unpacked > length {
            return Err(PACKING);
        }
        out.extend(lz4(block, unpacked)?);
        rest = &body[own..];
    }
    if rest.is_empty() && out.len() == length { Ok(out) } else { Err(PACKING) }
}

/// Reads at most so many values, none of them missing.
pub(super) fn values(kind: Kind, encoding: i64, bytes: &[u8], most: usize) -> Result<Texts, Fault> {
    let mut texts = Texts::default();
    match (encoding, kind.stored) {
        (PLAIN, _) => plain(kind, bytes, most, &mut texts)?,
        (RLE, Stored::Boolean) => {
            let (length, bits) = bytes.split_first_chunk::<4>().ok_or(CUT)?;
            let end = (u32::from_le_bytes(*length) as usize).min(bits.len());
            let mut hybrid = super::hybrid::Hybrid::new(1, 0, end)?;
            // How many there are is known only by how many are missing.
            while texts.len() < most
                && let Ok(value) = hybrid.next(bits)
            {
                texts.push(|out| Kind::boolean(out, value == 1))?;
            }
        }
        (5, Stored::Int32 | Stored::Int64) => {
            delta::numbers(bytes, most, |value| {
                // Of 32 bits, differences pass over the end and come back.
                let value = if kind.stored == Stored::Int32 { i64::from(value as i32) } else { value };
                texts.push(|out| kind.integer(out, value))
            })?;
        }
        (6, Stored::Bytes) => delta::texts(bytes, most, |text| texts.push(|out| kind.bytes(out, text)))?,
        (7, Stored::Bytes | Stored::Fixed(_)) => {
            delta::front_coded(bytes, most, |text| texts.push(|out| kind.bytes(out, text)))?;
        }
        (9, stored) => {
            let width = width(stored).ok_or("values are in an encoding that is not for their type")?;
            let count = bytes.len() / width;
            let joined: Vec<u8> =
                (0..count).flat_map(|at| (0..width).map(move |byte| bytes[byte * count + at])).collect();
            plain(kind, &joined, most, &mut texts)?;
        }
        _ => return Err("values are in an encoding that Kyoten does not know, or that is not for their type"),
    }
    Ok(texts)
}

/// How many bytes each value has, where all have as many.
fn width(stored: Stored) -> Option<usize> {
    match stored {
        Stored::Int32 | Stored::Float => Some(4),
        Stored::Int64 | Stored::Double => Some(8),
        Stored::Int96 => Some(12),
        Stored::Fixed(width) => Some(width),
        Stored::Boolean | Stored::Bytes => None,
    }
}

/// PLAIN: as they are, one behind the other.
fn plain(kind: Kind, bytes: &[u8], most: usize, texts: &mut Texts) -> Result<(), Fault> {
    if kind.stored == Stored::Boolean {
        for at in 0..most.min(bytes.len() * 8) {
            texts.push(|out| Kind::boolean(out, bytes[at / 8] >> (at % 8) & 1 == 1))?;
        }
        return Ok(());
    }
    let Some(width) = width(kind.stored) else {
        let mut rest = bytes;
        while let Some((length, behind)) = rest.split_first_chunk::<4>().filter(|_| texts.len() < most) {
            let (text, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(CUT)?;
            rest = behind;
            texts.push(|out| kind.bytes(out, text))?;
        }
        return Ok(());
    };
    for value in bytes.chunks_exact(width).take(most) {
        let word = || value.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        texts.push(|out| match kind.stored {
            Stored::Int32 => kind.integer(out, i64::from(word() as u32 as i32)),
            Stored::Int64 => kind.integer(out, word().cast_signed()),
            // Written as what it is: a float of 32 bits as a double would have digits that nobody wrote.
            Stored::Float => Kind::float(out, f32::from_bits(word() as u32).to_string().parse().unwrap_or(f64::NAN)),
            Stored::Double => Kind::float(out, f64::from_bits(word())),
            Stored::Int96 => match value.first_chunk() {
                Some(value) => Kind::int96(out, value),
                None => out.extend_from_slice(b"null"),
            },
            Stored::Fixed(_) | Stored::Bytes | Stored::Boolean => kind.bytes(out, value),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_page_that_holds_more_or_less_than_it_says_is_refused() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'x'; 1 << 20]).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(unpack(2, &packed, 1 << 20).map(|page| page.len()), Ok(1 << 20));
        for length in [0, 10, (1 << 20) - 1, (1 << 20) + 1] {
            assert_eq!(unpack(2, &packed, length), Err(PACKING), "{length}");
        }
        let zstd = ruzstd::encoding::compress_to_vec(&[b'x'; 100_000][..], ruzstd::encoding::CompressionLevel::Fastest);
        assert_eq!(unpack(6, &zstd, 100_000).map(|page| page.len()), Ok(100_000));
        assert_eq!(unpack(6, &zstd, 99_999), Err(PACKING));
        assert_eq!(unpack(6, &zstd[..zstd.len() - 1], 100_000), Err(PACKING));
    }
}
