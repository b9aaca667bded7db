//! A first guess of the sites where nobody gave a book: private prefixes gathered into /16 or /24, and named after the
//! firewall that alone sees them call out.
//!
//! The rule. Prefixes are gathered by their /16. A /16 is one guess when it shares its private block (10.0.0.0/8,
//! 172.16.0.0/12, 100.64.0.0/10) with another /16 and no two sensors divide its /24s between them; else each /24 is a
//! guess, as always in 192.168.0.0/16. IPv6 prefixes stay /48. A guess takes the name of the sensor that saw more than
//! half of the flows which began in it, if that sensor is so for no other guess.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net};

use super::{Locus, Range, Site, SiteBook};
use crate::sorting::LeanCollect as _;

/// More guesses than this are no picture: then every /16 is one.
const MOST_GUESSES: usize = 64;

/// What is known of a prefix without a site: the sensors that saw flows begin there, with how many.
pub type Witnesses = BTreeMap<String, u64>;

/// Guesses sites for private loci. `loci` names every locus that occurs, as often as one likes; `witnesses` is the
/// ledger's. Guesses with the same ranges as a site of `before` keep its name and all else that is known of it, so that
/// a person's naming lasts. The order of the loci does not matter.
pub fn guess(
    loci: impl IntoIterator<Item = Locus>,
    witnesses: &BTreeMap<Locus, Witnesses>,
    before: &SiteBook,
) -> SiteBook {
    let loci: BTreeSet<Locus> = loci.into_iter().filter(|locus| locus.net().is_some()).lean_collect();
    let mut clusters = clusters(&loci, witnesses, false);
    if clusters.len() > MOST_GUESSES {
        clusters = self::clusters(&loci, witnesses, true);
    }

    let mut claims: BTreeMap<&str, u32> = BTreeMap::new();
    let sensors: Vec<Option<&str>> = clusters.values().map(|members| main_witness(members, witnesses)).collect();
    sensors.iter().flatten().for_each(|sensor| *claims.entry(sensor).or_default() += 1);

    let mut book = SiteBook::default();
    let mut taken = BTreeSet::new();
    for (net, sensor) in clusters.keys().zip(&sensors) {
        let ranges = vec![Range { net: *net, source: None }];
        let known = before.sites.iter().find(|site| site.ranges == ranges).cloned();
        let called =
            sensor.filter(|sensor| claims.get(sensor) == Some(&1)).map(|sensor| without_suffix(sensor).to_owned());
        let called = called.filter(|name| SiteBook::may_be_called(name).is_ok()).unwrap_or_else(|| net.to_string());
        let mut site = known.unwrap_or_else(|| Site { name: called, ranges, guessed: true, ..Site::default() });
        if !taken.insert(site.name.clone()) {
            site.name = format!("{} ({net})", site.name);
            taken.insert(site.name.clone());
        }
        book.sites.push(site);
    }
    book
}

fn clusters(
    loci: &BTreeSet<Locus>,
    witnesses: &BTreeMap<Locus, Witnesses>,
    coarse: bool,
) -> BTreeMap<IpNet, Vec<Locus>> {
    let mut sixteens: BTreeMap<IpNet, Vec<Locus>> = BTreeMap::new();
    for locus in loci {
        let net = locus.net().expect("only loci with a range come here");
        sixteens.entry(widened(net)).or_default().push(*locus);
    }
    let mut by_block: BTreeMap<u8, usize> = BTreeMap::new();
    for net in sixteens.keys() {
        *by_block.entry(block(*net)).or_default() += 1;
    }
    let mut clusters = BTreeMap::new();
    for (net, members) in sixteens {
        let shared = by_block[&block(net)] > 1;
        let divided =
            members.iter().filter_map(|locus| main_witness(&[*locus], witnesses)).lean_collect::<BTreeSet<_>>().len()
                > 1;
        let split = block(net) == 192 || !shared || divided;
        if split && !coarse && matches!(net, IpNet::V4(_)) {
            for locus in members {
                clusters.insert(locus.net().expect("only loci with a range come here"), vec![locus]);
            }
        } else {
            clusters.insert(net, members);
        }
    }
    clusters
}

/// The /16 of an IPv4 range; an IPv6 range is itself.
fn widened(net: IpNet) -> IpNet {
    match net {
        IpNet::V4(v4) => IpNet::V4(Ipv4Net::new(v4.network(), 16).expect("16 is a length").trunc()),
        IpNet::V6(_) => net,
    }
}

/// Which private block a range lies in, by its first byte; all IPv6 is one.
fn block(net: IpNet) -> u8 {
    match net {
        IpNet::V4(v4) => v4.network().octets()[0],
        IpNet::V6(_) => 0,
    }
}

