//! The order in which findings are read: the policy's first, then patterns without a chance, then the least likely by p whatever
//! its lane; equals in turn by lane. (One of each lane in turn was measured beside it, and was worse.)
//!
//! Within a lane, q is Benjamini and Hochberg's ("Controlling the False Discovery Rate", 1995) over all chances that its
//! detectors computed, those that made no finding included. Ties go by the first row, then by id, so that the same
//! totals always give the same order.

use super::gathering;
use super::joining::join;
use super::{ALL, Findings, Observed};
use crate::finding::{Finding, Gravity, Lane};
use crate::phrase::{Phrase, Thing, alike, chance, count, phrase};
use crate::sorting::LeanSort as _;

/// So many weak findings of a lane are kept beside those that count: one a day with logs, within these bounds.
const SUSPECTS: std::ops::RangeInclusive<usize> = 5..=15;

/// Lets all detectors look, and ranks what they found.
pub fn examine_all(observed: &Observed<'_>) -> Findings {
    let mut all = Findings::default();
    let mut lanes: Vec<Vec<Finding>> = Vec::new();
    let suspects = observed.survey.covered_days().len().clamp(*SUSPECTS.start(), *SUSPECTS.end());
    // The campaign's lane comes last: it also looks at what the others found.
    for lane in [Lane::Policy, Lane::Novelty, Lane::Behaviour, Lane::Campaign] {
        let earlier: Vec<Finding> = if lane == Lane::Campaign { lanes.concat() } else { Vec::new() };
        let (mut findings, mut tested) = (Vec::new(), 0);
        for detector in ALL.iter().filter(|detector| detector.lane() == lane) {
            let mut found = detector.examine(observed);
            if lane == Lane::Campaign {
                let more = detector.follow_up(observed, &earlier);
                found.findings.extend(more.findings);
                found.refrains.extend(more.refrains);
                found.tested += more.tested;
            }
            found.refrains.lean_sort();
            all.refrains.extend(found.refrains);
            all.tested += found.tested;
            findings.extend(found.findings);
            // Rules that look at the same services test each of them once, together.
            tested = if detector.is_per_service() { tested.max(found.tested) } else { tested + found.tested };
        }
        if lane == Lane::Behaviour {
            findings = join(findings, ALL.iter().filter(|detector| detector.is_per_service()).count());
        }
        if matches!(lane, Lane::Novelty | Lane::Behaviour) {
            findings = gathering::gather(findings, observed);
        }
        by_p(&mut findings);
        set_q(&mut findings, tested);
        leave_out_weak(&mut findings, suspects);
        lanes.push(findings);
    }
    lanes.iter_mut().flatten().for_each(|finding| close(observed, finding));
    let mut lanes = lanes.into_iter();
    all.findings = lanes.next().unwrap_or_default();
    let mut others: Vec<Finding> = in_turn(lanes.collect());
    // The sort is stable, so that equals of different lanes stay in turn.
    others.lean_sort_by(|a, b| a.p.unwrap_or(0.0).total_cmp(&b.p.unwrap_or(0.0)));
    all.findings.extend(others);
    all
}

fn by_p(findings: &mut [Finding]) {
    let p = |finding: &Finding| finding.p.unwrap_or(0.0);
    findings.lean_sort_by(|a, b| {
        let tie = || (a.rows.first(), &a.id).cmp(&(b.rows.first(), &b.id));
        p(a).total_cmp(&p(b)).then_with(tie)
    });
}

/// Benjamini–Hochberg: q of the i-th smallest p is the least of p·m/j over all j ≥ i. The findings are in order of p.
fn set_q(findings: &mut [Finding], tested: usize) {
    let with_p = findings.iter().filter(|finding| finding.p.is_some()).count();
    let tested = tested.max(with_p) as f64;
    let mut rank = with_p;
    let mut least = 1.0_f64;
    for finding in findings.iter_mut().rev() {
        let Some(p) = finding.p else { continue };
        least = least.min(p * tested / rank as f64);
        finding.q = Some(least);
        rank -= 1;
        finding.gravity = if least <= Finding::WEAK { Gravity::Anomalous } else { Gravity::Suspected };
    }
}

/// Of what is weak by q, only the least likely of a lane are worth a look.
fn leave_out_weak(findings: &mut Vec<Finding>, most: usize) {
    let strong = findings.iter().take_while(|finding| !finding.is_weak()).count();
    findings.truncate(strong + most);
}

/// Ends a finding's sentence with rule, rows, p and q, and with what it does not say.
fn close(observed: &Observed<'_>, finding: &mut Finding) {
    let rows = count(finding.rows.iter().count() as u64, Thing::ROW);
    let chances = match (finding.p, finding.q) {
        (Some(p), Some(q)) => phrase!("; p = {p}, q = {q}", "、p = {p}、q = {q}", p = chance(p), q = chance(q)),
        (Some(p), None) => phrase!("; p = {p}", "、p = {p}", p = chance(p)),
        (None, _) => Phrase::default(),
    };
    let caution = match finding.lane {
        Lane::Policy => Phrase::default(),
        Lane::Novelty | Lane::Behaviour | Lane::Campaign => {
            phrase!("Unusual is not malicious.", "通常と異なることは、悪意を意味しません。")
        }
    };
    let source =
        phrase!("[{rule}; {rows}{chances}]", "［{rule}、{rows}{chances}］", rule = alike(finding.rule), rows, chances);
    let told = std::mem::take(&mut finding.because);
    finding.because = told.and(&by_its_clock(observed, finding)).and(&source).and(&caution);
}

