//! Reads and writes `policy.csv`: `from,to,service,verdict,reason` and optional `hours,approver,until`, in any order of
//! columns. A row that can't be used is left out and said; nothing is dropped silently.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Policy, Rule, Scope, ServiceScope, Verdict};
use crate::calendar;
use crate::evidence::encoding::as_utf8;
use crate::evidence::table::{Complaint, Row, Table, cell, has_columns, told};
use crate::evidence::text::elided;
use crate::flow::{Kind, Protocol, Service};
use crate::sites::{Country, EXTERNAL, UNASSIGNED};

const COLUMNS: [&str; 8] = ["from", "to", "service", "verdict", "reason", "hours", "approver", "until"];

/// Names of services that people write in a policy, with their port (IANA Service Name and Port Number Registry, and what
/// the products' own manuals say).
const NAMES: [(&str, Option<Protocol>, u16); 24] = [
    ("ftp", Some(Protocol::TCP), 21),
    ("ssh", Some(Protocol::TCP), 22),
    ("telnet", Some(Protocol::TCP), 23),
    ("smtp", Some(Protocol::TCP), 25),
    ("dns", None, 53),
    ("http", Some(Protocol::TCP), 80),
    ("kerberos", None, 88),
    ("ntp", Some(Protocol::UDP), 123),
    ("rpc", Some(Protocol::TCP), 135),
    ("snmp", Some(Protocol::UDP), 161),
    ("ldap", None, 389),
    ("https", None, 443),
    ("smb", Some(Protocol::TCP), 445),
    ("syslog", Some(Protocol::UDP), 514),
    ("ldaps", Some(Protocol::TCP), 636),
    ("mssql", Some(Protocol::TCP), 1433),
    ("oracle", Some(Protocol::TCP), 1521),
    ("nfs", None, 2049),
    ("mysql", Some(Protocol::TCP), 3306),
    ("rdp", None, 3389),
    ("postgresql", Some(Protocol::TCP), 5432),
    ("vnc", Some(Protocol::TCP), 5900),
    ("winrm", Some(Protocol::TCP), 5985),
    ("winrms", Some(Protocol::TCP), 5986),
];

/// Whether this is the beginning of a `policy.csv`, by its header.
pub fn looks_like_policy(sample: &[u8]) -> bool {
    has_columns(&as_utf8(sample), &["from", "to", "service", "verdict"])
}

/// Reads a whole `policy.csv`, in UTF-8 or in what a spreadsheet saves elsewhere. The complaints come in order of line.
pub fn read_policy(bytes: &[u8]) -> (Policy, Vec<Complaint>) {
    let bytes = as_utf8(bytes);
    let mut table = Table::read(&bytes);
    table.complain_of_others(&COLUMNS);
    let mut complaints = Vec::new();
    let columns = COLUMNS.map(|name| table.column(name));
    for (name, column) in COLUMNS.iter().zip(columns).take(4) {
        if column.is_none() {
            complaints.push(Complaint { line: 0, sentence: format!("no column {name:?} in the header") });
        }
    }
    let mut policy = Policy::default();
    let mut said: BTreeMap<String, (Verdict, u64)> = BTreeMap::new();
    for row in table.by_ref() {
        let mut say = |sentence: String| complaints.push(Complaint { line: row.line, sentence });
        let rule = match read_rule(&row, &columns) {
            Ok(rule) => rule,
            Err(refusal) => {
                say(format!("{refusal}; the row is left out"));
                continue;
            }
        };
        if let Some(hours) = &rule.hours {
            let kept = match rule.verdict {
                Verdict::Allow => "the row allows at every hour",
                Verdict::Deny => "the row denies at no hour",
            };
            say(format!("hours {:?} are kept but not judged yet: {kept}", elided(hours, 80)));
        }
        let subject = format!("{}\0{}\0{}", rule.from, rule.to, rule.service).to_lowercase();
        match said.insert(subject, (rule.verdict, rule.line)) {
            Some((verdict, line)) if verdict != rule.verdict && rule.until.is_none() => {
                say(format!("contradicts line {line} on the same connections; deny stands"));
            }
            Some(_) | None => {}
        }
        policy.rules.push(rule);
    }
    let mut all = table.complaints;
    all.extend(complaints);
    (policy, told(all))
}

