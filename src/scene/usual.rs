//! The small picture beside a finding: what is normal, and where this lies. The same in page and report; readable without colours,
//! since what it is about is told by its form, too.

use super::words::Words;
use super::{Anchor, Face, Ink, Pen, Point, Rect, Scene};
use crate::calendar;
use crate::finding::usual::{Beats, Day, Days, Hours, Measure, Share, Spread, Usual};
use crate::flow::Moment;

/// Width and height.
pub const SIZE: (f32, f32) = (240.0, 72.0);
const LABEL: Face = Face::plain(8.5);
const STRONG: Face = Face::bold(8.5);
/// Left and right of what is drawn, the baselines of the texts above and below it, and the room between them.
const EDGES: (f32, f32) = (4.0, 236.0);
const ABOVE: f32 = 10.0;
const BELOW: f32 = 68.0;
const TOP: f32 = 16.0;
const BOTTOM: f32 = 56.0;
/// A day takes no more, so that a few days look like a few.
const WIDEST: f32 = 24.0;
/// What the finding is about.
const HERE: Ink = Ink::Violation;

/// Draws it.
pub fn usual(usual: &Usual, words: &'static Words) -> Scene {
    let mut pen = Pen::writing(SIZE.0, SIZE.1, words);
    match usual {
        Usual::Spread(own) => spread(&mut pen, own),
        Usual::Days(own) => days(&mut pen, own),
        Usual::Hours(own) => hours(&mut pen, own),
        Usual::Beats(own) => beats(&mut pen, own),
        Usual::Share(own) => share(&mut pen, own),
    }
    pen.scene()
}

/// A text about a place, moved as far as it takes to stay inside.
fn about(pen: &mut Pen, x: f32, y: f32, text: &str, face: Face, ink: Ink) -> Rect {
    let half = face.width(text) / 2.0;
    let at = x.clamp(EDGES.0 + half, (EDGES.1 - half).max(EDGES.0 + half));
    pen.text(Point::new(at, y), text, face, Anchor::Middle, ink)
}

/// Where something is: a line up to a disc, so that it is found without its colour.
fn pointer(pen: &mut Pen, x: f32, top: f32) {
    pen.line(&[Point::new(x, top), Point::new(x, BOTTOM)], 2.0, HERE);
    pen.disc(Point::new(x, top), 3.0, HERE);
}

fn spread(pen: &mut Pen, own: &Spread) {
    let words = pen.words;
    let scaled = |value: f64| match own.measure {
        Measure::Ratio => value,
        Measure::Bytes | Measure::Connections | Measure::Seconds => (1.0 + value.max(0.0)).ln(),
    };
    let (low, high) = (scaled(own.low), scaled(own.high));
    let (left, right) = (EDGES.0 + 3.0, EDGES.1 - 3.0);
    let at = |value: f64| left + ((scaled(value) - low) / (high - low)).clamp(0.0, 1.0) as f32 * (right - left);
    let most = own.counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    let breadth = (right - left) / own.counts.len().max(1) as f32;
    for (n, count) in own.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // By the root, so that one among thousands is seen.
        let height = ((*count as f32 / most).sqrt() * (BOTTOM - TOP - 6.0)).max(1.5);
        pen.panel(Rect::new(left + n as f32 * breadth, BOTTOM - height, (breadth - 0.75).max(0.5), height), Ink::Bar);
    }
    pen.line(&[Point::new(EDGES.0, BOTTOM), Point::new(EDGES.1, BOTTOM)], 0.75, Ink::Muted);
    let middle = at(own.middle);
    pen.line(&[Point::new(middle, BOTTOM - 4.0), Point::new(middle, BOTTOM + 3.0)], 1.25, Ink::Text);
    let told = |value: f64| own.measure.told(value).of(words.language).to_owned();
    let usual = format!("{} {}", words.usual, told(own.middle));
    about(pen, middle, BELOW, &usual, LABEL, Ink::Text);
    if own.measure != Measure::Ratio {
        // On the side where the median is not.
        let (x, anchor) = if middle > SIZE.0 / 2.0 { (EDGES.0, Anchor::Start) } else { (EDGES.1, Anchor::End) };
        pen.text(Point::new(x, BELOW), words.log_scale, LABEL, anchor, Ink::Muted);
    }
    let this = at(own.this);
    pointer(pen, this, TOP + 1.0);
    about(pen, this, ABOVE, &format!("{} {}", words.here, told(own.this)), STRONG, Ink::Text);
}

