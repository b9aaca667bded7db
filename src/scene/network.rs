//! The sites and the links between them as the picture shows them: from the survey, the findings and what is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::words::Words;
use crate::case::acts::{Action, ActionKind};
use crate::finding::{Finding, Gravity, Lane};
use crate::flow::{Hour, Moment, Service};
use crate::ledger::Totals;
use crate::ledger::capped::Absorb;
use crate::ledger::survey::{Link, LinkKey, Survey};
use crate::sites::{EXTERNAL, Party, SiteBook, UNASSIGNED};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// A party as people know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Who.
    pub party: Party,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: Option<String>,
    /// What it is for.
    pub role: Option<String>,
    /// Latitude and longitude in degrees.
    pub position: Option<(f64, f64)>,
    /// Kyoten guessed it; nobody said so.
    pub guessed: bool,
}

fn bare(party: Party, name: &str) -> Card {
    Card { party, name: name.to_owned(), country: None, role: None, position: None, guessed: false }
}

/// The cards of all sites of a book, and of the two parties that are none.
pub fn cards(book: &SiteBook, words: &Words) -> Vec<Card> {
    let sites = book.sites.iter().enumerate().map(|(index, site)| Card {
        country: site.country.clone(),
        role: site.role.clone(),
        position: site.position,
        guessed: site.guessed,
        ..bare(Party::Site(index as u32), &site.name)
    });
    let others = [bare(Party::Unassigned, words.unassigned), bare(Party::External, words.external)];
    sites.chain(others).collect()
}

/// The cards of the countries outside that the survey has links with, in order of their codes.
pub fn abroad(survey: &Survey, words: &Words) -> Vec<Card> {
    let ends: BTreeSet<Party> = survey.links.keys().flat_map(|key| [key.from, key.to]).lean_collect();
    let card = |party| match party {
        Party::Country(country) => Some(bare(party, &(words.external_in)(country.code()))),
        Party::Site(_) | Party::Unassigned | Party::External => None,
    };
    ends.into_iter().filter_map(card).collect()
}

/// What the pictures are made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'m> {
    /// The flows, by link.
    pub survey: &'m Survey,
    /// Who the parties are.
    pub cards: &'m [Card],
    /// In rank order.
    pub findings: &'m [Finding],
    /// What was done about links; sites stand by the names of their cards.
    pub actions: &'m [Action],
    /// The links that the analyst put first among the numbered ones.
    pub order: &'m [LinkKey],
}

impl Material<'_> {
    /// The name by which an action calls a party.
    fn called(&self, party: Party) -> &str {
        match party {
            Party::External => EXTERNAL,
            Party::Country(country) => country.outside(),
            Party::Unassigned => UNASSIGNED,
            Party::Site(_) => self.cards.iter().find(|card| card.party == party).map_or("", |card| &card.name),
        }
    }

    /// What was done about a link, or about all services of it, in order of time.
    pub fn acted(&self, key: LinkKey, service: Option<Service>) -> Vec<&Action> {
        if self.actions.is_empty() {
            // Names are looked up among all cards, and pictures ask for every link.
            return Vec::new();
        }
        let (from, to) = (self.called(key.from), self.called(key.to));
        let service = service.map_or_else(|| "*".to_owned(), |service| service.to_string());
        let mut own: Vec<&Action> = self.actions.iter().filter(|a| a.covers(from, to, &service)).collect();
        own.lean_sort_by(|a, b| a.at.total_cmp(&b.at));
        own
    }

    /// How many connections of a link (over a service) ran in later hours than an action's, until the next action that
    /// restores it.
    pub fn ran_after(&self, key: LinkKey, service: Option<Service>, action: &Action) -> u64 {
        let moment = |action: &Action| Moment((action.at * 1e6) as i64).hour();
        let restored = self.acted(key, service).into_iter().find(|a| a.kind == ActionKind::Restore && a.at > action.at);
        let until = restored.map_or(Hour(i32::MAX), moment);
        let (first, last) = (Hour(moment(action).0.saturating_add(1)), Hour(until.0.saturating_sub(1)));
        if first > last {
            return 0;
        }
        let services = self.survey.links.get(&key).into_iter().flat_map(|link| &link.services);
        let own = services.filter(|(own, _)| service.is_none_or(|service| service == **own));
        own.flat_map(|(_, record)| record.hours.range(first, last)).map(|(_, totals)| totals.established).sum()
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lens {
    /// Only these hours, both included: the timeline's brush.
    pub hours: Option<(Hour, Hour)>,
    /// Only this party and what lies within so many links of it.
    pub focus: Option<(Party, u32)>,
}

/// What the picture shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// The sites, in the order of the cards. All sites of the book, silent ones too; others where they have a link.
    pub nodes: Vec<Node>,
    /// The links between different parties, in order of their key.
    pub edges: Vec<Edge>,
    /// How many links between different parties there are without the lens.
    pub of: usize,
    /// Sites that no log names in what is looked at: nothing can be said of their links.
    pub unlogged: BTreeSet<Party>,
}

