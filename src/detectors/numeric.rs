//! Mathematics by the four operations and the bits of a number alone: the libraries' own logarithms differ in the last digit
//! between a browser and a shell, and then a ranking could.

use std::f64::consts::{LN_2, PI, SQRT_2};

/// 1, 1/3, 1/5 …: a division for each was most of what a logarithm took.
const ODD_PARTS: [f64; 14] = {
    let mut parts = [1.0; 14];
    let mut n = 1;
    while n < parts.len() {
        parts[n] = 1.0 / (2 * n + 1) as f64;
        n += 1;
    }
    parts
};

/// The natural logarithm of a positive number; of others −700, which stands for "as good as impossible".
pub fn ln(x: f64) -> f64 {
    if x.is_nan() || x < f64::MIN_POSITIVE {
        return -700.0;
    }
    if x.is_infinite() {
        return 710.0;
    }
    // x = m · 2^e with m from 1/√2 to √2.
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh((m − 1)/(m + 1)).
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let series = ODD_PARTS.iter().rev().fold(0.0, |sum, part| sum * square + part);
    2.0 * t * series + exponent as f64 * LN_2
}

/// e to the x, from e^−700 to e^700.
pub fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let halvings = (x / LN_2 + if x < 0.0 { -0.5 } else { 0.5 }) as i64;
    let rest = x - halvings as f64 * LN_2;
    let series = (1..=18).rev().fold(1.0, |sum, n| 1.0 + sum * rest / f64::from(n));
    series * f64::from_bits(((halvings + 1023) as u64) << 52)
}

/// The cotangent of πp, for p between 0 and 1: what the Cauchy combination adds up.
fn cot_pi(p: f64) -> f64 {
    let x = PI * p;
    let (square, half) = (x * x, PI / 2.0);
    if p > 0.5 {
        return -cot_pi(1.0 - p);
    }
    if p > 0.25 {
        // tan of what is left to π/2.
        let y = half - x;
        return 1.0 / cot_of(y, y * y);
    }
    cot_of(x, square)
}

/// cos x / sin x by their series, for x up to π/4.
fn cot_of(x: f64, square: f64) -> f64 {
    if x < 1e-300 {
        return 1e300;
    }
    let series = |first: i32| {
        (0..9).rev().fold(0.0, |sum: f64, n| {
            let k = f64::from(2 * n + first);
            1.0 - sum * square / ((k + 1.0) * (k + 2.0))
        })
    };
    series(0) / (x * series(1))
}

/// ½ − arctan(t)/π: the chance that a Cauchy variable exceeds t.
fn cauchy_tail(t: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - cauchy_tail(-t);
    }
    // arctan t = π/2 − arctan(1/t); the angle is halved until its series is quick.
    let (mut y, from_above) = if t > 1.0 { (1.0 / t, true) } else { (t, false) };
    for _ in 0..3 {
        y /= 1.0 + (1.0 + y * y).sqrt();
    }
    let square = y * y;
    let series = (0..12).rev().fold(0.0, |sum: f64, n| 1.0 / f64::from(2 * n + 1) - sum * square);
    let angle = 8.0 * y * series;
    if from_above { angle / PI } else { 0.5 - angle / PI }
}

/// The aggregated Cauchy association test (Liu and Xie, "Cauchy Combination Test", JASA 2020) over `of` equal weights: the chances
/// given, and for the rest one half each. It holds whatever the chances have in common. A chance near one must not outweigh
/// a small one, so that .9 is the most that counts.
pub fn acat(chances: impl IntoIterator<Item = f64>, of: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for p in chances {
        sum += cot_pi(p.clamp(1e-290, 0.9));
        count += 1;
    }
    cauchy_tail(sum / of.max(count).max(1) as f64).max(1e-290)
}

/// The chance of at least so many of `n` when each has the chance `share` and they go together with correlation `rho`
/// (beta-binomial; Skellam 1948).
pub fn beta_binomial_tail(least: u64, n: u64, share: f64, rho: f64) -> f64 {
    if least == 0 {
        return 1.0;
    }
    if least > n {
        return 0.0;
    }
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    let spread = (1.0 - rho) / rho;
    let (a, b) = (share * spread, (1.0 - share) * spread);
    // P(0) = Π (b + i)/(a + b + i); then from each to the next by a ratio.
    let first: f64 = (0..n).map(|i| ln((b + i as f64) / (a + b + i as f64))).sum();
    let (mut log, mut tail) = (first, 0.0);
    for k in 0..=n {
        if k >= least {
            tail += exp(log);
        }
        let (k, n) = (k as f64, n as f64);
        if k < n {
            log += ln((n - k) / (k + 1.0) * (a + k) / (b + n - k - 1.0));
        }
    }
    tail.min(1.0)
}

