//! What was being watched: flows by sensor and hour, and the sensors by which a private prefix was seen to begin flows.
//! Gathered by number, since a name a flow would be looked up in a tree of names, and handed on when a stretch is at its end.

use hashbrown::{HashMap, HashTable};

use super::names;
use crate::flow::{Host, Hour};
use crate::sites::Locus;

/// One stretch of flows.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    names: Vec<String>,
    numbers: HashTable<u32>,
    /// The sensor and hour of the last flows, with their number: most logs stay with one for long.
    open: Option<(u32, Hour, u64)>,
    hours: HashMap<(u32, Hour), u64, foldhash::fast::FixedState>,
    begun: HashMap<(u32, Locus), u64, foldhash::fast::FixedState>,
}

impl Watch {
    /// Notes a flow that this sensor saw. `private` is the prefix without a site that it began in.
    #[inline]
    pub(super) fn note(&mut self, sensor: &str, hour: Hour, private: Option<Locus>) {
        let number = match &self.open {
            Some((number, _, _)) if self.names[*number as usize] == sensor => *number,
            Some(_) | None => self.number(&names::short(sensor)),
        };
        match &mut self.open {
            Some((last, at, count)) if *last == number && *at == hour => *count += 1,
            Some(_) | None => {
                if let Some((last, at, count)) = self.open.replace((number, hour, 1)) {
                    *self.hours.entry((last, at)).or_default() += count;
                }
            }
        }
        if let Some(locus) = private {
            *self.begun.entry((number, locus)).or_default() += 1;
        }
    }

    /// Whether so much has gathered that it should be handed on.
    pub(super) fn is_full(&self) -> bool {
        self.names.len() >= names::CAP || self.hours.len() >= 100_000 || self.begun.len() >= 100_000
    }

    /// Hands on what was gathered: flows by sensor and hour, and by prefix and sensor.
    pub(super) fn drain(&mut self, mut watched: impl FnMut(&str, Hour, u64), mut begun: impl FnMut(Locus, &str, u64)) {
        let Watch { names, open, hours, begun: began, .. } = std::mem::take(self);
        for ((sensor, hour), count) in
            hours.into_iter().chain(open.map(|(sensor, hour, count)| ((sensor, hour), count)))
        {
            watched(&names[sensor as usize], hour, count);
        }
        for ((sensor, locus), count) in began {
            begun(locus, &names[sensor as usize], count);
        }
    }

    fn number(&mut self, sensor: &str) -> u32 {
        let (names, hash) = (&mut self.names, hash(sensor));
        if let Some(number) = self.numbers.find(hash, |number| names[*number as usize] == sensor) {
            return *number;
        }
        let number = names.len() as u32;
        names.push(sensor.to_owned());
        self.numbers.insert_unique(hash, number, |number| self::hash(&names[*number as usize]));
        number
    }
}

fn hash(sensor: &str) -> u64 {
    Host::of_name(sensor).0 as u64
}