fn read_rule(row: &Row, columns: &[Option<usize>; 8]) -> Result<Rule, String> {
    let [from, to, service, verdict, reason, hours, approver, until] = columns.map(|column| row.cell(column));
    let verdict = match verdict.map(str::to_lowercase).as_deref() {
        Some("allow") => Verdict::Allow,
        Some("deny") => Verdict::Deny,
        Some(other) => return Err(format!("verdict {:?} is neither allow nor deny", elided(other, 80))),
        None => return Err("no verdict".to_owned()),
    };
    let hours = hours.map(|hours| read_hours(hours).map(|()| hours.to_owned())).transpose()?;
    if let Some(until) = until.filter(|until| calendar::read_date(until).is_none()) {
        return Err(format!("until {:?} is not a date like 2020-10-30", elided(until, 80)));
    }
    Ok(Rule {
        from: read_scope(from.ok_or("no from")?)?,
        to: read_scope(to.ok_or("no to")?)?,
        service: read_service(service.ok_or("no service (write * for all)")?)?,
        verdict,
        reason: reason.unwrap_or_default().to_owned(),
        hours,
        approver: approver.map(str::to_owned),
        until: until.map(str::to_owned),
        line: row.line,
    })
}

/// Reads a side of a connection as policy.csv has it: a site's name, `role:plant`, `country:TH`, `external`, `unassigned`, `*`.
pub fn read_scope(text: &str) -> Result<Scope, String> {
    let lower = text.to_lowercase();
    let of = |kind: &str| lower.starts_with(kind).then(|| text[kind.len()..].trim()).filter(|rest| !rest.is_empty());
    Ok(match lower.as_str() {
        "*" => Scope::Any,
        EXTERNAL => Scope::External,
        UNASSIGNED => Scope::Unassigned,
        "role:" | "country:" => return Err(format!("{text:?} names none")),
        _ => match (of("role:"), of("country:")) {
            (Some(role), _) => Scope::Role(role.to_owned()),
            (None, Some(code)) => Scope::Country(code.to_owned()),
            (None, None) => Country::read_outside(text).map_or_else(|| Scope::Site(text.to_owned()), Scope::Outside),
        },
    })
}

/// Reads a service as policy.csv has it: `tcp/445`, a protocol, a name, `*`.
pub fn read_service(text: &str) -> Result<ServiceScope, String> {
    if text == "*" {
        return Ok(ServiceScope::Any);
    }
    if let Some((_, protocol, port)) = NAMES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(text)) {
        return Ok(ServiceScope::One(Service::new(*protocol, Some(*port))));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("service {:?} has no protocol (write tcp/{})", elided(text, 80), elided(text, 80)));
    }
    let read = Service::read(text).filter(|service| *service != Service::of_kind(Kind::Connection));
    read.map(ServiceScope::One)
        .ok_or_else(|| format!("service {:?} is neither like tcp/445 nor a name that Kyoten knows", elided(text, 80)))
}

fn read_hours(text: &str) -> Result<(), String> {
    let clock = |part: &str| {
        let (hour, minute) = part.trim().split_once(':')?;
        let two = |digits: &str| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        let (h, m): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
        (two(hour) && two(minute) && (m < 60 && h < 24 || (h, m) == (24, 0))).then_some(())
    };
    let read = text.split_once('-').and_then(|(from, to)| clock(from).and(clock(to)));
    read.ok_or_else(|| format!("hours {:?} are not like 08:00-18:00", elided(text, 80)))
}

