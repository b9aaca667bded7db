//! `cargo xtask evaluate`: how well the detectors find intrusions that were made up, beside rules that cost nothing.
//!
//! The streams go the way of any log (flows, sites, ledger, survey, detectors); nothing here is shared with a detector. Seeds
//! and goals for tuning differ from those for reporting. Only reported ones are kept, in benches/DETECTION.md.

mod carrier;
mod chance;
mod houses;
mod intrusion;
mod report;
mod rivals;
mod routine;
mod scoped;
mod score;
mod stream;
mod world;

use crate::workspace::root;
use anyhow::{Context, Result, bail};
use intrusion::{Goal, Manner};
use kyoten::detectors::{self, Findings, Observed};
use kyoten::evidence::Place;
use kyoten::finding::{Finding, Lane};
use kyoten::flow::{Endpoint, Flow, Kind, Moment, Outcome, Protocol};
use kyoten::ledger::Ledger;
use kyoten::ledger::survey::Survey;
use kyoten::policy::Policy;
use kyoten::sites::import::read_sites;
use kyoten::sites::{Places, SiteBook};
use score::Claim;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use stream::{Item, Stream, Told, make};

/// Where that begins in benches/DETECTION.md which is written by hand.
const BY_HAND: &str = "## A real intrusion";

/// The options of `evaluate`.
#[derive(clap::Args)]
pub struct Evaluate {
    /// How many streams of each goal
    #[arg(long, default_value_t = 6)]
    streams: u64,
    /// Seeds and goals for tuning; prints only
    #[arg(long)]
    tuning: bool,
    /// Print only, and leave benches/DETECTION.md as it is
    #[arg(long)]
    dry: bool,
    /// Do not ask on which day each step was found, not even of one stream in four
    #[arg(long)]
    quick: bool,
    /// Say for each stream what was found where
    #[arg(long)]
    verbose: bool,
    /// One generator only, 1 to 3; prints only
    #[arg(long)]
    only: Option<u8>,
    /// Other seeds for tuning: those of one round were never looked at in another
    #[arg(long, default_value_t = 0)]
    round: u64,
}

impl Evaluate {
    /// Measures, prints, and keeps the results.
    pub fn run(&self) -> Result<()> {
        if cfg!(debug_assertions) {
            return self.run_faster();
        }
        let first_seed = if self.tuning { 1_000 + self.round * 100 } else { 900_000 };
        let seeds = |from: u64| first_seed + from..first_seed + from + self.streams;
        let is_wanted = |generator: u8| self.only.is_none_or(|only| only == generator);
        let mut text = String::new();
        if is_wanted(1) {
            let goals = if self.tuning { &Goal::ALL[..Goal::FOR_TUNING] } else { &Goal::ALL[..] };
            let (trials, nulls) = measured(&seeds, (0, 500_000), goals, |seed, goal| Trial::of(seed, goal, self));
            text += &report::told(&trials, &nulls, first_seed);
        }
        if is_wanted(2) {
            let deeds = &carrier::Deed::ALL;
            let (trials, nulls) =
                measured(&seeds, (50_000, 600_000), deeds, |seed, deed| Trial::of_carrier(seed, deed, self));
            text += &report::told_of_carrier(&trials, &nulls);
        }
        if is_wanted(3) {
            let acts = &houses::Act::ALL;
            let (trials, nulls) =
                measured(&seeds, (70_000, 700_000), acts, |seed, act| Trial::of_house(seed, act, self));
            text += &report::told_of_houses(&trials, &nulls);
        }
        print!("{text}");
        if !self.tuning && !self.dry && self.only.is_none() {
            let path = root().join("benches/DETECTION.md");
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            // What was written by hand stands below, and stays.
            let by_hand = before.find(BY_HAND).map_or("", |at| &before[at..]);
            std::fs::write(&path, text.trim_end().to_owned() + "\n\n" + by_hand)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// Without optimisation it would take the better part of an hour.
    fn run_faster(&self) -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo.args(["run", "--quiet", "--profile", "evaluation", "--package", "xtask", "--", "evaluate"]);
        cargo.args(["--streams", &self.streams.to_string(), "--round", &self.round.to_string()]);
        if let Some(only) = self.only {
            cargo.args(["--only", &only.to_string()]);
        }
        for (wanted, option) in
            [(self.tuning, "--tuning"), (self.dry, "--dry"), (self.quick, "--quick"), (self.verbose, "--verbose")]
        {
            cargo.args(wanted.then_some(option));
        }
        if !cargo.status().context("cargo could not be started")?.success() {
            bail!("the evaluation failed");
        }
        Ok(())
    }
}

/// The trials of every goal with these seeds, and of as many streams without one.
fn measured<G: Copy + Sync>(
    seeds: &dyn Fn(u64) -> std::ops::Range<u64>,
    (first, idle): (u64, u64),
    goals: &[G],
    look: impl Fn(u64, Option<G>) -> Trial + Sync,
) -> (Vec<Trial>, Vec<Trial>) {
    let of = |(number, goal): (u64, &G)| (first + number * 1_000, Some(*goal));
    let plans: Vec<_> =
        (0..).zip(goals).map(of).flat_map(|(from, goal)| seeds(from).map(move |seed| (seed, goal))).collect();
    let idle: Vec<_> = seeds(idle).map(|seed| (seed, None)).collect();
    let run = |plans: &[(u64, Option<G>)]| side_by_side(plans, |(seed, goal)| look(*seed, *goal));
    (run(&plans), run(&idle))
}

/// The same for each, on as many threads as there are cores, in the order given.
fn side_by_side<P: Sync, T: Send>(plans: &[P], run: impl Fn(&P) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut own = Vec::new();
        while let Some((at, plan)) = plans.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
            own.push((at, run(plan)));
        }
        own
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|own| own.join().expect("a stream can be looked at")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, trial)| trial).collect()
}

