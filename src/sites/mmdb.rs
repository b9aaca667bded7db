//! Reads a MaxMind DB as far as countries need it: the search tree whole, and of each record the country's code. After the "MaxMind DB
//! File Format Specification", version 2.0. A file may come from anybody: every step in it is bounded.

use std::collections::BTreeMap;

/// What stands before the metadata, which is the last thing in the file.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// The metadata is at most so long, says the specification.
const LONGEST_METADATA: usize = 128 * 1024;
/// Values lie in values, and pointers lead to values, no deeper than this.
const DEEPEST: usize = 16;
/// The longest name of a database's type that is told.
const LONGEST_KIND: usize = 80;

/// An opened database.
pub struct Database<'b> {
    tree: &'b [u8],
    data: &'b [u8],
    nodes: u32,
    record_bits: usize,
    ip_version: u64,
    /// What it says that it is: `GeoLite2-Country`.
    pub kind: String,
}

/// Takes where a range begins (as an IPv6 address in the upper bits; an IPv4 one in the uppermost 32), whether it is of
/// IPv6, and the code of its country. Ranges come in order and leave nothing out.
pub type Taker<'t> = dyn FnMut(u128, bool, Option<String>) + 't;

impl<'b> Database<'b> {
    /// The metadata of a file, if it ends like one.
    pub fn metadata_of(bytes: &[u8]) -> Option<&[u8]> {
        let from = bytes.len().saturating_sub(LONGEST_METADATA);
        let at = memchr::memmem::rfind(&bytes[from..], MARKER)?;
        Some(&bytes[from + at + MARKER.len()..])
    }

    /// Opens a file; a sentence when it can't be.
    pub fn open(bytes: &'b [u8]) -> Result<Database<'b>, String> {
        let metadata = Database::metadata_of(bytes).ok_or("not a MaxMind DB")?;
        let number = |name: &str| Value::at(metadata, 0)?.get(name)?.number();
        let version = number("binary_format_major_version").ok_or("a MaxMind DB without a version")?;
        if version != 2 {
            return Err(format!("a MaxMind DB of version {version}; this Kyoten reads version 2"));
        }
        let nodes = number("node_count").and_then(|n| u32::try_from(n).ok()).ok_or("a MaxMind DB without nodes")?;
        let record_bits = number("record_size").unwrap_or_default() as usize;
        if !matches!(record_bits, 24 | 28 | 32) {
            return Err(format!("a MaxMind DB with records of {record_bits} bits"));
        }
        // In the page, whose addresses have 32 bits, the product may be larger than any file.
        let length = (nodes as usize).checked_mul(record_bits / 4);
        let (tree, rest) =
            length.and_then(|length| bytes.split_at_checked(length)).ok_or("a MaxMind DB that is cut off")?;
        let kind = Value::at(metadata, 0).and_then(|map| map.get("database_type")?.text().map(str::to_owned));
        let kind = kind.unwrap_or_default().chars().take(LONGEST_KIND).collect();
        let data = rest.get(16..).ok_or("a MaxMind DB that is cut off")?;
        let ip_version = number("ip_version").unwrap_or(4);
        Ok(Database { tree, data, nodes, record_bits, ip_version, kind })
    }

    /// Visits every range with its country, in order of address.
    pub fn each(&self, take: &mut Taker<'_>) -> Result<(), String> {
        // A tree visits each node once; nodes that several lead to (aliases of IPv4 in IPv6) are left out below.
        let mut steps = u64::from(self.nodes) * 2 + 256;
        let mut known: BTreeMap<u32, Option<String>> = BTreeMap::new();
        let mut walk = Walk { database: self, steps: &mut steps, known: &mut known, take };
        if self.ip_version == 6 {
            // IPv4 lies under ninety-six zero bits.
            let mut v4 = 0;
            for _ in 0..96 {
                v4 = if v4 < self.nodes { self.record(v4, 0)? } else { v4 };
            }
            walk.visit(v4, 0, 0, 32, false)?;
            walk.visit(0, 0, 0, 64, true)
        } else {
            walk.visit(0, 0, 0, 32, false)
        }
    }

    /// The left or the right record of a node.
    fn record(&self, node: u32, side: usize) -> Result<u32, String> {
        let size = self.record_bits / 4;
        let at = node as usize * size;
        let node = self.tree.get(at..at + size).ok_or("a MaxMind DB whose tree leads out of it")?;
        let big = |bytes: &[u8]| bytes.iter().fold(0_u32, |acc, byte| acc << 8 | u32::from(*byte));
        Ok(match (self.record_bits, side) {
            (24, side) => big(&node[side * 3..side * 3 + 3]),
            (28, 0) => u32::from(node[3] >> 4) << 24 | big(&node[..3]),
            (28, _) => u32::from(node[3] & 15) << 24 | big(&node[4..7]),
            (_, side) => big(&node[side * 4..side * 4 + 4]),
        })
    }

    /// The code of the country in a record of the data section.
    fn country(&self, record: u32) -> Option<String> {
        let at = (record - self.nodes).checked_sub(16)? as usize;
        let map = Value::at(self.data, at)?;
        let code = |name: &str, inner: &str| map.get(name)?.get(inner)?.text().map(str::to_owned);
        let plain = |name: &str| map.get(name)?.text().map(str::to_owned);
        let nested = code("country", "iso_code").or_else(|| code("registered_country", "iso_code"));
        nested.or_else(|| plain("country_code")).or_else(|| plain("country"))
    }
}

struct Walk<'w, 'b, 't> {
    database: &'w Database<'b>,
    steps: &'w mut u64,
    /// Countries by record, of which there are few.
    known: &'w mut BTreeMap<u32, Option<String>>,
    take: &'w mut Taker<'t>,
}