/// The dates of the first and the last day, below; the last one under its day, where there is room beside the first.
fn ends(pen: &mut Pen, first: i32, count: usize, right: f32) {
    let from = date(pen.words, first);
    let written = pen.text(Point::new(EDGES.0, BELOW), &from, LABEL, Anchor::Start, Ink::Muted);
    if count > 1 {
        let to = date(pen.words, first.saturating_add(count as i32 - 1));
        let right = right.max(written.right + 10.0 + LABEL.width(&to));
        pen.text(Point::new(right, BELOW), &to, LABEL, Anchor::End, Ink::Muted);
    }
}

fn date(words: &Words, day: i32) -> String {
    let date = calendar::Civil::of(Moment(i64::from(day) * calendar::DAY), 0);
    (words.day)(date.year, date.month, date.day, true)
}

fn days(pen: &mut Pen, own: &Days) {
    let breadth = ((EDGES.1 - EDGES.0) / own.days.len().max(1) as f32).min(WIDEST);
    let gap = if breadth > 2.5 { 0.75 } else { 0.0 };
    let mut n = 0;
    // Days alike beside each other are one mark.
    for alike in own.days.chunk_by(|a, b| a == b) {
        let (left, count) = (EDGES.0 + n as f32 * breadth, alike.len());
        let run = |top: f32| Rect::new(left, top, count as f32 * breadth, BOTTOM - top);
        let each = |top: f32| {
            (0..count).map(move |n| Rect::new(left + n as f32 * breadth, top, (breadth - gap).max(1.0), BOTTOM - top))
        };
        match alike[0] {
            Day::NoLog => pen.hatch(run(TOP + 14.0), 3.5, Ink::Hatch),
            Day::Quiet => pen.panel(run(BOTTOM - 5.0), Ink::Faint),
            Day::Refused => each(TOP + 14.0).for_each(|day| pen.frame(day.grown(-0.4), 0.75, Ink::Node)),
            Day::Ran if gap > 0.0 => each(TOP + 14.0).for_each(|day| pen.panel(day, Ink::Node)),
            Day::Ran => pen.panel(run(TOP + 14.0), Ink::Node),
            Day::This => each(TOP + 5.0).for_each(|day| pen.panel(day, HERE)),
        }
        n += count;
    }
    pen.line(&[Point::new(EDGES.0, BOTTOM), Point::new(EDGES.0 + n as f32 * breadth, BOTTOM)], 0.75, Ink::Muted);
    for at in own.days.iter().enumerate().filter(|(_, day)| **day == Day::This).map(|(at, _)| at) {
        pen.disc(Point::new(EDGES.0 + (at as f32 + 0.5) * breadth, TOP + 3.0), 3.0, HERE);
    }
    if let Some(at) = own.days.iter().position(|day| *day == Day::This) {
        let text = date(pen.words, own.first.saturating_add(at as i32));
        about(pen, EDGES.0 + (at as f32 + 0.5) * breadth, ABOVE, &text, STRONG, Ink::Text);
    }
    ends(pen, own.first, own.days.len(), EDGES.0 + n as f32 * breadth);
}

fn hours(pen: &mut Pen, own: &Hours) {
    let words = pen.words;
    let (top, bottom) = (TOP, BOTTOM - 9.0);
    let breadth = (EDGES.1 - EDGES.0 - 8.0) / 24.0;
    let at = |hour: f32| EDGES.0 + 4.0 + hour * breadth;
    pen.panel(Rect::new(at(7.0), top, 13.0 * breadth, bottom - top), Ink::Panel);
    let most = own.usual.iter().copied().max().unwrap_or(0).max(1) as f32;
    for (hour, part) in own.usual.iter().enumerate().filter(|(_, part)| **part > 0) {
        let height = (*part as f32 / most * (bottom - top)).max(1.0);
        pen.panel(Rect::new(at(hour as f32), bottom - height, breadth - 1.0, height), Ink::Bar);
    }
    pen.line(&[Point::new(EDGES.0, bottom), Point::new(EDGES.1, bottom)], 0.75, Ink::Muted);
    for hour in (0..24).filter(|hour| own.this >> hour & 1 == 1) {
        pen.disc(Point::new(at(hour as f32 + 0.5) - 0.5, bottom + 4.5), 3.0, HERE);
    }
    for hour in [0, 6, 12, 18, 24] {
        about(pen, at(hour as f32), BELOW, &format!("{hour:02}"), LABEL, Ink::Muted);
    }
    // What is what, and by whose clock.
    pen.panel(Rect::new(EDGES.0, ABOVE - 6.0, 6.0, 6.0), Ink::Bar);
    let said = pen.text(Point::new(EDGES.0 + 9.0, ABOVE), words.usual, LABEL, Anchor::Start, Ink::Text);
    pen.disc(Point::new(said.right + 12.0, ABOVE - 3.0), 3.0, HERE);
    pen.text(Point::new(said.right + 18.0, ABOVE), words.here, STRONG, Anchor::Start, Ink::Text);
    let clock = if own.rest { words.on_rest } else { words.local_time };
    pen.text(Point::new(EDGES.1, ABOVE), clock, LABEL, Anchor::End, Ink::Muted);
}

