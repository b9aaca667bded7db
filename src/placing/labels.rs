//! Where labels go: beside what they name, never over each other, over a node or out of the picture; further off with a
//! leader line where there is no room near by.

use super::{Point, Rect};

/// A label that looks for its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// What it names stands here.
    pub about: Point,
    /// How far from there the label must keep.
    pub clear: f32,
    /// Its width.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// The direction that it should go, of length about 1; `(0, 0)` for none in particular.
    pub outward: Point,
    /// How far off it may go; beyond a few units a leader line joins it.
    pub reach: f32,
}

/// A label's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Its box.
    pub rect: Rect,
    /// From what it names to it, where it stands further off.
    pub leader: Option<(Point, Point)>,
}

const DIRECTIONS: [(f32, f32); 16] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, -1.0),
    (0.0, 1.0),
    (0.707, -0.707),
    (0.707, 0.707),
    (-0.707, -0.707),
    (-0.707, 0.707),
    (0.924, -0.383),
    (0.924, 0.383),
    (-0.924, -0.383),
    (-0.924, 0.383),
    (0.383, -0.924),
    (0.383, 0.924),
    (-0.383, -0.924),
    (-0.383, 0.924),
];
const STEPS: [f32; 13] = [0.0, 5.0, 12.0, 20.0, 30.0, 42.0, 56.0, 75.0, 100.0, 130.0, 170.0, 215.0, 265.0];
/// From this distance on a label has a leader line.
const LEADER_FROM: f32 = 8.0;

/// After so many labels without room one behind the other the picture is full, and thousands more need not look.
const MOST_IN_VAIN: usize = 150;

/// Finds places, in the order of the labels: the first has the first choice. `hard` is never covered; each of the points
/// of `soft` that is covered makes a place less wanted. `None` where there is no room within a label's reach.
pub fn place(labels: &[Label], hard: &[Rect], soft: &[Point], bounds: Rect) -> Vec<Option<Placed>> {
    let mut taken = hard.to_vec();
    let mut leaders: Vec<(Point, Point)> = Vec::new();
    let mut out = Vec::with_capacity(labels.len());
    let mut in_vain = 0;
    for label in labels {
        if in_vain == MOST_IN_VAIN {
            break;
        }
        let best = best(label, &taken, &leaders, soft, bounds);
        in_vain = if best.is_some() { 0 } else { in_vain + 1 };
        if let Some(placed) = best {
            taken.push(placed.rect.grown(1.0));
            leaders.extend(placed.leader);
        }
        out.push(best);
    }
    out.resize(labels.len(), None);
    out
}

fn best(label: &Label, taken: &[Rect], leaders: &[(Point, Point)], soft: &[Point], bounds: Rect) -> Option<Placed> {
    let reach = label.reach + label.width.max(label.height);
    let soft: Vec<Point> = soft.iter().copied().filter(|p| label.about.is_within(reach + label.width, *p)).collect();
    let mut best: Option<(f32, Placed)> = None;
    for distance in &STEPS {
        if *distance > label.reach {
            break;
        }
        for (rank, (dx, dy)) in DIRECTIONS.iter().enumerate() {
            // Nearer to the wanted direction, else by the order of the table, is better.
            let turned = 1.0 - (dx * label.outward.x + dy * label.outward.y);
            let wanted = if label.outward == Point::default() { rank as f32 * 0.2 } else { turned * 6.0 };
            let cost = far(*distance) + wanted;
            if best.is_some_and(|(least, _)| cost >= least) {
                continue;
            }
            let Some(placed) = candidate(label, *distance, (*dx, *dy), taken, leaders, bounds) else { continue };
            let kept_clear = placed.rect.grown(1.5);
            let covered = soft.iter().filter(|p| kept_clear.has(**p)).count();
            let cost = cost + (covered as f32).min(16.0) * 2.0;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, placed));
            }
        }
    }
    best.map(|(_, placed)| placed)
}

/// How much less wanted a place is for its distance. A far label may be taken for another's, which is worse than a line that
/// passes under a near one.
fn far(distance: f32) -> f32 {
    distance * 0.5
}