/// When it was by the clock of the initiators' site, else of the responders'; nothing where that is UTC or not known.
fn by_its_clock(observed: &Observed<'_>, finding: &Finding) -> Phrase {
    let parties = [finding.link.from, finding.link.to];
    let known = parties.into_iter().find_map(|party| Some((party, observed.clock(party)?)));
    let (Some((party, clock)), Some((first, last))) = (known, finding.window) else { return Phrase::default() };
    if clock.offset(first) == 0 && clock.offset(last) == 0 {
        return Phrase::default();
    }
    let (first, last) = (observed.local(party, first), observed.local(party, last));
    let span = if first == last { first } else { phrase!("{first} to {last}", "{first}～{last}", first, last) };
    phrase!("By the clock of {site}: {span}.", "{site}の現地時刻では{span}です。", site = observed.name(party), span)
}

/// The first of each lane, then the second of each, and so on.
fn in_turn(lanes: Vec<Vec<Finding>>) -> Vec<Finding> {
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    let mut ranked = Vec::new();
    loop {
        let before = ranked.len();
        ranked.extend(lanes.iter_mut().filter_map(Iterator::next));
        if ranked.len() == before {
            return ranked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use super::*;
    use crate::evidence::Place;
    use crate::finding::Rows;
    use crate::flow::{Moment, Outcome};
    use crate::ledger::Sight;
    use crate::ledger::survey::LinkKey;
    use crate::sites::Party;

    fn finding(p: f64, line: u64) -> Finding {
        let sight = Sight { at: Some(Moment(0)), file: 0, place: Place { line, offset: 0 } };
        Finding {
            p: Some(p),
            ..Finding::of(
                Lane::Novelty,
                "D0 test v1",
                format!("x-{line}"),
                LinkKey { from: Party::External, to: Party::Unassigned },
                Rows::of([sight]).unwrap(),
            )
        }
    }

    #[test]
    fn q_is_that_of_benjamini_and_hochberg() {
        let mut findings: Vec<Finding> =
            [0.01, 0.02, 0.03, 0.04, 0.9].into_iter().zip(1..).map(|(p, line)| finding(p, line)).collect();
        by_p(&mut findings);
        set_q(&mut findings, 5);
        let q: Vec<f64> = findings.iter().filter_map(|f| f.q).collect();
        assert!(q.iter().zip([0.05, 0.05, 0.05, 0.05, 0.9]).all(|(a, b)| (a - b).abs() < 1e-12), "{q:?}");
        set_q(&mut findings, 50);
        assert!((findings[0].q.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn above_its_level_a_finding_is_weak_and_a_fact_never_is() {
        let mut own = finding(0.02, 1);
        assert!(!own.is_weak());
        own.q = Some(0.1);
        assert!(!own.is_weak());
        own.q = Some(0.11);
        assert!(own.is_weak());
    }

    #[test]
    fn equals_go_by_their_first_row() {
        let mut findings = [finding(0.1, 3), finding(0.1, 1), finding(0.05, 9)];
        by_p(&mut findings);
        assert_eq!(findings.map(|f| f.rows.first().place.line), [9, 1, 3]);
    }

    #[test]
    fn the_policy_comes_first_then_the_least_likely_of_any_lane() {
        let mut stream = Stream::new()
            .everyday(60)
            .policy("Bangkok,Tokyo DC,smb,deny,,\n")
            .flows(1, 50, 0, "10.0.0.9", "10.4.0.1", "tcp/445")
            .flows(9, 41, 0, "10.1.0.9", "10.2.0.1", "tcp/22")
            .flows(9, 42, 0, "10.2.0.9", "10.3.0.1", "tcp/22");
        for n in 1..60 {
            stream = stream.flow(45, n, "10.3.0.66", &format!("10.4.0.{n}"), "tcp/445", Outcome::Failed);
        }
        let found = stream.findings().findings;
        assert_eq!(found[0].lane, Lane::Policy);
        let lanes: std::collections::BTreeSet<Lane> = found.iter().map(|finding| finding.lane).collect();
        assert!(lanes.len() >= 3, "{lanes:?}");
        assert!(found[1..].is_sorted_by_key(|finding| finding.p.unwrap_or(0.0)));
    }

    #[test]
    fn the_same_log_gives_the_same_findings() {
        let stream = || Stream::new().everyday(30).flows(9, 20, 0, "10.1.0.9", "10.2.0.1", "tcp/22");
        assert_eq!(stream().findings().findings, stream().findings().findings);
    }
}
