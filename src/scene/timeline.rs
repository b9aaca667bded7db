//! Flows by hour or day, hatched where no log covers the time, and the brush; below them a lane for each numbered link, with
//! what ran on it and when it was cut, and one for what was done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::graph::{ink, symbol};
use super::network::{Material, State, numbered};
use super::words::{self, Words};
use super::{Anchor, Face, Ink, Pen, Point, Rect, Scene, Shape, Subject};
use crate::case::acts::ActionKind;
use crate::finding::Finding;
use crate::flow::{Hour, Moment, Service};
use crate::ledger::survey::{LinkKey, Survey};
use crate::sorting::LeanSort as _;

/// The timeline, and what its breadth means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// What is painted.
    pub scene: Scene,
    /// The first hour shown, and the one after the last.
    pub span: Option<(Hour, Hour)>,
    /// How many hours a bar stands for.
    pub hours_a_bar: i32,
    /// Where the first hour begins and the last ends.
    edges: (f32, f32),
}

impl Timeline {
    /// The moment at a place; `None` where there is no time to show. Places outside count as the nearest end.
    pub fn moment_at(&self, x: f32) -> Option<Moment> {
        let (first, after) = self.span?;
        let (left, right) = self.edges;
        let part = f64::from(((x - left) / (right - left)).clamp(0.0, 1.0));
        let hours = (f64::from(after.0) - f64::from(first.0)) * part;
        Some(Moment(first.start()?.0 + (hours * 3_600_000_000.0) as i64))
    }

    /// The hours that a brush from `a` to `b` chooses, both included.
    pub fn hours_between(&self, a: f32, b: f32) -> Option<(Hour, Hour)> {
        let (first, after) = self.span?;
        let last = Hour(after.0 - 1);
        let hour = |x: f32| self.moment_at(x).map(|moment| moment.hour().clamp(first, last));
        Some((hour(a.min(b))?, hour(a.max(b))?))
    }
}

/// What the bars need of a survey, summed once: a survey may hold millions of hours, and a brush moves often.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums {
    /// Connections by hour.
    flows: BTreeMap<Hour, u64>,
    /// What sensors recorded, by hour.
    watched: BTreeMap<Hour, u64>,
}

impl Sums {
    /// The sums of a survey.
    pub fn of(survey: &Survey) -> Sums {
        let mut sums = Sums::default();
        for record in survey.links.values().flat_map(|link| link.services.values()) {
            for (hour, totals) in record.hours.iter().filter(|(hour, _)| *hour != Hour::UNDATED) {
                *sums.flows.entry(hour).or_default() += totals.connections();
            }
        }
        for (hour, count) in survey.coverage.values().flatten().filter(|(hour, _)| **hour != Hour::UNDATED) {
            *sums.watched.entry(*hour).or_default() += count;
        }
        sums
    }

    /// All hours that have a flow or were watched: the first, and the one after the last.
    fn span(&self) -> Option<(Hour, Hour)> {
        let ends = [self.flows.keys().next(), self.watched.keys().next()];
        let lasts = [self.flows.keys().next_back(), self.watched.keys().next_back()];
        let first = ends.into_iter().flatten().min()?;
        let last = lasts.into_iter().flatten().max()?;
        Some((*first, Hour(last.0.saturating_add(1))))
    }
}

const SMALL: Face = Face::plain(8.5);
/// Room above the bars, and for the dates below them.
const ABOVE: f32 = 6.0;
const BELOW: f32 = 14.0;
/// Room at the left for the scale.
const MARGIN: f32 = 46.0;
/// The height of a lane, where there is room and where there is little; and how high the bars are at least.
const LANE: f32 = 11.0;
const LOW_LANE: f32 = 9.0;
const LEAST_BARS: f32 = 18.0;

/// How high a timeline with all its lanes is, with bars of this height.
pub fn height(material: &Material<'_>, bars: f32) -> f32 {
    of_lanes(material, bars, LANE)
}

