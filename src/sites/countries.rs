//! A table of countries by address, out of a MaxMind DB file that the user brings: who is outside, by country. The file's format is
//! MaxMind's, "MaxMind DB File Format Specification", version 2.0; of its records the country's code is read alone. The
//! table is made of it once, so that asking costs one look-up and a short search.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::mmdb::Database;

/// A country by its ISO 3166-1 alpha-2 code, in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Country([u8; 2]);

impl Country {
    /// The country of a code of two Latin letters.
    pub fn of(code: &str) -> Option<Country> {
        let [a, b] = code.as_bytes() else { return None };
        let letters = a.is_ascii_alphabetic() && b.is_ascii_alphabetic();
        letters.then_some(Country([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
    }

    /// A number below 676, each country its own.
    pub fn number(self) -> u16 {
        let [a, b] = self.0.map(|letter| u16::from(letter.saturating_sub(b'A').min(25)));
        a * 26 + b
    }

    /// The country of a number.
    pub fn numbered(number: u16) -> Country {
        let letter = |n: u16| b'A' + (n % 26) as u8;
        Country([letter(number / 26), letter(number)])
    }

    /// What is called so of the world outside: `external:TH`.
    pub fn outside(self) -> &'static str {
        static NAMES: OnceLock<Vec<String>> = OnceLock::new();
        let name = |number| {
            let [a, b] = Country::numbered(number).0.map(char::from);
            format!("{}:{a}{b}", super::EXTERNAL)
        };
        &NAMES.get_or_init(|| (0..676).map(name).collect())[usize::from(self.number())]
    }

    /// Its code: `TH`.
    pub fn code(self) -> &'static str {
        self.outside().rsplit(':').next().unwrap_or_default()
    }

    /// Reads what [`Country::outside`] says.
    pub fn read_outside(name: &str) -> Option<Country> {
        let (external, code) = name.split_once(':')?;
        external.eq_ignore_ascii_case(super::EXTERNAL).then(|| Country::of(code))?
    }
}

/// The table: where each stretch of addresses begins, and whose it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Countries {
    /// By the first 16 bits, where its stretches begin in `v4`.
    index: Vec<u32>,
    v4: Vec<(u32, u16)>,
    /// By the upper half of an address; no country ends within a /64.
    v6: Vec<(u64, u16)>,
    /// As it travels.
    packed: Vec<u8>,
}

/// Stands for no country.
const NOBODY: u16 = u16::MAX;

/// The stretches as they travel: by how far each begins behind the one before.
#[derive(Serialize, Deserialize)]
struct Packed {
    v4: Vec<(u32, u16)>,
    v6: Vec<(u64, u16)>,
}

impl Countries {
    /// Whether a file ends like a MaxMind DB.
    pub fn looks_like(bytes: &[u8]) -> bool {
        Database::metadata_of(bytes).is_some()
    }

    /// Reads a MaxMind DB whose records name countries; a sentence when it is none.
    pub fn read(bytes: &[u8]) -> Result<Countries, String> {
        let database = Database::open(bytes)?;
        let (mut v4, mut v6) = (Stretches::default(), Stretches::default());
        let number = |code: Option<String>| code.as_deref().and_then(Country::of).map_or(NOBODY, Country::number);
        database.each(&mut |begin, is_v6, code| match is_v6 {
            false => v4.begin((begin >> 96) as u32, number(code)),
            true => v6.begin((begin >> 64) as u64, number(code)),
        })?;
        if v4.0.iter().all(|(_, country)| *country == NOBODY) && v6.0.iter().all(|(_, country)| *country == NOBODY) {
            return Err(format!("a MaxMind DB of the type {:?}, whose records name no country", database.kind));
        }
        Ok(Countries::of(v4.0, v6.0))
    }

    fn of(v4: Vec<(u32, u16)>, v6: Vec<(u64, u16)>) -> Countries {
        let steps4 = v4.iter().scan(0, |last, (at, who)| Some((at.wrapping_sub(std::mem::replace(last, *at)), *who)));
        let steps6 = v6.iter().scan(0, |last, (at, who)| Some((at.wrapping_sub(std::mem::replace(last, *at)), *who)));
        let packed = Packed { v4: steps4.collect(), v6: steps6.collect() };
        let packed = postcard::to_allocvec(&packed).expect("numbers can be written");
        let index = (0..=1_u32 << 16).map(|upper| v4.partition_point(|(at, _)| at >> 16 < upper) as u32).collect();
        Countries { index, v4, v6, packed }
    }

    /// The country of an address; `None` where the table has none.
    pub fn of_address(&self, address: IpAddr) -> Option<Country> {
        let number = match address {
            IpAddr::V4(v4) => self.of_v4(v4),
            IpAddr::V6(v6) => self.of_v6(v6),
        };
        number.filter(|number| *number != NOBODY).map(Country::numbered)
    }

