//! The matrix: rows call, columns answer. Each state has a mark of its own, so that the page reads in grey: what is forbidden,
//! what is new, what is rare, what was cut, what no log covers, and what was watched and did not happen.
//!
//! Texts can't be turned on every backend alike, so a column bears a short code that its row bears too.

use super::graph::{Picture, ink, symbol};
use super::network::{Edge, Network, State};
use super::words::{Cell, Words};
use super::{Anchor, Face, Ink, Pen, Point, Rect, Shape, Subject, widths};
use crate::evidence::text::visible;
use crate::ledger::survey::LinkKey;
use crate::sites::Party;
use crate::sorting::LeanSort as _;

/// How far the matrix is enlarged, and what part of it is seen: names stay at the edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// 1 shows all of it.
    pub zoom: f32,
    /// How far its upper left corner is moved, in scene units.
    pub pan: Point,
}

const PLAIN: Face = Face::plain(9.0);
const BOLD: Face = Face::bold(9.0);
const SMALL: Face = Face::plain(8.0);
/// Cells are no larger than this unless enlarged.
const LARGEST: f32 = 56.0;
/// From this size on a cell has a name beside it, a symbol in it, its number in it.
const NAMED: f32 = 8.5;
const SIGNED: f32 = 8.0;
const NUMBERED: f32 = 26.0;
/// Height of the key below.
const KEY: f32 = 18.0;

/// Draws the matrix. `chosen` and what belongs to it is framed.
pub fn matrix(
    network: &Network,
    width: f32,
    height: f32,
    (chosen, window): (Option<&Subject>, Option<Window>),
    words: &'static Words,
) -> Picture {
    let mut pen = Pen::writing(width, height, words);
    let order = ordered(network);
    let codes = codes(network, &order);
    let window = window.unwrap_or(Window { zoom: 1.0, pan: Point::default() });
    let count = order.len().max(1) as f32;

    let widest = order.iter().map(|index| BOLD.width(&words.name(&network.nodes[*index].card))).fold(76.0, f32::max);
    let code = codes.iter().map(|code| SMALL.width(code)).fold(0.0, f32::max);
    let letters = codes.iter().map(|code| code.chars().count()).max().unwrap_or(1) as f32;
    let left = (widest + code + 16.0).min(width * 0.34);
    let room = |top: f32| ((width - left - 8.0) / count).min((height - top - KEY - 6.0) / count).min(LARGEST);
    // Codes lie in a line where columns are broad enough, else their letters stand one below the other.
    let lying = room(20.0) * window.zoom >= code + 3.0;
    let top = if lying { 20.0 } else { letters * 8.5 + 6.0 };
    let cell = room(top).max(0.5) * window.zoom;
    let plot = Rect { left, top, right: width - 8.0, bottom: height - KEY - 4.0 };
    let origin = Point::new(plot.left + window.pan.x, plot.top + window.pan.y);
    let place = |row: usize, column: usize| {
        Rect::new(origin.x + column as f32 * cell, origin.y + row as f32 * cell, cell, cell)
    };
    let seen = |rect: &Rect| {
        rect.left >= plot.left - 0.5
            && rect.top >= plot.top - 0.5
            && rect.right <= plot.right + 0.5
            && rect.bottom <= plot.bottom + 0.5
    };

    grid(&mut pen, network, &order, &place, plot, cell);
    let at = |party: Party| order.iter().position(|index| network.nodes[*index].card.party == party);
    let mut shown = 0;
    for (row, index) in order.iter().enumerate() {
        let node = &network.nodes[*index];
        let rect = place(row, row);
        if !seen(&rect) {
            continue;
        }
        pen.panel(rect.grown(-cell * 0.06), Ink::Panel);
        if node.state.is_marked() {
            mark(&mut pen, rect, node.state, None, cell);
        }
        pen.spot(Shape::Box(rect), Subject::Site(node.card.party), &words.node(node));
    }
    for edge in &network.edges {
        let (Some(row), Some(column)) = (at(edge.key.from), at(edge.key.to)) else { continue };
        shown += 1;
        let rect = place(row, column);
        if !seen(&rect) {
            continue;
        }
        filled(&mut pen, rect, edge, cell);
        let name = |party: Party| at(party).map_or("", |n| network.nodes[order[n]].card.name.as_str());
        let says = words.edge(edge, name(edge.key.from), name(edge.key.to));
        pen.spot(Shape::Box(rect), Subject::Link(edge.key), &says);
    }
    for party in &network.unlogged {
        let Some(own) = at(*party) else { continue };
        for other in (0..order.len()).filter(|other| *other != own) {
            for rect in [place(own, other), place(other, own)].into_iter().filter(|rect| seen(rect)) {
                pen.hatch(rect.grown(-0.5), 3.5_f32.max(cell / 5.0), Ink::Hatch);
            }
        }
        let (first, last) = (place(own, 0), place(own, order.len() - 1));
        let says = format!("{} · {}", network.nodes[order[own]].card.name, words.no_log);
        let row = Rect { right: last.right.min(plot.right), left: first.left.max(plot.left), ..first };
        if seen(&row) {
            pen.spot(Shape::Box(row), Subject::Site(*party), &says);
        }
    }
    frames(&mut pen, chosen, &order, network, &place, plot);
    let unnamed = heads(&mut pen, network, &order, &codes, &Heads { plot, cell, lying, place: &place });
    key(&mut pen, network, Rect { left: 8.0, top: height - KEY, right: width - 8.0, bottom: height });
    Picture { scene: pen.scene(), shown, of: network.of, unnamed }
}