/// How high it is at least, without leaving a lane out.
pub fn least_height(material: &Material<'_>) -> f32 {
    of_lanes(material, LEAST_BARS, LOW_LANE)
}

fn of_lanes(material: &Material<'_>, bars: f32, lane: f32) -> f32 {
    let lanes = lanes(material);
    ABOVE + bars + BELOW + if lanes > 0 { lanes as f32 * lane + 4.0 } else { 0.0 }
}

/// One for each numbered link, and one for what was done.
fn lanes(material: &Material<'_>) -> usize {
    numbered(material.findings, material.order).len() + usize::from(!material.actions.is_empty())
}

/// Draws the timeline of all flows. `brush` is what is chosen; `findings` are in rank order.
pub fn timeline(
    material: &Material<'_>,
    sums: &Sums,
    brush: Option<(Hour, Hour)>,
    width: f32,
    height: f32,
    words: &'static Words,
) -> Timeline {
    let mut pen = Pen::writing(width, height, words);
    let wanted = lanes(material);
    let room = (height - ABOVE - BELOW - LEAST_BARS - 4.0).max(0.0);
    let lane = (room / wanted.max(1) as f32).clamp(LOW_LANE, LANE);
    let lanes = wanted.min((room / lane + 0.01) as usize);
    let below = BELOW + if lanes > 0 { lanes as f32 * lane + 4.0 } else { 0.0 };
    let plot = Rect { left: MARGIN, top: ABOVE, right: width - 8.0, bottom: height - below };
    let span = sums.span();
    let Some((first, after)) = span else {
        pen.text(Point::new(MARGIN, height / 2.0), words.no_times, SMALL, Anchor::Start, Ink::Muted);
        return Timeline { scene: pen.scene(), span, hours_a_bar: 1, edges: (plot.left, plot.right) };
    };
    let hours_a_bar = hours_a_bar(after.0.saturating_sub(first.0), plot.width());
    let x = |hour: f64| {
        plot.left
            + (plot.width() as f64 * (hour - f64::from(first.0)) / (f64::from(after.0) - f64::from(first.0))) as f32
    };

    let bar = |hour: &Hour| hour.0.saturating_sub(first.0) / hours_a_bar;
    let by_bar = |hours: &BTreeMap<Hour, u64>| {
        let mut bars: BTreeMap<i32, u64> = BTreeMap::new();
        hours.iter().for_each(|(hour, count)| *bars.entry(bar(hour)).or_default() += count);
        bars
    };
    let (flows, watched) = (by_bar(&sums.flows), by_bar(&sums.watched));
    let most = flows.values().copied().max().unwrap_or(1).max(1);
    // Square roots: a quiet night is still seen beside a busy day. The scale says it.
    let tall = |count: u64| plot.height() * ((count as f64 / most as f64).sqrt() as f32);

    if let Some((from, to)) = brush {
        let chosen = Rect { left: x(f64::from(from.0)), right: x(f64::from(to.0) + 1.0), ..plot };
        pen.panel(Rect { left: chosen.left.max(plot.left), right: chosen.right.min(plot.right), ..plot }, Ink::Land);
    }
    let bars = after.0.saturating_sub(first.0).saturating_add(hours_a_bar - 1) / hours_a_bar;
    let mut gap: Option<i32> = None;
    for n in 0..=bars {
        let seen = n < bars && watched.contains_key(&n);
        match (gap, seen || n == bars) {
            (None, false) => gap = Some(n),
            (Some(from), true) => {
                let at = |n: i32| x(f64::from((first.0 + n * hours_a_bar).min(after.0)));
                pen.hatch(Rect { left: at(from), right: at(n), ..plot }, 5.0, Ink::Hatch);
                gap = None;
            }
            _unchanged => {}
        }
    }
    for n in 0..bars {
        let begins = Hour(first.0 + n * hours_a_bar);
        let ends = Hour((begins.0 + hours_a_bar).min(after.0));
        let (left, right) = (x(f64::from(begins.0)), x(f64::from(ends.0)));
        let count = flows.get(&n).copied().unwrap_or(0);
        let chosen = brush.is_none_or(|(from, to)| begins <= to && ends > from);
        let gutter = if right - left > 3.0 { 0.75 } else { 0.0 };
        if count > 0 {
            let bar =
                Rect { left, right: right - gutter, top: plot.bottom - tall(count).max(1.0), bottom: plot.bottom };
            pen.panel(bar, if chosen { Ink::Bar } else { Ink::Faint });
        }
        let shape = Shape::Box(Rect { left, right, ..plot });
        let says = words.bucket(begins, i64::from(ends.0 - begins.0), count, watched.contains_key(&n));
        pen.spot(shape, Subject::Hours(begins, Hour(ends.0 - 1)), &says);
    }
    pen.line(&[Point::new(plot.left, plot.bottom), Point::new(plot.right, plot.bottom)], 0.75, Ink::Muted);
    scale(&mut pen, plot, most, hours_a_bar);
    dates(&mut pen, plot, (first, after), x);
    let axis = Axis { plot, lane, hours_a_bar, first, x: &x };
    draw_lanes(&mut pen, material, &axis, lanes);
    if let Some((from, to)) = brush {
        for hour in [f64::from(from.0), f64::from(to.0) + 1.0] {
            let x = x(hour).clamp(plot.left, plot.right);
            pen.line(&[Point::new(x, plot.top), Point::new(x, plot.bottom)], 1.5, Ink::Accent);
        }
    }
    Timeline { scene: pen.scene(), span, hours_a_bar, edges: (plot.left, plot.right) }
}

