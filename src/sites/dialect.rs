//! Where companies keep their sites, and what the columns are called there: Kyoten's own `sites.csv`; NetBox's prefixes;
//! phpIPAM's subnets; the subnets of Active Directory Sites and Services; any other table of subnets by site.
//!
//! After NetBox, "Prefixes" (CSV export, and the REST API's `ipam/prefixes/`); phpIPAM, "Export data: Subnets"; Microsoft,
//! `Get-ADReplicationSubnet` and the class `subnet` ([MS-ADTS] §6.1.1.2.2.2.1) as `csvde` writes it.

use std::borrow::Cow;

use crate::evidence::Framing;
use crate::evidence::records::{Piece, Splitter};
use crate::evidence::table::cell;

/// What a table's columns are to a book of sites.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Dialect {
    /// In the order of `sites.csv`: site, cidr, country, timezone, lat, lon, role, host_pattern, source, contact.
    pub columns: [Option<usize>; 10],
    /// The length of a prefix, where it has a column of its own.
    pub mask: Option<usize>,
    /// The table is Kyoten's own: what else stands in it is worth a remark.
    pub own: bool,
}

/// The names of each column elsewhere, the most telling first.
const SITE: [&str; 14] = [
    "site",
    "siteobject",
    "site name",
    "site_name",
    "sitename",
    "scope",
    "scope_name",
    "location",
    "branch",
    "office",
    "plant",
    "standort",
    "拠点名",
    "拠点",
];
const CIDR: [&str; 12] = [
    "cidr",
    "prefix",
    "subnet",
    "network",
    "subnets",
    "networks",
    "ip range",
    "ip_range",
    "address range",
    "network address",
    "netz",
    "ネットワーク",
];
const MASK: [&str; 5] = ["mask", "netmask", "subnet mask", "prefix length", "prefixlen"];
const COUNTRY: [&str; 4] = ["country", "country code", "country_code", "国"];
const TIMEZONE: [&str; 4] = ["timezone", "time zone", "time_zone", "tz"];
const LAT: [&str; 2] = ["lat", "latitude"];
const LON: [&str; 3] = ["lon", "lng", "longitude"];
const ROLE: [&str; 3] = ["role", "function", "site role"];
const CONTACT: [&str; 6] = ["contact", "contacts", "owner", "responsible", "admin", "担当者"];
const OWN: [&str; 10] =
    ["site", "cidr", "country", "timezone", "lat", "lon", "role", "host_pattern", "source", "contact"];

impl Dialect {
    /// What a header's names (in lower case) mean; `None` where they name no site, or nothing that a site has.
    pub fn of(header: &[String]) -> Option<Dialect> {
        let find = |names: &[&str]| names.iter().find_map(|name| header.iter().position(|own| own == name));
        let own = OWN.map(|name| find(&[name]));
        if own[0].is_some() && (own[1].is_some() || own[7].is_some()) {
            return Some(Dialect { columns: own, own: true, ..Dialect::default() });
        }
        let directory = find(&["distinguishedname", "dn", "objectclass", "siteobject"]).is_some();
        let cidr = if directory { find(&["name", "cn"]) } else { find(&CIDR) }?;
        // A table of phpIPAM without places still has its sections.
        let site = find(&SITE).or_else(|| find(&["section"]))?;
        let columns = [
            Some(site),
            Some(cidr),
            find(&COUNTRY),
            find(&TIMEZONE),
            find(&LAT),
            find(&LON),
            if directory { None } else { find(&ROLE) },
            find(&["host_pattern"]),
            find(&["source"]),
            find(&CONTACT),
        ];
        (site != cidr).then(|| Dialect { columns, mask: find(&MASK), own: false })
    }
}

/// A site's name out of a distinguished name (RFC 4514): `CN=Tokyo\, West,CN=Sites,…` is `Tokyo, West`. What is no
/// distinguished name is the name itself.
pub(super) fn plain_name(written: &str) -> Cow<'_, str> {
    let Some(rest) = written.get(..3).filter(|head| head.eq_ignore_ascii_case("cn=")).map(|_| &written[3..]) else {
        return Cow::Borrowed(written);
    };
    let mut name = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            ',' | '+' => break,
            '\\' => name.extend(chars.next()),
            c => name.push(c),
        }
    }
    Cow::Owned(name.trim().to_owned())
}

/// Whether this is the beginning of NetBox's answer to `ipam/prefixes/`, or of such objects by themselves.
pub(super) fn looks_like_netbox(sample: &[u8]) -> bool {
    let head = sample.trim_ascii_start();
    let has = |key: &[u8]| memchr::memmem::find(&head[..head.len().min(64 * 1024)], key).is_some();
    matches!(head.first(), Some(b'{' | b'['))
        && has(b"\"prefix\"")
        && (has(b"\"site\"") || has(b"\"scope\""))
        && has(b"\"family\"")
}

/// NetBox's prefixes as a `sites.csv`, a row an object, and on which line each object began. Prefixes of no site are left out, and
/// said by their number.
pub(super) fn netbox_as_csv(bytes: &[u8]) -> (String, Vec<u64>, u64) {
    let mut csv = "site,cidr,role\n".to_owned();
    let (mut lines, mut without) = (Vec::new(), 0);
    let mut take = |piece: Piece<'_>| {
        let Piece::Record(record) = piece else { return };
        let Ok(object) = serde_json::from_slice::<serde_json::Value>(record.bytes) else {
            without += 1;
            return;
        };
        let name_of = |field: &str| {
            let value = &object[field];
            ["name", "display", "label", "slug"].iter().find_map(|key| value[*key].as_str()).or_else(|| value.as_str())
        };
        match (object["prefix"].as_str(), name_of("site").or_else(|| name_of("scope"))) {
            (Some(prefix), Some(site)) => {
                csv += &format!("{},{},{}\n", cell(site), cell(prefix), cell(name_of("role").unwrap_or_default()));
                lines.push(record.place.line);
            }
            (_, _) => without += 1,
        }
    };
    let mut splitter = Splitter::new(Framing::Json);
    splitter.feed(bytes, &mut take);
    splitter.finish(&mut take);
    (csv, lines, without)
}

