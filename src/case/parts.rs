//! The parts of one file, read side by side, as one result: the same as if one reader had gone from its start to its end.

use serde::{Deserialize, Serialize};

use super::{ReadingOrder, ReadingResult};
use crate::evidence::accounts::MOST_REASONS;
use crate::ledger::Ledger;
use crate::ledger::handing::{Incoming, Outgoing};
use crate::reading::count::Counting;
use crate::reading::range::Part;
use crate::reading::receipt::Receipt;
use crate::sorting::LeanSort as _;

/// What came of reading a part, on its way: piece by piece, since it may be a hundred megabytes.
pub struct PartPieces {
    head: Option<Head>,
    ledger: Outgoing<Ledger>,
}

/// The first piece: enough to tell whether the parts of a file join.
#[derive(Serialize, Deserialize)]
struct Head {
    part: Part,
    stamp: u64,
}

impl ReadingOrder {
    /// The result of reading a part by this order.
    pub fn part(&self, part: Part, counting: Counting) -> PartPieces {
        let stamp = self.stamp(&part.receipt.name);
        PartPieces { head: Some(Head { part, stamp }), ledger: Outgoing::of(counting.into_ledger()) }
    }
}

impl Iterator for PartPieces {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        match self.head.take() {
            Some(head) => {
                Some(postcard::to_allocvec(&head).expect("a receipt holds nothing that postcard cannot write"))
            }
            None => self.ledger.next(),
        }
    }
}