/// The fewest hours that still leave a bar two units: an hour, a part of a day, days.
fn hours_a_bar(hours: i32, width: f32) -> i32 {
    let most = (width / 2.5).max(1.0) as i32;
    let steps = [1, 2, 3, 6, 12, 24, 48, 168, 720, 8760, 87_600, 876_000];
    steps.into_iter().find(|step| hours / step <= most).unwrap_or(876_000 * 10)
}

/// The height's meaning, at the left.
fn scale(pen: &mut Pen, plot: Rect, most: u64, hours_a_bar: i32) {
    let right = plot.left - 4.0;
    pen.fitted(Point::new(right, plot.top + 6.5), &words::short(most), SMALL, Anchor::End, Ink::Muted, MARGIN - 6.0);
    pen.line(&[Point::new(plot.left - 2.0, plot.top), Point::new(plot.left + 3.0, plot.top)], 0.75, Ink::Muted);
    if plot.height() >= 34.0 {
        let label = (pen.words.flows_a_bar)(hours_a_bar);
        pen.fitted(Point::new(right, plot.top + 16.5), pen.words.flows, SMALL, Anchor::End, Ink::Muted, MARGIN - 6.0);
        pen.fitted(Point::new(right, plot.top + 26.5), &label, SMALL, Anchor::End, Ink::Muted, MARGIN - 6.0);
    }
    pen.text(Point::new(right, plot.bottom + 2.0), "0", SMALL, Anchor::End, Ink::Muted);
}

/// Dates below, as many as find room, each at its midnight; the zone at the end.
fn dates(pen: &mut Pen, plot: Rect, (first, after): (Hour, Hour), x: impl Fn(f64) -> f32) {
    let base = plot.bottom + 11.0;
    let zone = pen.text(Point::new(plot.right, base), pen.words.timeline_axis, SMALL, Anchor::End, Ink::Muted);
    let hours = after.0.saturating_sub(first.0);
    // With less than two days, hours of the day; else days, weeks, months.
    let least = f64::from(hours) * 48.0 / f64::from(plot.width());
    let steps = [1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2160, 8760, 87_600];
    let step = steps.into_iter().find(|step| f64::from(*step) >= least).unwrap_or(876_000);
    let mut hour = first.0.div_euclid(step) * step;
    if step >= 168 {
        hour = first.0;
    }
    let mut free_from = plot.left - 2.0;
    let mut year = None;
    while hour <= after.0 {
        let at = x(f64::from(hour));
        if hour >= first.0 {
            pen.line(&[Point::new(at, plot.bottom), Point::new(at, plot.bottom + 3.0)], 0.75, Ink::Muted);
            let label = pen.words.tick(Hour(hour), step, &mut year);
            let width = SMALL.width(&label);
            let left = (at - width / 2.0).max(plot.left);
            if left >= free_from && left + width < zone.left - 4.0 {
                pen.text(Point::new(left, base), &label, SMALL, Anchor::Start, Ink::Muted);
                free_from = left + width + 6.0;
            }
        }
        hour += step;
    }
}

