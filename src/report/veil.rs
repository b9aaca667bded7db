//! Pseudonyms for a figure: names and addresses become `Site-A`, `SRV-01`, the same ones every time. The key is kept in the
//! case and goes nowhere else.
//!
//! Invariant: a pseudonym that was given once stays; new names get the next one, in the order of the case.

use std::collections::BTreeMap;

use crate::case::depiction::Pseudonym;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the names")]
pub enum Kind {
    Site,
    Server,
    Client,
    Address,
    Account,
    Sensor,
    File,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::Site => "Site-",
            Kind::Server => "SRV-",
            Kind::Client => "PC-",
            Kind::Address => "IP-",
            Kind::Account => "ACC-",
            Kind::Sensor => "SENSOR-",
            Kind::File => "FILE-",
        }
    }

    /// The pseudonym of this number, from 0.
    fn of(self, number: usize) -> String {
        if self != Kind::Site {
            return format!("{}{:02}", self.prefix(), number + 1);
        }
        let (mut letters, mut rest) = (String::new(), number + 1);
        while rest > 0 {
            rest -= 1;
            letters.insert(0, char::from(b'A' + (rest % 26) as u8));
            rest /= 26;
        }
        format!("{}{letters}", self.prefix())
    }
}

/// Names and their pseudonyms.
#[derive(Debug, Clone, Default)]
pub struct Veil {
    given: BTreeMap<String, String>,
}

impl Veil {
    /// With the pseudonyms that were given already.
    pub fn new(kept: &[Pseudonym]) -> Veil {
        Veil { given: kept.iter().map(|own| (own.name.clone(), own.pseudonym.clone())).lean_collect() }
    }

    /// The pseudonym of a name; a new one where it has none.
    pub fn name(&mut self, kind: Kind, name: &str) -> String {
        if let Some(pseudonym) = self.given.get(name) {
            return pseudonym.clone();
        }
        let taken = self.given.values().filter(|own| own.starts_with(kind.prefix())).count();
        let free = (taken..).map(|n| kind.of(n)).find(|own| !self.given.values().any(|other| other == own));
        let pseudonym = free.unwrap_or_default();
        self.given.insert(name.to_owned(), pseudonym.clone());
        pseudonym
    }

    /// A text with all known names, and all addresses whatever, replaced. A site is known by the first word of its name too.
    pub fn text(&mut self, text: &str) -> String {
        let mut names: Vec<(String, String)> = self.given.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
        for (name, pseudonym) in &self.given {
            let word = name.split_whitespace().next().unwrap_or_default();
            if pseudonym.starts_with(Kind::Site.prefix()) && word.chars().count() > 3 && word != name {
                let shared = self.given.iter().filter(|(other, own)| {
                    own.starts_with(Kind::Site.prefix()) && other.split_whitespace().next() == Some(word)
                });
                let stands = if shared.count() > 1 { "Site".to_owned() } else { pseudonym.clone() };
                names.push((word.to_owned(), stands));
            }
        }
        names.lean_sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.cmp(b)));
        let mut out = text.to_owned();
        for (n, (name, _)) in names.iter().enumerate() {
            out = replaced(&out, name, &placeholder(n));
        }
        // In two steps, so that no pseudonym is taken for a name.
        for (n, (_, pseudonym)) in names.iter().enumerate().rev() {
            out = out.replace(&placeholder(n), pseudonym);
        }
        self.addresses(&out)
    }

    fn addresses(&mut self, text: &str) -> String {
        let part_of = |c: char| c.is_ascii_hexdigit() || c == '.' || c == ':';
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(part_of) {
            out.push_str(&rest[..begin]);
            let run = &rest[begin..];
            let end = run.find(|c: char| !part_of(c)).unwrap_or(run.len());
            let (token, after) = run.split_at(end);
            let trimmed = token.trim_end_matches(['.', ':']);
            let (host, tail) = match trimmed.rsplit_once(':') {
                Some((host, _port)) if host.parse::<std::net::Ipv4Addr>().is_ok() => (host, &token[host.len()..]),
                _whole => (trimmed, &token[trimmed.len()..]),
            };
            let whole = !out.ends_with(char::is_alphanumeric);
            if whole && host.contains(['.', ':']) && host.parse::<std::net::IpAddr>().is_ok() {
                out.push_str(&self.name(Kind::Address, host));
                out.push_str(tail);
            } else {
                out.push_str(token);
            }
            rest = after;
        }
        out + rest
    }

    /// The key, in order of the names.
    pub fn key(&self) -> Vec<Pseudonym> {
        let own = self.given.iter();
        own.map(|(name, pseudonym)| Pseudonym { name: name.clone(), pseudonym: pseudonym.clone() }).collect()
    }
}

fn placeholder(n: usize) -> String {
    format!("\u{1}{n}\u{2}")
}

/// A name replaced where it stands as a word of its own, in whatever case.
fn replaced(text: &str, name: &str, with: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let (low, wanted) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let (mut out, mut from) = (String::new(), 0);
    while let Some(at) = low[from..].find(&wanted).map(|at| at + from) {
        let end = at + wanted.len();
        let own = name.chars();
        let cut_before = is_word(own.clone().next()) && is_word(low[..at].chars().next_back());
        let cut_after = is_word(own.clone().next_back()) && is_word(low[end..].chars().next());
        out.push_str(&text[from..at]);
        out.push_str(if cut_before || cut_after { &text[at..end] } else { with });
        from = end;
    }
    out + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_become_pseudonyms_that_stay() {
        let mut veil = Veil::default();
        for (kind, name) in [(Kind::Site, "Bangkok Office"), (Kind::Site, "Tokyo DC"), (Kind::Account, "svc")] {
            veil.name(kind, name);
        }
        let told =
            "BANGKOK office called Tokyo DC's 10.10.20.15:445 by svc (svc-2), from Bangkok; see 2001:db8::7, 10:32.";
        let veiled = "Site-A called Site-B's IP-01:445 by ACC-01 (ACC-01-2), from Site-A; see IP-02, 10:32.";
        assert_eq!(veil.text(told), veiled);
        let mut again = Veil::new(&veil.key());
        assert_eq!(again.name(Kind::Site, "Tokyo DC"), "Site-B");
        assert_eq!(again.name(Kind::Site, "Manila"), "Site-C");
    }

    #[test]
    fn the_twenty_seventh_site_is_aa() {
        assert_eq!(
            [0, 25, 26, 701, 702].map(|n| Kind::Site.of(n)),
            ["Site-A", "Site-Z", "Site-AA", "Site-ZZ", "Site-AAA"]
        );
    }

    #[test]
    fn a_name_that_looks_like_a_pseudonym_is_replaced_once() {
        let mut veil = Veil::default();
        veil.name(Kind::Site, "Site-B");
        veil.name(Kind::Site, "Kobe");
        assert_eq!(veil.text("Site-B and Kobe"), "Site-A and Site-B");
    }
}
