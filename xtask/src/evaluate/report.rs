//! What came of the evaluation, as a table that is printed and kept.

use super::Trial;
use super::rivals;
use super::scoped;
use super::score::{Claim, auc, average_precision, mean, names, precision_at, recall_at};
use super::stream::Item;
use super::world::DAY;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The whole text.
pub fn told(trials: &[Trial], nulls: &[Trial], first_seed: u64) -> String {
    let rows: usize = trials.iter().chain(nulls).map(|trial| trial.rows).sum();
    let mut text = format!(
        "# How well the detectors find\n\nMade by `cargo xtask evaluate`: {} made-up intrusions and {} streams without one, {} million rows, \
         seeds from {first_seed}. The generator (`xtask/src/evaluate/`) shares no constant with a detector; seeds and the last four \
         goals were held back from tuning.\n\n",
        trials.len(),
        nulls.len(),
        rows / 1_000_000
    );
    text += &measured(trials, nulls);
    text
}

/// Of the second organisation.
pub fn told_of_carrier(trials: &[Trial], nulls: &[Trial]) -> String {
    let rows: usize = trials.iter().chain(nulls).map(|trial| trial.rows).sum();
    let text = format!(
        "# The same on a second generator\n\nA carrier with headquarters, hubs and depots (`xtask/src/evaluate/carrier/`): {} made-up intrusions and {} streams \
         without one, {} thousand rows; logs of 1 to 100 days, records that tell all, no outcome, or no bytes back; sensors that come up \
         midway. It was written after the detectors; what was changed since was judged on other seeds than these.\n\n",
        trials.len(),
        nulls.len(),
        rows / 1_000
    );
    text + &measured(trials, nulls)
}

/// Of the third.
pub fn told_of_houses(trials: &[Trial], nulls: &[Trial]) -> String {
    let rows: usize = trials.iter().chain(nulls).map(|trial| trial.rows).sum();
    let text = format!(
        "# The same on a third generator\n\nHospitals, a bank, mines, a software house (`xtask/src/evaluate/houses/`): {} made-up intrusions and {} streams \
         without one, {} thousand rows; logs of 2 hours to 60 days; sessions, one-way NetFlow or refusals only, each site by itself; logons and VPN \
         sessions with accounts. A log of hours counts as one of a day among the false alarms.\n\n",
        trials.len(),
        nulls.len(),
        rows / 1_000
    );
    text + &measured(trials, nulls)
}

fn measured(trials: &[Trial], nulls: &[Trial]) -> String {
    let mut text = String::new();
    let short: Vec<&Trial> = trials.iter().filter(|trial| dwell(trial) <= DAY as f64).collect();
    let trials_of: Vec<&Trial> = trials.iter().collect();
    for (title, which, trials) in [
        ("Links and services that never ran before", Some(true), &trials_of),
        ("Services of links that ran before", Some(false), &trials_of),
        (
            "Services of links that ran before, where all that the intruder did was done within a day",
            Some(false),
            &short,
        ),
        ("All steps", None, &trials_of),
    ] {
        text += &format!("## {title}\n\n");
        text +=
            "| ranking | AP | precision@5 | recall@10 | recall@20 | AUC | base rate |\n|---|---|---|---|---|---|---|\n";
        match which {
            Some(true) => {
                row(&mut text, "Kyoten, the lane", trials, which, &|trial| (trial.novelty.clone(), &trial.scores))
            }
            Some(false) => {
                row(&mut text, "Kyoten, the lane", trials, which, &|trial| (trial.known.clone(), &trial.scores))
            }
            None => {}
        }
        row(&mut text, "Kyoten, all findings", trials, which, &|trial| (trial.all.clone(), &trial.scores));
        for (at, rival) in rivals::ALL.iter().enumerate() {
            row(&mut text, rival.name, trials, which, &|trial| (items(&trial.rivals[at]), &trial.rivals[at]));
        }
        text += "\n";
    }
    by_group(&mut text, trials);
    text += &scoped::told(trials.iter().map(|trial| &trial.scoped));
    alarms(&mut text, trials, nulls);
    calibration(&mut text, nulls);
    text
}

/// What a rival says nothing of, it does not rank.
fn items(scores: &[(Item, f64)]) -> Vec<Claim> {
    scores.iter().filter(|(_, score)| *score > 0.0).map(|(item, _)| vec![item.clone()]).collect()
}

/// The steps that are new, or not, or both.
fn truth(trial: &Trial, novel: Option<bool>) -> Vec<Item> {
    let steps = trial.steps.iter().filter(|step| novel.is_none_or(|novel| step.novel == novel));
    steps.map(|step| (step.from.clone(), step.to.clone(), step.service.clone())).collect()
}

/// What a row shows of a stream: a ranking, and the score of every item.
type Shown<'t> = (Vec<Claim>, &'t [(Item, f64)]);

/// Seconds from the intruder's first connection to the last.
fn dwell(trial: &Trial) -> f64 {
    let first = trial.steps.iter().map(|step| step.first).fold(f64::INFINITY, f64::min);
    trial.steps.iter().map(|step| step.last - first).fold(0.0, f64::max)
}

fn row(
    text: &mut String,
    name: &str,
    trials: &[&Trial],
    novel: Option<bool>,
    shown: &dyn for<'t> Fn(&'t Trial) -> Shown<'t>,
) {
    let with = || trials.iter().filter(|trial| !truth(trial, novel).is_empty());
    let over = |score: &dyn Fn(&[Claim], &[Item]) -> f64| {
        said(mean(with().map(|trial| score(&shown(trial).0, &truth(trial, novel)))))
    };
    let area = said(mean(with().filter_map(|trial| auc(shown(trial).1, &truth(trial, novel)))));
    let base = said(mean(with().map(|trial| truth(trial, novel).len() as f64 / trial.scores.len() as f64)));
    _ = writeln!(
        text,
        "| {name} | {} | {} | {} | {} | {area} | {base} |",
        over(&average_precision),
        over(&|r, t| precision_at(5, r, t)),
        over(&|r, t| recall_at(10, r, t)),
        over(&|r, t| recall_at(20, r, t)),
    );
}

