//! Reads `sites.csv`: `site,cidr,country,timezone,lat,lon,role` and optional `host_pattern,source,contact`, in any order
//! of columns, several rows a site; and the tables of subnets that companies have already (see [`super::dialect`]). A row
//! that can't be used is left out and said; nothing is dropped silently.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::dialect::{Dialect, looks_like_netbox, netbox_as_csv, plain_name};
use super::{Range, Site, SiteBook};
use crate::evidence::encoding::as_utf8;
use crate::evidence::table::{Row, Table, told};
use crate::evidence::text::elided;
use crate::sorting::LeanSort as _;

pub use crate::evidence::table::Complaint;

const COLUMNS: [&str; 10] =
    ["site", "cidr", "country", "timezone", "lat", "lon", "role", "host_pattern", "source", "contact"];

/// Whether this is the beginning of a `sites.csv`, or of a table of subnets by site, by its header. A foreign table must
/// hold a range in its first row too, so that no log with a column for sites is taken for one.
pub fn looks_like_sites(sample: &[u8]) -> bool {
    let sample = &as_utf8(sample);
    if looks_like_netbox(sample) {
        return true;
    }
    let mut table = Table::read(sample);
    let Some(dialect) = Dialect::of(&table.header) else { return false };
    let both_ends = |name: &String| name.starts_with("dst") || name.starts_with("dest");
    dialect.own
        || (!table.header.iter().any(both_ends)
            && table.next().is_some_and(|row| range_of(&row, &dialect).is_some_and(|text| read_net(&text).is_ok())))
}

/// The range as a row writes it, with the mask of its own column.
fn range_of<'r>(row: &'r Row, dialect: &Dialect) -> Option<Cow<'r, str>> {
    let cidr = row.cell(dialect.columns[1])?;
    Some(match row.cell(dialect.mask) {
        Some(mask) if !cidr.contains('/') => Cow::Owned(format!("{cidr}/{mask}")),
        Some(_) | None => Cow::Borrowed(cidr),
    })
}

/// Reads a whole `sites.csv`, in UTF-8 or in what a spreadsheet saves elsewhere. The complaints come in order of line.
pub fn read_sites(bytes: &[u8]) -> (SiteBook, Vec<Complaint>) {
    let bytes = &as_utf8(bytes);
    if looks_like_netbox(bytes) {
        let (csv, lines, without) = netbox_as_csv(bytes);
        return read_table(csv.as_bytes(), &lines, without);
    }
    read_table(bytes, &[], 0)
}

/// `lines` has where the rows stand in the file that the table was made of, where it is not that file itself.
fn read_table(bytes: &[u8], lines: &[u64], mut without: u64) -> (SiteBook, Vec<Complaint>) {
    let mut table = Table::read(bytes);
    let mut reading = Reading::default();
    let dialect = Dialect::of(&table.header).unwrap_or_else(|| {
        let columns = COLUMNS.map(|name| table.column(name));
        Dialect { columns, own: true, ..Dialect::default() }
    });
    if dialect.own {
        table.complain_of_others(&COLUMNS);
    }
    if dialect.columns[0].is_none() {
        reading.say(0, "no column \"site\" in the header");
    }
    for (at, mut row) in table.by_ref().enumerate() {
        row.line = lines.get(at).copied().unwrap_or(row.line);
        // An inventory knows ranges that are in use nowhere: they are told once, not row by row.
        if !dialect.own && row.cell(dialect.columns[0]).is_none() {
            without += 1;
            continue;
        }
        reading.row(&row, &dialect);
    }
    match without {
        0 => {}
        1 => reading.say(0, "1 range of no site is left out"),
        more => reading.say(0, format!("{more} ranges of no site are left out")),
    }
    reading.finish(table.complaints)
}

#[derive(Default)]
struct Reading {
    sites: BTreeMap<String, (u64, Site)>,
    /// Which site holds a range, and since which line.
    holders: BTreeMap<(IpNet, Option<String>), (String, u64)>,
    /// The host patterns that each site has.
    patterns: BTreeSet<(String, String)>,
    complaints: Vec<Complaint>,
}

impl Reading {
    fn say(&mut self, line: u64, sentence: impl Into<String>) {
        self.complaints.push(Complaint { line, sentence: sentence.into() });
    }

