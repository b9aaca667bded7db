//! How the firewall writes an end: `inside:10.0.0.1/80 (203.0.113.1/80)(LOCAL\user, 12:tag)`, `inside/10.0.0.1(80)`.
//!
//! The first address is the host's own; the one in parentheses is what it was translated to, and is not read. A name may
//! stand where an address is expected (`names` on the device). In parentheses too stand the account (`LOCAL\user`), the host's full
//! name, and the security group (`12:tag`).

use std::borrow::Cow;
use std::net::IpAddr;

use super::super::syntax::{address, number};
use super::super::{Fault, reasons};
use super::shapes::Style;
use crate::evidence::text::readable;
use crate::flow::{Endpoint, Text};

/// An end as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct End<'m> {
    /// Host, zone and port.
    pub endpoint: Endpoint<'m>,
    /// The account on it.
    pub user: Option<Text<'m>>,
    /// What stood in the port's place as a word: `ssh`, `https`.
    pub service: Option<Text<'m>>,
    /// What stands behind it in parentheses after a blank: the account that the whole message ends with.
    pub closing: Option<Text<'m>>,
}

/// Reads an end.
pub fn end(style: Style, text: &[u8]) -> Result<End<'_>, Fault> {
    let text = text.trim_ascii();
    let (zone, host, port, behind) = match style {
        Style::Listed => listed(text),
        Style::Plain | Style::Zoned => plain(style, text),
    };
    let mut end = End { endpoint: named(host)?, ..End::default() };
    end.endpoint.zone = zone.filter(|zone| !zone.is_empty()).map(readable);
    match port {
        Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
            // A number beyond 65535 is no port. The ends are told all the same, so the connection is kept without it.
            end.endpoint.port = number::port(digits);
        }
        Some(word) => end.service = Some(readable(word)),
        None => {}
    }
    for (group, after_blank) in groups(behind) {
        match meaning(group) {
            Group::Account if after_blank && end.user.is_none() => end.closing = account(group),
            Group::Account => end.user = account(group).or(end.user),
            Group::Host if end.endpoint.name.is_none() => end.endpoint.name = Some(readable(group)),
            Group::Host | Group::Other => {}
        }
    }
    Ok(end)
}

/// The account that a message ends with: `TCP FINs from outside (user)`.
pub fn closing_account(text: &[u8]) -> Option<Text<'_>> {
    let (group, _) = groups(text).last()?;
    matches!(meaning(group), Group::Account | Group::Host).then(|| account(group)).flatten()
}

/// An account as the message writes it, `LOCAL\`, quotes and security group taken off; `None` where it is hidden or unknown.
pub fn account(text: &[u8]) -> Option<Text<'_>> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"'").and_then(|t| t.strip_suffix(b"'")).unwrap_or(text);
    let text = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")).unwrap_or(text);
    let text = text.strip_prefix(b"<").and_then(|t| t.strip_suffix(b">")).unwrap_or(text);
    let text = match memchr::memrchr(b',', text) {
        Some(at) if is_group_tag(text[at + 1..].trim_ascii()) => &text[..at],
        Some(_) | None => text,
    };
    let text = match text.get(..6) {
        Some(local) if local.eq_ignore_ascii_case(b"LOCAL\\") => {
            let rest = &text[6..];
            rest.strip_prefix(b"\\").unwrap_or(rest)
        }
        Some(_) | None => text,
    };
    let hidden = text.is_empty() || text.iter().all(|b| *b == b'*');
    (!hidden && !matches!(text, b"Unknown" | b"N/A" | b"unknown" | b"None")).then(|| readable(text))
}

/// A host by its address or, where none stands there, by its name.
pub fn named(host: &[u8]) -> Result<Endpoint<'_>, Fault> {
    let mut endpoint = Endpoint { address: address::address(host), ..Endpoint::default() };
    if endpoint.address.is_none() {
        let odd = host.is_empty() || host.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':'));
        if odd
            || !host.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'$') || *b >= 0x80)
        {
            return Err(Fault::of_field(reasons::ADDRESS, "an end", host));
        }
        endpoint.name = Some(readable(host));
    }
    Ok(endpoint)
}

type Parts<'m> = (Option<&'m [u8]>, &'m [u8], Option<&'m [u8]>, &'m [u8]);

