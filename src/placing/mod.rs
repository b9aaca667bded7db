//! Where things stand on the picture: sites on a map, a ring or by forces, labels beside them. Same input, same places.
//!
//! Invariants: no randomness; a site is never dropped because there is no room for it; places depend on the set of sites
//! and links and not on the order in which they were read.

pub mod force;
pub mod labels;
pub mod map;
mod outlines;
pub mod ring;

use serde::{Deserialize, Serialize};

/// A place in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point {
    /// Rightwards.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

impl Point {
    /// A point.
    pub const fn new(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    /// How far it is from another.
    pub fn distance(self, other: Point) -> f32 {
        ((self.x - other.x) * (self.x - other.x) + (self.y - other.y) * (self.y - other.y)).sqrt()
    }

    /// Whether another point is nearer than this.
    pub fn is_within(self, reach: f32, other: Point) -> bool {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        dx * dx + dy * dy < reach * reach
    }

    /// Moved.
    pub fn plus(self, dx: f32, dy: f32) -> Point {
        Point::new(self.x + dx, self.y + dy)
    }
}

/// A box with sides along the axes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rect {
    /// Its left side.
    pub left: f32,
    /// Its upper side.
    pub top: f32,
    /// Its right side.
    pub right: f32,
    /// Its lower side.
    pub bottom: f32,
}

impl Rect {
    /// A box by its upper left corner and its size.
    pub const fn new(left: f32, top: f32, width: f32, height: f32) -> Rect {
        Rect { left, top, right: left + width, bottom: top + height }
    }

    /// Its width.
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Its height.
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Its middle.
    pub fn centre(&self) -> Point {
        Point::new((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }

    /// Whether the two share any area.
    pub fn overlaps(&self, other: &Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether the other lies wholly in this one.
    pub fn holds(&self, other: &Rect) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }

    /// Larger by `by` on each side (smaller when negative).
    pub fn grown(&self, by: f32) -> Rect {
        Rect { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// Whether a point lies in it or on its edge.
    pub fn has(&self, point: Point) -> bool {
        self.left <= point.x && point.x <= self.right && self.top <= point.y && point.y <= self.bottom
    }

    /// How far a point is from it; 0 inside.
    pub fn distance(&self, to: Point) -> f32 {
        // Comparisons, since the wider promises of `f32::max` are a call into a library in the browser.
        let beyond = |low: f32, at: f32, high: f32| match () {
            () if at < low => low - at,
            () if at > high => at - high,
            () => 0.0,
        };
        let (dx, dy) = (beyond(self.left, to.x, self.right), beyond(self.top, to.y, self.bottom));
        (dx * dx + dy * dy).sqrt()
    }

    /// Its corners, clockwise from the upper left.
    pub fn corners(&self) -> Vec<Point> {
        vec![
            Point::new(self.left, self.top),
            Point::new(self.right, self.top),
            Point::new(self.right, self.bottom),
            Point::new(self.left, self.bottom),
        ]
    }
}