    fn row(&mut self, row: &Row, dialect: &Dialect) {
        let [name, _, country, timezone, lat, lon, role, pattern, source, contact] =
            dialect.columns.map(|column| row.cell(column));
        let Some(name) = name.map(|name| if dialect.own { Cow::Borrowed(name) } else { plain_name(name) }) else {
            return self.say(row.line, "no site is named; the row is left out");
        };
        let (name, cidr) = (name.as_ref(), range_of(row, dialect));
        let cidr = cidr.as_deref();
        if let Err(refusal) = SiteBook::may_be_called(name) {
            return self.say(row.line, format!("{refusal}; the row is left out"));
        }
        let net = match cidr.map(read_net).transpose() {
            Ok(net) => net,
            Err(refusal) => return self.say(row.line, refusal),
        };
        if let Some((net, true)) = net {
            let written = quoted(cidr.unwrap_or_default());
            self.say(row.line, format!("{written} names a host inside its range; {net} is taken"));
        }
        self.describe(row.line, name, [country, timezone, role, contact], read_position(lat, lon));
        if let Some((net, _)) = net {
            self.give(row.line, name, Range { net, source: source.map(str::to_owned) });
        } else if source.is_some() {
            self.say(row.line, "a source without an address range limits nothing");
        }
        if let (Some(pattern), Some((_, site))) = (pattern, self.sites.get_mut(name))
            && self.patterns.insert((name.to_owned(), pattern.to_owned()))
        {
            site.host_patterns.push(pattern.to_owned());
        }
    }

    /// What a row says of its site. The first row that says a thing is believed.
    fn describe(
        &mut self,
        line: u64,
        name: &str,
        texts: [Option<&str>; 4],
        position: Result<Option<(f64, f64)>, String>,
    ) {
        let mut notes = Vec::new();
        let named = || (line, Site { name: name.to_owned(), ..Site::default() });
        let (since, site) = self.sites.entry(name.to_owned()).or_insert_with(named);
        let [mut country, timezone, role, contact] = texts.map(|text| text.map(str::to_owned));
        if let Some(code) = &mut country {
            if code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic()) {
                code.make_ascii_uppercase();
            } else {
                notes.push(format!("country {} is not a two-letter code (ISO 3166-1); kept as written", quoted(code)));
            }
        }
        let fields = [
            ("country", &mut site.country, country),
            ("timezone", &mut site.timezone, timezone),
            ("role", &mut site.role, role),
            ("contact", &mut site.contact, contact),
        ];
        let whose = format!("of {} differs from line {since}, which stands", quoted(name));
        for (what, own, said) in fields {
            match (&own, said) {
                (_, None) => {}
                (None, Some(said)) => *own = Some(said),
                (Some(first), Some(said)) if *first == said => {}
                (Some(_), Some(said)) => notes.push(format!("{what} {} {whose}", quoted(&said))),
            }
        }
        match (site.position, position) {
            (_, Ok(None)) => {}
            (None, Ok(said)) => site.position = said,
            (own, Ok(said)) if own == said => {}
            (Some(_), Ok(_)) => notes.push(format!("lat and lon {whose}")),
            (_, Err(refusal)) => notes.push(refusal),
        }
        notes.into_iter().for_each(|note| self.say(line, note));
    }

    fn give(&mut self, line: u64, name: &str, range: Range) {
        let key = (range.net, range.source.as_deref().map(str::to_lowercase));
        let net = range.net;
        if let Some((holder, since)) = self.holders.get(&key) {
            let sentence = if holder == name {
                format!("{net} of {} stands on line {since} already", quoted(name))
            } else {
                format!("{net} belongs to {} since line {since}; {} does not get it", quoted(holder), quoted(name))
            };
            return self.say(line, sentence);
        }
        self.holders.insert(key, (name.to_owned(), line));
        self.sites.get_mut(name).expect("its row was described before").1.ranges.push(range);
    }

    fn finish(mut self, mut complaints: Vec<Complaint>) -> (SiteBook, Vec<Complaint>) {
        let mut folded: BTreeMap<String, String> = BTreeMap::new();
        let mut notes = Vec::new();
        for (name, (line, site)) in &mut self.sites {
            site.ranges.lean_sort_by(|a, b| (a.net, &a.source).cmp(&(b.net, &b.source)));
            if site.ranges.is_empty() && site.host_patterns.is_empty() {
                let sentence =
                    format!("{} has no address range and no host pattern: nothing will be found there", quoted(name));
                notes.push(Complaint { line: *line, sentence });
            }
            if let Some(other) = folded.insert(name.to_lowercase(), name.clone()) {
                let sentence = format!("{} and {} are taken as two sites", quoted(&other), quoted(name));
                notes.push(Complaint { line: *line, sentence });
            }
        }
        complaints.extend(self.complaints);
        complaints.extend(notes);
        (SiteBook { sites: self.sites.into_values().map(|(_, site)| site).collect() }, told(complaints))
    }
}

