//! The book of sites as `sites.csv`. What is written here is read back by [`super::import`] to the same book.

use std::fmt::Write as _;

use super::{Site, SiteBook};
use crate::evidence::table::cell;

impl SiteBook {
    /// `sites.csv`, one row a range and a row for each further host pattern; safe to open in a spreadsheet. That a site was
    /// guessed is not written: who saves the file says so.
    pub fn to_csv(&self) -> String {
        let mut csv = "site,cidr,country,timezone,lat,lon,role,host_pattern,source,contact\n".to_owned();
        for site in &self.sites {
            for row in 0..site.ranges.len().max(site.host_patterns.len()).max(1) {
                write_row(&mut csv, site, row);
            }
        }
        csv
    }
}

fn write_row(csv: &mut String, site: &Site, row: usize) {
    let range = site.ranges.get(row);
    let net = range.map(|range| range.net.to_string()).unwrap_or_default();
    let source = range.and_then(|range| range.source.as_deref());
    let pattern = site.host_patterns.get(row).map(String::as_str);
    let text = |text: Option<&str>| cell(text.unwrap_or_default());
    // A place is a number, which no spreadsheet takes for a formula.
    let (lat, lon) = site.position.map(|(lat, lon)| (lat.to_string(), lon.to_string())).unwrap_or_default();
    let [country, timezone, role, contact] =
        [&site.country, &site.timezone, &site.role, &site.contact].map(|field| text(field.as_deref()));
    writeln!(
        csv,
        "{},{net},{country},{timezone},{lat},{lon},{role},{},{},{contact}",
        cell(&site.name),
        text(pattern),
        text(source)
    )
    .expect("a String takes all that is written");
}

#[cfg(test)]
mod tests {
    use crate::sites::import::read_sites;

    #[test]
    fn a_book_comes_back_from_its_file() {
        let text = "site,cidr,country,timezone,lat,lon,role,host_pattern,source,contact\n\
            \"Tokyo, DC\",10.1.0.0/16,JP,Asia/Tokyo,35.6,139.7,datacentre,tyo-*,,\"=HYPERLINK(\"\"x\"\")\"\n\
            \"Tokyo, DC\",192.168.1.0/24,,,,,,dc?.corp,tyo*,\n\
            @home,,,,-6.2,-0.5,,home-*,,+66 2 000\n\
            東京,2001:db8::/32,,,,,,,,\n";
        let (book, complaints) = read_sites(text.as_bytes());
        assert_eq!((book.sites.len(), complaints), (3, vec![]));
        let csv = book.to_csv();
        assert_eq!(read_sites(csv.as_bytes()), (book.clone(), vec![]), "{csv}");
        assert!(csv.contains("'@home") && csv.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{csv}");
    }

    #[test]
    fn an_empty_book_is_a_header() {
        let csv = super::SiteBook::default().to_csv();
        assert_eq!(csv.lines().count(), 1);
        assert_eq!(read_sites(csv.as_bytes()).0, super::SiteBook::default());
    }
}