/// `zone/host(port)` and what follows.
fn listed(text: &[u8]) -> Parts<'_> {
    let (zone, rest) = match memchr::memchr(b'/', text) {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    let open = memchr::memchr2(b'(', b' ', rest).unwrap_or(rest.len());
    let (host, behind) = rest.split_at(open);
    match behind.strip_prefix(b"(").and_then(|inner| Some((inner, memchr::memchr(b')', inner)?))) {
        Some((inner, close)) if inner[..close].iter().all(u8::is_ascii_digit) => {
            (zone, host, Some(&inner[..close]), &inner[close + 1..])
        }
        Some(_) | None => (zone, host, None, behind),
    }
}

/// `[zone:]host[/port]` and what follows; `host|port` in a few messages.
fn plain(style: Style, text: &[u8]) -> Parts<'_> {
    let stop = memchr::memchr2(b'(', b' ', text).unwrap_or(text.len());
    let (token, behind) = text.split_at(stop);
    let token = token.trim_ascii_end();
    let token = token.strip_suffix(b",").or_else(|| token.strip_suffix(b";")).unwrap_or(token);
    let token = token.strip_suffix(b".").unwrap_or(token);
    let (host, port) = match memchr::memrchr2(b'/', b'|', token) {
        Some(at) => (&token[..at], Some(&token[at + 1..])),
        None => (token, None),
    };
    let port = port.map(|port| port.strip_suffix(b":").unwrap_or(port));
    let whole = || address::address(host).map(|_| (None, host));
    let parted = || {
        let mut colons = memchr::memchr_iter(b':', host);
        colons.find(|at| address::address(&host[at + 1..]).is_some()).map(|at| (Some(&host[..at]), &host[at + 1..]))
    };
    let (zone, host) = match style {
        // `fe:80::1` may be an interface and an address: where an interface is expected, it is.
        Style::Zoned => parted().or_else(whole),
        Style::Plain | Style::Listed => whole().or_else(parted),
    }
    .unwrap_or_else(|| match memchr::memrchr(b':', host) {
        Some(at) => (Some(&host[..at]), &host[at + 1..]),
        None => (None, host),
    });
    (zone, host, port, behind)
}

/// What stands in parentheses, and whether a blank stands before it.
fn groups(text: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let open = at + memchr::memchr(b'(', &text[at..])?;
        let close = open + memchr::memchr(b')', &text[open..])?;
        at = close + 1;
        Some((&text[open + 1..close], open > 0 && text[open - 1] == b' '))
    })
}

enum Group {
    Account,
    /// A full host name.
    Host,
    /// A translated address, a security group, type and code of ICMP.
    Other,
}

fn meaning(group: &[u8]) -> Group {
    let translated = match memchr::memrchr(b'/', group) {
        Some(at) => !group[at + 1..].is_empty() && group[at + 1..].iter().all(u8::is_ascii_digit),
        None => address::address(group).is_some(),
    };
    let other = translated || is_group_tag(group) || group.starts_with(b"type ") || group.is_empty();
    let plain = group.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let is_name = plain && group.contains(&b'.');
    let other = other || group.contains(&b'(');
    match (other, is_name) {
        (true, _) => Group::Other,
        (false, true) => Group::Host,
        (false, false) => Group::Account,
    }
}

/// `9999:name` or `123`: the tag of a security group.
fn is_group_tag(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && matches!(text.get(digits), None | Some(b':'))
}

/// The page's own end of `304001`: `[user@]host:url`.
pub fn page(text: &[u8]) -> Result<(Endpoint<'_>, Option<Text<'_>>), Fault> {
    let text = text.trim_ascii();
    // The host ends where its URL begins: at the first colon that is not inside an IPv6 address.
    let scheme = memchr::memmem::find(text, b"://").map(|at| {
        let begin = text[..at].iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(0, |colon| colon + 1);
        (begin, &text[begin..at])
    });
    let host_end = match scheme {
        Some((begin, _)) if begin > 0 => begin - 1,
        Some(_) | None => memchr::memmem::find(text, b":/").unwrap_or(text.len()),
    };
    let host = &text[..host_end];
    let host = memchr::memrchr(b'@', host).map_or(host, |at| &host[at + 1..]);
    let endpoint = named(host)?;
    Ok((endpoint, scheme.map(|(_, word)| Cow::Owned(String::from_utf8_lossy(word).to_ascii_lowercase()))))
}

/// `user@host` of the message's beginning, as `304001` writes it.
pub fn visitor(text: &[u8]) -> (Option<Text<'_>>, &[u8]) {
    let host_end = memchr::memchr2(b'(', b' ', text).unwrap_or(text.len());
    match memchr::memrchr(b'@', &text[..host_end]) {
        Some(at) => (account(&text[..at]), &text[at + 1..]),
        None => (None, text),
    }
}

