//! Text on its way in: as it is while it is ASCII or UTF-8; from its first other byte on by the encoding that was chosen or
//! that it tells. The answer depends on the bytes alone, not on how they came.

use super::super::accounts::{Reasons, Tally};
use super::super::unpack::LayerAccount;
use super::guess::{Guess, guess};
use super::legacy::Decoder;
use super::utf16::Outlet;
use super::{Charset, Known, Taken};

/// By how much text from its first byte beyond ASCII on its encoding is told.
const TELLING: usize = 64 << 10;

/// A text under way.
pub struct Text {
    state: State,
    chosen: Option<Charset>,
    unclear: bool,
}

enum State {
    /// Nothing but ASCII so far.
    Ascii { seen: u64 },
    /// Held back until its encoding can be told.
    Telling { begin: u64, held: Vec<u8> },
    /// UTF-8, or what nobody can tell: as it is.
    AsItIs,
    /// In another encoding.
    Decoding(Box<Decoder>),
}

impl Text {
    /// A text, in the encoding that somebody chose for it, if so.
    pub fn new(chosen: Option<Charset>) -> Text {
        let state = match chosen {
            None => State::Ascii { seen: 0 },
            Some(charset) => {
                Decoder::new(charset, 0).map_or(State::AsItIs, |decoder| State::Decoding(Box::new(decoder)))
            }
        };
        Text { state, chosen, unclear: false }
    }

    /// Takes bytes and hands out UTF-8, as far as it can be told.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Outlet<'_>) {
        match &mut self.state {
            State::AsItIs => out(&[], bytes),
            State::Decoding(decoder) => decoder.feed(bytes, out),
            State::Telling { held, .. } => {
                let more = bytes.len().min(TELLING - held.len());
                held.extend_from_slice(&bytes[..more]);
                if held.len() == TELLING {
                    self.tell(false, out);
                    self.feed(&bytes[more..], out);
                }
            }
            State::Ascii { seen } => {
                let plain = ascii_up_to(bytes);
                *seen += plain as u64;
                let begin = *seen;
                if plain > 0 {
                    out(&[], &bytes[..plain]);
                }
                if plain < bytes.len() {
                    self.state = State::Telling { begin, held: Vec::new() };
                    self.feed(&bytes[plain..], out);
                }
            }
        }
    }

    /// The text is at its end: what was held back goes out.
    pub fn finish(&mut self, out: &mut Outlet<'_>) {
        if matches!(self.state, State::Telling { .. }) {
            self.tell(true, out);
        }
        if let State::Decoding(decoder) = &mut self.state {
            decoder.finish(out);
        }
    }

    fn tell(&mut self, whole: bool, out: &mut Outlet<'_>) {
        let State::Telling { begin, held } = std::mem::replace(&mut self.state, State::AsItIs) else { return };
        match guess(&held, whole) {
            Guess::Utf8 => {}
            Guess::Unclear => self.unclear = true,
            Guess::Is(charset) => {
                if let Some(decoder) = Decoder::new(charset, begin) {
                    self.state = State::Decoding(Box::new(decoder));
                }
            }
        }
        self.feed(&held, out);
    }

    /// What it was taken for, where there is something to say.
    pub fn taken(&self) -> Option<Taken> {
        match (&self.state, self.chosen) {
            (State::Decoding(decoder), None) => Some(Taken { charset: decoder.charset, known: Known::Told }),
            (_, Some(charset)) => Some(Taken { charset, known: Known::Chosen }),
            (_, None) => self.unclear.then_some(Taken { charset: Charset::Utf8, known: Known::Unclear }),
        }
    }

    /// The account of this layer, of so many bytes; none where they are those of the records.
    pub fn account(&self, length: u64) -> Option<LayerAccount> {
        let State::Decoding(decoder) = &self.state else { return None };
        Some(LayerAccount {
            name: decoder.charset.name().to_owned(),
            length,
            members: Tally { count: 1, bytes: length },
            unprocessed: Reasons::default(),
            ..LayerAccount::default()
        })
    }
}

/// How many bytes at the beginning are ASCII. Most logs are nothing else, so that whole pieces are looked at together.
fn ascii_up_to(bytes: &[u8]) -> usize {
    const PIECE: usize = 256;
    let plain = bytes.chunks(PIECE).take_while(|piece| piece.is_ascii()).map(<[u8]>::len).sum();
    let rest = bytes.get(plain..).unwrap_or_default();
    plain + rest.iter().take_while(|byte| byte.is_ascii()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::encoding::Offsets;

    fn decode(bytes: &[u8], chunk: usize, chosen: Option<Charset>) -> (String, Option<Taken>, Vec<u64>) {
        let (mut text, mut out, mut offsets) = (Text::new(chosen), Vec::new(), Offsets::default());
        let mut take = |marks: &[super::super::Mark], part: &[u8]| {
            offsets.extend(marks);
            out.extend_from_slice(part);
        };
        bytes.chunks(chunk).for_each(|part| text.feed(part, &mut take));
        text.finish(&mut take);
        let starts = out.iter().zip(1..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next);
        let starts: Vec<u64> = starts.collect::<Vec<u64>>().into_iter().map(|at| offsets.raw(at)).collect();
        (String::from_utf8_lossy(&out).into_owned(), text.taken(), starts)
    }

    #[test]
    fn places_stay_those_of_the_file() {
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("time=1 site=東京\n表示=ソ|x\n千代田\nplain\n");
        let raw: Vec<u64> = sjis.iter().zip(1..).filter(|(b, _)| **b == b'\n').map(|(_, next)| next).collect();
        for chunk in [1, 2, 7, sjis.len()] {
            let (text, taken, starts) = decode(&sjis, chunk, None);
            assert_eq!(text, "time=1 site=東京\n表示=ソ|x\n千代田\nplain\n");
            assert_eq!(taken, Some(Taken { charset: Charset::ShiftJis, known: Known::Told }));
            assert_eq!(starts, raw, "chunks of {chunk}");
        }
    }

    #[test]
    fn what_is_no_character_is_kept_as_its_bytes() {
        let (text, _, starts) = decode(b"\x93\x8c\x8b\x9e \x81\" \xfd\n\x85", 1, Some(Charset::ShiftJis));
        assert_eq!((text.as_str(), starts), ("東京 \\x81\" \\xfd\n\\x85", vec![10]));
    }

    #[test]
    fn a_choice_holds_against_the_guess() {
        let thai = encoding_rs::WINDOWS_874.encode("ก").0;
        assert_eq!(decode(&thai, 1, None).1.map(|taken| taken.known), Some(Known::Unclear));
        assert_eq!(decode(&thai, 1, Some(Charset::Windows874)).0, "ก");
        let (same, taken, _) = decode(b"a\xffb", 2, Some(Charset::Utf8));
        assert_eq!((same.len(), taken.map(|taken| taken.known)), (5, Some(Known::Chosen)));
        assert_eq!(decode("é".as_bytes(), 1, None).1, None);
    }

    #[test]
    fn the_first_other_byte_may_come_late() {
        let sjis = encoding_rs::SHIFT_JIS.encode("東京本社のファイル").0;
        for before in [1, 255, 256, 3 << 20] {
            let bytes = [&vec![b'a'; before][..], &sjis].concat();
            for chunk in [4096, 4099, bytes.len()] {
                let (text, taken, _) = decode(&bytes, chunk, None);
                assert!(text.ends_with("東京本社のファイル"), "{before} bytes before, chunks of {chunk}");
                assert_eq!(taken, Some(Taken { charset: Charset::ShiftJis, known: Known::Told }));
            }
        }
    }
}
