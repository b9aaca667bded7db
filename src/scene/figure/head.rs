//! The head of the figure: what was found, when, how far the logs reach, and who may see it.

use super::super::{Anchor, Face, Ink, Pen, Point, Rect, widths};
use super::content::{FigureContent, Tlp};
use crate::evidence::text::visible;

const TITLE: Face = Face::bold(17.0);
const MOST_TITLE: usize = 3;
const SUBTITLE: Face = Face::plain(11.0);
const LINE: Face = Face::plain(9.0);
const LABEL: Face = Face::bold(10.0);

/// Draws the head and says where it ends.
pub(super) fn draw(pen: &mut Pen, content: &FigureContent, page: Rect) -> f32 {
    let mut right = tlp(pen, content.tlp, Point::new(page.right, page.top));
    if content.synthetic {
        right = synthetic(pen, Point::new(right - 8.0, page.top));
    }
    let words = content.words();
    let number = (words.figure_number)(content.number);
    let room = page.width();
    pen.fitted(
        Point::new(page.left, page.top + 11.0),
        &number,
        LABEL,
        Anchor::Start,
        Ink::Muted,
        (right - page.left - 8.0).max(60.0),
    );

    let mut at = Point::new(page.left, page.top + 36.0);
    let title = visible(&content.title);
    // A size smaller rather than a second line, and two lines of like length rather than a word alone.
    let sizes = [17.0, 16.0, 15.0];
    let face = sizes.map(Face::bold).into_iter().find(|face| face.width(&title) <= room).unwrap_or(TITLE);
    let lines = widths::balanced(&title, face.size, face.bold, room);
    for (n, line) in lines.iter().take(MOST_TITLE).enumerate() {
        // What does not fit into three lines is elided; the caption says the title in full.
        let cut = n + 1 == MOST_TITLE && lines.len() > MOST_TITLE;
        let line = if cut { lines[n..].join(" ") } else { line.clone() };
        pen.fitted(at, &line, face, Anchor::Start, Ink::Text, room);
        at.y += 20.0;
    }
    at.y -= 4.0;
    if !content.subtitle.is_empty() {
        pen.fitted(at, &content.subtitle, SUBTITLE, Anchor::Start, Ink::Text, room);
        at.y += 14.0;
    }
    let window = content.window.map_or_else(|| words.no_times.to_owned(), |window| words.span(window));
    let line = format!("{window} · {}", content.coverage);
    let lines = widths::balanced(&visible(&line), LINE.size, LINE.bold, room);
    for (n, line) in lines.iter().take(2).enumerate() {
        let line = if n == 1 { lines[1..].join(" ") } else { line.clone() };
        pen.fitted(at, &line, LINE, Anchor::Start, Ink::Muted, room);
        at.y += 12.0;
    }
    at.y - 2.0
}

/// FIRST's label: text in its colour on black, at the right. Returns its left side.
fn tlp(pen: &mut Pen, label: Tlp, corner: Point) -> f32 {
    let ink = match label {
        Tlp::Red => Ink::TlpRed,
        Tlp::AmberStrict | Tlp::Amber => Ink::TlpAmber,
        Tlp::Green => Ink::TlpGreen,
        Tlp::Clear => Ink::TlpClear,
    };
    // TLP 2.0, §5: at least 12 points.
    let face = Face::bold(12.0);
    let width = face.width(label.label()) + 12.0;
    let rect = Rect::new(corner.x - width, corner.y - 3.0, width, 18.0);
    pen.panel(rect, Ink::TlpGround);
    pen.text(Point::new(rect.centre().x, rect.bottom - 5.0), label.label(), face, Anchor::Middle, ink);
    rect.left
}

fn synthetic(pen: &mut Pen, corner: Point) -> f32 {
    let text = pen.words.synthetic;
    let width = LABEL.width(text) + 12.0;
    let rect = Rect::new(corner.x - width, corner.y - 3.0, width, 18.0);
    pen.frame(rect, 1.5, Ink::Text);
    pen.text(Point::new(rect.centre().x, rect.bottom - 5.5), text, LABEL, Anchor::Middle, Ink::Text);
    rect.left
}
