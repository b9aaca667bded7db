//! Where an address or a host name is, by the book of sites, in one file of evidence: longest prefix wins.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

use super::pattern::Pattern;
use super::{Countries, Locus, Party, Range, SiteBook};
use crate::flow::{Endpoint, Flow, canonical};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The book as one file of evidence sees it, ready for two questions a flow. It allocates nothing when asked.
#[derive(Debug, Clone, Default)]
pub struct Places {
    v4: PrefixMap<Ipv4Net, u32>,
    v6: PrefixMap<Ipv6Net, u32>,
    flat: Flat,
    patterns: Vec<(Pattern, u32)>,
    /// The sites by name, for rollups.
    names: BTreeMap<String, u32>,
    /// Whose the addresses of the Internet are, where a table was brought.
    countries: Option<Arc<Countries>>,
}

/// The sites of IPv4 by their upper half, and by the third byte where ranges are finer: two look-ups in place of a search.
#[derive(Debug, Clone, Default)]
struct Flat {
    /// Empty where there are no ranges.
    upper: Vec<u32>,
    /// Pages of 256 for the third byte.
    third: Vec<u32>,
}

impl Flat {
    const NONE: u32 = u32::MAX;
    /// Ranges finer than what the table tells apart: they are to be searched.
    const FINER: u32 = u32::MAX - 1;
    /// From here to [`Flat::FINER`]: a page, counted from here.
    const PAGES: u32 = u32::MAX - 2 - (1 << 16);

    fn of(ranges: &PrefixMap<Ipv4Net, u32>) -> Flat {
        let mut flat = Flat::default();
        let mut ranges: Vec<(Ipv4Net, u32)> = ranges.iter().map(|(net, site)| (net, *site)).collect();
        // A wider range is written first, so that the finer ones in it hold.
        ranges.lean_sort_by_key(|(net, _)| net.prefix_len());
        if !ranges.is_empty() {
            flat.upper = vec![Flat::NONE; 1 << 16];
        }
        for (net, site) in ranges {
            let address = u32::from(net.network());
            let (upper, third) = ((address >> 16) as usize, (address >> 8) as usize & 0xff);
            match net.prefix_len() {
                length @ 0..=16 => flat.upper[upper..upper + (1 << (16 - length))].fill(site),
                length @ 17..=24 => {
                    let page = flat.page(upper);
                    flat.third[page + third..page + third + (1 << (24 - length))].fill(site);
                }
                _ => {
                    let page = flat.page(upper);
                    flat.third[page + third] = Flat::FINER;
                }
            }
        }
        flat
    }

    /// Where the page of these upper 16 bits begins; made where it is missing.
    fn page(&mut self, upper: usize) -> usize {
        let known = self.upper[upper];
        if (Flat::PAGES..Flat::FINER).contains(&known) {
            return (known - Flat::PAGES) as usize * 256;
        }
        let page = self.third.len();
        self.third.resize(page + 256, known);
        self.upper[upper] = Flat::PAGES + (page / 256) as u32;
        page
    }

    /// The site of an address; `Err` where only a search tells.
    #[inline]
    fn site_of(&self, address: Ipv4Addr) -> Result<Option<u32>, ()> {
        let address = u32::from(address);
        let Some(known) = self.upper.get((address >> 16) as usize).copied() else { return Ok(None) };
        let known = match known {
            Flat::PAGES..Flat::FINER => {
                self.third[(known - Flat::PAGES) as usize * 256 + (address >> 8) as usize % 256]
            }
            known => known,
        };
        match known {
            Flat::NONE => Ok(None),
            Flat::FINER => Err(()),
            site => Ok(Some(site)),
        }
    }
}

impl SiteBook {
    /// The book for evidence of this file name. Of ranges of equal length one whose `source` matches the name wins, the
    /// longest `source` first; ranges with another `source` are not seen at all. Sites that Kyoten guessed are left to
    /// [`SiteBook::parties`], so that another guess never moves what was counted.
    pub fn for_evidence(&self, file_name: &str) -> Places {
        let mut places = Places::default();
        let sites = self.sites.iter().zip(0_u32..);
        let mut ranges: Vec<(&Range, u32)> = sites
            .clone()
            .filter(|(site, _)| !site.guessed)
            .flat_map(|(site, at)| site.ranges.iter().map(move |range| (range, at)))
            .filter(|(range, _)| {
                range.source.as_deref().is_none_or(|source| Pattern::within(source).matches(file_name))
            })
            .collect();
        // The last one put into the map stays: the longest source, and of equals the site that stands first.
        ranges.lean_sort_by_key(|(range, at)| {
            (range.source.as_ref().map_or(0, |source| source.chars().count() + 1), std::cmp::Reverse(*at))
        });
        for (range, at) in ranges {
            match range.net {
                IpNet::V4(net) => places.v4.insert(net, at),
                IpNet::V6(net) => places.v6.insert(net, at),
            };
        }
        places.names = sites.clone().map(|(site, at)| (site.name.clone(), at)).lean_collect();
        places.flat = Flat::of(&places.v4);
        let patterns = sites.filter(|(site, _)| !site.guessed);
        places.patterns =
            patterns.flat_map(|(site, at)| site.host_patterns.iter().map(move |p| (Pattern::of(p), at))).collect();
        // The most particular first; of equals the site that stands first.
        places.patterns.lean_sort_by_key(|(pattern, at)| (std::cmp::Reverse(pattern.literals()), *at));
        places
    }

