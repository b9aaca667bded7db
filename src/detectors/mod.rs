//! What should not have occurred: one detector a file, and their findings ranked in lanes.
//!
//! A new detector is one file beside this one and one line in [`ALL`]. Invariants: a detector reads totals and decides;
//! it never reads evidence again, never changes what it reads, and says "not enough evidence" where its gate is not met.
//! All arithmetic is the four operations, so that a browser and a shell come to the same last digit.

mod conformal;
mod d10_fan_out;
mod d11_denied_then_admitted;
mod d12_dormant;
mod d13_spread;
mod d14_relay;
mod d15_odd_hosts;
mod d16_remote_control;
mod d17_onward_call;
mod d18_steady_call;
mod d19_account_elsewhere;
mod d1_policy;
mod d20_first_calls;
mod d2_new_link;
mod d3_new_service;
mod d4_reversal;
mod d5_off_hours;
mod d6_volume;
mod d7_flip;
mod d8_beacon;
mod d9_long_session;
mod daily;
mod gathering;
mod joining;
mod marks;
mod newcomers;
mod novelty;
mod numeric;
pub mod ranking;
mod spread;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::calendar::zones::LocalClock;
use crate::finding::{Finding, Lane};
use crate::flow::{Host, Moment, Service};
use crate::ledger::survey::{LinkKey, ServiceRecord, Survey};
use crate::ledger::{PairKey, PairTotals, Sight, Totals, capped::mixed};
use crate::phrase::{Phrase, alike, local_time, phrase};
use crate::policy::Policy;
use crate::sites::{Party, SiteBook};
use crate::sorting::LeanCollect as _;

pub use ranking::examine_all;

/// All detectors.
pub const ALL: &[&dyn Detector] = &[
    &d1_policy::PolicyRule,
    &d2_new_link::NewLink,
    &d3_new_service::NewService,
    &d4_reversal::Reversal,
    &d5_off_hours::OffHours,
    &d6_volume::Volume,
    &d7_flip::Flip,
    &d8_beacon::Beacon,
    &d9_long_session::LongSession,
    &d10_fan_out::FanOut,
    &d11_denied_then_admitted::DeniedThenAdmitted,
    &d12_dormant::Dormant,
    &d13_spread::Spread,
    &d14_relay::Relay,
    &d15_odd_hosts::OddHosts,
    &d16_remote_control::RemoteControl,
    &d17_onward_call::OnwardCall,
    &d18_steady_call::SteadyCall,
    &d19_account_elsewhere::AccountElsewhere,
    &d20_first_calls::FirstCalls,
];

/// A detector.
pub trait Detector: Sync {
    /// Its rule and version: `D2 new-link v1`.
    fn rule(&self) -> &'static str;

    /// The lane of its findings.
    fn lane(&self) -> Lane;

    /// Whether it gives one chance to every service of every link, so that what it says is joined with what others of its kind
    /// say of the same service.
    fn is_per_service(&self) -> bool {
        false
    }

    /// Looks at all that was seen.
    fn examine(&self, observed: &Observed<'_>) -> Findings;

    /// Looks at what the other lanes found.
    fn follow_up(&self, _observed: &Observed<'_>, _earlier: &[Finding]) -> Findings {
        Findings::default()
    }
}

/// All that a detector sees.
#[derive(Debug, Clone)]
pub struct Observed<'a> {
    /// What was seen, by party.
    pub survey: &'a Survey,
    /// Who the parties are.
    pub book: &'a SiteBook,
    /// What was declared to be expected.
    pub policy: &'a Policy,
    /// The time that the user declared to be normal, first and last moment.
    pub baseline: Option<(Moment, Moment)>,
    /// The same by day, worked out when it is first asked for.
    daily: OnceCell<daily::Daily<'a>>,
    /// Which days were looked at, likewise.
    coverage: OnceCell<novelty::Coverage>,
    /// What marks news, likewise.
    company: OnceCell<marks::Company>,
}

