//! An address or a host name → a site: the book of sites, its import, and a first guess where there is no book.
//!
//! Invariant: the same book gives the same site for the same address in the same evidence, always; longest prefix wins.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

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
    /// Kyoten guessed it; nobody said so.
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

/// All sites, in order of name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SiteBook {
    /// The sites, by name.
    pub sites: Vec<Site>,
}

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
}

/// Whether an address can be an end of a connection between hosts; else why not.
pub fn not_a_host(address: IpAddr) -> Option<&'static str> {
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