/// A party on the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Who it is.
    pub card: Card,
    /// Traffic within it, which is no link.
    pub within: Totals,
    /// The state of the traffic within it, where a finding is about that.
    pub state: State,
}

/// A link on the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Who called whom.
    pub key: LinkKey,
    /// The sums of what is looked at.
    pub totals: Totals,
    /// The services by flows, most first.
    pub services: Vec<(Service, Totals)>,
    /// Distinct initiators and responders over all hours; they don't add up hour by hour. Of the service of its first
    /// finding where it has one, else of all.
    pub hosts: (usize, usize),
    /// How it is drawn.
    pub state: State,
    /// The number of its first finding in rank order: ① is 1.
    pub number: Option<usize>,
    /// The service that its first finding is about.
    pub service: Option<Service>,
    /// The ids of its findings in rank order.
    pub findings: Vec<String>,
    /// Something ran on [`RARE_DAYS`] days or fewer of those looked at.
    pub rare: bool,
    /// Some finding on it is that it was never seen before.
    pub novel: bool,
    /// Cut by decision, and not restored by the end of what is looked at.
    pub cut: bool,
}

/// How a link is drawn: line style, symbol and word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Thin.
    Expected,
    /// Hatched: no log covers it.
    NoLog,
    /// Double bar: cut by the analyst's decision.
    Cut,
    /// Dashed, `?`.
    Suspected,
    /// Bold, `!`.
    Anomalous,
    /// Bold, `✕`.
    Violation,
}

impl From<Gravity> for State {
    fn from(gravity: Gravity) -> State {
        match gravity {
            Gravity::Suspected => State::Suspected,
            Gravity::Anomalous => State::Anomalous,
            Gravity::Violation => State::Violation,
        }
    }
}

impl State {
    /// All of them, gravest first, as the legend lists them.
    pub const ALL: [State; 6] =
        [State::Violation, State::Anomalous, State::Suspected, State::Expected, State::NoLog, State::Cut];

    /// Whether it stands out.
    pub fn is_marked(self) -> bool {
        self >= State::Suspected
    }
}

/// How many findings have a number on the picture: as many as one digit can say.
pub const NUMBERED: usize = 9;

/// The findings that get a number, in order: the first of each link between two parties; before them those of the links
/// that the analyst put first.
pub fn numbered<'f>(findings: &'f [Finding], order: &[LinkKey]) -> Vec<&'f Finding> {
    let of_link = |key: &LinkKey| findings.iter().find(|finding| finding.link == *key);
    // What counts has its number before what is weak.
    let (weak, counted): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().filter(|finding| finding.link.from != finding.link.to).partition(|finding| finding.is_weak());
    let between = counted.into_iter().chain(weak);
    let mut out: Vec<&Finding> = Vec::new();
    for finding in order.iter().filter_map(of_link).chain(between) {
        if out.len() < NUMBERED && out.iter().all(|before| before.link != finding.link) {
            out.push(finding);
        }
    }
    out
}

/// The network that a lens shows.
pub fn network(material: &Material<'_>, lens: Lens) -> Network {
    let Material { survey, cards, findings, order, .. } = *material;
    let mut marks: BTreeMap<LinkKey, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        for link in std::iter::once(&finding.link).chain(&finding.also) {
            marks.entry(*link).or_default().push(finding);
        }
    }
    let numbers = numbered(findings, order);
    let number = |key: &LinkKey| numbers.iter().position(|first| first.link == *key).map(|place| place + 1);
    let state = |key: &LinkKey| {
        let gravest = marks.get(key).into_iter().flatten().map(|finding| finding.gravity).max();
        gravest.map_or(State::Expected, State::from)
    };
    let end = lens.hours.map(|(_, last)| last).or(survey.window.map(|(_, last)| last.hour()));
    let is_cut = |key: &LinkKey, service: Option<Service>| {
        let acted = material.acted(*key, service);
        let past = acted.iter().rfind(|action| {
            action.kind != ActionKind::Restrict && end.is_none_or(|end| Moment((action.at * 1e6) as i64).hour() <= end)
        });
        past.is_some_and(|action| action.kind == ActionKind::Cut)
    };

    let between = || survey.links.iter().filter(|(key, _)| key.from != key.to);
    let near = lens.focus.map(|(focus, hops)| within(between().map(|(key, _)| *key), focus, hops));
    let seen = |party: Party| near.as_ref().is_none_or(|near| near.contains(&party));
    let mut edges = Vec::new();
    for (key, link) in between().filter(|(key, _)| seen(key.from) && seen(key.to)) {
        let (totals, services) = looked_at(link, lens.hours);
        if totals.flows == 0 && totals.replies == 0 {
            continue;
        }
        let first = marks.get(key).and_then(|found| found.first()).copied();
        let service = first.and_then(|finding| finding.service);
        let cut = is_cut(key, service);
        edges.push(Edge {
            key: *key,
            totals,
            services,
            hosts: hosts(link, service),
            state: if cut && state(key) == State::Expected { State::Cut } else { state(key) },
            number: number(key),
            service,
            findings: marks.get(key).into_iter().flatten().map(|finding| finding.id.clone()).collect(),
            rare: is_rare(link, lens.hours),
            novel: marks.get(key).is_some_and(|found| found.iter().any(|finding| finding.lane == Lane::Novelty)),
            cut,
        });
    }
    let linked: BTreeSet<Party> = edges.iter().flat_map(|edge| [edge.key.from, edge.key.to]).lean_collect();
    let shown = cards
        .iter()
        .filter(|card| matches!(card.party, Party::Site(_)) && seen(card.party) || linked.contains(&card.party));
    let mut nodes: Vec<Node> = Vec::new();
    for card in shown {
        let within = LinkKey { from: card.party, to: card.party };
        let totals = survey.links.get(&within).map(|link| looked_at(link, lens.hours).0);
        nodes.push(Node { card: card.clone(), within: totals.unwrap_or_default(), state: state(&within) });
    }
    let logged = |node: &Node| {
        let party = node.card.party;
        let in_lens = |day: &i32| lens.hours.is_none_or(|(a, b)| (a.day()..=b.day()).contains(day));
        linked.contains(&party)
            || node.within.connections() > 0
            || survey.days.get(&party).is_some_and(|days| days.iter().any(in_lens))
    };
    let is_site = |node: &&Node| matches!(node.card.party, Party::Site(_));
    let unlogged = nodes.iter().filter(is_site).filter(|node| !logged(node)).map(|node| node.card.party).collect();
    Network { nodes, edges, of: between().count(), unlogged }
}