/// By country, the middle's first; within it by role and name. What is no site comes last.
fn ordered(network: &Network) -> Vec<usize> {
    let home =
        network.centre().and_then(|party| network.index(party)).and_then(|n| network.nodes[n].card.country.clone());
    let mut order: Vec<usize> = (0..network.nodes.len()).collect();
    order.lean_sort_by_key(|index| {
        let card = &network.nodes[*index].card;
        let is_site = matches!(card.party, Party::Site(_));
        let abroad = card.country.is_none() || card.country != home;
        (!is_site, abroad, card.country.is_none(), card.country.clone(), card.role.clone(), card.name.clone(), *index)
    });
    order
}

/// `JP1`, `JP2`, …: the country and a number; a number alone without one.
fn codes(network: &Network, order: &[usize]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut before: Option<(String, usize)> = None;
    for index in order {
        let card = &network.nodes[*index].card;
        let prefix = match card.party {
            Party::External => "■".to_owned(),
            Party::Country(country) => format!("■{}", country.code()),
            Party::Unassigned => "○".to_owned(),
            Party::Site(_) => card.country.as_deref().map(|c| visible(c).chars().take(3).collect()).unwrap_or_default(),
        };
        let number = match &before {
            Some((last, number)) if *last == prefix => number + 1,
            _fresh => 1,
        };
        out.push(if matches!(card.party, Party::Site(_)) { format!("{prefix}{number}") } else { prefix.clone() });
        before = Some((prefix, number));
    }
    out
}

/// Thin lines between sites, stronger ones between countries.
fn grid(
    pen: &mut Pen,
    network: &Network,
    order: &[usize],
    place: &dyn Fn(usize, usize) -> Rect,
    plot: Rect,
    cell: f32,
) {
    let country = |n: usize| {
        order.get(n).map(|index| {
            (&network.nodes[*index].card.country, matches!(network.nodes[*index].card.party, Party::Site(_)))
        })
    };
    let (first, last) = (place(0, 0), place(order.len().saturating_sub(1), order.len().saturating_sub(1)));
    let (right, bottom) = (last.right.min(plot.right), last.bottom.min(plot.bottom));
    let (left, top) = (first.left.max(plot.left), first.top.max(plot.top));
    for n in 0..=order.len() {
        let border = n == 0 || n == order.len() || country(n) != country(n - 1);
        if !border && cell < 5.0 {
            continue;
        }
        let (thick, own) = if border { (0.75, Ink::Hatch) } else { (0.375, Ink::Rule) };
        let at = place(n, n);
        if at.left >= plot.left - 0.5 && at.left <= plot.right {
            pen.line(&[Point::new(at.left, top), Point::new(at.left, bottom)], thick, own);
        }
        if at.top >= plot.top - 0.5 && at.top <= plot.bottom {
            pen.line(&[Point::new(left, at.top), Point::new(right, at.top)], thick, own);
        }
    }
}

