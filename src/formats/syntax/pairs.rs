//! `key=value` pairs as firewalls write them: values bare or in double quotes, with escaped or careless quotes inside.

use std::borrow::Cow;

use crate::evidence::nearby::first_of;
use crate::flow::Text;

/// What parts one pair from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// Blanks.
    Blanks,
    /// Commas; the whole pair may stand in quotes (`"date=2020-06-11","time=10:00:00"`).
    Commas,
}

/// A value as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'p> {
    /// Its bytes, without the quotes around it.
    pub bytes: &'p [u8],
    quoted: bool,
}

impl<'p> Value<'p> {
    /// As text: `\"` and `\\` inside quotes are undone.
    pub fn text(&self) -> Text<'p> {
        let text = crate::evidence::text::readable(self.bytes);
        if !self.quoted || memchr::memchr(b'\\', text.as_bytes()).is_none() {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek()) {
                ('\\', Some(next @ ('"' | '\\'))) => {
                    out.push(*next);
                    chars.next();
                }
                (c, _) => out.push(c),
            }
        }
        Cow::Owned(out)
    }
}

/// A quoted value that has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclosed<'p> {
    /// Its key.
    pub key: &'p [u8],
}

/// The pairs of a line, one by one. Words without `=` (a syslog header, free text) are passed over.
#[derive(Debug, Clone)]
pub struct Pairs<'p> {
    rest: &'p [u8],
    between: Between,
}

impl<'p> Pairs<'p> {
    /// The pairs of these bytes.
    pub fn new(bytes: &'p [u8], between: Between) -> Pairs<'p> {
        Pairs { rest: bytes, between }
    }
}

impl<'p> Pairs<'p> {
    /// The next pair, if it has the key of this step (` key=`) and ends where that is plain to see: a value in quotes in front of the step
    /// behind it, or at the line's end. `None`, and nothing is taken, where it is for [`Pairs::next`] to tell.
    #[inline]
    pub(super) fn as_expected(&mut self, step: &[u8], behind: Option<&[u8]>) -> Option<(&'p [u8], Value<'p>)> {
        let value = self.rest.strip_prefix(step)?;
        let key = &self.rest[1..step.len() - 1];
        let Some(inner) = value.strip_prefix(b"\"") else {
            let end = first_of(value, [b' ', b'\t']).unwrap_or(value.len());
            self.rest = &value[end..];
            return Some((key, Value { bytes: &value[..end], quoted: false }));
        };
        let end = first_of(inner, [b'"'])?;
        let (bytes, rest) = (&inner[..end], &inner[end + 1..]);
        if bytes.last() == Some(&b'\\') || !(rest.is_empty() || behind.is_some_and(|behind| rest.starts_with(behind))) {
            return None;
        }
        self.rest = rest;
        Some((key, Value { bytes, quoted: true }))
    }
}

/// Whether a quoted value may end in front of this key.
#[inline]
pub(super) fn is_plain_key(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

impl<'p> Iterator for Pairs<'p> {
    type Item = Result<(&'p [u8], Value<'p>), Unclosed<'p>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.between {
            Between::Blanks => self.after_blanks(),
            Between::Commas => self.after_commas(),
        }
    }
}

impl<'p> Pairs<'p> {
    fn after_blanks(&mut self) -> Option<Result<(&'p [u8], Value<'p>), Unclosed<'p>>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let stop = soon(self.rest, |byte| matches!(byte, b'=' | b' ' | b'\t'))
                .or_else(|| memchr::memchr3(b'=', b' ', b'\t', self.rest))?;
            let (key, rest) = self.rest.split_at(stop);
            if rest[0] != b'=' {
                self.rest = rest;
                continue;
            }
            let value = &rest[1..];
            if let Some(inner) = value.strip_prefix(b"\"") {
                let Some(end) = closing_quote(inner, blank_then_key) else {
                    self.rest = b"";
                    return Some(Err(Unclosed { key }));
                };
                self.rest = &inner[end + 1..];
                return Some(Ok((key, Value { bytes: &inner[..end], quoted: true })));
            }
            let end = soon(value, |byte| matches!(byte, b' ' | b'\t'))
                .or_else(|| memchr::memchr2(b' ', b'\t', value))
                .unwrap_or(value.len());
            self.rest = &value[end..];
            return Some(Ok((key, Value { bytes: &value[..end], quoted: false })));
        }
    }

    fn after_commas(&mut self) -> Option<Result<(&'p [u8], Value<'p>), Unclosed<'p>>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            while let Some(rest) = self.rest.strip_prefix(b",") {
                self.rest = rest.trim_ascii_start();
            }
            if self.rest.is_empty() {
                return None;
            }
            if let Some(inner) = self.rest.strip_prefix(b"\"") {
                // The whole cell is quoted: the pair is inside, its value perhaps in doubled quotes.
                let Some(end) = closing_quote(inner, comma_or_end) else {
                    self.rest = b"";
                    return Some(Err(Unclosed { key: b"" }));
                };
                let cell = &inner[..end];
                self.rest = &inner[end + 1..];
                let Some(equals) = memchr::memchr(b'=', cell) else { continue };
                let value = &cell[equals + 1..];
                let bare = value.strip_prefix(b"\"\"").and_then(|v| v.strip_suffix(b"\"\"")).unwrap_or(value);
                return Some(Ok((&cell[..equals], Value { bytes: bare, quoted: true })));
            }
            let stop = memchr::memchr2(b'=', b',', self.rest).unwrap_or(self.rest.len());
            let (key, rest) = self.rest.split_at(stop);
            let Some(value) = rest.strip_prefix(b"=") else {
                self.rest = rest;
                continue;
            };
            if let Some(inner) = value.strip_prefix(b"\"") {
                let Some(end) = closing_quote(inner, comma_or_end) else {
                    self.rest = b"";
                    return Some(Err(Unclosed { key }));
                };
                self.rest = &inner[end + 1..];
                return Some(Ok((key, Value { bytes: &inner[..end], quoted: true })));
            }
            let end = memchr::memchr(b',', value).unwrap_or(value.len());
            self.rest = &value[end..];
            return Some(Ok((key, Value { bytes: value[..end].trim_ascii_end(), quoted: false })));
        }
    }
}

