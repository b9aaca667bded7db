//! The sites and the links between them as the picture shows them: from the survey, the findings and what is looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Gravity};
use crate::flow::{Hour, Service};
use crate::ledger::Totals;
use crate::ledger::capped::Absorb;
use crate::ledger::survey::{Link, LinkKey, Survey};
use crate::sites::{Party, SiteBook};

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

/// The cards of all sites of a book, and of the two parties that are none.
pub fn cards(book: &SiteBook) -> Vec<Card> {
    let bare = |party, name: &str| Card {
        party,
        name: name.to_owned(),
        country: None,
        role: None,
        position: None,
        guessed: false,
    };
    let sites = book.sites.iter().enumerate().map(|(index, site)| Card {
        country: site.country.clone(),
        role: site.role.clone(),
        position: site.position,
        guessed: site.guessed,
        ..bare(Party::Site(index as u32), &site.name)
    });
    let others = [bare(Party::Unassigned, super::words::UNASSIGNED), bare(Party::External, super::words::EXTERNAL)];
    sites.chain(others).collect()
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lens {
    /// Only these hours, both included: the timeline's brush.
    pub hours: Option<(Hour, Hour)>,
    /// Only links from or to this party.
    pub focus: Option<Party>,
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

/// The findings that get a number, in order: the first of each link between two parties.
pub fn numbered(findings: &[Finding]) -> Vec<&Finding> {
    let mut out: Vec<&Finding> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.link.from != finding.link.to) {
        if out.len() < NUMBERED && out.iter().all(|before| before.link != finding.link) {
            out.push(finding);
        }
    }
    out
}

/// The network that a lens shows. `findings` are in rank order.
pub fn network(survey: &Survey, cards: &[Card], findings: &[Finding], lens: Lens) -> Network {
    let mut marks: BTreeMap<LinkKey, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        marks.entry(finding.link).or_default().push(finding);
    }
    let numbers = numbered(findings);
    let number = |key: &LinkKey| numbers.iter().position(|first| first.link == *key).map(|place| place + 1);
    let state = |key: &LinkKey| {
        let gravest = marks.get(key).into_iter().flatten().map(|finding| finding.gravity).max();
        gravest.map_or(State::Expected, State::from)
    };

    let between = || survey.links.iter().filter(|(key, _)| key.from != key.to);
    let seen = |key: &LinkKey| lens.focus.is_none_or(|focus| key.from == focus || key.to == focus);
    let mut edges = Vec::new();
    for (key, link) in between().filter(|(key, _)| seen(key)) {
        let (totals, services) = looked_at(link, lens.hours);
        if totals.flows == 0 && totals.replies == 0 {
            continue;
        }
        let first = marks.get(key).and_then(|found| found.first()).copied();
        let service = first.and_then(|finding| finding.service);
        edges.push(Edge {
            key: *key,
            totals,
            services,
            hosts: hosts(link, service),
            state: state(key),
            number: number(key),
            service,
            findings: marks.get(key).into_iter().flatten().map(|finding| finding.id.clone()).collect(),
        });
    }
    let linked: BTreeSet<Party> = edges.iter().flat_map(|edge| [edge.key.from, edge.key.to]).collect();
    let shown = cards.iter().filter(|card| matches!(card.party, Party::Site(_)) || linked.contains(&card.party));
    let nodes = shown.map(|card| {
        let within = LinkKey { from: card.party, to: card.party };
        let totals = survey.links.get(&within).map(|link| looked_at(link, lens.hours).0);
        Node { card: card.clone(), within: totals.unwrap_or_default(), state: state(&within) }
    });
    Network { nodes: nodes.collect(), edges, of: between().count() }
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
    services.sort_by(|(a, x), (b, y)| y.connections().cmp(&x.connections()).then(a.cmp(b)));
    (whole, services)
}

fn hosts(link: &Link, service: Option<Service>) -> (usize, usize) {
    if let Some(record) = service.and_then(|service| link.services.get(&service)) {
        return record.hosts();
    }
    let pairs = || link.services.values().flat_map(|record| record.pairs.iter().map(|(key, _)| key));
    let initiators: BTreeSet<_> = pairs().map(|key| key.initiator).collect();
    let responders: BTreeSet<_> = pairs().map(|key| key.responder).collect();
    (initiators.len(), responders.len())
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