#[cfg(test)]
mod tests {
    use crate::sites::import::{looks_like_sites, read_sites};

    /// site=range, … and the complaints.
    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        assert!(looks_like_sites(text.as_bytes()), "{text}");
        let (book, complaints) = read_sites(text.as_bytes());
        let nets = |site: &crate::sites::Site| {
            site.ranges.iter().map(|range| format!("{}={}", site.name, range.net)).collect::<Vec<_>>()
        };
        (book.sites.iter().flat_map(nets).collect(), complaints.into_iter().map(|c| c.sentence).collect())
    }

    #[test]
    fn netbox_prefixes_are_sites() {
        let csv = "id,prefix,status,vrf,tenant,site,vlan,role,is_pool,description\n\
                   1,10.1.0.0/16,active,,,Tokyo DC,,datacentre,false,\n2,10.9.0.0/24,active,,,,,,false,spare\n";
        let (sites, complaints) = read(csv);
        assert_eq!(sites, ["Tokyo DC=10.1.0.0/16"]);
        assert_eq!(complaints, ["1 range of no site is left out"]);
        let json = "{\"count\":2,\"next\":null,\"previous\":null,\"results\":[{\"id\":1,\"family\":{\"value\":4},\
                    \"prefix\":\"10.1.0.0/16\",\"scope\":{\"id\":1,\"name\":\"Tokyo DC\"},\"role\":{\"name\":\"DC\"}},\
                    {\"id\":2,\"family\":{\"value\":4},\"prefix\":\"10.9.0.0/24\",\"site\":null}]}";
        let (sites, complaints) = read(json);
        assert_eq!(sites, ["Tokyo DC=10.1.0.0/16"]);
        assert_eq!(complaints, ["1 range of no site is left out"]);
    }

    #[test]
    fn what_is_said_of_a_prefix_of_netbox_names_the_line_of_its_object() {
        let object = |net: &str| format!("{{\"prefix\":\"{net}\",\"family\":4,\"site\":\"A\\nB\"}}");
        let lines = |text: &str| read_sites(text.as_bytes()).1.iter().map(|c| c.line).collect::<Vec<_>>();
        let both = [object("10.1.0.1/16"), object("10.2.0.0/99")];
        assert_eq!(lines(&format!("[{}]", both.join(","))), [1, 1], "all on one line");
        assert_eq!(lines(&format!("[\n\n{}\n]", both.join(",\n"))), [3, 4]);
    }

    #[test]
    fn phpipam_subnets_have_their_mask_in_a_column() {
        let csv = "Section,Subnet,Mask,Description,VLAN,Location\nPlants,10.2.0.0,16,Office LAN,20,Bangkok\n\
                   Plants,10.3.0.0,255.255.0.0,Office LAN,20,Jakarta\n";
        assert_eq!(read(csv).0, ["Bangkok=10.2.0.0/16", "Jakarta=10.3.0.0/16"]);
        assert_eq!(read("Section;Subnet;Mask\nManila;10.4.0.0;16\n").0, ["Manila=10.4.0.0/16"]);
    }

    #[test]
    fn active_directory_subnets_name_their_site_by_its_path() {
        let powershell = "\"DistinguishedName\",\"Location\",\"Name\",\"ObjectClass\",\"Site\"\n\
            \"CN=10.2.0.0/16,CN=Subnets,CN=Sites,CN=Configuration,DC=example,DC=com\",\"TH/Bangkok\",\"10.2.0.0/16\",\"subnet\",\
            \"CN=Bangkok\\, Plant 2,CN=Sites,CN=Configuration,DC=example,DC=com\"\n";
        assert_eq!(read(powershell).0, ["Bangkok, Plant 2=10.2.0.0/16"]);
        let csvde = "DN,objectClass,cn,siteObject\n\
            \"CN=10.5.0.0/16,CN=Subnets\",subnet,10.5.0.0/16,\"CN=Kobe,CN=Sites\"\n";
        assert_eq!(read(csvde).0, ["Kobe=10.5.0.0/16"]);
    }

    #[test]
    fn a_plain_table_of_subnets_is_enough() {
        assert_eq!(read("Network,Site Name,Country Code\n10.6.0.0/16,Tokyo,jp\n").0, ["Tokyo=10.6.0.0/16"]);
        assert_eq!(read("拠点名,ネットワーク\n東京,10.6.0.0/16\n").0, ["東京=10.6.0.0/16"]);
    }

    #[test]
    fn logs_and_other_tables_are_no_sites() {
        for text in [
            "src_ip,dst_ip,site,bytes\n10.0.0.1,10.0.0.2,Tokyo,5\n",
            "name,office,mail\nA,Tokyo,a@example.com\n",
            "time,network,location,src,dst\n1,10.0.0.0/8,Tokyo,10.0.0.1,10.0.0.2\n",
            "{\"prefix\":\"x\",\"message\":\"y\"}",
        ] {
            assert!(!looks_like_sites(text.as_bytes()), "{text}");
        }
    }
}
