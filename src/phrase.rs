//! The same facts, said in every language at one place: a [`Phrase`] is a text in English and in Japanese.
//!
//! [`phrase!`] takes both templates and the facts by name. That each fact stands in both as often, and that no number is
//! written into one of them alone, is checked by the compiler, so that the two can't drift apart. Facts are phrases
//! themselves (a count of things, a time, an amount), so that their words are said here and nowhere else; what comes from
//! a log is [`alike`] in both. Names of sites, hosts, accounts, services, rules and units are never translated.

use crate::calendar;
use crate::flow::{Moment, Service, volume};

/// A language of the screen, of pictures and of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Reads `en` or `ja`.
    pub fn read(code: &str) -> Option<Language> {
        [Language::English, Language::Japanese].into_iter().find(|language| language.code() == code)
    }

    /// `en` or `ja`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Japanese => "ja",
        }
    }
}

/// A text in each language. A language that it lacks (a case file of an older version) is an empty text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Phrase {
    en: String,
    ja: String,
}

impl Phrase {
    /// What was said before, in English and in Japanese.
    pub fn told(en: String, ja: String) -> Phrase {
        Phrase { en, ja }
    }

    /// In English, the language of all that machines read.
    pub fn english(&self) -> &str {
        &self.en
    }

    /// In this language; in English where it is not said in it.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Japanese if !self.ja.is_empty() => &self.ja,
            Language::English | Language::Japanese => &self.en,
        }
    }

    /// Whether it is said in this language.
    pub fn is_in(&self, language: Language) -> bool {
        match language {
            Language::English => !self.en.is_empty(),
            Language::Japanese => !self.ja.is_empty(),
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty()
    }

    /// Another sentence after this one. Japanese sets no space between sentences.
    pub fn and(mut self, next: &Phrase) -> Phrase {
        if !self.en.is_empty() && !next.en.is_empty() {
            self.en.push(' ');
        }
        self.en.push_str(&next.en);
        self.ja.push_str(&next.ja);
        self
    }
}

/// A fixed text in each language: English, Japanese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saying(pub &'static str, pub &'static str);

impl Saying {
    /// In this language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.0,
            Language::Japanese => self.1,
        }
    }
}

/// What can stand in a phrase.
pub trait Say {
    /// It in each language.
    fn say(&self) -> Phrase;
}

impl Say for Phrase {
    fn say(&self) -> Phrase {
        self.clone()
    }
}

impl Say for Saying {
    fn say(&self) -> Phrase {
        Phrase::told(self.0.to_owned(), self.1.to_owned())
    }
}

impl Say for Service {
    fn say(&self) -> Phrase {
        alike(self.to_string())
    }
}

impl<T: Say> Say for &T {
    fn say(&self) -> Phrase {
        (*self).say()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Say for $number {
            fn say(&self) -> Phrase {
                alike(self.to_string())
            }
        })*
    };
}
numbers!(u64, u32, usize, i64, i32);

/// A name, an address, a number: the same in every language.
pub fn alike(text: impl Into<String>) -> Phrase {
    let en = text.into();
    Phrase { ja: en.clone(), en }
}

/// Says the same in English and in Japanese, with the same facts: `phrase!("{n} of {all}", "{all}中{n}", n, all = whole)`.
macro_rules! phrase {
    (@fact $name:ident) => { $crate::phrase::Say::say(&$name) };
    (@fact $name:ident = $value:expr) => { $crate::phrase::Say::say(&$value) };
    ($en:literal, $ja:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        // Constants of a macro are seen by what it is given, so that this one has a name that nobody takes.
        const NAMES_OF_FACTS: &[&str] = &[$(stringify!($name)),*];
        const { $crate::phrase::assert_alike($en, $ja, NAMES_OF_FACTS) };
        $crate::phrase::filled($en, $ja, NAMES_OF_FACTS, &[$($crate::phrase::phrase!(@fact $name $(= $value)?)),*])
    }};
}
pub(crate) use phrase;

/// Fills both templates. What a fact says is never looked at as a template.
#[doc(hidden)]
pub fn filled(en: &str, ja: &str, names: &[&str], facts: &[Phrase]) -> Phrase {
    let fill = |template: &str, of: fn(&Phrase) -> &str| {
        let mut parts = template.split('{');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let fact = names.iter().position(|own| *own == name).and_then(|at| facts.get(at));
            out.push_str(fact.map_or("", of));
            out.push_str(rest);
        }
        out
    };
    Phrase { en: fill(en, |fact| &fact.en), ja: fill(ja, |fact| &fact.ja) }
}

