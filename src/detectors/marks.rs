//! What marks something new beside its being new: the hours it came at, how few hosts had a part in it, and whether they had
//! ever done the like. Each is a chance by comparison with what the organisation does anyway, and they are joined by Fisher's
//! method (*Statistical Methods for Research Workers*, 1932), since each looks at something else of the same connections.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::Daily;
use super::novelty;
use super::numeric::{beta_binomial_tail, ln};
use crate::finding::Finding;
use crate::flow::{Host, Service};
use crate::ledger::survey::LinkKey;

/// How much the hours of one matter go together.
const RHO: f64 = 0.15;
/// A matter's first days show what it is.
const FIRST_DAYS: i32 = 14;

/// What the organisation does anyway.
pub struct Company<'d> {
    daily: &'d Daily<'d>,
    /// The share of hours of use out of hours, over all services of people.
    off: f64,
    /// Numbers of initiators of all services of links, in order.
    callers: Vec<usize>,
    /// Since when each host has called over each kind of service, between parties.
    users: BTreeMap<Service, BTreeMap<Host, i32>>,
    begin: i32,
}

/// What marks a piece of news.
pub struct Marks {
    /// Hours of use out of hours, of how many.
    pub off: (u64, u64),
    /// The chance of so many out of hours.
    pub hours: f64,
    /// The chance of so few initiators.
    pub few: f64,
    /// How many initiators.
    pub callers: usize,
    /// The chance that who does such a thing never did it before.
    pub strangers: f64,
}

impl<'d> Company<'d> {
    /// Of all that was seen.
    pub fn of(daily: &'d Daily<'d>) -> Company<'d> {
        let mut company = Company { daily, off: 0.0, callers: Vec::new(), users: BTreeMap::new(), begin: i32::MAX };
        let (mut off, mut all) = (1.0, 8.0);
        for unit in &daily.units {
            let (own_off, own_all) = uses(daily, unit.link, unit.pairs.iter().flat_map(|pair| pair.days));
            if own_off * 3 <= own_all {
                off += own_off as f64;
                all += own_all as f64;
            }
            let callers: BTreeSet<Host> = unit.pairs.iter().map(|pair| pair.key.initiator).collect();
            company.callers.push(callers.len());
            let users = company.users.entry(novelty::kind(unit.service)).or_default();
            for pair in &unit.pairs {
                let Some((first, _)) = pair.days.iter().find(|(_, seen)| seen.ran > 0) else { continue };
                let since = users.entry(pair.key.initiator).or_insert(*first);
                *since = (*since).min(*first);
                company.begin = company.begin.min(*first);
            }
        }
        company.off = off / all;
        company.callers.sort_unstable();
        company
    }

    /// What marks a service of a link that came about on a day.
    pub fn marks(&self, link: LinkKey, service: Service, first: i32) -> Marks {
        let kind = novelty::kind(service);
        let own = |unit: &&super::daily::Unit<'_>| unit.link == link && novelty::kind(unit.service) == kind;
        let mut marks = Marks { off: (0, 0), hours: 1.0, few: 1.0, callers: 0, strangers: 1.0 };
        let Some(unit) = self.daily.units.iter().find(own) else { return marks };
        let days = unit.pairs.iter().flat_map(|pair| pair.within(first, first + FIRST_DAYS));
        marks.off = uses(self.daily, link, days);
        marks.hours = beta_binomial_tail(marks.off.0, marks.off.1, self.off, RHO);
        let callers: BTreeSet<Host> = unit
            .pairs
            .iter()
            .filter(|pair| pair.days.last().is_some_and(|(day, _)| *day >= first))
            .map(|pair| pair.key.initiator)
            .collect();
        marks.callers = callers.len();
        if marks.callers > 0 {
            let as_few = self.callers.partition_point(|count| *count <= marks.callers);
            marks.few = (as_few as f64 / (self.callers.len() + 1) as f64).min(1.0);
        }
        let users = self.users.get(&kind);
        let knew = |host: &Host| users.and_then(|users| users.get(host)).is_some_and(|since| *since < first);
        if !callers.is_empty() && !callers.iter().any(knew) {
            let of = users.map_or(0, BTreeMap::len) as f64;
            let late = self.begin.saturating_add(FIRST_DAYS);
            let new = users.map_or(0, |users| users.values().filter(|since| **since >= late).count());
            let new = new.saturating_sub(callers.len()) as f64;
            marks.strangers = ((new + 0.5) / (of - callers.len() as f64 + 1.0).max(1.0)).min(1.0);
        }
        marks
    }
}

