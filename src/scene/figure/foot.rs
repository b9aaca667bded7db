//! The foot of the figure: the legend with its scale, what the figure rests on, and how it is to be read.

use super::super::graph::{Picture, double_bar, ink, sample, symbol, thickness};
use super::super::network::{Network, State};
use super::super::{Anchor, Face, Ink, Pen, Point, Rect};
use super::content::FigureContent;
use crate::sites::Party;

const HEAD: Face = Face::bold(8.5);
const FINE: Face = Face::plain(8.0);
const LEADING: f32 = 10.5;
const GAP: f32 = 18.0;
/// How many files are named; the list with all of them is the case's.
const FILES: usize = 6;

/// Draws the foot in so many columns from the area's top. Returns its height.
pub(super) fn draw(
    pen: &mut Pen,
    content: &FigureContent,
    network: &Network,
    picture: &Picture,
    area: Rect,
    columns: usize,
) -> f32 {
    let width = (area.width() - GAP * (columns as f32 - 1.0)) / columns as f32;
    let column = |n: usize, top: f32| Rect { left: area.left + n as f32 * (width + GAP), top, ..area };
    let within = |rect: Rect| Rect { right: rect.left + width, ..rect };
    let legend = legend(pen, network, within(column(0, area.top)));
    let evidence = evidence(pen, content, within(column(1, area.top)));
    let bottom = if columns > 2 {
        legend.max(evidence).max(reading(pen, content, network, picture, within(column(2, area.top))))
    } else {
        let top = legend.max(evidence) + 6.0;
        reading(pen, content, network, picture, Rect { top, ..area })
    };
    bottom - area.top
}

fn head(pen: &mut Pen, text: &str, area: Rect) -> f32 {
    pen.text(Point::new(area.left, area.top + 8.0), text, HEAD, Anchor::Start, Ink::Text);
    area.top + 8.0 + LEADING + 1.0
}

fn legend(pen: &mut Pen, network: &Network, area: Rect) -> f32 {
    let mut y = head(pen, pen.words.legend_head, area);
    let occurs = |state: State| network.edges.iter().any(|edge| edge.state == state);
    for state in State::ALL.into_iter().filter(|state| {
        state.is_marked()
            || *state == State::Expected
            || occurs(*state)
            || *state == State::NoLog && !network.unlogged.is_empty()
    }) {
        let line = [Point::new(area.left, y - 3.0), Point::new(area.left + 42.0, y - 3.0)];
        sample(pen, &line, state, thickness(1_000_000, state), ink(state));
        symbol(pen, Point::new(area.left + 50.0, y - 3.0), state, 10.0, ink(state));
        let at = Point::new(area.left + 60.0, y);
        let text = (pen.words.legend)(state);
        pen.fitted(at, text, FINE, Anchor::Start, Ink::Text, area.width() - 60.0);
        y += LEADING;
    }
    if network.edges.iter().any(|edge| edge.cut) && !occurs(State::Cut) {
        let line = [Point::new(area.left, y - 3.0), Point::new(area.left + 42.0, y - 3.0)];
        pen.line(&line, 3.0, ink(State::Violation));
        double_bar(pen, &line, 3.0, Ink::Text);
        let text = pen.words.cut_overlay;
        pen.fitted(Point::new(area.left + 60.0, y), text, FINE, Anchor::Start, Ink::Text, area.width() - 60.0);
        y += LEADING;
    }
    // The scale: the same three volumes on every figure.
    let mut x = area.left;
    for (bytes, label) in [(1_000_000, "1 MB"), (1_000_000_000, "1 GB"), (1_000_000_000_000, "1 TB")] {
        let width = thickness(bytes, State::Expected);
        pen.line(&[Point::new(x, y - 3.0), Point::new(x + 18.0, y - 3.0)], width, Ink::Expected);
        let label = pen.text(Point::new(x + 21.0, y), label, FINE, Anchor::Start, Ink::Text);
        x = label.right + 7.0;
    }
    let scale = pen.words.scale;
    pen.fitted(Point::new(x, y), scale, FINE, Anchor::Start, Ink::Text, area.right - x);
    y += LEADING;
    let has = |party: Party| network.nodes.iter().any(|node| node.card.party == party);
    let outside = network.nodes.iter().any(|node| node.card.party.is_outside());
    let guessed = network.nodes.iter().any(|node| node.card.guessed);
    let ringed = network.nodes.iter().any(|node| node.state.is_marked());
    let text = (pen.words.marks)(outside, has(Party::Unassigned), guessed, ringed);
    let end = pen.paragraph(Point::new(area.left, y), &text, FINE, Ink::Text, area.width(), LEADING);
    end.y - LEADING + 3.0
}

fn evidence(pen: &mut Pen, content: &FigureContent, area: Rect) -> f32 {
    let words = pen.words;
    let made = (words.made)(&content.tool, &content.case_id);
    if content.veiled {
        let mut y = head(pen, &(words.withheld_files)(content.evidence.len()), area);
        pen.fitted(Point::new(area.left, y), &made, FINE, Anchor::Start, Ink::Muted, area.width());
        y += LEADING;
        return y;
    }
    let mut y = head(pen, &(words.evidence_head)(content.evidence.len()), area);
    for file in content.evidence.iter().take(FILES) {
        let hash: String = file.sha256.chars().take(16).collect();
        let hash = pen.text(Point::new(area.right, y), &hash, FINE, Anchor::End, Ink::Muted);
        let room = hash.left - 8.0 - area.left;
        pen.fitted(Point::new(area.left, y), &file.name, FINE, Anchor::Start, Ink::Text, room);
        y += LEADING;
    }
    let more = content.evidence.len().saturating_sub(FILES);
    if more > 0 {
        pen.fitted(Point::new(area.left, y), &(words.more_files)(more), FINE, Anchor::Start, Ink::Muted, area.width());
        y += LEADING;
    }
    pen.fitted(Point::new(area.left, y), &made, FINE, Anchor::Start, Ink::Muted, area.width());
    y + 3.0
}

fn reading(pen: &mut Pen, content: &FigureContent, network: &Network, picture: &Picture, area: Rect) -> f32 {
    let mut y = head(pen, pen.words.reading, area);
    let words = pen.words;
    let mut say = |pen: &mut Pen, text: &str, most: usize| {
        let text = crate::evidence::text::visible(text);
        let lines = super::super::widths::wrapped(&text, FINE.size, FINE.bold, area.width());
        for (n, line) in lines.iter().take(most).enumerate() {
            let line = if n + 1 == most { lines[n..].join(" ") } else { line.clone() };
            pen.fitted(Point::new(area.left, y), &line, FINE, Anchor::Start, Ink::Text, area.width());
            y += LEADING;
        }
    };
    let (shown, of) = if picture.of == 0 { (network.edges.len(), network.of) } else { (picture.shown, picture.of) };
    say(pen, &(words.shown)(&super::super::words::count(shown as u64), of as u64, &content.filters), 2);
    if content.veiled {
        say(pen, words.pseudonyms, 2);
    }
    if picture.unnamed > 0 {
        say(pen, &(words.unnamed)(picture.unnamed), 1);
    }
    say(pen, words.bases, 3);
    for unknown in content.unknowns.iter().take(2) {
        say(pen, &(words.unknown)(unknown), 2);
    }
    if content.unknowns.len() > 2 {
        say(pen, &(words.more_unknowns)(content.unknowns.len() - 2), 1);
    }
    y - LEADING + 3.0
}
