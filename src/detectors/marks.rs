//! What marks something new beside its being new: the hours it came at, how few hosts had a part in it, how much they carried,
//! whether they had ever done the like, whether who answered had ever answered, whether one piece of news leads to another, and
//! whether it runs from one edge of the organisation to another.
//!
//! Each mark is a chance by comparison with what the organisation does anyway; the sum of their logarithms is Fisher's statistic
//! (*Statistical Methods for Research Workers*, 1932), and what it is worth is settled by comparison with all services of all links,
//! as if they were news (`conformal`). Innocent news is often odd in the same way (an errand of an administrator is one host at an odd
//! service too), so that it is settled once more by the organisation's own news: raised to the power at which half of them are
//! as likely as not. That is their median, which an intruder's few hardly move. The chance of a piece of news is then the share of
//! links, or of services, that come about at all, times this: that one is new and as odd.

use std::collections::{BTreeMap, BTreeSet};

use super::conformal::{Scores, Tail};
use super::daily::{Daily, Unit};
use super::novelty::{self, Coverage};
use super::numeric::{beta_binomial_tail, exp, ln, median};
use super::{Observed, d9_long_session::is_administrative, ran};
use crate::calendar::DAY;
use crate::finding::Finding;
use crate::flow::{Host, Moment, Service};
use crate::ledger::survey::LinkKey;
use crate::phrase::{Phrase, Thing, bytes, chance, count, joined, listed, phrase};
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// How much the hours of one matter go together.
const RHO: f64 = 0.15;
/// A matter's first days show what it is.
const FIRST_DAYS: i32 = 14;
/// News leads to news within so many days.
const LEADS: i64 = 30 * DAY;
/// So many callers and more are a crowd.
const CROWD: usize = 4;
/// With more initiators than this, it is a crowd that goes nowhere.
const MOST_LEADERS: usize = 2;
/// So many news that are as likely as not are added to an organisation's own.
const DRAWN: usize = 4;
/// So many links, or services, as others have them are added to a caller's own.
const ORDINARY: f64 = 5.0;

/// What marks a service of a link.
#[derive(Debug, Clone)]
pub struct Marks {
    /// The chance of a new service being this one, or one as rarely asked for.
    pub rare: f64,
    /// Hours of use out of hours, of how many.
    pub off: (u64, u64),
    /// The chance of so many out of hours.
    pub hours: f64,
    /// The chance of so few initiators.
    pub few: f64,
    /// How many initiators.
    pub callers: usize,
    /// Who called, if it was one host that swept the organisation on the first day.
    pub sweeper: Option<Host>,
    /// Bytes of the greatest host pair's first two weeks, and the chance of so many.
    pub carried: (u64, f64),
    /// The chance that who does such a thing never did it before.
    pub strangers: f64,
    /// The chance that who answers such a call never answered one from elsewhere.
    pub unserved: f64,
    /// The chance of a service for administration.
    pub administration: f64,
    /// The chance that neither the callers nor their site ever administered another before.
    pub novices: f64,
    /// The chance that one piece of news leads to another: who was called calls, or who calls was called.
    pub leads: f64,
    /// The chance of two ends of which one calls as few and the other is called by as few: from one edge of the organisation to
    /// another, and not to or from its middle.
    pub edges: f64,
    /// All of them together, settled by the organisation's news.
    pub chance: f64,
}

/// A service of a link as it began.
struct Beginning {
    link: LinkKey,
    kind: Service,
    since: Moment,
    callers: BTreeSet<Host>,
    responders: BTreeSet<Host>,
    off: (u64, u64),
    greatest: u64,
    served: bool,
    knew: bool,
    is_administration: bool,
    is_new: bool,
    sweeper: Option<Host>,
    /// The callers had administered others, and so had anybody of their site.
    administered: (bool, bool),
    leads: bool,
}

/// What marks every service of every link, and how often such a thing comes about.
#[derive(Debug, Clone, Default)]
pub struct Company {
    marks: BTreeMap<(LinkKey, Service), Marks>,
    /// New links of how many, and new services of how many, by caller.
    links: BTreeMap<Party, Came>,
    services: BTreeMap<Party, Came>,
    /// When each service of a link between sites ran first, in order.
    began: Vec<Moment>,
}

/// How many came about after the first two weeks, of how many.
type Came = (usize, usize);

