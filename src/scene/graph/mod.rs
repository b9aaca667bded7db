//! The picture of sites and links: where they stand, how they are joined, what is named.

mod backdrop;
mod links;
mod names;

use super::network::{Edge, Network, State};
use super::words::Words;
use super::{Anchor, Face, Ink, Pen, Point, Rect, Scene, Shape, Strokes, Subject};
use crate::sites::Party;
use crate::sorting::LeanSort as _;
use backdrop::Stand;
pub(super) use links::{BADGE, badge};
pub use links::{double_bar, sample, thickness};

/// How the network is to be shown.
#[derive(Clone)]
pub struct View {
    /// Width in scene units.
    pub width: f32,
    /// Height in scene units.
    pub height: f32,
    /// How sites are placed.
    pub layout: Layout,
    /// What was chosen: it and what belongs to it stands out, the rest steps back.
    pub chosen: Option<Subject>,
    /// What lies under the pointer; it stands out as what is chosen does.
    pub pointed: Option<Subject>,
    /// Where the analyst put sites, in parts of the picture's width and height.
    pub pins: Vec<(Party, (f32, f32))>,
    /// The language.
    pub words: &'static Words,
}

impl View {
    /// A view of this size with nothing chosen, in these words.
    pub fn of(width: f32, height: f32, layout: Layout, words: &'static Words) -> View {
        View { width, height, layout, chosen: None, pointed: None, pins: Vec::new(), words }
    }
}

/// How sites are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// On the map of the world; sites without a position stand in a tray below.
    Map,
    /// On a ring, with a party in the middle if wanted (see [`Network::centre`]).
    Ring(Option<Party>),
    /// Those that talk near each other.
    Force,
}

/// A picture, and what it does not show.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What is painted.
    pub scene: Scene,
    /// How many links are drawn.
    pub shown: usize,
    /// Of how many.
    pub of: usize,
    /// How many sites have no name on the picture for want of room. Their spots say it.
    pub unnamed: usize,
}

/// How many links without a finding are drawn; those with the most bytes. Links with a finding always are.
pub const MOST_PLAIN_LINKS: usize = 1500;
/// From this many links on, those without a finding are drawn faint, as a texture under the others.
pub const FAINT_FROM: usize = 120;

/// The size of a site on the picture.
const NODE: f32 = 5.5;

/// Draws the network.
pub fn graph(network: &Network, view: &View) -> Picture {
    let mut pen = Pen::writing(view.width, view.height, view.words);
    let backdrop::Ground { stands, mut captions, home } = backdrop::draw(&mut pen, network, view);

    let mut edges: Vec<&Edge> = network.edges.iter().collect();
    edges.lean_sort_by_key(|edge| (edge.state, edge.number.map(std::cmp::Reverse), edge.totals.bytes(), edge.key));
    let plain = edges.iter().filter(|edge| !edge.state.is_marked()).count();
    edges.drain(..plain.saturating_sub(MOST_PLAIN_LINKS));

    let faint = network.edges.len() > FAINT_FROM;
    let (curves, covered) = links::draw(&mut pen, network, &stands, &edges, view, faint);
    captions.extend(home.map(|home| backdrop::name(&mut pen, &home, &stands, &covered)));
    nodes(&mut pen, network, &stands, view);
    let bounds = Rect::new(0.0, 0.0, view.width, view.height).grown(-3.0);
    let badges = links::badges(&mut pen, &curves, &stands, &captions, bounds);
    let obstacles = Obstacles { badges: &badges, captions: &captions, soft: &covered };
    let unnamed = names::draw(&mut pen, network, &stands, &curves, &obstacles, view);
    Picture { scene: pen.scene(), shown: edges.len(), of: network.of, unnamed }
}

/// What names keep off.
struct Obstacles<'o> {
    badges: &'o [Option<Rect>],
    captions: &'o [Rect],
    soft: &'o [Point],
}