impl ReadingResult {
    /// Joins all parts of a file of this size, in any order. `None` where they do not make up what one reader would have made of
    /// the file, so that it has to be read from its start to its end. The hash is not known yet.
    ///
    /// `piece` gives a piece of a part, by their numbers; none behind its last.
    pub fn join(
        count: usize,
        piece: impl Fn(usize, usize) -> Option<Vec<u8>>,
        size: u64,
    ) -> Result<Option<ReadingResult>, String> {
        let mut heads: Vec<(Head, usize)> = Vec::new();
        for number in 0..count {
            let head = piece(number, 0).ok_or("not a part: it has no beginning")?;
            heads.push((postcard::from_bytes(&head).map_err(|e| format!("not a part: {e}"))?, number));
        }
        heads.lean_sort_by_key(|(head, _)| head.part.start);
        if let Some(last) = heads.iter().position(|(head, _)| head.part.is_abandoned()) {
            heads.truncate(last + 1);
        }
        let follow =
            |pair: &[(Head, usize)]| pair[1].0.part.follows(&pair[0].0.part) && pair[0].0.stamp == pair[1].0.stamp;
        if !heads.windows(2).all(follow) || heads.iter().any(|(head, _)| !head.part.is_plain()) {
            return Ok(None);
        }
        let mut joined: Option<(Receipt, u64)> = None;
        let mut ledger: Option<Ledger> = None;
        let (mut lines, mut start, mut abandoned) = (0, 0, None);
        for (Head { mut part, stamp }, number) in heads {
            abandoned = part.receipt.abandoned.take();
            let mut incoming = Incoming::new(None, lines);
            for own in (1..).map_while(|at| piece(number, at)) {
                incoming.take(&mut ledger, &own)?;
            }
            if !incoming.is_whole() {
                return Err("not a part: its end is missing".to_owned());
            }
            match &mut joined {
                None => (start, joined) = (part.start, Some((part.receipt, stamp))),
                Some((receipt, _)) => receipt.absorb(part.receipt, lines),
            }
            lines += part.lines;
        }
        // Which reasons are told apart where there are too many depends on where the reading began.
        let told_apart = |receipt: &Receipt| {
            let accounts = &receipt.accounts;
            let reasons = [&accounts.skipped, &accounts.malformed, &accounts.filtered, &accounts.without_endpoint];
            reasons.iter().all(|reasons| reasons.0.len() < MOST_REASONS)
        };
        if let (Some((receipt, _)), Some(reason)) = (&mut joined, abandoned) {
            receipt.abandon(&reason, size);
        }
        let all = joined.zip(ledger).map(|((receipt, stamp), ledger)| ReadingResult { receipt, ledger, stamp });
        Ok(all.filter(|all| start == 0 && all.receipt.size == size && told_apart(&all.receipt)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use crate::reading::range::Ranges;

    /// The file read whole, without its hash; and in parts that are cut about here, if they join.
    fn both_ways(log: &[u8], cuts: &[usize]) -> (Vec<u8>, Option<Vec<u8>>) {
        let order = Case::default().reading_order("x.log");
        let mut reading = order.reading("x.log");
        reading.feed(log);
        let (mut receipt, counting) = reading.finish();
        receipt.sha256 = None;
        let whole = order.result(receipt, counting).to_bytes();

        let ranges = Ranges::of(&order.order, log).expect("it may be cut");
        let cuts = cuts.iter().map(|cut| cut + ranges.cut(&log[*cut..]).expect("there is a line end"));
        let mut edges: Vec<usize> = [0, log.len()].into_iter().chain(cuts).collect();
        edges.sort_unstable();
        let parts = edges.windows(2).map(|edge| {
            let mut reading = ranges.begin("x.log", edge[0] as u64, order.counting("x.log"));
            log[edge[0]..edge[1]].chunks(4_001).for_each(|chunk| reading.feed(chunk));
            let (part, counting) = reading.finish();
            order.part(part, counting).collect()
        });
        let parts: Vec<Vec<Vec<u8>>> = parts.rev().collect();
        let joined =
            ReadingResult::join(parts.len(), |part, at| parts[part].get(at).cloned(), log.len() as u64).unwrap();
        (whole, joined.map(|result| result.to_bytes()))
    }

    #[test]
    fn an_abandoned_part_ends_the_file_as_it_ends_one_readers() {
        let log = format!("{HEADER}{}", zeek(0..3000));
        let order = Case::default().reading_order("x.log");
        let ranges = Ranges::of(&order.order, log.as_bytes()).unwrap();
        let edges = [50_000, 100_000].map(|near| near + ranges.cut(&log.as_bytes()[near..]).unwrap());
        let ranges_of = [(0, edges[0]), (edges[0], edges[1]), (edges[1], log.len())];
        // Cut off amid the first, the second, the third range, at its very start, and at the file's.
        for stop in [20_000, 70_001, 120_003, edges[0], edges[1], 0] {
            let mut reading = order.reading("x.log");
            reading.feed(&log.as_bytes()[..stop]);
            let (receipt, counting) = reading.abandon("cancelled", log.len() as u64);
            let whole = order.result(receipt, counting).to_bytes();
            let parts: Vec<Vec<Vec<u8>>> = ranges_of
                .iter()
                .map(|(from, to)| {
                    let mut reading = ranges.begin("x.log", *from as u64, order.counting("x.log"));
                    let held = stop < *to && stop >= *from;
                    reading.feed(&log.as_bytes()[*from..if held { stop } else { *to }]);
                    let (part, counting) = if held { reading.abandon("cancelled") } else { reading.finish() };
                    order.part(part, counting).collect()
                })
                .collect();
            let joined = ReadingResult::join(parts.len(), |part, at| parts[part].get(at).cloned(), log.len() as u64);
            let joined = joined.unwrap().map(|result| result.to_bytes());
            // At its very start nothing tells the format to one reader; a range was told.
            if stop == 0 {
                assert!(joined.is_some());
            } else {
                assert!(joined == Some(whole), "cut off at {stop}");
            }
        }
    }

    const HEADER: &str = "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tconn_state\n";

    fn zeek(rows: std::ops::Range<usize>) -> String {
        let row = |n: usize| {
            let bytes = if n.is_multiple_of(97) { "many".to_owned() } else { n.to_string() };
            let (at, from, to) = (1_591_833_600 + n * 37 % 90_000, n % 200, n % 7);
            format!("{at}.5\t10.1.0.{from}\t50000\t10.2.0.{to}\t445\ttcp\t{bytes}\tSF\n")
        };
        rows.map(row).collect()
    }

    #[test]
    fn parts_of_a_file_are_the_file() {
        let log = format!(
            "{HEADER}{}#close\t2020\n{HEADER}{}oops\r\n\n{}",
            zeek(0..2000),
            zeek(2000..3000),
            zeek(3000..3200)
        );
        let middle = log.find("#close").unwrap();
        for cuts in [
            vec![90_000],
            vec![100, 70_000, 140_000],
            vec![middle - 3],
            vec![middle + 20],
            vec![log.len() - 200, middle + 8],
        ] {
            let (whole, joined) = both_ways(log.as_bytes(), &cuts);
            assert!(joined == Some(whole), "cut at {cuts:?}");
        }
    }

    #[test]
    fn one_range_of_all_is_the_file_unless_its_text_has_to_be_decoded() {
        let log = format!("{HEADER}{}", zeek(0..2000));
        let (whole, joined) = both_ways(log.as_bytes(), &[]);
        assert!(joined == Some(whole));
        let row = b"1591833600.5\t10.1.0.1\t5\t10.2.0.1\t445\ttcp\tCaf\xe9 \xe0 la carte\tSF\n";
        let late = [log.as_bytes(), &row.repeat(40)].concat();
        assert_eq!(both_ways(&late, &[]).1, None);
        assert_eq!(both_ways(&late, &[50_000]).1, None, "the part behind the cut alone has it");
    }

    #[test]
    fn a_header_that_changes_is_honoured_by_reading_on_from_the_start() {
        let other = HEADER.replace("ts\tid.orig_h\tid.orig_p", "id.orig_h\tid.orig_p\tts");
        let log = format!("{HEADER}{}{other}{}", zeek(0..2000), zeek(0..1000));
        let change = log.rfind("#separator").unwrap();
        assert_eq!(both_ways(log.as_bytes(), &[change + 5_000]).1, None);
        assert!(both_ways(log.as_bytes(), &[50_000]).1.is_some());
    }

    #[test]
    fn json_is_cut_between_objects() {
        let row = |n: usize| {
            let open = if n == 900 { "" } else { "}" };
            format!(
                "{{\"_path\":\"conn\",\"ts\":{n}.5,\"id.orig_h\":\"10.0.0.{}\",\"id.resp_h\":\"10.1.0.1\",\"orig_bytes\":{n}{open}\n",
                n % 250
            )
        };
        let log: String = (0..2000).map(row).collect();
        for cuts in [vec![80_000], vec![30_000, 83_000, 140_000]] {
            let (whole, joined) = both_ways(log.as_bytes(), &cuts);
            assert!(joined == Some(whole), "cut at {cuts:?}");
        }
    }

    #[test]
    fn sessions_that_are_logged_more_than_once_need_one_reader() {
        let line = |n: usize, id: &str, action: &str| {
            format!(
                "date=2020-06-11 time=10:00:00 tz=\"+0900\" devid=\"FGT1\" logid=\"00000000{id}\" type=\"traffic\" subtype=\"forward\" \
                 vd=\"root\" srcip=10.0.0.1 srcport=5 dstip=10.1.0.1 dstport=443 proto=6 sessionid={n} action=\"{action}\" sentbyte=5\n"
            )
        };
        let ended: String = (0..1000).map(|n| line(n, "13", "close")).collect();
        let (whole, joined) = both_ways(ended.as_bytes(), &[100_000]);
        assert!(joined == Some(whole));
        let open = [ended.clone(), line(7_000, "20", "accept"), ended, line(7_000, "13", "close")].concat();
        assert_eq!(both_ways(open.as_bytes(), &[open.len() - 50_000]).1, None);
    }
}