impl Company {
    /// Of all that was seen.
    pub fn of(observed: &Observed<'_>, daily: &Daily<'_>) -> Company {
        let coverage = observed.coverage();
        let mut begun: Vec<Beginning> =
            daily.units.iter().filter_map(|unit| beginning(observed, daily, unit, coverage)).collect();
        look_back(&mut begun);
        look_around(&mut begun);
        let marked = compared(&begun);
        let mut company = Company::default();
        let between = begun.iter().filter(|own| own.link.is_between_sites());
        company.began = between.map(|own| own.since).collect();
        company.began.lean_sort();
        let mut links: BTreeMap<LinkKey, bool> = BTreeMap::new();
        for (own, marks) in begun.iter().zip(marked) {
            *links.entry(own.link).or_insert(true) &= own.is_new;
            note(&mut company.services, own.link.from, own.is_new);
            company.marks.insert((own.link, own.kind), marks);
        }
        links.into_iter().for_each(|(link, is_new)| note(&mut company.links, link.from, is_new));
        company
    }

    /// What marks a service of a link.
    pub fn marks(&self, link: LinkKey, service: Service) -> Option<&Marks> {
        self.marks.get(&(link, novelty::kind(service)))
    }

    /// How many services of links between sites ran first as late as this or later, and the share that they are; this one left out, half of
    /// one more.
    pub fn as_late(&self, since: Moment) -> (usize, f64) {
        let later = self.began.len() - self.began.partition_point(|began| *began < since);
        let others = later.saturating_sub(1);
        (others, (others as f64 + 0.5) / (self.began.len() as f64 + 1.0))
    }

    /// How many links came about after the first two weeks, of how many.
    pub fn links(&self) -> Came {
        sum(&self.links)
    }

    /// How many services of links came about after the first two weeks, of how many.
    pub fn services(&self) -> Came {
        sum(&self.services)
    }

    /// The chance that a link came about, and how much of an everyday thing that is at this caller.
    pub fn share_of_links(&self, caller: Party) -> (f64, f64) {
        (share_of_all(self.links()), share(&self.links, caller))
    }

    /// The chance that a service of a link came about, and how much of an everyday thing that is at this caller.
    pub fn share_of_services(&self, caller: Party) -> (f64, f64) {
        (share_of_all(self.services()), share(&self.services, caller))
    }
}

fn note(came: &mut BTreeMap<Party, Came>, caller: Party, is_new: bool) {
    let own = came.entry(caller).or_default();
    *own = (own.0 + usize::from(is_new), own.1 + 1);
}

fn sum(came: &BTreeMap<Party, Came>) -> Came {
    came.values().fold((0, 0), |(new, all), own| (new + own.0, all + own.1))
}

/// The share that came about of all, without the one that is asked about and half of one more. It is the same for every caller on
/// purpose: an intruder who goes from site to site makes his caller's share great, and would hide behind it.
fn share_of_all((new, all): Came) -> f64 {
    (new.saturating_sub(1) as f64 + 0.5) / (all as f64 + 1.0)
}

/// The share that came about of a caller's, without the one that is asked about, drawn to the mean of the other callers' shares
/// as if it had [`ORDINARY`] more; half of one of all is the least that the others are taken for.
fn share(came: &BTreeMap<Party, Came>, caller: Party) -> f64 {
    let others = came.iter().filter(|(party, _)| **party != caller).map(|(_, (new, all))| *new as f64 / *all as f64);
    let (count, total) = others.fold((0.0, 0.0), |(count, total), share| (count + 1.0, total + share));
    let least = 0.5 / (sum(came).1 as f64 + 1.0);
    let mean = if count > 0.0 { f64::max(total / count, least) } else { least };
    let (new, all) = came.get(&caller).copied().unwrap_or((1, 1));
    (new.saturating_sub(1) as f64 + ORDINARY * mean) / (all.saturating_sub(1) as f64 + ORDINARY)
}

