//! Zeek's logs of protocols beside its conn.log: each connection that ssh.log or ssl.log tells of stands in conn.log too, with its
//! bytes. Both are evidence, but a connection is to count once.
//!
//! A log of protocols is left out of the sums where nearly all of its host pairs stand in the case's conn.log with the same
//! service. Names and times of files are no help: two sensors may write at the same hour, and then neither knows the
//! other's connections.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::File;
use crate::flow::Host;
use crate::ledger::PairKey;
use crate::sorting::LeanCollect as _;

/// So many of a hundred host pairs stand in conn.log. Not all: records at the edge of the hour are in another file, and Zeek's
/// tunnels change ends.
const NEARLY_ALL: usize = 90;

/// A log of protocols, and what of it the conn.logs know.
struct Sought<'f> {
    at: usize,
    file: &'f File,
    pairs: BTreeSet<Pair>,
    found: BTreeSet<Pair>,
    /// How many of its pairs each conn.log knows.
    known_by: BTreeMap<usize, usize>,
}

/// For each file that is a log of protocols, the file of conn.log that tells the same.
pub(super) fn told_by_conn_log(files: &[File]) -> Vec<(usize, usize)> {
    let is_of = |file: &File, formats: &[&str]| {
        file.receipt.format.as_deref().is_some_and(|format| formats.contains(&format)) && !file.ledger.is_empty()
    };
    let protocols = files.iter().enumerate().filter(|(_, file)| is_of(file, &["zeek_protocols"]));
    let mut sought: Vec<Sought<'_>> = protocols
        .map(|(at, file)| {
            let pairs = file.ledger.pairs().map(|(key, _)| pair_of(&key)).lean_collect();
            Sought { at, file, pairs, found: BTreeSet::new(), known_by: BTreeMap::new() }
        })
        .collect();
    if sought.is_empty() {
        return Vec::new();
    }
    // A conn.log may have hundreds of thousands of pairs: each is gone through once, and none of it is kept.
    for (conn_at, conn) in
        files.iter().enumerate().filter(|(_, file)| is_of(file, &["zeek_conn_tsv", "zeek_conn_json"]))
    {
        let mut near: Vec<&mut Sought<'_>> = sought.iter_mut().filter(|each| overlap(each.file, conn)).collect();
        for (key, _) in conn.ledger.pairs() {
            let pair = pair_of(&key);
            for each in near.iter_mut().filter(|each| each.pairs.contains(&pair)) {
                each.found.insert(pair);
                *each.known_by.entry(conn_at).or_default() += 1;
            }
        }
    }
    let told = sought.iter().filter(|each| each.found.len() * 100 >= each.pairs.len() * NEARLY_ALL);
    // Of several, the one that knows the most, and of these the first.
    let best =
        |each: &Sought<'_>| each.known_by.iter().max_by_key(|(at, known)| (**known, Reverse(**at))).map(|(at, _)| *at);
    told.filter_map(|each| Some((each.at, best(each)?))).collect()
}

/// Initiator, responder and the responder's port. The transport is left out: few logs of protocols say it.
type Pair = (Host, Host, Option<u16>);

fn pair_of(key: &PairKey) -> Pair {
    (key.initiator, key.responder, key.service.port)
}

/// Whether the two saw the same time, to the hour.
fn overlap(one: &File, other: &File) -> bool {
    let (Some(first), Some(last)) = (one.receipt.first, one.receipt.last) else { return true };
    let (Some(other_first), Some(other_last)) = (other.receipt.first, other.receipt.last) else { return true };
    first.hour().0 <= other_last.hour().0 + 1 && other_first.hour().0 <= last.hour().0 + 1
}

#[cfg(test)]
mod tests {
    use crate::case::Case;

    const ENDS: &str = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p";
    const CONN: &str = "#separator \\x09\n#path\tconn\n";
    const SSH: &str = "#separator \\x09\n#path\tssh\n";

    /// Rows of connections to these last octets, with their headers.
    fn log(head: &str, more: [&str; 2], servers: &[u8]) -> String {
        let row = |n: &u8| {
            format!("{}.5\tC{n:09}\t10.1.0.5\t50000\t10.2.0.{n}\t22{}\n", 1_591_840_800 + i64::from(*n), more[1])
        };
        format!("{head}#fields\t{ENDS}{}\n{}", more[0], servers.iter().map(row).collect::<String>())
    }

    fn conn(servers: &[u8]) -> String {
        log(CONN, ["\tproto\tconn_state\torig_bytes", "\ttcp\tSF\t7"], servers)
    }

    fn ssh(servers: &[u8]) -> String {
        log(SSH, ["\tversion", "\t2"], servers)
    }

    /// Which files are left out for which, and how many flows count.
    fn told(files: &[(&str, String)]) -> (Vec<Option<usize>>, u64) {
        let mut case = Case::default();
        for (name, text) in files {
            let order = case.reading_order(name);
            let mut reading = order.reading(name);
            reading.feed(text.as_bytes());
            let (receipt, counting) = reading.finish();
            case.add(order.result(receipt, counting));
        }
        let analysis = case.analyse();
        (analysis.repeats, analysis.survey.links.values().map(|link| link.totals.connections()).sum())
    }

    #[test]
    fn what_conn_log_tells_too_counts_once_and_with_its_bytes() {
        let files = [("conn.log", conn(&[1, 2, 3])), ("ssh.log", ssh(&[1, 2, 3]))];
        assert_eq!(told(&files), (vec![None, Some(0)], 3));
    }

    #[test]
    fn without_conn_log_it_counts() {
        assert_eq!(told(&[("ssh.log", ssh(&[1, 2, 3]))]), (vec![None], 3));
    }

    #[test]
    fn another_sensors_conn_log_of_the_same_hour_tells_nothing_of_it() {
        let files = [("conn.log", conn(&[7, 8, 9])), ("ssh.log", ssh(&[1, 2, 3]))];
        assert_eq!(told(&files), (vec![None, None], 6));
    }

    #[test]
    fn several_conn_logs_may_tell_it_together() {
        let files = [("a.conn.log", conn(&[1])), ("b.conn.log", conn(&[2, 3])), ("ssh.log", ssh(&[1, 2, 3]))];
        assert_eq!(told(&files), (vec![None, None, Some(1)], 3));
    }
}
