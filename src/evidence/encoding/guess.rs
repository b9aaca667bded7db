//! Tells the encoding of text that is no UTF-8, or says that it can't be told. A wrong guess makes names that never were,
//! so each encoding is taken only for what hardly any other text has: the kana of Japanese, vowels where Thai has them,
//! single accented letters between Latin ones.

use super::Charset;

/// What text seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// UTF-8, perhaps damaged here and there; or no text at all.
    Utf8,
    /// This encoding.
    Is(Charset),
    /// None that can be told.
    Unclear,
}

/// Guesses by a stretch of text that begins with its first byte beyond ASCII; `whole` where the text ends with it.
pub fn guess(bytes: &[u8], whole: bool) -> Guess {
    if is_binary(bytes) {
        return Guess::Utf8;
    }
    let (good, bad) = utf8_tally(bytes, whole);
    // Damage to UTF-8 is a byte here and there; another encoding makes hardly a sound character of it.
    if good >= 4 * bad {
        return Guess::Utf8;
    }
    let runs = Runs::of(bytes, whole);
    let mut found = CANDIDATES.iter().filter(|(_, fits)| fits(&runs)).map(|(charset, _)| *charset);
    match (found.next(), found.next()) {
        (Some(only), None) => Guess::Is(only),
        _ => Guess::Unclear,
    }
}

/// Zero bytes, or too many controls for text.
fn is_binary(bytes: &[u8]) -> bool {
    let controls = bytes.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31)).count();
    bytes.contains(&0) || controls * 50 > bytes.len()
}

/// Characters beyond ASCII, and bytes that are none.
fn utf8_tally(bytes: &[u8], whole: bool) -> (usize, usize) {
    let (mut good, mut bad) = (0, 0);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        let cut_off = !whole && chunks.peek().is_none() && chunk.invalid().len() < 4;
        bad += if cut_off { 0 } else { chunk.invalid().len() };
    }
    (good, bad)
}

type Fits = fn(&Runs<'_>) -> bool;

const CANDIDATES: [(Charset, Fits); 8] = [
    (Charset::ShiftJis, is_shift_jis),
    (Charset::EucJp, is_euc_jp),
    (Charset::Gbk, is_gbk),
    (Charset::Big5, is_big5),
    (Charset::EucKr, is_euc_kr),
    (Charset::Windows874, is_thai),
    (Charset::Windows1251, is_cyrillic),
    (Charset::Windows1252, is_western),
];

/// Text as each of the encodings sees it.
struct Runs<'b> {
    bytes: &'b [u8],
    whole: bool,
}

/// Units of a text: those that are common in their language, those that are not, and bytes that are none.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    common: usize,
    rare: usize,
    wrong: usize,
}

impl Tally {
    fn of(self) -> usize {
        self.common + self.rare
    }

    /// Nine in ten are common, and hardly one is wrong.
    fn is_sound(self) -> bool {
        self.common > 0 && self.common * 10 >= self.of() * 9 && self.wrong * 100 <= self.of()
    }
}