/// A text in quotes, cut to a readable length.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", elided(text, 80))
}

/// Reads `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `10.0.0.1` (that one host), `2001:db8::/32`; and whether bits of a host were
/// set, which are cut off. IPv4 inside IPv6 is that IPv4 range.
pub fn read_net(text: &str) -> Result<(IpNet, bool), String> {
    let no_range = || format!("{} is not an address range", quoted(text));
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.trim(), Some(length.trim())),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_not_one| no_range())?;
    let widest = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => widest,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse::<u8>().ok().filter(|length| *length <= widest).ok_or_else(no_range)?
        }
        Some(mask) => {
            let mask = mask.parse::<Ipv4Addr>().ok().filter(|_| address.is_ipv4());
            mask.and_then(|mask| ipnet::ip_mask_to_prefix(IpAddr::V4(mask)).ok()).ok_or_else(no_range)?
        }
    };
    let everything = || format!("{} is every address, not a site; the row is left out", quoted(text));
    let net = match address {
        IpAddr::V4(v4) => IpNet::V4(Ipv4Net::new(v4, length).map_err(|_| no_range())?),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) if length >= 96 => IpNet::V4(Ipv4Net::new(v4, length - 96).map_err(|_| no_range())?),
            Some(_) => return Err(everything()),
            None => IpNet::V6(Ipv6Net::new(v6, length).map_err(|_| no_range())?),
        },
    };
    let mapped = Ipv6Net::new(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96).expect("96 is a length");
    if net.prefix_len() == 0 || matches!(net, IpNet::V6(v6) if v6.contains(&mapped)) {
        return Err(everything());
    }
    Ok((net.trunc(), net.trunc() != net))
}