    fn of_v4(&self, address: Ipv4Addr) -> Option<u16> {
        let address = u32::from(address);
        let upper = (address >> 16) as usize;
        let (from, to) = (self.index[upper] as usize, self.index[upper + 1] as usize);
        // The stretch that it lies in begins here, or is the last one before.
        let at = from + self.v4[from..to].partition_point(|(begin, _)| *begin <= address);
        Some(self.v4[at.checked_sub(1)?].1)
    }

    fn of_v6(&self, address: Ipv6Addr) -> Option<u16> {
        let upper = (u128::from(address) >> 64) as u64;
        let at = self.v6.partition_point(|(begin, _)| *begin <= upper);
        Some(self.v6[at.checked_sub(1)?].1)
    }

    /// Tells tables apart.
    pub fn stamp(&self) -> u64 {
        self.packed.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// Stretches in order; one that goes on the one before is that one.
struct Stretches<T>(Vec<(T, u16)>);

impl<T> Default for Stretches<T> {
    fn default() -> Self {
        Stretches(Vec::new())
    }
}

impl<T: PartialEq> Stretches<T> {
    fn begin(&mut self, at: T, who: u16) {
        match self.0.last_mut() {
            Some((_, last)) if *last == who => {}
            // A finer range than what is told apart: the first one holds.
            Some((begin, _)) if *begin == at => {}
            _ => self.0.push((at, who)),
        }
    }
}

impl Serialize for Countries {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.packed)
    }
}

/// A table on its way to whoever reads files: an order for each file brings the same one, so the last is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedCountries(pub Arc<Countries>);

impl Serialize for SharedCountries {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedCountries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<SharedCountries, D::Error> {
        static LAST: Mutex<Option<Arc<Countries>>> = Mutex::new(None);
        let packed = <&[u8]>::deserialize(deserializer)?;
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = last.as_ref().filter(|own| own.packed == packed) {
            return Ok(SharedCountries(own.clone()));
        }
        let told: Packed =
            postcard::from_bytes(packed).map_err(|_broken| serde::de::Error::custom("no table of countries"))?;
        let v4 = told.v4.iter().scan(0_u32, |at, (step, who)| {
            *at = at.wrapping_add(*step);
            Some((*at, *who))
        });
        let v6 = told.v6.iter().scan(0_u64, |at, (step, who)| {
            *at = at.wrapping_add(*step);
            Some((*at, *who))
        });
        let table = Arc::new(Countries::of(v4.collect(), v6.collect()));
        *last = Some(table.clone());
        Ok(SharedCountries(table))
    }
}

#[cfg(test)]
mod tests {
    use super::super::mmdb::tests::{Node, database};
    use super::*;

    fn table() -> Countries {
        let thai = [("203.0.113.0", 24), ("2001:db8::", 32)];
        let nets: Vec<(Node, &str)> =
            thai.iter().map(|net| (*net, "TH")).chain([(("198.51.100.0", 25), "JP")]).collect();
        Countries::read(&database(&nets)).unwrap()
    }

    #[test]
    fn addresses_have_the_country_of_their_range() {
        let table = table();
        let of = |address: &str| table.of_address(address.parse().unwrap()).map(Country::outside);
        assert_eq!((of("203.0.113.0"), of("203.0.113.255")), (Some("external:TH"), Some("external:TH")));
        assert_eq!(
            (of("203.0.112.255"), of("203.0.114.0"), of("0.0.0.0"), of("255.255.255.255")),
            (None, None, None, None)
        );
        assert_eq!((of("198.51.100.127"), of("198.51.100.128")), (Some("external:JP"), None));
        assert_eq!((of("2001:db8:ffff::1"), of("2001:db9::")), (Some("external:TH"), None));
    }

    #[test]
    fn a_table_travels_as_it_is() {
        let shared = SharedCountries(Arc::new(table()));
        let bytes = postcard::to_allocvec(&shared).unwrap();
        let again: SharedCountries = postcard::from_bytes(&bytes).unwrap();
        assert!(again == shared && again.0.stamp() == shared.0.stamp());
    }

    #[test]
    fn countries_are_named_by_their_code() {
        let thailand = Country::of("th").unwrap();
        assert_eq!((thailand.outside(), Country::numbered(thailand.number())), ("external:TH", thailand));
        assert_eq!(Country::read_outside("External:th"), Some(thailand));
        for none in ["external", "external:", "external:THA", "external:T1", "TH"] {
            assert_eq!(Country::read_outside(none), None, "{none}");
        }
    }
}
