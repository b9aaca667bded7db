//! Links as curves: bowed to their own side so that both directions are seen, an arrow at the responder, the width by
//! volume on an absolute scale, the state by line style, symbol and number.

use super::super::network::{Edge, Network, State};
use super::super::{Anchor, Face, Ink, Pen, Point, Rect, Shape, Strokes, Subject, words};
use super::backdrop::Stand;
use super::{NODE, View, capsule, ink, symbol};
use crate::placing::labels::{self, Label};

/// How much thicker a marked link is than its volume alone makes it.
fn boldness(state: State) -> f32 {
    match state {
        State::Violation => 2.0,
        State::Anomalous => 1.25,
        State::Suspected => 0.75,
        State::Expected | State::NoLog | State::Cut => 0.0,
    }
}

/// The thickness of a link: 0.5 at a kilobyte and below, 0.35 more with each tenfold; more where marked.
pub fn thickness(bytes: u64, state: State) -> f32 {
    let tenfolds = (bytes.max(1) as f64 / 1000.0).log10().clamp(0.0, 12.0);
    0.5 + 0.35 * tenfolds as f32 + boldness(state)
}

/// A link's curve as drawn, from the initiator to the responder.
pub(super) struct Curve<'n> {
    pub edge: &'n Edge,
    pub points: Vec<Point>,
}

/// Draws the links, in the order given, and returns the curves of those with a finding, and points along
/// all that a label should not cover.
pub(super) fn draw<'n>(
    pen: &mut Pen,
    network: &Network,
    stands: &[Stand],
    edges: &[&'n Edge],
    view: &View,
    faint: bool,
) -> (Vec<Curve<'n>>, Vec<Point>) {
    let mut curves = Vec::new();
    let mut covered = Vec::new();
    let emphasis = [view.pointed.as_ref(), view.chosen.as_ref()].into_iter().flatten().next();
    for edge in edges {
        let (Some(from), Some(to)) = (network.index(edge.key.from), network.index(edge.key.to)) else { continue };
        let points = curve(stands[from].at, stands[to].at);
        let stands_out = emphasis.is_none_or(|subject| belongs(edge, subject));
        let plain = if faint { Ink::Faint } else { Ink::Expected };
        let ink = match (edge.state, stands_out, emphasis.is_some()) {
            (_, false, _) => Ink::Faint,
            (State::Expected, true, true) => Ink::Accent,
            (State::Expected, true, false) => plain,
            (state, true, _) => ink(state),
        };
        let width = if ink == Ink::Faint { 0.75 } else { thickness(edge.totals.bytes(), edge.state) };
        sample(pen, &points, edge.state, width, ink);
        let (from_name, to_name) = (&network.nodes[from].card.name, &network.nodes[to].card.name);
        let says = words::edge(edge, from_name, to_name);
        pen.spot(Shape::Path { points: points.clone(), width }, Subject::Link(edge.key), &says);
        if ink != Ink::Faint {
            covered.extend(spaced(&points));
        }
        if edge.state.is_marked() && stands_out {
            // Counted twice: it is worse to cover one of these.
            covered.extend(spaced(&points));
            curves.push(Curve { edge, points });
        }
    }
    // The gravest and first numbers choose their places first.
    curves.reverse();
    (curves, covered)
}

fn belongs(edge: &Edge, subject: &Subject) -> bool {
    match subject {
        Subject::Site(party) => edge.key.from == *party || edge.key.to == *party,
        Subject::Link(key) => edge.key == *key,
        Subject::Finding(id) => edge.findings.contains(id),
        Subject::Hours(..) | Subject::Words => true,
    }
}

/// Draws a line in the style of a state, with an arrow at its end; for the legend too.
pub fn sample(pen: &mut Pen, points: &[Point], state: State, width: f32, ink: Ink) {
    let arrow = 5.0 + width * 1.5;
    let shaft = shortened(points, arrow * 0.8);
    if state.is_marked() && ink != Ink::Faint {
        // A rim of ground parts it from what it crosses.
        pen.line(&shaft, width + 3.0, Ink::Ground);
    }
    match state {
        State::Suspected => pen.stroke(&shaft, width, Strokes::Dashed(7.0, 4.0), ink),
        State::NoLog => hatched(pen, points, ink),
        State::Cut => {
            pen.line(&shaft, width, ink);
            double_bar(pen, points, width, ink);
        }
        State::Violation | State::Anomalous | State::Expected => pen.line(&shaft, width, ink),
    }
    if state != State::NoLog {
        arrowhead(pen, points, arrow, ink);
    }
}

