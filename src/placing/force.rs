//! Nodes by forces: all push each other away, links pull (Fruchterman and Reingold 1991, with the linear springs and the
//! charges of Eades's kind that ForceAtlas and d3 use), far nodes felt together through a quadtree (Barnes and Hut 1986).
//!
//! Invariants: a fixed number of rounds, a fixed beginning, no randomness: the same links give the same places.

use super::{Point, Rect};

/// From this share of a cell's size to its distance on, its nodes are felt as one.
const FAR: f32 = 0.9;
/// Rounds for few nodes, and for many: each round of many costs more, and the first ones matter most.
const ROUNDS: (usize, usize) = (300, 90);
/// What remains of the forces after each round, so that a thousandth remains at the end. Written out: a power may differ
/// in its last bit between machines, and then all places would.
const COOLING: (f32, f32) = (0.977_237_2, 0.926_118_7);
/// The length that a link wants to have; places are scaled to their area at the end.
const LENGTH: f32 = 30.0;

/// Places `count` nodes in `area`; `links` are pairs of their numbers.
pub fn place(count: usize, links: &[(u32, u32)], area: Rect) -> Vec<Point> {
    fitted(&free(count, links), area)
}

/// The places before they are fitted into an area.
pub fn free(count: usize, links: &[(u32, u32)]) -> Vec<Point> {
    let mut points: Vec<Point> = (0..count).map(beginning).collect();
    if count < 2 {
        return points;
    }
    let mut degree = vec![0_u32; count];
    let mut links: Vec<(u32, u32)> =
        links.iter().map(|(a, b)| (*a.min(b), *a.max(b))).filter(|(a, b)| a != b && (*b as usize) < count).collect();
    links.sort_unstable();
    links.dedup();
    for (a, b) in &links {
        degree[*a as usize] += 1;
        degree[*b as usize] += 1;
    }
    // A link between two busy nodes pulls less, so that a hub does not draw all upon itself.
    let pulls: Vec<(u32, u32, f32, f32)> = links
        .iter()
        .map(|(a, b)| {
            let (da, db) = (degree[*a as usize] as f32, degree[*b as usize] as f32);
            (*a, *b, 1.0 / da.min(db), da / (da + db))
        })
        .collect();
    let (rounds, cooling) = if count <= 1000 { (ROUNDS.0, COOLING.0) } else { (ROUNDS.1, COOLING.1) };
    let mut speed = vec![Point::default(); count];
    let mut heat = 1.0_f32;
    let mut tree = Tree::default();
    for _round in 0..rounds {
        for (a, b, strength, share) in &pulls {
            let (a, b) = (*a as usize, *b as usize);
            let (dx, dy) = (
                points[b].x + speed[b].x - points[a].x - speed[a].x,
                points[b].y + speed[b].y - points[a].y - speed[a].y,
            );
            let length = (dx * dx + dy * dy).sqrt().max(1e-3);
            let pull = (length - LENGTH) / length * heat * strength;
            speed[b] = speed[b].plus(-dx * pull * share, -dy * pull * share);
            speed[a] = speed[a].plus(dx * pull * (1.0 - share), dy * pull * (1.0 - share));
        }
        tree.build(&points);
        tree.push_all(&points, &mut speed, LENGTH * heat);
        // Kept about the middle, so that parts without a link between them do not drift apart for ever.
        let (mut cx, mut cy) = (0.0_f64, 0.0_f64);
        for (point, speed) in points.iter_mut().zip(&mut speed) {
            speed.x = (speed.x - point.x * 0.02 * heat) * 0.6;
            speed.y = (speed.y - point.y * 0.02 * heat) * 0.6;
            *point = point.plus(speed.x, speed.y);
            cx += f64::from(point.x);
            cy += f64::from(point.y);
        }
        let middle = Point::new((cx / count as f64) as f32, (cy / count as f64) as f32);
        for point in &mut points {
            *point = point.plus(-middle.x, -middle.y);
        }
        heat *= cooling;
    }
    points
}

