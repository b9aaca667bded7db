//! Chances by comparison: how many of all scores of a kind are as high as this one.
//!
//! A rank among n others can't say less than 1/(n + 1) (Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World*,
//! 2005). Beyond the last percents the tail is drawn on as it falls there: its scale is the median of what lies beyond, so that
//! an intruder's own scores hardly move it.

use std::f64::consts::LN_2;

use super::numeric::{ascending, exp, ln, median};
use crate::sorting::LeanSort as _;

/// How a tail falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// As e^(−s/β): for scores that are logarithms of chances.
    Exponential,
    /// As s^(−α): for distances in standard deviations, whose tails are heavy in logs.
    Power,
}

/// All scores of a kind, ready to be compared with.
#[derive(Debug, Clone)]
pub struct Scores {
    /// From the highest down.
    scores: Vec<f64>,
    tail: Tail,
    /// Where the tail begins, its share of all, and how it falls.
    beyond: Option<(f64, f64, f64)>,
    /// Of equal steps up from the least, for each how many scores lie above it: a search through all of 200,000 scores, for each
    /// of them, was a tenth of all that is done after reading.
    above: Vec<usize>,
    /// The least score, and how many steps go into 1.
    steps: (f64, f64),
}

/// So many scores share a step, on average of those below the tail.
const A_STEP: usize = 4;

/// The tail is the highest so many of all, but no fewer than [`LEAST_TAIL`].
const TAIL_SHARE: f64 = 0.02;
const LEAST_TAIL: usize = 12;
/// Fewer scores say nothing about a tail, and ranks alone remain.
const LEAST_SCORES: usize = 60;

impl Scores {
    /// Of these scores.
    pub fn of(mut scores: Vec<f64>, tail: Tail) -> Scores {
        ascending(&mut scores);
        scores.reverse();
        let beyond =
            (scores.len() >= LEAST_SCORES).then(|| ((scores.len() as f64 * TAIL_SHARE) as usize).max(LEAST_TAIL));
        let beyond = beyond.and_then(|count| {
            let edge = scores[count];
            let share = count as f64 / (scores.len() + 1) as f64;
            let mut excess: Vec<f64> = match tail {
                Tail::Exponential => scores[..count].iter().map(|score| score - edge).collect(),
                Tail::Power if edge > 0.0 => scores[..count].iter().map(|score| ln(score / edge)).collect(),
                Tail::Power => return None,
            };
            let scale = median(&mut excess)? / LN_2;
            // A tail may not fall faster than that of the chances themselves, or of a sixth power.
            let scale = scale.max(match tail {
                Tail::Exponential => 1.0,
                Tail::Power => 1.0 / 6.0,
            });
            Some((edge, share, scale))
        });
        let least = scores.last().copied().unwrap_or(0.0);
        let greatest = beyond.map_or(scores.first().copied().unwrap_or(0.0), |(edge, ..)| edge);
        let per_one = (scores.len() / A_STEP) as f64 / (greatest - least).max(f64::MIN_POSITIVE);
        let mut all = Scores { tail, beyond, above: Vec::new(), steps: (least, per_one), scores };
        let mut above = vec![0; all.scores.len() / A_STEP + 2];
        all.scores.iter().for_each(|score| above[all.step(*score)] += 1);
        let mut sum = 0;
        for own in above.iter_mut().rev() {
            sum += std::mem::replace(own, sum);
        }
        all.above = above;
        all
    }

    /// On which step a score lies; a higher one on none below.
    fn step(&self, score: f64) -> usize {
        let (least, per_one) = self.steps;
        // A float becomes the nearest that there is, and what is no number becomes 0.
        (((score - least) * per_one) as usize).min(self.scores.len() / A_STEP + 1)
    }

    /// The share of scores as high as this one.
    fn rank(&self, score: f64) -> f64 {
        let step = self.step(score);
        let to = step.checked_sub(1).map_or(self.scores.len(), |below| self.above[below]);
        let from = self.above[step];
        let as_high = from + self.scores[from..to].partition_point(|own| *own >= score);
        as_high.max(1) as f64 / (self.scores.len() + 1) as f64
    }

    /// The chance of a score as high as this one, itself being among them.
    pub fn chance(&self, score: f64) -> f64 {
        match self.beyond {
            Some((edge, share, scale)) if score > edge => match self.tail {
                Tail::Exponential => share * exp(-(score - edge) / scale),
                Tail::Power => share * exp(-ln(score / edge) / scale),
            },
            Some(_) | None => self.rank(score),
        }
    }
}

/// What is nearly as odd counts as a precedent.
const SIMILAR: f64 = 0.75;
/// So long nothing can be told from a habit that was there before the log began.
const CENSORED: i32 = 14;

