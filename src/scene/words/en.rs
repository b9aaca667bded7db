//! The words of the pictures in English.

use super::{Cell, Language, Noun, Words, count};
use crate::case::acts::ActionKind;
use crate::finding::{Finding, Lane};
use crate::scene::figure::Basis;
use crate::scene::network::State;

pub const WORDS: Words = Words {
    language: Language::English,
    code: "en",
    external: "External",
    external_in: |code| format!("External ({code})"),
    unassigned: "Unassigned",
    tray: "Not on the map (no position)",
    no_site: "In no site",
    outside: "Outside",
    country,
    guessed: "guessed",
    within: "within it",
    state: |state| match state {
        State::Violation => "violation",
        State::Anomalous => "anomalous",
        State::Suspected => "suspected",
        State::Expected => "no finding",
        State::NoLog => "no log",
        State::Cut => "cut",
    },
    weak: ", weak",
    basis: |basis| match basis {
        Basis::Observed => "observed",
        Basis::Inferred => "inferred",
        Basis::Asserted => "analyst’s word",
    },
    action: |kind| match kind {
        ActionKind::Cut => "cut",
        ActionKind::Restrict => "restrict",
        ActionKind::Restore => "restore",
    },
    many,
    and_more: |more| format!("and {} more", count(more)),
    each_way: |out, back| format!("{out} out, {back} back"),
    outcomes: |allowed, denied, failed| {
        let mut text = format!("{} allowed", count(allowed));
        for (number, word) in [(denied, "denied"), (failed, "failed")] {
            if number > 0 {
                text += &format!(", {} {word}", count(number));
            }
        }
        text
    },
    day: |year, month, day, with_year| {
        let month = MONTHS[usize::from(month.clamp(1, 12) - 1)];
        if with_year { format!("{day} {month} {year}") } else { format!("{day} {month}") }
    },
    undated: "undated",
    usual: "usual",
    here: "here",
    log_scale: "log scale",
    local_time: "local time",
    on_rest: "local time, day of rest",
    hours_by_day: "hours 00–24 by day",
    no_log: "no log",
    flows_a_bar: |hours| match hours {
        1 => "an hour".to_owned(),
        24 => "a day".to_owned(),
        hours if hours % 24 == 0 => format!("in {} d", hours / 24),
        hours => format!("in {hours} h"),
    },
    flows: "flows",
    timeline_axis: "height: √flows · UTC",
    no_times: "No flow here has a time.",
    actions: "Actions",
    synthetic: "SYNTHETIC SAMPLE",
    no_steps: "No finding on any link that is shown. That the logs show none is not that there was none.",
    no_coverage: "no log says when it was watching",
    all_services: "any service",
    legend_head: "Legend",
    legend: |state| match state {
        State::Violation => "violation: the policy forbids it",
        State::Anomalous => "anomalous: unlikely by a rule’s own measure",
        State::Suspected => "suspected: worth a look",
        State::Expected => "no finding; both directions are one line",
        State::NoLog => "no log covers it",
        State::Cut => "cut by decision",
    },
    cut_overlay: "double bar: cut by decision",
    scale: "bytes both ways",
    reading: "How to read this",
    bases: "“Observed” stands in the logs; “inferred” is a rule’s conclusion from them; “analyst’s word” is neither; “weak”: its q is above 0.10. \
            Unusual is not malicious.",
    figure_number: |number| format!("Figure {number}"),
    continued: "continued",
    window: |first, last| format!("{first} to {last} UTC+00:00"),
    coverage: |sensors, watched, silent, longest| {
        let sensors = many(sensors as u64, Noun::Sensor);
        let watched = count(watched.unsigned_abs());
        let Some((hours, sensor, from)) = longest else {
            return format!("{sensors}, a record in each of {watched} sensor hours");
        };
        let silent = count(silent.unsigned_abs());
        format!(
            "{sensors}, no record in {silent} of {watched} sensor hours; longest gap {sensor}, {hours} h from {from} UTC"
        )
    },
    time_unknown: "time unknown",
    no_account: "no account logged",
    accounts: |names| format!("account {names}"),
    to_hosts: |from, to| format!("{} → {}", count(from), many(to, Noun::Host)),
    from_to: |first, last| match last {
        Some(last) => format!("{first}, last {last}"),
        None => first.to_owned(),
    },
    also: |more| format!("Also {more}."),
    acted: |kind, at, ran| {
        let kind = match kind {
            ActionKind::Cut => "Cut",
            ActionKind::Restrict => "Restricted",
            ActionKind::Restore => "Restored",
        };
        match ran {
            0 => format!("{kind} {at} UTC; nothing ran after it."),
            ran => format!("{kind} {at} UTC; {} ran after it.", many(ran, Noun::Session)),
        }
    },
    evidence: |basis, place, more| match more {
        0 => format!("{basis}: {place}"),
        more => format!("{basis}: {place} and {} more", many(more, Noun::Row)),
    },
    analyst_says: "analyst’s word",
    left_out: |steps, findings| {
        let steps = (steps > 0).then(|| format!("{} numbered {}", steps, if steps == 1 { "link" } else { "links" }));
        let findings =
            (findings > 0).then(|| format!("{} on links without a number", many(findings as u64, Noun::Finding)));
        let parts: Vec<String> = steps.into_iter().chain(findings).collect();
        if parts.is_empty() { String::new() } else { format!("Further: {}; see the case’s list.", parts.join(", ")) }
    },
    marks: |external, unassigned, guessed, ringed| {
        let mut out = "Arrows run from the initiator. Hatched: no log. ● site".to_owned();
        for (is, word) in [
            (external, ", ■ external"),
            (unassigned, ", dashed: unassigned"),
            (guessed, ", hollow: a guess"),
            (ringed, ", ringed: a finding within it"),
        ] {
            if is {
                out.push_str(word);
            }
        }
        out + "."
    },
    evidence_head: |files| format!("Evidence: {}, SHA-256 begins", many(files as u64, Noun::File)),
    more_files: |files| format!("and {} more; full hashes in the case", many(files as u64, Noun::File)),
    withheld_files: |files| format!("{}; names and hashes are withheld", many(files as u64, Noun::File)),
    made: |tool, case| format!("{tool} · case {case}"),
    shown: |shown, of, filters| {
        let links = format!("{shown} of {} shown", many(of, Noun::Link));
        if filters.is_empty() {
            format!("{links}; no filter.")
        } else {
            format!("{links}; filter: {}.", filters.join("; "))
        }
    },
    unnamed: |sites| format!("{} without room for a name.", many(sites as u64, Noun::Site)),
    unknown: |text| format!("Not known: {}.", text.trim_end_matches('.')),
    more_unknowns: |number| format!("{number} further unknown{} in the case.", if number == 1 { "" } else { "s" }),
    overview: |sites, links| {
        format!("The picture shows {} and {}.", many(sites as u64, Noun::Place), many(links as u64, Noun::Link))
    },
    only_window: |from, to| format!("only flows from {from} UTC to {to} UTC"),
    only_near: |name, hops| {
        format!("only {name} and what lies within {hops} {} of it", if hops == 1 { "link" } else { "links" })
    },
    pseudonyms: "names and addresses are pseudonyms; the key stays in the case",
    malformed: |records| {
        format!(
            "{} record{} could not be read; the receipts in the case file name them",
            count(records),
            if records == 1 { "" } else { "s" }
        )
    },
    counted_twice: "a connection that two sensors logged counts at each of them",
    sites_guessed: "nobody named the sites: they are guessed from private address ranges",
    claim: |finding, from, to, service| {
        let over = if service.is_empty() { String::new() } else { format!(" over {service}") };
        match finding.lane {
            Lane::Policy => format!("{from} reached {to}{over} against policy"),
            Lane::Novelty => format!("{from} reached {to}{over} for the first time"),
            Lane::Behaviour | Lane::Campaign => format!("{from} to {to}{over}: unusual"),
        }
    },
    no_finding: |links| format!("No finding on {} between sites", many(links as u64, Noun::Link)),
    claim_when: |on, more| {
        let on = on.map(|on| format!("First on {on}"));
        let more = match more {
            0 => None,
            1 => Some("one more link stands out".to_owned()),
            more => Some(format!("{more} more links stand out")),
        };
        on.into_iter().chain(more).collect::<Vec<_>>().join("; ")
    },
    gist: |finding| {
        let mut letters = finding.gist.english().trim_end_matches('.').chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".").unwrap_or_default()
    },
    kind,
    matrix_corner: ("initiator ↓", "responder →"),
    new: "new",
    matrix_key: |cell| match cell {
        Cell::Expected => "no finding",
        Cell::Rare => "rare: on three days or fewer",
        Cell::Nothing => "watched, nothing ran",
    },
    hosts_more: |more| format!("{} further pairs are not drawn", count(more as u64)),
    initiators: "Initiators",
    responders: "Responders",
};