/// The label at this distance in this direction, if nothing stands in the way.
fn candidate(
    label: &Label,
    distance: f32,
    (dx, dy): (f32, f32),
    taken: &[Rect],
    leaders: &[(Point, Point)],
    bounds: Rect,
) -> Option<Placed> {
    let off = label.clear + distance;
    let (w, h) = (label.width, label.height);
    // Sideways the label's near end, above and below its middle comes nearest; in between, in proportion.
    let centre = label.about.plus(dx * (off + w / 2.0), dy * (off + h / 2.0));
    let rect = Rect::new(centre.x - w / 2.0, centre.y - h / 2.0, w, h);
    let blocked = !bounds.holds(&rect)
        || taken.iter().any(|t| t.overlaps(&rect))
        || leaders.iter().any(|(a, b)| crosses(*a, *b, &rect));
    if blocked {
        return None;
    }
    let leader = (distance >= LEADER_FROM).then(|| {
        let end = Point::new(label.about.x.clamp(rect.left, rect.right), label.about.y.clamp(rect.top, rect.bottom));
        let length = label.about.distance(end).max(1.0);
        let start = label
            .about
            .plus((end.x - label.about.x) / length * label.clear, (end.y - label.about.y) / length * label.clear);
        (start, end)
    });
    if let Some((a, b)) = leader {
        // Its own node is among what is taken; the leader starts outside of it.
        let start = a.plus((b.x - a.x) * 0.1, (b.y - a.y) * 0.1);
        if taken.iter().any(|t| crosses(start, b, t)) {
            return None;
        }
    }
    Some(Placed { rect, leader })
}

/// Whether a line passes through a box, looked at every few units.
fn crosses(a: Point, b: Point, rect: &Rect) -> bool {
    let hull = Rect { left: a.x.min(b.x), top: a.y.min(b.y), right: a.x.max(b.x), bottom: a.y.max(b.y) };
    if !hull.grown(0.1).overlaps(rect) {
        return false;
    }
    let steps = (a.distance(b) / 3.0).ceil().max(1.0) as u32;
    (0..=steps).any(|i| {
        let t = i as f32 / steps as f32;
        rect.has(a.plus((b.x - a.x) * t, (b.y - a.y) * t))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(x: f32, y: f32) -> Label {
        let about = Point::new(x, y);
        Label { about, clear: 7.0, width: 50.0, height: 11.0, outward: Point::default(), reach: 170.0 }
    }

    fn assert_apart(labels: &[Label], bounds: Rect) -> usize {
        let nodes: Vec<Rect> = labels.iter().map(|l| Rect::new(l.about.x - 5.0, l.about.y - 5.0, 10.0, 10.0)).collect();
        let placed = place(labels, &nodes, &[], bounds);
        let rects: Vec<Rect> = placed.iter().flatten().map(|p| p.rect).collect();
        for (i, rect) in rects.iter().enumerate() {
            assert!(bounds.holds(rect), "{rect:?}");
            assert!(!nodes.iter().any(|n| n.overlaps(rect)), "{rect:?} covers a node");
            assert!(!rects[i + 1..].iter().any(|other| other.overlaps(rect)), "{rect:?}");
        }
        rects.len()
    }

    #[test]
    fn labels_of_a_crowd_find_room_apart() {
        let crowd: Vec<Label> =
            (0..24).map(|i| label(300.0 + (i % 6) as f32 * 14.0, 200.0 + (i / 6) as f32 * 14.0)).collect();
        assert!(assert_apart(&crowd, Rect::new(0.0, 0.0, 640.0, 420.0)) >= 20);
    }

    #[test]
    fn a_label_at_the_edge_turns_inwards() {
        let bounds = Rect::new(0.0, 0.0, 200.0, 100.0);
        assert_eq!(assert_apart(&[label(198.0, 50.0), label(2.0, 2.0)], bounds), 2);
    }

    #[test]
    fn a_label_keeps_off_a_line_if_it_can() {
        let line: Vec<Point> = (0..60).map(|x| Point::new(100.0 + x as f32 * 2.0, 50.0)).collect();
        let placed = place(&[label(100.0, 50.0)], &[], &line, Rect::new(0.0, 0.0, 300.0, 100.0));
        assert!(placed[0].unwrap().rect.right < 100.0);
    }
}
