//! Decisions, actions and what came after, on the sample: the story whose end is a statement.

use kyoten::case::acts::{Action, ActionKind, Decision, Verdict};
use kyoten::case::aftermath::{statement, watched};
use kyoten::case::changes::{act, decide, policy_row};
use kyoten::case::document::Document;
use kyoten::case::document::read::read;
use kyoten::case::log::broken;
use kyoten::case::merging::merge;

use crate::sampled::document;

/// 2020-06-11 06:00 and 2020-11-30 00:00 UTC.
const CUT: f64 = 1_591_855_200.0;
const RESTORED: f64 = 1_606_694_400.0;

fn decision(document: &Document, verdict: Verdict, who: &str, at: f64) -> Decision {
    let (finding, who, why) = (document.findings[0].id.clone(), who.to_owned(), "=because".to_owned());
    Decision { finding, verdict, who, at, why }
}

fn action(kind: ActionKind, at: f64) -> Action {
    let (from, to, service) = ("Bangkok Office".to_owned(), "Tokyo DC".to_owned(), "*".to_owned());
    Action { kind, from, to, service, at, who: "noc".to_owned(), why: String::new() }
}

#[test]
fn a_cut_is_alive_where_a_connection_ran_after_it() {
    let document = document();
    let after = statement(&document, "Bangkok Office", "Tokyo DC", CUT, Some(RESTORED));
    let rdp = after.after.iter().find(|own| own.service == "tcp/3389").expect("it was tried again after the cut");
    assert!(rdp.ran == 0 && rdp.stopped == 13, "{rdp:?}");
    assert!(after.stopped() > 50 && after.ran() <= 1, "{after:?}");
    let back = statement(&document, "Bangkok Office", "Tokyo DC", RESTORED, None);
    assert!(back.ran() > 100 && back.stopped() == 0, "reconnected: {back:?}");
}

#[test]
fn what_was_not_watched_stands_in_the_statement() {
    let mut document = document();
    let own = watched(&document, CUT, Some(RESTORED));
    assert_eq!((own.hours, own.by_all, own.gaps.len()), (4122, 4120, 1));
    assert_eq!(own.percent(), 99.9);
    // A sensor that falls silent for good leaves a gap to the end.
    document.coverage[0].last = Some(CUT + 3_600.0 * 100.0);
    let own = watched(&document, CUT, Some(RESTORED));
    assert_eq!((own.by_all, own.by_some), (100, 4122));
    // A moment within an hour: the hour itself is claimed neither way.
    assert_eq!(watched(&document, CUT + 1.0, Some(RESTORED)).hours, 4121);
}

#[test]
fn decisions_and_actions_go_into_the_file_and_its_log() {
    let mut document = document();
    let entries = document.log.len();
    let benign = decision(&document, Verdict::Benign, "m.sato", 1.6e9);
    decide(&mut document, benign.clone()).unwrap();
    act(&mut document, action(ActionKind::Cut, CUT)).unwrap();
    assert!(decide(&mut document, Decision { why: " ".to_owned(), ..benign.clone() }).is_err());
    assert!(decide(&mut document, Decision { finding: "D1-0".to_owned(), ..benign.clone() }).is_err());
    assert!(act(&mut document, Action { from: "Atlantis".to_owned(), ..action(ActionKind::Cut, CUT) }).is_err());
    let again = read(document.to_json().as_bytes()).unwrap();
    assert_eq!((again.decisions.len(), again.actions.len(), again.log.len()), (1, 1, entries + 2));
    assert_eq!(broken(&again.log), None);
    let row = policy_row(&again, &benign, Some("2026-12-31")).unwrap();
    assert_eq!(
        (row.verdict.as_str(), row.until.as_deref(), row.approver.as_deref()),
        ("allow", Some("2026-12-31"), Some("m.sato"))
    );
    assert_eq!(policy_row(&again, &decision(&again, Verdict::Confirmed, "x", 0.0), None), None);
}

