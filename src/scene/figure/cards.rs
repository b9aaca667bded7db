//! The numbered steps: for each the link, the time, what is wrong, what was carried, what was done, and the row that proves
//! it. They wrap; where room is short they say less, in the order of what a reader can do without, before anything is cut.

use super::super::graph::{BADGE, badge};
use super::super::words::{self, Words};
use super::super::{Anchor, Face, Ink, Pen, Point, Rect, widths};
use super::content::Step;
use crate::evidence::text::visible;

const COLUMN_GAP: f32 = 16.0;
const INDENT: f32 = 34.0;

/// How much a step says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    /// All of it, with air.
    Full,
    /// All of it, closely.
    Close,
    /// Without sessions, hosts and further services, which the links' table has.
    Brief,
    /// Link, service, day, what is wrong in two lines, and the row.
    Told,
    /// Link, service, day, what is wrong in a line, and the row.
    Short,
    /// The same without the row.
    Least,
}

impl Setting {
    const ALL: [Setting; 6] =
        [Setting::Full, Setting::Close, Setting::Brief, Setting::Told, Setting::Short, Setting::Least];

    fn leading(self) -> f32 {
        match self {
            Setting::Full => 10.75,
            Setting::Close | Setting::Brief => 10.0,
            Setting::Told | Setting::Short | Setting::Least => 9.6,
        }
    }

    fn between(self) -> f32 {
        match self {
            Setting::Full => 8.0,
            Setting::Close | Setting::Brief => 5.0,
            Setting::Told | Setting::Short | Setting::Least => 3.0,
        }
    }
}

/// Where steps stand, and how much each says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub columns: usize,
    pub settings: Vec<Setting>,
}

impl Plan {
    /// Whether the first step says all that a reader asks first, the next two the whole reason, and all the row.
    pub fn is_telling(&self) -> bool {
        self.settings.first().is_none_or(|setting| *setting <= Setting::Brief)
            && self.settings.iter().take(3).all(|setting| *setting <= Setting::Told)
            && self.settings.iter().all(|setting| *setting <= Setting::Short)
    }
}

/// As much of each step as fits into a width and a height: a line of all of them, then more, from the first on, of which
/// a reader wants most.
pub(super) fn plan(steps: &[Step], words: &Words, (width, height): (f32, f32), columns: usize) -> Plan {
    let mut plan = Plan { columns, settings: vec![Setting::Least; steps.len()] };
    let mut say = |setting: Setting, some: std::ops::Range<usize>| {
        for n in some {
            let before = std::mem::replace(&mut plan.settings[n], setting);
            if setting >= before || needed(steps, words, width, &plan) > height {
                plan.settings[n] = before;
            }
        }
    };
    say(Setting::Short, 0..steps.len());
    say(Setting::Brief, 0..steps.len().min(1));
    for setting in Setting::ALL.into_iter().rev().skip(1) {
        say(setting, 0..steps.len());
    }
    plan
}

/// How high the steps are.
pub(super) fn needed(steps: &[Step], words: &Words, width: f32, plan: &Plan) -> f32 {
    let heights = parted(steps, words, width, plan);
    heights.iter().map(|column| column.iter().sum::<f32>()).fold(0.0, f32::max)
}

/// The heights of the steps, column by column: as even as their order allows.
fn parted(steps: &[Step], words: &Words, width: f32, plan: &Plan) -> Vec<Vec<f32>> {
    let room = column_width(width, plan.columns);
    let heights: Vec<f32> =
        steps.iter().zip(&plan.settings).map(|(step, setting)| card_height(step, words, room, *setting)).collect();
    if plan.columns < 2 || heights.len() < 2 {
        return vec![heights];
    }
    // Two columns: the cut that leaves the higher of them lowest.
    let whole: f32 = heights.iter().sum();
    let mut first = 0.0;
    let mut best = (f32::INFINITY, heights.len());
    for (n, height) in heights.iter().enumerate() {
        first += height;
        let higher = first.max(whole - first);
        if higher < best.0 {
            best = (higher, n + 1);
        }
    }
    let (left, right) = heights.split_at(best.1);
    vec![left.to_vec(), right.to_vec()]
}

fn column_width(width: f32, columns: usize) -> f32 {
    (width - COLUMN_GAP * (columns as f32 - 1.0)) / columns as f32
}

/// Draws as many steps as have room by the plan; returns how many.
pub(super) fn draw(pen: &mut Pen, steps: &[Step], area: Rect, plan: &Plan) -> usize {
    let words = pen.words;
    let mut left = steps.iter().zip(&plan.settings);
    let (mut shown, width) = (0, column_width(area.width(), plan.columns));
    for (n, heights) in parted(steps, words, area.width(), plan).iter().enumerate() {
        let mut top = area.top;
        for height in heights {
            let Some((step, setting)) = left.next() else { break };
            if top + height - setting.between() <= area.bottom + 0.5 {
                let place = Rect::new(area.left + n as f32 * (width + COLUMN_GAP), top, width, *height);
                card(pen, step, place, *setting);
                shown += 1;
            }
            top += height;
        }
    }
    shown
}