impl Walk<'_, '_, '_> {
    /// Visits what lies under a record, `depth` bits below the root; nothing finer than `most` bits is told apart.
    fn visit(&mut self, record: u32, begin: u128, depth: u32, most: u32, is_v6: bool) -> Result<(), String> {
        *self.steps = self.steps.checked_sub(1).ok_or("a MaxMind DB whose tree leads back into itself")?;
        let nodes = self.database.nodes;
        // What stands for IPv4 (::/96 and ::ffff:0:0/96), Teredo and 6to4 (2001::/32, 2002::/16) are no addresses of IPv6.
        let alias = is_v6
            && ((depth == 16 && (begin >> 112 == 0 || begin >> 112 == 0x2002))
                || (depth == 32 && begin >> 96 == 0x2001_0000));
        if record < nodes && depth < most && !alias {
            let bit = 1_u128 << (127 - depth);
            let (left, right) = (self.database.record(record, 0)?, self.database.record(record, 1)?);
            self.visit(left, begin, depth + 1, most, is_v6)?;
            return self.visit(right, begin | bit, depth + 1, most, is_v6);
        }
        let country = if record <= nodes || alias {
            None
        } else {
            let database = self.database;
            self.known.entry(record).or_insert_with(|| database.country(record)).clone()
        };
        (self.take)(begin, is_v6, country);
        Ok(())
    }
}

/// A value of the data section.
struct Value<'v> {
    section: &'v [u8],
    kind: u8,
    /// Length in bytes, or number of entries.
    size: usize,
    /// Where what it holds begins.
    at: usize,
}

impl<'v> Value<'v> {
    fn at(section: &'v [u8], at: usize) -> Option<Value<'v>> {
        Value::beside(section, at, 0).map(|(value, _)| value)
    }

    /// The value, and where the next one stands if it was a pointer.
    fn beside(section: &'v [u8], mut at: usize, depth: usize) -> Option<(Value<'v>, Option<usize>)> {
        let control = *section.get(at)?;
        at += 1;
        let big = |from: usize, count: usize| {
            Some(
                section
                    .get(from..from.checked_add(count)?)?
                    .iter()
                    .fold(0_usize, |acc, byte| acc << 8 | usize::from(*byte)),
            )
        };
        if control >> 5 == 1 {
            let (extra, high) = (usize::from(control >> 3 & 3), usize::from(control & 7));
            let to = match extra {
                0 => high << 8 | big(at, 1)?,
                1 => (high << 16 | big(at, 2)?) + 2048,
                2 => (high << 24 | big(at, 3)?) + 526_336,
                _ => big(at, 4)?,
            };
            let next = at + extra + 1;
            let depth = Some(depth + 1).filter(|depth| *depth < DEEPEST)?;
            return Value::beside(section, to, depth).map(|(value, _)| (value, Some(next)));
        }
        let mut kind = control >> 5;
        if kind == 0 {
            kind = section.get(at)?.checked_add(7)?;
            at += 1;
        }
        let size = match control & 31 {
            29 => 29 + big(at, 1)?,
            30 => 285 + big(at, 2)?,
            31 => 65_821 + big(at, 3)?,
            size => usize::from(size),
        };
        at += usize::from((control & 31).saturating_sub(28));
        Some((Value { section, kind, size, at }, None))
    }

    /// Where the next value stands; the entries of maps and arrays are walked through.
    fn end(&self, depth: usize) -> Option<usize> {
        let entries = match self.kind {
            7 => self.size.checked_mul(2)?,
            11 => self.size,
            // A boolean is its size.
            14 => return Some(self.at),
            _ => return self.at.checked_add(self.size),
        };
        let depth = Some(depth + 1).filter(|depth| *depth < DEEPEST)?;
        let mut at = self.at;
        for _ in 0..entries {
            let (value, next) = Value::beside(self.section, at, 0)?;
            at = match next {
                Some(next) => next,
                None => value.end(depth)?,
            };
        }
        Some(at)
    }

    /// The value of a key, of a map.
    fn get(&self, name: &str) -> Option<Value<'v>> {
        if self.kind != 7 {
            return None;
        }
        let mut at = self.at;
        for _ in 0..self.size {
            let (key, next) = Value::beside(self.section, at, 0)?;
            let at_value = match next {
                Some(next) => next,
                None => key.end(0)?,
            };
            let (value, next) = Value::beside(self.section, at_value, 0)?;
            if key.text() == Some(name) {
                return Some(value);
            }
            at = match next {
                Some(next) => next,
                None => value.end(0)?,
            };
        }
        None
    }