/// What came of one stream.
pub struct Trial {
    pub seed: u64,
    /// The groups that it belongs to: in which table, at which place, called what.
    pub groups: BTreeSet<(usize, usize, String)>,
    pub days: f64,
    pub rows: usize,
    pub steps: Vec<intrusion::Step>,
    /// What the findings are about in rank order: all, and lane by lane.
    pub all: Vec<Claim>,
    pub novelty: Vec<Claim>,
    pub known: Vec<Claim>,
    /// Every item's score by the findings.
    pub scores: Vec<(Item, f64)>,
    /// And by each rival, from the highest down.
    pub rivals: Vec<Vec<(Item, f64)>>,
    /// Days from a step's first connection to the first day's end at which it stands among the first twenty findings.
    pub delays: Vec<(bool, Option<f64>)>,
    /// Which sites are known of the intrusion.
    pub scoped: scoped::Scoped,
    /// Per detector: chances computed, and those at or below 1e-3 and 1e-2.
    pub chances: Vec<(&'static str, usize, usize, usize)>,
}

impl Trial {
    fn of(seed: u64, goal: Option<Goal>, options: &Evaluate) -> Trial {
        let mut chance = chance::Chance::new(seed ^ 0x0000_e7a1);
        let days = *chance.pick(&[35, 60, 60, 90]);
        let contaminated = chance.happens(0.5);
        let manner = goal.map(|goal| Manner {
            goal,
            stealth: chance.between(0, 2) as usize,
            dwell: *chance.pick(&[0, 2, 7, 20]),
            begin: chance.between(days * 2 / 5, days * 9 / 10),
        });
        let mut groups = BTreeSet::new();
        if let Some(Manner { goal, stealth, dwell, .. }) = manner {
            groups.insert((0, Goal::ALL.iter().position(|own| *own == goal).unwrap_or(0), format!("{goal:?}")));
            groups.insert((1, stealth, ["loud", "careful", "quiet"][stealth].to_owned()));
            groups.insert((2, dwell as usize, format!("{dwell} days")));
        }
        groups.insert((3, 0, if contaminated { "baseline holds it" } else { "no baseline" }.to_owned()));
        Trial::look(seed, groups, contaminated, make(seed, days, manner), options)
    }