/// Refuses, when it is compiled, two templates that do not say the same facts: each by its name and as often, and the same
/// digits between them.
#[doc(hidden)]
pub const fn assert_alike(en: &str, ja: &str, names: &[&str]) {
    let (en, ja) = (en.as_bytes(), ja.as_bytes());
    let mut at = 0;
    let (mut slots, mut mentions) = (count_of(en, b'{'), 0);
    assert!(slots == count_of(ja, b'{'), "the two languages name a different number of facts");
    while at < names.len() {
        let (own, other) = (mentions_of(en, names[at].as_bytes()), mentions_of(ja, names[at].as_bytes()));
        assert!(own > 0, "a fact that the English text does not name");
        assert!(own == other, "a fact that the two languages do not name as often");
        mentions += own;
        at += 1;
    }
    assert!(slots == mentions, "a name in braces that is no fact");
    slots = 0;
    while slots < 10 {
        let digit = b'0' + slots as u8;
        assert!(count_of(en, digit) == count_of(ja, digit), "a number that stands in one language alone");
        slots += 1;
    }
}

const fn count_of(text: &[u8], byte: u8) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < text.len() {
        if text[at] == byte {
            count += 1;
        }
        at += 1;
    }
    count
}

/// How often `{name}` stands in the text.
const fn mentions_of(text: &[u8], name: &[u8]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at + name.len() + 1 < text.len() {
        if text[at] == b'{' && text[at + name.len() + 1] == b'}' {
            let mut n = 0;
            while n < name.len() && text[at + 1 + n] == name[n] {
                n += 1;
            }
            if n == name.len() {
                count += 1;
            }
        }
        at += 1;
    }
    count
}

/// A kind of thing that is counted: in English, and what stands before and after its number in Japanese.
#[derive(Debug, Clone, Copy)]
pub struct Thing(&'static str, &'static str, &'static str);

#[allow(missing_docs, reason = "said by the names")]
impl Thing {
    pub const ACCOUNT: Thing = Thing("account", "アカウント", "件");
    pub const ATTEMPT: Thing = Thing("attempt", "接続の試み", "件");
    pub const CALL: Thing = Thing("call", "接続", "件");
    pub const CONNECTION: Thing = Thing("connection", "接続", "件");
    pub const COVERED_DAY: Thing = Thing("covered day", "ログのある", "日");
    pub const DAY: Thing = Thing("day", "", "日");
    pub const HOST: Thing = Thing("host", "ホスト", "台");
    pub const HOST_PAIR: Thing = Thing("host pair", "ホスト対", "組");
    pub const HOUR: Thing = Thing("hour", "", "時間");
    pub const LINK: Thing = Thing("link", "経路", "本");
    pub const MINUTE: Thing = Thing("minute", "", "分");
    pub const PAIR_DAY: Thing = Thing("host pair's day", "ホスト対の", "日分");
    pub const ROW: Thing = Thing("row", "該当", "行");
    pub const SECOND: Thing = Thing("second", "", "秒");
    pub const SENDING: Thing = Thing("sending", "送信", "件");
    pub const SERVICE: Thing = Thing("service", "サービス", "件");
    pub const SITE: Thing = Thing("site", "", "拠点");
    pub const TIME: Thing = Thing("time", "", "回");
}

/// `1 host`, `12 hosts`; ホスト12台.
pub fn count(number: u64, thing: Thing) -> Phrase {
    let Thing(name, before, after) = thing;
    let plural = if number == 1 { "" } else { "s" };
    Phrase { en: format!("{number} {name}{plural}"), ja: format!("{before}{number}{after}") }
}

/// `2020-06-11 02:13 UTC`; 2020年6月11日 02:13 UTC.
pub fn time(moment: Moment) -> Phrase {
    local_time(moment, 0)
}

/// The same by a clock so many minutes east of UTC: `2020-06-11 09:13 UTC+07:00`.
pub fn local_time(moment: Moment, offset_minutes: i32) -> Phrase {
    let en = calendar::minute(moment, offset_minutes);
    Phrase { ja: japanese_time(&en), en }
}

/// `2020-06-11`; 2020年6月11日.
pub fn date(moment: Moment) -> Phrase {
    let en = calendar::date(moment);
    Phrase { ja: japanese_time(&en), en }
}

/// The date of a day from the epoch.
pub fn day(day: i32) -> Phrase {
    date(Moment(i64::from(day) * calendar::DAY))
}

/// 2020年6月11日 02:13 UTC of `2020-06-11 02:13 UTC`; what is written otherwise stays.
pub fn japanese_time(text: &str) -> String {
    let (date, rest) = text.split_once(' ').map_or((text, None), |(date, rest)| (date, Some(rest)));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let mut next = || parts.next().flatten();
    let (Some(year), Some(month), Some(day)) = (next(), next(), next()) else { return text.to_owned() };
    let rest = rest.map_or(String::new(), |rest| format!(" {rest}"));
    format!("{year}年{month}月{day}日{rest}")
}

/// A length of time: `40 minutes`; 40分.
pub fn span(micros: u64) -> Phrase {
    let (number, unit) = calendar::span_in(micros);
    let thing = match unit {
        calendar::Unit::Second => Thing::SECOND,
        calendar::Unit::Minute => Thing::MINUTE,
        calendar::Unit::Hour => Thing::HOUR,
        calendar::Unit::Day => Thing::DAY,
    };
    count(number, thing)
}

/// Bytes with three figures and a unit.
pub fn bytes(number: u64) -> Phrase {
    alike(volume(number))
}

/// A number with so many decimals.
pub fn decimal(number: f64, decimals: usize) -> Phrase {
    alike(format!("{number:.decimals$}"))
}

/// A chance as it is told: three decimals, or one figure and a power of ten.
pub fn chance(p: f64) -> Phrase {
    if p < 0.001 { power(p) } else { decimal(p, 3) }
}

/// Two figures and a power of ten: `1.2e-7`.
pub fn power(number: f64) -> Phrase {
    alike(format!("{number:.1e}"))
}

/// A list with at most so many of its things, and how many more there are.
pub fn listed(things: impl IntoIterator<Item = Phrase>, most: usize) -> Phrase {
    let things: Vec<Phrase> = things.into_iter().collect();
    let more = things.len().saturating_sub(most);
    let shown = joined(&things[..things.len() - more], ", ", "、");
    if more == 0 { shown } else { phrase!("{shown} and {more} more", "{shown}ほか{more}件", shown, more) }
}

/// All of them, with this between each two.
pub fn joined(things: &[Phrase], en: &str, ja: &str) -> Phrase {
    let texts = |of: fn(&Phrase) -> &str| things.iter().map(of).collect::<Vec<_>>();
    Phrase { en: texts(|own| &own.en).join(en), ja: texts(|own| &own.ja).join(ja) }
}

/// Tests compare the English text.
#[cfg(test)]
mod for_tests {
    use super::Phrase;

    impl std::ops::Deref for Phrase {
        type Target = str;

        fn deref(&self) -> &str {
            &self.en
        }
    }

    impl std::fmt::Display for Phrase {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.en)
        }
    }

    impl PartialEq<str> for Phrase {
        fn eq(&self, other: &str) -> bool {
            self.en == other
        }
    }

    impl PartialEq<&str> for Phrase {
        fn eq(&self, other: &&str) -> bool {
            self.en == *other
        }
    }

    /// All numbers of a text, leading zeros apart, in order of size: what both languages must have in common.
    pub fn numbers(text: &str) -> Vec<String> {
        let mut all: Vec<String> = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .map(|digits| digits.trim_start_matches('0').to_owned())
            .collect();
        all.sort();
        all
    }

    impl Phrase {
        /// Fails where it is not said in both languages, or the two differ in a number.
        pub fn assert_in_both(&self) {
            assert_eq!(self.en.is_empty(), self.ja.is_empty(), "said in one language only: {self:?}");
            assert_eq!(numbers(&self.en), numbers(&self.ja), "{self:?}");
            for (unfilled, text) in [('{', &self.en), ('{', &self.ja)] {
                assert!(!text.contains(unfilled), "{text}");
            }
        }
    }
}

