//! The picture as data: a closed list of marks in final geometry, and what lies under a point.
//!
//! Invariants: no mark depends on the machine (texts are measured by [`widths`], coordinates rounded by [`Pen`]); all text
//! is inert ([`crate::evidence::text::visible`]); a painter adds nothing and leaves nothing out.

pub mod figure;
#[cfg(test)]
mod goldens;
pub mod graph;
pub mod hosts;
pub mod matrix;
pub mod network;
pub mod palette;
mod pen;
#[cfg(test)]
mod samples;
pub mod timeline;
pub mod usual;
pub mod widths;
pub mod words;

use serde::{Deserialize, Serialize};

use crate::flow::Hour;
use crate::ledger::survey::LinkKey;
use crate::sites::Party;

pub use crate::placing::{Point, Rect};
pub use palette::{Colour, Ink, Palette};
pub use pen::{Anchor, Face, Pen, Strokes};

/// A picture, or a part of one. The origin is at the top left; y grows downwards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scene {
    /// Width in scene units; one unit is one CSS pixel on a screen and one point on paper.
    pub width: f32,
    /// Height in scene units.
    pub height: f32,
    /// What is seen, from the back to the front.
    pub marks: Vec<Mark>,
    /// What can be pointed at, from the back to the front.
    pub spots: Vec<Spot>,
}

/// All that a painter must be able to do. Curves and dashes come flattened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Mark {
    /// A line through points.
    Line {
        /// At least two.
        points: Vec<Point>,
        /// Its thickness.
        width: f32,
        /// Its ink.
        ink: Ink,
    },
    /// A filled polygon.
    Area {
        /// At least three.
        points: Vec<Point>,
        /// Its ink.
        ink: Ink,
    },
    /// A filled disc, or a circle's line where a width is given.
    Circle {
        /// Its middle.
        centre: Point,
        /// From the middle to the outer side of the disc, or to the middle of the line.
        radius: f32,
        /// Thickness of the line; `None` for a filled disc.
        width: Option<f32>,
        /// Its ink.
        ink: Ink,
    },
    /// One line of text.
    Text {
        /// On the baseline: the text's start, middle or end, by `anchor`.
        at: Point,
        /// What it says.
        text: String,
        /// Height of the font.
        size: f32,
        /// Whether it is bold.
        bold: bool,
        /// Which point of it stands at `at`.
        anchor: Anchor,
        /// Its ink.
        ink: Ink,
    },
}

/// What can be pointed at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Where.
    pub shape: Shape,
    /// What it is.
    pub subject: Subject,
    /// What it is in words, in full, for the tooltip and the screen reader.
    pub says: String,
}

/// The form of a spot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A box.
    Box(Rect),
    /// A disc.
    Disc {
        /// Its middle.
        centre: Point,
        /// Its radius.
        radius: f32,
    },
    /// A line.
    Path {
        /// Its points.
        points: Vec<Point>,
        /// Its thickness.
        width: f32,
    },
}

impl Shape {
    /// How far a point is from it; 0 inside.
    pub fn distance(&self, to: Point) -> f32 {
        match self {
            Shape::Box(rect) => rect.distance(to),
            Shape::Disc { centre, radius } => (centre.distance(to) - radius).max(0.0),
            Shape::Path { points, width } => {
                let nearest = points.windows(2).map(|pair| segment_distance(pair[0], pair[1], to));
                (nearest.fold(f32::INFINITY, f32::min) - width / 2.0).max(0.0)
            }
        }
    }
}

fn segment_distance(a: Point, b: Point, to: Point) -> f32 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { (((to.x - a.x) * dx + (to.y - a.y) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    to.distance(a.plus(along * dx, along * dy))
}

/// What a spot stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A site, the outside, or what is in no site.
    Site(Party),
    /// All flows from one party to another.
    Link(LinkKey),
    /// A finding, by its id.
    Finding(String),
    /// Hours, from the first to the last, both included.
    Hours(Hour, Hour),
    /// Words that were elided; the spot says them in full.
    Words,
}

impl Scene {
    /// What lies under a point: the nearest spot within `tolerance`, of equals the one in front.
    pub fn hit(&self, x: f32, y: f32, tolerance: f32) -> Option<&Subject> {
        self.spot(x, y, tolerance).map(|spot| &spot.subject)
    }

    /// As [`Scene::hit`], with the words.
    pub fn spot(&self, x: f32, y: f32, tolerance: f32) -> Option<&Spot> {
        let at = Point::new(x, y);
        let mut best: Option<(f32, &Spot)> = None;
        for spot in &self.spots {
            let distance = spot.shape.distance(at);
            if distance <= tolerance && best.is_none_or(|(least, _)| distance <= least) {
                best = Some((distance, spot));
            }
        }
        best.map(|(_, spot)| spot)
    }

    /// The boxes of all texts, by our widths; for layouts and tests.
    pub fn text_boxes(&self) -> Vec<(Rect, &str)> {
        let texts = self.marks.iter().filter_map(|mark| match mark {
            Mark::Text { at, text, size, bold, anchor, .. } => {
                Some((pen::text_box(*at, text, Face { size: *size, bold: *bold }, *anchor), text.as_str()))
            }
            Mark::Line { .. } | Mark::Area { .. } | Mark::Circle { .. } => None,
        });
        texts.collect()
    }

    /// The scene as bytes, for the way from the analyst to the page.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a scene is plain data, and allocation is the only way to fail")
    }

    /// Reads [`Scene::to_bytes`]; `None` when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Scene> {
        postcard::from_bytes(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(shape: Shape, id: &str) -> Spot {
        Spot { shape, subject: Subject::Finding(id.into()), says: id.into() }
    }

    #[test]
    fn the_nearest_spot_is_hit_and_of_equals_the_one_in_front() {
        let path = Shape::Path { points: vec![Point::new(0.0, 0.0), Point::new(100.0, 0.0)], width: 2.0 };
        let disc = |x, radius| Shape::Disc { centre: Point::new(x, 0.0), radius };
        let spots = vec![spot(path, "path"), spot(disc(50.0, 5.0), "behind"), spot(disc(50.0, 8.0), "front")];
        let scene = Scene { width: 100.0, height: 100.0, spots, ..Scene::default() };
        assert_eq!(scene.hit(20.0, 3.0, 4.0), Some(&Subject::Finding("path".into())));
        assert_eq!(scene.hit(50.0, 0.0, 4.0), Some(&Subject::Finding("front".into())));
        assert_eq!(scene.hit(20.0, 30.0, 4.0), None);
    }

    #[test]
    fn a_scene_survives_its_way_as_bytes() {
        let mut pen = Pen::new(40.0, 30.0);
        pen.text(Point::new(3.0, 9.0), "東京", Face::plain(9.0), Anchor::Start, Ink::Text);
        let scene = pen.scene();
        assert_eq!(Scene::from_bytes(&scene.to_bytes()), Some(scene));
    }
}