    fn text(&self) -> Option<&'v str> {
        let bytes = self.section.get(self.at..self.at.checked_add(self.size)?)?;
        (self.kind == 2).then(|| std::str::from_utf8(bytes).ok())?
    }

    /// An unsigned number of up to 64 bits.
    fn number(&self) -> Option<u64> {
        let bytes = self.section.get(self.at..self.at.checked_add(self.size)?)?;
        let fits = matches!(self.kind, 5 | 6 | 9) && self.size <= 8;
        fits.then(|| bytes.iter().fold(0, |acc, byte| acc << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::net::IpAddr;

    /// A range: address and length of its prefix.
    pub type Node = (&'static str, u32);

    fn text(text: &str) -> Vec<u8> {
        [&[0x40 | text.len() as u8], text.as_bytes()].concat()
    }

    /// A database of these ranges with records of 28 bits, whose countries stand as GeoLite's do.
    pub fn database(nets: &[(Node, &str)]) -> Vec<u8> {
        let (mut tree, mut data): (Vec<[Option<u32>; 2]>, Vec<u8>) = (vec![[None; 2]], Vec::new());
        let mut leaves: Vec<(usize, usize, u32)> = Vec::new();
        for ((address, length), code) in nets {
            let (bits, length) = match address.parse().unwrap() {
                IpAddr::V4(v4) => (u128::from(u32::from(v4)), length + 96),
                IpAddr::V6(v6) => (u128::from(v6), *length),
            };
            let mut node = 0;
            for depth in 0..length - 1 {
                let side = (bits >> (127 - depth) & 1) as usize;
                node = match tree[node][side] {
                    Some(next) => next as usize,
                    None => {
                        tree.push([None; 2]);
                        tree[node][side] = Some(tree.len() as u32 - 1);
                        tree.len() - 1
                    }
                };
            }
            leaves.push((node, (bits >> (128 - length) & 1) as usize, data.len() as u32));
            data.extend([vec![0xe1], text("country"), vec![0xe1], text("iso_code"), text(code)].concat());
        }
        let nodes = tree.len() as u32;
        let mut out = Vec::new();
        for (n, sides) in tree.iter().enumerate() {
            let side = |side: usize| {
                let leaf = leaves.iter().find(|(node, own, _)| (*node, *own) == (n, side));
                leaf.map_or(sides[side].unwrap_or(nodes), |(_, _, at)| nodes + 16 + at)
            };
            let (left, right) = (side(0), side(1));
            out.extend(&left.to_be_bytes()[1..]);
            out.push((left >> 24 << 4 | right >> 24) as u8);
            out.extend(&right.to_be_bytes()[1..]);
        }
        out.extend([0; 16]);
        out.extend(&data);
        out.extend(MARKER);
        let number = |name: &str, n: u32| [text(name), vec![0xc4], n.to_be_bytes().to_vec()].concat();
        out.push(0xe5);
        out.extend(number("node_count", nodes));
        out.extend(number("record_size", 28));
        out.extend(number("ip_version", 6));
        out.extend(number("binary_format_major_version", 2));
        out.extend([text("database_type"), text("Test-Country")].concat());
        out
    }

    fn ranges(bytes: &[u8]) -> Result<Vec<(u128, bool, Option<String>)>, String> {
        let mut found = Vec::new();
        Database::open(bytes)?.each(&mut |begin, is_v6, code| found.push((begin, is_v6, code)))?;
        Ok(found)
    }

    #[test]
    fn ranges_come_in_order_with_their_country() {
        let found = ranges(&database(&[(("203.0.113.0", 24), "TH"), (("2001:db8::", 32), "JP")])).unwrap();
        assert!(found.is_sorted_by_key(|(begin, is_v6, _)| (*is_v6, *begin)));
        let named: Vec<_> = found.iter().filter_map(|(begin, _, code)| Some((*begin, code.as_deref()?))).collect();
        assert_eq!(named, [(0xcb00_7100 << 96, "TH"), (0x2001_0db8 << 96, "JP")]);
    }

    #[test]
    fn damaged_files_end_in_a_sentence_or_in_less() {
        let bytes = database(&[(("203.0.113.0", 24), "TH"), (("198.51.100.0", 24), "JP")]);
        for at in 0..bytes.len() {
            _ = ranges(&bytes[..at]);
            for byte in [0, 0xff, bytes[at] ^ 0x20] {
                let mut damaged = bytes.clone();
                damaged[at] = byte;
                _ = ranges(&damaged);
            }
        }
        assert!(ranges(b"").is_err() && ranges(MARKER).is_err());
        // A node that leads to itself.
        let mut looped = bytes;
        looped[..7].fill(0);
        assert!(ranges(&looped).is_err());
    }
}