fn beginning(observed: &Observed<'_>, daily: &Daily<'_>, unit: &Unit<'_>, coverage: &Coverage) -> Option<Beginning> {
    let since = unit.days.values().filter(|totals| ran(totals) > 0).filter_map(|totals| totals.first).min()?;
    let first = since.hour().day();
    let early = || unit.pairs.iter().flat_map(move |pair| pair.within(first, first + FIRST_DAYS));
    let ran_early =
        |pair: &&super::daily::Pair<'_>| pair.within(first, first + FIRST_DAYS).iter().any(|(_, seen)| seen.ran > 0);
    let own = || unit.pairs.iter().filter(ran_early);
    let carried = |pair: &super::daily::Pair<'_>| -> u64 {
        let days = pair.within(first, first + FIRST_DAYS).iter();
        days.fold(0, |sum: u64, (_, seen)| sum.saturating_add(seen.bytes_out).saturating_add(seen.bytes_in))
    };
    let before = coverage.days(unit.link).range(..first).count();
    _ = observed;
    let callers: BTreeSet<Host> = own().map(|pair| pair.key.initiator).collect();
    let mut sweepers = callers.iter().copied().filter(|host| callers.len() == 1 && daily.swept(*host, first));
    Some(Beginning {
        link: unit.link,
        kind: novelty::kind(unit.service),
        since,
        sweeper: sweepers.next(),
        callers,
        responders: own().map(|pair| pair.key.responder).collect(),
        off: uses(daily, unit.link, early()),
        greatest: own().map(carried).max().unwrap_or(0),
        served: false,
        knew: false,
        is_administration: is_administrative(unit.service),
        is_new: before >= coverage.gate(),
        administered: (false, false),
        leads: false,
    })
}

/// What the ends of each had done before; of what is no news, what they do elsewhere that is none either, since the log begins with it.
fn look_back(begun: &mut [Beginning]) {
    type Done = Vec<(Moment, LinkKey, bool)>;
    let mut asked: BTreeMap<(Service, Host), Done> = BTreeMap::new();
    let mut answered: BTreeMap<(Service, Host), Done> = BTreeMap::new();
    let mut administrators: BTreeMap<Host, Done> = BTreeMap::new();
    let mut sites: BTreeMap<Party, Done> = BTreeMap::new();
    for own in begun.iter() {
        let done = (own.since, own.link, own.is_new);
        for host in &own.callers {
            asked.entry((own.kind, *host)).or_default().push(done);
            if own.is_administration {
                administrators.entry(*host).or_default().push(done);
            }
        }
        if own.is_administration {
            sites.entry(own.link.from).or_default().push(done);
        }
        own.responders.iter().for_each(|host| answered.entry((own.kind, *host)).or_default().push(done));
    }
    for own in begun.iter_mut() {
        // What began within the same day belongs to the same matter.
        let elsewhere = |done: Option<&Done>, apart: i64| {
            done.into_iter()
                .flatten()
                .any(|(at, link, is_new)| *link != own.link && (at.0 < own.since.0 - apart || !own.is_new && !is_new))
        };
        own.knew = own.callers.iter().any(|host| elsewhere(asked.get(&(own.kind, *host)), DAY));
        own.served = own.responders.iter().any(|host| elsewhere(answered.get(&(own.kind, *host)), 0));
        own.administered = (
            own.callers.iter().any(|host| elsewhere(administrators.get(host), DAY)),
            elsewhere(sites.get(&own.link.from), DAY),
        );
    }
}

/// Which news leads to other news: a host that was called for the first time calls elsewhere for the first time.
fn look_around(begun: &mut [Beginning]) {
    let lead = |a: &Beginning, b: &Beginning| {
        a.is_new
            && b.is_new
            && a.link != b.link
            && a.callers.len() <= MOST_LEADERS
            && b.callers.len() <= MOST_LEADERS
            && a.since <= b.since
            && b.since.0 - a.since.0 <= LEADS
            && a.responders.intersection(&b.callers).next().is_some()
    };
    let news: Vec<usize> = (0..begun.len()).filter(|at| begun[*at].is_new).collect();
    let leading: BTreeSet<usize> = news
        .iter()
        .flat_map(|a| news.iter().map(move |b| (*a, *b)))
        .filter(|(a, b)| lead(&begun[*a], &begun[*b]))
        .flat_map(|(a, b)| [a, b])
        .lean_collect();
    leading.into_iter().for_each(|at| begun[at].leads = true);
}