/// Where time stands on the picture.
struct Axis<'x> {
    plot: Rect,
    /// The height of a lane.
    lane: f32,
    hours_a_bar: i32,
    first: Hour,
    x: &'x dyn Fn(f64) -> f32,
}

impl Axis<'_> {
    fn at(&self, moment: Moment) -> f32 {
        (self.x)(moment.0 as f64 / 3.6e9).clamp(self.plot.left, self.plot.right)
    }

    /// The stretch of a bar.
    fn bar(&self, hour: Hour) -> (f32, f32) {
        let n = (hour.0 - self.first.0).div_euclid(self.hours_a_bar);
        let edge = |n: i32| (self.x)(f64::from(self.first.0 + n * self.hours_a_bar)).min(self.plot.right);
        (edge(n), edge(n + 1))
    }
}

/// A lane for each numbered link, then one for the actions.
fn draw_lanes(pen: &mut Pen, material: &Material<'_>, axis: &Axis<'_>, lanes: usize) {
    let acted = !material.actions.is_empty() && lanes > 0;
    let top = axis.plot.bottom + BELOW + 3.0;
    let findings = numbered(material.findings, material.order);
    for (n, finding) in findings.iter().enumerate().take(lanes - usize::from(acted)) {
        let middle = top + axis.lane * (n as f32 + 0.5);
        lane(pen, material, axis, finding, n + 1, middle);
    }
    if acted {
        actions(pen, material, axis, top + axis.lane * (lanes as f32 - 0.5), top);
    }
}

/// What ran on a link, of the services that findings are about; two thin lines where it was cut.
fn lane(pen: &mut Pen, material: &Material<'_>, axis: &Axis<'_>, finding: &Finding, number: usize, middle: f32) {
    let own = ink(State::from(gravest(material, finding)));
    let plot = axis.plot;
    pen.line(&[Point::new(plot.left, middle), Point::new(plot.right, middle)], 0.5, Ink::Rule);
    for (from, to) in cuts(material, axis, finding) {
        for off in [-2.5, 2.5] {
            pen.line(&[Point::new(from, middle + off), Point::new(to, middle + off)], 0.75, Ink::Text);
        }
        pen.line(&[Point::new(from, middle - 4.0), Point::new(from, middle + 4.0)], 1.5, Ink::Text);
    }
    // Whether something ran in a bar, or was only tried: in the time of each finding on the link, of its service.
    let mut bars: BTreeMap<i32, bool> = BTreeMap::new();
    for own in material.findings.iter().filter(|own| own.link == finding.link) {
        let Some((first, last)) = own.window.map(|(first, last)| (first.hour(), last.hour())) else { continue };
        for (hour, totals) in hours_of(material, own, first, last) {
            let n = (hour.0 - axis.first.0).div_euclid(axis.hours_a_bar);
            *bars.entry(n).or_default() |= totals.established > 0 || totals.denied + totals.failed == 0;
        }
    }
    // Below it and thinner, whatever else ran over the first finding's service.
    for (hour, _) in hours_of(material, finding, Hour(Hour::UNDATED.0.saturating_add(1)), Hour(i32::MAX)) {
        let n = (hour.0 - axis.first.0).div_euclid(axis.hours_a_bar);
        if let std::collections::btree_map::Entry::Vacant(_) = bars.entry(n) {
            let (left, right) = axis.bar(hour);
            pen.panel(Rect { left, right: right.max(left + 1.0), top: middle - 0.75, bottom: middle + 0.75 }, Ink::Bar);
        }
    }
    for (n, ran) in bars {
        let (left, right) = axis.bar(Hour(axis.first.0 + n * axis.hours_a_bar));
        let rect = Rect { left, right: right.max(left + 2.0), top: middle - 2.75, bottom: middle + 2.75 };
        if ran {
            pen.panel(rect, own);
        } else {
            pen.panel(rect, Ink::Ground);
            pen.frame(rect.grown(-0.4), 0.75, own);
        }
    }
    let disc = Point::new(plot.left - 10.0, middle);
    pen.disc(disc, (axis.lane / 2.0 - 0.25).min(5.25), own);
    pen.text(disc.plus(0.0, 2.9), &number.to_string(), Face::bold(8.0), Anchor::Middle, Ink::OnMark);
    symbol(pen, disc.plus(-11.0, 0.0), State::from(gravest(material, finding)), (axis.lane - 0.6).min(9.0), own);
    let rect = Rect { left: 0.0, right: plot.right, top: middle - axis.lane / 2.0, bottom: middle + axis.lane / 2.0 };
    pen.spot(Shape::Box(rect), Subject::Finding(finding.id.clone()), finding.because.of(pen.words.language));
}