/// What came before, to hold a chance against.
pub struct Precedents {
    /// The days, in order.
    days: Vec<i32>,
    /// Scores from the highest down, each with its day.
    scores: Vec<(f64, i32)>,
}

impl Precedents {
    /// Of all days and scores to compare with.
    pub fn of(all: impl IntoIterator<Item = (i32, f64)>) -> Precedents {
        let mut scores: Vec<(f64, i32)> = all.into_iter().map(|(day, score)| (score, day)).collect();
        scores.lean_sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut days: Vec<i32> = scores.iter().map(|(_, day)| *day).collect();
        days.lean_sort();
        Precedents { days, scores }
    }

    /// A chance, held up by precedents: what came about twice before is no rarer than that. In the first two weeks what comes later
    /// counts as well, because a habit that is older than the log shows only there.
    pub fn temper(&self, chance: f64, (day, score): (i32, f64)) -> f64 {
        let begin = self.days.first().copied().unwrap_or(day);
        let censored = day < begin + CENSORED;
        let counts = |other: i32| other < day || censored && other > day;
        let near = &self.scores[..self.scores.partition_point(|(own, _)| *own >= SIMILAR * score)];
        let similar = near.iter().filter(|(_, other)| counts(*other)).count();
        let [from, to] = [day, day + 1].map(|day| self.days.partition_point(|other| *other < day));
        let count = from + if censored { self.days.len() - to } else { 0 };
        if similar >= 2 { chance.max(similar as f64 / count as f64) } else { chance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_a_chance() {
        let scores = Scores::of((1..=50).map(f64::from).collect(), Tail::Exponential);
        assert_eq!(scores.chance(50.0), 1.0 / 51.0);
        assert_eq!(scores.chance(26.0), 25.0 / 51.0);
        assert_eq!(scores.chance(-3.0), 50.0 / 51.0);
    }

    #[test]
    fn a_rank_is_that_of_a_search_through_all() {
        let spread = |n: u32| {
            f64::from(n.wrapping_mul(2_654_435_761) >> 12).powi(3) * if n.is_multiple_of(5) { 0.0 } else { 1.0 }
        };
        for count in [0, 1, 3, 59, 700] {
            let all: Vec<f64> = (0..count).map(spread).collect();
            let scores = Scores::of(all.clone(), Tail::Power);
            let edge = scores.beyond.map_or(f64::INFINITY, |(edge, ..)| edge);
            for score in all.iter().copied().chain([-1.0, 0.5, 1e30]).filter(|score| *score <= edge) {
                let as_high = all.iter().filter(|own| **own >= score).count().max(1);
                assert_eq!(scores.chance(score), as_high as f64 / (all.len() + 1) as f64, "{score} of {count}");
            }
        }
    }

    #[test]
    fn a_tail_goes_on_as_it_falls() {
        // Exact quantiles of the exponential: the chance of s is e^-s.
        let scores = Scores::of((1..=10_000).map(|n| -(f64::from(n) / 10_001.0).ln()).collect(), Tail::Exponential);
        for (score, exact) in [(1.0_f64, 0.3679), (4.5, 0.0111), (9.0, 1.234e-4), (20.0, 2.06e-9)] {
            assert!((scores.chance(score) / exact - 1.0).abs() < 0.15, "{score}: {}", scores.chance(score));
        }
        let scores = Scores::of((1..=10_000).map(|n| (f64::from(n) / 10_001.0).powf(-0.25)).collect(), Tail::Power);
        assert!((scores.chance(100.0) / 1e-8 - 1.0).abs() < 0.2, "{}", scores.chance(100.0));
    }

    #[test]
    fn what_has_precedents_is_no_rarer_than_they() {
        let weekly: Vec<(i32, f64)> = (0..56).map(|day| (day, if day % 7 == 6 { 9.0 } else { 0.1 })).collect();
        let weekly = Precedents::of(weekly);
        assert!(weekly.temper(1e-6, (48, 9.0)) > 0.1);
        assert!(weekly.temper(1e-6, (6, 9.0)) > 0.1, "the habit may be older than the log");
        let once: Vec<(i32, f64)> = (0..56).map(|day| (day, if day >= 48 { 9.0 } else { 0.1 })).collect();
        assert_eq!(Precedents::of(once).temper(1e-6, (48, 9.0)), 1e-6);
    }

    #[test]
    fn one_outlier_does_not_hide_itself() {
        let mut all: Vec<f64> = (1..=1_000).map(|n| -(f64::from(n) / 1_001.0).ln()).collect();
        all.push(40.0);
        assert!(Scores::of(all, Tail::Exponential).chance(40.0) < 1e-14);
    }
}