impl<'b> Runs<'b> {
    fn of(bytes: &'b [u8], whole: bool) -> Runs<'b> {
        Runs { bytes, whole }
    }

    /// Every pair from a byte beyond ASCII on, with what follows it; the last half of one is left out where the text goes
    /// on. `single` says which bytes stand alone.
    fn pairs(&self, single: fn(u8) -> bool, visit: &mut dyn FnMut(u8, Option<u8>)) {
        let mut rest = self.bytes;
        while let Some(first) = rest.iter().position(|b| !b.is_ascii()) {
            let lead = rest[first];
            rest = &rest[first + 1..];
            if single(lead) {
                visit(lead, None);
                continue;
            }
            match rest.first() {
                Some(trail) => {
                    visit(lead, Some(*trail));
                    // What is no second byte is looked at for itself.
                    rest = if *trail >= 0x40 { &rest[1..] } else { rest };
                }
                None if self.whole => visit(lead, None),
                None => {}
            }
        }
    }

    /// Pairs of bytes from 0xA1 on, by how common their first byte says that they are.
    fn high_pairs(&self, mut common: impl FnMut(u8, u8) -> bool) -> Tally {
        let mut tally = Tally::default();
        self.pairs(|_| false, &mut |lead, trail| match trail {
            Some(trail @ 0xa1..=0xfe) if (0xa1..=0xfe).contains(&lead) => match common(lead, trail) {
                true => tally.common += 1,
                false => tally.rare += 1,
            },
            _ => tally.wrong += 1,
        });
        tally
    }

    /// The stretches of bytes beyond ASCII, each with the bytes before and after it.
    fn stretches(&self) -> impl Iterator<Item = (Option<u8>, &'b [u8], Option<u8>)> {
        let bytes = self.bytes;
        let mut at = 0;
        std::iter::from_fn(move || {
            let begin = at + bytes.get(at..)?.iter().position(|b| !b.is_ascii())?;
            let length = bytes[begin..].iter().position(u8::is_ascii).unwrap_or(bytes.len() - begin);
            at = begin + length;
            let before = begin.checked_sub(1).map(|before| bytes[before]);
            Some((before, &bytes[begin..at], bytes.get(at).copied()))
        })
    }
}

/// JIS X 0208: kana, signs, and the kanji of the first level, which are those in use. Half-width kana stand in rows; one
/// alone is more likely a letter of Latin-1. Text of nothing else may be Chinese, unless it is long.
fn is_shift_jis(runs: &Runs<'_>) -> bool {
    let (mut tally, mut half, mut row) = (Tally::default(), 0, 0);
    let mut close = |row: &mut usize, tally: &mut Tally| {
        match *row {
            0 => {}
            1 => tally.rare += 1,
            more => half += more,
        }
        *row = 0;
    };
    let mut after = 0;
    runs.pairs(|byte| matches!(byte, 0xa1..=0xdf), &mut |lead, trail| {
        let Some(trail) = trail else {
            match lead {
                0xa1..=0xdf => row += 1,
                _ => tally.wrong += 1,
            }
            after += 1;
            return;
        };
        close(&mut row, &mut tally);
        match (lead, trail) {
            (_, 0x7f | 0x80 | 0xfd..=0xff | ..=0x3f) => tally.wrong += 1,
            (0x81, _)
            | (0x82, 0x4f..=0xf1)
            | (0x83, 0x40..=0x96)
            | (0x88, 0x9f..)
            | (0x89..=0x97, _)
            | (0x98, ..=0x72) => {
                tally.common += 1;
            }
            // Rows that hold what the maker of the machine added: circled numbers, compatible kanji.
            (0x87 | 0xed | 0xee | 0xfa..=0xfc, _) | (0x98..=0x9f | 0xe0..=0xea, _) => tally.rare += 1,
            _ => tally.wrong += 1,
        }
    });
    close(&mut row, &mut tally);
    if tally.common == 0 {
        return half >= 20 && tally.rare == 0 && tally.wrong == 0;
    }
    // Half-width kana beside others are as good as these.
    tally.common += half.min(tally.common);
    tally.rare += half.saturating_sub(tally.common);
    tally.is_sound()
}

/// Japanese of any length has kana; kanji alone could be Chinese.
fn is_euc_jp(runs: &Runs<'_>) -> bool {
    let mut kana = 0;
    let tally = runs.high_pairs(|lead, _| {
        kana += usize::from(matches!(lead, 0xa4 | 0xa5));
        matches!(lead, 0xa1 | 0xa3..=0xa5 | 0xb0..=0xcf)
    });
    tally.is_sound() && kana * 8 >= tally.of()
}

/// GB 2312's first level goes by sound from B0 to D7; Korean syllables end at C8, so that some have to lie behind them.
fn is_gbk(runs: &Runs<'_>) -> bool {
    let mut late = 0;
    let tally = runs.high_pairs(|lead, _| {
        late += usize::from(matches!(lead, 0xc9..=0xd7));
        matches!(lead, 0xa1 | 0xa3 | 0xb0..=0xd7)
    });
    tally.is_sound() && tally.of() >= 8 && late * 8 >= tally.of()
}

/// KS X 1001's syllables, and nothing but them and signs.
fn is_euc_kr(runs: &Runs<'_>) -> bool {
    let tally = runs.high_pairs(|lead, _| matches!(lead, 0xa1 | 0xa3 | 0xb0..=0xc8));
    tally.is_sound() && tally.of() >= 8 && tally.common * 20 >= tally.of() * 19
}

/// The characters of Big5's first level; a good part of them end in an ASCII letter or sign.
fn is_big5(runs: &Runs<'_>) -> bool {
    let (mut tally, mut low) = (Tally::default(), 0);
    runs.pairs(|_| false, &mut |lead, trail| match (lead, trail) {
        (0xa4..=0xc6, Some(0x40..=0x7e)) => {
            tally.common += 1;
            low += 1;
        }
        (0xa1..=0xc6, Some(0x40..=0x7e | 0xa1..=0xfe)) => tally.common += 1,
        (0xc9..=0xf9, Some(0x40..=0x7e | 0xa1..=0xfe)) => tally.rare += 1,
        _ => tally.wrong += 1,
    });
    tally.is_sound() && tally.of() >= 4 && low * 6 >= tally.of()
}

/// Thai: marks stand on a consonant or on another mark, a leading vowel stands before a consonant.
fn is_thai(runs: &Runs<'_>) -> bool {
    let (mut letters, mut vowels, mut wrong) = (0, 0, 0);
    for (_, stretch, _) in runs.stretches() {
        let mut before = 0;
        for (at, byte) in stretch.iter().enumerate() {
            let next = stretch.get(at + 1);
            letters += 1;
            match byte {
                0xa1..=0xce => {}
                0xd1 | 0xd4..=0xda | 0xe7..=0xee => {
                    vowels += 1;
                    wrong += usize::from(!matches!(before, 0xa1..=0xce | 0xd1 | 0xd4..=0xda | 0xe7..=0xee));
                }
                0xd0 | 0xd2 | 0xd3 | 0xe5 => {
                    vowels += 1;
                    wrong += usize::from(before == 0);
                }
                0xe0..=0xe4 => {
                    vowels += 1;
                    let ends_here =
                        next.is_none() && !runs.whole && stretch.as_ptr_range().end == runs.bytes.as_ptr_range().end;
                    wrong += usize::from(!ends_here && !matches!(next, Some(0xa1..=0xce)));
                }
                0xcf | 0xdf | 0xe6 | 0xef..=0xfb => {}
                0x80 | 0x85 | 0x91..=0x97 | 0xa0 => letters -= 1,
                _ => wrong += 1,
            }
            before = *byte;
        }
    }
    letters >= 4 && vowels * 5 >= letters && wrong * 50 <= letters
}

/// Cyrillic: words of letters from C0 on, a third of them vowels, most of them small.
fn is_cyrillic(runs: &Runs<'_>) -> bool {
    let (mut words, mut letters, mut vowels, mut small, mut wrong) = (0, 0, 0, 0, 0);
    for (_, stretch, _) in runs.stretches() {
        words += 1;
        for byte in stretch {
            match byte {
                0xc0..=0xff | 0xa8 | 0xb8 => letters += 1,
                0x93 | 0x94 | 0x96 | 0x97 | 0xa0 | 0xab | 0xb9 | 0xbb => {}
                _ => wrong += 1,
            }
            small += usize::from(*byte >= 0xe0);
            // а, е, и, о, у, ы, э, ю, я.
            vowels += usize::from(matches!(byte, 0xe0 | 0xe5 | 0xe8 | 0xee | 0xf3 | 0xfb | 0xfd | 0xfe | 0xff));
        }
    }
    letters >= 8
        && letters >= 3 * words
        && small * 10 >= letters * 6
        && (letters / 4..=letters * 6 / 10).contains(&vowels)
        && wrong * 50 <= letters
}

/// Western European: letters with accents stand alone between Latin ones, or signs alone between words.
fn is_western(runs: &Runs<'_>) -> bool {
    const LETTERS: &[u8] = b"\xe4\xf6\xfc\xdf\xc4\xd6\xdc\xe9\xe8\xea\xeb\xe0\xe1\xe2\xe7\xee\xef\xed\xf4\xf3\xfb\xf9\xfa\xf1\xe5\xf8\xe6\xc5\xd8\xc6\xc9\xc0\xc7\xe3\xf5\xf2\xec";
    const SIGNS: &[u8] = b"\x80\x85\x91\x92\x93\x94\x96\x97\x99\xa0\xa7\xa9\xab\xae\xb0\xb2\xb3\xb5\xbb";
    let mut tally = Tally::default();
    for (before, stretch, after) in runs.stretches() {
        let touches = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphabetic());
        let in_word = touches(before) || touches(after);
        match stretch {
            [letter] if LETTERS.contains(letter) && in_word => tally.common += 1,
            [one, two] if LETTERS.contains(one) && LETTERS.contains(two) && in_word => tally.rare += 1,
            [sign] if SIGNS.contains(sign) => {}
            other => tally.wrong += other.len(),
        }
    }
    tally.common > 0 && tally.common * 5 >= tally.of() * 4 && tally.wrong * 20 <= tally.of()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a log has it: names in a quoted field, each on its line.
    fn told(label: &str, names: &[&str]) -> Guess {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let mut log = Vec::new();
        for name in names {
            log.extend_from_slice(b"srcname=\"");
            log.extend_from_slice(&encoding.encode(name).0);
            log.extend_from_slice(b"\" action=accept\n");
        }
        let first = log.iter().position(|b| !b.is_ascii()).unwrap();
        guess(&log[first..], true)
    }