/// What ran on a finding's link, over its service where it is about one, between two hours.
fn hours_of<'m>(
    material: &Material<'m>,
    finding: &Finding,
    first: Hour,
    last: Hour,
) -> impl Iterator<Item = (Hour, crate::ledger::Totals)> + use<'m> {
    let (link, service): (LinkKey, Option<Service>) = (finding.link, finding.service);
    let services = material.survey.links.get(&link).into_iter().flat_map(|link| &link.services);
    let own = services.filter(move |(own, _)| service.is_none_or(|service| service == **own));
    let hours = own.flat_map(move |(_, record)| record.hours.range(first, last));
    hours.filter(|(hour, _)| *hour != Hour::UNDATED)
}

fn gravest(material: &Material<'_>, finding: &Finding) -> crate::finding::Gravity {
    let own = material.findings.iter().filter(|other| other.link == finding.link).map(|other| other.gravity);
    own.max().unwrap_or(finding.gravity)
}

/// The stretches in which a finding's link was cut.
fn cuts(material: &Material<'_>, axis: &Axis<'_>, finding: &Finding) -> Vec<(f32, f32)> {
    let mut out = Vec::new();
    let mut open: Option<f32> = None;
    for action in material.acted(finding.link, finding.service) {
        let at = axis.at(Moment((action.at * 1e6) as i64));
        match (action.kind, open) {
            (ActionKind::Cut, None) => open = Some(at),
            (ActionKind::Restore, Some(from)) => {
                out.push((from, at));
                open = None;
            }
            (ActionKind::Cut | ActionKind::Restrict | ActionKind::Restore, _) => {}
        }
    }
    out.extend(open.map(|from| (from, axis.plot.right)));
    out
}

