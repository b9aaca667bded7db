//! How good a ranking is, against what the intruder did.

use super::stream::Item;

/// What one finding says: of one link's service, or of several with one cause.
pub type Claim = Vec<Item>;

/// Average precision: over the true items, the precision at the rank where each is first named; what is never named counts 0.
pub fn average_precision(ranking: &[Claim], truth: &[Item]) -> f64 {
    let (mut hits, mut sum) = (0.0, 0.0);
    let mut found: Vec<&Item> = Vec::new();
    let mut places = 0.0;
    for claim in ranking {
        let new: Vec<&Item> = truth.iter().filter(|own| names(claim, own) && !found.contains(own)).collect();
        // Another finding about what is already found is no false alarm, and no hit.
        if new.is_empty() && found.iter().any(|own| names(claim, own)) {
            continue;
        }
        places += 1.0;
        if !new.is_empty() {
            hits += 1.0;
            sum += new.len() as f64 * hits / places;
            found.extend(new);
        }
    }
    sum / truth.len().max(1) as f64
}

/// How many of the first `k` places are true, against how many could be.
pub fn precision_at(k: usize, ranking: &[Claim], truth: &[Item]) -> f64 {
    let first = &ranking[..ranking.len().min(k)];
    let is_true = |claim: &&Claim| truth.iter().any(|own| names(claim, own));
    let named = truth.iter().filter(|own| first.iter().any(|claim| names(claim, own))).count();
    // One finding may name all that there is.
    let hits = first.iter().filter(is_true).count().max(named.min(k));
    // Several findings may tell the same.
    (hits as f64 / k.min(truth.len()).max(1) as f64).min(1.0)
}

/// The share of true items that the first `k` places name.
pub fn recall_at(k: usize, ranking: &[Claim], truth: &[Item]) -> f64 {
    let first = &ranking[..ranking.len().min(k)];
    let hits = truth.iter().filter(|own| first.iter().any(|claim| names(claim, own))).count();
    hits as f64 / truth.len().max(1) as f64
}

/// The chance that a true item stands before another one; ties count half. `all` are all items with their scores.
pub fn auc(all: &[(Item, f64)], truth: &[Item]) -> Option<f64> {
    let (own, other): (Vec<_>, Vec<_>) = all.iter().partition(|(item, _)| truth.contains(item));
    let pairs = own.len() * other.len();
    let wins: f64 = own
        .iter()
        .flat_map(|(_, a)| {
            other.iter().map(move |(_, b)| {
                if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    (pairs > 0).then(|| wins / pairs as f64)
}

/// Whether a claim names an item.
pub fn names(claim: &Claim, item: &Item) -> bool {
    claim.iter().any(|own| matches(own, item))
}

/// A claim about a link without a service is one about any of its services.
pub fn matches(claim: &Item, truth: &Item) -> bool {
    claim.0 == truth.0 && claim.1 == truth.1 && (claim.2.is_empty() || truth.2.is_empty() || claim.2 == truth.2)
}

/// The mean of what there is.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str) -> Item {
        (name.to_owned(), "b".to_owned(), "tcp/1".to_owned())
    }

    #[test]
    fn a_perfect_ranking_scores_one() {
        let truth = [item("x"), item("y")];
        let claims = |names: &[&str]| names.iter().map(|name| vec![item(name)]).collect::<Vec<Claim>>();
        assert_eq!(average_precision(&claims(&["x", "y", "z"]), &truth), 1.0);
        assert_eq!(average_precision(&claims(&["z", "x"]), &truth), 0.25);
        assert_eq!(recall_at(1, &claims(&["z", "x"]), &truth), 0.0);
    }

    #[test]
    fn one_finding_may_name_several_and_a_false_one_counts_once() {
        let truth = [item("x"), item("y")];
        let both = [vec![item("z"), item("u"), item("v")], vec![item("x"), item("y")]];
        assert_eq!((average_precision(&both, &truth), recall_at(2, &both, &truth)), (0.5, 1.0));
        assert_eq!((precision_at(1, &both, &truth), precision_at(2, &both, &truth)), (0.0, 1.0));
    }

    #[test]
    fn ties_are_half_a_win() {
        let all = [(item("x"), 1.0), (item("y"), 1.0)];
        assert_eq!(auc(&all, &[item("x")]), Some(0.5));
    }
}