fn read_position(lat: Option<&str>, lon: Option<&str>) -> Result<Option<(f64, f64)>, String> {
    let (lat, lon) = match (lat, lon) {
        (None, None) => return Ok(None),
        (Some(lat), Some(lon)) => (lat, lon),
        (Some(_), None) => return Err("lat without lon; not placed on the map by this row".to_owned()),
        (None, Some(_)) => return Err("lon without lat; not placed on the map by this row".to_owned()),
    };
    let degrees = |what: &str, text: &str, most: f64| {
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && n.abs() <= most);
        number.ok_or_else(|| {
            format!("{what} {} is not between -{most} and {most} degrees; not placed by this row", quoted(text))
        })
    };
    Ok(Some((degrees("lat", lat, 90.0)?, degrees("lon", lon, 180.0)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "site,cidr,country,timezone,lat,lon,role\n";

    fn read(rows: &str) -> (SiteBook, Vec<String>) {
        let (book, complaints) = read_sites(format!("{HEADER}{rows}").as_bytes());
        (book, complaints.iter().map(|c| c.in_file("sites.csv")).collect())
    }

    #[test]
    fn several_rows_are_one_site() {
        let (book, complaints) =
            read("Tokyo DC,10.1.0.0/16,jp,Asia/Tokyo,35.6,139.7,datacentre\nTokyo DC,2001:db8:1::/48,,,,,\n");
        assert_eq!(complaints, Vec::<String>::new());
        let [site] = book.sites.as_slice() else { panic!("one site: {book:?}") };
        assert_eq!(
            (site.name.as_str(), site.country.as_deref(), site.position),
            ("Tokyo DC", Some("JP"), Some((35.6, 139.7)))
        );
        assert_eq!(site.ranges.len(), 2);
    }

    #[test]
    fn columns_stand_in_any_order_and_others_are_said() {
        let text = b"Floor;HOST_PATTERN;Site;CIDR;source\n3;bkk-*;Bangkok;10.2.0.0/16;bkk*\n";
        let (book, complaints) = read_sites(text);
        assert_eq!(book.sites[0].host_patterns, ["bkk-*"]);
        assert_eq!(book.sites[0].ranges[0].source.as_deref(), Some("bkk*"));
        assert_eq!(complaints[0].sentence, "column \"floor\" not read");
    }

    #[test]
    fn what_is_no_range_is_left_out_and_said() {
        for bad in [
            "10.0.0.0/33",
            "010.0.0.1",
            "0x7f.1",
            "1.2.3.4:99",
            "[::1]:443",
            "fe80::1%eth0",
            "10.0.0.9-10.0.0.1",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/255.0.255.0",
            "::1/129",
            "10.0.0",
        ] {
            let (book, complaints) = read(&format!("Good,10.9.0.0/16,,,,,\nBad,{bad},,,,,\n"));
            assert_eq!(book.sites.len(), 1, "{bad}");
            assert_eq!(complaints, [format!("sites.csv line 3: \"{bad}\" is not an address range")]);
        }
    }

    #[test]
    fn every_address_is_no_site() {
        for all in ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "::/64", "10.0.0.0/0"] {
            let (book, complaints) = read(&format!("All,{all},,,,,\n"));
            assert!(book.sites.is_empty() && complaints[0].contains("every address"), "{all}: {complaints:?}");
        }
    }

    #[test]
    fn spellings_of_a_range_are_one() {
        for (written, net) in [
            ("10.1.0.0/255.255.0.0", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("::ffff:10.1.0.0/112", "10.1.0.0/16"),
            ("2001:db8::1", "2001:db8::1/128"),
        ] {
            assert_eq!(read_net(written), Ok((net.parse().unwrap(), false)), "{written}");
        }
        assert_eq!(read_net("10.1.2.3/16"), Ok(("10.1.0.0/16".parse().unwrap(), true)));
    }

    #[test]
    fn the_first_word_on_a_site_stands() {
        let (book, complaints) = read("A,10.0.0.0/8,TH,,1,2,\nA,11.0.0.0/8,JP,,3,4,\nB,10.0.0.0/8,,,,,\n");
        assert_eq!((book.sites[0].country.as_deref(), book.sites[0].position), (Some("TH"), Some((1.0, 2.0))));
        assert_eq!(complaints[0], "sites.csv line 3: country \"JP\" of \"A\" differs from line 2, which stands");
        assert_eq!(complaints[1], "sites.csv line 3: lat and lon of \"A\" differs from line 2, which stands");
        assert_eq!(complaints[2], "sites.csv line 4: 10.0.0.0/8 belongs to \"A\" since line 2; \"B\" does not get it");
    }

    #[test]
    fn one_range_in_two_plants_is_told_apart_by_source() {
        let text = b"site,cidr,source\nA,192.168.1.0/24,a*\nB,192.168.1.0/24,b*\n";
        let (book, complaints) = read_sites(text);
        assert_eq!((book.sites.len(), complaints.len()), (2, 0));
    }

    #[test]
    fn a_position_off_the_globe_is_not_one() {
        let (book, complaints) = read("A,10.0.0.0/8,,,91,0,\nB,11.0.0.0/8,,,NaN,0,\nC,12.0.0.0/8,,,,0,\n");
        assert!(book.sites.iter().all(|site| site.position.is_none()));
        assert_eq!(complaints.len(), 3);
    }

    #[test]
    fn the_words_for_the_rest_are_no_names() {
        let (book, complaints) =
            read("external,10.0.0.0/8,,,,,\nUnassigned,11.0.0.0/8,,,,,\n,12.0.0.0/8,,,,,\n*,13.0.0.0/8,,,,,\n");
        assert_eq!((book.sites.len(), complaints.len()), (0, 4));
    }

    #[test]
    fn a_sites_file_is_known_by_its_header() {
        assert!(looks_like_sites("\u{feff}SITE;Cidr;x\r\n".as_bytes()));
        assert!(!looks_like_sites(b"from,to,service,verdict,reason\n"));
        assert!(!looks_like_sites(b"{\"site\":1,\"cidr\":2}"));
    }

    #[test]
    fn prototype_names_are_names() {
        let (book, _) = read("__proto__,10.0.0.0/8,,,,,\nconstructor,11.0.0.0/8,,,,,\n");
        assert_eq!(book.sites.len(), 2);
    }
}