fn beats(pen: &mut Pen, own: &Beats) {
    let breadth = ((EDGES.1 - EDGES.0) / own.hours.len().max(1) as f32).min(WIDEST);
    let (top, bottom) = (TOP, BOTTOM);
    let height = (bottom - top) / 24.0;
    pen.panel(Rect::new(EDGES.0, top, own.hours.len() as f32 * breadth, bottom - top), Ink::Panel);
    for (n, mask) in own.hours.iter().enumerate() {
        let mut hour = 0;
        while hour < 24 {
            let long = (hour..24).take_while(|own| mask >> own & 1 == 1).count() as u32;
            if long > 0 {
                let left = EDGES.0 + n as f32 * breadth;
                let (from, tall) = (top + hour as f32 * height, long as f32 * height);
                pen.panel(Rect::new(left, from, (breadth - 0.5).max(1.0), (tall - 0.25).max(1.0)), Ink::Node);
            }
            hour += long.max(1);
        }
    }
    ends(pen, own.first, own.hours.len(), EDGES.0 + own.hours.len() as f32 * breadth);
    pen.text(Point::new(EDGES.0, ABOVE), pen.words.hours_by_day, LABEL, Anchor::Start, Ink::Muted);
}

fn share(pen: &mut Pen, own: &Share) {
    let words = pen.words;
    let left = EDGES.0 + LABEL.width(words.usual).max(STRONG.width(words.here)) + 6.0;
    let rows = [(words.usual, own.usual, LABEL, Ink::Bar, 14.0), (words.here, own.this, STRONG, HERE, 42.0)];
    let told = |(part, whole): (u64, u64)| {
        let percent = 100.0 * part as f64 / whole.max(1) as f64;
        // Of very many, the numbers themselves stand in the sentence.
        if whole < 100_000 { format!("{percent:.0} % ({part}/{whole})") } else { format!("{percent:.0} %") }
    };
    let room = rows.iter().map(|(_, own, face, ..)| face.width(&told(*own))).fold(0.0, f32::max);
    let breadth = (EDGES.1 - left - room - 6.0).max(20.0);
    for (name, own, face, ink, top) in rows {
        pen.text(Point::new(EDGES.0, top + 11.0), name, face, Anchor::Start, Ink::Text);
        let bar = Rect::new(left, top, breadth, 15.0);
        let part = (own.0 as f64 / own.1.max(1) as f64) as f32;
        pen.panel(Rect { right: bar.left + bar.width() * part.clamp(0.0, 1.0), ..bar }, ink);
        pen.frame(bar, 0.75, Ink::Muted);
        pen.text(Point::new(bar.right + 6.0, top + 11.0), &told(own), face, Anchor::Start, Ink::Text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::words::Language;
    use crate::scene::{Mark, Palette, samples};

    fn spread(measure: Measure, counts: &[u32], (low, high): (f64, f64), middle: f64, this: f64) -> Usual {
        Usual::Spread(Spread { measure, low, high, counts: counts.to_vec(), middle, this })
    }

    fn days(letters: &str) -> Usual {
        let day = |letter| match letter {
            ' ' => Day::NoLog,
            'x' => Day::Refused,
            'o' => Day::Ran,
            '!' => Day::This,
            _ => Day::Quiet,
        };
        Usual::Days(Days { first: 18_383, days: letters.chars().map(day).collect() })
    }

    fn all() -> Vec<(&'static str, Usual)> {
        let mut office = [2; 24];
        office[8..18].fill(95);
        let (bytes, ratio) = (Measure::Bytes, Measure::Ratio);
        vec![
            ("volume", spread(bytes, &[3, 40, 90, 31, 2, 0, 0, 0, 0, 0, 0, 1], (2e4, 4.2e8), 1.1e5, 4.19e8)),
            ("greatest", spread(bytes, &[1; 24], (0.0, 1.8e19), 9e18, 1.8e19)),
            ("least", spread(bytes, &[1, 9], (0.0, 1e9), 1e9, 0.0)),
            ("alike", spread(Measure::Seconds, &[0, 9, 0], (36.0, 100.0), 60.0, 60.0)),
            ("flip", spread(ratio, &[9, 2, 0, 0, 0, 1], (-1.0, 1.0), -0.93, 0.99)),
            ("new", days(&format!("{}!{}", ".".repeat(41), "o..o.....".repeat(3)))),
            ("gaps", days(&format!("{}   ..{}!", "o".repeat(12), ".".repeat(33)))),
            ("refused", days("....xxx!ooo")),
            ("first day", days("!")),
            ("long", days(&format!("{}!oooo", ".".repeat(195)))),
            ("campaign", days(&format!("!{}!...!{}!", ".".repeat(9), ".".repeat(17)))),
            ("night", Usual::Hours(Hours { usual: office, this: 0b1100_0000_0000_0000_0000_0111, rest: true })),
            ("never", Usual::Hours(Hours { usual: [0; 24], this: 0, rest: false })),
            ("beacon", Usual::Beats(Beats { first: 18_383, hours: [0xff_ffff, 0x55_5555].repeat(30) })),
            ("short beacon", Usual::Beats(Beats { first: 18_383, hours: vec![0xf0_f0f0; 2] })),
            ("scan", Usual::Share(Share { usual: (2, 10), this: (198, 200) })),
            ("reversal", Usual::Share(Share { usual: (0, 99_999), this: (99_999, 99_999) })),
            ("very many", Usual::Share(Share { usual: (0, u64::MAX), this: (u64::MAX, u64::MAX) })),
            ("none", Usual::Share(Share { usual: (0, 0), this: (0, 0) })),
        ]
    }

    /// Every point of a mark lies in the picture.
    fn assert_whole(name: &str, scene: &Scene) {
        let page = Rect::new(0.0, 0.0, scene.width, scene.height);
        let holds = |point: Point, by: f32| page.holds(&Rect::new(point.x - by, point.y - by, 2.0 * by, 2.0 * by));
        for mark in &scene.marks {
            let is_whole = match mark {
                Mark::Line { points, width, .. } => points.iter().all(|point| holds(*point, width / 2.0)),
                Mark::Area { points, .. } => points.iter().all(|point| holds(*point, 0.0)),
                Mark::Circle { centre, radius, .. } => holds(*centre, *radius),
                Mark::Text { .. } => true, // Its box is held by `assert_legible`.
            };
            assert!(is_whole, "{name}: {mark:?} leaves the picture");
        }
    }

    #[test]
    fn nothing_is_cropped_no_texts_overlap_and_each_looks_as_it_did() {
        let mut out = Vec::new();
        for (name, own) in all() {
            for language in [Language::English, Language::Japanese] {
                let scene = usual(&own, language.of_pictures());
                samples::show(&format!("usual-{name}-{}", language.code()), &scene, Palette::Light);
                samples::assert_legible(&scene, 8.0);
                assert_whole(name, &scene);
                out.push(format!("{name} {}: {}", language.code(), crate::scene::goldens::told(&scene)));
            }
        }
        insta::assert_snapshot!(out.join("\n"));
    }

    #[test]
    fn what_it_is_about_is_told_without_a_colour() {
        for (name, own) in all().into_iter().filter(|(name, _)| !["never", "none"].contains(name)) {
            // A disc, a bar of its own or a name of its own: not the ink alone.
            let scene = usual(&own, Language::English.of_pictures());
            let is_told = scene.marks.iter().any(|mark| match mark {
                Mark::Circle { ink, .. } => *ink == HERE,
                Mark::Text { text, .. } => text == "here" || text.contains("hours"),
                Mark::Line { .. } | Mark::Area { .. } => false,
            });
            assert!(is_told, "{name}");
        }
    }

    #[test]
    fn a_spread_and_a_strip_of_days_look_as_they_did() {
        let words = Language::Japanese.of_pictures();
        for (name, own) in all().into_iter().filter(|(name, _)| ["volume", "gaps"].contains(name)) {
            let svg = crate::paint::svg(&usual(&own, words), Palette::Paper, "", own.says().of(Language::Japanese), "");
            insta::assert_snapshot!(name, svg);
        }
    }
}