/// A sunflower's seeds: evenly spread, no two at one place, whatever the count.
fn beginning(n: usize) -> Point {
    let radius = 10.0 * (0.5 + n as f64).sqrt();
    let (sin, cos) = (n as f64 * 2.399_963_229_728_653).sin_cos();
    // To a sixteenth, since a sine may differ in its last bit between machines.
    let sixteenth = |v: f64| ((v * 16.0).round() / 16.0) as f32;
    Point::new(sixteenth(radius * cos), sixteenth(radius * sin))
}

/// Scaled to fill the area, proportions kept unless the area is much flatter than the picture.
fn fitted(points: &[Point], area: Rect) -> Vec<Point> {
    let Some(first) = points.first() else { return Vec::new() };
    let hull = points.iter().fold(Rect::new(first.x, first.y, 0.0, 0.0), |hull, p| Rect {
        left: hull.left.min(p.x),
        right: hull.right.max(p.x),
        top: hull.top.min(p.y),
        bottom: hull.bottom.max(p.y),
    });
    let (sx, sy) = (area.width() / hull.width().max(1e-3), area.height() / hull.height().max(1e-3));
    let most = sx.min(sy) * 1.6;
    let (sx, sy) = (sx.min(most), sy.min(most));
    let (from, to) = (hull.centre(), area.centre());
    points.iter().map(|p| Point::new(to.x + (p.x - from.x) * sx, to.y + (p.y - from.y) * sy)).collect()
}

/// A quadtree as a list of cells, children after their parent, four in a row.
#[derive(Default)]
struct Tree {
    cells: Vec<Cell>,
    /// The nodes in the order of the leaves, and where each stands.
    order: Vec<u32>,
    spots: Vec<Point>,
    codes: Vec<(u64, u32)>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    /// The middle of its nodes.
    x: f32,
    y: f32,
    /// Its width, squared and divided by [`FAR`] squared.
    reach: f32,
    mass: f32,
    /// Its nodes in `order`.
    from: u32,
    to: u32,
    /// The cell to go on with when this one is done with.
    next: u32,
}

/// A cell of no more nodes than this is not parted further.
const LEAF: usize = 6;

impl Tree {
    /// Nodes are sorted by a Morton code; a cell is then a run of them, and a walk in order needs no stack.
    fn build(&mut self, points: &[Point]) {
        let (mut low, mut high) = (points[0], points[0]);
        for p in points {
            low = Point::new(low.x.min(p.x), low.y.min(p.y));
            high = Point::new(high.x.max(p.x), high.y.max(p.y));
        }
        let size = (high.x - low.x).max(high.y - low.y).max(1e-3);
        let scale = 65_535.0 / size;
        self.codes.clear();
        self.codes.extend(points.iter().zip(0_u32..).map(|(p, n)| {
            let (x, y) = (((p.x - low.x) * scale) as u32, ((p.y - low.y) * scale) as u32);
            (u64::from(spread(x) | spread(y) << 1), n)
        }));
        self.codes.sort_unstable();
        self.order.clear();
        self.order.extend(self.codes.iter().map(|(_, n)| *n));
        self.spots.clear();
        self.spots.extend(self.order.iter().map(|n| points[*n as usize]));
        self.cells.clear();
        self.part(0, points.len(), 30, size);
    }

    /// Makes the cell of a run of nodes and those in it; returns nothing, since `next` is set when it is done.
    fn part(&mut self, from: usize, to: usize, shift: i32, size: f32) {
        let own = self.cells.len();
        self.cells.push(Cell::default());
        let (mut x, mut y) = (0.0_f32, 0.0_f32);
        for p in &self.spots[from..to] {
            x += p.x;
            y += p.y;
        }
        let mass = (to - from) as f32;
        if to - from > LEAF && shift >= 0 {
            let mut begin = from;
            for quarter in 0..4_u64 {
                let end = begin + self.codes[begin..to].partition_point(|(code, _)| (code >> shift) & 3 <= quarter);
                if end > begin {
                    self.part(begin, end, shift - 2, size / 2.0);
                }
                begin = end;
            }
        }
        let next = self.cells.len() as u32;
        let reach = size * size / (FAR * FAR);
        self.cells[own] = Cell { x: x / mass, y: y / mass, reach, mass, from: from as u32, to: to as u32, next };
    }