/// A line of a card, and what follows on it in another face.
struct Line {
    text: String,
    face: Face,
    ink: Ink,
    then: Option<String>,
}

const HEAD: Face = Face::bold(9.5);
const HEAD_SHORT: Face = Face::bold(9.0);
const BODY: Face = Face::plain(8.5);
const STRONG: Face = Face::bold(8.5);
const FINE: Face = Face::plain(8.0);
/// Between a link and what stands beside it.
const BESIDE: f32 = 8.0;
/// A clause shorter than this tells nothing alone.
const LEAST_CLAUSE: usize = 12;

/// What a card says, in lines that fit.
fn lines(step: &Step, words: &Words, room: f32, setting: Setting) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    const MOST: usize = 12;
    let (head, most) = if setting >= Setting::Told { (HEAD_SHORT, 1) } else { (HEAD, 2) };
    say(&mut out, &format!("{} → {}", step.from, step.to), head, Ink::Text, (room, most));
    let because = match step.worded {
        true => format!("{}: {}", words.analyst_says, step.because),
        false => step.because.clone(),
    };
    let acted: Vec<String> =
        step.acted.iter().map(|(kind, at, ran)| (words.acted)(*kind, &words::minute(*at), *ran)).collect();
    if setting >= Setting::Told {
        let day = step.at.map(|at| format!(" · {}", words::minute(at))).unwrap_or_default();
        let when = format!("{}{day}", step.service);
        // Beside the link where there is room, so that a line is left for the reason.
        let beside = out.first().is_some_and(|head| head.face.width(&head.text) + BESIDE + FINE.width(&when) <= room);
        let most = if setting == Setting::Told { 2 } else { 1 };
        let because = if beside { because } else { format!("{when} · {because}") };
        if beside {
            out[0].then = Some(when);
        }
        // What a person wrote is cut nowhere else than at its end.
        let because = if step.worded { because } else { clause(&because, room, most) };
        say(&mut out, &because, BODY, Ink::Text, (room, most));
        if setting <= Setting::Short {
            let place = match acted.first() {
                Some(first) => format!("{} · {first}", step.evidence),
                None => words.step_evidence(step),
            };
            say(&mut out, &place, FINE, Ink::Muted, (room, 1));
        }
        return out;
    }
    say(&mut out, &format!("{} · {}", step.service, words.step_when(step)), STRONG, Ink::Text, (room, MOST));
    say(&mut out, &because, BODY, Ink::Text, (room, MOST));
    let carried = format!("{} · {}", words.step_volume(step), words.step_accounts(step));
    if setting == Setting::Brief {
        say(&mut out, &carried, FINE, Ink::Text, (room, MOST));
    } else {
        say(&mut out, &format!("{carried} · {}", words.step_sessions(step)), FINE, Ink::Text, (room, MOST));
        if !step.also.is_empty() {
            say(&mut out, &(words.also)(&step.also.join(", ")), FINE, Ink::Text, (room, 2));
        }
    }
    if !acted.is_empty() {
        say(&mut out, &acted.join(" "), FINE, Ink::Text, (room, MOST));
    }
    say(&mut out, &words.step_evidence(step), FINE, Ink::Muted, (room, MOST));
    out
}

/// Text in at most so many lines; the last is elided where there is more.
fn say(out: &mut Vec<Line>, text: &str, face: Face, ink: Ink, (room, most): (f32, usize)) {
    let wrapped = widths::wrapped(&visible(text), face.size, face.bold, room);
    for (n, line) in wrapped.iter().take(most).enumerate() {
        let text = if n + 1 == most { wrapped[n..].join(" ") } else { line.clone() };
        out.push(Line { text, face, ink, then: None });
    }
}

/// As much of a sentence as fits into so many lines, up to the end of a clause; all of it where none ends in time.
fn clause(text: &str, room: f32, most: usize) -> String {
    let fits = |text: &str| widths::wrapped(text, BODY.size, BODY.bold, room).len() <= most;
    let ends =
        [": ", "; ", "：", "（", "、"].into_iter().flat_map(|end| text.match_indices(end)).map(|(at, _)| &text[..at]);
    let told = ends.filter(|told| told.chars().count() >= LEAST_CLAUSE && fits(told)).max_by_key(|told| told.len());
    if fits(text) { text } else { told.unwrap_or(text) }.to_owned()
}

fn card_height(step: &Step, words: &Words, room: f32, setting: Setting) -> f32 {
    lines(step, words, room - INDENT, setting).len() as f32 * setting.leading() + 2.0 + setting.between()
}

fn card(pen: &mut Pen, step: &Step, area: Rect, setting: Setting) {
    badge(pen, Rect::new(area.left + 1.5, area.top - 0.5, BADGE.0, BADGE.1), Some(step.number), step.state);
    let room = area.width() - INDENT;
    let mut at = Point::new(area.left + INDENT, area.top + 8.5);
    for line in lines(step, pen.words, room, setting) {
        let written = pen.fitted(at, &line.text, line.face, Anchor::Start, line.ink, room);
        if let Some(then) = &line.then {
            pen.text(Point::new(written.right + BESIDE, at.y), then, FINE, Anchor::Start, Ink::Text);
        }
        at.y += setting.leading();
    }
}
