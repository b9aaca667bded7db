//! An address or a host name → a site: the book of sites, its import, and a first guess where there is no book.
//!
//! Invariant: the same book gives the same site for the same address in the same evidence, always; longest prefix wins.

mod countries;
mod dialect;
pub mod export;
pub mod guess;
pub mod import;
pub mod intervals;
mod mmdb;
mod pattern;
mod places;
mod pseudonym;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

pub use countries::{Countries, Country, SharedCountries};
pub use pattern::Pattern;
pub use places::{Parties, Places, without_book};
pub use pseudonym::pseudonym;

/// A place of the organisation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Site {
    /// Its name, as the organisation says it. Unique in a book.
    pub name: String,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: Option<String>,
    /// IANA time zone name.
    pub timezone: Option<String>,
    /// Latitude and longitude in degrees.
    pub position: Option<(f64, f64)>,
    /// What it is for: `plant`, `office`, `datacentre`.
    pub role: Option<String>,
    /// Whom to call.
    pub contact: Option<String>,
    /// Its address ranges.
    pub ranges: Vec<Range>,
    /// Its host names: `*` stands for any run of characters, `?` for one; case is ignored.
    pub host_patterns: Vec<String>,
    /// Kyoten guessed its ranges; a person may have named it since.
    pub guessed: bool,
}

/// An address range of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The addresses.
    pub net: IpNet,
    /// Only in evidence whose file name contains this (`*` and `?` as in host patterns): two plants may both use 192.168.1.0/24.
    pub source: Option<String>,
}

/// All sites. Invariant: a site keeps its place for as long as a ledger was counted by the book, because a
/// [`Locus::Site`] names the place; renaming never moves it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SiteBook {
    /// The sites: by name as imported, by range as guessed.
    pub sites: Vec<Site>,
}

impl SiteBook {
    /// What a site can't be called, and why: no name, one of the words for what has no site, or a word of `policy.csv`.
    pub fn may_be_called(name: &str) -> Result<(), String> {
        let reserved = [EXTERNAL, UNASSIGNED].iter().any(|word| name.eq_ignore_ascii_case(word));
        let reserved = reserved || Country::read_outside(name).is_some();
        let of_policy = name.starts_with("role:") || name.starts_with("country:");
        match name {
            "" => Err("a site needs a name".to_owned()),
            _ if reserved => Err(format!("no site can be called {name:?}: the word stands for what has no site")),
            "*" => Err("no site can be called \"*\": in a policy it stands for all sites".to_owned()),
            _ if of_policy => Err(format!("no site can be called {name:?}: in a policy that stands for several sites")),
            _ => Ok(()),
        }
    }

    /// Gives the site at this place another name. It keeps its place and its ranges; the name must be free.
    pub fn rename(&mut self, site: u32, name: &str) -> Result<(), String> {
        let name = name.trim();
        SiteBook::may_be_called(name)?;
        let at = site as usize;
        if self.sites.iter().enumerate().any(|(other, own)| other != at && own.name == name) {
            return Err(format!("another site is called {name:?}"));
        }
        let site = self.sites.get_mut(at).ok_or("there is no such site")?;
        site.name = name.to_owned();
        Ok(())
    }

    /// The site of a party, if it is one.
    pub fn site(&self, party: Party) -> Option<&Site> {
        match party {
            Party::Site(at) => self.sites.get(at as usize),
            Party::Unassigned | Party::External | Party::Country(_) => None,
        }
    }

    /// What a party is called: its site's name, `external`, `external:TH` or `unassigned`.
    pub fn name_of(&self, party: Party) -> &str {
        match (party, self.site(party)) {
            (_, Some(site)) => &site.name,
            (Party::External, None) => EXTERNAL,
            (Party::Country(country), None) => country.outside(),
            (Party::Unassigned | Party::Site(_), None) => UNASSIGNED,
        }
    }
}

/// The name of [`Party::External`].
pub const EXTERNAL: &str = "external";
/// The name of [`Party::Unassigned`].
pub const UNASSIGNED: &str = "unassigned";