/// What was done, each at its moment, with a line up through the lanes; dates where there is room.
fn actions(pen: &mut Pen, material: &Material<'_>, axis: &Axis<'_>, middle: f32, top: f32) {
    let label = pen.words.actions;
    pen.fitted(Point::new(axis.plot.left - 4.0, middle + 3.0), label, SMALL, Anchor::End, Ink::Muted, MARGIN - 6.0);
    let mut own: Vec<_> = material.actions.iter().collect();
    own.lean_sort_by(|a, b| a.at.total_cmp(&b.at).then(a.kind.cmp(&b.kind)));
    own.dedup_by(|a, b| a.kind == b.kind && a.at == b.at);
    let mut free_from = axis.plot.left - 2.0;
    for (n, action) in own.iter().enumerate() {
        let moment = Moment((action.at * 1e6) as i64);
        let at = axis.at(moment);
        pen.line(&[Point::new(at, top - 2.0), Point::new(at, middle - 4.0)], 0.5, Ink::Muted);
        let spot = Point::new(at, middle);
        pen.disc(spot, 4.5, Ink::Ground);
        match action.kind {
            ActionKind::Cut => symbol(pen, spot, State::Cut, 10.0, Ink::Text),
            ActionKind::Restrict => {
                let tip = [spot.plus(-3.5, -2.5), spot.plus(3.5, -2.5), spot.plus(0.0, 3.5)];
                pen.area(&tip, Ink::Text);
            }
            ActionKind::Restore => pen.circle(spot, 3.0, 1.25, Ink::Text),
        }
        let says = format!(
            "{} {} → {} ({}) · {} UTC · {}: {}",
            (pen.words.action)(action.kind),
            action.from,
            action.to,
            action.service,
            words::minute(moment),
            action.who,
            action.why,
        );
        let (first, last) = (Hour(moment.hour().0), moment.hour());
        pen.spot(Shape::Box(Rect::new(at - 5.0, middle - 5.0, 10.0, 10.0)), Subject::Hours(first, last), &says);
        let text = format!("{} {}", (pen.words.action)(action.kind), pen.words.date(moment));
        let short = pen.words.date(moment);
        let limit = own.get(n + 1).map_or(axis.plot.right + 6.0, |next| axis.at(Moment((next.at * 1e6) as i64)) - 6.0);
        let after = at + 6.0;
        let fits = [text, short].into_iter().find(|text| after + SMALL.width(text) <= limit && after >= free_from);
        if let Some(text) = fits {
            let written = pen.text(Point::new(after, middle + 3.0), &text, SMALL, Anchor::Start, Ink::Text);
            free_from = written.right + 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, START};
    use super::super::words::Language;
    use super::super::{Mark, Palette};
    use super::*;

    fn draw(case: &samples::Case, brush: Option<(Hour, Hour)>, width: f32, height: f32) -> Timeline {
        let words = Language::English.of_pictures();
        timeline(&case.material(), &Sums::of(&case.survey), brush, width, height, words)
    }

    #[test]
    fn the_timeline_is_legible_at_every_width() {
        let mut case = samples::model();
        // Ten hours and a day without any log.
        for hours in case.survey.coverage.values_mut() {
            hours.retain(|hour, _| !(100..134).contains(&(hour.0 - START.0)));
        }
        let brush = Some((Hour(START.0 + 24 * 8), Hour(START.0 + 24 * 12 - 1)));
        for (width, height) in [(1000.0, 140.0), (560.0, 100.0), (390.0, 60.0)] {
            for brush in [None, brush] {
                let drawn = draw(&case, brush, width, height);
                samples::assert_legible(&drawn.scene, 8.0);
                samples::show(&format!("timeline-{width}-{}", brush.is_some()), &drawn.scene, Palette::Light);
                assert!(drawn.scene.marks.iter().any(|m| matches!(m, Mark::Line { ink: Ink::Hatch, .. })), "the gap");
            }
        }
    }

    #[test]
    fn a_brush_chooses_the_hours_under_it() {
        let case = samples::model();
        let drawn = draw(&case, None, 1054.0, 80.0);
        let (first, after) = drawn.span.unwrap();
        assert_eq!((first, after.0 - first.0), (START, 24 * 45));
        assert_eq!(drawn.moment_at(MARGIN), START.start());
        assert_eq!(drawn.hours_between(-50.0, 5000.0), Some((first, Hour(after.0 - 1))));
        let day = 1000.0 / 45.0;
        let chosen = drawn.hours_between(MARGIN + day * 2.999, MARGIN + day * 1.001);
        assert_eq!(chosen, Some((Hour(START.0 + 24), Hour(START.0 + 71))));
    }

    #[test]
    fn without_times_it_says_so() {
        let drawn = draw(&samples::Case::of(&[]), None, 500.0, 60.0);
        assert_eq!(drawn.moment_at(10.0), None);
        assert_eq!(drawn.scene.text_boxes().len(), 1);
    }
}
