//! The world's outlines: Natural Earth's 1:110m land and borders (public domain), by npm's `world-atlas` 2.0.2.
//!
//! `outlines.bin` is made by `cargo xtask outlines PATH/TO/countries-110m.json`: per line one byte (0 land, 1 a hole in it,
//! 2 a border), the number of points, then longitude and latitude in hundredths of a degree, each as the zigzag varint of its
//! difference from the point before (from 0 for the first).

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The outer side of land.
    Land,
    /// Water inside land.
    Lake,
    /// Between two countries.
    Border,
}

/// A line: what it is, and its points as longitude and latitude in degrees.
pub(super) type Outline = (Kind, Vec<(f64, f64)>);

const BYTES: &[u8] = include_bytes!("outlines.bin");

/// All lines of the world.
pub(super) fn world() -> Vec<Outline> {
    let mut rest = BYTES;
    let mut out = Vec::new();
    while let Some((kind, after)) = rest.split_first() {
        rest = after;
        let kind = match kind {
            0 => Kind::Land,
            1 => Kind::Lake,
            _border => Kind::Border,
        };
        let count = varint(&mut rest);
        let (mut lon, mut lat) = (0_i64, 0_i64);
        let mut points = Vec::with_capacity(count as usize);
        for _ in 0..count {
            lon += unzigzag(varint(&mut rest));
            lat += unzigzag(varint(&mut rest));
            points.push((lon as f64 / 100.0, lat as f64 / 100.0));
        }
        out.push((kind, points));
    }
    out
}

/// Little-endian base 128, as in Protocol Buffers. Ends with the bytes, which are our own.
fn varint(rest: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0_u64, 0);
    while let Some((byte, after)) = rest.split_first() {
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_whole() {
        let world = world();
        assert!(BYTES.len() <= 60 * 1024);
        let count = |kind| world.iter().filter(|(k, _)| *k == kind).count();
        assert!(count(Kind::Land) > 100 && count(Kind::Border) > 200, "{} {}", count(Kind::Land), count(Kind::Border));
        let points = || world.iter().flat_map(|(_, points)| points);
        assert!(points().all(|(lon, lat)| lon.abs() <= 180.01 && lat.abs() <= 90.01));
    }
}
