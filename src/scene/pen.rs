//! The pen that draws a scene: it rounds, flattens dashes, makes text inert, and measures what it writes.

use serde::{Deserialize, Serialize};

use super::words::{Language, Words};
use super::{Ink, Mark, Point, Rect, Scene, Shape, Spot, Subject, widths};
use crate::evidence::text::visible;

/// Which point of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// Size and weight of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Height of the font.
    pub size: f32,
    /// Whether it is bold.
    pub bold: bool,
}

impl Face {
    /// Regular weight.
    pub const fn plain(size: f32) -> Face {
        Face { size, bold: false }
    }

    /// Bold.
    pub const fn bold(size: f32) -> Face {
        Face { size, bold: true }
    }

    /// How wide a text is in it, as it will be written.
    pub fn width(self, text: &str) -> f32 {
        widths::of(&visible(text), self.size, self.bold)
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strokes {
    /// Without a break.
    Solid,
    /// So much on, so much off.
    Dashed(f32, f32),
}

/// Draws a scene. Every coordinate is rounded to 1/16 of a unit: `sin`, `ln` and their like may differ in the last bit
/// between platforms, and the page and the command line must write the same bytes.
pub struct Pen {
    scene: Scene,
    /// The language that it writes.
    pub words: &'static Words,
}

impl Pen {
    /// A pen for a picture of this size, in English.
    pub fn new(width: f32, height: f32) -> Pen {
        Pen::writing(width, height, Language::English.of_pictures())
    }

    /// A pen for a picture of this size, in these words.
    pub fn writing(width: f32, height: f32, words: &'static Words) -> Pen {
        Pen { scene: Scene { width: rounded(width), height: rounded(height), ..Scene::default() }, words }
    }

    /// The scene that was drawn.
    pub fn scene(self) -> Scene {
        self.scene
    }

    /// A line through points.
    pub fn line(&mut self, points: &[Point], width: f32, ink: Ink) {
        let points: Vec<Point> = points.iter().map(|p| rounded_point(*p)).collect();
        if points.len() > 1 {
            self.scene.marks.push(Mark::Line { points, width: rounded(width), ink });
        }
    }

    /// A line through points, whole or in dashes.
    pub fn stroke(&mut self, points: &[Point], width: f32, strokes: Strokes, ink: Ink) {
        match strokes {
            Strokes::Solid => self.line(points, width, ink),
            Strokes::Dashed(on, off) => {
                for dash in dashes(points, on, off) {
                    self.line(&dash, width, ink);
                }
            }
        }
    }

    /// A filled polygon.
    pub fn area(&mut self, points: &[Point], ink: Ink) {
        let points: Vec<Point> = points.iter().map(|p| rounded_point(*p)).collect();
        if points.len() > 2 {
            self.scene.marks.push(Mark::Area { points, ink });
        }
    }

    /// A filled box.
    pub fn panel(&mut self, rect: Rect, ink: Ink) {
        self.area(&rect.corners(), ink);
    }

    /// A box's outline.
    pub fn frame(&mut self, rect: Rect, width: f32, ink: Ink) {
        let mut corners = rect.corners();
        corners.push(corners[0]);
        corners.push(corners[1]);
        self.line(&corners, width, ink);
    }

    /// Hatching: thin strokes from lower left to upper right, cut off at the box.
    pub fn hatch(&mut self, rect: Rect, gap: f32, ink: Ink) {
        let (width, height) = (rect.width(), rect.height());
        let mut along = gap;
        while along < width + height {
            let a = Point::new(rect.left + (along - height).max(0.0), rect.top + along.min(height));
            let b = Point::new(rect.left + along.min(width), rect.top + (along - width).max(0.0));
            self.line(&[a, b], 0.625, ink);
            along += gap;
        }
    }

    /// A filled disc.
    pub fn disc(&mut self, centre: Point, radius: f32, ink: Ink) {
        let (centre, radius) = (rounded_point(centre), rounded(radius));
        self.scene.marks.push(Mark::Circle { centre, radius, width: None, ink });
    }

    /// A circle's line.
    pub fn circle(&mut self, centre: Point, radius: f32, width: f32, ink: Ink) {
        let (centre, radius) = (rounded_point(centre), rounded(radius));
        self.scene.marks.push(Mark::Circle { centre, radius, width: Some(rounded(width)), ink });
    }

    /// A line of text, made inert. Returns its box.
    pub fn text(&mut self, at: Point, text: &str, face: Face, anchor: Anchor, ink: Ink) -> Rect {
        let text = visible(text);
        let at = rounded_point(at);
        let rect = text_box(at, &text, face, anchor);
        if !text.trim().is_empty() {
            let (text, size, bold) = (text.into_owned(), rounded(face.size), face.bold);
            self.scene.marks.push(Mark::Text { at, text, size, bold, anchor, ink });
        }
        rect
    }

    /// A line of text that takes at most `room`; what was left out is said in full by a spot.
    pub fn fitted(&mut self, at: Point, text: &str, face: Face, anchor: Anchor, ink: Ink, room: f32) -> Rect {
        let whole = visible(text);
        let short = widths::fitted(&whole, face.size, face.bold, room);
        let rect = self.text(at, &short, face, anchor, ink);
        if short != whole {
            self.spot(Shape::Box(rect), Subject::Words, &whole);
        }
        rect
    }

    /// A text in lines of at most `room`, from this baseline downwards. Returns the baseline after the last.
    pub fn paragraph(&mut self, at: Point, text: &str, face: Face, ink: Ink, room: f32, leading: f32) -> Point {
        let mut at = at;
        for line in widths::wrapped(&visible(text), face.size, face.bold, room) {
            self.text(at, &line, face, Anchor::Start, ink);
            at.y += leading;
        }
        at
    }

    /// Something that can be pointed at.
    pub fn spot(&mut self, shape: Shape, subject: Subject, says: &str) {
        self.scene.spots.push(Spot { shape, subject, says: visible(says).into_owned() });
    }

    /// Another scene, moved.
    pub fn stamp(&mut self, scene: &Scene, dx: f32, dy: f32) {
        let moved = |p: &Point| rounded_point(p.plus(dx, dy));
        let all = |points: &[Point]| points.iter().map(moved).collect::<Vec<_>>();
        for mark in &scene.marks {
            self.scene.marks.push(match mark {
                Mark::Line { points, width, ink } => Mark::Line { points: all(points), width: *width, ink: *ink },
                Mark::Area { points, ink } => Mark::Area { points: all(points), ink: *ink },
                Mark::Circle { centre, radius, width, ink } => {
                    Mark::Circle { centre: moved(centre), radius: *radius, width: *width, ink: *ink }
                }
                Mark::Text { at, text, size, bold, anchor, ink } => Mark::Text {
                    at: moved(at),
                    text: text.clone(),
                    size: *size,
                    bold: *bold,
                    anchor: *anchor,
                    ink: *ink,
                },
            });
        }
        for spot in &scene.spots {
            let shape = match &spot.shape {
                Shape::Box(r) => Shape::Box(Rect::new(r.left + dx, r.top + dy, r.width(), r.height())),
                Shape::Disc { centre, radius } => Shape::Disc { centre: moved(centre), radius: *radius },
                Shape::Path { points, width } => Shape::Path { points: all(points), width: *width },
            };
            self.scene.spots.push(Spot { shape, ..spot.clone() });
        }
    }
}

/// The box of a text.
pub(super) fn text_box(at: Point, text: &str, face: Face, anchor: Anchor) -> Rect {
    let width = widths::of(text, face.size, face.bold);
    let left = match anchor {
        Anchor::Start => at.x,
        Anchor::Middle => at.x - width / 2.0,
        Anchor::End => at.x - width,
    };
    let (a, b) = widths::extent(Point::new(left, at.y), width, face.size);
    Rect { left: a.x, top: a.y, right: b.x, bottom: b.y }
}

/// To 1/16. The bias keeps exact halves, which whole numbers often give, away from the edge of rounding.
fn rounded(value: f32) -> f32 {
    ((f64::from(value) * 16.0 + 1e-3).round() / 16.0) as f32
}

fn rounded_point(point: Point) -> Point {
    Point::new(rounded(point.x), rounded(point.y))
}

/// A line cut into its dashes.
fn dashes(points: &[Point], on: f32, off: f32) -> Vec<Vec<Point>> {
    let mut out = Vec::new();
    let mut drawing = true;
    let mut left = on;
    let mut dash = points.first().map(|p| vec![*p]).unwrap_or_default();
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut length = from.distance(to);
        while length >= left {
            let cut = from.plus((to.x - from.x) * left / length, (to.y - from.y) * left / length);
            length -= left;
            from = cut;
            if drawing {
                dash.push(cut);
                out.push(std::mem::take(&mut dash));
            } else {
                dash = vec![cut];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= length;
        if drawing && dash.last() != Some(&to) {
            dash.push(to);
        }
    }
    if drawing && dash.len() > 1 {
        out.push(dash);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_take_turns_and_bend_with_the_line() {
        let corner = [Point::new(0.0, 0.0), Point::new(10.0, 0.0), Point::new(10.0, 10.0)];
        let cut = dashes(&corner, 4.0, 2.0);
        let starts: Vec<(f32, f32)> = cut.iter().map(|dash| (dash[0].x, dash[0].y)).collect();
        assert_eq!(starts, [(0.0, 0.0), (6.0, 0.0), (10.0, 2.0), (10.0, 8.0)]);
        assert_eq!(cut[1], [Point::new(6.0, 0.0), Point::new(10.0, 0.0)]);
    }

    #[test]
    fn hostile_text_is_shown_not_obeyed() {
        let mut pen = Pen::new(10.0, 10.0);
        pen.text(Point::default(), "a\u{202e}b", Face::plain(9.0), Anchor::Start, Ink::Text);
        let scene = pen.scene();
        assert!(matches!(&scene.marks[0], Mark::Text { text, .. } if text == "a\\u{202e}b"));
    }
}