#[test]
fn two_analysts_cases_are_joined_and_their_conflict_told() {
    let base = document();
    let (mut own, mut other) = (base.clone(), base.clone());
    let confirmed = decision(&base, Verdict::Confirmed, "m.sato", 1.6e9);
    let benign = decision(&base, Verdict::Benign, "t.ito", 1.7e9);
    decide(&mut own, confirmed).unwrap();
    decide(&mut other, benign).unwrap();
    act(&mut other, action(ActionKind::Cut, CUT)).unwrap();
    let merged = merge(&own, &other).unwrap();
    assert_eq!((merged.conflicts.len(), merged.document.decisions.len(), merged.document.actions.len()), (1, 2, 1));
    assert!(merged.document.notices.iter().any(|notice| notice.starts_with("CONFLICT")));
    assert_eq!(broken(&merged.document.log), None);
    // Joined with itself, nothing is in conflict; joined the other way round, the same decisions stand.
    assert!(merge(&own, &own).unwrap().conflicts.is_empty());
    assert_eq!(merge(&other, &own).unwrap().document.decisions, merged.document.decisions);
    let mut foreign = base.clone();
    foreign.evidence[0].sha256 = Some("00".to_owned());
    assert!(merge(&base, &foreign).is_err());
    let mut touched = other.clone();
    touched.log[0].with.push('x');
    assert!(merge(&own, &touched).is_err());
}

#[test]
fn a_case_file_goes_on_where_it_was_left() {
    let mut document = document();
    let confirmed = decision(&document, Verdict::Confirmed, "m.sato", 1.6e9);
    decide(&mut document, confirmed).unwrap();
    let document = read(document.to_json().as_bytes()).unwrap();
    let mut case = crate::sampled::case();
    case.resume(&document, &|_| None);
    let again = Document::of(&case, &case.analyse());
    assert!(again.to_json() == document.to_json(), "the same evidence and the same acts are the same file");

    // Without books of its own it takes those of the case file, line for line.
    let mut bare = kyoten::case::Case::default();
    bare.resume(&document, &|_| None);
    assert_eq!((bare.book.sites.len(), &bare.policy), (8, &crate::sampled::case().policy));
}

#[test]
fn case_79_a_case_file_of_other_evidence_says_what_is_altered_and_what_is_missing() {
    let document = document();
    let (name, bytes) = crate::sampled::logs()[0];
    let altered = [bytes, b"\n"].concat();
    let mut case = crate::sampled::case_of([(name, altered.as_slice())]);
    case.resume(&document, &|_| None);
    let notices = case.analyse().notices;
    let count = |word: &str| notices.iter().filter(|notice| notice.english().contains(word)).count();
    assert_eq!((count("ALTERED"), count("MISSING")), (1, 5), "{notices:#?}");
    assert!(
        notices.iter().any(|notice| notice.english().contains("ALTERED") && notice.english().contains(name)),
        "{notices:#?}"
    );
}

#[test]
fn a_second_analyst_s_case_file_is_joined_and_the_conflict_stands_among_the_notices() {
    let base = document();
    let (mut own, mut other) = (base.clone(), base.clone());
    decide(&mut own, decision(&base, Verdict::Confirmed, "m.sato", 1.6e9)).unwrap();
    decide(&mut other, decision(&base, Verdict::Benign, "t.ito", 1.7e9)).unwrap();
    act(&mut other, action(ActionKind::Cut, CUT)).unwrap();
    let mut case = crate::sampled::case();
    case.take_up(&own, &|_| None).unwrap();
    case.take_up(&other, &|_| None).unwrap();
    assert_eq!((case.decisions.len(), case.actions.len(), broken(&case.log)), (2, 1, None));
    let notices = case.analyse().notices;
    assert_eq!(notices.iter().filter(|notice| notice.english().starts_with("CONFLICT on ")).count(), 1, "{notices:?}");
    let mut foreign = base;
    foreign.evidence[0].sha256 = Some("00".to_owned());
    assert!(case.take_up(&foreign, &|_| None).unwrap_err().contains("not of the same evidence"));
}
