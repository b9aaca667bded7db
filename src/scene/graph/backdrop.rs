//! What the links are drawn on: land and coasts, the ring, the bands of what has no place there; and where each party stands.

use super::super::network::Network;
use super::super::{Anchor, Face, Ink, Pen, Point, Rect};
use super::{Layout, NODE, View};
use crate::placing::{force, map, ring};
use crate::sites::Party;
use crate::sorting::LeanSort as _;

/// Where a party stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stand {
    /// Where it is drawn.
    pub at: Point,
    /// Where it truly is; elsewhere than `at` where it had to be moved aside.
    pub home: Point,
    /// Away from the middle, of length about 1; `(0, 0)` where there is no such direction.
    pub outward: Point,
}

const CAPTION: Face = Face::plain(9.0);
/// Width of the band of what is outside.
const OUTSIDE: f32 = 84.0;
/// Height and width of a place in the tray.
const CELL: (f32, f32) = (120.0, 24.0);

/// The country of the middle, to be named on its rim.
pub(super) struct Home {
    name: String,
    /// Where its name may stand, all around.
    rim: Vec<Point>,
    within: Rect,
}

/// What the backdrop says of itself.
pub(super) struct Ground {
    /// Where each node stands, in the order of the nodes.
    pub stands: Vec<Stand>,
    /// The boxes of its own words.
    pub captions: Vec<Rect>,
    /// The country that is drawn around the middle.
    pub home: Option<Home>,
}