/// A link's cell.
fn filled(pen: &mut Pen, rect: Rect, edge: &Edge, cell: f32) {
    match edge.state {
        State::Violation | State::Anomalous | State::Suspected => mark(pen, rect, edge.state, Some(edge), cell),
        State::NoLog => pen.hatch(rect.grown(-0.5), 3.5_f32.max(cell / 5.0), Ink::Hatch),
        State::Expected | State::Cut => {
            // The side by the volume: a tenth of the cell at a kilobyte, three fifths at a petabyte.
            let tenfolds = (edge.totals.bytes().max(1) as f64 / 1000.0).log10().clamp(0.0, 12.0) as f32;
            let half = (cell * (0.12 + 0.2 * tenfolds / 12.0)).max(0.6);
            let middle = rect.centre();
            let dot = Rect::new(middle.x - half, middle.y - half, half * 2.0, half * 2.0);
            if edge.rare && cell >= 5.0 {
                pen.frame(dot.grown(-0.4), 0.9, Ink::Bar);
            } else {
                pen.panel(dot, Ink::Bar);
            }
        }
    }
    if edge.cut && cell >= 5.0 {
        let middle = rect.centre();
        for off in [-cell * 0.09, cell * 0.09] {
            let x = middle.x + off;
            let ends = [Point::new(x, rect.top + 1.0), Point::new(x, rect.bottom - 1.0)];
            pen.line(&ends, cell * 0.09 + 1.5, Ink::Ground);
            pen.line(&ends, (cell * 0.06).max(0.9), Ink::Text);
        }
    }
}

/// The mark of a state: a full box with a symbol; only suspected, an open one.
fn mark(pen: &mut Pen, rect: Rect, state: State, edge: Option<&Edge>, cell: f32) {
    let own = ink(state);
    let inner = rect.grown(-(cell * 0.05).max(0.25));
    let signed = match state {
        State::Suspected if cell >= 5.0 => {
            pen.panel(inner, Ink::Ground);
            pen.frame(inner.grown(-0.6), 1.2, own);
            own
        }
        _full => {
            pen.panel(inner, own);
            Ink::OnMark
        }
    };
    if cell < SIGNED {
        return;
    }
    let (middle, size) = (rect.centre(), (cell * 0.62).clamp(8.0, 14.0));
    let is_new = edge.is_some_and(|edge| edge.novel) && state != State::Violation;
    let sign = |pen: &mut Pen, at: Point| {
        if is_new {
            plus(pen, at, size, signed);
        } else {
            symbol(pen, at, state, size, signed);
        }
    };
    match edge.and_then(|edge| edge.number) {
        Some(number) if cell >= NUMBERED => {
            pen.text(middle.plus(-5.5, 3.9), &number.to_string(), Face::bold(11.0), Anchor::Middle, signed);
            sign(pen, middle.plus(6.0, 0.0));
        }
        Some(number) if cell >= 12.0 => {
            pen.text(middle.plus(0.0, 3.3), &number.to_string(), Face::bold(9.0), Anchor::Middle, signed);
        }
        _none => sign(pen, middle),
    }
}

/// New: a plus, as two strokes.
fn plus(pen: &mut Pen, at: Point, size: f32, ink: Ink) {
    let r = size * 0.34;
    pen.line(&[at.plus(-r, 0.0), at.plus(r, 0.0)], size * 0.17, ink);
    pen.line(&[at.plus(0.0, -r), at.plus(0.0, r)], size * 0.17, ink);
}

/// Frames around what is chosen: a cell, or a site's row and column.
fn frames(
    pen: &mut Pen,
    chosen: Option<&Subject>,
    order: &[usize],
    network: &Network,
    place: &dyn Fn(usize, usize) -> Rect,
    plot: Rect,
) {
    let at = |party: Party| order.iter().position(|index| network.nodes[*index].card.party == party);
    let last = order.len().saturating_sub(1);
    let mut frame = |rect: Rect| {
        let inside = Rect {
            left: rect.left.max(plot.left),
            top: rect.top.max(plot.top),
            right: rect.right.min(plot.right),
            bottom: rect.bottom.min(plot.bottom),
        };
        if inside.right > inside.left && inside.bottom > inside.top {
            pen.frame(inside, 1.75, Ink::Accent);
        }
    };
    let of_link = |key: &LinkKey| at(key.from).zip(at(key.to)).map(|(row, column)| place(row, column));
    match chosen {
        Some(Subject::Site(party)) => {
            if let Some(own) = at(*party) {
                let (a, b) = (place(own, 0), place(own, last));
                frame(Rect { right: b.right, ..a });
                let (a, b) = (place(0, own), place(last, own));
                frame(Rect { bottom: b.bottom, ..a });
            }
        }
        Some(Subject::Link(key)) => {
            if let Some(rect) = of_link(key) {
                frame(rect);
            }
        }
        Some(Subject::Finding(id)) => {
            let edge = network.edges.iter().find(|edge| edge.findings.contains(id));
            if let Some(rect) = edge.and_then(|edge| of_link(&edge.key)) {
                frame(rect);
            }
        }
        Some(Subject::Hours(..) | Subject::Words) | None => {}
    }
}

