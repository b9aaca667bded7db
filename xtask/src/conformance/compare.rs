//! A log's flows beside what was expected of it.
//!
//! A record that names both ends is *found* when a flow joins the same two ends (in either direction, ports too where both
//! have them). A flow may answer for several records, since one connection may be told several times and is to count
//! once; direction, bytes and time are judged on the record that it answers best. *Precision* is the share of flows that
//! some record asks for.

use super::exceptions::Exceptions;
use super::expected::Expected;
use serde_json::Value;
use std::net::IpAddr;

/// So many of so many.
#[derive(Clone, Copy, Default)]
pub struct Share {
    pub got: usize,
    pub of: usize,
}

impl Share {
    fn count(&mut self, good: bool) {
        self.got += usize::from(good);
        self.of += 1;
    }

    fn add(&mut self, other: Share) {
        self.got += other.got;
        self.of += other.of;
    }

    fn reaches(self, percent: usize) -> bool {
        self.got * 100 >= self.of * percent
    }

    /// `98.7 %`, or `-` where there was nothing to judge.
    pub fn percent(self) -> String {
        if self.of == 0 { "-".to_owned() } else { format!("{:.1} %", self.got as f64 * 100.0 / self.of as f64) }
    }
}

/// How a log, or all of a format, was read.
#[derive(Default)]
pub struct Score {
    pub ends: Share,
    pub precision: Share,
    pub direction: Share,
    pub bytes: Share,
    pub time: Share,
    /// Judgements left out because the vendor's documentation overrules the expectation.
    pub excepted: usize,
    pub differences: Vec<String>,
}

impl Score {
    pub fn add(&mut self, other: Score) {
        self.ends.add(other.ends);
        self.precision.add(other.precision);
        self.direction.add(other.direction);
        self.bytes.add(other.bytes);
        self.time.add(other.time);
        self.excepted += other.excepted;
        self.differences.extend(other.differences);
    }

