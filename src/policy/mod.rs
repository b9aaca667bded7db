//! Which connections are expected, by whom they were approved, and until when.
//!
//! Of the rows that speak of a connection the most particular one decides ([`Policy::judge`]). Invariant: the order of
//! the rows decides only between rows that are otherwise equal.

pub mod csv;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::calendar;
use crate::evidence::table::Complaint;
use crate::flow::{Moment, Service};
use crate::sites::{Country, Party, SiteBook};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// All rows, in order of line.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// The rows.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// The row that decides on a connection of this moment, if any speaks of it.
    ///
    /// The most particular row wins: first by its two sides together (a site, `external` or `unassigned` counts 3, a role
    /// 2, a country 1, `*` 0), then by its service (a port, a whole protocol, `*`). Of equals, deny wins; then the later line.
    /// A row past its `until` (the end of that day in UTC) no longer speaks. Hours are not judged yet: an allow row with
    /// hours applies at every hour, a deny row with hours at none.
    pub fn judge(
        &self,
        from: Party,
        to: Party,
        service: Service,
        book: &SiteBook,
        at: Option<Moment>,
    ) -> Option<&Rule> {
        self.speaking(from, to, service, book).into_iter().find(|rule| rule.stands_at(at))
    }

    /// All rows that speak of a connection at some time, the one that decides first.
    pub fn speaking(&self, from: Party, to: Party, service: Service, book: &SiteBook) -> Vec<&Rule> {
        let speaks = |rule: &&Rule| {
            let untimed = rule.hours.is_none() || rule.verdict == Verdict::Allow;
            untimed && rule.service.covers(service) && rule.from.covers(from, book) && rule.to.covers(to, book)
        };
        let mut rules: Vec<&Rule> = self.rules.iter().filter(speaks).collect();
        rules.lean_sort_by_key(|rule| Reverse((rule.particularity(), rule.verdict, rule.line)));
        rules
    }

    /// Rows that can never speak, because the book has no such site, role or country.
    pub fn strangers(&self, book: &SiteBook) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let lower = |text: &Option<String>| text.as_deref().map(str::to_lowercase);
        let names: BTreeSet<String> = book.sites.iter().map(|site| site.name.to_lowercase()).lean_collect();
        let roles: BTreeSet<String> = book.sites.iter().filter_map(|site| lower(&site.role)).lean_collect();
        let countries: BTreeSet<String> = book.sites.iter().filter_map(|site| lower(&site.country)).lean_collect();
        for rule in &self.rules {
            for scope in [&rule.from, &rule.to] {
                let known = match scope {
                    Scope::Any | Scope::External | Scope::Outside(_) | Scope::Unassigned => true,
                    Scope::Site(name) => names.contains(&name.to_lowercase()),
                    Scope::Role(role) => roles.contains(&role.to_lowercase()),
                    Scope::Country(code) => countries.contains(&code.to_lowercase()),
                };
                if !known {
                    let sentence = format!("no site is {:?}; the row never applies", scope.to_string());
                    complaints.push(Complaint { line: rule.line, sentence });
                }
            }
        }
        complaints
    }
}

impl Rule {
    /// Whether it still speaks at this moment; of a connection without a time, it does.
    pub fn stands_at(&self, at: Option<Moment>) -> bool {
        let last_day = self.until.as_deref().and_then(calendar::read_date);
        match (at, last_day) {
            (Some(at), Some(day)) => at.0.div_euclid(calendar::DAY) <= day,
            (_, None) | (None, _) => true,
        }
    }

    fn particularity(&self) -> (u8, u8) {
        let service = match self.service {
            ServiceScope::Any => 0,
            ServiceScope::One(Service { port: None, .. }) => 1,
            ServiceScope::One(Service { port: Some(_), .. }) => 2,
        };
        (self.from.particularity() + self.to.particularity(), service)
    }
}

impl Scope {
    /// Whether the party is one of these.
    pub fn covers(&self, party: Party, book: &SiteBook) -> bool {
        let site = book.site(party);
        match self {
            Scope::Any => true,
            Scope::External => party.is_outside(),
            Scope::Outside(country) => party == Party::Country(*country),
            Scope::Unassigned => party == Party::Unassigned,
            Scope::Site(name) => site.is_some_and(|site| same(&site.name, name)),
            Scope::Role(role) => site.and_then(|site| site.role.as_deref()).is_some_and(|own| same(own, role)),
            Scope::Country(code) => site.and_then(|site| site.country.as_deref()).is_some_and(|own| same(own, code)),
        }
    }

    fn particularity(&self) -> u8 {
        match self {
            Scope::Outside(_) => 4,
            Scope::Site(_) | Scope::External | Scope::Unassigned => 3,
            Scope::Role(_) => 2,
            Scope::Country(_) => 1,
            Scope::Any => 0,
        }
    }
}

/// As it is written in `policy.csv`.
impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::Site(name) => f.write_str(name),
            Scope::Role(role) => write!(f, "role:{role}"),
            Scope::Country(code) => write!(f, "country:{code}"),
            Scope::External => f.write_str(crate::sites::EXTERNAL),
            Scope::Outside(country) => f.write_str(country.outside()),
            Scope::Unassigned => f.write_str(crate::sites::UNASSIGNED),
            Scope::Any => f.write_str("*"),
        }
    }
}