    /// Of the second organisation.
    fn of_carrier(seed: u64, deed: Option<carrier::Deed>, options: &Evaluate) -> Trial {
        let mut chance = chance::Chance::new(seed ^ 0x0000_5eed);
        let days = *chance.pick(&[1, 3, 8, 21, 45, 45, 100]);
        let mut groups = BTreeSet::new();
        if let Some(deed) = deed {
            groups.insert((0, deed as usize, format!("{deed:?}")));
        }
        groups.insert((1, days as usize, format!("a log of {days} days")));
        let stream = carrier::make(seed, days, deed);
        groups.insert((2, stream.told[0] as usize, format!("{:?}", stream.told[0])));
        Trial::look(seed, groups, false, stream, options)
    }

    /// Of the third kind of organisation.
    fn of_house(seed: u64, act: Option<houses::Act>, options: &Evaluate) -> Trial {
        let mut chance = chance::Chance::new(seed ^ 0x0000_31a7);
        let hours = *chance.pick(&[2.0, 9.0, 24.0, 96.0, 240.0, 480.0, 840.0, 1_440.0]);
        let (stream, trade) = houses::make(seed, hours, act);
        let mut groups = BTreeSet::new();
        if let Some(act) = act {
            groups.insert((0, act as usize, format!("{act:?}")));
        }
        let told =
            if hours < 24.0 { format!("a log of {hours} hours") } else { format!("a log of {} days", hours / 24.0) };
        groups.insert((1, hours as usize, told));
        groups.insert((2, trade as usize, format!("{trade:?}")));
        Trial::look(seed, groups, false, stream, options)
    }

