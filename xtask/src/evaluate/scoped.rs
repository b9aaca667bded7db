//! Which sites are known of an intrusion: by the first findings, and by the sweep from the first of them that is right.

use super::Engine;
use super::score::{Claim, names};
use super::stream::Item;
use kyoten::detectors::Findings;
use kyoten::finding::Finding;
use kyoten::ledger::survey::Survey;
use kyoten::scoping::sweep::{Outcome, Pin, sweep};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// So many findings are looked at.
const FIRST: usize = 20;

/// How many sites of an intrusion are known.
#[derive(Default)]
pub struct Scoped {
    /// At an end of what the intruder did.
    touched: usize,
    /// Of these, at an end of what the first findings name.
    found: usize,
    /// What the sweep says, where a finding is right.
    swept: Option<Swept>,
}

/// What a sweep says.
struct Swept {
    /// From how many other sites the same was done to the same site.
    alike: usize,
    /// How many of them are named.
    named: usize,
    /// How many sites are named that the intruder never touched.
    wrong: usize,
    /// How many of those as confirmed.
    wrongly_confirmed: usize,
}

impl Scoped {
    /// By these findings, each with what it claims.
    pub(super) fn of(engine: &Engine<'_>, survey: &Survey, found: &Findings, claims: &[Claim]) -> Scoped {
        let is_site = |name: &&String| engine.book.sites.iter().any(|site| site.name == **name);
        let steps: Vec<Item> =
            engine.stream.steps.iter().map(|step| (step.from.clone(), step.to.clone(), step.service.clone())).collect();
        let ends = |steps: &mut dyn Iterator<Item = &Item>| -> BTreeSet<String> {
            steps.flat_map(|(from, to, _)| [from, to]).filter(is_site).cloned().collect()
        };
        let touched = ends(&mut steps.iter());
        let first = &claims[..claims.len().min(FIRST)];
        let is_found = |step: &&Item| first.iter().any(|claim| names(claim, step));
        let right = first.iter().position(|claim| steps.iter().any(|step| names(claim, step)));
        Scoped {
            found: ends(&mut steps.iter().filter(is_found)).len(),
            swept: right.and_then(|at| swept(engine, survey, &found.findings[at], &steps, &touched)),
            touched: touched.len(),
        }
    }
}

/// The sweep from a finding. The other links that it names itself are known already.
fn swept(
    engine: &Engine<'_>,
    survey: &Survey,
    finding: &Finding,
    steps: &[Item],
    touched: &BTreeSet<String>,
) -> Option<Swept> {
    let pin = Pin::of(finding, survey)?;
    let name = |party| engine.book.name_of(party).to_owned();
    let is_seen = |outcome| matches!(outcome, Outcome::Confirmed | Outcome::Suspected);
    let answers = sweep(&pin, survey, &engine.book, &engine.policy);
    let with = |is_so: &dyn Fn(Outcome) -> bool| -> BTreeSet<String> {
        answers.iter().filter(|site| is_so(site.outcome)).map(|site| name(site.site)).collect()
    };
    let (seen, confirmed) = (with(&is_seen), with(&|outcome| outcome == Outcome::Confirmed));
    let told = finding.also.iter().filter(|link| link.to == pin.link.to).map(|link| name(link.from));
    let known: BTreeSet<String> = seen.iter().cloned().chain(told).collect();
    let (from, to, service) = (name(pin.link.from), name(pin.link.to), pin.service.to_string());
    let others = steps.iter().filter(|step| step.0 != from && step.1 == to && step.2 == service);
    let alike: BTreeSet<&String> = others.map(|(from, ..)| from).filter(|own| touched.contains(*own)).collect();
    Some(Swept {
        alike: alike.len(),
        named: alike.iter().filter(|own| known.contains(**own)).count(),
        wrong: seen.difference(touched).count(),
        wrongly_confirmed: confirmed.difference(touched).count(),
    })
}

/// What came of all intrusions, in a paragraph.
pub fn told<'s>(all: impl Iterator<Item = &'s Scoped>) -> String {
    let all: Vec<&Scoped> = all.collect();
    let sweeps: Vec<&Swept> = all.iter().filter_map(|own| own.swept.as_ref()).collect();
    let sum = |of: &dyn Fn(&Swept) -> usize| sweeps.iter().map(|own| of(own)).sum::<usize>();
    let mut text = "## Sites scoped\n\n".to_owned();
    _ = writeln!(
        text,
        "Intruders touched {} sites in {} streams; {} of these stand at an end of what the first {FIRST} findings name. The sweep from the first finding that \
         is right (in {} streams there is one): of {} other sites from which the same was done to the same site, {} are named; and {} sites are \
         named that the intruder never touched, {:.2} a sweep, {} of them as confirmed.\n",
        all.iter().map(|own| own.touched).sum::<usize>(),
        all.len(),
        all.iter().map(|own| own.found).sum::<usize>(),
        sweeps.len(),
        sum(&|own| own.alike),
        sum(&|own| own.named),
        sum(&|own| own.wrong),
        sum(&|own| own.wrong) as f64 / sweeps.len().max(1) as f64,
        sum(&|own| own.wrongly_confirmed)
    );
    text
}