impl ServiceScope {
    /// Whether the service is one of these.
    pub fn covers(self, service: Service) -> bool {
        match self {
            ServiceScope::Any => true,
            ServiceScope::One(own) => {
                own.kind == service.kind
                    && own.protocol.is_none_or(|protocol| service.protocol == Some(protocol))
                    && own.port.is_none_or(|port| service.port == Some(port))
            }
        }
    }
}

/// As it is written in `policy.csv`.
impl std::fmt::Display for ServiceScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ServiceScope::Any => f.write_str("*"),
            ServiceScope::One(service) => service.fmt(f),
        }
    }
}

impl Verdict {
    /// As it is written in `policy.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
        }
    }
}

/// Names of sites, roles and countries in a policy are the same whatever their case.
fn same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// A row of `policy.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Whose calls.
    pub from: Scope,
    /// To whom.
    pub to: Scope,
    /// Over what.
    pub service: ServiceScope,
    /// Whether they may.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Hours of the day at the initiator's site, as written.
    pub hours: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Until when, as written (a date).
    pub until: Option<String>,
    /// Its line in the file.
    pub line: u64,
}

/// Which sites a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// A site by name.
    Site(String),
    /// All sites of a role.
    Role(String),
    /// All sites of a country.
    Country(String),
    /// The world outside the organisation.
    External,
    /// What is outside in one country, by the table of countries that was brought: `external:TH`.
    Outside(Country),
    /// Private addresses in no site.
    Unassigned,
    /// All.
    Any,
}

/// Which services a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceScope {
    /// One service; without a protocol, that port of each; without a port, the whole protocol.
    One(Service),
    /// All.
    Any,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// It may be.
    Allow,
    /// It should not occur.
    Deny,
}

#[cfg(test)]
mod tests {
    use super::csv::read_policy;
    use super::*;
    use crate::sites::import::read_sites;

    const BANGKOK: Party = Party::Site(0);
    const TOKYO: Party = Party::Site(1);

    fn book() -> SiteBook {
        read_sites(b"site,cidr,country,role\nBangkok,10.2.0.0/16,TH,plant\nTokyo DC,10.1.0.0/16,JP,datacentre\n").0
    }

    fn judged(rows: &str, service: &str, at: &str) -> Option<(Verdict, u64)> {
        let (policy, complaints) = read_policy(format!("from,to,service,verdict,reason,until\n{rows}").as_bytes());
        assert_eq!(complaints, vec![]);
        let at = calendar::read_date(at).map(|day| Moment(day * calendar::DAY + calendar::DAY - 1));
        let rule = policy.judge(BANGKOK, TOKYO, Service::read(service).unwrap(), &book(), at);
        rule.map(|rule| (rule.verdict, rule.line))
    }

    #[test]
    fn the_most_particular_row_wins() {
        let rows = "*,*,*,deny,,\ncountry:TH,*,*,allow,,\nrole:plant,*,*,deny,,\nbangkok,tokyo dc,*,allow,,\n\
            Bangkok,Tokyo DC,tcp,deny,,\nBangkok,Tokyo DC,tcp/443,allow,,\n";
        for (kept, line) in [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)] {
            let rows: String = rows.split_inclusive('\n').take(kept).collect();
            assert_eq!(judged(&rows, "tcp/443", "").map(|(_, line)| line), Some(line));
        }
        assert_eq!(judged(rows, "tcp/3389", ""), Some((Verdict::Deny, 6)));
        assert_eq!(judged(rows, "udp/53", ""), Some((Verdict::Allow, 5)));
    }

    #[test]
    fn sides_count_before_the_service() {
        assert_eq!(
            judged("Bangkok,Tokyo DC,*,allow,,\n*,*,tcp/445,deny,,\n", "tcp/445", ""),
            Some((Verdict::Allow, 2))
        );
    }

    #[test]
    fn of_equals_deny_wins_then_the_later_line() {
        assert_eq!(judged("Bangkok,*,*,deny,,\n*,Tokyo DC,*,allow,,\n", "tcp/445", ""), Some((Verdict::Deny, 2)));
        assert_eq!(judged("Bangkok,*,*,allow,,\n*,Tokyo DC,*,allow,,\n", "tcp/445", ""), Some((Verdict::Allow, 3)));
    }

    #[test]
    fn an_expired_row_gives_way_to_the_next() {
        let rows = "*,*,*,deny,,\nBangkok,Tokyo DC,tcp/3389,allow,migration,2020-06-11\n";
        assert_eq!(judged(rows, "tcp/3389", "2020-06-11"), Some((Verdict::Allow, 3)));
        assert_eq!(judged(rows, "tcp/3389", "2020-06-12"), Some((Verdict::Deny, 2)));
    }

    #[test]
    fn what_no_row_speaks_of_is_not_judged() {
        assert_eq!(
            judged("Tokyo DC,Bangkok,*,deny,,\nexternal,*,*,deny,,\nunassigned,*,*,deny,,\n", "tcp/1", ""),
            None
        );
    }

    #[test]
    fn a_name_that_the_book_lacks_is_said() {
        let (policy, _) =
            read_policy(b"from,to,service,verdict,reason\nBangkok,Tokio,*,deny,\nrole:plant,country:US,*,deny,\n");
        let said: Vec<String> = policy.strangers(&book()).iter().map(|c| c.in_file("policy.csv")).collect();
        assert_eq!(
            said,
            [
                "policy.csv line 2: no site is \"Tokio\"; the row never applies",
                "policy.csv line 3: no site is \"country:US\"; the row never applies",
            ]
        );
    }
}
