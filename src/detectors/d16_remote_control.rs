//! D16 remote control: in a log too short to call anything new, one host works another site's host by several services for
//! administration, as lateral movement does.
//!
//! On one day a host pair between two sites runs services of three classes (SMB, RPC, WinRM, RDP, SSH, VNC), or two of which one
//! is WinRM, RDP, SSH or VNC, or RPC with SMB that pushes (1 MB out, and four times what comes back). Left out are hosts that
//! answer Kerberos or LDAP, because every member of a domain speaks SMB and RPC with its controllers, and hosts that more than two
//! others work in this way: those are servers; and hosts that work more than five: those are scanners, or what software and
//! administrators come from. Connections of less than 1 kB are greetings. No chance is computed: it is a pattern, and gives way to D2, D3 and D15 as soon
//! as there are 14 days of logs.
//!
//! Where the sites were only guessed from address ranges, two hosts of one range may be of two offices, so that a pair within
//! one guessed site is looked at as well, and the sentence says so.
//!
//! Gate: fewer than 14 days with logs. ATT&CK: T1021.002 SMB, T1021.006 WinRM, T1570 Lateral Tool Transfer. Innocent: an administrator
//! at work, software distribution.

use std::collections::{BTreeMap, BTreeSet};

use super::novelty::DAYS_BEFORE;
use super::{Detector, Findings, Observed, hosts_of, id_of, ran};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Service};
use crate::ledger::survey::LinkKey;
use crate::ledger::{PairKey, PairTotals};
use crate::phrase::{Phrase, Saying, Thing, bytes, count, listed, phrase, time};
use crate::sites::Party;
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct RemoteControl;

pub(super) const RULE: &str = "D16 remote-control v2";
const PUSHED: u64 = 1_000_000;
/// Worked by more hosts than this, it is a server.
const MOST_CALLERS: usize = 2;
/// Who works more hosts than this is a scanner, or what software and administrators come from.
const MOST_WORKED: usize = 5;
/// Fewer bytes a connection, both ways together, are a greeting, as scanners have them.
const GREETING: u64 = 1_000;
/// Kerberos, LDAP, LDAPS, the global catalogue.
const OF_CONTROLLERS: [u16; 5] = [88, 389, 636, 3268, 3269];

/// A way to work a host from afar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Smb,
    Rpc,
    Hands,
    WinRm,
}

fn way(service: Service) -> Option<Way> {
    match service.port? {
        139 | 445 => Some(Way::Smb),
        135 => Some(Way::Rpc),
        22 | 3389 | 5900 => Some(Way::Hands),
        5985 | 5986 => Some(Way::WinRm),
        _ => None,
    }
}

type Calls<'s> = Vec<(Service, &'s PairKey, &'s PairTotals)>;

impl Detector for RemoteControl {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let days = observed.survey.covered_days().len();
        if days >= DAYS_BEFORE {
            let because = phrase!(
                "{days} days with logs: what is new and what is odd is told by other rules",
                "ログが{days}日分あるため、新しいものや異常なものはほかの規則が判定します。",
                days
            );
            found.refrain(RULE, because);
            return found;
        }
        #[expect(clippy::type_complexity, reason = "two tables filled in one pass, used once")]
        let (mut pairs, mut controllers): (BTreeMap<(LinkKey, Host, Host), Calls<'_>>, BTreeSet<Host>) =
            Default::default();
        let site = |party| matches!(party, Party::Site(_) | Party::Unassigned);
        let guessed = |party| observed.book.site(party).is_some_and(|site| site.guessed);
        for (link, seen) in &observed.survey.links {
            for (service, record) in &seen.services {
                for (key, totals) in record.pairs.iter().filter(|(_, totals)| ran(&totals.totals()) > 0) {
                    if service.port.is_some_and(|port| OF_CONTROLLERS.contains(&port)) {
                        controllers.insert(key.responder);
                    }
                    let apart = link.from != link.to || guessed(link.from);
                    if apart && site(link.from) && site(link.to) && way(*service).is_some() {
                        pairs.entry((*link, key.initiator, key.responder)).or_default().push((*service, key, totals));
                    }
                }
            }
        }
        pairs.retain(|(_, _, responder), calls| !controllers.contains(responder) && is_worked(calls));
        let mut callers: BTreeMap<Host, BTreeSet<Host>> = BTreeMap::new();
        for (_, initiator, responder) in pairs.keys() {
            callers.entry(*responder).or_default().insert(*initiator);
        }
        let mut workers: BTreeMap<Host, BTreeSet<Host>> = BTreeMap::new();
        for (_, initiator, responder) in pairs.keys() {
            workers.entry(*initiator).or_default().insert(*responder);
        }
        for (host, worked) in workers.iter().filter(|(_, worked)| worked.len() > MOST_WORKED) {
            let because = phrase!(
                "{host} works {worked}, as scanners do and hosts of administration",
                "{host}は{worked}を操作しており、スキャナーや管理用のホストと同じ形です。",
                host = observed.host(*host),
                worked = count(worked.len() as u64, Thing::HOST)
            );
            found.refrain(RULE, because);
        }
        let worked = pairs.into_iter().filter(|((_, initiator, responder), _)| {
            callers[responder].len() <= MOST_CALLERS && workers[initiator].len() <= MOST_WORKED
        });
        found.findings.extend(worked.filter_map(|((link, _, _), calls)| claim(observed, link, &calls)));
        found
    }
}