/// Draws the backdrop.
pub(super) fn draw(pen: &mut Pen, network: &Network, view: &View) -> Ground {
    let mut captions = Vec::new();
    let mut home = None;
    let all = Rect::new(0.0, 0.0, view.width, view.height);
    let is_site = |party: Party| matches!(party, Party::Site(_));
    let (mut placed, mut tray, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    for (index, node) in network.nodes.iter().enumerate() {
        match (is_site(node.card.party), view.layout) {
            (false, _) => outside.push(index),
            (true, Layout::Map) if node.card.position.is_none() => tray.push(index),
            (true, Layout::Map | Layout::Ring(_) | Layout::Force) => placed.push(index),
        }
    }

    let band = if outside.is_empty() { 0.0 } else { OUTSIDE.min(view.width * 0.12).max(56.0) };
    let columns = (((view.width - band) / CELL.0) as usize).max(1);
    let rows = tray.len().div_ceil(columns);
    let tray_height = if rows == 0 { 0.0 } else { rows as f32 * CELL.1 + 18.0 };
    let main = Rect { right: all.right - band, bottom: all.bottom - tray_height, ..all };

    let mut stands =
        vec![Stand { at: all.centre(), home: all.centre(), outward: Point::default() }; network.nodes.len()];
    match view.layout {
        Layout::Map => on_map(pen, network, &placed, main, band, &mut stands),
        Layout::Ring(centre) => home = on_ring(pen, network, &placed, centre, main, &mut stands),
        Layout::Force => by_force(network, &placed, main, &mut stands),
    }
    // Where the analyst put it, it stays.
    for index in &placed {
        let pinned = view.pins.iter().find(|(party, _)| *party == network.nodes[*index].card.party);
        if let Some((_, (x, y))) = pinned {
            let at = Point::new(all.width() * x, all.height() * y);
            stands[*index] = Stand { at, home: at, outward: Point::default() };
        }
    }

    if band > 0.0 {
        let strip = Rect { left: main.right, ..all };
        let title = match outside.iter().all(|index| network.nodes[*index].card.party.is_outside()) {
            true => pen.words.outside,
            false => pen.words.no_site,
        };
        pen.panel(strip, Ink::Panel);
        pen.line(&[Point::new(strip.left, 0.0), Point::new(strip.left, strip.bottom)], 0.75, Ink::Rule);
        let written = pen.fitted(Point::new(strip.centre().x, 13.0), title, CAPTION, Anchor::Middle, Ink::Muted, band);
        captions.push(written);
        for (n, index) in outside.iter().enumerate() {
            let y = strip.height() * (n as f32 + 1.0) / (outside.len() as f32 + 1.0);
            let at = Point::new(strip.centre().x, y);
            stands[*index] = Stand { at, home: at, outward: Point::new(0.0, 1.0) };
        }
    }
    if rows > 0 {
        let strip = Rect { top: main.bottom, right: main.right, ..all };
        pen.panel(strip, Ink::Panel);
        pen.line(&[Point::new(0.0, strip.top), Point::new(strip.right, strip.top)], 0.75, Ink::Rule);
        let caption = pen.words.tray;
        captions.push(pen.fitted(
            Point::new(6.0, strip.top + 12.0),
            caption,
            CAPTION,
            Anchor::Start,
            Ink::Muted,
            strip.width(),
        ));
        for (n, index) in tray.iter().enumerate() {
            let (column, row) = (n % columns, n / columns);
            let x = strip.left + 12.0 + column as f32 * (strip.width() - 12.0) / columns as f32;
            let at = Point::new(x, strip.top + 27.0 + row as f32 * CELL.1);
            stands[*index] = Stand { at, home: at, outward: Point::new(1.0, 0.0) };
        }
    }
    Ground { stands, captions, home }
}

/// Names the country around the middle where its rim is least crossed by links; returns the name's box.
pub(super) fn name(pen: &mut Pen, home: &Home, stands: &[Stand], links: &[Point]) -> Rect {
    let face = Face::bold(9.0);
    let (width, within) = (face.width(&home.name) + 6.0, home.within.grown(-4.0));
    let boxed = |at: &Point| {
        let x = at.x.clamp(within.left + width / 2.0, within.right - width / 2.0);
        Rect::new(x - width / 2.0, at.y - 7.0, width, 13.0)
    };
    let cost = |rect: &Rect| {
        let near = |points: &mut dyn Iterator<Item = Point>, reach: f32| {
            points.filter(|at| rect.grown(reach).has(*at)).count()
        };
        near(&mut links.iter().copied(), 3.0) + 20 * near(&mut stands.iter().map(|stand| stand.at), 24.0)
    };
    let rect = home.rim.iter().map(boxed).min_by_key(cost).unwrap_or_default();
    pen.panel(rect, Ink::Ground);
    pen.text(Point::new(rect.centre().x, rect.top + 10.0), &home.name, face, Anchor::Middle, Ink::Muted);
    rect.grown(1.0)
}

fn on_map(pen: &mut Pen, network: &Network, placed: &[usize], main: Rect, band: f32, stands: &mut [Stand]) {
    // Names stand mostly at the sides; beyond the right side there is the band of what is outside, where there is one.
    let (left, pad_y) = ((main.width() * 0.21).min(104.0), (main.height() * 0.16).min(64.0));
    let right = if band > 0.0 { left * 0.5 } else { left };
    let inner =
        Rect { left: main.left + left, right: main.right - right, top: main.top + pad_y, bottom: main.bottom - pad_y };
    let positions: Vec<(f64, f64)> = placed.iter().filter_map(|index| network.nodes[*index].card.position).collect();
    let frame = map::Frame::fit(&positions, inner, main);
    let coasts = frame.coasts();
    for land in &coasts.land {
        pen.area(land, Ink::Land);
    }
    for lake in &coasts.lakes {
        pen.area(lake, Ink::Ground);
    }
    for border in &coasts.borders {
        pen.line(border, 0.5, Ink::Coast);
    }
    for shore in &coasts.shores {
        pen.line(shore, 0.75, Ink::Coast);
    }
    let homes: Vec<Point> = positions.iter().map(|(lat, lon)| frame.project(*lat, *lon)).collect();
    let moved = map::apart(&homes, NODE * 4.0, main.grown(-NODE * 2.0));
    for ((index, home), at) in placed.iter().zip(homes).zip(moved) {
        stands[*index] = Stand { at, home, outward: Point::default() };
    }
}

/// How many sites of the middle's country stand around it; with more the middle would be as crowded as the ring.
const MOST_INNER: usize = 6;

/// The centre in the middle, the other sites of its country close around it, all others on the ring. Returns the country.
fn on_ring(
    pen: &mut Pen,
    network: &Network,
    placed: &[usize],
    centre: Option<Party>,
    main: Rect,
    stands: &mut [Stand],
) -> Option<Home> {
    let (pad_x, pad_y) = ((main.width() * 0.19).min(112.0), (main.height() * 0.14).min(40.0));
    let area =
        Rect { left: main.left + pad_x, right: main.right - pad_x, top: main.top + pad_y, bottom: main.bottom - pad_y };
    let card = |index: &usize| &network.nodes[*index].card;
    let middle_site = centre.and_then(|party| placed.iter().copied().find(|index| card(index).party == party));
    let home = middle_site.and_then(|index| card(&index).country.clone());
    let is_inner = |index: &usize| Some(*index) != middle_site && home.is_some() && card(index).country == home;
    let mut inner: Vec<usize> = placed.iter().copied().filter(is_inner).collect();
    let outer = placed.len() - inner.len() - usize::from(middle_site.is_some());
    if inner.len() > MOST_INNER || outer < 3 {
        inner.clear();
    }

    // In order of country and name, so that neighbours belong together where traffic does not say otherwise.
    let mut order: Vec<usize> = placed.iter().copied().filter(|index| !inner.contains(index)).collect();
    order.lean_sort_by(|a, b| (&card(a).country, &card(a).name).cmp(&(&card(b).country, &card(b).name)));
    let spot = |party: Party| order.iter().position(|index| card(index).party == party);
    let mut pairs: Vec<(usize, usize, u32)> = network
        .edges
        .iter()
        .filter_map(|edge| Some((spot(edge.key.from)?, spot(edge.key.to)?, if edge.state.is_marked() { 4 } else { 2 })))
        .collect();
    for (n, both) in order.windows(2).enumerate() {
        if card(&both[0]).country.is_some() && card(&both[0]).country == card(&both[1]).country {
            pairs.push((n, n + 1, 5));
        }
    }
    let points = ring::place(order.len(), &pairs, centre.and_then(spot), area);
    let filling = Filling::of(&points, area);
    let points: Vec<Point> = points.into_iter().map(|at| filling.of_point(at)).collect();
    let middle = filling.of_point(area.centre());
    for (index, at) in order.iter().zip(points) {
        let length = at.distance(middle).max(1.0);
        let outward = Point::new((at.x - middle.x) / length, (at.y - middle.y) / length);
        let outward = if at == middle { Point::default() } else { outward };
        stands[*index] = Stand { at, home: at, outward };
    }
    if inner.is_empty() {
        return None;
    }

    // Where a marked link comes in, nobody else stands.
    let ellipse = |part: f32, angle: f64| {
        let (sin, cos) = angle.sin_cos();
        filling.of_point(
            area.centre().plus(area.width() / 2.0 * part * sin as f32, -area.height() / 2.0 * part * cos as f32),
        )
    };
    let mut busy: Vec<(Point, f32)> = Vec::new();
    for edge in network.edges.iter().filter(|edge| Some(edge.key.from) == centre || Some(edge.key.to) == centre) {
        let other = if Some(edge.key.from) == centre { edge.key.to } else { edge.key.from };
        if let Some(index) = network.index(other).filter(|index| !inner.contains(index)) {
            let weight = if edge.state.is_marked() { 3.0 } else { 0.4 };
            let at = stands[index].at;
            let length = at.distance(middle).max(1.0);
            busy.push((Point::new((at.x - middle.x) / length, (at.y - middle.y) / length), weight));
        }
    }
    for index in &inner {
        const STEPS: usize = 36;
        let angle = |step: usize| step as f64 / STEPS as f64 * std::f64::consts::TAU;
        let cost = |step: usize| {
            let at = ellipse(0.46, angle(step));
            let length = at.distance(middle).max(1.0);
            let to = Point::new((at.x - middle.x) / length, (at.y - middle.y) / length);
            busy.iter().map(|(other, weight)| weight / (to.distance(*other) + 0.15)).sum::<f32>()
        };
        let best = (0..STEPS).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(0);
        let at = ellipse(0.46, angle(best));
        let length = at.distance(middle).max(1.0);
        let outward = Point::new((at.x - middle.x) / length, (at.y - middle.y) / length);
        stands[*index] = Stand { at, home: at, outward };
        busy.push((outward, 4.0));
    }
    let rim: Vec<Point> = (0..72).map(|step| ellipse(0.66, f64::from(step) / 72.0 * std::f64::consts::TAU)).collect();
    pen.area(&rim, Ink::Land);
    let code = home.unwrap_or_default();
    let name = (pen.words.country)(&code).map_or_else(|| code.clone(), str::to_owned);
    let rim = (0..24).map(|step| ellipse(0.66, f64::from(step) / 24.0 * std::f64::consts::TAU)).collect();
    Some(Home { name, rim, within: main })
}

/// Draws a ring of few sites out to the whole of its area: of three, none stands at the bottom of a circle.
struct Filling {
    from: Rect,
    to: Rect,
}

impl Filling {
    fn of(points: &[Point], area: Rect) -> Filling {
        let ends = |of: fn(&Point) -> f32| {
            let values = || points.iter().map(of);
            (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max))
        };
        let ((left, right), (top, bottom)) = (ends(|at| at.x), ends(|at| at.y));
        // One or two sites, or a row of them, span nothing.
        let (from, to) = (Rect { left, top, right, bottom }, area);
        let spans = points.len() > 2 && from.width() > area.width() / 2.0 && from.height() > area.height() / 2.0;
        Filling { from: if spans { from } else { area }, to }
    }

    fn of_point(&self, at: Point) -> Point {
        let along = |value: f32, (a, b): (f32, f32), (c, d): (f32, f32)| c + (value - a) / (b - a) * (d - c);
        Point::new(
            along(at.x, (self.from.left, self.from.right), (self.to.left, self.to.right)),
            along(at.y, (self.from.top, self.from.bottom), (self.to.top, self.to.bottom)),
        )
    }
}

/// Those that talk near each other, by forces; those that talk to nobody in a row below.
fn by_force(network: &Network, placed: &[usize], main: Rect, stands: &mut [Stand]) {
    let (pad_x, pad_y) = ((main.width() * 0.12).min(90.0), (main.height() * 0.1).min(36.0));
    let area =
        Rect { left: main.left + pad_x, right: main.right - pad_x, top: main.top + pad_y, bottom: main.bottom - pad_y };
    let spot = |party: Party| placed.iter().position(|index| network.nodes[*index].card.party == party);
    let links: Vec<(u32, u32)> = network
        .edges
        .iter()
        .filter_map(|edge| Some((spot(edge.key.from)? as u32, spot(edge.key.to)? as u32)))
        .collect();
    let points = map::apart(&force::place(placed.len(), &links, area), NODE * 4.0, main.grown(-NODE * 2.0));
    for (index, at) in placed.iter().zip(points) {
        stands[*index] = Stand { at, home: at, outward: Point::default() };
    }
}
