//! What the reader of any export must know: caps reached, sums that are off, clocks unknown, names that look like others.

use std::collections::BTreeSet;

use super::Case;
use crate::evidence::encoding::Known;
use crate::evidence::text::{elided, looks_like, visible};
use crate::formats;
use crate::ledger::Ledger;
use crate::ledger::survey::Survey;
use crate::phrase::{Phrase, Saying, alike, phrase};
use crate::sites::SiteBook;
use crate::sorting::LeanCollect as _;

impl Case {
    pub(super) fn notices(&self, ledger: &Ledger, survey: &Survey, repeats: &[Option<usize>]) -> Vec<Phrase> {
        let mut notices = Vec::new();
        let repeated = self.files.iter().zip(repeats).filter(|(_, repeat)| repeat.is_some());
        let repeated: BTreeSet<&str> = repeated.map(|(file, _)| file.receipt.name.as_str()).lean_collect();
        for (file, repeat) in self.files.iter().zip(repeats) {
            let name = alike(file.receipt.name.as_str());
            if let Some(off) = file.receipt.imbalance() {
                notices.push(phrase!(
                    "{name}: the account does not balance, a fault of Kyoten's: {off}",
                    "{name}：内訳の合計が合いません。Kyotenの不具合です：{off}",
                    name,
                    off = alike(off)
                ));
            }
            if let Some(reason) = &file.receipt.abandoned {
                notices.push(phrase!(
                    "{name}: PARTIAL, not read to its end: {reason}",
                    "{name}：PARTIAL。最後まで読み取られていません：{reason}",
                    name,
                    reason = alike(reason.as_str())
                ));
            }
            // A repeated archive is told of once, and of what is no log nobody counts anything.
            let told = file.receipt.within.as_ref().is_none_or(|within| !repeated.contains(within.as_str()));
            if let Some(earlier) = repeat.filter(|_| told && (file.receipt.format.is_some() || file.holds_members())) {
                let earlier = &self.files[earlier].receipt;
                let same = earlier.sha256.is_some() && earlier.sha256 == file.receipt.sha256;
                let earlier = alike(earlier.name.as_str());
                notices.push(match same {
                    true => phrase!(
                        "{name}: the same content as {earlier}; left out of the sums",
                        "{name}：{earlier}と同じ内容のため、合計に含めていません。",
                        name,
                        earlier
                    ),
                    false => phrase!(
                        "{name}: its connections stand, with their bytes, in {earlier}; left out of the sums",
                        "{name}：記録された接続はバイト数とともに{earlier}にもあるため、合計に含めていません。",
                        name,
                        earlier
                    ),
                });
            }
            if file.receipt.format.as_deref() == Some("kyoten_rollup") {
                notices.push(phrase!(
                    "{name}: a rollup; it names no hosts, accounts or sensors, so that hosts count as one a site, and what \
                     rests on hosts (fan-out, the first call of a host) or on minutes can't be told from it",
                    "{name}：集計ファイルです。ホスト・アカウント・センサーの名前がないため、ホストは拠点ごとに一つと数えます。ホストや分単位の時刻に基づく判定（探索、ホストの初回接続）はできません。",
                    name
                ));
            }
            if !file.receipt.others.is_empty() {
                let others = file.receipt.others.iter().filter_map(|name| formats::by_name(name));
                let others: Vec<&str> = others.map(formats::Format::title).lean_collect();
                notices.push(phrase!(
                    "{name}: a file of several devices; between its own lines stood lines of {others}, each read as what it is",
                    "{name}：複数の機器のログを含むファイルです。ほかに{others}の行があり、それぞれの形式で読み取りました。",
                    name,
                    others = alike(others.join(", "))
                ));
            }
            if file.receipt.undated > 0 {
                let count = file.receipt.undated;
                notices.push(phrase!(
                    "{name}: {count} flows have no usable time; they are counted, but stand in no hour",
                    "{name}：使える時刻のない通信が{count}件あります。集計には含めますが、時間別の記録には現れません。",
                    name,
                    count
                ));
            }
            if file.receipt.encoding.is_some_and(|taken| taken.known == Known::Unclear) {
                notices.push(phrase!(
                    "{name}: its text is not UTF-8, and what else it is can't be told: names are shown by their bytes (\\xNN) until its encoding is chosen",
                    "{name}：UTF-8ではなく、文字コードを判断できません。選択されるまで、名前はバイト（\\xNN）で表示します。",
                    name
                ));
            }
            if file.receipt.bases.contains_key(&crate::flow::Basis::Unknown) {
                notices.push(phrase!(
                    "{name}: the zone of its times is not known; they are shown as if UTC",
                    "{name}：時刻の時間帯が不明なため、UTCとみなして表示しています。",
                    name
                ));
            }
        }
        notices.extend(self.strange());
        notices.extend(ledger.cap_reached());
        notices.extend(lookalikes(survey, &self.book));
        notices
    }
}

/// How many names that look like others are told one by one.
const MOST_LOOKALIKES: usize = 10;

/// Accounts, hosts, sensors and sites in letters of another script that look like Latin ones, or with characters that are
/// not seen. Each counts as its own; the notice is that nobody takes one for the other.
fn lookalikes(survey: &Survey, book: &SiteBook) -> Vec<Phrase> {
    let services = survey.links.values().flat_map(|link| link.services.values());
    let mut names: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    let mut note = |Saying(kind, japanese), name| {
        if looks_like(name).is_some() {
            names.insert((kind, name, japanese));
        }
    };
    services.flat_map(|record| record.accounts.keys()).for_each(|name| note(Saying("account", "アカウント"), name));
    survey.names.values().for_each(|name| note(Saying("host", "ホスト"), name));
    survey.coverage.keys().for_each(|name| note(Saying("sensor", "センサー"), name));
    book.sites.iter().for_each(|site| note(Saying("site", "拠点"), &site.name));
    let shown = names.iter().take(MOST_LOOKALIKES).filter_map(|(kind, name, japanese)| {
        let (plain, name) = (elided(&looks_like(name)?, 80).into_owned(), visible(name));
        Some(phrase!(
            "the {kind} \"{name}\" looks like \"{plain}\" but is spelt with other characters",
            "{kind}「{name}」は「{plain}」に見えますが、別の文字で書かれています。",
            kind = Phrase::told((*kind).to_owned(), (*japanese).to_owned()),
            name = alike(elided(&name, 80)),
            plain = alike(plain)
        ))
    });
    let mut notices: Vec<Phrase> = shown.collect();
    let more = names.len().saturating_sub(MOST_LOOKALIKES);
    if more > 0 {
        notices.push(phrase!(
            "{more} more names look like others but are spelt with other characters",
            "ほかにも、別の名前に見えながら別の文字で書かれた名前が{more}件あります。",
            more
        ));
    }
    notices
}