#[cfg(test)]
pub use for_tests::numbers;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_puts_the_facts_where_its_grammar_wants_them() {
        let (n, all) = (3_u64, count(12, Thing::HOST));
        let told = phrase!("{n} of {all}", "{all}中{n}台", n, all);
        assert_eq!((told.of(Language::English), told.of(Language::Japanese)), ("3 of 12 hosts", "ホスト12台中3台"));
    }

    #[test]
    fn what_a_log_says_is_no_template() {
        let told =
            phrase!("{who} called {whom}", "{who}が{whom}に接続", who = alike("{whom}"), whom = alike("{who} {n"));
        assert_eq!(told.of(Language::English), "{whom} called {who} {n");
        assert_eq!(told.of(Language::Japanese), "{whom}が{who} {nに接続");
    }

    #[test]
    fn times_are_spelt_by_rule() {
        let at = Moment(1_591_841_580_000_000);
        assert_eq!(local_time(at, 420).of(Language::Japanese), "2020年6月11日 09:13 UTC+07:00");
        assert_eq!(date(at).of(Language::Japanese), "2020年6月11日");
        assert_eq!(japanese_time("no time"), "no time");
    }

    #[test]
    fn sentences_follow_each_other_as_the_language_has_it() {
        let two = phrase!("One.", "一。").and(&phrase!("Two.", "二。")).and(&Phrase::default());
        assert_eq!((two.of(Language::English), two.of(Language::Japanese)), ("One. Two.", "一。二。"));
    }

    #[test]
    fn a_longer_list_says_how_many_more_there_are() {
        let list = listed(["a", "b", "c"].map(alike), 2);
        assert_eq!((list.of(Language::English), list.of(Language::Japanese)), ("a, b and 1 more", "a、bほか1件"));
    }

    #[test]
    fn what_is_not_said_in_japanese_is_told_in_english() {
        let old = Phrase::told("As it was.".to_owned(), String::new());
        assert_eq!(old.of(Language::Japanese), "As it was.");
        assert!(!old.is_in(Language::Japanese) && old.is_in(Language::English));
    }
}