/// Points along a line, equally far apart, so that a long link counts as much a unit as a short one.
fn spaced(points: &[Point]) -> Vec<Point> {
    let whole: f32 = points.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    let steps = (whole / 6.0).ceil().max(1.0) as u32;
    (0..=steps).map(|i| along(points, i as f32 / steps as f32)).collect()
}

/// Short strokes across the line: a way that no log covers.
fn hatched(pen: &mut Pen, points: &[Point], ink: Ink) {
    for pair in points.windows(2).flat_map(|pair| halves(pair[0], pair[1])) {
        let (a, b) = pair;
        let length = a.distance(b).max(0.01);
        let (dx, dy) = ((b.x - a.x) / length, (b.y - a.y) / length);
        pen.line(
            &[a.plus(-2.0 * dx - 2.5 * dy, -2.0 * dy + 2.5 * dx), a.plus(2.0 * dx + 2.5 * dy, 2.0 * dy - 2.5 * dx)],
            0.75,
            ink,
        );
    }
}

/// A segment cut into pieces of about four units.
fn halves(a: Point, b: Point) -> Vec<(Point, Point)> {
    let steps = (a.distance(b) / 4.0).round().max(1.0) as u32;
    let at = |i: u32| a.plus((b.x - a.x) * i as f32 / steps as f32, (b.y - a.y) * i as f32 / steps as f32);
    (0..steps).map(|i| (at(i), at(i + 1))).collect()
}

fn double_bar(pen: &mut Pen, points: &[Point], width: f32, ink: Ink) {
    let middle = along(points, 0.5);
    let (a, b) = (along(points, 0.48), along(points, 0.52));
    let length = a.distance(b).max(0.01);
    let (dx, dy) = ((b.x - a.x) / length, (b.y - a.y) / length);
    let reach = width + 4.0;
    for off in [-2.5, 2.5] {
        let at = middle.plus(dx * off, dy * off);
        pen.line(&[at.plus(-dy * reach, dx * reach), at.plus(dy * reach, -dx * reach)], 1.75, ink);
    }
}

/// From one node's edge to the other's, bowed to the left as seen from the initiator.
fn curve(from: Point, to: Point) -> Vec<Point> {
    const STEPS: u32 = 28;
    let length = from.distance(to).max(1.0);
    let bow = (length * 0.17).min(80.0);
    let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length);
    let control =
        Point::new((from.x + to.x) / 2.0 + dy * bow * 2.0 * 0.5, (from.y + to.y) / 2.0 - dx * bow * 2.0 * 0.5);
    let at = |step: u32| {
        let t = step as f32 / STEPS as f32;
        let (u, a, b) = (1.0 - t, (1.0 - t) * (1.0 - t), t * t);
        let x = a * from.x + 2.0 * u * t * control.x + b * to.x;
        let y = a * from.y + 2.0 * u * t * control.y + b * to.y;
        Point::new(x, y)
    };
    let whole: Vec<Point> = (0..=STEPS).map(at).collect();
    let trimmed = shortened(&whole, (NODE + 3.0).min(length * 0.3));
    let mut back: Vec<Point> = trimmed.into_iter().rev().collect();
    back = shortened(&back, (NODE + 1.5).min(length * 0.2));
    back.reverse();
    back
}

/// A line without its last `by` units.
fn shortened(points: &[Point], by: f32) -> Vec<Point> {
    let mut left = by;
    let mut out = points.to_vec();
    while out.len() > 2 {
        let (a, b) = (out[out.len() - 2], out[out.len() - 1]);
        let length = a.distance(b);
        if length > left {
            let t = left / length;
            let last = out.len() - 1;
            out[last] = b.plus((a.x - b.x) * t, (a.y - b.y) * t);
            return out;
        }
        left -= length;
        out.pop();
    }
    out
}

/// The point at this part of a line's way.
fn along(points: &[Point], part: f32) -> Point {
    let whole: f32 = points.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    let mut left = whole * part;
    for pair in points.windows(2) {
        let length = pair[0].distance(pair[1]);
        if left <= length && length > 0.0 {
            return pair[0].plus((pair[1].x - pair[0].x) * left / length, (pair[1].y - pair[0].y) * left / length);
        }
        left -= length;
    }
    points.last().copied().unwrap_or_default()
}

