//! The values that a rule compared, sorted into bins for the finding's small picture.

use super::numeric::{exp, ln, median};
use crate::finding::usual::{Measure, Spread, Usual};

/// How many bins there are.
const BINS: usize = 24;

/// How these values are spread, and where this one lies; nothing where there are none to compare it with.
pub fn spread(measure: Measure, values: impl IntoIterator<Item = f64>, this: f64) -> Option<Usual> {
    let is_ratio = measure == Measure::Ratio;
    let to = |own: f64| if is_ratio { own } else { ln(1.0 + own.max(0.0)) };
    let from = |own: f64| if is_ratio { own } else { exp(own) - 1.0 };
    let mut all: Vec<f64> = values.into_iter().map(to).collect();
    let middle = median(&mut all)?;
    let own = to(this);
    let (low, high) = match is_ratio {
        true => (-1.0, 1.0),
        false => all.iter().fold((own, own), |(low, high), value| (low.min(*value), high.max(*value))),
    };
    // All alike: one bin in the middle of some breadth.
    let (low, high) = if high - low < 0.1 { (low - 0.5, high + 0.5) } else { (low, high) };
    let mut counts = vec![0; BINS];
    for value in &all {
        let bin = ((value - low) / (high - low) * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    Some(Usual::Spread(Spread { measure, low: from(low), high: from(high), counts, middle: from(middle), this }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_bin_and_this_one_on_the_axis() {
        let values = [100.0, 120.0, 90.0, 5_000_000.0];
        let Some(Usual::Spread(own)) = spread(Measure::Bytes, values, 5_000_000.0) else { panic!("it is a spread") };
        assert_eq!((own.counts.iter().sum::<u32>(), own.counts[0], own.counts[BINS - 1]), (4, 3, 1));
        assert!(own.low <= 90.1 && own.high >= 4_999_999.0 && (own.middle - 109.5).abs() < 1.0, "{own:?}");
        assert!(spread(Measure::Bytes, [], 1.0).is_none());
        let Some(Usual::Spread(alike)) = spread(Measure::Seconds, [60.0; 9], 60.0) else { panic!("it is a spread") };
        assert!(alike.low < 60.0 && alike.high > 60.0, "{alike:?}");
    }
}
