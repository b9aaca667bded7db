//! Flows by hour or day, the findings above them, hatched where no log covers the time, and the brush.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::graph::ink;
use super::network::{State, numbered};
use super::{Anchor, Face, Ink, Pen, Point, Rect, Scene, Shape, Subject, words};
use crate::finding::Finding;
use crate::flow::{Hour, Moment};
use crate::ledger::survey::Survey;

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

const SMALL: Face = Face::plain(8.5);
/// Room for the numbers of the findings, and for the dates.
const ABOVE: f32 = 20.0;
const BELOW: f32 = 14.0;
/// Room at the left for the scale.
const MARGIN: f32 = 46.0;

/// Draws the timeline of all flows. `brush` is what is chosen; `findings` are in rank order.
pub fn timeline(
    survey: &Survey,
    findings: &[Finding],
    brush: Option<(Hour, Hour)>,
    width: f32,
    height: f32,
) -> Timeline {
    let mut pen = Pen::new(width, height);
    let plot = Rect { left: MARGIN, top: ABOVE, right: width - 8.0, bottom: height - BELOW };
    let span = span(survey);
    let Some((first, after)) = span else {
        pen.text(Point::new(MARGIN, height / 2.0), words::NO_TIMES, SMALL, Anchor::Start, Ink::Muted);
        return Timeline { scene: pen.scene(), span, hours_a_bar: 1, edges: (plot.left, plot.right) };
    };
    let hours_a_bar = hours_a_bar(after.0.saturating_sub(first.0), plot.width());
    let x = |hour: f64| {
        plot.left
            + (plot.width() as f64 * (hour - f64::from(first.0)) / (f64::from(after.0) - f64::from(first.0))) as f32
    };

    let mut flows: BTreeMap<i32, u64> = BTreeMap::new();
    let mut watched: BTreeMap<i32, u64> = BTreeMap::new();
    let bar = |hour: &Hour| hour.0.saturating_sub(first.0) / hours_a_bar;
    for record in survey.links.values().flat_map(|link| link.services.values()) {
        for (hour, totals) in record.hours.iter().filter(|(hour, _)| *hour != Hour::UNDATED) {
            *flows.entry(bar(&hour)).or_default() += totals.connections();
        }
    }
    for (hour, count) in survey.coverage.values().flatten().filter(|(hour, _)| **hour != Hour::UNDATED) {
        *watched.entry(bar(hour)).or_default() += count;
    }
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
        let says = words::bucket(begins, i64::from(ends.0 - begins.0), count, watched.contains_key(&n));
        pen.spot(shape, Subject::Hours(begins, Hour(ends.0 - 1)), &says);
    }
    pen.line(&[Point::new(plot.left, plot.bottom), Point::new(plot.right, plot.bottom)], 0.75, Ink::Muted);
    scale(&mut pen, plot, most, hours_a_bar);
    dates(&mut pen, plot, (first, after), x);
    marks(&mut pen, plot, findings, x);
    if let Some((from, to)) = brush {
        for hour in [f64::from(from.0), f64::from(to.0) + 1.0] {
            let x = x(hour).clamp(plot.left, plot.right);
            pen.line(&[Point::new(x, plot.top), Point::new(x, plot.bottom)], 1.5, Ink::Accent);
        }
    }
    Timeline { scene: pen.scene(), span, hours_a_bar, edges: (plot.left, plot.right) }
}

/// All hours that have a flow or were watched: the first, and the one after the last.
fn span(survey: &Survey) -> Option<(Hour, Hour)> {
    let watched = survey.coverage.values().flat_map(|hours| hours.keys());
    let flows = survey.links.values().flat_map(|link| link.services.values()).flat_map(|record| record.hours.keys());
    let dated = || watched.clone().copied().chain(flows.clone()).filter(|hour| *hour != Hour::UNDATED);
    let (first, last) = (dated().min()?, dated().max()?);
    Some((first, Hour(last.0.saturating_add(1))))
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
        let label = words::flows_a_bar(hours_a_bar);
        pen.fitted(Point::new(right, plot.top + 16.5), "flows", SMALL, Anchor::End, Ink::Muted, MARGIN - 6.0);
        pen.fitted(Point::new(right, plot.top + 26.5), &label, SMALL, Anchor::End, Ink::Muted, MARGIN - 6.0);
    }
    pen.text(Point::new(right, plot.bottom + 2.0), "0", SMALL, Anchor::End, Ink::Muted);
}

