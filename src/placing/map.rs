//! Sites on a map of the world, cropped to them: Miller's projection, cut where the sites leave the widest gap, so that
//! Japan, Thailand and the United States stand round the Pacific and not at the two ends of the sheet.

use super::outlines::{Kind, world};
use super::{Point, Rect};
use crate::sorting::LeanSort as _;

/// Which part of the world is shown, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// The longitude in the middle.
    meridian: f64,
    /// Scene units to a radian.
    scale: f64,
    /// The projected height in the middle.
    height: f64,
    /// Where the map is shown.
    area: Rect,
}

/// What is seen of the world, cut off at the frame.
#[derive(Debug, Clone, Default)]
pub struct Coasts {
    /// Polygons of land.
    pub land: Vec<Vec<Point>>,
    /// Polygons of water inside land, to be drawn over it.
    pub lakes: Vec<Vec<Point>>,
    /// Lines where land ends.
    pub shores: Vec<Vec<Point>>,
    /// Lines between countries.
    pub borders: Vec<Vec<Point>>,
}

/// Miller's projection (1942): longitude as it is, latitude by the Mercator of four fifths of it.
fn miller(lat: f64) -> f64 {
    let lat = lat.clamp(-89.0, 89.0).to_radians();
    1.25 * (std::f64::consts::FRAC_PI_4 + 0.4 * lat).tan().ln()
}

/// The least part of the world that is shown, in degrees of longitude: one site alone still has its surroundings.
const LEAST_WIDTH: f64 = 26.0;

impl Frame {
    /// The frame that shows all of these sites (latitude, longitude) inside `inner`, and the world around them in `area`.
    pub fn fit(sites: &[(f64, f64)], inner: Rect, area: Rect) -> Frame {
        let (west, east) = span(sites.iter().map(|(_, lon)| *lon));
        let heights = || sites.iter().map(|(lat, _)| miller(*lat));
        let (low, high) = match sites.is_empty() {
            true => (miller(-50.0), miller(70.0)),
            false => (heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max)),
        };
        let width = (east - west).max(LEAST_WIDTH).to_radians();
        let tall = (high - low).max(LEAST_WIDTH.to_radians() * 0.5);
        let whole = f64::from(area.width()) / std::f64::consts::TAU;
        let scale = (f64::from(inner.width()) / width).min(f64::from(inner.height()) / tall).max(whole);
        // The middle of the sites stands in the middle of `inner`, moved where only the poles would be seen.
        let offset = f64::from(area.centre().y - inner.centre().y) / scale;
        let half = f64::from(area.height()) / 2.0 / scale;
        let mut height = (low + high) / 2.0 - offset;
        let (south, north) = (miller(-58.0), miller(80.0));
        if north - south > 2.0 * half {
            let slack = f64::from(inner.height()) / scale - (high - low);
            let wanted = height.clamp(south + half, north - half);
            height += (wanted - height).clamp(-slack.max(0.0) / 2.0, slack.max(0.0) / 2.0);
        }
        let aside = (f64::from(area.centre().x - inner.centre().x) / scale).to_degrees();
        Frame { meridian: (west + east) / 2.0 + aside, scale, height, area }
    }

    /// Where a place stands.
    pub fn project(&self, lat: f64, lon: f64) -> Point {
        let mut east = (lon - self.meridian).rem_euclid(360.0);
        if east > 180.0 {
            east -= 360.0;
        }
        self.flat(east, lat)
    }

    fn flat(&self, east: f64, lat: f64) -> Point {
        let middle = self.area.centre();
        let x = f64::from(middle.x) + east.to_radians() * self.scale;
        let y = f64::from(middle.y) - (miller(lat) - self.height) * self.scale;
        Point::new(x as f32, y as f32)
    }

    /// The coasts and borders that the frame shows.
    pub fn coasts(&self) -> Coasts {
        let mut out = Coasts::default();
        for (kind, points) in world() {
            let (points, shore) = unrolled(points);
            // A line may lie on both sides of the cut; each turn of the world is drawn, and cut off at the frame.
            for turn in [-720.0, -360.0, 0.0, 360.0, 720.0] {
                let flat: Vec<Point> =
                    points.iter().map(|(lon, lat)| self.flat(lon - self.meridian + turn, *lat)).collect();
                let right = flat.iter().fold(f32::MIN, |m, p| m.max(p.x));
                let left = flat.iter().fold(f32::MAX, |m, p| m.min(p.x));
                if right < self.area.left || left > self.area.right {
                    continue;
                }
                if kind == Kind::Border {
                    out.borders.extend(lines_inside(&flat, &self.area));
                    continue;
                }
                out.shores.extend(lines_inside(&flat[..shore], &self.area));
                let inside = polygon_inside(flat, &self.area);
                if inside.len() > 2 {
                    if kind == Kind::Lake { out.lakes.push(inside) } else { out.land.push(inside) }
                }
            }
        }
        out
    }
}

