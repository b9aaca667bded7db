//! Hosts in four bytes: an IPv4 address as it is, any other host by its number. So nearly all host pairs are told by what stands in
//! their own entry.

use super::index::spread;
use super::numbered::{Numbered, Scattered};
use crate::flow::Host;

/// The hosts that have no IPv4 address, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts {
    others: Numbered<Host>,
}

/// A host as it stands in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// An IPv4 address.
    V4(u32),
    /// Another host's number.
    Other(u32),
}

impl Code {
    pub(super) fn word(self) -> u32 {
        let (Code::V4(word) | Code::Other(word)) = self;
        word
    }

    pub(super) fn is_other(self) -> bool {
        matches!(self, Code::Other(_))
    }
}

impl Scattered for Host {
    fn hash(&self) -> u64 {
        spread(self.0 as u64 ^ spread((self.0 >> 64) as u64).rotate_left(32))
    }
}

/// What stands before an IPv4 address in a host's key.
const V4: u128 = 0xffff << 32;

impl Hosts {
    /// The code of a host, which is numbered where it needs to be.
    #[inline]
    pub(super) fn code(&mut self, host: Host) -> Code {
        if host.0 >> 32 == V4 >> 32 { Code::V4(host.0 as u32) } else { Code::Other(self.others.number(host)) }
    }

    /// The host of a code.
    #[inline]
    pub(super) fn host(&self, code: Code) -> Host {
        match code {
            Code::V4(address) => Host(V4 | u128::from(address)),
            Code::Other(number) => self.others.value(number),
        }
    }

    /// The hosts that have numbers, by these.
    pub(super) fn others(&self) -> &Numbered<Host> {
        &self.others
    }

    /// Keeps the numbered hosts that are wanted and numbers them anew; gives the new number of each old one.
    pub(super) fn retain(&mut self, wanted: impl Fn(usize) -> bool) -> Vec<u32> {
        self.others.retain(wanted)
    }

    /// What codes are compared by, so that they stand in the order of their hosts: a number of 34 bits each.
    pub(super) fn ranks(&self) -> impl Fn(Code) -> u64 + use<> {
        let order = self.others.in_order();
        let below = order.iter().take_while(|number| self.others.value(**number).0 < V4).count() as u64;
        let mut ranks = vec![0; order.len()];
        for (rank, number) in (0..).zip(order) {
            ranks[number as usize] = if rank < below { rank } else { rank + (1 << 32) };
        }
        move |code| match code {
            Code::V4(address) => below + u64::from(address),
            Code::Other(number) => ranks[number as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_stand_in_the_order_of_hosts() {
        let mut hosts = Hosts::default();
        let all =
            ["2001:db8::2", "::1", "10.0.0.1", "255.255.255.255", "0.0.0.0", "::ffff:0:0:1", "fe80::1", "::fffe:0:0"];
        let all = all.map(|address| Host::of_address(address.parse().unwrap()));
        let mut codes: Vec<Code> =
            all.into_iter().chain([Host::of_name("srv01")]).map(|host| hosts.code(host)).collect();
        let rank = hosts.ranks();
        codes.sort_by_key(|code| rank(*code));
        let sorted: Vec<Host> = codes.iter().map(|code| hosts.host(*code)).collect();
        assert!(sorted.is_sorted() && sorted.len() == 9 && codes.iter().all(|code| rank(*code) < 1 << 34));
        assert_eq!((hosts.code(all[2]), hosts.others().values().len()), (Code::V4(10 << 24 | 1), 6));
    }
}
