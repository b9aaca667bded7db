//! Sites on a ring, in an order that keeps those that talk near each other, with one of them in the middle if wanted.

use super::{Point, Rect};

/// Places `count` sites on an ellipse in `area`, clockwise from the top; one or two at the sides of a broad area. `pairs` says who talks to whom and how much that
/// weighs; `centre` stands in the middle.
pub fn place(count: usize, pairs: &[(usize, usize, u32)], centre: Option<usize>, area: Rect) -> Vec<Point> {
    let middle = area.centre();
    let mut points = vec![middle; count];
    let around: Vec<usize> = (0..count).filter(|site| Some(*site) != centre).collect();
    if around.len() == 1 && centre.is_none() {
        return points;
    }
    let order = ordered(around, pairs);
    let angles = even_angles(order.len(), area.width() / 2.0, area.height() / 2.0);
    // One or two lie beside the middle, where a broad area has its room.
    let turned = if order.len() <= 2 && area.width() > area.height() { -std::f64::consts::FRAC_PI_2 } else { 0.0 };
    for (site, angle) in order.into_iter().zip(angles) {
        let (sin, cos) = (angle + turned).sin_cos();
        let x = f64::from(middle.x) + f64::from(area.width()) / 2.0 * sin;
        let y = f64::from(middle.y) - f64::from(area.height()) / 2.0 * cos;
        points[site] = Point::new(x as f32, y as f32);
    }
    points
}

/// Angles from the top that part an ellipse's line into equal lengths.
fn even_angles(count: usize, rx: f32, ry: f32) -> Vec<f64> {
    const STEPS: usize = 1440;
    let (rx, ry) = (f64::from(rx), f64::from(ry));
    let angle = |step: usize| step as f64 / STEPS as f64 * std::f64::consts::TAU;
    let mut walked = vec![0.0_f64];
    for step in 0..STEPS {
        let (s, c) = (angle(step).sin_cos(), angle(step + 1).sin_cos());
        let (dx, dy) = (rx * (c.0 - s.0), ry * (c.1 - s.1));
        walked.push(walked[step] + (dx * dx + dy * dy).sqrt());
    }
    let whole = walked[STEPS];
    (0..count)
        .map(|n| {
            let wanted = whole * n as f64 / count as f64;
            let step = walked.partition_point(|w| *w <= wanted).clamp(1, STEPS);
            let part = (wanted - walked[step - 1]) / (walked[step] - walked[step - 1]).max(f64::MIN_POSITIVE);
            angle(step - 1) + part.clamp(0.0, 1.0) * (angle(step) - angle(step - 1))
        })
        .collect()
}

/// The order around the ring: exchanges two sites as long as that shortens the weighted way between those that talk.
/// Shorter chords cross less. The rounds are bounded, so the time is too.
fn ordered(sites: Vec<usize>, pairs: &[(usize, usize, u32)]) -> Vec<usize> {
    let count = sites.len();
    let mut order = sites;
    let most = order.iter().copied().max().map_or(0, |m| m + 1);
    let mut place = vec![usize::MAX; most];
    for (at, site) in order.iter().enumerate() {
        place[*site] = at;
    }
    let mut talks: Vec<Vec<(usize, u64)>> = vec![Vec::new(); most];
    for (a, b, weight) in pairs {
        let on_ring = |s: usize| place.get(s).is_some_and(|at| *at != usize::MAX);
        if a != b && on_ring(*a) && on_ring(*b) {
            talks[*a].push((*b, u64::from(*weight)));
            talks[*b].push((*a, u64::from(*weight)));
        }
    }
    let way = |a: usize, b: usize| {
        let d = a.abs_diff(b);
        d.min(count - d) as u64
    };
    let reach = if count <= 64 { count } else { 2 };
    for _round in 0..8 {
        let mut changed = false;
        for i in 0..count {
            for j in i + 1..count.min(i + 1 + reach) {
                let (a, b) = (order[i], order[j]);
                let cost = |site: usize, at: usize, other: usize, other_at: usize| -> u64 {
                    let to = |peer: usize| if peer == other { other_at } else { place[peer] };
                    talks[site].iter().map(|(peer, weight)| weight * way(at, to(*peer))).sum()
                };
                let before = cost(a, i, b, j) + cost(b, j, a, i);
                let after = cost(a, j, b, i) + cost(b, i, a, j);
                if after < before {
                    order.swap(i, j);
                    place.swap(a, b);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect::new(0.0, 0.0, 400.0, 200.0);

    #[test]
    fn those_that_talk_stand_side_by_side() {
        let pairs = [(0, 4, 5), (1, 5, 5), (2, 6, 5), (3, 7, 5)];
        let points = place(8, &pairs, None, AREA);
        let step = points.iter().enumerate().flat_map(|(i, a)| points[i + 1..].iter().map(move |b| a.distance(*b)));
        let nearest = step.fold(f32::INFINITY, f32::min);
        for (a, b, _) in pairs {
            assert!(points[a].distance(points[b]) < nearest * 1.6, "{a} {b}");
        }
    }

    #[test]
    fn sites_are_spread_evenly_along_the_line() {
        let points = place(40, &[], None, AREA);
        let steps: Vec<f32> = (0..40).map(|i| points[i].distance(points[(i + 1) % 40])).collect();
        let (least, most) = steps.iter().fold((f32::MAX, 0.0_f32), |(l, m), s| (l.min(*s), m.max(*s)));
        assert!(most / least < 1.1, "{least} {most}");
    }

    #[test]
    fn the_centre_and_a_lone_site_stand_in_the_middle() {
        assert_eq!(place(3, &[], Some(1), AREA)[1], AREA.centre());
        assert_eq!(place(1, &[], None, AREA), [AREA.centre()]);
    }
}
