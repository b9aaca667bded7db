//! D1 policy: a connection ran that the declared policy forbids. No chance is computed: it is a matter of declaration.
//!
//! Gate: one connection that was answered or admitted (or whose outcome the log does not tell: then only suspected). An
//! attempt that was denied is the policy working, and is said as such. What runs within one site is judged only by a row
//! that names that site on both sides. ATT&CK: T1021 Remote Services, T1078 Valid Accounts.

use super::{Detector, Findings, Observed, Refrain, accounts_of, first_ran, hosts_of, id_of, ran, untold};
use crate::finding::{Finding, Gravity, Lane, Rows};
use crate::flow::{Hour, Service};
use crate::ledger::capped::Absorb as _;
use crate::ledger::survey::{LinkKey, ServiceRecord};
use crate::ledger::{Sight, Totals};
use crate::phrase::{Phrase, Saying, Thing, alike, count, phrase, time};
use crate::policy::{Rule, Scope, Verdict};

/// The detector.
pub struct PolicyRule;

const RULE: &str = "D1 policy v1";

impl Detector for PolicyRule {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Policy
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        if observed.policy.rules.is_empty() {
            let because = phrase!(
                "no policy was given, so nothing is forbidden",
                "ポリシーがないため、禁じられた接続は判定できません。"
            );
            found.refrain(RULE, because);
            return found;
        }
        for (link, seen) in &observed.survey.links {
            for (service, record) in &seen.services {
                judge(observed, *link, *service, record, &mut found);
            }
        }
        found
    }
}

fn judge(observed: &Observed<'_>, link: LinkKey, service: Service, record: &ServiceRecord, found: &mut Findings) {
    let names_it = |rule: &&Rule| {
        let site = |scope: &Scope| matches!(scope, Scope::Site(_));
        link.from != link.to || (site(&rule.from) && site(&rule.to))
    };
    let speaking = observed.policy.speaking(link.from, link.to, service, observed.book);
    let speaking: Vec<&Rule> = speaking.into_iter().filter(names_it).collect();
    let denied_by = |hour: Hour| {
        let rule = speaking.iter().find(|rule| rule.stands_at(hour.start()))?;
        (rule.verdict == Verdict::Deny).then_some(*rule)
    };

    let mut forbidden = Totals::default();
    let mut first_rule = None;
    for (hour, totals) in record.hours.iter() {
        if let Some(rule) = denied_by(hour) {
            forbidden.absorb(&totals);
            first_rule = first_rule.or((ran(&totals) > 0).then_some(rule));
        }
    }
    let Some(rule) = first_rule else {
        if forbidden.denied > 0 {
            let because = phrase!(
                "{attempts} denied and none admitted: the policy holds here",
                "{attempts}が拒否され、許可されたものはありません。ここではポリシーが守られています。",
                attempts = count(forbidden.denied, Thing::ATTEMPT)
            );
            found.refrains.push(Refrain { rule: RULE, link: Some(link), service: Some(service), because });
        }
        return;
    };

    let in_force = |sight: &Sight| denied_by(sight.at.map_or(Hour::UNDATED, |at| at.hour())).is_some();
    let pairs: Vec<_> = record
        .pairs
        .iter()
        .filter_map(|(key, pair)| {
            let sights = [first_ran(pair), pair.last_established()];
            let sight = sights.into_iter().flatten().find(in_force)?;
            Some((key, sight))
        })
        .collect();
    let Some(rows) =
        Rows::of(pairs.iter().map(|(_, sight)| *sight).chain(record.rows.iter().copied().filter(in_force)))
    else {
        let because = phrase!(
            "{ran} against the policy, but their rows lie past the ledger's cap",
            "ポリシーに反する{ran}がありますが、該当行は集計の上限を超えており保持していません。",
            ran = count(ran(&forbidden), Thing::CONNECTION)
        );
        found.refrains.push(Refrain { rule: RULE, link: Some(link), service: Some(service), because });
        return;
    };
    let (hosts, from, to) = hosts_of(pairs.iter().map(|(key, _)| *key));
    // Attempts before the first connection that ran, and after the last, are not part of it: "alive after the cut" must not
    // be said of what was denied.
    let last_ran = record.pairs.iter().filter_map(|(_, pair)| pair.last_established().filter(in_force)?.at).max();
    let window = rows.first().at.or(forbidden.first).zip(last_ran.or(forbidden.last));
    found.findings.push(Finding {
        service: Some(service),
        window,
        hosts,
        accounts: accounts_of(std::iter::once(record)),
        because: sentence(observed, link, service, rule, &forbidden, window, (from, to)),
        gist: gist(rule),
        normal: normal(rule),
        innocent: &[
            Saying("the policy is out of date", "ポリシーが古いままになっている"),
            Saying(
                "the sites file puts the address into the wrong site",
                "拠点台帳で、アドレスが誤った拠点に割り当てられている",
            ),
        ],
        attack: &["T1021", "T1078"],
        gravity: if forbidden.established > 0 { Gravity::Violation } else { Gravity::Suspected },
        ..Finding::of(Lane::Policy, RULE, id_of(observed, RULE, link, Some(service), None), link, rows)
    });
}