fn is_worked(calls: &Calls<'_>) -> bool {
    let is_more = |(_, _, pair): &&(Service, &PairKey, &PairTotals)| {
        let own = pair.totals();
        own.bytes() / ran(&own).max(1) >= GREETING || own.bytes() == 0
    };
    let ways: BTreeSet<Way> = calls.iter().filter(is_more).filter_map(|(service, ..)| way(*service)).lean_collect();
    let by_hand = ways.contains(&Way::Hands) || ways.contains(&Way::WinRm);
    ways.len() >= 3 || ways.len() == 2 && by_hand || ways.contains(&Way::Rpc) && calls.iter().any(is_push)
}

fn is_push((service, _, totals): &(Service, &PairKey, &PairTotals)) -> bool {
    let totals = totals.totals();
    way(*service) == Some(Way::Smb) && totals.bytes_out >= PUSHED && totals.bytes_out / 4 >= totals.bytes_in
}

fn claim(observed: &Observed<'_>, link: LinkKey, calls: &Calls<'_>) -> Option<Finding> {
    let rows =
        Rows::of(calls.iter().flat_map(|(_, _, pair)| [super::first_ran(pair), pair.last_established()]).flatten())?;
    let (hosts, _, _) = hosts_of(calls.iter().map(|(_, key, _)| *key));
    let (_, key, _) = calls.first()?;
    let sums = || calls.iter().map(|(_, _, pair)| pair.totals());
    let window = sums().filter_map(|own| own.first).min().zip(sums().filter_map(|own| own.last).max());
    let told = calls.iter().map(|(service, _, pair)| carried(*service, pair));
    let because = phrase!(
        "{worker} of {from} worked {worked} of {to} over {services} from {first}.",
        "{first}から、{from}の{worker}が{to}の{worked}を遠隔で操作したとみられます（{services}）。",
        worker = observed.host(key.initiator),
        from = observed.name(link.from),
        worked = observed.host(key.responder),
        to = observed.name(link.to),
        services = listed(told, 6),
        first = window.map(|(first, _)| time(first)).unwrap_or_default()
    );
    let pushed = match calls.iter().any(is_push) {
        true => phrase!(
            "It pushed data over file sharing, as tools are brought along.",
            "ファイル共有でデータを送り込んでおり、ツールを持ち込む際の動きと同じです。"
        ),
        false => Phrase::default(),
    };
    let within = match link.from == link.to {
        true => phrase!(
            "The two lie in one address range, which was taken for one site for want of a list of sites; they may be of two offices.",
            "双方は一つのアドレス範囲にあり、拠点台帳がないため一つの拠点とみなしましたが、別の拠点である可能性があります。"
        ),
        false => Phrase::default(),
    };
    let short = phrase!(
        "The log is too short to say whether it ever did before.",
        "以前にもあったかどうかは、ログが短いため判断できません。"
    );
    let because = because.and(&pushed).and(&within).and(&short);
    Some(Finding {
        window,
        hosts,
        because,
        gist: phrase!("worked from afar by several services", "複数のサービスによる遠隔操作"),
        normal: phrase!(
            "Hosts of offices ask servers; they do not work each other.",
            "拠点のホストはサーバーに接続するもので、互いを操作することは通常ありません。"
        ),
        innocent: &[
            Saying("an administrator at work", "管理者の作業"),
            Saying("software distribution", "ソフトウェアの配布"),
        ],
        attack: &["T1021.002", "T1021.006", "T1570"],
        ..Finding::of(Lane::Behaviour, RULE, id_of(observed, RULE, link, None, Some(key.initiator)), link, rows)
    })
}