    const JAPANESE: [&str; 4] = ["東京本社", "ファイルサーバ", "経理部の共有フォルダ", "表示ソフト"];
    const CHINESE: [&str; 4] = ["上海办事处", "文件服务器", "财务部共享文件夹", "远程桌面"];
    const TAIWAN: [&str; 4] = ["台北辦公室", "檔案伺服器", "財務部共用資料夾", "遠端桌面"];
    const KOREAN: [&str; 3] = ["서울 본사", "파일 서버", "경리부 공유 폴더"];
    const THAI: [&str; 3] = ["สำนักงานกรุงเทพ", "เซิร์ฟเวอร์ไฟล์", "ฝ่ายบัญชี"];
    const WESTERN: [&str; 4] = ["Zürich", "Montréal", "Düsseldorf Büro", "São Paulo"];
    const RUSSIAN: [&str; 3] = ["Московский офис", "Файловый сервер", "бухгалтерия"];

    #[test]
    fn text_of_each_language_is_told() {
        use Charset::*;
        for (label, charset, names) in [
            ("shift_jis", ShiftJis, &JAPANESE[..]),
            ("euc-jp", EucJp, &JAPANESE),
            ("gbk", Gbk, &CHINESE),
            ("big5", Big5, &TAIWAN),
            ("euc-kr", EucKr, &KOREAN),
            ("windows-874", Windows874, &THAI),
            ("windows-1252", Windows1252, &WESTERN),
            ("windows-1251", Windows1251, &RUSSIAN),
        ] {
            assert_eq!(told(label, names), Guess::Is(charset), "{label}");
            assert_eq!(told("utf-8", names), Guess::Utf8, "{label}");
            // A name alone is told rightly or not at all.
            for name in names {
                let alone = told(label, &[name]);
                assert!(alone == Guess::Is(charset) || alone == Guess::Unclear, "{label} {name}: {alone:?}");
            }
        }
    }

    #[test]
    fn a_short_japanese_or_western_name_is_enough() {
        assert_eq!(told("shift_jis", &["東京"]), Guess::Is(Charset::ShiftJis));
        assert_eq!(told("windows-1252", &["Zürich"]), Guess::Is(Charset::Windows1252));
    }

    #[test]
    fn what_can_t_be_told_is_not_guessed() {
        assert_eq!(told("gbk", &["北京"]), Guess::Unclear);
        assert_eq!(told("windows-1250", &["Łódź", "Gdańsk", "Wrocław"]), Guess::Unclear);
        assert_eq!(guess(b"\xff", true), Guess::Unclear);
        assert_eq!(guess(b"\xff\xfe\xfd\x80\xf0\xc0", true), Guess::Unclear);
        assert_eq!(guess(b"\x9c\x00\x80 compressed \x01\x02", true), Guess::Utf8);
    }

    #[test]
    fn damaged_utf_8_stays_utf_8() {
        let mut text = "東京本社 大阪支社 ".repeat(3).into_bytes();
        text[7] = 0xff;
        assert_eq!(guess(&text, true), Guess::Utf8);
        assert_eq!(guess(&"東京".as_bytes()[..5], false), Guess::Utf8);
    }
}
