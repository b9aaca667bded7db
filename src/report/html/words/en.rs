//! The report in English.

use super::{Language, Words};
use crate::case::acts::{ActionKind, Verdict};
use crate::case::document::Finding;
use crate::report::html::{Told, minute};

pub const WORDS: Words = Words {
    language: Language::English,
    code: "en",
    between: "; ",
    title: "Connections between sites",
    question: "Which connections between our sites should not have occurred?",
    synthetic: "SYNTHETIC: the logs of this case were made up.",
    partial: "PARTIAL: not all evidence was read to its end.",
    case: "Case",
    tool: "Written by",
    window: "Evidence from, to",
    baseline: "Declared as normal",
    none: "none",
    unknown: "unknown",
    time: str::to_owned,
    summary: "Summary",
    found: |findings, links| format!("{} on {}.", counted(findings, "finding"), counted(links, "link")),
    nothing_found: "No finding. That is not proof that nothing happened: see coverage, and what could not be judged.",
    first_is: "First by rank:",
    decided: |confirmed, benign, open| format!("Decided: {confirmed} confirmed, {benign} benign, {open} open."),
    rests_on: |files, records, flows, malformed| {
        format!(
            "The evidence is {}, {records} records, {flows} connections; {malformed} records could not be read.",
            counted(files, "file")
        )
    },
    unusual: "Unusual is not malicious. A finding says what the logs show and why a rule took note of it, no more.",
    notices: "To be known first",
    chronology: "Chronology",
    when: "When",
    what: "What",
    source: "Source",
    begins: |f| format!("First connection: {} → {}{} (finding {})", f.from, f.to, over(f), f.rank),
    ends: |f| format!("Last connection: {} → {}{} (finding {})", f.from, f.to, over(f), f.rank),
    decision: |verdict| match verdict {
        Verdict::Open => "open",
        Verdict::Benign => "benign",
        Verdict::Confirmed => "confirmed",
    },
    action: |kind| match kind {
        ActionKind::Cut => "cut",
        ActionKind::Restrict => "restricted",
        ActionKind::Restore => "restored",
    },
    more_events: |more| format!("{more} more events are left out here; the case file has them."),
    figure: "Figure",
    findings: "Findings",
    weak: |count| format!("Weak, not counted ({count})"),
    weak_lead: "Their q is above 0.10: of so many checks, some look like this by chance.",
    lane: |lane| match lane {
        "policy" => "against the policy",
        "novelty" => "never seen before",
        "behaviour" => "known, but different",
        "campaign" => "several links that belong together",
        _ => "of another version",
    },
    claim: |f| f.because.clone(),
    original: "",
    finding_id: "Id",
    rule: "Rule",
    also: "Also on",
    service: "Service",
    hosts: "Hosts",
    accounts: "Accounts",
    chance: "Chance by the rule's own measure",
    normal: "Normal here",
    innocent: "Innocent causes",
    attack: "MITRE ATT&CK",
    decided_as: "Decision",
    rows: "Rows",
    file: "File",
    line: "Line",
    offset: "Byte",
    links: "Links",
    links_lead: "All connections between different sites, by service. A connection that two sensors logged counts at each.",
    from: "From",
    to: "To",
    flows: "Connections",
    established: "Ran",
    denied: "Denied",
    failed: "Failed",
    bytes_out: "Bytes out",
    bytes_in: "Bytes in",
    first: "First",
    last: "Last",
    more_links: |more| format!("{more} more services of links stand in the case file."),
    actions: "Actions, and what came after",
    actions_lead: "What was done about links, by the analyst's word; and what the logs show after it. The hour of an action itself is counted apart.",
    who: "Who",
    why: "Why",
    alive: "Alive after it",
    alive_none: "Nothing ran after it in the evidence.",
    returned: "Returned after it",
    alive_row: |link, ran, apart, stopped| {
        format!("{link}: {ran} ran, {stopped} stopped; {apart} in the hour of the action itself")
    },
    statement: |t: &Told| {
        let claim = match t.ran {
            0 => {
                format!("No connection from {} to {} is in the evidence from {} to {}", t.from, t.to, t.since, t.until)
            }
            ran => format!(
                "{} ran from {} to {} between {} and {}",
                counted(ran as usize, "connection"),
                t.from,
                t.to,
                t.since,
                t.until
            ),
        };
        format!(
            "{claim}; {} stopped. In {:.1} % of these {} hours every sensor recorded something; {}.",
            counted(t.stopped as usize, "attempt"),
            t.percent,
            t.hours,
            if t.gaps == 0 {
                "there are no gaps".to_owned()
            } else {
                format!("{} ({} hours)", counted(t.gaps, "gap"), t.gap_hours)
            }
        )
    },
    sweeps: "Where else",
    sweeps_lead: "Every other site was looked through for the same server, service, account, hours and byte shape. \"Not seen\" means in these logs; \"no logs\" means that nothing can be said.",
    sweep_of: |own| {
        format!(
            "From {} → {} over {}, {} to {}; servers {}{}",
            own.from,
            own.to,
            own.sought,
            minute(own.first),
            minute(own.last),
            own.servers.join(", "),
            if own.accounts.is_empty() { String::new() } else { format!("; accounts {}", own.accounts.join(", ")) }
        )
    },
    outcome: |outcome| match outcome {
        "confirmed" => "● confirmed",
        "suspected" => "? suspected",
        "not seen" => "– not seen",
        _ => "▨ no logs",
    },
    marks: "What was met",
    days_with_logs: "Days with logs",
    relays: "Fetched and sent on within the hours",
    relay: |own| {
        format!(
            "{}: {} fetched {} bytes and sent {} bytes, {} % of it, to {} ({}) over {}",
            own.day, own.host, own.fetched, own.sent, own.percent, own.to_host, own.to, own.service
        )
    },
    statements: "Statements of absence",
    statements_lead: "Each says what was asked, what was found, and how far the logs reach. It is as good as its coverage.",
    negative: |own| own.sentence.clone(),
    coverage: "Coverage and gaps",
    coverage_lead: "\"No traffic\" and \"no log\" are different claims. A gap is a stretch of hours in which a sensor recorded nothing at all.",
    sensor: "Sensor",
    hours: "Hours with records",
    gaps: "Gaps",
    gap: |start, hours| format!("{start}, {}", counted(hours as usize, "hour")),
    more_gaps: |more| format!("{more} more"),
    no_gap: "none",
    negatives: "What could not be judged",
    negatives_lead: "Where a rule had too little evidence. This is not the same as having found nothing.",
    because: "Because",
    link: "Link",
    evidence: "Evidence",
    evidence_lead: "Each file as it was read. The digest is of the file's bytes, packed as they were.",
    size: "Bytes",
    format: "Format",
    sha256: "SHA-256",
    not_whole: "not read to its end",
    receipts: "Receipts",
    receipts_lead: "Every record of every file is in exactly one of these.",
    records: "Records",
    parsed: "Parsed",
    skipped: "Skipped",
    malformed: "Malformed",
    unprocessed: "Unprocessed",
    filtered: "Not between hosts",
    without_endpoint: "An end missing",
    reason: "Reason",
    count: "Count",
    example: "First example",
    clocks: "Clocks",
    clocks_lead: "How the times of each file came to be UTC. All times in this report are UTC.",
    basis: |basis| match basis {
        "explicit" => "the records say their zone",
        "file" => "the file says it once",
        "chosen" => "the analyst chose it",
        "unknown" => "not known; shown as if UTC",
        "mixed" => "several of these",
        _ => "no times",
    },
    assumed: "Zone chosen",
    undated: "Without a time",
    method: "Method, and its known errors",
    method_says: &[
        "Each record is read by its format alone and becomes a flow; ends are put into sites by the longest prefix of the site book. A flow is counted by link, service, hour and host pair, and forgotten; rows are found again in the files.",
        "Findings come from rules with stated gates. A rule whose gate is not met says so instead of keeping quiet. Where a rule computes a chance p, q is Benjamini and Hochberg's within its lane: among findings at or below a q, about that share is expected to be false, if the rule's model holds.",
        "Known errors: a policy finding is as right as policy and site book are. What is new may be new for an innocent reason, and what ran since before the evidence begins can't be new. A slow intrusion over a known link and service, in the usual amounts, is not found by these rules.",
        "No rate of error on real incidents is known: what was measured is synthetic, and stands with Kyoten's sources. What was denied counts as an attempt, not as a connection.",
        "A connection that two sensors logged is counted at each. Clocks are not compared between sensors. Addresses behind translation count as the address that the sensor saw.",
    ],
    rules_used: "Rules in this case",
    appendix: "Appendix",
    sites: "Sites",
    guessed: "guessed",
    site: "Site",
    country: "Country",
    role: "Role",
    ranges: "Ranges",
    contact: "Contact",
    policy: "Policy",
    verdict: "Verdict",
    until: "Until",
    approver: "Approver",
    log: "The analysts' log",
    log_whole: "The chain of the log is whole.",
    log_broken: "THE CHAIN OF THE LOG IS BROKEN: entries were changed, taken out or put in.",
    act: "Act",
    of: "Of",
    with: "With",
    hash: "Hash",
};

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn over(finding: &Finding) -> String {
    finding.service.as_ref().map(|service| format!(" over {service}")).unwrap_or_default()
}
