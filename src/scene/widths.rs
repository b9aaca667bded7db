//! How wide a text is: our own table of advance widths, so that a figure is the same bytes on every machine.
//!
//! Each width is the greatest of those of Helvetica (Adobe's AFM), IBM Plex Sans and Noto Sans CJK, so that a text set in
//! any font of [`crate::paint::FONTS`] takes at most the room that was left for it.

use super::Point;

/// Width of a text set at `size`, in the unit of `size`.
pub fn of(text: &str, size: f32, bold: bool) -> f32 {
    // Summed in whole thousandths, so that no rounding depends on the order.
    let thousandths: u64 = text.chars().map(|c| u64::from(advance(c, bold))).sum();
    thousandths as f32 / 1000.0 * size
}

/// The longest beginning of a text that fits into `room`, with `…` where something was left out.
pub fn fitted(text: &str, size: f32, bold: bool, room: f32) -> String {
    if of(text, size, bold) <= room {
        return text.to_owned();
    }
    let ellipsis = of("…", size, bold);
    let mut out = String::new();
    let mut thousandths = 0_u64;
    for c in text.chars() {
        thousandths += u64::from(advance(c, bold));
        if thousandths as f32 / 1000.0 * size + ellipsis > room {
            break;
        }
        out.push(c);
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    out.push('…');
    out
}

/// A text broken into lines that fit into `room`: at spaces, and in a long run without spaces where Japanese may be broken, else
/// anywhere.
pub fn wrapped(text: &str, size: f32, bold: bool, room: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if of(&joined, size, bold) <= room {
            line = joined;
            continue;
        }
        if !line.is_empty() && (of(word, size, bold) <= room || of(&line, size, bold) > room * 0.7) {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            line.push(c);
            if of(&line, size, bold) > room && line.chars().count() > 1 {
                let rest = line.split_off(last_break(&line));
                lines.push(std::mem::replace(&mut line, rest));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The last place in a line that is one character too long at which it may be broken, by the rules of Japanese typesetting (kinsoku, JIS
/// X 4051): no closing mark begins a line, no opening one ends it, numbers and Latin words stay whole. Before the last character, where
/// that would leave the line less than half full.
fn last_break(line: &str) -> usize {
    const BEGINS_NONE: &str = "。、，．：；！？）」』］〕％～ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…";
    const ENDS_NONE: &str = "（「『［〔";
    let stays = |before: char, after: char| {
        BEGINS_NONE.contains(after) || ENDS_NONE.contains(before) || before.is_ascii() && after.is_ascii()
    };
    let places = line.char_indices().zip(line.chars().skip(1)).map(|((at, c), after)| (at + c.len_utf8(), c, after));
    let last = line.char_indices().next_back().map_or(0, |(at, _)| at);
    let good = places.filter(|(_, before, after)| !stays(*before, *after)).map(|(at, ..)| at).last();
    good.filter(|at| at * 2 > line.len()).unwrap_or(last)
}

/// A text broken into as few lines as fit into `room`, of like length: no word is left alone on the last.
pub fn balanced(text: &str, size: f32, bold: bool, room: f32) -> Vec<String> {
    let lines = wrapped(text, size, bold, room);
    let (mut narrow, mut wide) = (room / lines.len().max(1) as f32 * 0.8, room);
    for _halving in 0..12 {
        let middle = (narrow + wide) / 2.0;
        if wrapped(text, size, bold, middle).len() <= lines.len() { wide = middle } else { narrow = middle }
    }
    wrapped(text, size, bold, wide)
}

/// The box of a text by its baseline's start: `(top left, bottom right)`.
pub fn extent(start: Point, width: f32, size: f32) -> (Point, Point) {
    (Point::new(start.x, start.y - 0.80 * size), Point::new(start.x + width, start.y + 0.25 * size))
}

/// The advance of a character in thousandths of the font size.
fn advance(c: char, bold: bool) -> u16 {
    let (ascii, latin) = if bold { (&ASCII_BOLD, &LATIN_BOLD) } else { (&ASCII, &LATIN) };
    match u32::from(c) {
        code @ 0x20..=0x7e => ascii[(code - 0x20) as usize],
        code @ 0xa0..=0x17f => latin[(code - 0xa0) as usize],
        // Combining marks, of Latin, Hebrew, Arabic, Thai.
        0x300..=0x36f | 0x591..=0x5bd | 0x64b..=0x65f | 0xe31 | 0xe34..=0xe3a | 0xe47..=0xe4e => 0,
        0x2013 | 0x2018..=0x201a | 0x2022 => 600,
        0x2014 | 0x2026 | 0x2190..=0x21ff | 0x2200..=0x22ff => 1000,
        // Full width: Hangul, CJK and its punctuation, full-width forms, pictographs.
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 => {
            1000
        }
        0x2460..=0x27ff => 1000,
        0xff61..=0xffdc => 500,
        0x1_f000..=0x1_faff => 1250,
        0x2_0000..=0x3_ffff => 1000,
        // Greek, Cyrillic, Hebrew, Arabic, Thai and the rest: by the wide ones among their letters.
        0x370..=0x52f => 800,
        0x590..=0x8ff => 720,
        _ => 780,
    }
}

/// U+0020 to U+007E, regular.
#[rustfmt::skip]
const ASCII: [u16; 95] = [
    278, 323, 474, 713, 598, 927, 694, 278, 338, 338, 467, 600, 278, 399, 278, 392, 600, 600, 600, 600, 600, 600, 600,
    600, 600, 600, 292, 292, 600, 600, 600, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 728, 400, 535, 667, 556,
    833, 723, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 338, 392, 338, 600, 565, 606, 563, 618, 510,
    620, 556, 325, 564, 607, 275, 275, 552, 284, 926, 610, 606, 620, 620, 388, 500, 377, 607, 521, 802, 507, 521, 500,
    343, 314, 343, 600,
];

/// U+00A0 to U+017F, regular.
#[rustfmt::skip]
const LATIN: [u16; 224] = [
    278, 333, 556, 595, 612, 605, 314, 586, 606, 832, 399, 556, 600, 347, 737, 606, 468, 600, 411, 411, 606, 628, 652,
    561, 606, 411, 407, 556, 873, 903, 889, 611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 400,
    400, 400, 400, 722, 723, 778, 778, 778, 778, 778, 600, 778, 722, 722, 722, 722, 667, 667, 643, 563, 563, 563, 563,
    563, 563, 889, 510, 556, 556, 556, 556, 278, 278, 278, 278, 608, 610, 606, 606, 606, 606, 606, 600, 611, 607, 607,
    607, 607, 521, 620, 521, 641, 563, 641, 563, 641, 534, 621, 503, 621, 503, 621, 503, 621, 503, 671, 603, 712, 620,
    589, 554, 583, 549, 583, 549, 583, 549, 589, 554, 695, 531, 695, 531, 695, 531, 695, 531, 707, 568, 713, 568, 400,
    275, 400, 275, 400, 250, 400, 250, 400, 250, 645, 496, 510, 250, 634, 527, 527, 501, 272, 501, 272, 501, 274, 501,
    358, 508, 278, 723, 610, 707, 568, 723, 610, 811, 707, 568, 742, 606, 742, 606, 708, 560, 1000, 944, 640, 367,
    640, 367, 640, 367, 581, 487, 581, 487, 581, 487, 667, 500, 572, 351, 572, 351, 582, 357, 721, 607, 721, 607, 721,
    607, 678, 568, 678, 568, 678, 568, 891, 768, 593, 499, 667, 580, 464, 580, 464, 611, 500, 278,
];

/// U+0020 to U+007E, bold.
#[rustfmt::skip]
const ASCII_BOLD: [u16; 95] = [
    278, 370, 574, 632, 601, 974, 740, 325, 378, 378, 601, 600, 325, 403, 325, 460, 600, 600, 600, 600, 600, 600, 600,
    600, 600, 600, 333, 333, 600, 600, 600, 611, 1007, 722, 722, 722, 722, 667, 611, 778, 757, 432, 568, 722, 611,
    853, 749, 778, 667, 778, 722, 667, 625, 748, 667, 973, 673, 667, 613, 378, 460, 378, 600, 567, 626, 591, 644, 556,
    644, 581, 372, 611, 640, 304, 306, 604, 315, 964, 641, 626, 644, 644, 436, 556, 421, 637, 576, 863, 562, 574, 518,
    389, 402, 389, 600,
];

/// U+00A0 to U+017F, bold.
#[rustfmt::skip]
const LATIN_BOLD: [u16; 224] = [
    278, 370, 590, 590, 628, 650, 402, 569, 626, 849, 449, 558, 600, 370, 737, 626, 470, 600, 424, 424, 626, 664, 677,
    592, 626, 424, 433, 558, 909, 948, 921, 611, 722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 432,
    432, 432, 432, 742, 749, 778, 778, 778, 778, 778, 600, 778, 748, 748, 748, 748, 667, 690, 700, 591, 591, 591, 591,
    591, 591, 891, 556, 581, 581, 581, 581, 304, 304, 304, 304, 630, 641, 626, 626, 626, 626, 626, 600, 626, 637, 637,
    637, 637, 574, 644, 574, 685, 591, 685, 591, 685, 569, 651, 517, 651, 517, 651, 517, 651, 517, 697, 682, 742, 644,
    615, 581, 607, 562, 607, 562, 607, 562, 615, 581, 719, 562, 719, 562, 719, 562, 719, 562, 724, 596, 734, 596, 432,
    304, 432, 304, 432, 286, 432, 286, 432, 286, 656, 566, 559, 286, 696, 577, 577, 530, 303, 530, 303, 530, 360, 530,
    448, 540, 314, 749, 641, 724, 596, 749, 641, 886, 724, 596, 770, 626, 770, 626, 714, 564, 1000, 944, 674, 404,
    674, 404, 674, 404, 624, 504, 624, 504, 624, 504, 667, 556, 584, 383, 584, 388, 594, 391, 748, 637, 748, 637, 748,
    637, 694, 596, 694, 596, 694, 596, 973, 841, 649, 534, 667, 607, 518, 607, 518, 611, 518, 312,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_are_wider_and_marks_take_no_room() {
        assert!(of("WWW", 10.0, false) > of("iii", 10.0, false) * 2.5);
        assert_eq!(of("東京", 10.0, false), 20.0);
        assert_eq!(of("e\u{301}", 10.0, false), of("e", 10.0, false));
    }

    #[test]
    fn a_fitted_text_fits() {
        for room in [3.0, 20.0, 55.0] {
            let text = fitted("Bangkok plant and 工場", 10.0, true, room);
            assert!(text == "…" || of(&text, 10.0, true) <= room, "{text} in {room}");
        }
        assert_eq!(fitted("short", 10.0, false, 100.0), "short");
    }

    #[test]
    fn a_japanese_line_begins_with_no_closing_mark_and_parts_no_number() {
        let text = "「弱い」はq値が0.10を超えるもの。二つのセンサーが記録した通信は、それぞれで数えている。";
        for room in 40..200 {
            for line in wrapped(text, 8.0, false, room as f32) {
                assert!(!line.starts_with(['。', '、', '」', 'ー']) && !line.ends_with('「'), "{line} in {room}");
                assert!(!line.ends_with("0.1") && !line.ends_with("0."), "{line} in {room}");
            }
        }
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing() {
        let text =
            "A connection that should not have occurred: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 東京の拠点への接続";
        let lines = wrapped(text, 10.0, false, 90.0);
        assert!(lines.iter().all(|line| of(line, 10.0, false) <= 90.0), "{lines:?}");
        let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(squeeze(&lines.concat()), squeeze(text));
    }
}
