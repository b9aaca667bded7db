//! Made-up flows for the detectors' tests: an organisation of five sites and its everyday traffic.

use super::{Detector, Findings, Observed, examine_all};
use crate::calendar::days_from_civil;
use crate::evidence::Place;
use crate::flow::{Endpoint, Flow, Moment, Outcome, Service};
use crate::ledger::Ledger;
use crate::ledger::survey::Survey;
use crate::phrase::Phrase;
use crate::policy::Policy;
use crate::policy::csv::read_policy;
use crate::sites::SiteBook;
use crate::sites::import::read_sites;

/// Five sites; `10.N.0.0/16` is the Nth in order of name.
const SITES: &str = "site,cidr,country,role\nBangkok,10.0.0.0/16,TH,plant\nCebu,10.1.0.0/16,PH,plant\n\
    Jakarta,10.2.0.0/16,ID,plant\nLincoln,10.3.0.0/16,US,plant\nTokyo DC,10.4.0.0/16,JP,datacentre\n";

/// A log being made up.
pub struct Stream {
    ledger: Ledger,
    book: SiteBook,
    policy: Policy,
    baseline: Option<(Moment, Moment)>,
    line: u64,
    seconds: Option<u64>,
    account: Option<String>,
}

impl Stream {
    /// No flow yet.
    pub fn new() -> Stream {
        let (book, complaints) = read_sites(SITES.as_bytes());
        assert_eq!(complaints, vec![]);
        Stream {
            ledger: Ledger::default(),
            book,
            policy: Policy::default(),
            baseline: None,
            line: 0,
            seconds: None,
            account: None,
        }
    }

    /// Everyday traffic for so many days: every plant calls Tokyo over https and dns, Tokyo calls each over ssh.
    pub fn everyday(mut self, days: i64) -> Stream {
        for day in 0..days {
            for plant in ["10.0.0.9", "10.1.0.9", "10.2.0.9", "10.3.0.9"] {
                for _ in 0..3 {
                    self = self.flow(day, 9 * 60, plant, "10.4.0.1", "tcp/443", Outcome::Established);
                    self = self.flow(day, 9 * 60, plant, "10.4.0.2", "udp/53", Outcome::Established);
                    self = self.flow(day, 10 * 60, "10.4.0.3", plant, "tcp/22", Outcome::Established);
                }
            }
        }
        self
    }

    /// One flow, so many days after 1 May 2020 and minutes after midnight (UTC).
    pub fn flow(self, day: i64, minute: i64, from: &str, to: &str, service: &str, outcome: Outcome) -> Stream {
        self.add(day, minute, from, to, service, outcome, (1_000, 2_000))
    }

    /// One flow that ran, with its bytes out and back.
    pub fn sized(self, day: i64, minute: i64, from: &str, to: &str, service: &str, bytes: (u64, u64)) -> Stream {
        self.add(day, minute, from, to, service, Outcome::Established, bytes)
    }

    /// One flow of a log that tells bytes and no outcome, as NetFlow does.
    pub fn untold(self, day: i64, minute: i64, from: &str, to: &str, service: &str, bytes: (u64, u64)) -> Stream {
        self.add(day, minute, from, to, service, Outcome::Unknown, bytes)
    }

    /// One flow that ran so many seconds.
    pub fn lasting(mut self, day: i64, minute: i64, from: &str, to: &str, service: &str, seconds: u64) -> Stream {
        self.seconds = Some(seconds);
        self = self.add(day, minute, from, to, service, Outcome::Established, (1_000, 2_000));
        self.seconds = None;
        self
    }

    /// One connection, logon or session of an account.
    pub fn by(mut self, account: &str, day: i64, minute: i64, from: &str, to: &str, service: &str) -> Stream {
        self.account = Some(account.to_owned());
        self = self.add(day, minute, from, to, service, Outcome::Established, (1_000, 2_000));
        self.account = None;
        self
    }