    /// The book as parties, ready for many questions.
    pub fn parties(&self) -> Parties {
        let mut parties = Parties::default();
        for (site, at) in self.sites.iter().zip(0_u32..) {
            for range in site.ranges.iter().filter(|range| range.source.is_none()) {
                match range.net {
                    IpNet::V4(net) if !parties.v4.contains_key(&net) => _ = parties.v4.insert(net, at),
                    IpNet::V6(net) if !parties.v6.contains_key(&net) => _ = parties.v6.insert(net, at),
                    IpNet::V4(_) | IpNet::V6(_) => {}
                }
            }
        }
        parties
    }

    /// Who stands at a locus. To ask often, ask [`SiteBook::parties`].
    pub fn party(&self, locus: Locus) -> Party {
        self.parties().of(locus)
    }
}

impl Places {
    /// The same, with a table of countries for what is outside.
    pub fn with_countries(self, countries: Option<Arc<Countries>>) -> Places {
        Places { countries, ..self }
    }

    /// Where this end is. An address in a range of a site is there; else a name that matches a pattern; else what kind of
    /// address it is. Addresses that are no hosts are told by [`super::not_a_host`] before.
    pub fn locate(&self, end: &Endpoint<'_>) -> Locus {
        let address = end.address.map(canonical);
        if let Some(site) = address.and_then(|address| self.site_of(address)) {
            return Locus::Site(site);
        }
        if let Some(name) = end.name.as_deref()
            && let Some((_, site)) = self.patterns.iter().find(|(pattern, _)| pattern.matches(name))
        {
            return Locus::Site(*site);
        }
        let Some(address) = address else { return Locus::Named };
        match (without_book(address), &self.countries) {
            (Locus::External, Some(countries)) => countries.of_address(address).map_or(Locus::External, Locus::Country),
            (locus, _) => locus,
        }
    }

    /// Where the ends of this flow are, initiator first. A row of a rollup names its sites.
    pub fn ends(&self, flow: &Flow<'_>) -> (Locus, Locus) {
        match &flow.rolled {
            None => (self.locate(&flow.initiator), self.locate(&flow.responder)),
            Some(rolled) => (self.named(&rolled.from), self.named(&rolled.to)),
        }
    }

    fn named(&self, name: &str) -> Locus {
        match self.names.get(name) {
            Some(site) => Locus::Site(*site),
            None => match Party::outside_named(name) {
                Some(Party::Country(country)) => Locus::Country(country),
                Some(_) => Locus::External,
                None => Locus::Named,
            },
        }
    }

    #[inline]
    fn site_of(&self, address: IpAddr) -> Option<u32> {
        match address {
            IpAddr::V4(v4) => match self.flat.site_of(v4) {
                Ok(site) => site,
                Err(()) => self.v4.get_lpm(&Ipv4Net::from(v4)).map(|(_, site)| *site),
            },
            IpAddr::V6(_) if self.v6.is_empty() => None,
            IpAddr::V6(v6) => self.v6.get_lpm(&Ipv6Net::from(v6)).map(|(_, site)| *site),
        }
    }
}

/// Where an address is as far as it tells by itself. Private are RFC 1918, the shared space of RFC 6598 and fc00::/7.
pub fn without_book(address: IpAddr) -> Locus {
    match canonical(address) {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && b & 0b1100_0000 == 64;
            if v4.is_private() || shared { Locus::Private4([a, b, c]) } else { Locus::External }
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, e, f, ..] = v6.octets();
            if v6.is_unique_local() { Locus::Private6([a, b, c, d, e, f]) } else { Locus::External }
        }
    }
}

/// Who stands at a locus, for every locus of a ledger.
#[derive(Debug, Clone, Default)]
pub struct Parties {
    v4: PrefixMap<Ipv4Net, u32>,
    v6: PrefixMap<Ipv6Net, u32>,
}