fn arrowhead(pen: &mut Pen, points: &[Point], size: f32, ink: Ink) {
    let Some(tip) = points.last().copied() else { return };
    let base = shortened(points, size).last().copied().unwrap_or(tip);
    let length = base.distance(tip).max(0.01);
    let (dx, dy) = ((tip.x - base.x) / length, (tip.y - base.y) / length);
    let half = size * 0.42;
    pen.area(&[tip, base.plus(-dy * half, dx * half), base.plus(dy * half, -dx * half)], ink);
}

/// The size of a badge with a number.
pub(in crate::scene) const BADGE: (f32, f32) = (26.0, 14.0);

/// Draws number and symbol on each marked link, apart from each other and from the sites. Returns their boxes, in the order
/// of the curves.
pub(super) fn badges(pen: &mut Pen, curves: &[Curve<'_>], stands: &[Stand], bounds: Rect) -> Vec<Option<Rect>> {
    // From the middle outwards, to either side in turn.
    let parts = (0..37).map(|n| 0.5 + 0.02 * (n / 2 + n % 2) as f32 * if n % 2 == 0 { 1.0 } else { -1.0 });
    let nodes: Vec<Rect> = stands.iter().map(|s| Rect::new(s.at.x - 7.5, s.at.y - 7.5, 15.0, 15.0)).collect();
    let mut taken: Vec<Rect> = Vec::new();
    let mut out = vec![None; curves.len()];
    // With very many marked links the symbols would be all that is seen; the style of the line says it then.
    let crowded = curves.len() > 60;
    for (place, curve) in out.iter_mut().zip(curves) {
        if crowded && curve.edge.number.is_none() {
            continue;
        }
        let (width, height) = if curve.edge.number.is_some() { (BADGE.0, BADGE.1) } else { (13.0, 13.0) };
        let boxed = |part: f32| {
            let at = along(&curve.points, part);
            Rect::new(at.x - width / 2.0, at.y - height / 2.0, width, height)
        };
        let free = |rect: &Rect| !nodes.iter().chain(&taken).any(|other| other.overlaps(&rect.grown(1.5)));
        let on_link = parts.clone().map(boxed).find(free);
        let beside = || {
            // Off its own link it must not seem to be another's.
            let others: Vec<Point> =
                curves.iter().filter(|c| c.edge.key != curve.edge.key).flat_map(|c| spaced(&c.points)).collect();
            // A number has to be found on the picture: where its link has no room for it, it stands off with a line.
            let label = Label {
                about: along(&curve.points, 0.5),
                clear: 2.0,
                width,
                height,
                outward: Point::default(),
                reach: 170.0,
            };
            let obstacles: Vec<Rect> = nodes.iter().chain(&taken).map(|rect| rect.grown(1.5)).collect();
            let placed = curve.edge.number.and_then(|_| labels::place(&[label], &obstacles, &others, bounds)[0])?;
            Some((placed.rect, placed.leader))
        };
        let Some((rect, leader)) = on_link.map(|rect| (rect, None)).or_else(beside) else { continue };
        if let Some((a, b)) = leader {
            pen.line(&[a, b], 0.75, Ink::Muted);
        }
        badge(pen, rect, curve.edge.number, curve.edge.state);
        let subject = match curve.edge.findings.first() {
            Some(id) => Subject::Finding(id.clone()),
            None => Subject::Link(curve.edge.key),
        };
        pen.spot(Shape::Box(rect), subject, words::state(curve.edge.state));
        taken.push(rect);
        *place = Some(rect);
    }
    out
}

/// A number and a symbol, light on the ink of the state; for the table too.
pub(in crate::scene) fn badge(pen: &mut Pen, rect: Rect, number: Option<usize>, state: State) {
    capsule(pen, rect.grown(1.5), Ink::Ground);
    capsule(pen, rect, ink(state));
    let middle = rect.centre();
    match number {
        Some(number) => {
            let at = Point::new(rect.left + 8.5, middle.y + 3.7);
            pen.text(at, &number.to_string(), Face::bold(10.5), Anchor::Middle, Ink::OnMark);
            symbol(pen, Point::new(rect.right - 8.5, middle.y), state, 10.5, Ink::OnMark);
        }
        None => symbol(pen, middle, state, 10.0, Ink::OnMark),
    }
}