/// A party and those within so many links of it, either way.
fn within(links: impl Iterator<Item = LinkKey>, focus: Party, hops: u32) -> BTreeSet<Party> {
    let links: Vec<LinkKey> = links.collect();
    let mut near: BTreeSet<Party> = [focus].into_iter().lean_collect();
    for _hop in 0..hops {
        let touching = links.iter().filter(|key| near.contains(&key.from) || near.contains(&key.to));
        let next: Vec<Party> = touching.flat_map(|key| [key.from, key.to]).collect();
        near.extend(next);
    }
    near
}

/// Traffic on no more days than this is rare.
pub const RARE_DAYS: usize = 3;

/// Whether a link carried something on a few days only.
fn is_rare(link: &Link, hours: Option<(Hour, Hour)>) -> bool {
    let (first, last) = hours.unwrap_or((Hour(i32::MIN), Hour(i32::MAX)));
    let mut days: Vec<i32> = Vec::new();
    for record in link.services.values() {
        for (hour, _) in record.hours.range(first.min(last), last.max(first)) {
            if !days.contains(&hour.day()) {
                days.push(hour.day());
            }
            if days.len() > RARE_DAYS {
                return false;
            }
        }
    }
    true
}

/// A link's sums in these hours, and its services, most flows first.
fn looked_at(link: &Link, hours: Option<(Hour, Hour)>) -> (Totals, Vec<(Service, Totals)>) {
    let mut whole = Totals::default();
    let mut services = Vec::new();
    for (service, record) in &link.services {
        let mut sum = Totals::default();
        match hours {
            None => sum.absorb(&record.totals),
            Some((first, last)) => {
                for (_, totals) in record.hours.range(first.min(last), last.max(first)) {
                    sum.absorb(&totals);
                }
            }
        }
        if sum.connections() > 0 {
            whole.absorb(&sum);
            services.push((*service, sum));
        }
    }
    services.lean_sort_by(|(a, x), (b, y)| y.connections().cmp(&x.connections()).then(a.cmp(b)));
    (whole, services)
}

fn hosts(link: &Link, service: Option<Service>) -> (usize, usize) {
    if let Some(record) = service.and_then(|service| link.services.get(&service)) {
        return record.hosts();
    }
    link.hosts()
}

impl Network {
    /// The place of a party among the nodes.
    pub fn index(&self, party: Party) -> Option<usize> {
        self.nodes.iter().position(|node| node.card.party == party)
    }

    /// Whether a map can show it: at least one site has a position.
    pub fn is_mappable(&self) -> bool {
        self.nodes.iter().any(|node| node.card.position.is_some())
    }

    /// The site that the marked links lead to, else the one that most links lead to: the middle of the ring.
    pub fn centre(&self) -> Option<Party> {
        let mut weight: BTreeMap<Party, (u64, u64, u64)> = BTreeMap::new();
        for edge in &self.edges {
            let marked = u64::from(edge.state.is_marked());
            for (party, as_responder) in [(edge.key.to, 1), (edge.key.from, 0)] {
                let sum = weight.entry(party).or_default();
                sum.0 += marked * (1 + as_responder);
                sum.1 += 1;
                sum.2 = sum.2.saturating_add(edge.totals.connections());
            }
        }
        let sites = weight.into_iter().filter(|(party, _)| matches!(party, Party::Site(_)));
        sites.max_by_key(|(party, sum)| (*sum, std::cmp::Reverse(*party))).map(|(party, _)| party)
    }
}