/// A service of a host pair with what it carried: `tcp/445 (12 connections, 5.9 MB out, 100 kB back)`.
pub(super) fn carried(service: Service, pair: &PairTotals) -> Phrase {
    let own = pair.totals();
    phrase!(
        "{service} ({connections}, {out} out, {back} back)",
        "{service}（{connections}、送信{out}、受信{back}）",
        service,
        connections = count(ran(&own), Thing::CONNECTION),
        out = bytes(own.bytes_out),
        back = bytes(own.bytes_in)
    )
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    fn domain() -> Stream {
        let mut stream = Stream::new();
        for (plant, service) in
            (0..4).flat_map(|plant| ["tcp/88", "tcp/445", "tcp/135"].map(|service| (plant, service)))
        {
            stream = stream.flows(3, 0, 10, &format!("10.{plant}.0.9"), "10.4.0.1", service);
        }
        stream
    }

    #[test]
    fn a_host_that_works_another_office_s_host_is_told_even_in_a_log_of_an_hour() {
        let stream = domain()
            .flows(4, 0, 20, "10.0.0.9", "10.1.0.9", "tcp/5985")
            .flows(4, 0, 25, "10.0.0.9", "10.1.0.9", "tcp/135")
            .sized(0, 27, "10.0.0.9", "10.1.0.9", "tcp/445", (5_900_000, 100_000));
        let found = stream.told_by(&super::RemoteControl).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].because.starts_with("10.0.0.9 of Bangkok worked 10.1.0.9 of Cebu over tcp/135"),
            "{}",
            found[0].because
        );
        assert!(found[0].because.contains("pushed data") && found[0].rows.iter().count() >= 3);
    }

    #[test]
    fn members_of_a_domain_are_not_at_work_on_its_controller() {
        assert!(domain().told_by(&super::RemoteControl).findings.is_empty());
    }

    #[test]
    fn with_two_weeks_of_logs_other_rules_speak() {
        let stream = domain()
            .everyday(15)
            .flows(4, 0, 20, "10.0.0.9", "10.1.0.9", "tcp/5985")
            .flows(4, 0, 25, "10.0.0.9", "10.1.0.9", "tcp/135");
        assert!(stream.told_by(&super::RemoteControl).findings.is_empty());
    }

    #[test]
    fn a_scanner_that_greets_everybody_works_nobody() {
        let mut stream = domain();
        for (host, service) in
            (1..9).flat_map(|host| ["tcp/22", "tcp/135", "tcp/445", "tcp/3389"].map(|own| (host, own)))
        {
            stream = stream.sized(0, 30 + host, "10.4.0.60", &format!("10.0.0.{host}"), service, (300, 200));
        }
        assert!(stream.told_by(&super::RemoteControl).findings.is_empty());
    }

    #[test]
    fn who_works_many_is_told_as_such_and_makes_no_finding() {
        let mut stream = domain();
        for (host, service) in (1..9).flat_map(|host| ["tcp/22", "tcp/135", "tcp/445"].map(|own| (host, own))) {
            stream = stream.sized(0, 30 + host, "10.4.0.60", &format!("10.0.0.{host}"), service, (30_000, 20_000));
        }
        let found = stream.told_by(&super::RemoteControl);
        assert!(found.findings.is_empty());
        assert!(
            found.refrains.iter().any(|own| own.because.contains("10.4.0.60 works 8 hosts")),
            "{:?}",
            found.refrains
        );
    }
}