fn by_group(text: &mut String, trials: &[Trial]) {
    *text += "## By what the intruder is after, and how\n\nRecall of every step within the first 20 of all findings; precision of the first 5; days from a step to the end of the day on which it stands there \
              (median of those found, looked for 1, 2, 4 and 7 days after, in one stream of four); the intruder's first step in the first 10.\n\n\
              | goal | steps | new | recall new | recall known | precision@5 | days, new | days, known | first step |\n|---|---|---|---|---|---|---|---|---|\n";
    let groups: BTreeSet<_> = trials.iter().flat_map(|trial| &trial.groups).collect();
    for group in groups {
        line(text, &group.2, &trials.iter().filter(|trial| trial.groups.contains(group)).collect::<Vec<_>>());
    }
    line(text, "all", &trials.iter().collect::<Vec<_>>());
    *text += "\n";
}

fn line(text: &mut String, name: &str, trials: &[&Trial]) {
    let steps: usize = trials.iter().map(|trial| trial.steps.len()).sum();
    let new: usize = trials.iter().map(|trial| truth(trial, Some(true)).len()).sum();
    let recall = |novel| {
        let novel = Some(novel);
        let of = trials.iter().filter(|trial| !truth(trial, novel).is_empty());
        said(mean(of.map(|trial| recall_at(20, &trial.all, &truth(trial, novel)))))
    };
    let days = |novel: bool| {
        let mut days: Vec<f64> = trials
            .iter()
            .flat_map(|trial| &trial.delays)
            .filter(|(own, _)| *own == novel)
            .filter_map(|(_, days)| *days)
            .collect();
        days.sort_by(f64::total_cmp);
        said(days.get(days.len() / 2).copied())
    };
    let first = trials.iter().filter(|trial| !trial.steps.is_empty()).map(|trial| {
        let first = trial
            .steps
            .iter()
            .min_by(|a, b| a.first.total_cmp(&b.first))
            .map(|step| (step.from.clone(), step.to.clone(), step.service.clone()));
        recall_at(10, &trial.all, &first.into_iter().collect::<Vec<_>>())
    });
    let first = said(mean(first));
    _ = writeln!(
        text,
        "| {name} | {steps} | {new} | {} | {} | {} | {} | {} | {first} |",
        recall(true),
        recall(false),
        said(mean(trials.iter().filter(|trial| !trial.steps.is_empty()).map(|trial| precision_at(
            5,
            &trial.all,
            &truth(trial, None)
        )))),
        days(true),
        days(false)
    );
}

fn alarms(text: &mut String, trials: &[Trial], nulls: &[Trial]) {
    let false_of = |list: &[Claim], trial: &Trial| {
        let truth = truth(trial, None);
        list.iter().filter(|claim| !truth.iter().any(|own| names(claim, own))).count() as f64
    };
    let a_day = |list: fn(&Trial) -> &Vec<Claim>, over: &[Trial]| {
        said(mean(over.iter().map(|trial| false_of(list(trial), trial) / trial.days)))
    };
    _ = writeln!(
        text,
        "## False alarms\n\nFindings that are none of the intruder's steps, a day of log: with an intruder {} on novelty, {} on the other lanes, {} in all; \
         without one {} in all.\n",
        a_day(|trial| &trial.novelty, trials),
        a_day(|trial| &trial.known, trials),
        a_day(|trial| &trial.all, trials),
        a_day(|trial| &trial.all, nulls),
    );
    // Labels permuted: another stream's steps can't be told from this one's items.
    let permuted = trials.iter().filter_map(|trial| {
        let count = trial.scores.len();
        let some: Vec<Item> = (0..8)
            .filter_map(|n| trial.scores.get((trial.seed as usize * 31 + n * 17) % count.max(1)))
            .map(|(item, _)| item.clone())
            .collect();
        auc(&trial.scores, &some)
    });
    _ = writeln!(text, "With labels permuted the AUC is {}.\n", said(mean(permuted)));
}

fn calibration(text: &mut String, nulls: &[Trial]) {
    *text += "## Null streams\n\nHow many chances a rule computed where nobody intrudes, and how often they were at or below 1e-2 and 1e-3, against nominal. \
              (What is new and innocent is in these streams too.)\n\n| rule | chances | at 1e-2 | times nominal | at 1e-3 | times nominal |\n|---|---|---|---|---|---|\n";
    let mut rules: Vec<(&str, usize, usize, usize)> = Vec::new();
    for (rule, tested, low, lower) in
        nulls.iter().flat_map(|trial| trial.chances.iter().map(|(rule, t, a, b)| (*rule, *t, *b, *a)))
    {
        match rules.iter_mut().find(|own| own.0 == rule) {
            Some(own) => (own.1, own.2, own.3) = (own.1 + tested, own.2 + low, own.3 + lower),
            None => rules.push((rule, tested, low, lower)),
        }
    }
    for (rule, tested, at_2, at_3) in rules {
        let times = |count: usize, nominal: f64| {
            if tested == 0 { "–".to_owned() } else { format!("{:.2}", count as f64 / (tested as f64 * nominal)) }
        };
        _ = writeln!(text, "| {rule} | {tested} | {at_2} | {} | {at_3} | {} |", times(at_2, 1e-2), times(at_3, 1e-3));
    }
}

fn said(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| if value < 0.1 { format!("{value:.3}") } else { format!("{value:.2}") })
}