    fn look(
        seed: u64,
        groups: BTreeSet<(usize, usize, String)>,
        contaminated: bool,
        stream: Stream,
        options: &Evaluate,
    ) -> Trial {
        let days = stream.days;
        let mut engine = Engine::of(&stream);
        if contaminated {
            engine.baseline = Some((0, days - 1));
        }
        // Asking day by day takes longer than all else together: one stream in four tells.
        let delays = engine.follow(&stream, options.quick || !seed.is_multiple_of(4));
        let found = engine.findings();
        let about = |keep: &dyn Fn(&Finding) -> bool| -> Vec<Claim> {
            found.findings.iter().filter(|finding| keep(finding)).map(|finding| engine.claim(finding)).collect()
        };
        let (all, novelty, known) = (
            about(&|_| true),
            about(&|finding| finding.lane == Lane::Novelty),
            about(&|finding| matches!(finding.lane, Lane::Behaviour | Lane::Campaign)),
        );
        let score = |item: &Item| {
            let place = all.iter().position(|own| score::names(own, item));
            place.map_or(0.0, |place| 1.0 / (place + 1) as f64)
        };
        let scoped = scoped::Scoped::of(&engine, &engine.survey(), &found, &all);
        let scores = stream.items.keys().map(|item| (item.clone(), score(item))).collect();
        let rivals: Vec<_> = rivals::ALL.iter().map(|rival| (rival.ranking)(&stream)).collect();
        if options.verbose {
            print!("{}", told_of(seed, &groups, &stream, &engine, &found, [&all, &novelty, &known], &rivals));
        }
        Trial {
            seed,
            groups,
            days: days as f64,
            rows: stream.events.len(),
            all,
            novelty,
            known,
            scores,
            rivals,
            delays,
            scoped,
            chances: engine.chances(),
            steps: stream.steps,
        }
    }
}

/// What was found where, and what stands above it: `+` before a finding of a step, `-` before any other of the first twenty.
fn told_of(
    seed: u64,
    groups: &BTreeSet<(usize, usize, String)>,
    stream: &Stream,
    engine: &Engine<'_>,
    found: &Findings,
    [all, novelty, known]: [&[Claim]; 3],
    rivals: &[Vec<(Item, f64)>],
) -> String {
    let told: Vec<&str> = groups.iter().map(|(.., name)| name.as_str()).collect();
    let (days, rows, sensors) = (stream.days, stream.events.len(), stream.sensors.len());
    let mut text = format!("## {seed} {}, {days} days, {rows} rows, {sensors} sensors\n", told.join(", "));
    let steps: Vec<Item> =
        stream.steps.iter().map(|step| (step.from.clone(), step.to.clone(), step.service.clone())).collect();
    for (step, item) in stream.steps.iter().zip(&steps) {
        let rank = |list: &[Claim]| list.iter().position(|own| score::names(own, item)).map_or(0, |at| at + 1);
        let (first, last) = (stream::day_of(stream, step.first), stream::day_of(stream, step.last));
        let (all, novelty, known) = (rank(all), rank(novelty), rank(known));
        let kind = if step.novel { "new" } else { "known" };
        let beside = |ranking: &Vec<(Item, f64)>| ranking.iter().position(|own| own.0 == *item).map_or(0, |at| at + 1);
        let beside: Vec<usize> = rivals.iter().map(beside).collect();
        _ = writeln!(
            text,
            "  step {item:?} {kind} day {first:.1}-{last:.1}: all {all} novelty {novelty} known {known} rivals {beside:?}"
        );
    }
    for refrain in &found.refrains {
        if let Some(link) = refrain.link {
            let (from, to) = (engine.book.name_of(link.from), engine.book.name_of(link.to));
            if steps.iter().any(|step| step.0 == from && step.1 == to) {
                _ = writeln!(text, "  refrain {} {from} → {to}: {}", refrain.rule, refrain.because.english());
            }
        }
    }
    for (rank, finding) in found.findings.iter().enumerate().take(60) {
        let is_step = steps.iter().any(|step| score::names(&engine.claim(finding), step));
        _ = writeln!(
            text,
            "   {} {:2} {} p={:.1e} q={:.1e} {}",
            if is_step {
                "+"
            } else if rank < 20 {
                "-"
            } else {
                " "
            },
            rank + 1,
            engine.said(finding),
            finding.p.unwrap_or(0.0),
            finding.q.unwrap_or(0.0),
            finding.because.english()
        );
    }
    text
}

/// The real engine, being fed a made-up stream.
struct Engine<'s> {
    stream: &'s Stream,
    book: SiteBook,
    places: Vec<Places>,
    names: Vec<String>,
    ledger: Ledger,
    fed: usize,
    baseline: Option<(i64, i64)>,
    policy: Policy,
}

