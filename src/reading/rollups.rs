//! The rollup of several files together: the same content counts once, and so does a connection that Zeek's conn.log and
//! its logs of protocols both tell.

use std::collections::BTreeSet;

use super::receipt::Receipt;
use super::rollup::Rollup;

/// Why a file's flows are not in the sums.
const KNOWN: &str = "the same content as another file; left out of the sums";
const TOLD: &str = "a conn.log among the files tells of its connections; left out of the sums";

/// Rollups of files being put together.
#[derive(Default)]
pub struct Rollups {
    whole: Option<Rollup>,
    contents: BTreeSet<String>,
    readable: bool,
    has_conn_log: bool,
    /// Zeek's logs of protocols wait until it is known whether a conn.log tells of their connections.
    waiting: Vec<(String, Rollup)>,
}

/// A file that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// The reason, without the name.
    pub reason: &'static str,
}

impl Rollups {
    /// Takes what was rolled up of a file, or of a member of an archive.
    pub fn take(&mut self, receipt: &Receipt, part: Rollup) -> Option<LeftOut> {
        self.readable |= receipt.format.is_some();
        let hashed = receipt.format.is_some().then(|| receipt.sha256.clone()).flatten();
        if hashed.is_some_and(|sha256| !self.contents.insert(sha256)) {
            return Some(LeftOut { name: receipt.name.clone(), reason: KNOWN });
        }
        match receipt.format.as_deref() {
            Some("zeek_protocols") => {
                self.waiting.push((receipt.name.clone(), part));
                return None;
            }
            Some("zeek_conn_tsv" | "zeek_conn_json") => self.has_conn_log = true,
            Some(_) | None => {}
        }
        self.absorb(part);
        None
    }

    /// All of it; `None` where no file is a log that Kyoten reads.
    pub fn finish(mut self) -> (Option<Rollup>, Vec<LeftOut>) {
        let mut left_out = Vec::new();
        for (name, part) in std::mem::take(&mut self.waiting) {
            if self.has_conn_log {
                left_out.push(LeftOut { name, reason: TOLD });
            } else {
                self.absorb(part);
            }
        }
        (self.whole.filter(|_| self.readable), left_out)
    }

    fn absorb(&mut self, part: Rollup) {
        match &mut self.whole {
            Some(whole) => whole.absorb(part),
            None => self.whole = Some(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Order, Reading};
    use crate::sites::import::read_sites;

    const CONN: &str = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n\
        7200.5\tC1\t10.1.0.1\t5\t10.2.0.1\t445\ttcp\tSF\n";
    const DNS: &str = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n\
        7200.5\tC2\t10.1.0.1\t5\t10.2.0.1\t53\tudp\texample.net\n";

    /// The sums of these files, and what was left out.
    fn together(files: &[(&str, &str)]) -> (Option<String>, Vec<LeftOut>) {
        let book = read_sites(b"site,cidr\nA,10.1.0.0/16\nB,10.2.0.0/16\n").0;
        let mut rollups = Rollups::default();
        let mut left_out = Vec::new();
        for (name, text) in files {
            let mut reading = Reading::new(name, Order::default(), Rollup::new(&book, name));
            reading.feed(text.as_bytes());
            let (receipt, part) = reading.finish();
            left_out.extend(rollups.take(&receipt, part));
        }
        let (whole, more) = rollups.finish();
        left_out.extend(more);
        (whole.map(|whole| whole.to_csv(&book, str::to_owned)), left_out)
    }

    #[test]
    fn the_same_content_counts_once() {
        let (once, _) = together(&[("a", CONN)]);
        let (twice, left_out) = together(&[("a", CONN), ("b", CONN)]);
        assert_eq!(once, twice);
        assert_eq!(left_out, [LeftOut { name: "b".into(), reason: KNOWN }]);
    }

    #[test]
    fn a_log_of_a_protocol_counts_where_no_conn_log_does() {
        let (alone, left_out) = together(&[("dns.log", DNS)]);
        assert!(alone.unwrap().contains("udp,53"));
        assert_eq!(left_out, []);
        let (with, left_out) = together(&[("dns.log", DNS), ("conn.log", CONN)]);
        assert_eq!(with, together(&[("conn.log", CONN)]).0);
        assert_eq!(left_out, [LeftOut { name: "dns.log".into(), reason: TOLD }]);
    }

    #[test]
    fn of_no_log_there_is_no_rollup() {
        assert_eq!(together(&[("notes.txt", "nothing that is a log\n")]).0, None);
    }
}
