//! What was meant: connections made up here, of which the writers make logs, and what was read is held against them.

use std::net::Ipv4Addr;

/// A connection, as a log should tell it.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    pub from: (Ipv4Addr, u16),
    pub to: (Ipv4Addr, u16),
    pub is_udp: bool,
    /// Seconds since the epoch.
    pub start: i64,
    /// Seconds that it lasted.
    pub lasted: u64,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub denied: bool,
}

/// So many connections, always the same: each joins ends of its own.
pub fn connections(count: usize) -> Vec<Connection> {
    // Knuth's multiplicative generator ("The Art of Computer Programming", 3.3.4), whose upper half is taken.
    let mut state: u64 = 20_200_611;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    const PORTS: [u16; 8] = [22, 53, 80, 443, 445, 1433, 3389, 8443];
    (0..count)
        .map(|nth| {
            let host = |n: u64| Ipv4Addr::from(0x0A00_0000 + (n as u32 & 0x00FF_FFFF));
            let is_udp = next(4) == 0;
            Connection {
                from: (host(0x01_0101 + next(60_000)), 20_000 + nth as u16),
                to: (host(0x80_0101 + next(60_000)), PORTS[next(8) as usize]),
                is_udp,
                // 11 June 2020, 10:00 UTC, and later.
                start: 1_591_869_600 + 7 * nth as i64,
                lasted: 1 + next(600),
                bytes_out: 40 + next(1_000_000),
                bytes_in: 40 + next(9_000_000),
                denied: next(5) == 0,
            }
        })
        .collect()
}

impl Connection {
    pub fn protocol(&self) -> &'static str {
        if self.is_udp { "udp" } else { "tcp" }
    }

    pub fn number(&self) -> u8 {
        if self.is_udp { 17 } else { 6 }
    }

    pub fn end(&self) -> i64 {
        self.start + self.lasted as i64
    }
}
