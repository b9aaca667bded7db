//! Links as curves: bowed to their own side so that both directions are seen, an arrow at the responder, the width by
//! volume on an absolute scale, the state by line style, symbol and number.

use super::super::network::{Edge, Network, State};
use super::super::{Anchor, Face, Ink, Pen, Point, Rect, Shape, Strokes, Subject};
use super::backdrop::Stand;
use super::{Layout, NODE, View, capsule, ink, symbol};
use crate::ledger::survey::LinkKey;
use crate::placing::labels::{self, Label};
use crate::sorting::LeanCollect as _;
use std::collections::BTreeMap;

/// The thickness of a link: thin at a kilobyte and below, more with each tenfold; bold where marked.
pub fn thickness(bytes: u64, state: State) -> f32 {
    let tenfolds = (bytes.max(1) as f64 / 1000.0).log10().clamp(0.0, 12.0) as f32;
    match state {
        State::Violation => 2.6 + 0.3 * tenfolds,
        State::Anomalous => 2.0 + 0.26 * tenfolds,
        State::Suspected => 1.6 + 0.22 * tenfolds,
        State::Expected | State::NoLog | State::Cut => 0.35 + 0.17 * tenfolds,
    }
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
    let mut curves: Vec<Curve<'n>> = Vec::new();
    let mut covered = Vec::new();
    unlogged(pen, network, stands, view);
    let emphasis = [view.pointed.as_ref(), view.chosen.as_ref()].into_iter().flatten().next();
    // Two plain links between the same two places are one line: half the lines, and nothing is lost.
    let is_plain =
        |edge: &Edge| edge.state == State::Expected && !emphasis.is_some_and(|subject| belongs(edge, subject));
    let plain: BTreeMap<LinkKey, &Edge> =
        edges.iter().filter(|edge| is_plain(edge)).map(|edge| (edge.key, *edge)).lean_collect();
    let nodes: Vec<Point> = if stands.len() <= 60 { stands.iter().map(|stand| stand.at).collect() } else { Vec::new() };
    for edge in edges {
        let (Some(from), Some(to)) = (network.index(edge.key.from), network.index(edge.key.to)) else { continue };
        let (from_name, to_name) = (&network.nodes[from].card.name, &network.nodes[to].card.name);
        let says = pen.words.edge(edge, from_name, to_name);
        if is_plain(edge) {
            let back = plain.get(&LinkKey { from: edge.key.to, to: edge.key.from });
            let points = curve(stands[from].at, stands[to].at, &[0.0, 0.1, -0.1], &nodes, &[]);
            let ink = if faint || emphasis.is_some() { Ink::Faint } else { Ink::Expected };
            let bytes = edge.totals.bytes().saturating_add(back.map_or(0, |back| back.totals.bytes()));
            let width = if ink == Ink::Faint { 0.75 } else { thickness(bytes, State::Expected) };
            match back {
                // The half of the line at the responder is the link's own.
                Some(back) => {
                    let half = points.len() / 2;
                    let path = Shape::Path { points: points[half..].to_vec(), width };
                    pen.spot(path, Subject::Link(edge.key), &says);
                    if back.key > edge.key {
                        pen.line(&points, width, ink);
                        let reversed: Vec<Point> = points.iter().rev().copied().collect();
                        arrowhead(pen, &reversed, 3.5 + width * 1.5, ink);
                        arrowhead(pen, &points, 3.5 + width * 1.5, ink);
                    }
                }
                None => {
                    sample(pen, &points, edge.state, width, ink);
                    pen.spot(Shape::Path { points: points.clone(), width }, Subject::Link(edge.key), &says);
                }
            }
            if ink != Ink::Faint {
                covered.extend(spaced(&points));
            }
            continue;
        }
        let stands_out = emphasis.is_none_or(|subject| belongs(edge, subject));
        let taken: Vec<&[Point]> = curves.iter().map(|curve| curve.points.as_slice()).collect();
        let points = curve(stands[from].at, stands[to].at, &BOWS, &nodes, &taken);
        let ink = match (edge.state, stands_out) {
            (_, false) => Ink::Faint,
            (State::Expected, true) => Ink::Accent,
            (state, true) => ink(state),
        };
        let mut width = if ink == Ink::Faint { 0.75 } else { thickness(edge.totals.bytes(), edge.state) };
        if edge.number == Some(1) && ink != Ink::Faint {
            width += 1.25;
        }
        sample(pen, &points, edge.state, width, ink);
        if edge.cut && ink != Ink::Faint {
            double_bar(pen, &points, width, Ink::Text);
        }
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

/// A hatched way from each site that no log names to the middle, so that silence is not taken for quiet.
fn unlogged(pen: &mut Pen, network: &Network, stands: &[Stand], view: &View) {
    let centre = match view.layout {
        Layout::Ring(centre) => centre,
        Layout::Map | Layout::Force => network.centre(),
    };
    let Some(middle) = centre.and_then(|party| network.index(party)) else { return };
    for party in network.unlogged.iter().filter(|party| Some(**party) != centre).take(60) {
        let Some(index) = network.index(*party) else { continue };
        let points = curve(stands[index].at, stands[middle].at, &[0.0], &[], &[]);
        sample(pen, &points, State::NoLog, 1.0, Ink::Hatch);
        let says = format!("{} · {}", network.nodes[index].card.name, pen.words.no_log);
        pen.spot(Shape::Path { points, width: 5.0 }, Subject::Site(*party), &says);
    }
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
    let arrow = if state.is_marked() { 5.0 } else { 3.5 } + width * 1.5;
    let shaft = shortened(points, arrow * 0.8);
    if state.is_marked() && ink != Ink::Faint {
        // A rim of ground parts it from what it crosses.
        pen.line(&shaft, width + 3.0, Ink::Ground);
    }
    match state {
        State::Suspected => pen.stroke(&shaft, width, Strokes::Dashed(7.0, 4.0), ink),
        State::NoLog => hatched(pen, points, ink),
        State::Violation | State::Anomalous | State::Expected | State::Cut => pen.line(&shaft, width, ink),
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

/// Two strokes across a line near its responder: cut.
pub fn double_bar(pen: &mut Pen, points: &[Point], width: f32, ink: Ink) {
    let middle = along(points, 0.78);
    let (a, b) = (along(points, 0.76), along(points, 0.8));
    let length = a.distance(b).max(0.01);
    let (dx, dy) = ((b.x - a.x) / length, (b.y - a.y) / length);
    let reach = width + 4.0;
    for off in [-2.5, 2.5] {
        let at = middle.plus(dx * off, dy * off);
        let ends = [at.plus(-dy * reach, dx * reach), at.plus(dy * reach, -dx * reach)];
        pen.line(&ends, 4.0, Ink::Ground);
        pen.line(&ends, 1.75, ink);
    }
}

/// How far a marked link may bow, in parts of its length: the first is what it does where nothing is in its way.
const BOWS: [f32; 6] = [0.17, 0.3, 0.06, -0.17, -0.3, 0.45];
/// From this length on, in units, a link bows no further.
const FAR: f32 = 470.0;

/// From one node's edge to the other's, bowed by one of these parts of its length (to the left as seen from the initiator
/// where it is positive): the first that passes no other node and lies on no line drawn before.
fn curve(from: Point, to: Point, bows: &[f32], nodes: &[Point], taken: &[&[Point]]) -> Vec<Point> {
    let others = || nodes.iter().filter(|node| node.distance(from) > 1.0 && node.distance(to) > 1.0);
    let cost = |points: &[Point]| {
        let met = others().filter(|node| points.iter().any(|p| p.is_within(NODE + 7.0, **node))).count() * 3;
        let inner = &points[points.len() / 4..points.len() * 3 / 4];
        let along = |line: &&&[Point]| {
            let near = |p: &&Point| line.iter().any(|q| q.is_within(7.0, **p));
            inner.iter().filter(near).count() * 2 > inner.len()
        };
        met + taken.iter().filter(along).count() * 3
    };
    let mut best: Option<(usize, Vec<Point>)> = None;
    for bow in bows {
        let points = bowed(from, to, *bow);
        let cost = if bows.len() > 1 { cost(&points) } else { 0 };
        if cost == 0 {
            return points;
        }
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, points));
        }
    }
    best.map(|(_, points)| points).unwrap_or_default()
}

fn bowed(from: Point, to: Point, part: f32) -> Vec<Point> {
    const STEPS: u32 = 28;
    let length = from.distance(to).max(1.0);
    // A long link bows less for its length, but the bows that it may choose from stay apart.
    let bow = part * length.min(FAR);
    let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length);
    let control = Point::new((from.x + to.x) / 2.0 + dy * bow, (from.y + to.y) / 2.0 - dx * bow);
    let at = |step: u32| {
        let t = step as f32 / STEPS as f32;
        let (u, a, b) = (1.0 - t, (1.0 - t) * (1.0 - t), t * t);
        let x = a * from.x + 2.0 * u * t * control.x + b * to.x;
        let y = a * from.y + 2.0 * u * t * control.y + b * to.y;
        Point::new(x, y)
    };
    let whole: Vec<Point> = (0..=STEPS).map(at).collect();
    let trimmed = shortened(&whole, (NODE + 4.0).min(length * 0.3));
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
pub(super) fn badges(
    pen: &mut Pen,
    curves: &[Curve<'_>],
    stands: &[Stand],
    captions: &[Rect],
    bounds: Rect,
) -> Vec<Option<Rect>> {
    // From the middle outwards, to either side in turn.
    let parts = (0..37).map(|n| 0.5 + 0.02 * (n / 2 + n % 2) as f32 * if n % 2 == 0 { 1.0 } else { -1.0 });
    let nodes: Vec<Rect> = stands.iter().map(|s| Rect::new(s.at.x - 7.5, s.at.y - 7.5, 15.0, 15.0)).collect();
    let mut taken: Vec<Rect> = captions.to_vec();
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
        pen.spot(Shape::Box(rect), subject, (pen.words.state)(curve.edge.state));
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