/// Where the first such byte stands, if it is one of the next few. Most keys and values are shorter than what a search by wide
/// registers takes to begin.
#[inline]
fn soon(bytes: &[u8], is: impl Fn(u8) -> bool) -> Option<usize> {
    bytes.iter().take(20).position(|byte| is(*byte))
}

/// How many quotes may stand inside a value. Without a bound, each value of a line made of quotes alone would be looked
/// through to the line's end.
const MOST_QUOTES: usize = 200;

/// Where a quoted value ends. A quote that a backslash escapes does not end it; of the others, the first behind which
/// the line goes on as a list of pairs does, so that `msg="he said "no" twice" act=deny` keeps its words. When no quote is
/// followed so, or when a further value opens (`="`) before one is, the first unescaped one ends it.
fn closing_quote(inner: &[u8], goes_on: fn(&[u8]) -> bool) -> Option<usize> {
    if let Some(at) = soon(inner, |byte| byte == b'"')
        && (at == 0 || inner[at - 1] != b'\\')
        && goes_on(&inner[at + 1..])
    {
        return Some(at);
    }
    let mut first = None;
    let mut seen = 0;
    for at in memchr::memchr_iter(b'"', inner) {
        let slashes = inner[..at].iter().rev().take_while(|b| **b == b'\\').count();
        if slashes % 2 == 1 {
            continue;
        }
        if goes_on(&inner[at + 1..]) {
            return Some(at);
        }
        seen += 1;
        if (inner[..at].ends_with(b"=") && first.is_some()) || seen == MOST_QUOTES {
            break;
        }
        first = first.or(Some(at));
    }
    first
}

fn blank_then_key(rest: &[u8]) -> bool {
    let word = rest.trim_ascii_start();
    if word.is_empty() {
        return true;
    }
    let key = word.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    word.len() < rest.len() && key > 0 && word.get(key) == Some(&b'=')
}

fn comma_or_end(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.is_empty() || rest[0] == b','
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str, between: Between) -> Vec<String> {
        Pairs::new(line.as_bytes(), between)
            .map(|pair| match pair {
                Ok((key, value)) => format!("{}: {}", String::from_utf8_lossy(key), value.text()),
                Err(Unclosed { key }) => format!("{}: unclosed", String::from_utf8_lossy(key)),
            })
            .collect()
    }

    #[test]
    fn bare_and_quoted_values_are_cut() {
        assert_eq!(cut(r#"a=1 b="x y"  c= d="""#, Between::Blanks), ["a: 1", "b: x y", "c: ", "d: "]);
    }

    #[test]
    fn words_without_equals_are_passed_over() {
        assert_eq!(cut("Jun 11 10:00:00 fw01 date=2020-06-11", Between::Blanks), ["date: 2020-06-11"]);
        assert_eq!(cut(r#"a="1" stray words b="2""#, Between::Blanks), ["a: 1", "b: 2"]);
    }

    #[test]
    fn quotes_inside_a_value_stay() {
        assert_eq!(
            cut(r#"m="he said "no" twice" a=1 n="say \"x\" b=2" c=3"#, Between::Blanks),
            [r#"m: he said "no" twice"#, "a: 1", r#"n: say "x" b=2"#, "c: 3"]
        );
    }

    #[test]
    fn an_unclosed_quote_is_said() {
        assert_eq!(cut(r#"a=1 b="x y c=2"#, Between::Blanks), ["a: 1", "b: unclosed"]);
    }

    #[test]
    fn a_backslash_before_the_last_quote_may_be_escaped_itself() {
        assert_eq!(cut(r#"p="C:\\" q=1"#, Between::Blanks), [r"p: C:\", "q: 1"]);
    }

    #[test]
    fn commas_part_pairs_in_an_export() {
        assert_eq!(
            cut(r#""date=2020-06-11","time=10:00:00","msg=a, b""#, Between::Commas),
            ["date: 2020-06-11", "time: 10:00:00", "msg: a, b"]
        );
        assert_eq!(cut(r#"date=2020-06-11,dev="a,b",x=1"#, Between::Commas), ["date: 2020-06-11", "dev: a,b", "x: 1"]);
        assert_eq!(cut(r#""dev=""FG 1""","x=1""#, Between::Commas), ["dev: FG 1", "x: 1"]);
    }
}