fn sentence(
    observed: &Observed<'_>,
    link: LinkKey,
    service: Service,
    rule: &Rule,
    totals: &Totals,
    window: Option<(crate::flow::Moment, crate::flow::Moment)>,
    (from, to): (usize, usize),
) -> Phrase {
    let reason = match rule.reason.trim_end_matches('.') {
        "" => Phrase::default(),
        reason => phrase!(": {reason}", "（理由：{reason}）", reason = alike(reason)),
    };
    let ran = match (totals.established, untold(totals)) {
        (0, untold) => phrase!(
            "{untold} logged without an outcome",
            "{untold}が結果の記載なく記録されています",
            untold = count(untold, Thing::CONNECTION)
        ),
        (established, _) => {
            phrase!("{ran} ran", "{ran}が成立しました", ran = count(established, Thing::CONNECTION))
        }
    };
    let when = match window.map(|(first, last)| (time(first), time(last))) {
        Some((first, last)) if first == last => phrase!("at {first}", "{first}に、", first),
        Some((first, last)) => phrase!("from {first} to {last}", "{first}から{last}にかけて、", first, last),
        None => phrase!("at times that the log does not tell", "（日時の記録なし）"),
    };
    let denied = match totals.denied {
        0 => Phrase::default(),
        denied => phrase!(", {denied} more were denied", "。このほか{denied}件が拒否されています", denied),
    };
    phrase!(
        "{ran} {link} over {service} {when}, from {from} to {to}{denied}. Line {line} of the policy forbids it ({row}){reason}.",
        "{when}{link}の{service}通信で{ran}（接続元：{from}、接続先：{to}）{denied}。ポリシーの{line}行目（{row}）がこれを禁じています{reason}。",
        ran,
        link = observed.link(link),
        service,
        when,
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST),
        denied,
        line = rule.line,
        row = alike(format!("{} → {}, {}", rule.from, rule.to, rule.service)),
        reason
    )
}

fn gist(rule: &Rule) -> Phrase {
    let reason = match rule.reason.trim_end_matches('.') {
        "" => Phrase::default(),
        reason => phrase!(": {reason}", "：{reason}", reason = alike(reason)),
    };
    let line = rule.line;
    phrase!("line {line} of the policy forbids it{reason}", "ポリシー{line}行目が禁じる接続{reason}", line, reason)
}