/// Where an end of a flow is, as far as one record tells: the finest thing that the ledger distinguishes.
/// Without a book, private addresses keep their /24 (IPv6: /48), so that a guess can name them later without reading again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locus {
    /// A site of the book, by its place in [`SiteBook::sites`].
    Site(u32),
    /// A private IPv4 address in no site of the book: its first three bytes.
    Private4([u8; 3]),
    /// A private IPv6 address in no site of the book: its first six bytes.
    Private6([u8; 6]),
    /// An address of the Internet.
    External,
    /// Known by a host name only, and no pattern of the book matches.
    Named,
    /// An address of the Internet, in this country by the table that was brought.
    Country(Country),
}

impl Locus {
    /// Whether it is outside the organisation.
    pub fn is_outside(self) -> bool {
        matches!(self, Locus::External | Locus::Country(_))
    }

    /// The range of a private locus.
    pub fn net(self) -> Option<IpNet> {
        match self {
            Locus::Private4([a, b, c]) => Ipv4Net::new(Ipv4Addr::new(a, b, c, 0), 24).ok().map(IpNet::V4),
            Locus::Private6([a, b, c, d, e, f]) => {
                let address = Ipv6Addr::from([a, b, c, d, e, f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
                Ipv6Net::new(address, 48).ok().map(IpNet::V6)
            }
            Locus::Site(_) | Locus::External | Locus::Country(_) | Locus::Named => None,
        }
    }
}

/// Who an end is, for people: what a link is drawn between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Party {
    /// A site of the book, by its place in [`SiteBook::sites`].
    Site(u32),
    /// Private, but in no site.
    Unassigned,
    /// Outside the organisation.
    External,
    /// Outside the organisation, in this country.
    Country(Country),
}

impl Party {
    /// Whether it is outside the organisation.
    pub fn is_outside(self) -> bool {
        matches!(self, Party::External | Party::Country(_))
    }

    /// The party outside that is called so.
    pub fn outside_named(name: &str) -> Option<Party> {
        let whole = (name == EXTERNAL).then_some(Party::External);
        whole.or_else(|| Country::read_outside(name).map(Party::Country))
    }
}

/// Whether an address can be an end of a connection between hosts; else why not.
#[inline]
pub fn not_a_host(address: IpAddr) -> Option<&'static str> {
    // Nearly all addresses are told by their first byte.
    if let IpAddr::V4(v4) = address
        && let [1..=126 | 128..=168 | 170..=223, ..] = v4.octets()
    {
        return None;
    }
    not_a_host_after_all(address)
}

fn not_a_host_after_all(address: IpAddr) -> Option<&'static str> {
    let loopback = address.is_loopback();
    let unspecified = address.is_unspecified();
    let (multicast, link_local, broadcast) = match address {
        IpAddr::V4(v4) => (v4.is_multicast(), v4.is_link_local(), v4.is_broadcast()),
        IpAddr::V6(v6) => (v6.is_multicast(), v6.is_unicast_link_local(), false),
    };
    match () {
        () if loopback => Some("loopback address"),
        () if unspecified => Some("unspecified address"),
        () if multicast => Some("multicast address"),
        () if broadcast => Some("broadcast address"),
        () if link_local => Some("link-local address"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_site_keeps_its_place_and_its_ranges() {
        let site = |name: &str| Site { name: name.to_owned(), ..Site::default() };
        let mut book = SiteBook { sites: vec![site("10.1.0.0/16"), site("10.2.0.0/16")] };
        assert_eq!(book.rename(0, " Tokyo "), Ok(()));
        assert_eq!(book.name_of(Party::Site(0)), "Tokyo");
        for refused in ["10.2.0.0/16", "", "External", "*", "role:plant"] {
            assert!(book.rename(0, refused).is_err(), "{refused}");
        }
        assert_eq!((book.name_of(Party::External), book.name_of(Party::Unassigned)), ("external", "unassigned"));
    }
}