/// What marks each, by comparison with all.
fn compared(begun: &[Beginning]) -> Vec<Marks> {
    let all = begun.len() as f64;
    let (mut off, mut used) = (1.0, 8.0);
    for own in begun.iter().filter(|own| own.off.0 * 3 <= own.off.1) {
        off += own.off.0 as f64;
        used += own.off.1 as f64;
    }
    let mut callers: Vec<usize> = begun.iter().map(|own| own.callers.len()).collect();
    callers.lean_sort();
    let mut greatest: Vec<u64> = begun.iter().map(|own| own.greatest).collect();
    greatest.lean_sort();
    let mut kinds: BTreeMap<Service, usize> = BTreeMap::new();
    begun.iter().for_each(|own| *kinds.entry(own.kind).or_default() += 1);
    let count = |is: &dyn Fn(&Beginning) -> bool| begun.iter().filter(|own| is(own)).count();
    // This one left out, half of one more.
    let chance = |others: usize, of: usize| ((others.saturating_sub(1) as f64 + 0.5) / of.max(1) as f64).min(1.0);
    let of_administration = count(&|own| own.is_administration);
    let novice = |own: &Beginning| own.is_administration && !own.administered.0;
    let novice_site = |own: &Beginning| own.is_administration && !own.administered.1;
    let (novices, novice_sites) = (count(&novice), count(&novice_site));
    let (unserved, strangers) = (count(&|own| !own.served), count(&|own| !own.knew));
    let news = count(&|own| own.is_new);
    let middle = Middle::of(begun);
    let edges = |own: &Beginning| middle.chance(own.link);
    let leading = count(&|own| own.leads);
    let mut marked: Vec<Marks> = begun
        .iter()
        .map(|own| Marks {
            rare: (kinds[&own.kind] as f64 - 0.5) / (all + 0.5 * kinds.len() as f64),
            off: own.off,
            hours: beta_binomial_tail(own.off.0, own.off.1, off / used, RHO),
            few: if own.callers.is_empty() {
                1.0
            } else {
                callers.partition_point(|count| *count <= own.callers.len()) as f64 / (all + 1.0)
            },
            callers: own.callers.len(),
            sweeper: own.sweeper,
            carried: (
                own.greatest,
                (greatest.len() - greatest.partition_point(|bytes| *bytes < own.greatest)) as f64 / (all + 1.0),
            ),
            strangers: if own.knew || own.callers.is_empty() { 1.0 } else { chance(strangers, begun.len()) },
            unserved: if own.served || own.responders.is_empty() { 1.0 } else { chance(unserved, begun.len()) },
            administration: if own.is_administration { chance(of_administration, begun.len()) } else { 1.0 },
            novices: (if novice(own) { chance(novices, of_administration) } else { 1.0 })
                * (if novice_site(own) { chance(novice_sites, of_administration) } else { 1.0 }),
            // Both ends of a lead are news: those of one lead are left out.
            edges: edges(own),
            leads: if own.leads { (leading.saturating_sub(2) as f64 + 0.5) / (news as f64 + 1.0) } else { 1.0 },
            chance: 1.0,
        })
        .collect();
    let odd: Vec<f64> = marked.iter().map(Marks::oddity).collect();
    let scores = Scores::of(odd.clone(), Tail::Exponential);
    let joint: Vec<f64> = odd.into_iter().map(|odd| scores.chance(odd)).collect();
    let mut logs: Vec<f64> =
        begun.iter().zip(&joint).filter(|(own, _)| own.is_new).map(|(_, chance)| -ln(*chance)).collect();
    logs.extend([std::f64::consts::LN_2; DRAWN]);
    let middle = median(&mut logs).unwrap_or(1.0);
    let power = (std::f64::consts::LN_2 / middle.max(1e-9)).min(1.0);
    marked.iter_mut().zip(joint).for_each(|(marks, joint)| marks.chance = exp(power * ln(joint)));
    marked
}

/// How much the middle of the organisation its parties are: by what was not new, how many each calls, and by how many each is called.
struct Middle {
    calls: BTreeMap<Party, BTreeSet<Party>>,
    called: BTreeMap<Party, BTreeSet<Party>>,
    /// Of each link, the product of the two, in order.
    products: Vec<usize>,
}

impl Middle {
    fn of(begun: &[Beginning]) -> Middle {
        let mut middle = Middle { calls: BTreeMap::new(), called: BTreeMap::new(), products: Vec::new() };
        let known: BTreeSet<LinkKey> =
            begun.iter().filter(|own| !own.is_new).map(|own| own.link).filter(LinkKey::is_between_sites).lean_collect();
        for link in &known {
            middle.calls.entry(link.from).or_default().insert(link.to);
            middle.called.entry(link.to).or_default().insert(link.from);
        }
        middle.products = known.iter().map(|link| middle.product(*link)).collect();
        middle.products.sort_unstable();
        middle
    }

    /// How many others the caller calls, times by how many others the called one is called; each at least half.
    fn product(&self, link: LinkKey) -> usize {
        let others = |of: Option<&BTreeSet<Party>>, but: Party| {
            of.map_or(0, |parties| parties.iter().filter(|party| **party != but).count()) * 2
        };
        others(self.calls.get(&link.from), link.to).max(1) * others(self.called.get(&link.to), link.from).max(1)
    }

