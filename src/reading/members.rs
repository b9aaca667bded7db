//! The members of an archive: each is read as a file of its own, with its own hash, receipt and visitor, under its path
//! in the archive (`logs.zip/branch/conn.log`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::receipt::Receipt;
use super::{Order, Reading, Visitor};
use crate::evidence::text::elided;
use crate::evidence::unpack::{MemberEnd, Unpacker};

/// Says for a member of this name how it is read, and who takes what is found in it.
pub type Opening<V> = dyn Fn(&str) -> (Order, V) + Send + Sync;

/// How many characters of a member's path are kept.
const LONGEST_PATH: usize = 400;

/// The members of one file under way.
pub(super) struct Members<V> {
    open: Arc<Opening<V>>,
    /// The dropped file that holds them all.
    root: String,
    /// The archive that holds these; in an archive within an archive it is not the root.
    archive: String,
    under_way: Option<Box<Reading<V>>>,
    done: Vec<(Receipt, V)>,
    names: BTreeSet<String>,
    /// Records, flows and malformed records of those that are done.
    counts: [u64; 3],
}

impl<V: Visitor> Members<V> {
    pub(super) fn new(root: &str, archive: &str, open: Arc<Opening<V>>) -> Members<V> {
        let (root, archive) = (root.to_owned(), archive.to_owned());
        Members { open, root, archive, under_way: None, done: Vec::new(), names: BTreeSet::new(), counts: [0; 3] }
    }

    /// The member under way.
    pub(super) fn current(&mut self) -> Option<&mut Reading<V>> {
        self.under_way.as_deref_mut()
    }

    pub(super) fn begin(&mut self, name: &str, inside: Unpacker) {
        let path = self.fresh(name);
        let (order, visitor) = (self.open)(&path);
        let members = Members::new(&self.root, &path, self.open.clone());
        let inside = inside.in_encoding(order.encoding);
        let reading = Reading { unpacker: inside, members: Some(members), ..Reading::new(&path, order, visitor) };
        self.under_way = Some(Box::new(reading));
    }

    pub(super) fn end(&mut self, end: MemberEnd) {
        let Some(reading) = self.under_way.take() else { return };
        let progress = reading.progress();
        for (sum, more) in self.counts.iter_mut().zip([progress.records, progress.flows, progress.malformed]) {
            *sum += more;
        }
        let root = &self.root;
        let ended = reading.finish_member(end).into_iter();
        self.done.extend(ended.map(|(receipt, v)| (Receipt { within: Some(root.clone()), ..receipt }, v)));
    }

    /// The members that are done, handed over.
    pub(super) fn take(&mut self) -> Vec<(Receipt, V)> {
        let mut done = std::mem::take(&mut self.done);
        if let Some(reading) = &mut self.under_way {
            // Members of an archive in the archive need not wait for its end.
            done.extend(reading.members());
        }
        for (receipt, _) in &mut done {
            receipt.within = Some(self.root.clone());
        }
        done
    }

    pub(super) fn each(&mut self, act: &mut dyn FnMut(&mut V)) {
        self.done.iter_mut().for_each(|(_, visitor)| act(visitor));
        if let Some(reading) = &mut self.under_way {
            reading.each_visitor(act);
        }
    }

    /// Records, flows and malformed records so far, and the format of the member under way.
    pub(super) fn progress(&self) -> ([u64; 3], Option<&'static str>) {
        let Some(reading) = &self.under_way else { return (self.counts, None) };
        let progress = reading.progress();
        let [records, flows, malformed] = self.counts;
        let counts = [records + progress.records, flows + progress.flows, malformed + progress.malformed];
        (counts, progress.format)
    }

    /// The member's path, with a number where another member has it already.
    fn fresh(&mut self, name: &str) -> String {
        let path = format!("{}/{}", self.archive, elided(name, LONGEST_PATH));
        let tries = (2..).map(|n| format!("{path} ({n})"));
        let path =
            std::iter::once(path.clone()).chain(tries).find(|path| !self.names.contains(path)).unwrap_or_default();
        self.names.insert(path.clone());
        path
    }
}