impl Parties {
    /// A site is itself; a private prefix is the site whose range covers all of it; the rest has no site.
    pub fn of(&self, locus: Locus) -> Party {
        let site = match locus {
            Locus::Site(site) => return Party::Site(site),
            Locus::External => return Party::External,
            Locus::Country(country) => return Party::Country(country),
            Locus::Named => None,
            Locus::Private4(_) | Locus::Private6(_) => match locus.net() {
                Some(IpNet::V4(net)) => self.v4.get_lpm(&net).map(|(_, site)| *site),
                Some(IpNet::V6(net)) => self.v6.get_lpm(&net).map(|(_, site)| *site),
                None => None,
            },
        };
        site.map_or(Party::Unassigned, Party::Site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Site;
    use proptest::prelude::*;

    fn site(name: &str, nets: &[(&str, Option<&str>)], patterns: &[&str]) -> Site {
        let range = |(net, source): &(&str, Option<&str>)| Range {
            net: net.parse().unwrap(),
            source: source.map(str::to_owned),
        };
        Site {
            name: name.to_owned(),
            ranges: nets.iter().map(range).collect(),
            host_patterns: patterns.iter().map(|p| (*p).to_owned()).collect(),
            ..Site::default()
        }
    }

    fn book(sites: Vec<Site>) -> SiteBook {
        SiteBook { sites }
    }

    fn at(address: &str) -> Endpoint<'static> {
        Endpoint { address: Some(address.parse().unwrap()), ..Endpoint::default() }
    }

    #[test]
    fn the_longest_prefix_wins() {
        let book =
            book(vec![site("wide", &[("10.0.0.0/8", None)], &[]), site("narrow", &[("10.1.2.0/24", None)], &[])]);
        let places = book.for_evidence("fw.log");
        assert_eq!(places.locate(&at("10.1.2.3")), Locus::Site(1));
        assert_eq!(places.locate(&at("10.1.3.3")), Locus::Site(0));
        assert_eq!(places.locate(&at("::ffff:10.1.2.3")), Locus::Site(1));
    }

    #[test]
    fn what_the_book_leaves_out_keeps_its_kind() {
        let places = book(vec![site("a", &[("10.0.0.0/8", None)], &[])]).for_evidence("fw.log");
        for (address, locus) in [
            ("192.168.7.9", Locus::Private4([192, 168, 7])),
            ("172.31.0.1", Locus::Private4([172, 31, 0])),
            ("172.32.0.1", Locus::External),
            ("100.64.0.1", Locus::Private4([100, 64, 0])),
            ("100.128.0.1", Locus::External),
            ("fd00:1:2:3::1", Locus::Private6([0xfd, 0, 0, 1, 0, 2])),
            ("2001:db8::1", Locus::External),
        ] {
            assert_eq!(places.locate(&at(address)), locus, "{address}");
        }
        let named = Endpoint { name: Some("srv01".into()), ..Endpoint::default() };
        assert_eq!(places.locate(&named), Locus::Named);
    }

    #[test]
    fn what_is_outside_has_a_country_where_a_table_says_so() {
        use super::super::mmdb::tests::database;
        let table =
            Arc::new(Countries::read(&database(&[(("203.0.113.0", 24), "TH"), (("10.0.0.0", 8), "JP")])).unwrap());
        let book = book(vec![site("ours", &[("203.0.113.0/28", None)], &[])]);
        let places = book.for_evidence("x").with_countries(Some(table));
        // The book goes before the table, and private addresses are nobody's country.
        assert_eq!(places.locate(&at("203.0.113.1")), Locus::Site(0));
        assert_eq!(book.name_of(book.party(places.locate(&at("203.0.113.77")))), "external:TH");
        assert_eq!(places.locate(&at("198.51.100.1")), Locus::External);
        assert_eq!(places.locate(&at("10.1.2.3")), Locus::Private4([10, 1, 2]));
    }

    #[test]
    fn one_range_in_two_plants_is_told_apart_by_its_source() {
        let book = book(vec![
            site("common", &[("192.168.1.0/24", None)], &[]),
            site("north", &[("192.168.1.0/24", Some("north"))], &[]),
            site("south", &[("192.168.1.0/24", Some("SOUTH*.log"))], &[]),
        ]);
        for (file, expected) in [("North-fw.csv", 1), ("south-7.log", 2), ("other.log", 0)] {
            assert_eq!(book.for_evidence(file).locate(&at("192.168.1.5")), Locus::Site(expected), "{file}");
        }
    }

    #[test]
    fn a_source_never_beats_a_longer_prefix() {
        let book = book(vec![
            site("sourced", &[("10.0.0.0/8", Some("fw"))], &[]),
            site("longer", &[("10.1.0.0/16", None)], &[]),
        ]);
        assert_eq!(book.for_evidence("fw.log").locate(&at("10.1.0.1")), Locus::Site(1));
    }

    #[test]
    fn a_name_is_found_by_the_most_particular_pattern() {
        let places = book(vec![site("any", &[], &["*.corp"]), site("bkk", &[], &["BKK-*.corp"])]).for_evidence("x");
        let named = |name: &'static str| Endpoint { name: Some(name.into()), ..Endpoint::default() };
        assert_eq!(places.locate(&named("bkk-fs01.corp")), Locus::Site(1));
        assert_eq!(places.locate(&named("tyo-fs01.CORP")), Locus::Site(0));
        let both = Endpoint { address: Some("203.0.113.1".parse().unwrap()), ..named("bkk-fs01.corp") };
        assert_eq!(places.locate(&both), Locus::Site(1));
    }

    #[test]
    fn a_guessed_site_is_found_by_party_only() {
        let guessed = Site { guessed: true, ..site("10.1.0.0/16", &[("10.1.0.0/16", None)], &[]) };
        let book = book(vec![guessed]);
        let locus = book.for_evidence("fw.log").locate(&at("10.1.2.3"));
        assert_eq!(locus, Locus::Private4([10, 1, 2]));
        assert_eq!(book.party(locus), Party::Site(0));
        assert_eq!(book.party(Locus::Private4([10, 2, 0])), Party::Unassigned);
        assert_eq!(book.party(Locus::External), Party::External);
        assert_eq!(book.party(Locus::Named), Party::Unassigned);
    }

    #[test]
    fn a_range_within_the_prefix_does_not_decide_for_all_of_it() {
        let book = book(vec![site("half", &[("10.1.2.0/25", None)], &[])]);
        assert_eq!(book.party(Locus::Private4([10, 1, 2])), Party::Unassigned);
    }

    /// The rule, as slowly as it can be said.
    fn naive(book: &SiteBook, file: &str, address: IpAddr) -> Option<u32> {
        let ranges = book.sites.iter().zip(0..).flat_map(|(site, at)| site.ranges.iter().map(move |r| (r, at)));
        let mut best: Option<(u8, usize, u32)> = None;
        for (range, at) in ranges.filter(|(range, _)| range.net.contains(&address)) {
            let source = match &range.source {
                Some(source) if file.contains(source.as_str()) => source.len() + 1,
                Some(_) => continue,
                None => 0,
            };
            if best.is_none_or(|(length, own, _)| (range.net.prefix_len(), source) > (length, own)) {
                best = Some((range.net.prefix_len(), source, at));
            }
        }
        best.map(|(_, _, at)| at)
    }

    proptest! {
        #[test]
        fn the_lookup_is_the_naive_scan(
            nets in proptest::collection::vec((0_u32..1 << 12, 16_u8..=32, 0_usize..4, any::<bool>()), 0..40),
            asked in proptest::collection::vec(0_u32..1 << 12, 1..40),
        ) {
            let sources = [None, None, Some("a".to_owned()), Some("ab".to_owned())];
            let sites = nets.iter().enumerate().map(|(i, (bits, length, source, six))| {
                let net: IpNet = if *six {
                    let address = u128::from(*bits) << 116 | 1 << 127;
                    IpNet::V6(Ipv6Net::new(address.into(), length - 14).unwrap().trunc())
                } else {
                    IpNet::V4(Ipv4Net::new((0x0a00_0000 | bits << 8).into(), *length).unwrap().trunc())
                };
                let range = Range { net, source: sources[*source].clone() };
                Site { name: format!("s{i:02}"), ranges: vec![range], ..Site::default() }
            });
            let book = SiteBook { sites: sites.collect() };
            for file in ["x.log", "a.log", "ab.log"] {
                let places = book.for_evidence(file);
                for bits in &asked {
                    let four = IpAddr::from((0x0a00_0000_u32 | bits << 8 | bits & 0xff).to_be_bytes());
                    let six = IpAddr::from((u128::from(*bits) << 116 | 1 << 127 | 7).to_be_bytes());
                    for address in [four, six] {
                        let end = Endpoint { address: Some(address), ..Endpoint::default() };
                        let found = match places.locate(&end) { Locus::Site(at) => Some(at), _ => None };
                        prop_assert_eq!(found, naive(&book, file, address), "{} in {}", address, file);
                    }
                }
            }
        }
    }
}