    /// Adds to each node's speed how all others push it.
    fn push_all(&self, points: &[Point], speed: &mut [Point], charge: f32) {
        for (own, at) in self.order.iter().zip(&self.spots) {
            let (mut px, mut py) = (0.0_f32, 0.0_f32);
            let mut cell = 0;
            while let Some(there) = self.cells.get(cell) {
                let (dx, dy) = (at.x - there.x, at.y - there.y);
                let square = dx * dx + dy * dy;
                if square > there.reach {
                    let push = there.mass / square;
                    px += dx * push;
                    py += dy * push;
                    cell = there.next as usize;
                } else if there.next as usize == cell + 1 {
                    for (other, p) in (there.from..there.to).zip(&self.spots[there.from as usize..there.to as usize]) {
                        let (dx, dy) = (at.x - p.x, at.y - p.y);
                        let square = (dx * dx + dy * dy).max(1.0);
                        if self.order[other as usize] != *own {
                            px += dx / square;
                            py += dy / square;
                        }
                    }
                    cell += 1;
                } else {
                    cell += 1;
                }
            }
            let speed = &mut speed[*own as usize];
            *speed = speed.plus(px * charge, py * charge);
            debug_assert!((*own as usize) < points.len());
        }
    }
}

/// The lower sixteen bits with a gap after each.
fn spread(value: u32) -> u32 {
    let mut v = value & 0xffff;
    v = (v | v << 8) & 0x00ff_00ff;
    v = (v | v << 4) & 0x0f0f_0f0f;
    v = (v | v << 2) & 0x3333_3333;
    (v | v << 1) & 0x5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect::new(0.0, 0.0, 400.0, 300.0);

    /// Two groups of ten, all joined within, one link between them.
    fn two_groups() -> Vec<(u32, u32)> {
        let of = |first: u32| (0..10).flat_map(move |a| (a + 1..10).map(move |b| (first + a, first + b)));
        of(0).chain(of(10)).chain([(0, 10)]).collect()
    }

    #[test]
    fn those_that_talk_stand_together() {
        let points = place(20, &two_groups(), AREA);
        let mean = |pairs: &[(usize, usize)]| {
            pairs.iter().map(|(a, b)| points[*a].distance(points[*b])).sum::<f32>() / pairs.len() as f32
        };
        let within: Vec<(usize, usize)> = (1..10).flat_map(|a| (a + 1..10).map(move |b| (a, b))).collect();
        let between: Vec<(usize, usize)> = (1..10).flat_map(|a| (11..20).map(move |b| (a, b))).collect();
        assert!(mean(&between) > mean(&within) * 2.0, "{} {}", mean(&between), mean(&within));
    }

    #[test]
    fn the_same_links_give_the_same_places_in_whatever_order_they_come() {
        let mut links = two_groups();
        let points = place(20, &links, AREA);
        links.reverse();
        assert_eq!(place(20, &links, AREA), points);
        assert!(points.iter().all(|p| AREA.grown(0.1).distance(*p) == 0.0 && p.x.is_finite()));
    }

    #[test]
    fn odd_graphs_have_places_too() {
        for (count, links) in [(0, vec![]), (1, vec![]), (2, vec![(0, 0), (0, 7)]), (5, vec![]), (9, vec![(0, 1); 40])]
        {
            let points = place(count, &links, AREA);
            assert_eq!(points.len(), count);
            assert!(points.iter().all(|p| p.x.is_finite() && p.y.is_finite()), "{count}");
        }
    }
}
