//! Names of sites, and what the numbered links carried, set so that no two overlap.

use super::super::network::{Network, Node};
use super::super::words::Words;
use super::super::{Anchor, Face, Ink, Pen, Point, Rect, widths};
use super::backdrop::Stand;
use super::links::Curve;
use super::{Layout, NODE, Obstacles, View};
use crate::evidence::text::visible;
use crate::placing::labels::{self, Label, Placed};
use crate::sites::Party;
use crate::sorting::LeanSort as _;

const LOUD: Face = Face::bold(11.0);
const CALM: Face = Face::plain(10.0);
const LOUD_IN_CROWD: Face = Face::bold(9.0);
const CALM_IN_CROWD: Face = Face::plain(8.0);
/// With less room than this a site, names are smaller and stand alone.
const CROWDED: f32 = 5000.0;
const SMALL: Face = Face::plain(8.5);
const SMALL_BOLD: Face = Face::bold(8.5);
/// A name longer than this is elided; its spot says it in full.
const WIDEST: f32 = 150.0;

/// Writes the names; returns how many found no room.
pub(super) fn draw(
    pen: &mut Pen,
    network: &Network,
    stands: &[Stand],
    curves: &[Curve<'_>],
    obstacles: &Obstacles<'_>,
    view: &View,
) -> usize {
    let Obstacles { badges, captions, soft } = *obstacles;
    let marked = |party: Party| curves.iter().any(|curve| curve.edge.key.from == party || curve.edge.key.to == party);
    let mut order: Vec<usize> = (0..network.nodes.len()).collect();
    // The middle has most around it, so it chooses first.
    let is_centre = |party: Party| view.layout == Layout::Ring(Some(party));
    order.lean_sort_by_key(|index| {
        let party = network.nodes[*index].card.party;
        (!is_centre(party), !marked(party))
    });

    // The middle's country is written around it.
    let home = match view.layout {
        Layout::Ring(centre) if captions.len() > usize::from(network.nodes.iter().any(is_no_site)) => {
            centre.and_then(|party| network.index(party)).and_then(|index| network.nodes[index].card.country.clone())
        }
        Layout::Ring(_) | Layout::Map | Layout::Force => None,
    };
    let crowded = view.width * view.height / (network.nodes.len().max(1) as f32) < CROWDED;
    let mut texts = Vec::new();
    let mut wanted = Vec::new();
    for index in &order {
        let card = &network.nodes[*index].card;
        let (loud, calm) = if crowded { (LOUD_IN_CROWD, CALM_IN_CROWD) } else { (LOUD, CALM) };
        let face = if marked(card.party) { loud } else { calm };
        let text = widths::fitted(&visible(&view.words.name(card)), face.size, face.bold, WIDEST.min(view.width * 0.4));
        let country = match view.layout {
            Layout::Ring(_) if !crowded => {
                let named =
                    card.country.as_deref().map(|c| (view.words.country)(c).map_or_else(|| code(c), str::to_owned));
                named.filter(|country| !text.contains(country.as_str()) && (home.is_none() || card.country != home))
            }
            Layout::Ring(_) | Layout::Map | Layout::Force => None,
        };
        let tail = country.as_deref().map_or(0.0, |c| SMALL.width(c) + 4.0);
        let stand = &stands[*index];
        let (width, height) = (face.width(&text) + tail + 2.0, face.size * 1.15);
        let clear = NODE + 4.0;
        // In a great crowd a far-off name helps nobody; how many are left out is said.
        let reach = if network.nodes.len() > 100 && !marked(card.party) { 42.0 } else { 265.0 };
        wanted.push(Label { about: stand.at, clear, width, height, outward: stand.outward, reach });
        texts.push((text, country, face));
    }
    let mut carried = Vec::new();
    for (curve, badge) in curves.iter().zip(badges) {
        let Some(badge) = badge.filter(|_| curve.edge.number.is_some()) else { continue };
        let (service, volume) = carries(curve, view.words);
        let width = SMALL_BOLD.width(&service).max(SMALL.width(&volume)) + 4.0;
        let about = badge.centre();
        wanted.push(Label { about, clear: 10.0, width, height: 21.0, outward: Point::default(), reach: 75.0 });
        carried.push((service, volume));
    }

    let mut hard: Vec<Rect> = stands.iter().map(|s| Rect::new(s.at.x, s.at.y, 0.0, 0.0).grown(NODE + 1.5)).collect();
    hard.extend(badges.iter().flatten());
    hard.extend(captions);
    let bounds = Rect::new(0.0, 0.0, view.width, view.height).grown(-3.0);
    let places = labels::place(&wanted, &hard, soft, bounds);

    let mut unnamed = 0;
    for ((text, country, face), placed) in texts.iter().zip(&places) {
        let Some(placed) = placed else {
            unnamed += 1;
            continue;
        };
        plate(pen, placed, soft);
        let base = placed.rect.bottom - face.size * 0.27;
        let ink = if face.bold { Ink::Text } else { Ink::Muted };
        let written = pen.text(Point::new(placed.rect.left + 1.0, base), text, *face, Anchor::Start, ink);
        if let Some(country) = country {
            pen.text(Point::new(written.right + 4.0, base), country, SMALL, Anchor::Start, Ink::Muted);
        }
    }
    for ((service, volume), placed) in carried.iter().zip(&places[texts.len()..]) {
        // Without room that covers no marked link, the table says it.
        let Some(placed) = placed.filter(|placed| !covers_marked(&placed.rect, curves)) else { continue };
        plate(pen, &placed, soft);
        let left = placed.rect.left + 2.0;
        pen.text(Point::new(left, placed.rect.top + 8.5), service, SMALL_BOLD, Anchor::Start, Ink::Text);
        pen.text(Point::new(left, placed.rect.top + 18.5), volume, SMALL, Anchor::Start, Ink::Text);
    }
    unnamed
}

fn is_no_site(node: &Node) -> bool {
    !matches!(node.card.party, Party::Site(_))
}

fn code(country: &str) -> String {
    visible(country).chars().take(3).collect()
}

/// What a link carried: the service that its first finding is about, else all, and bytes each way.
fn carries(curve: &Curve<'_>, words: &Words) -> (String, String) {
    let edge = curve.edge;
    let about = edge.services.iter().find(|(service, _)| Some(*service) == edge.service);
    if let Some((service, totals)) = about {
        return (service.to_string(), words.volume(totals.bytes_out, totals.bytes_in));
    }
    let first = edge.services.first().map_or_else(String::new, |(service, _)| service.to_string());
    let more = edge.services.len().saturating_sub(1);
    let services = if more > 0 { format!("{first} {}", (words.and_more)(more as u64)) } else { first };
    (services, words.volume(edge.totals.bytes_out, edge.totals.bytes_in))
}

/// Whether a label would hide a part of a link that has a finding.
fn covers_marked(rect: &Rect, curves: &[Curve<'_>]) -> bool {
    let segments = || curves.iter().flat_map(|curve| curve.points.windows(2));
    segments().any(|pair| {
        let at = |part: f32| pair[0].plus((pair[1].x - pair[0].x) * part, (pair[1].y - pair[0].y) * part);
        [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().any(|part| rect.grown(1.0).has(at(part)))
    })
}

/// Ground behind a label that a link passes under, and the line that leads to it.
fn plate(pen: &mut Pen, placed: &Placed, soft: &[Point]) {
    if let Some((a, b)) = placed.leader {
        pen.line(&[a, b], 0.75, Ink::Muted);
    }
    let near = placed.rect.grown(4.0);
    if soft.iter().any(|p| near.has(*p)) {
        pen.panel(placed.rect, Ink::Ground);
    }
}
