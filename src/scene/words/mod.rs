//! The words of the pictures, one language a file, and what is written alike in all of them: bytes, counts and times.
//! TLP labels, names, addresses, services and units are never translated.

mod en;
mod ja;

use super::figure::{Basis, Step};
use super::network::{Card, Edge, Node, State};
use crate::calendar;
use crate::case::acts::ActionKind;
use crate::finding::Finding;
pub use crate::flow::volume as bytes;
use crate::flow::{Hour, Moment};
pub use crate::phrase::Language;

/// The longest gap of a log: its hours, the sensor, and when it began.
pub type LongestGap<'a> = Option<(i32, &'a str, String)>;

impl Language {
    /// Its words for pictures.
    pub fn of_pictures(self) -> &'static Words {
        match self {
            Language::English => &en::WORDS,
            Language::Japanese => &ja::WORDS,
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the names")]
pub enum Noun {
    Session,
    Flow,
    Host,
    Link,
    Finding,
    Row,
    File,
    Sensor,
    Site,
    Place,
}

/// All words of the pictures.
#[allow(missing_docs, reason = "a word is its own documentation")]
pub struct Words {
    pub language: Language,
    pub code: &'static str,
    pub external: &'static str,
    /// What is outside in one country, by its ISO 3166-1 code.
    pub external_in: fn(&str) -> String,
    pub unassigned: &'static str,
    pub tray: &'static str,
    pub no_site: &'static str,
    pub outside: &'static str,
    /// A country by its ISO 3166-1 code; the code itself where the table lacks it.
    pub country: fn(&str) -> Option<&'static str>,
    pub guessed: &'static str,
    pub within: &'static str,
    pub state: fn(State) -> &'static str,
    pub basis: fn(Basis) -> &'static str,
    /// Said after the basis of what is weak.
    pub weak: &'static str,
    pub action: fn(ActionKind) -> &'static str,
    /// `3 sessions`.
    pub many: fn(u64, Noun) -> String,
    /// A joined list's `and 3 more`.
    pub and_more: fn(u64) -> String,
    /// Bytes each way apart, from the initiator and back to it, written already.
    pub each_way: fn(&str, &str) -> String,
    /// Sessions allowed, denied, failed; what is zero is left out, but for the allowed.
    pub outcomes: fn(u64, u64, u64) -> String,
    /// A day without its year, the year where it is new.
    pub day: fn(i32, u8, u8, bool) -> String,
    pub undated: &'static str,
    pub no_log: &'static str,
    /// What is normal, and what a finding is about, in its small picture.
    pub usual: &'static str,
    pub here: &'static str,
    pub log_scale: &'static str,
    pub local_time: &'static str,
    pub on_rest: &'static str,
    pub hours_by_day: &'static str,
    /// What a bar of the timeline stands for, in hours.
    pub flows_a_bar: fn(i32) -> String,
    pub flows: &'static str,
    pub timeline_axis: &'static str,
    pub no_times: &'static str,
    pub actions: &'static str,
    pub synthetic: &'static str,
    pub no_steps: &'static str,
    pub no_coverage: &'static str,
    pub all_services: &'static str,
    pub legend_head: &'static str,
    pub legend: fn(State) -> &'static str,
    pub cut_overlay: &'static str,
    pub scale: &'static str,
    pub reading: &'static str,
    pub bases: &'static str,
    pub figure_number: fn(u32) -> String,
    pub continued: &'static str,
    pub window: fn(&str, &str) -> String,
    pub coverage: fn(sensors: usize, watched: i64, silent: i64, longest: LongestGap<'_>) -> String,
    pub time_unknown: &'static str,
    pub no_account: &'static str,
    pub accounts: fn(&str) -> String,
    pub to_hosts: fn(u64, u64) -> String,
    /// First and last moment of what a step is about.
    pub from_to: fn(&str, Option<&str>) -> String,
    pub also: fn(&str) -> String,
    /// A link's action as its card says it: what, when, and how many sessions ran in later hours.
    pub acted: fn(ActionKind, &str, u64) -> String,
    pub evidence: fn(basis: &str, place: &str, more: u64) -> String,
    pub analyst_says: &'static str,
    pub left_out: fn(steps: usize, findings: usize) -> String,
    pub marks: fn(external: bool, unassigned: bool, guessed: bool, ringed: bool) -> String,
    pub evidence_head: fn(usize) -> String,
    pub more_files: fn(usize) -> String,
    pub withheld_files: fn(usize) -> String,
    pub made: fn(&str, &str) -> String,
    pub shown: fn(shown: &str, of: u64, filters: &[String]) -> String,
    pub unnamed: fn(usize) -> String,
    pub unknown: fn(&str) -> String,
    pub more_unknowns: fn(usize) -> String,
    pub overview: fn(sites: usize, links: usize) -> String,
    pub only_window: fn(&str, &str) -> String,
    pub only_near: fn(&str, u32) -> String,
    pub pseudonyms: &'static str,
    pub malformed: fn(u64) -> String,
    pub counted_twice: &'static str,
    pub sites_guessed: &'static str,
    /// The claim of the first finding: from, to, over which service.
    pub claim: fn(&Finding, &str, &str, &str) -> String,
    pub no_finding: fn(usize) -> String,
    /// When the first finding began, and how many more links stand out.
    pub claim_when: fn(Option<&str>, usize) -> String,
    /// What is wrong, in a few words.
    pub gist: fn(&Finding) -> String,
    /// What kind of thing is wrong, naming nobody.
    pub kind: fn(&Finding) -> &'static str,
    pub matrix_corner: (&'static str, &'static str),
    pub new: &'static str,
    pub matrix_key: fn(Cell) -> &'static str,
    pub hosts_more: fn(usize) -> String,
    pub initiators: &'static str,
    pub responders: &'static str,
}

/// What a cell of the matrix says beside the states of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Traffic without a finding, on many days.
    Expected,
    /// Traffic without a finding, on few days.
    Rare,
    /// Watched, and nothing ran.
    Nothing,
}

impl Words {
    /// Bytes each way apart.
    pub fn volume(&self, bytes_out: u64, bytes_in: u64) -> String {
        (self.each_way)(&bytes(bytes_out), &bytes(bytes_in))
    }

    /// A party's name, with the mark of a guess.
    pub fn name(&self, card: &Card) -> String {
        if card.guessed { format!("{} ({})", card.name, self.guessed) } else { card.name.clone() }
    }

    /// A party in words, for its tooltip.
    pub fn node(&self, node: &Node) -> String {
        let mut parts = vec![self.name(&node.card)];
        parts.extend(node.card.role.clone());
        parts.extend(node.card.country.as_deref().map(|code| (self.country)(code).unwrap_or(code).to_owned()));
        let within = &node.within;
        if within.connections() > 0 {
            let bytes = self.volume(within.bytes_out, within.bytes_in);
            parts.push(format!("{}: {}, {bytes}", self.within, (self.many)(within.connections(), Noun::Session)));
        }
        parts.join(" · ")
    }

    /// A link in words, for its tooltip and the screen reader.
    pub fn edge(&self, edge: &Edge, from: &str, to: &str) -> String {
        let totals = &edge.totals;
        let services: Vec<String> = edge.services.iter().take(3).map(|(service, _)| service.to_string()).collect();
        let more = edge.services.len().saturating_sub(3) as u64;
        let more = if more > 0 { format!(" {}", (self.and_more)(more)) } else { String::new() };
        let cut = if edge.cut { format!(" · {}", (self.state)(State::Cut)) } else { String::new() };
        format!(
            "{from} → {to} · {}{cut} · {}{more} · {} ({}) · {} · {}",
            (self.state)(edge.state),
            services.join(", "),
            (self.many)(totals.connections(), Noun::Session),
            (self.outcomes)(totals.established, totals.denied, totals.failed),
            self.volume(totals.bytes_out, totals.bytes_in),
            (self.to_hosts)(edge.hosts.0 as u64, edge.hosts.1 as u64),
        )
    }

    /// An hour or a day in words, for its tooltip.
    pub fn bucket(&self, first: Hour, hours: i64, flows: u64, watched: bool) -> String {
        let when = first.start().map_or_else(|| self.undated.to_owned(), minute);
        let seen = if watched { (self.many)(flows, Noun::Flow) } else { self.no_log.to_owned() };
        format!("{when} UTC, {hours} h: {seen}")
    }

    /// A tick of the timeline: the time of day where ticks are hours apart, else the date; the year where it is new.
    pub fn tick(&self, hour: Hour, step: i32, year: &mut Option<i32>) -> String {
        let (now, month, day) = calendar::civil_from_days(i64::from(hour.day()));
        let of_day = hour.0.rem_euclid(24);
        if step < 24 && of_day != 0 {
            return format!("{of_day:02}:00");
        }
        if step >= 8760 {
            return now.to_string();
        }
        let fresh = *year != Some(now);
        *year = Some(now);
        (self.day)(now, month, day, fresh)
    }

    /// The day of a moment, without its year.
    pub fn date(&self, moment: Moment) -> String {
        let (year, month, day) = calendar::civil_from_days(i64::from(moment.hour().day()));
        (self.day)(year, month, day, false)
    }

    /// Start and end with the offset.
    pub fn span(&self, (first, last): (Moment, Moment)) -> String {
        (self.window)(&minute(first), &minute(last))
    }

    /// What a step's link carried, each way.
    pub fn step_volume(&self, step: &Step) -> String {
        self.volume(step.totals.bytes_out, step.totals.bytes_in)
    }

    /// When the flows of a step ran.
    pub fn step_when(&self, step: &Step) -> String {
        let Some(first) = step.at else { return self.time_unknown.to_owned() };
        let last = step.until.filter(|last| *last != first).map(whole_second);
        (self.from_to)(&format!("{} UTC", whole_second(first)), last.as_deref())
    }

    /// How often, allowed or not, and between how many hosts.
    pub fn step_sessions(&self, step: &Step) -> String {
        let totals = &step.totals;
        let sessions = (self.many)(totals.connections(), Noun::Session);
        let outcomes = (self.outcomes)(totals.established, totals.denied, totals.failed);
        let hosts = match step.hosts {
            (0, _) | (_, 0) => String::new(),
            (from, to) => format!(" · {}", (self.to_hosts)(from as u64, to as u64)),
        };
        format!("{sessions}: {outcomes}{hosts}")
    }

    /// The accounts of a step.
    pub fn step_accounts(&self, step: &Step) -> String {
        if step.accounts.is_empty() {
            return self.no_account.to_owned();
        }
        let named: Vec<&str> = step.accounts.iter().take(2).map(String::as_str).collect();
        let more = step.accounts.len().saturating_sub(2) as u64;
        let more = if more > 0 { format!(" {}", (self.and_more)(more)) } else { String::new() };
        (self.accounts)(&format!("{}{more}", named.join(", ")))
    }

    /// What proves a step.
    pub fn step_evidence(&self, step: &Step) -> String {
        let basis = format!("{}{}", (self.basis)(step.basis), if step.weak { self.weak } else { "" });
        (self.evidence)(&basis, &step.evidence, step.further_rows as u64)
    }
}

/// A count with its thousands parted: `12 345` with a thin space would not survive a copy, so `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count in few characters: `940`, `12.4k`, `3.1M`.
pub fn short(number: u64) -> String {
    let tenths = |divisor: u64| format!("{}.{}", number / divisor, number % divisor * 10 / divisor);
    match number {
        0..10_000 => count(number),
        10_000..1_000_000 => tenths(1_000) + "k",
        1_000_000..1_000_000_000 => tenths(1_000_000) + "M",
        _more => tenths(1_000_000_000) + "G",
    }
}

/// `2020-06-11 03:12` (UTC; the place where it stands says so).
pub fn minute(moment: Moment) -> String {
    calendar::minute(moment, 0).trim_end_matches(" UTC").to_owned()
}

/// `2020-06-11 03:12:09` (UTC; the place where it stands says so).
pub fn second(moment: Moment) -> String {
    calendar::second(moment, 0).trim_end_matches(" UTC").to_owned()
}

/// To the whole second.
fn whole_second(moment: Moment) -> String {
    let text = second(moment);
    text.split('.').next().unwrap_or(&text).to_owned()
}