fn normal(rule: &Rule) -> Phrase {
    let normal = phrase!("By the policy, no such connection runs.", "ポリシー上、このような接続は行われません。");
    match rule.approver.as_deref() {
        None => normal,
        Some(name) => normal.and(&phrase!(
            "Ask {name}, who approved the row.",
            "この行を承認した{name}に確認してください。",
            name = alike(name)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use crate::finding::Gravity;
    use crate::flow::Outcome;

    const FORBIDDEN: &str = "Bangkok,Tokyo DC,rdp,deny,no desktop from plants,\n*,*,*,allow,,\n";

    #[test]
    fn one_forbidden_connection_is_a_violation() {
        let stream = Stream::new().policy(FORBIDDEN).flows(1, 0, 5, "10.0.0.9", "10.4.0.1", "tcp/3389");
        let found = stream.findings();
        assert_eq!(stream.found(), ["D1 Bangkok → Tokyo DC tcp/3389"]);
        let finding = &found.findings[0];
        assert_eq!((finding.gravity, finding.p, finding.hosts.len()), (Gravity::Violation, None, 2));
        assert_eq!(
            finding.because,
            "1 connection ran Bangkok → Tokyo DC over tcp/3389 at 2020-05-01 00:05 UTC, from 1 host to 1 host. Line 2 of \
             the policy forbids it (Bangkok → Tokyo DC, ?/3389): no desktop from plants. By the clock \
             of Bangkok: 2020-05-01 07:05 UTC+07:00. [D1 policy v1; 1 row]"
        );
    }

    #[test]
    fn many_forbidden_connections_of_a_service_are_one_finding() {
        let mut stream = Stream::new().policy(FORBIDDEN);
        for host in 1..=200 {
            stream = stream.flows(2, host, 5, &format!("10.0.1.{host}"), "10.4.0.1", "tcp/3389");
        }
        assert_eq!(stream.found(), ["D1 Bangkok → Tokyo DC tcp/3389"]);
        let finding = stream.findings().findings.remove(0);
        assert!(finding.because.contains("400 connections ran") && finding.because.contains("200 hosts to 1 host"));
        assert_eq!((finding.hosts.len(), finding.rows.iter().count()), (20, 50));
    }

    #[test]
    fn a_denied_attempt_is_the_policy_working() {
        let stream = Stream::new().policy(FORBIDDEN).flow(0, 5, "10.0.0.9", "10.4.0.1", "tcp/3389", Outcome::Denied);
        assert!(stream.found().is_empty());
        assert!(stream.findings().refrains.iter().any(|r| r.because.contains("the policy holds")));
    }

    #[test]
    fn an_allowance_that_ended_forbids_only_what_came_after() {
        let rows = "*,*,*,deny,,\nBangkok,Tokyo DC,rdp,allow,migration,2020-05-10\n";
        let within = Stream::new().policy(rows).flows(3, 9, 5, "10.0.0.9", "10.4.0.1", "tcp/3389");
        assert!(within.found().is_empty());
        let after = within.flows(1, 10, 5, "10.0.0.9", "10.4.0.1", "tcp/3389").findings();
        assert!(
            after.findings[0]
                .because
                .starts_with("1 connection ran Bangkok → Tokyo DC over tcp/3389 at 2020-05-11 00:05 UTC"),
            "{}",
            after.findings[0].because
        );
        assert_eq!(after.findings[0].rows.first().place.line, 4);
    }

    #[test]
    fn within_a_site_only_a_row_that_names_it_counts() {
        let stream = Stream::new().flows(1, 0, 5, "10.0.0.9", "10.0.0.1", "tcp/445");
        assert!(stream.policy("*,*,*,deny,,\n").found().is_empty());
        let stream = Stream::new().flows(1, 0, 5, "10.0.0.9", "10.0.0.1", "tcp/445");
        assert_eq!(stream.policy("Bangkok,Bangkok,smb,deny,,\n").found(), ["D1 Bangkok → Bangkok tcp/445"]);
    }

    #[test]
    fn an_outcome_that_the_log_does_not_tell_is_suspected_only() {
        let stream = Stream::new().policy(FORBIDDEN).flow(0, 5, "10.0.0.9", "10.4.0.1", "tcp/3389", Outcome::Unknown);
        assert_eq!(stream.findings().findings[0].gravity, Gravity::Suspected);
    }

    #[test]
    fn the_first_violation_in_time_comes_first() {
        let stream = Stream::new()
            .policy("*,Tokyo DC,rdp,deny,,\n")
            .flows(1, 9, 0, "10.0.0.9", "10.4.0.1", "tcp/3389")
            .flows(9, 3, 0, "10.2.0.9", "10.4.0.1", "tcp/3389");
        assert_eq!(stream.found(), ["D1 Jakarta → Tokyo DC tcp/3389", "D1 Bangkok → Tokyo DC tcp/3389"]);
    }
}
