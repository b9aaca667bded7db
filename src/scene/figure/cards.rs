//! The numbered steps: for each the link, the time, what is wrong, what was carried, and the row that proves it.

use super::super::graph::{BADGE, badge};
use super::super::{Anchor, Face, Ink, Pen, Point, Rect, widths, words};
use super::content::Step;
use crate::evidence::text::visible;

const HEAD: Face = Face::bold(9.5);
const BODY: Face = Face::plain(8.5);
const FINE: Face = Face::plain(8.0);
const LEADING: f32 = 10.5;
const INDENT: f32 = 34.0;
const BETWEEN: f32 = 7.0;
const COLUMN_GAP: f32 = 14.0;
/// How many lines a sentence gets at most.
const MOST_LINES: usize = 4;
/// Room for the sentence about what is not listed.
const REST: f32 = 24.0;

/// How high the steps are with their sentences in full, in so many columns.
pub(super) fn height(steps: &[Step], further: usize, width: f32, columns: usize) -> f32 {
    let room = column_width(width, columns);
    let rows = steps.chunks(columns);
    let rest = if further > 0 { REST } else { 0.0 };
    rows.map(|row| row.iter().map(|step| card_height(step, room, MOST_LINES)).fold(0.0, f32::max) + BETWEEN)
        .sum::<f32>()
        + rest
}

fn column_width(width: f32, columns: usize) -> f32 {
    (width - COLUMN_GAP * (columns as f32 - 1.0)) / columns as f32
}

/// Draws the steps in rows of so many columns: with fewer lines of their sentences where room is short, and, where even
/// that does not do, fewer of them, saying how many are left out.
pub(super) fn draw(pen: &mut Pen, steps: &[Step], further: usize, area: Rect, columns: usize) {
    if steps.is_empty() {
        pen.paragraph(area_start(area), words::NO_STEPS, BODY, Ink::Muted, area.width(), LEADING);
        return;
    }
    let room = column_width(area.width(), columns);
    let row_height = |row: &[Step], lines| row.iter().map(|step| card_height(step, room, lines)).fold(0.0, f32::max);
    let mut rows: Vec<&[Step]> = steps.chunks(columns).collect();
    let total = |rows: &[&[Step]], lines: &[usize]| -> f32 {
        rows.iter().zip(lines).map(|(row, lines)| row_height(row, *lines) + BETWEEN).sum::<f32>() - BETWEEN
    };
    // One line each; then, as long as there is room, one more for each from the first on.
    let mut lines = vec![1; rows.len()];
    let rest = if further > 0 || total(&rows, &lines) > area.height() { REST } else { 0.0 };
    while total(&rows, &lines) > area.height() - rest && rows.len() > 1 {
        rows.pop();
        lines.pop();
    }
    for _round in 1..MOST_LINES {
        for n in 0..rows.len() {
            lines[n] += 1;
            if total(&rows, &lines) > area.height() - rest {
                lines[n] -= 1;
            }
        }
    }
    let (mut top, mut shown) = (area.top, 0);
    for (row, lines) in rows.iter().zip(&lines) {
        let height = row_height(row, *lines);
        if top + height > area.bottom - rest + 0.5 {
            break;
        }
        for (n, step) in row.iter().enumerate() {
            let left = area.left + n as f32 * (room + COLUMN_GAP);
            card(pen, step, Rect::new(left, top, room, height), *lines);
            shown += 1;
        }
        top += height + BETWEEN;
    }
    let left_out = words::left_out(steps.len() - shown, further);
    if !left_out.is_empty() {
        let lines = widths::wrapped(&left_out, FINE.size, FINE.bold, area.width());
        for (n, line) in lines.iter().take(2).enumerate() {
            let at = Point::new(area.left, top + 7.0 + n as f32 * 10.0);
            pen.fitted(at, line, FINE, Anchor::Start, Ink::Muted, area.width());
        }
    }
}

fn area_start(area: Rect) -> Point {
    Point::new(area.left, area.top + 10.0)
}

fn because(step: &Step, room: f32, lines: usize) -> Vec<String> {
    let all = widths::wrapped(&visible(&step.because), BODY.size, BODY.bold, room - INDENT);
    let mut kept: Vec<String> = all.iter().take(lines).cloned().collect();
    if all.len() > lines
        && let Some(last) = kept.last_mut()
    {
        *last = widths::fitted(&all[lines - 1..].join(" "), BODY.size, BODY.bold, room - INDENT);
    }
    kept
}

fn card_height(step: &Step, room: f32, lines: usize) -> f32 {
    LEADING * (5.0 + because(step, room, lines).len() as f32) + 3.0
}

fn card(pen: &mut Pen, step: &Step, area: Rect, lines: usize) {
    badge(pen, Rect::new(area.left + 1.5, area.top, BADGE.0, BADGE.1), Some(step.number), step.state);
    let room = area.width() - INDENT;
    let mut at = Point::new(area.left + INDENT, area.top + 9.0);
    let link = format!("{} → {}", step.from, step.to);
    pen.fitted(at, &link, HEAD, Anchor::Start, Ink::Text, room);
    at.y += LEADING;
    let mut say = |pen: &mut Pen, text: &str, face: Face, ink: Ink| {
        pen.fitted(at, text, face, Anchor::Start, ink, room);
        at.y += LEADING;
    };
    say(pen, &words::step_when(step), BODY, Ink::Text);
    for line in because(step, area.width(), lines) {
        say(pen, &line, BODY, Ink::Text);
    }
    say(pen, &words::step_carried(step), FINE, Ink::Muted);
    say(pen, &words::step_sessions(step), FINE, Ink::Muted);
    say(pen, &words::step_evidence(step), FINE, Ink::Muted);
}
