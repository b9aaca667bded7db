//! The head of the figure: what was found, when, how far the logs reach, and who may see it.

use super::super::{Anchor, Face, Ink, Pen, Point, Rect, widths, words};
use super::content::{FigureContent, Tlp};
use crate::evidence::text::visible;

const TITLE: Face = Face::bold(17.0);
const LINE: Face = Face::plain(9.0);
const LABEL: Face = Face::bold(10.0);

/// Draws the head and says where it ends.
pub(super) fn draw(pen: &mut Pen, content: &FigureContent, page: Rect) -> f32 {
    let mut right = tlp(pen, content.tlp, Point::new(page.right, page.top));
    if content.synthetic {
        right = synthetic(pen, Point::new(right - 8.0, page.top));
    }
    let number = words::figure_number(content.number);
    pen.text(Point::new(page.left, page.top + 11.0), &number, LABEL, Anchor::Start, Ink::Muted);
    let room = page.width();
    debug_assert!(right > page.left + LABEL.width(&number), "the labels leave room for the figure's number");

    let mut at = Point::new(page.left, page.top + 36.0);
    let lines = widths::wrapped(&visible(&content.title), TITLE.size, TITLE.bold, room);
    for (n, line) in lines.iter().take(2).enumerate() {
        // What does not fit into two lines is elided; the caption says the title in full.
        let cut = n == 1 && lines.len() > 2;
        let line = if cut { lines[1..].join(" ") } else { line.clone() };
        pen.fitted(at, &line, TITLE, Anchor::Start, Ink::Text, room);
        at.y += 20.0;
    }
    at.y -= 4.0;
    let window = content.window.map_or_else(|| words::NO_TIMES.to_owned(), words::window);
    let line = format!("{window} · {}", content.coverage);
    let lines = widths::wrapped(&visible(&line), LINE.size, LINE.bold, room);
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
    let width = LABEL.width(words::SYNTHETIC) + 12.0;
    let rect = Rect::new(corner.x - width, corner.y - 3.0, width, 18.0);
    pen.frame(rect, 1.5, Ink::Text);
    pen.text(Point::new(rect.centre().x, rect.bottom - 5.5), words::SYNTHETIC, LABEL, Anchor::Middle, Ink::Text);
    rect.left
}