    #[allow(clippy::too_many_arguments, reason = "a flow has these")]
    fn add(
        mut self,
        day: i64,
        minute: i64,
        from: &str,
        to: &str,
        service: &str,
        outcome: Outcome,
        (out, back): (u64, u64),
    ) -> Stream {
        let service = Service::read(service).unwrap();
        let end = |text: &str, port| Endpoint { address: Some(text.parse().unwrap()), port, ..Endpoint::default() };
        let flow = Flow {
            kind: service.kind,
            user: self.account.as_deref().map(Into::into),
            start: Some(moment(day, minute)),
            duration: self.seconds.map(|seconds| seconds * 1_000_000),
            initiator: end(from, service.port.map(|_| 50_000)),
            responder: end(to, service.port),
            protocol: service.protocol,
            bytes_out: Some(out),
            bytes_in: Some(back),
            outcome,
            ..Flow::default()
        };
        self.line += 1;
        let places = self.book.for_evidence("fw.log");
        let (from, to) = (places.locate(&flow.initiator), places.locate(&flow.responder));
        self.ledger.add(&flow, Place { line: self.line, offset: self.line * 100 }, from, to, "fw.log");
        self
    }

    /// So many flows, a minute apart.
    pub fn flows(mut self, count: i64, day: i64, minute: i64, from: &str, to: &str, service: &str) -> Stream {
        for i in 0..count {
            self = self.flow(day, minute + i, from, to, service, Outcome::Established);
        }
        self
    }

    /// With these rows of `policy.csv`, up to `until`.
    pub fn policy(mut self, rows: &str) -> Stream {
        let text = format!("from,to,service,verdict,reason,until\n{rows}");
        let (policy, complaints) = read_policy(text.as_bytes());
        assert_eq!(complaints, vec![]);
        self.policy = policy;
        self
    }

    /// With these days declared normal.
    pub fn baseline(mut self, first: i64, last: i64) -> Stream {
        self.baseline = Some((moment(first, 0), moment(last, 24 * 60 - 1)));
        self
    }

    /// What it amounts to, by party.
    pub fn survey(&self) -> Survey {
        let parties = self.book.parties();
        Survey::of(&self.ledger, |locus| parties.of(locus))
    }

    /// What all detectors say of it.
    pub fn findings(&self) -> Findings {
        let survey = self.survey();
        in_both_languages(examine_all(&Observed::new(&survey, &self.book, &self.policy, self.baseline)))
    }

    /// What one detector says of it.
    pub fn told_by(&self, detector: &dyn Detector) -> Findings {
        let survey = self.survey();
        in_both_languages(detector.examine(&Observed::new(&survey, &self.book, &self.policy, self.baseline)))
    }

    /// Rule and link of each finding, in rank order.
    pub fn found(&self) -> Vec<String> {
        let name = |party| self.book.name_of(party).to_owned();
        let said = |finding: &crate::finding::Finding| {
            let service = finding.service.map(|service| format!(" {service}")).unwrap_or_default();
            let rule = finding.rule.split(' ').next().unwrap_or_default();
            format!("{rule} {} → {}{service}", name(finding.link.from), name(finding.link.to))
        };
        self.findings().findings.iter().map(said).collect()
    }
}

/// Fails where anything is not said in both languages with the same numbers: every case of every detector holds that.
fn in_both_languages(found: Findings) -> Findings {
    for finding in &found.findings {
        [&finding.because, &finding.gist, &finding.normal].into_iter().for_each(Phrase::assert_in_both);
        assert!(!finding.because.is_empty() && !finding.gist.is_empty() && !finding.normal.is_empty(), "{finding:?}");
        // A policy and a pattern in a log too short compare with nothing; all others show what they compared with.
        let rule = finding.rule.split(' ').next().unwrap_or_default();
        assert_eq!(finding.usual.is_none(), ["D1", "D16", "D17"].contains(&rule), "{finding:?}");
        if let Some(usual) = &finding.usual {
            usual.says().assert_in_both();
            assert!(crate::case::document::usual::Usual::of(usual).read().is_some(), "it can't be drawn: {usual:?}");
        }
        assert!(finding.innocent.iter().all(|cause| !cause.0.is_ascii() || !cause.1.is_ascii()), "{finding:?}");
    }
    found.refrains.iter().for_each(|refrain| refrain.because.assert_in_both());
    found
}

fn moment(day: i64, minute: i64) -> Moment {
    Moment(((days_from_civil(2020, 5, 1) + day) * 1_440 + minute) * 60_000_000)
}