impl<'a> Observed<'a> {
    /// All that there is to look at.
    pub fn new(
        survey: &'a Survey,
        book: &'a SiteBook,
        policy: &'a Policy,
        baseline: Option<(Moment, Moment)>,
    ) -> Observed<'a> {
        Observed {
            survey,
            book,
            policy,
            baseline,
            daily: OnceCell::new(),
            coverage: OnceCell::new(),
            company: OnceCell::new(),
        }
    }

    fn daily(&self) -> &daily::Daily<'a> {
        self.daily.get_or_init(|| daily::Daily::of(self))
    }

    fn coverage(&self) -> &novelty::Coverage {
        self.coverage.get_or_init(|| novelty::Coverage::of(self.survey))
    }

    fn company(&self) -> &marks::Company {
        self.company.get_or_init(|| marks::Company::of(self, self.daily()))
    }

    /// A party's clock: by its time zone, else its country, else where it stands; none where nothing says it.
    pub fn clock(&self, party: Party) -> Option<LocalClock> {
        let site = self.book.site(party)?;
        let by_zone = site.timezone.as_deref().and_then(LocalClock::of_zone);
        let by_country = || site.country.as_deref().and_then(LocalClock::of_country);
        let by_position = || site.position.map(|(_, longitude)| LocalClock::of_longitude(longitude));
        by_zone.or_else(by_country).or_else(by_position)
    }

    /// A moment by a party's own clock, in words; by UTC where the party has none.
    fn local(&self, party: Party, at: Moment) -> Phrase {
        local_time(at, self.clock(party).map_or(0, |clock| clock.offset(at)))
    }

    /// `Bangkok → Tokyo DC`; what is said of it in Japanese follows with の.
    fn link(&self, link: LinkKey) -> Phrase {
        phrase!("{from} → {to}", "{from}から{to}へ", from = self.name(link.from), to = self.name(link.to))
    }

    /// Whose name a party bears.
    fn name(&self, party: Party) -> Phrase {
        let en = self.book.name_of(party);
        match party {
            Party::Site(_) => alike(en),
            Party::External => Phrase::told(en.to_owned(), "外部".to_owned()),
            Party::Country(_) => {
                let code = en.rsplit(':').next().unwrap_or_default();
                Phrase::told(en.to_owned(), format!("外部（{code}）"))
            }
            Party::Unassigned => Phrase::told(en.to_owned(), "未割り当て".to_owned()),
        }
    }

    /// A host's address or name.
    fn host(&self, host: Host) -> Phrase {
        alike(self.survey.host(host))
    }
}

/// What detectors found, and where they could not look.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The claims.
    pub findings: Vec<Finding>,
    /// Where a gate was not met.
    pub refrains: Vec<Refrain>,
    /// How many times a chance was computed: what Benjamini–Hochberg divides by.
    pub tested: usize,
}

impl Findings {
    /// Notes that a rule's gate was not met, for no link in particular.
    fn refrain(&mut self, rule: &'static str, because: Phrase) {
        self.refrains.push(Refrain { rule, link: None, service: None, because });
    }
}

/// Where a detector had not enough evidence, and why: not the same as having found nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refrain {
    /// The rule and its version.
    pub rule: &'static str,
    /// The link, where it is about one.
    pub link: Option<LinkKey>,
    /// The service, where it is about one.
    pub service: Option<Service>,
    /// What was lacking, in one sentence with its numbers.
    pub because: Phrase,
}

/// Connections that ran as far as the log says: answered or admitted, or of an outcome that the log does not tell.
fn ran(totals: &Totals) -> u64 {
    totals.established + untold(totals)
}

/// Connections whose outcome the log does not tell.
fn untold(totals: &Totals) -> u64 {
    totals.flows.saturating_sub(totals.established + totals.denied + totals.failed)
}

/// The first record of a pair that ran.
fn first_ran(pair: &PairTotals) -> Option<Sight> {
    pair.first_established().or(if untold(&pair.totals()) > 0 { pair.first() } else { None })
}

/// A finding's id: the rule's number and 48 bits over all that tells it from others. Sites go in by name, so that it
/// stays when the book grows.
fn id_of(observed: &Observed<'_>, rule: &str, link: LinkKey, service: Option<Service>, host: Option<Host>) -> String {
    let service = service.map(|service| service.to_string()).unwrap_or_default();
    let host = host.map(|host| observed.survey.host(host)).unwrap_or_default();
    let text = format!("{rule}\0{}\0{service}\0{host}", observed.link(link).english());
    let hash = mixed(text.bytes().fold(0, |hash, byte| mixed(hash ^ u64::from(byte))));
    format!("{}-{:012x}", rule.split(' ').next().unwrap_or(rule), hash >> 16)
}

/// The hosts of some pairs, initiators first, at most [`Finding::MOST_HOSTS`]; and how many initiators and responders.
fn hosts_of<'p>(pairs: impl Iterator<Item = &'p PairKey>) -> (Vec<Host>, usize, usize) {
    let (mut initiators, mut responders) = (BTreeSet::new(), BTreeSet::new());
    for pair in pairs {
        initiators.insert(pair.initiator);
        responders.insert(pair.responder);
    }
    let (from, to) = (initiators.len(), responders.len());
    // Half of the places for either end, so that many initiators do not hide what they called.
    let most = Finding::MOST_HOSTS;
    let own = from.min((most / 2).max(most.saturating_sub(to)));
    let hosts = initiators.iter().take(own).chain(responders.iter().take(most - own)).copied();
    (hosts.collect(), from, to)
}

/// The accounts of a service, at most [`Finding::MOST_HOSTS`].
fn accounts_of<'r>(records: impl Iterator<Item = &'r ServiceRecord>) -> Vec<String> {
    let accounts: BTreeSet<&String> = records.flat_map(|record| record.accounts.keys()).lean_collect();
    accounts.into_iter().take(Finding::MOST_HOSTS).cloned().collect()
}

/// Whether two parties are different ones, so that what runs between them is a link.
fn is_link(key: LinkKey) -> bool {
    key.from != key.to
}

#[cfg(test)]
pub(crate) mod stream;