    /// Ends 99 %, all else 98 %.
    pub fn passes(&self) -> bool {
        self.ends.reaches(99)
            && [self.precision, self.direction, self.bytes, self.time].iter().all(|share| share.reaches(98))
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Ends {
    from: (IpAddr, Option<u64>),
    to: (IpAddr, Option<u64>),
}

impl Ends {
    fn of(record: &Value) -> Option<Ends> {
        let end = |ip: &str, port: &str| {
            let address: IpAddr = record[ip].as_str()?.parse().ok()?;
            Some((address.to_canonical(), record[port].as_u64()))
        };
        Some(Ends { from: end("src_ip", "src_port")?, to: end("dst_ip", "dst_port")? })
    }

    /// Whether the other joins the same ends: +2 in the same direction, +1 turned around; 0 if not.
    fn likeness(self, other: Ends) -> u8 {
        let same = |a: (IpAddr, Option<u64>), b: (IpAddr, Option<u64>)| {
            a.0 == b.0 && (a.1 == b.1 || a.1.is_none() || b.1.is_none())
        };
        match (
            same(self.from, other.from) && same(self.to, other.to),
            same(self.from, other.to) && same(self.to, other.from),
        ) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        }
    }
}

/// Compares the flows of one log.
pub fn compare(log: &str, expected: &Expected, flows: &[Value], exceptions: &Exceptions) -> Score {
    let mut score = Score::default();
    let ours: Vec<Option<Ends>> = flows.iter().map(Ends::of).collect();
    let theirs: Vec<Option<Ends>> = expected.records.iter().map(Ends::of).collect();

    for (flow, ends) in flows.iter().zip(&ours) {
        // A flow between names alone has no address to be compared by.
        let Some(ends) = ends else { continue };
        let asked = theirs.iter().flatten().any(|their| their.likeness(*ends) > 0);
        if !asked && exceptions.covers(log, number(flow, "record").unwrap_or(0), "extra") {
            score.excepted += 1;
            continue;
        }
        score.precision.count(asked);
        if !asked {
            score.differences.push(format!("nobody asked for {flow}"));
        }
    }

    let mut taken = vec![false; flows.len()];
    for (record, ends) in expected.records.iter().zip(&theirs) {
        let Some(ends) = ends else { continue };
        let record_no = number(record, "record_no").unwrap_or(0);
        let likeness = |at: usize| ours[at].map_or(0, |own| own.likeness(*ends));
        let best = (0..flows.len()).filter(|at| likeness(*at) > 0).max_by_key(|at| {
            let same_record = number(&flows[*at], "record") == Some(record_no);
            let same_time = is_time_right(record, &flows[*at]) == Some(true);
            (same_record, !taken[*at], likeness(*at), same_time, std::cmp::Reverse(*at))
        });
        let Some(at) = best else {
            if exceptions.covers(log, record_no, "ends") {
                score.excepted += 1;
            } else {
                score.ends.count(false);
                score.differences.push(format!("record {record_no} not found: {record}"));
            }
            continue;
        };
        score.ends.count(true);
        // Told again by another record: it was judged there.
        if std::mem::replace(&mut taken[at], true) {
            continue;
        }
        let flow = &flows[at];
        let same_way = likeness(at) == 2;
        let direction = is_client_first(record, ours[at]).unwrap_or(same_way);
        let judgements = [
            ("direction", Some(direction)),
            ("bytes", are_bytes_right(record, flow, same_way)),
            ("time", is_time_right(record, flow)),
        ];
        for (what, judgement) in judgements {
            let Some(good) = judgement else { continue };
            if !good && exceptions.covers(log, record_no, what) {
                score.excepted += 1;
                continue;
            }
            let share = match what {
                "direction" => &mut score.direction,
                "bytes" => &mut score.bytes,
                _ => &mut score.time,
            };
            share.count(good);
            if !good {
                score.differences.push(format!("record {record_no}, {what}: expected {record}, got {flow}"));
            }
        }
    }
    score
}

/// Where the expectation says who the client was, that decides; ends alike in both directions are right in either.
fn is_client_first(record: &Value, ours: Option<Ends>) -> Option<bool> {
    let client: IpAddr = record["client_ip"].as_str()?.parse().ok()?;
    let ours = ours?;
    (ours.from.0 != ours.to.0).then(|| ours.from.0 == client.to_canonical())
}

/// `None` where the record says no bytes.
fn are_bytes_right(record: &Value, flow: &Value, same_way: bool) -> Option<bool> {
    let (out, back) = if same_way { ("bytes_out", "bytes_in") } else { ("bytes_in", "bytes_out") };
    let (wanted_out, wanted_in) = (number(record, "bytes_out"), number(record, "bytes_in"));
    let (got_out, got_in) = (number(flow, out), number(flow, back));
    if wanted_out.is_none() && wanted_in.is_none() {
        let total = number(record, "bytes_total")?;
        let sum = [got_out, got_in].into_iter().flatten().sum::<u64>();
        // A total that the source does not part by direction has no place in a flow.
        return (got_out.is_some() || got_in.is_some()).then_some(sum == total);
    }
    let payload = |field: &str| number(record, &format!("payload_{field}"));
    let fits = |wanted: Option<u64>, payload: Option<u64>, got: Option<u64>| {
        wanted.is_none_or(|wanted| got.unwrap_or(0) == wanted) || (payload.is_some() && payload == got)
    };
    Some(fits(wanted_out, payload("bytes_out"), got_out) && fits(wanted_in, payload("bytes_in"), got_in))
}

/// Whether the flow's begin, or its end, is a time that the record has, to the second; `None` where it has none.
fn is_time_right(record: &Value, flow: &Value) -> Option<bool> {
    let theirs = ["start", "ts", "end"].map(|field| record[field].as_f64());
    if theirs.iter().all(Option::is_none) {
        return None;
    }
    let begin = flow["ts"].as_f64();
    let end = begin.zip(flow["duration"].as_f64()).map(|(begin, duration)| begin + duration);
    let near = |a: f64, b: f64| (a - b).abs() <= 1.001;
    let meets = |own: Option<f64>| own.is_some_and(|own| theirs.iter().flatten().any(|their| near(own, *their)));
    // Where the record has a begin of its own, that is the one.
    Some(match (theirs[0], begin) {
        (Some(start), Some(begin)) => near(start, begin) || (theirs[1].is_some_and(|ts| near(ts, begin))),
        (_, _) => meets(begin) || meets(end),
    })
}

fn number(record: &Value, field: &str) -> Option<u64> {
    record[field].as_u64().or_else(|| record[field].as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn score(records: Vec<Value>, flows: Vec<Value>) -> Score {
        let exceptions = Exceptions::load().unwrap();
        compare("x/y.log", &Expected { records, zone: None }, &flows, &exceptions)
    }

    fn record(from: &str, to: &str, ts: f64, out: u64) -> Value {
        json!({"record_no": 1, "src_ip": from, "src_port": 50000, "dst_ip": to, "dst_port": 445, "ts": ts, "bytes_out": out})
    }

    #[test]
    fn a_connection_told_twice_and_counted_once_is_found_twice() {
        let flow = record("10.0.0.1", "10.0.0.2", 5.0, 7);
        let score = score(vec![flow.clone(), flow.clone()], vec![flow]);
        assert_eq!((score.ends.got, score.ends.of, score.precision.of, score.direction.of), (2, 2, 1, 1));
        assert!(score.passes());
    }

    #[test]
    fn each_difference_counts_against_its_own_measure() {
        let theirs = vec![record("10.0.0.1", "10.0.0.2", 5.0, 7)];
        let mut turned = record("10.0.0.2", "10.0.0.1", 9.0, 7);
        (turned["src_port"], turned["dst_port"]) = (json!(445), json!(50000));
        let turned = score(theirs.clone(), vec![turned]);
        assert_eq!((turned.ends.got, turned.direction.got, turned.bytes.got, turned.time.got), (1, 0, 0, 0));
        let missed = score(theirs, vec![record("10.0.0.1", "10.0.0.3", 5.0, 7)]);
        assert_eq!((missed.ends.got, missed.ends.of, missed.precision.got, missed.precision.of), (0, 1, 0, 1));
        assert!(!missed.passes());
    }
}
