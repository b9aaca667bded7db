//! How many errors a count allows for: the exact one-sided bound of Clopper and Pearson ("The use of confidence or fiducial limits
//! illustrated in the case of the binomial", Biometrika 26, 1934).

/// The greatest rate under which so few errors (or fewer) in so many trials still have a chance of 5 %. Without trials nothing is known.
pub fn upper(errors: usize, trials: usize) -> f64 {
    if errors >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if at_most(errors, trials, middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

/// The chance of so many errors or fewer, where each trial errs at this rate.
fn at_most(errors: usize, trials: usize, rate: f64) -> f64 {
    let mut term = (trials as f64 * (1.0 - rate).ln()).exp();
    let mut sum = term;
    for count in 1..=errors {
        term *= (trials - count + 1) as f64 / count as f64 * rate / (1.0 - rate);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_tables() {
        // No error in 300: the rule of three, 1 − 0.05^(1/300).
        assert!((upper(0, 300) - 0.009_936).abs() < 1e-5);
        // Clopper and Pearson's own: 1 in 20, and 3 in 50, at 95 % one-sided.
        assert!((upper(1, 20) - 0.216_1).abs() < 1e-3);
        assert!((upper(3, 50) - 0.147_8).abs() < 1e-3);
        assert_eq!((upper(0, 0), upper(5, 5)), (1.0, 1.0));
    }
}