impl Marks {
    /// The chance of the news with its marks.
    pub fn join(&self, news: f64) -> f64 {
        fisher(&[news, self.hours, self.few, self.strangers])
    }

    /// What is to be said of them.
    pub fn said(&self) -> String {
        let mut said = Vec::new();
        if self.off.0 > 0 && self.hours < 0.2 {
            let (off, all) = self.off;
            said.push(format!(
                "{off} of {} of use lay out of hours (p = {:.2})",
                super::counted(all, "hour"),
                self.hours
            ));
        }
        if self.callers > 0 && self.few < 0.5 {
            said.push(format!("only {} called (p = {:.2})", super::counted(self.callers as u64, "host"), self.few));
        }
        if self.strangers < 0.5 {
            said.push(format!("none of the callers had used it anywhere before (p = {:.2})", self.strangers));
        }
        if said.is_empty() { String::new() } else { format!(" Its marks: {}.", said.join("; ")) }
    }

    /// Many hosts, in working hours, as when people take something up.
    pub fn is_taken_up(&self) -> bool {
        self.callers >= 2 && self.hours > 0.05
    }
}

/// From so many sites on, taking up the same thing is a roll-out.
const ROLL_OUT: usize = 3;

/// Makes one finding of a roll-out: several sites whose people take up the same service of the same party. The first in time
/// speaks, with the highest of the chances.
pub fn gather_roll_outs(news: Vec<(Finding, bool)>, observed: &super::Observed<'_>) -> Vec<Finding> {
    let mut by_goal: BTreeMap<(crate::sites::Party, Service), Vec<Finding>> = BTreeMap::new();
    let mut single = Vec::new();
    for (finding, is_taken_up) in news {
        match finding.service.filter(|_| is_taken_up) {
            Some(service) => by_goal.entry((finding.link.to, novelty::kind(service))).or_default().push(finding),
            None => single.push(finding),
        }
    }
    for (_, mut same) in by_goal {
        if same.len() < ROLL_OUT {
            single.extend(same);
            continue;
        }
        same.sort_by(|a, b| (a.window, &a.id).cmp(&(b.window, &b.id)));
        let highest = same.iter().filter_map(|finding| finding.p).fold(0.0, f64::max);
        let mut rest = same.into_iter();
        let Some(mut first) = rest.next() else { continue };
        let others: Vec<String> = rest.map(|finding| observed.book.name_of(finding.link.from).to_owned()).collect();
        first.p = Some(highest);
        first.because += &format!(
            " {} more sites took it up, each with several hosts and mostly in working hours, as in a roll-out: {}.",
            others.len(),
            super::listed(others.iter().cloned(), 8)
        );
        first.gist = format!("a roll-out over {} sites? {}", others.len() + 1, first.gist);
        single.push(first);
    }
    single
}

/// Hours of use out of hours, and in all.
fn uses<'t>(
    daily: &Daily<'_>,
    link: LinkKey,
    days: impl Iterator<Item = &'t (i32, crate::ledger::TrailDay)>,
) -> (u64, u64) {
    let mut masks: BTreeMap<i32, u32> = BTreeMap::new();
    days.filter(|(_, seen)| seen.ran > 0).fold((0, 0), |(off, all), (day, seen)| {
        let mask = *masks.entry(*day).or_insert_with(|| daily.off_hours(link, *day));
        (off + u64::from((seen.hours & mask).count_ones()), all + u64::from(seen.hours.count_ones()))
    })
}

/// The chance of a product of chances as small as this: x Σ (−ln x)^i / i!.
fn fisher(chances: &[f64]) -> f64 {
    let log: f64 = chances.iter().map(|p| ln(p.clamp(1e-100, 1.0))).sum();
    let (mut term, mut sum) = (1.0, 1.0);
    for i in 1..chances.len() {
        term *= -log / i as f64;
        sum += term;
    }
    (super::numeric::exp(log) * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fisher_s_method_is_the_tail_of_chi_square() {
        assert!((fisher(&[0.03]) - 0.03).abs() < 1e-12);
        // x = .01 · .2; x (1 − ln x).
        assert!((fisher(&[0.01, 0.2]) - 0.002 * (1.0 - 0.002_f64.ln())).abs() < 1e-12);
        assert_eq!(fisher(&[1.0, 1.0, 1.0]), 1.0);
    }
}