struct Heads<'h> {
    plot: Rect,
    cell: f32,
    lying: bool,
    place: &'h dyn Fn(usize, usize) -> Rect,
}

/// Names at the left, codes at the left and above; returns how many sites have no room for a name.
fn heads(pen: &mut Pen, network: &Network, order: &[usize], codes: &[String], heads: &Heads<'_>) -> usize {
    let Heads { plot, cell, lying, place } = *heads;
    let words = pen.words;
    let mut unnamed = 0;
    if lying || cell >= 14.0 {
        let corner = Rect { left: 8.0, right: plot.left - 8.0, top: 0.0, bottom: plot.top };
        let text = format!("{} · {}", words.matrix_corner.0, words.matrix_corner.1);
        let at = Point::new(corner.left, plot.top - 6.0);
        pen.fitted(at, &text, SMALL, Anchor::Start, Ink::Muted, corner.width());
    }
    for (n, (index, code)) in order.iter().zip(codes).enumerate() {
        let node = &network.nodes[*index];
        let rect = place(n, n);
        let marked = network
            .edges
            .iter()
            .any(|edge| edge.state.is_marked() && (edge.key.from == node.card.party || edge.key.to == node.card.party));
        let (face, own) = if marked { (BOLD, Ink::Text) } else { (PLAIN, Ink::Muted) };
        if cell < NAMED {
            unnamed += 1;
            // Without a name, the row can still be pointed at.
            continue;
        }
        let size = face.size.min(cell * 0.98);
        let face = Face { size: size.max(8.0), ..face };
        if rect.top >= plot.top - 0.5 && rect.bottom <= plot.bottom + 0.5 {
            let base = rect.centre().y + face.size * 0.34;
            let code = pen.text(Point::new(plot.left - 6.0, base), code, SMALL, Anchor::End, Ink::Muted);
            let name = widths::fitted(&visible(&words.name(&node.card)), face.size, face.bold, code.left - 14.0);
            pen.text(Point::new(code.left - 6.0, base), &name, face, Anchor::End, own);
            let row = Rect { left: 0.0, right: plot.left, ..rect };
            pen.spot(Shape::Box(row), Subject::Site(node.card.party), &words.node(node));
        }
        if rect.left >= plot.left - 0.5 && rect.right <= plot.right + 0.5 {
            let x = rect.centre().x;
            if lying {
                pen.text(Point::new(x, plot.top - 6.0), code, SMALL, Anchor::Middle, own);
            } else {
                let letters: Vec<char> = code.chars().collect();
                for (k, letter) in letters.iter().rev().enumerate() {
                    let at = Point::new(x, plot.top - 4.0 - k as f32 * 8.5);
                    pen.text(at, &letter.to_string(), SMALL, Anchor::Middle, own);
                }
            }
        }
    }
    unnamed
}

/// What each mark means, in a row; what does not occur is left out.
fn key(pen: &mut Pen, network: &Network, area: Rect) {
    let words = pen.words;
    let occurs = |test: &dyn Fn(&Edge) -> bool| network.edges.iter().any(test);
    let y = area.centre().y;
    let mut x = area.left;
    let mut entry = |pen: &mut Pen, text: &str, draw: &dyn Fn(&mut Pen, Rect)| {
        let width = SMALL.width(text);
        if x + 14.0 + width > area.right {
            return;
        }
        draw(pen, Rect::new(x, y - 5.5, 11.0, 11.0));
        pen.text(Point::new(x + 15.0, y + 3.0), text, SMALL, Anchor::Start, Ink::Text);
        x += 15.0 + width + 12.0;
    };
    for state in [State::Violation, State::Anomalous, State::Suspected] {
        if occurs(&|edge| edge.state == state && !(edge.novel && state != State::Violation)) {
            entry(pen, (words.state)(state), &|pen, rect| mark(pen, rect, state, None, 11.0));
        }
    }
    if occurs(&|edge| edge.novel && matches!(edge.state, State::Anomalous | State::Suspected)) {
        entry(pen, words.new, &|pen, rect| {
            pen.panel(rect.grown(-0.5), ink(State::Anomalous));
            plus(pen, rect.centre(), 7.0, Ink::OnMark);
        });
    }
    let dot = |rect: Rect| rect.grown(-2.75);
    if occurs(&|edge| edge.state == State::Expected && !edge.rare) {
        entry(pen, (words.matrix_key)(Cell::Expected), &|pen, rect| pen.panel(dot(rect), Ink::Bar));
    }
    if occurs(&|edge| edge.state == State::Expected && edge.rare) {
        entry(pen, (words.matrix_key)(Cell::Rare), &|pen, rect| pen.frame(dot(rect), 0.9, Ink::Bar));
    }
    if occurs(&|edge| edge.cut) {
        entry(pen, (words.state)(State::Cut), &|pen, rect| symbol(pen, rect.centre(), State::Cut, 11.0, Ink::Text));
    }
    if !network.unlogged.is_empty() {
        entry(pen, words.no_log, &|pen, rect| pen.hatch(rect, 3.0, Ink::Hatch));
    }
    entry(pen, (words.matrix_key)(Cell::Nothing), &|pen, rect| pen.frame(rect.grown(-0.5), 0.5, Ink::Rule));
}

