//! The book as intervals of addresses that touch nowhere and leave no gap: what a warehouse can join flows with.
//!
//! Each is asked of the same code that places a flow, so that a query and Kyoten put an address into the same site.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{EXTERNAL, Locus, SiteBook, UNASSIGNED, not_a_host};
use crate::evidence::table::cell;
use crate::evidence::text::visible;
use crate::flow::Endpoint;
use crate::sorting::LeanSort as _;

/// What stands in the place of a site for addresses that are no host: flows from or to them are no connections between hosts.
pub const NO_HOST: &str = "-";

/// Where more than a book's ranges changes: private space, and what is no host.
const EDGES: [&str; 15] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "0.0.0.0/32",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "169.254.0.0/16",
    "fc00::/7",
    "::/128",
    "::1/128",
    "ff00::/8",
    "fe80::/10",
    "::ffff:0:0/96",
];

/// `family,lo,hi,site`: IPv4 addresses as numbers, IPv6 ones as 32 hexadecimal digits, which sort as text; both ends belong
/// to it. `external`, `unassigned` and `-` ([`NO_HOST`]) stand for what has no site. Ranges limited to some evidence are left
/// out, and so are host names.
pub fn intervals_csv(book: &SiteBook) -> String {
    let mut csv = "family,lo,hi,site\n".to_owned();
    for (lo, hi, site) in intervals(book, false) {
        csv.push_str(&format!("4,{lo},{hi},{}\n", cell(&visible(&site))));
    }
    for (lo, hi, site) in intervals(book, true) {
        csv.push_str(&format!("6,{lo:032x},{hi:032x},{}\n", cell(&visible(&site))));
    }
    csv
}

/// The intervals of one family, in order.
pub fn intervals(book: &SiteBook, v6: bool) -> Vec<(u128, u128, String)> {
    let mut own = book.clone();
    own.sites.iter_mut().for_each(|site| site.ranges.retain(|range| range.source.is_none()));
    let places = own.for_evidence("");
    let nets = own.sites.iter().flat_map(|site| site.ranges.iter().map(|range| range.net));
    let edges = EDGES.iter().filter_map(|net| net.parse::<IpNet>().ok());
    let most = if v6 { u128::MAX } else { u128::from(u32::MAX) };
    let mut starts: Vec<u128> = vec![0];
    for net in nets.chain(edges).filter(|net| matches!(net, IpNet::V6(_)) == v6) {
        let (first, last) = (number(net.network()), number(net.broadcast()));
        starts.push(first);
        starts.extend(last.checked_add(1).filter(|next| *next <= most));
    }
    starts.lean_sort();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain(std::iter::once(most));
    let mut out: Vec<(u128, u128, String)> = Vec::new();
    for (lo, hi) in starts.iter().copied().zip(ends) {
        let address = address(lo, v6);
        let locus = places.locate(&Endpoint { address: Some(address), ..Endpoint::default() });
        let site = match locus {
            _ if not_a_host(crate::flow::canonical(address)).is_some() => NO_HOST,
            Locus::Site(site) => &own.sites[site as usize].name,
            Locus::External | Locus::Country(_) => EXTERNAL,
            Locus::Private4(_) | Locus::Private6(_) | Locus::Named => UNASSIGNED,
        };
        match out.last_mut() {
            Some((_, last, name)) if name == site => *last = hi,
            _ => out.push((lo, hi, site.to_owned())),
        }
    }
    out
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn address(number: u128, v6: bool) -> IpAddr {
    if v6 { IpAddr::V6(Ipv6Addr::from(number)) } else { IpAddr::V4(Ipv4Addr::from(number as u32)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::import::read_sites;

    #[test]
    fn every_address_is_in_one_interval_and_in_its_own_site() {
        let book =
            read_sites(b"site,cidr\nWide,10.0.0.0/8\nNarrow,10.1.2.0/24\nSix,2001:db8::/32\nOut,203.0.113.0/24\n").0;
        for v6 in [false, true] {
            let all = intervals(&book, v6);
            assert_eq!((all[0].0, all.last().unwrap().1), (0, if v6 { u128::MAX } else { u128::from(u32::MAX) }));
            assert!(all.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0 && pair[0].2 != pair[1].2), "{all:?}");
        }
        let site = |text: &str| {
            let address: IpAddr = text.parse().unwrap();
            let number = number(address);
            intervals(&book, address.is_ipv6()).into_iter().find(|(lo, hi, _)| (*lo..=*hi).contains(&number)).unwrap().2
        };
        for (address, expected) in [
            ("10.1.2.3", "Narrow"),
            ("10.1.3.0", "Wide"),
            ("11.0.0.0", "external"),
            ("192.168.1.1", "unassigned"),
            ("127.0.0.1", "-"),
            ("239.1.1.1", "-"),
            ("203.0.113.255", "Out"),
            ("2001:db8::1", "Six"),
            ("fe80::1", "-"),
        ] {
            assert_eq!(site(address), expected, "{address}");
        }
    }
}