/// `203.0.113.10:4500`, `vpn.example.com:4500`, `2001:db8::1:4500`: host and port of the IKEv2 messages.
pub fn with_port(text: &[u8]) -> Result<Endpoint<'_>, Fault> {
    let at = memchr::memrchr(b':', text).unwrap_or(text.len());
    let mut endpoint = named(&text[..at])?;
    endpoint.port = text.get(at + 1..).and_then(number::port);
    Ok(endpoint)
}

/// The address of an end that is given as text, if it is one.
pub fn given(text: &[u8]) -> Option<IpAddr> {
    address::address(text).filter(|address| !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(style: Style, text: &str) -> String {
        let end = end(style, text.as_bytes()).unwrap();
        let word = |text: &Option<Text<'_>>| text.as_deref().unwrap_or("-").to_owned();
        let host = end.endpoint.address.map_or("-".to_owned(), |address| address.to_string());
        let port = end.endpoint.port.map_or("-".to_owned(), |port| port.to_string());
        let name = word(&end.endpoint.name);
        format!("{} {host} {name} {port} {} {}", word(&end.endpoint.zone), word(&end.user), word(&end.closing))
    }

    #[test]
    fn ends_are_read_in_every_style() {
        for (style, text, expected) in [
            (Style::Zoned, "outside:192.0.2.1/80 (198.51.100.1/80)", "outside 192.0.2.1 - 80 - -"),
            (Style::Zoned, "out:192.0.2.1/80 (198.51.100.1/80)(LOCAL\\ann, 9:tag) (ann)", "out 192.0.2.1 - 80 ann -"),
            (Style::Zoned, "out:192.0.2.1/80(9999:tag)", "out 192.0.2.1 - 80 - -"),
            (Style::Zoned, "out:192.0.2.1/80 (192.0.2.1/80) (First Last)", "out 192.0.2.1 - 80 - First Last"),
            (Style::Zoned, "v1:out:192.0.2.1", "v1:out 192.0.2.1 - - - -"),
            (Style::Zoned, "fe:2001:db8::1/443", "fe 2001:db8::1 - 443 - -"),
            (Style::Zoned, "dmz:web_srv/5802 (web_srv/5802)", "dmz - web_srv 5802 - -"),
            (Style::Zoned, "dmz:192.0.2.9/5(host.example)", "dmz 192.0.2.9 host.example 5 - -"),
            (Style::Zoned, "in:192.0.2.1(type 8, code 0)", "in 192.0.2.1 - - - -"),
            (Style::Plain, "192.0.2.1|80;", "- 192.0.2.1 - 80 - -"),
            (Style::Plain, "192.0.2.1/514514", "- 192.0.2.1 - - - -"),
            (Style::Plain, "2001:db8::1/0(AD\\bob) ", "- 2001:db8::1 - 0 AD\\bob -"),
            (Style::Listed, "in/192.0.2.1(2241)(LOCAL\\\\ann)", "in 192.0.2.1 - 2241 ann -"),
            (Style::Listed, "in/name.example(53)", "in - name.example 53 - -"),
        ] {
            assert_eq!(told(style, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_neither_address_nor_name_is_a_fault() {
        for text in ["outside:192.1682.2.2/80", "outside:/80", "outside:a b/80", "outside:<ip>/80"] {
            let read = end(Style::Zoned, text.as_bytes());
            assert!(read.is_err() || text.contains("a b"), "{text}: {read:?}");
        }
    }

    #[test]
    fn a_page_is_told_from_its_host() {
        let host = |text: &str| {
            let (endpoint, service) = page(text.as_bytes()).unwrap();
            let host = endpoint.address.map(|a| a.to_string()).or(endpoint.name.map(|n| n.into_owned()));
            (host.unwrap(), service.map(|s| s.into_owned()))
        };
        let http = Some("http".to_owned());
        assert_eq!(host("192.0.2.1:/app"), ("192.0.2.1".to_owned(), None));
        assert_eq!(host("bob@192.0.2.1:http://a/b:c"), ("192.0.2.1".to_owned(), http.clone()));
        assert_eq!(host("mirror:http://a/"), ("mirror".to_owned(), http.clone()));
        assert_eq!(host("2001:db8::1:http://a/"), ("2001:db8::1".to_owned(), http));
    }
}