#[cfg(test)]
mod tests {
    use super::super::Palette;
    use super::super::network::{Lens, abroad, network};
    use super::super::samples::{self, Case};
    use super::super::words::Language;
    use super::*;

    fn drawn(case: &Case, size: (f32, f32), window: Option<Window>) -> Picture {
        let network = network(&case.material(), Lens::default());
        matrix(&network, size.0, size.1, (None, window), Language::English.of_pictures())
    }

    #[test]
    fn nothing_overlaps_at_any_number_of_sites() {
        for (name, case) in [
            ("model", samples::model()),
            ("many12", samples::many(12)),
            ("many60", samples::many(60)),
            ("many300", samples::many(300)),
            ("hostile", samples::hostile()),
            ("one", Case::of(&[("Tokyo DC", "JP", 35.68, 139.77)])),
            ("none", Case::of(&[])),
        ] {
            for (size, suffix) in [((1000.0, 700.0), ""), ((390.0, 500.0), "-phone")] {
                let picture = drawn(&case, size, None);
                samples::show(&format!("matrix-{name}{suffix}"), &picture.scene, Palette::Light);
                samples::assert_legible(&picture.scene, 8.0);
                assert!(!suffix.is_empty() || name == "many300" || picture.unnamed == 0, "{name}: {}", picture.unnamed);
            }
        }
    }

    #[test]
    fn what_is_outside_stands_apart_by_country() {
        let words = Language::English.of_pictures();
        let mut case = samples::model();
        let [th, kp] = ["TH", "KP"].map(|code| Party::Country(crate::sites::Country::of(code).unwrap()));
        case.link(samples::site(2), th, samples::tcp(443), 0, 24, 1_000_000);
        case.link(kp, samples::site(0), samples::tcp(443), 0, 24, 1_000_000);
        case.cards.extend(abroad(&case.survey, words));
        let network = network(&case.material(), Lens::default());
        let order = ordered(&network);
        let names: Vec<&str> = order.iter().map(|index| network.nodes[*index].card.name.as_str()).collect();
        assert_eq!(names[6..], ["External", "External (KP)", "External (TH)"]);
        assert_eq!(codes(&network, &order)[6..], ["■", "■KP", "■TH"]);
        let picture = drawn(&case, (1000.0, 700.0), None);
        samples::assert_legible(&picture.scene, 8.0);
        assert_eq!(picture.unnamed, 0);
    }

    #[test]
    fn enlarged_three_hundred_sites_have_names_at_the_edges() {
        let window = Window { zoom: 8.0, pan: Point::new(-2000.0, -1500.0) };
        let picture = drawn(&samples::many(300), (1000.0, 700.0), Some(window));
        samples::show("matrix-many300-zoomed", &picture.scene, Palette::Light);
        samples::assert_legible(&picture.scene, 8.0);
        assert!(picture.scene.text_boxes().iter().filter(|(_, text)| text.starts_with("Site ")).count() > 20);
    }

    #[test]
    fn every_link_has_a_cell_that_can_be_pointed_at() {
        let case = samples::model();
        let scene = drawn(&case, (600.0, 400.0), None).scene;
        for key in case.survey.links.keys().filter(|key| key.from != key.to) {
            assert!(scene.spots.iter().any(|spot| spot.subject == Subject::Link(*key)), "{key:?}");
        }
    }
}