    /// The chance that a link between sites has such a product, or a lesser one.
    fn chance(&self, link: LinkKey) -> f64 {
        if !link.is_between_sites() || self.products.is_empty() {
            return 1.0;
        }
        let own = self.product(link);
        (self.products.partition_point(|product| *product <= own) as f64 + 0.5) / (self.products.len() as f64 + 1.0)
    }
}

impl Marks {
    /// Fisher's statistic, halved.
    fn oddity(&self) -> f64 {
        let chances = [
            self.rare,
            self.hours,
            self.few,
            self.carried.1,
            self.strangers,
            self.unserved,
            self.administration,
            self.novices,
            self.leads,
            self.edges,
        ];
        chances.iter().map(|chance| -ln(chance.clamp(1e-100, 1.0))).sum()
    }

    /// What is to be said of them.
    pub fn said(&self) -> Phrase {
        let mut said = Vec::new();
        let told = |p: f64| phrase!(" (p = {p})", "（p = {p}）", p = chance(p));
        if self.off.0 > 0 && self.hours < 0.2 {
            let (off, all) = self.off;
            said.push(phrase!(
                "{off} of {all} of use lay out of hours{p}",
                "利用{all}のうち{off}時間が業務時間外{p}",
                off,
                all = count(all, Thing::HOUR),
                p = told(self.hours)
            ));
        }
        if self.callers > 0 && self.few < 0.5 {
            said.push(phrase!(
                "only {callers} called{p}",
                "接続元は{callers}のみ{p}",
                callers = count(self.callers as u64, Thing::HOST),
                p = told(self.few)
            ));
        }
        if self.carried.1 < 0.2 {
            said.push(phrase!(
                "one host pair carried {carried}{p}",
                "一組のホスト間で{carried}を転送{p}",
                carried = bytes(self.carried.0),
                p = told(self.carried.1)
            ));
        }
        if self.strangers < 0.5 {
            said.push(phrase!(
                "none of the callers had used it anywhere before{p}",
                "接続元はいずれも、このサービスを以前どこでも使っていない{p}",
                p = told(self.strangers)
            ));
        }
        if self.unserved < 0.7 {
            said.push(phrase!(
                "who answered had never answered it for anybody else{p}",
                "接続先がこのサービスでほかの拠点に応答したことはない{p}",
                p = told(self.unserved)
            ));
        }
        if self.administration < 1.0 && self.novices < 1.0 {
            said.push(phrase!(
                "it is for administration, and the callers had never administered another site{p}",
                "管理用のサービスだが、接続元がほかの拠点を管理したことはない{p}",
                p = told(self.administration * self.novices)
            ));
        }
        if self.leads < 1.0 {
            said.push(phrase!(
                "one of its hosts has a part in other news as well, on the other side{p}",
                "ホストの一つが、別の新しい接続でも逆の側に立っている{p}",
                p = told(self.leads)
            ));
        }
        if self.edges < 0.2 {
            said.push(phrase!(
                "few call the one, and the other calls few{p}",
                "接続先に接続する拠点も、接続元が接続する拠点も少ない{p}",
                p = told(self.edges)
            ));
        }
        if said.is_empty() {
            return Phrase::default();
        }
        phrase!("Its marks: {said}.", "特徴：{said}。", said = joined(&said, "; ", "、"))
    }

    /// What it may share with other news.
    pub fn cause(&self) -> Cause {
        match self.sweeper {
            Some(host) => Cause::Sweep(host),
            None if self.is_taken_up() => Cause::TakenUp,
            None => Cause::Own,
        }
    }

    /// A crowd, or several hosts in working hours, as when people take something up; at any hour, where it is not for administration, as
    /// when agents are installed.
    fn is_taken_up(&self) -> bool {
        self.callers >= CROWD || self.callers >= 2 && (self.hours > 0.05 || self.administration >= 1.0)
    }
}

/// What a piece of news may share with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nothing.
    Own,
    /// People take something up, perhaps at other sites as well.
    TakenUp,
    /// One host swept the organisation.
    Sweep(Host),
}

/// `Bangkok → Cebu tcp/22`.
fn told_of(observed: &super::Observed<'_>, finding: &Finding) -> Phrase {
    let link = observed.link(finding.link);
    match finding.service {
        Some(service) => phrase!("{link} {service}", "{link}の{service}", link, service),
        None => link,
    }
}