/// A line that goes on past 180° instead of jumping to the other side of the world, and how many of its points are
/// shore: Antarctica, which goes once around, is closed over the pole.
fn unrolled(mut points: Vec<(f64, f64)>) -> (Vec<(f64, f64)>, usize) {
    for i in 1..points.len() {
        let before = points[i - 1].0;
        let turns = ((before - points[i].0) / 360.0).round();
        points[i].0 += turns * 360.0;
    }
    let shore = points.len();
    if let Some((first, last)) = points.first().copied().zip(points.last().copied())
        && (last.0 - first.0).abs() > 180.0
    {
        points.extend([(last.0, -89.9), (first.0, -89.9)]);
    }
    (points, shore)
}

/// The western and eastern end of the arc that holds all longitudes and leaves out the widest gap.
fn span(longitudes: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut all: Vec<f64> = longitudes.map(|lon| lon.rem_euclid(360.0)).collect();
    all.lean_sort_by(f64::total_cmp);
    let Some((first, last)) = all.first().copied().zip(all.last().copied()) else { return (-180.0, 180.0) };
    let mut widest = (first + 360.0 - last, first, last);
    for pair in all.windows(2) {
        if pair[1] - pair[0] > widest.0 {
            widest = (pair[1] - pair[0], pair[1], pair[0] + 360.0);
        }
    }
    (widest.1, widest.2)
}

/// The parts of a line inside a box.
fn lines_inside(points: &[Point], area: &Rect) -> Vec<Vec<Point>> {
    let mut out: Vec<Vec<Point>> = Vec::new();
    let mut line: Vec<Point> = Vec::new();
    for pair in points.windows(2) {
        match segment_inside(pair[0], pair[1], area) {
            Some((a, b)) => {
                if line.last() != Some(&a) {
                    out.push(std::mem::replace(&mut line, vec![a]));
                }
                line.push(b);
            }
            None => out.push(std::mem::take(&mut line)),
        }
    }
    out.push(line);
    out.retain(|line| line.len() > 1);
    out
}

/// Liang and Barsky's cut of a segment.
fn segment_inside(a: Point, b: Point, area: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let (mut from, mut to) = (0.0_f32, 1.0_f32);
    for (p, q) in [(-dx, a.x - area.left), (dx, area.right - a.x), (-dy, a.y - area.top), (dy, area.bottom - a.y)] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            from = from.max(q / p);
        } else {
            to = to.min(q / p);
        }
    }
    let at = |t: f32| {
        if t == 0.0 {
            a
        } else if t == 1.0 {
            b
        } else {
            a.plus(dx * t, dy * t)
        }
    };
    (from <= to).then(|| (at(from), at(to)))
}

/// Sutherland and Hodgman's cut of a polygon.
fn polygon_inside(mut points: Vec<Point>, area: &Rect) -> Vec<Point> {
    type Depth = fn(Point, &Rect) -> f32;
    let sides: [Depth; 4] = [|p, r| p.x - r.left, |p, r| r.right - p.x, |p, r| p.y - r.top, |p, r| r.bottom - p.y];
    for depth in sides {
        let mut kept = Vec::with_capacity(points.len());
        for (i, to) in points.iter().enumerate() {
            let from = points[(i + points.len() - 1) % points.len()];
            let (before, now) = (depth(from, area), depth(*to, area));
            if (before < 0.0) != (now < 0.0) {
                let t = before / (before - now);
                kept.push(from.plus((to.x - from.x) * t, (to.y - from.y) * t));
            }
            if now >= 0.0 {
                kept.push(*to);
            }
        }
        points = kept;
    }
    points
}