impl Policy {
    /// `policy.csv`, safe to open in a spreadsheet; [`read_policy`] reads the same rows from it.
    pub fn to_csv(&self) -> String {
        let mut csv = "from,to,service,verdict,reason,hours,approver,until\n".to_owned();
        for rule in &self.rules {
            let verdict = rule.verdict.word();
            let [from, to, service] =
                [rule.from.to_string(), rule.to.to_string(), rule.service.to_string()].map(|text| cell(&text));
            let [hours, approver, until] =
                [&rule.hours, &rule.approver, &rule.until].map(|text| cell(text.as_deref().unwrap_or_default()));
            let reason = cell(&rule.reason);
            writeln!(csv, "{from},{to},{service},{verdict},{reason},{hours},{approver},{until}")
                .expect("a String takes all that is written");
        }
        csv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> (Policy, Vec<String>) {
        let text = format!("from,to,service,verdict,reason,hours,approver,until\n{rows}");
        let (policy, complaints) = read_policy(text.as_bytes());
        (policy, complaints.iter().map(|c| c.in_file("policy.csv")).collect())
    }

    #[test]
    fn a_policy_file_is_known_by_its_header() {
        assert!(looks_like_policy(b"Verdict;Service;TO;from\n"));
        assert!(!looks_like_policy(b"site,cidr\n"));
    }

    #[test]
    fn scopes_and_services_are_read_in_every_spelling() {
        let (policy, complaints) =
            read("role:plant,country:TH,SMB,deny,,,,\nexternal,Unassigned,dns,ALLOW,,,,\n*,A,icmp,allow,,,,\n");
        assert_eq!(complaints, Vec::<String>::new());
        assert_eq!(policy.rules[0].from, Scope::Role("plant".to_owned()));
        assert_eq!(policy.rules[0].service, ServiceScope::One(Service::read("tcp/445").unwrap()));
        assert_eq!((&policy.rules[1].to, policy.rules[1].verdict), (&Scope::Unassigned, Verdict::Allow));
        assert!(policy.rules[1].service.covers(Service::read("udp/53").unwrap()));
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_said() {
        for (row, said) in [
            ("A,B,*,permit,,,,", "verdict \"permit\" is neither allow nor deny"),
            ("A,B,445,deny,,,,", "service \"445\" has no protocol (write tcp/445)"),
            ("A,B,tcp/99999,deny,,,,", "service \"tcp/99999\" is neither like tcp/445 nor a name that Kyoten knows"),
            ("A,B,*,deny,,,,31.12.2020", "until \"31.12.2020\" is not a date like 2020-10-30"),
            ("A,B,*,deny,,8-18,,", "hours \"8-18\" are not like 08:00-18:00"),
            (",B,*,deny,,,,", "no from"),
            ("A,role:,*,deny,,,,", "\"role:\" names none"),
        ] {
            let (policy, complaints) = read(&format!("{row}\nGood,*,*,deny,,,,\n"));
            assert_eq!(policy.rules.len(), 1, "{row}");
            assert_eq!(complaints, [format!("policy.csv line 2: {said}; the row is left out")]);
        }
    }

    #[test]
    fn hours_are_kept_and_said_not_to_be_judged() {
        let (policy, complaints) = read("A,B,*,deny,,22:00-06:00,,\n");
        assert_eq!(policy.rules[0].hours.as_deref(), Some("22:00-06:00"));
        assert!(complaints[0].contains("denies at no hour"), "{complaints:?}");
    }

    #[test]
    fn rows_that_contradict_each_other_are_said() {
        let (policy, complaints) = read("A,B,smb,deny,,,,\nA,b,tcp/445,allow,,,,\n");
        assert_eq!(policy.rules.len(), 2);
        assert_eq!(complaints, ["policy.csv line 3: contradicts line 2 on the same connections; deny stands"]);
    }

    #[test]
    fn a_policy_comes_back_from_its_file() {
        let (policy, _) = read("@A,\"B, C\",rdp,deny,=1+1,22:00-06:00,+66,2020-10-30\n*,external,tcp,allow,,,,\n");
        let csv = policy.to_csv();
        assert_eq!(read_policy(csv.as_bytes()).0, policy, "{csv}");
    }
}