fn nodes(pen: &mut Pen, network: &Network, stands: &[Stand], view: &View) {
    for (node, stand) in network.nodes.iter().zip(stands) {
        let at = stand.at;
        if at.distance(stand.home) > NODE {
            pen.line(&[stand.home, at], 0.75, Ink::Muted);
            pen.disc(stand.home, 1.25, Ink::Muted);
        }
        if node.state.is_marked() {
            pen.circle(at, NODE + 4.0, 2.0, ink(node.state));
        }
        let subject = Subject::Site(node.card.party);
        if view.chosen.as_ref() == Some(&subject) || view.pointed.as_ref() == Some(&subject) {
            pen.circle(at, NODE + 3.0, 2.0, Ink::Accent);
        }
        let centre = view.layout == Layout::Ring(Some(node.card.party));
        match node.card.party {
            Party::Site(_) => {
                let radius = if centre { NODE + 1.5 } else { NODE };
                pen.disc(at, radius + 1.5, Ink::Ground);
                pen.disc(at, radius, Ink::Node);
                if network.unlogged.contains(&node.card.party) {
                    let inside = NODE * 0.85;
                    pen.disc(at, radius, Ink::Ground);
                    pen.hatch(Rect::new(at.x, at.y, 0.0, 0.0).grown(inside), 3.0, Ink::Node);
                    pen.circle(at, radius, 1.0, Ink::Node);
                }
                if node.card.guessed {
                    pen.disc(at, NODE - 2.0, Ink::Ground);
                }
            }
            Party::External | Party::Country(_) => {
                pen.panel(Rect::new(at.x - NODE, at.y - NODE, 2.0 * NODE, 2.0 * NODE), Ink::Node)
            }
            Party::Unassigned => {
                pen.disc(at, NODE, Ink::Ground);
                pen.stroke(&ring_points(at, NODE), 1.25, Strokes::Dashed(3.0, 2.0), Ink::Node);
            }
        }
        let mut says = pen.words.node(node);
        if network.unlogged.contains(&node.card.party) {
            says = format!("{says} · {}", pen.words.no_log);
        }
        pen.spot(Shape::Disc { centre: at, radius: NODE + 2.0 }, subject, &says);
    }
}

fn ring_points(centre: Point, radius: f32) -> Vec<Point> {
    let at = |step: i32| (f64::from(step) / 16.0 * std::f64::consts::TAU).sin_cos();
    (0..=16).map(at).map(|(sin, cos)| centre.plus(radius * sin as f32, -radius * cos as f32)).collect()
}

/// The ink of a state.
pub fn ink(state: State) -> Ink {
    match state {
        State::Violation => Ink::Violation,
        State::Anomalous => Ink::Anomalous,
        State::Suspected => Ink::Suspected,
        State::Expected => Ink::Expected,
        State::NoLog => Ink::Hatch,
        State::Cut => Ink::Node,
    }
}

/// Draws a state's symbol: `✕` as two strokes, so that no font decides how it looks.
pub fn symbol(pen: &mut Pen, at: Point, state: State, size: f32, ink: Ink) {
    match state {
        State::Violation => {
            let r = size * 0.28;
            pen.line(&[at.plus(-r, -r), at.plus(r, r)], size * 0.17, ink);
            pen.line(&[at.plus(-r, r), at.plus(r, -r)], size * 0.17, ink);
        }
        State::Anomalous => mark(pen, at, "!", size, ink),
        State::Suspected => mark(pen, at, "?", size, ink),
        State::Cut => {
            for off in [-0.14, 0.14] {
                let x = size * off;
                pen.line(&[at.plus(x, -size * 0.36), at.plus(x, size * 0.36)], size * 0.12, ink);
            }
        }
        State::Expected | State::NoLog => {}
    }
}

fn mark(pen: &mut Pen, at: Point, text: &str, size: f32, ink: Ink) {
    pen.text(at.plus(0.0, size * 0.36), text, Face::bold(size), Anchor::Middle, ink);
}

/// A box with round ends.
pub(super) fn capsule(pen: &mut Pen, rect: Rect, ink: Ink) {
    let r = rect.height() / 2.0;
    let y = rect.centre().y;
    pen.disc(Point::new(rect.left + r, y), r, ink);
    pen.disc(Point::new(rect.right - r, y), r, ink);
    pen.panel(Rect { left: rect.left + r, right: rect.right - r, ..rect }, ink);
}

#[cfg(test)]
mod tests {
    use super::super::Palette;
    use super::super::network::{Lens, network};
    use super::super::samples::{self, Case};
    use super::super::words::Language;
    use super::*;