/// Dates below, as many as find room, each at its midnight; the zone at the end.
fn dates(pen: &mut Pen, plot: Rect, (first, after): (Hour, Hour), x: impl Fn(f64) -> f32) {
    let base = plot.bottom + 11.0;
    let zone = pen.text(Point::new(plot.right, base), words::TIMELINE_AXIS, SMALL, Anchor::End, Ink::Muted);
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
            let label = words::tick(Hour(hour), step, &mut year);
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

/// The numbered findings, at their first flow; those that follow each other closely stand beside each other.
fn marks(pen: &mut Pen, plot: Rect, findings: &[Finding], x: impl Fn(f64) -> f32) {
    let mut wanted: Vec<(f32, usize, &Finding)> = Vec::new();
    let mut ends: Vec<f32> = Vec::new();
    for (place, finding) in numbered(findings).into_iter().enumerate() {
        if let Some((begin, end)) = finding.window {
            let hours = |moment: Moment| moment.0 as f64 / 3.6e9;
            let (left, right) = (x(hours(begin)), x(hours(end)).min(plot.right));
            wanted.push((left, place + 1, finding));
            ends.push(right.max(left + 2.0));
        }
    }
    // The first number lies on top where they overlap.
    for ((left, _, finding), right) in wanted.iter().zip(&ends).rev() {
        let ink = ink(State::from(finding.gravity));
        pen.line(&[Point::new(*left, plot.top - 2.0), Point::new(*right, plot.top - 2.0)], 2.5, ink);
        pen.line(&[Point::new(*left, plot.top - 3.0), Point::new(*left, plot.bottom)], 1.0, ink);
    }
    wanted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut free_from = plot.left - 8.0;
    for (n, (at, number, finding)) in wanted.iter().enumerate() {
        // Leaves room for those to come.
        let after = (wanted.len() - n) as f32 * 15.0;
        let left = (at - 7.0).max(free_from).min(plot.right + 7.0 - after);
        let rect = Rect::new(left, 1.0, 14.0, 14.0);
        pen.disc(rect.centre(), 7.0, ink(State::from(finding.gravity)));
        let base = rect.centre().plus(0.0, 3.5);
        pen.text(base, &number.to_string(), Face::bold(10.0), Anchor::Middle, Ink::OnMark);
        pen.spot(Shape::Box(rect), Subject::Finding(finding.id.clone()), &finding.because);
        free_from = left + 15.0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, START};
    use super::super::{Mark, Palette};
    use super::*;

    #[test]
    fn the_timeline_is_legible_at_every_width() {
        let mut case = samples::model();
        // Ten hours and a day without any log.
        for hours in case.survey.coverage.values_mut() {
            hours.retain(|hour, _| !(100..134).contains(&(hour.0 - START.0)));
        }
        let brush = Some((Hour(START.0 + 24 * 8), Hour(START.0 + 24 * 12 - 1)));
        for (width, height) in [(1000.0, 90.0), (560.0, 60.0), (390.0, 70.0)] {
            for brush in [None, brush] {
                let drawn = timeline(&case.survey, &case.findings, brush, width, height);
                samples::assert_legible(&drawn.scene, 8.0);
                samples::show(&format!("timeline-{width}-{}", brush.is_some()), &drawn.scene, Palette::Light);
                assert!(drawn.scene.marks.iter().any(|m| matches!(m, Mark::Line { ink: Ink::Hatch, .. })), "the gap");
            }
        }
    }

    #[test]
    fn a_brush_chooses_the_hours_under_it() {
        let case = samples::model();
        let drawn = timeline(&case.survey, &case.findings, None, 1054.0, 80.0);
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
        let drawn = timeline(&Survey::default(), &[], None, 500.0, 60.0);
        assert_eq!(drawn.moment_at(10.0), None);
        assert_eq!(drawn.scene.text_boxes().len(), 1);
    }
}