/// The sensor that saw more than half of the flows which began in these.
fn main_witness<'w>(members: &[Locus], witnesses: &'w BTreeMap<Locus, Witnesses>) -> Option<&'w str> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (sensor, flows) in members.iter().filter_map(|locus| witnesses.get(locus)).flatten() {
        *sums.entry(sensor).or_default() += flows;
    }
    let all: u64 = sums.values().sum();
    sums.into_iter().find(|(_, flows)| flows.saturating_mul(2) > all).map(|(sensor, _)| sensor)
}

/// A sensor that is but a file's name, without what says that it is a log.
fn without_suffix(sensor: &str) -> &str {
    const SUFFIXES: [&str; 8] = [".gz", ".log", ".csv", ".json", ".txt", ".tsv", ".jsonl", ".ndjson"];
    let mut name = sensor;
    while let Some(shorter) = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).filter(|s| !s.is_empty()) {
        name = shorter;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(rows: &[([u8; 3], &str, u64)]) -> BTreeMap<Locus, Witnesses> {
        let mut witnesses: BTreeMap<Locus, Witnesses> = BTreeMap::new();
        for (prefix, sensor, flows) in rows {
            witnesses.entry(Locus::Private4(*prefix)).or_default().insert((*sensor).to_owned(), *flows);
        }
        witnesses
    }

    fn names(rows: &[([u8; 3], &str, u64)]) -> Vec<String> {
        let witnesses = seen(rows);
        let book = guess(witnesses.keys().copied(), &witnesses, &SiteBook::default());
        assert!(book.sites.iter().all(|site| site.guessed));
        book.sites.into_iter().map(|site| site.name).collect()
    }

    #[test]
    fn several_sixteens_are_a_site_each() {
        assert_eq!(
            names(&[([10, 1, 0], "fw", 5), ([10, 1, 7], "fw", 5), ([10, 2, 0], "fw", 5)]),
            ["10.1.0.0/16", "10.2.0.0/16"]
        );
    }

    #[test]
    fn a_lone_sixteen_falls_into_its_parts() {
        assert_eq!(names(&[([10, 0, 0], "fw", 5), ([10, 0, 1], "fw", 5)]), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(
            names(&[([192, 168, 1], "fw", 5), ([192, 168, 2], "fw", 5), ([10, 0, 1], "fw", 1)]),
            ["10.0.1.0/24", "192.168.1.0/24", "192.168.2.0/24"]
        );
    }

    #[test]
    fn a_sixteen_divided_between_two_sensors_falls_into_its_parts() {
        let rows = [([10, 1, 0], "a", 5), ([10, 1, 1], "b", 5), ([10, 2, 0], "c", 5)];
        assert_eq!(names(&rows), ["a", "b", "c"]);
    }

    #[test]
    fn a_firewall_that_alone_sees_a_site_call_names_it() {
        let rows = [
            ([10, 1, 0], "TYO-FW01", 900),
            ([10, 2, 0], "BKK-FW01.log.gz", 80),
            ([10, 2, 3], "BKK-FW01.log.gz", 20),
            ([10, 2, 0], "TYO-FW01", 60),
            ([10, 3, 0], "TYO-FW01", 10),
        ];
        assert_eq!(names(&rows), ["10.1.0.0/16", "BKK-FW01", "10.3.0.0/16"]);
    }

    #[test]
    fn a_name_given_by_a_person_lasts() {
        let witnesses = seen(&[([10, 1, 0], "fw", 5), ([10, 2, 0], "fw", 5)]);
        let mut book = guess(witnesses.keys().copied(), &witnesses, &SiteBook::default());
        book.rename(1, "Bangkok").unwrap();
        let more = seen(&[([10, 1, 0], "fw", 5), ([10, 0, 9], "fw", 5), ([10, 2, 0], "fw", 5)]);
        let again = guess(more.keys().copied(), &more, &book);
        assert_eq!(
            again.sites.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
            ["10.0.0.0/16", "10.1.0.0/16", "Bangkok"]
        );
    }

    #[test]
    fn too_many_guesses_are_gathered() {
        let witnesses = seen(&(0..200).map(|c| ([192, 168, c], "fw", 1)).collect::<Vec<_>>());
        assert_eq!(guess(witnesses.keys().copied(), &witnesses, &SiteBook::default()).sites.len(), 1);
    }

    #[test]
    fn what_is_not_private_is_no_site() {
        let loci = [Locus::External, Locus::Named, Locus::Site(3), Locus::Private6([0xfd, 0, 0, 0, 0, 1])];
        let book = guess(loci, &BTreeMap::new(), &SiteBook::default());
        assert_eq!(book.sites.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["fd00:0:1::/48"]);
    }
}