/// The chance of at least so many events when `mean` are expected (Poisson).
pub fn poisson_tail(least: u64, mean: f64) -> f64 {
    if least == 0 {
        return 1.0;
    }
    let mean = mean.max(1e-12);
    // From the least one on, upwards: no difference of nearly equal numbers.
    let mut log = -mean;
    for k in 1..=least {
        log += ln(mean / k as f64);
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..400_u64 {
        term *= mean / (least + k) as f64;
        sum += term;
        if term < sum * 1e-16 {
            break;
        }
    }
    (exp(log) * sum).min(1.0)
}

/// Puts numbers in order.
pub fn ascending(numbers: &mut [f64]) {
    numbers.sort_unstable_by(f64::total_cmp);
}

/// The middle of some numbers; half of the sum of the two in the middle. The numbers are put in order.
pub fn median(numbers: &mut [f64]) -> Option<f64> {
    ascending(numbers);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(numbers[middle]),
        _ => Some((numbers[middle - 1] + numbers[middle]) / 2.0),
    }
}

/// Median and the median distance from it, times 1.4826: a standard deviation that outliers do not move.
pub fn middle_and_spread(numbers: &[f64]) -> Option<(f64, f64)> {
    middle_and_spread_of(&mut numbers.to_vec())
}

/// The same of numbers that are of no use afterwards.
pub fn middle_and_spread_of(numbers: &mut [f64]) -> Option<(f64, f64)> {
    let middle = median(numbers)?;
    numbers.iter_mut().for_each(|number| *number = (*number - middle).abs());
    median(numbers).map(|spread| (middle, 1.4826 * spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(own: f64, other: f64) -> bool {
        (own - other).abs() <= 1e-13 * other.abs().max(1e-10)
    }

    #[test]
    fn logarithm_and_power_are_those_of_the_library() {
        for x in [1e-300, 1e-9, 0.3, 0.7072, 1.0, 1.5, 3.0, 1e5, 1e300] {
            assert!(near(ln(x), x.ln()), "ln {x}: {} {}", ln(x), x.ln());
        }
        for x in [-600.0, -20.5, -1.0, -1e-9, 0.0, 0.4, 1.0, 33.3, 600.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "exp {x}: {} {}", exp(x), x.exp());
        }
    }

    #[test]
    fn the_cauchy_combination_is_that_of_the_library() {
        use std::f64::consts::PI;
        for sets in [vec![0.01], vec![0.5, 0.5], vec![1e-8, 0.3, 0.7], vec![0.2, 0.26, 0.4], vec![0.88, 0.6]] {
            let t = sets.iter().map(|p| ((0.5 - p) * PI).tan()).sum::<f64>() / sets.len() as f64;
            let exact = if t > 1e3 { 1.0 / (PI * t) } else { 0.5 - t.atan() / PI };
            let own = acat(sets.iter().copied(), sets.len());
            assert!((own / exact - 1.0).abs() < 1e-6, "{sets:?}: {own} {exact}");
        }
        assert!((acat([0.01], 1) - 0.01).abs() < 1e-9);
    }

    #[test]
    fn tails_of_counts_are_as_tables_give_them() {
        // R: 1 - ppois(4, 2); 1 - pbinom(6, 10, .3) as the limit of no correlation.
        assert!((poisson_tail(5, 2.0) - 0.052_653_017).abs() < 1e-8);
        assert!((beta_binomial_tail(7, 10, 0.3, 1e-9) - 0.010_592_078).abs() < 1e-6);
        // Uniform on 0..=n when a = b = 1.
        assert!((beta_binomial_tail(3, 4, 0.5, 1.0 / 3.0) - 0.4).abs() < 1e-12);
        assert_eq!((poisson_tail(0, 3.0), beta_binomial_tail(5, 4, 0.5, 0.1)), (1.0, 0.0));
    }

    #[test]
    fn the_middle_does_not_move_with_an_outlier() {
        assert_eq!(middle_and_spread(&[1.0, 2.0, 3.0, 4.0, 1e9]), Some((3.0, 1.4826)));
        assert_eq!(median(&mut [2.0, 1.0]), Some(1.5));
        assert_eq!(middle_and_spread(&[]), None);
    }
}
