//! What the logs of web proxies share: the host that a request names.

use crate::evidence::text::readable;
use crate::flow::{Endpoint, Text};

use super::syntax::{address, number};

/// Who a request is for, and the scheme of its URL.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Target<'r> {
    pub(super) end: Endpoint<'r>,
    pub(super) scheme: Option<Text<'r>>,
}

/// The target of `http://user@host:8080/path`, of CONNECT's `host:443`, of `https://[2001:db8::1]/`; `None` where none is named
/// (`/path`, `error:…`).
pub(super) fn target(url: &[u8]) -> Option<Target<'_>> {
    let (scheme, rest) = match memchr::memmem::find(url, b"://") {
        Some(at) if at > 0 && at <= 12 && url[..at].iter().all(u8::is_ascii_alphanumeric) => {
            (Some(&url[..at]), &url[at + 3..])
        }
        Some(_) | None => (None, url),
    };
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b';')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let authority = memchr::memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..]);
    if scheme.is_none() && (end < rest.len() || memchr::memchr(b':', authority).is_none()) {
        return None;
    }
    let mut found = host(authority)?;
    if found.port.is_none() {
        found.port = scheme.and_then(usual_port);
    }
    Some(Target { end: found, scheme: scheme.map(readable) })
}

/// `www.example.org`, `www.example.org:8080`, `192.0.2.1`, `[2001:db8::1]:443`.
pub(super) fn host(text: &[u8]) -> Option<Endpoint<'_>> {
    if let Some((address, port)) = address::address_and_port(text) {
        return Some(Endpoint { address: Some(address), port, ..Endpoint::default() });
    }
    let (name, port) = match memchr::memrchr(b':', text) {
        Some(at) => (&text[..at], Some(number::port(&text[at + 1..])?)),
        None => (text, None),
    };
    let sound = !name.is_empty()
        && name.len() <= 253
        && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || !b.is_ascii());
    sound.then(|| Endpoint { name: Some(readable(name)), port, ..Endpoint::default() })
}

/// The port that a scheme stands for.
pub(super) fn usual_port(scheme: &[u8]) -> Option<u16> {
    Some(match scheme.to_ascii_lowercase().as_slice() {
        b"http" | b"ws" => 80,
        b"https" | b"wss" | b"ssl" | b"tls" => 443,
        b"ftp" => 21,
        b"rtsp" => 554,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_target_is_read() {
        let said = |url: &str| {
            target(url.as_bytes()).map(|t| {
                let host = t.end.address.map(|a| a.to_string()).or(t.end.name.map(Text::into_owned));
                (host.unwrap_or_default(), t.end.port)
            })
        };
        assert_eq!(said("http://www.example.org/a:b"), Some(("www.example.org".into(), Some(80))));
        assert_eq!(said("https://u:p@example.org:8443?x"), Some(("example.org".into(), Some(8443))));
        assert_eq!(said("example.org:443"), Some(("example.org".into(), Some(443))));
        assert_eq!(said("https://[2001:db8::1]/"), Some(("2001:db8::1".into(), Some(443))));
        for none in ["/index.html", "error:transaction-end-before-headers", "-", "*", "example.org"] {
            assert_eq!(said(none), None, "{none}");
        }
    }
}