/// How many pairs of nodes are looked at in all while they are moved apart. Seven hundred nodes get all their steps; where
/// thousands share a screen there is no room to part them anyway.
const MOST_LOOKED_AT: usize = 30_000_000;

/// Moves nodes that would lie on each other apart, by a bounded number of small steps; each stays as near to its true
/// place as that allows.
pub fn apart(homes: &[Point], gap: f32, bounds: Rect) -> Vec<Point> {
    let mut points = homes.to_vec();
    let pairs = points.len() * points.len() / 2;
    for _step in 0..(MOST_LOOKED_AT / pairs.max(1)).clamp(2, 120) {
        let mut moved = false;
        for i in 0..points.len() {
            for j in i + 1..points.len() {
                if !points[i].is_within(gap, points[j]) {
                    continue;
                }
                let distance = points[i].distance(points[j]);
                // Two at the very same place part by their order, in eight directions, so that it depends on nothing else.
                let (dx, dy) = if distance > 0.01 {
                    ((points[j].x - points[i].x) / distance, (points[j].y - points[i].y) / distance)
                } else {
                    [
                        (1.0, 0.0),
                        (0.0, 1.0),
                        (-1.0, 0.0),
                        (0.0, -1.0),
                        (0.7, 0.7),
                        (-0.7, 0.7),
                        (-0.7, -0.7),
                        (0.7, -0.7),
                    ][(i + j) % 8]
                };
                let push = (gap - distance) / 2.0 + 0.05;
                points[i] = points[i].plus(-dx * push, -dy * push);
                points[j] = points[j].plus(dx * push, dy * push);
                moved = true;
            }
        }
        for point in &mut points {
            *point = Point::new(point.x.clamp(bounds.left, bounds.right), point.y.clamp(bounds.top, bounds.bottom));
        }
        if !moved {
            break;
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect::new(0.0, 0.0, 800.0, 450.0);
    const INNER: Rect = Rect::new(60.0, 50.0, 680.0, 350.0);
    const TOKYO: (f64, f64) = (35.68, 139.77);
    const BANGKOK: (f64, f64) = (13.75, 100.5);
    const NEW_YORK: (f64, f64) = (40.7, -74.0);

    #[test]
    fn the_pacific_is_in_the_middle_when_the_sites_lie_around_it() {
        let frame = Frame::fit(&[TOKYO, BANGKOK, NEW_YORK], INNER, AREA);
        let [tokyo, bangkok, new_york] = [TOKYO, BANGKOK, NEW_YORK].map(|(lat, lon)| frame.project(lat, lon));
        assert!(bangkok.x < tokyo.x && tokyo.x < new_york.x);
        assert!(tokyo.y < bangkok.y);
        for site in [tokyo, bangkok, new_york] {
            assert!(INNER.grown(0.5).distance(site) == 0.0, "{site:?}");
        }
    }

    #[test]
    fn everything_is_cut_off_at_the_frame() {
        for sites in [vec![TOKYO], vec![TOKYO, NEW_YORK], vec![(0.0, 179.0), (0.0, -179.0)], vec![]] {
            let coasts = Frame::fit(&sites, INNER, AREA).coasts();
            let parts = [coasts.land, coasts.lakes, coasts.shores, coasts.borders];
            let points = || parts.iter().flatten().flatten();
            assert!(points().all(|p| AREA.grown(0.01).distance(*p) == 0.0));
            assert!(sites.len() != 1 || points().count() > 50, "Japan is seen around Tokyo");
        }
    }

    #[test]
    fn two_sites_at_one_place_part() {
        let homes = [Point::new(50.0, 50.0), Point::new(50.0, 50.0), Point::new(53.0, 50.0)];
        let points = apart(&homes, 20.0, AREA);
        for (i, a) in points.iter().enumerate() {
            assert!(points[i + 1..].iter().all(|b| a.distance(*b) > 19.0), "{points:?}");
        }
    }
}