/// From so many sites on, taking up the same thing is a roll-out.
const ROLL_OUT: usize = 3;

/// Makes one finding of what came up while one host swept the organisation, and one of a roll-out: several sites whose people take
/// up the same service of the same party. The first in time speaks, with the highest of the chances.
pub fn gather(news: Vec<(Finding, Cause)>, observed: &super::Observed<'_>) -> Vec<Finding> {
    let mut by_goal: BTreeMap<(Party, Service), Vec<Finding>> = BTreeMap::new();
    let mut by_sweeper: BTreeMap<Host, Vec<Finding>> = BTreeMap::new();
    let mut single = Vec::new();
    for (finding, cause) in news {
        match (cause, finding.service) {
            (Cause::Sweep(host), _) => by_sweeper.entry(host).or_default().push(finding),
            (Cause::TakenUp, Some(service)) => {
                by_goal.entry((finding.link.to, novelty::kind(service))).or_default().push(finding);
            }
            (Cause::TakenUp, None) | (Cause::Own, _) => single.push(finding),
        }
    }
    for mut same in by_sweeper.into_values() {
        same.lean_sort_by(|a, b| (a.window, &a.id).cmp(&(b.window, &b.id)));
        let highest = same.iter().filter_map(|finding| finding.p).fold(0.0, f64::max);
        let mut rest = same.into_iter();
        let Some(mut first) = rest.next() else { continue };
        let rest: Vec<Finding> = rest.collect();
        also(&mut first, &rest);
        let others: Vec<Phrase> = rest.iter().map(|finding| told_of(observed, finding)).collect();
        if !others.is_empty() {
            first.p = Some(highest);
            let swept = phrase!(
                "It came up while one host swept the organisation, as a scanner does, and so did {others}.",
                "一台のホストがスキャナーのように組織内を巡回した中で現れたもので、次の接続も同様です：{others}。",
                others = listed(others, 12)
            );
            first.because = std::mem::take(&mut first.because).and(&swept);
        }
        single.push(first);
    }
    for (_, mut same) in by_goal {
        if same.len() < ROLL_OUT {
            single.extend(same);
            continue;
        }
        same.lean_sort_by(|a, b| (a.window, &a.id).cmp(&(b.window, &b.id)));
        let highest = same.iter().filter_map(|finding| finding.p).fold(0.0, f64::max);
        let mut rest = same.into_iter();
        let Some(mut first) = rest.next() else { continue };
        let rest: Vec<Finding> = rest.collect();
        also(&mut first, &rest);
        let others: Vec<Phrase> = rest.iter().map(|finding| observed.name(finding.link.from)).collect();
        first.p = Some(highest);
        let sites = others.len() + 1;
        let taken_up = phrase!(
            "{more} more sites took it up, each with several hosts and mostly in working hours, as in a roll-out: {others}.",
            "ほかに{more}拠点でも、複数のホストが主に業務時間内に使い始めており、展開作業と同じ形です：{others}。",
            more = others.len(),
            others = listed(others, 8)
        );
        first.because = std::mem::take(&mut first.because).and(&taken_up);
        let gist = std::mem::take(&mut first.gist);
        first.gist = phrase!("a roll-out over {sites} sites? {gist}", "{sites}拠点への展開か。{gist}", sites, gist);
        single.push(first);
    }
    single
}

/// A finding is about others' links as well.
fn also(first: &mut Finding, others: &[Finding]) {
    let links: BTreeSet<LinkKey> = others.iter().map(|own| own.link).filter(|link| *link != first.link).lean_collect();
    first.also.extend(links);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_with_much_news_makes_less_of_a_stir() {
        let came = BTreeMap::from([(Party::Site(0), (8, 10)), (Party::Site(1), (1, 10)), (Party::Site(2), (0, 10))]);
        let [busy, quiet] = [0, 1].map(|site| share(&came, Party::Site(site)));
        // (7 + 5 · .05)/(9 + 5), and (0 + 5 · .4)/(9 + 5).
        assert!((busy - 7.25 / 14.0).abs() < 1e-12 && (quiet - 2.0 / 14.0).abs() < 1e-12, "{busy} {quiet}");
    }

    #[test]
    fn where_nothing_ever_came_about_half_of_one_is_expected() {
        let came = BTreeMap::from([(Party::Site(0), (1, 3)), (Party::Site(1), (0, 6))]);
        assert!((share(&came, Party::Site(0)) - 5.0 * 0.05 / 7.0).abs() < 1e-12);
    }
}