impl<'s> Engine<'s> {
    fn of(stream: &'s Stream) -> Engine<'s> {
        let (book, complaints) = read_sites(stream.book.as_bytes());
        assert!(complaints.is_empty(), "{complaints:?}");
        let names = stream.sensors.clone();
        let places = names.iter().map(|name| book.for_evidence(name)).collect();
        let (ledger, policy) = (Ledger::default(), Policy::default());
        Engine { stream, book, places, names, ledger, fed: 0, baseline: None, policy }
    }

    /// Feeds all flows, and looks at the end of some days after each step's first connection whether it is found.
    fn follow(&mut self, stream: &Stream, quick: bool) -> Vec<(bool, Option<f64>)> {
        let mut found: Vec<Option<f64>> = vec![None; stream.steps.len()];
        let mut looks: Vec<i64> = stream
            .steps
            .iter()
            .flat_map(|step| [1, 2, 4, 7].map(|after| stream::day_of(stream, step.first) as i64 + after))
            .collect();
        looks.sort_unstable();
        looks.dedup();
        looks.truncate(if quick { 0 } else { 24 });
        for day in looks {
            let until = (stream.first_day + day) as f64 * world::DAY as f64;
            self.feed(until);
            let first: Vec<Claim> =
                self.findings().findings.iter().take(20).map(|finding| self.claim(finding)).collect();
            for (step, own) in stream.steps.iter().zip(&mut found) {
                let item = (step.from.clone(), step.to.clone(), step.service.clone());
                if own.is_none() && step.first < until && first.iter().any(|claim| score::names(claim, &item)) {
                    *own = Some((until - step.first) / world::DAY as f64);
                }
            }
        }
        self.feed(f64::INFINITY);
        stream.steps.iter().map(|step| step.novel).zip(found).collect()
    }

    fn feed(&mut self, until: f64) {
        while let Some(event) = self.stream.events.get(self.fed).filter(|event| event.at < until) {
            let told = self.stream.told[event.sensor];
            let is_connection = event.kind == Kind::Connection;
            let own_port = 49_200 + (self.fed % 16_000) as u16;
            let end = |address: std::net::Ipv4Addr, port: u16| Endpoint {
                address: Some(address.into()),
                port: is_connection.then_some(port),
                ..Endpoint::default()
            };
            let protocol = if event.udp { Protocol::UDP } else { Protocol::TCP };
            let back = if event.outcome == Outcome::Established { event.back as u64 } else { 0 };
            let flow = Flow {
                kind: event.kind,
                start: Some(Moment((event.at * 1e6) as i64)),
                duration: Some((event.seconds * 1e6) as u64),
                initiator: end(event.from, own_port),
                responder: end(event.to, event.port),
                protocol: is_connection.then_some(protocol),
                bytes_out: Some(event.out as u64),
                bytes_in: matches!(told, Told::All | Told::NoOutcome).then_some(back),
                outcome: match told {
                    Told::NoOutcome | Told::OneWay => Outcome::Unknown,
                    Told::All | Told::NoBytesBack => event.outcome,
                },
                user: event.user.map(|user| format!("u{user}").into()),
                one_way: told == Told::OneWay && is_connection,
                ..Flow::default()
            };
            self.fed += 1;
            self.add(&flow, event.sensor);
            if flow.one_way && back > 0 {
                let (initiator, responder) = (end(event.to, event.port), end(event.from, own_port));
                self.add(&Flow { initiator, responder, bytes_out: Some(back), ..flow }, event.sensor);
            }
        }
    }

    fn add(&mut self, flow: &Flow<'_>, sensor: usize) {
        let places = &self.places[sensor];
        let (from, to) = (places.locate(&flow.initiator), places.locate(&flow.responder));
        let place = Place { line: self.fed as u64, offset: self.fed as u64 * 100 };
        self.ledger.add(flow, place, from, to, &self.names[sensor]);
    }

    fn survey(&self) -> Survey {
        let parties = self.book.parties();
        Survey::of(&self.ledger, |locus| parties.of(locus))
    }

    fn observe<T>(&self, look: impl FnOnce(&Observed<'_>) -> T) -> T {
        let survey = self.survey();
        let moment = |day: i64| Moment((self.stream.first_day + day) * world::DAY * 1_000_000);
        let baseline = self.baseline.map(|(first, last)| (moment(first), moment(last + 1)));
        look(&Observed::new(&survey, &self.book, &self.policy, baseline))
    }

    fn findings(&self) -> Findings {
        self.observe(detectors::examine_all)
    }

    /// How many chances each detector computed, and how many were small.
    fn chances(&self) -> Vec<(&'static str, usize, usize, usize)> {
        self.observe(|observed| {
            let count = |detector: &&dyn detectors::Detector| {
                let found = detector.examine(observed);
                let below =
                    |limit| found.findings.iter().filter(|finding| finding.p.is_some_and(|p| p <= limit)).count();
                (detector.rule(), found.tested, below(1e-3), below(1e-2))
            };
            detectors::ALL.iter().map(count).collect()
        })
    }

    /// What a finding is about: its link's service, and that of the other links that it names.
    fn claim(&self, finding: &Finding) -> Claim {
        let name = |party| self.book.name_of(party).to_owned();
        let service = finding.service.map(|service| service.to_string()).unwrap_or_default();
        let links = std::iter::once(&finding.link).chain(&finding.also);
        links.map(|link| (name(link.from), name(link.to), service.clone())).collect()
    }

    fn said(&self, finding: &Finding) -> String {
        let (from, to, service) = self.claim(finding).remove(0);
        format!("{} {from} → {to} {service}", finding.rule)
    }
}