    fn drawn(case: &Case, layout: Layout, size: (f32, f32)) -> Picture {
        let network = network(&case.material(), Lens::default());
        let layout = if layout == Layout::Ring(None) { Layout::Ring(network.centre()) } else { layout };
        let view = View::of(size.0, size.1, layout, Language::English.of_pictures());
        graph(&network, &view)
    }

    #[test]
    fn names_never_overlap_and_stay_inside() {
        let cases = [
            ("model", samples::model()),
            ("many12", samples::many(12)),
            ("many60", samples::many(60)),
            ("one", Case::of(&[("Tokyo DC", "JP", 35.68, 139.77)])),
            ("none", Case::of(&[])),
            ("hostile", samples::hostile()),
        ];
        for (name, case) in &cases {
            for (layout, kind) in [(Layout::Map, "map"), (Layout::Ring(None), "ring")] {
                for (size, suffix) in [((1000.0, 600.0), ""), ((390.0, 500.0), "-phone")] {
                    let picture = drawn(case, layout, size);
                    samples::show(&format!("{name}-{kind}{suffix}"), &picture.scene, Palette::Light);
                    samples::assert_legible(&picture.scene, 8.0);
                    assert!(!suffix.is_empty() || picture.unnamed == 0, "{name} {kind}: {} unnamed", picture.unnamed);
                }
            }
        }
        samples::show("model-dark", &drawn(&cases[0].1, Layout::Map, (1000.0, 600.0)).scene, Palette::Dark);
    }

    #[test]
    fn the_same_case_gives_the_same_bytes() {
        let draw = || drawn(&samples::model(), Layout::Map, (800.0, 500.0)).scene.to_bytes();
        assert_eq!(draw(), draw());
    }

    #[test]
    fn what_is_chosen_stands_out_and_the_rest_steps_back() {
        let case = samples::model();
        let network = network(&case.material(), Lens::default());
        let chosen = Some(Subject::Site(samples::site(5)));
        let view = View { chosen, ..View::of(800.0, 500.0, Layout::Map, Language::English.of_pictures()) };
        let inks: Vec<Ink> = graph(&network, &view)
            .scene
            .marks
            .iter()
            .filter_map(|mark| match mark {
                super::super::Mark::Line { ink, .. } => Some(*ink),
                _other => None,
            })
            .collect();
        assert!(inks.contains(&Ink::Suspected) && inks.contains(&Ink::Accent) && inks.contains(&Ink::Faint));
        assert!(!inks.contains(&Ink::Violation), "the violations are not of New York");
    }

    #[test]
    fn every_link_and_site_can_be_pointed_at() {
        let case = samples::model();
        let scene = drawn(&case, Layout::Map, (800.0, 500.0)).scene;
        let links = case.survey.links.keys().filter(|key| key.from != key.to);
        for subject in links.map(|key| Subject::Link(*key)).chain([Subject::Site(samples::site(3))]) {
            assert!(scene.spots.iter().any(|spot| spot.subject == subject), "{subject:?}");
        }
    }

    #[test]
    fn hundreds_of_sites_and_thousands_of_links_are_still_legible() {
        let mut case = samples::many(300);
        for n in 0..1200_u32 {
            case.link(
                samples::site(n % 300),
                samples::site((n * 7 + n / 300 + 1) % 300),
                samples::tcp(443),
                0,
                1,
                1_000,
            );
        }
        let picture = drawn(&case, Layout::Ring(None), (1000.0, 700.0));
        samples::show("many300-ring", &picture.scene, Palette::Light);
        samples::assert_legible(&picture.scene, 8.0);
        assert!(
            picture.shown > MOST_PLAIN_LINKS && picture.shown < picture.of,
            "those with a finding are never left out"
        );
    }

    /// The scene of the model case as the SVG that the report gets. Generated and looked at, never typed.
    #[test]
    fn the_model_case_looks_as_it_did() {
        let picture = drawn(&samples::model(), Layout::Ring(None), (640.0, 400.0));
        insta::assert_snapshot!(crate::paint::svg(
            &picture.scene,
            Palette::Paper,
            "Model case",
            "Six sites on a ring.",
            ""
        ));
    }
}