fn kind(finding: &Finding) -> &'static str {
    match finding.rule.split_whitespace().next().unwrap_or_default() {
        "D1" => "the policy forbids it",
        "D2" => "a link that never was before",
        "D3" => "known link, new service",
        "D5" => "out of hours",
        "D6" => "far more than usual",
        "D7" => "the other way round than usual",
        "D8" => "as if by a clock",
        "D9" => "a session far longer than usual",
        "D10" => "one host tried many",
        "D11" => "denied many times, then admitted",
        "D12" => "back after a long silence",
        "D13" => "several sites with the same goal",
        "D14" => "what was fetched inside was sent on",
        "D15" => "two hosts do what no others do over this service",
        "D16" => "remote control between offices",
        "D17" => "worked from afar, then a call of its own",
        "D18" => "day after day to a place that nobody else calls",
        "D19" => "an account away from its own site, or never seen before",
        "D20" => "one host's first calls to several sites, all on one day",
        _ => match finding.lane {
            Lane::Policy => "the policy forbids it",
            Lane::Novelty => "never seen before",
            Lane::Behaviour => "known, but different",
            Lane::Campaign => "several links that belong together",
        },
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn many(number: u64, noun: Noun) -> String {
    let one = match noun {
        Noun::Session => "session",
        Noun::Flow => "flow",
        Noun::Host => "host",
        Noun::Link => "link",
        Noun::Finding => "finding",
        Noun::Row => "row",
        Noun::File => "file",
        Noun::Sensor => "sensor",
        Noun::Site => "site",
        Noun::Place => "place",
    };
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Countries where multinationals have sites, by ISO 3166-1.
fn country(code: &str) -> Option<&'static str> {
    Some(match code.to_ascii_uppercase().as_str() {
        "AE" => "U.A.E.",
        "AR" => "Argentina",
        "AT" => "Austria",
        "AU" => "Australia",
        "BE" => "Belgium",
        "BR" => "Brazil",
        "CA" => "Canada",
        "CH" => "Switzerland",
        "CL" => "Chile",
        "CN" => "China",
        "CZ" => "Czechia",
        "DE" => "Germany",
        "DK" => "Denmark",
        "EG" => "Egypt",
        "ES" => "Spain",
        "FI" => "Finland",
        "FR" => "France",
        "GB" => "United Kingdom",
        "HK" => "Hong Kong",
        "HU" => "Hungary",
        "ID" => "Indonesia",
        "IE" => "Ireland",
        "IL" => "Israel",
        "IN" => "India",
        "IT" => "Italy",
        "JP" => "Japan",
        "KR" => "South Korea",
        "MX" => "Mexico",
        "MY" => "Malaysia",
        "NL" => "Netherlands",
        "NO" => "Norway",
        "NZ" => "New Zealand",
        "PH" => "Philippines",
        "PL" => "Poland",
        "PT" => "Portugal",
        "RO" => "Romania",
        "SA" => "Saudi Arabia",
        "SE" => "Sweden",
        "SG" => "Singapore",
        "TH" => "Thailand",
        "TR" => "Türkiye",
        "TW" => "Taiwan",
        "UA" => "Ukraine",
        "US" => "United States",
        "VN" => "Viet Nam",
        "ZA" => "South Africa",
        _ => return None,
    })
}
