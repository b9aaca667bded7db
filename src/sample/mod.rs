//! The sample case: logs of an invented company that follow the public dates of a real case, made when they are asked for.
//!
//! The same bytes on every machine. Every name begins with `SYNTHETIC-`, and what comes from such a file is said to be synthetic
//! everywhere. A connection stands in one log only, but for the intruder's sessions, which an office and the data centre both saw.
//! Invariants: no clock, no randomness but fixed seeds, no floating point.

mod business;
mod company;
mod dice;
mod story;
mod writing;

use company::{BANGKOK, JAKARTA, KOBE, MANILA, NEW_YORK, Place, ROTTERDAM};
use dice::Dice;
use story::Restriction;

/// A file of the sample case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile {
    /// Its name.
    pub name: &'static str,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// Makes all of a file.
type Make = fn() -> Vec<u8>;

/// The files and what makes each.
const FILES: [(&str, Make); 8] = [
    ("SYNTHETIC-sites.csv", || company::sites().into_bytes()),
    ("SYNTHETIC-policy.csv", || company::POLICY.as_bytes().to_vec()),
    ("SYNTHETIC-bangkok-fortigate.log", bangkok),
    ("SYNTHETIC-jakarta-zeek.json", jakarta),
    ("SYNTHETIC-manila-fortigate.log", manila),
    ("SYNTHETIC-newyork-firewall.csv", new_york),
    ("SYNTHETIC-tokyo-zeek.log", tokyo),
    ("SYNTHETIC-erp-vpcflow.log", erp),
];

/// All files: the sites, the policy, then the logs.
pub fn files() -> Vec<SampleFile> {
    FILES.iter().map(|(name, make)| SampleFile { name, bytes: make() }).collect()
}

/// The names of all files.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The file of this name.
pub fn file(name: &str) -> Option<SampleFile> {
    let found = FILES.iter().find(|(own, _)| *own == name);
    found.map(|(name, make)| SampleFile { name, bytes: make() })
}

/// An office's days and, where there is one, its part of the story.
fn office(place: &Place, seed: u64) -> Vec<crate::flow::Flow<'static>> {
    let mut flows = business::office(place, &Restriction::of(place), 11, &mut Dice::new(seed));
    flows.extend(story::from(place, &mut story::story_dice(seed)));
    flows
}

fn bangkok() -> Vec<u8> {
    writing::fortigate(&office(&BANGKOK, 1), &BANGKOK, "BKK-FW01", None)
}

fn jakarta() -> Vec<u8> {
    writing::zeek_json(&office(&JAKARTA, 2), "JKT-ZEEK01")
}

fn manila() -> Vec<u8> {
    // New firmware, and two hours without a log.
    let silent = (company::jst(9, 14, 2, 0), company::jst(9, 14, 4, 0));
    writing::fortigate(&office(&MANILA, 3), &MANILA, "MNL-FW01", Some(silent))
}

fn new_york() -> Vec<u8> {
    let mut flows = office(&NEW_YORK, 4);
    flows.extend(business::remote_workers(&NEW_YORK, &mut Dice::new(40)));
    writing::firewall_csv(&flows, &NEW_YORK, "NYC-FW01")
}

fn tokyo() -> Vec<u8> {
    let mut flows = business::data_centre(&mut Dice::new(5));
    flows.extend(story::at_the_data_centre());
    writing::zeek_tsv(&flows)
}

fn erp() -> Vec<u8> {
    let sites = [&KOBE, &BANGKOK, &JAKARTA, &MANILA, &NEW_YORK, &ROTTERDAM];
    writing::vpc_flow(&business::erp_proxy(&sites, &mut Dice::new(6)), "eni-0c7d2e91a4f3b5608")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::table::has_columns;

    #[test]
    fn the_sample_is_the_same_every_time_and_not_large() {
        let all = files();
        let total: usize = all.iter().map(|file| file.bytes.len()).sum();
        assert!((4_000_000..10_000_000).contains(&total), "{total} bytes");
        assert_eq!(file("SYNTHETIC-jakarta-zeek.json"), Some(all[3].clone()));
        assert!(names().all(|name| name.starts_with("SYNTHETIC-")));
        assert!(has_columns(&all[0].bytes, &["site", "cidr"]));
    }
}
