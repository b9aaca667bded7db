//! What Zeek's two spellings of conn.log share: what a connection's state means, and which logs are not conn.log.
//! After the Zeek manual, "conn.log" and the script reference of `base/protocols/conn/main.zeek`.

use std::borrow::Cow;

use super::Disposition;
use crate::evidence::text::{elided, visible};
use crate::flow::Outcome;

/// What became of a connection, from `conn_state`; `both_spoke` says whether packets or bytes went both ways.
pub fn outcome(state: &[u8], both_spoke: bool) -> Outcome {
    match state {
        // Established, whatever its end looked like: S1 still open, SF closed, S2 and S3 half closed, RSTO and RSTR
        // reset after the handshake. For UDP, SF says that both ends spoke.
        b"S1" | b"SF" | b"S2" | b"S3" | b"RSTO" | b"RSTR" => Outcome::Established,
        // No reply, or a reset instead of one. For UDP, S0 says that the responder never spoke. SH and RSTOS0 are an
        // originator that gave up (FIN, RST) without having seen a SYN-ACK.
        b"S0" | b"REJ" | b"SH" | b"RSTOS0" => Outcome::Failed,
        // A SYN-ACK and then a reset: the responder took its answer back before anything was said.
        b"RSTRH" => Outcome::Failed,
        // A SYN-ACK and then a FIN (TCP), or only the responder heard (UDP): the sensor missed the asking half, but the
        // responder did answer.
        b"SHR" => Outcome::Established,
        // No SYN seen, traffic in the middle; also every ICMP exchange. Zeek does not say more, the packets may.
        b"OTH" if both_spoke => Outcome::Established,
        _ => Outcome::Unknown,
    }
}

/// Whether a stream of this name (`#path`, `_path`, `@stream`) holds connections. `conn_red` is what Corelight's data
/// reduction writes in place of conn.
pub fn is_conn(stream: &str) -> bool {
    matches!(stream, "conn" | "conn_red")
}

/// A record of another log.
pub fn other_log(stream: &str) -> Disposition {
    // The usual logs without an allocation a record.
    let known = match stream {
        "dns" => "Zeek dns log, not conn.log",
        "http" => "Zeek http log, not conn.log",
        "ssl" => "Zeek ssl log, not conn.log",
        "files" => "Zeek files log, not conn.log",
        _ => {
            let name = visible(stream);
            let name = elided(&name, 40);
            return Disposition::Skipped(Cow::Owned(format!("Zeek {name} log, not conn.log")));
        }
    };
    Disposition::Skipped(Cow::Borrowed(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_has_failed() {
        for state in ["S0", "REJ", "RSTOS0", "RSTRH", "SH"] {
            assert_eq!(outcome(state.as_bytes(), true), Outcome::Failed, "{state}");
        }
    }

    #[test]
    fn traffic_in_the_middle_is_established_when_both_spoke() {
        assert_eq!(outcome(b"OTH", true), Outcome::Established);
        assert_eq!(outcome(b"OTH", false), Outcome::Unknown);
        assert_eq!(outcome(b"-", true), Outcome::Unknown);
    }

    #[test]
    fn a_skipped_log_is_named() {
        assert_eq!(other_log("modbus_detailed"), Disposition::Skipped("Zeek modbus_detailed log, not conn.log".into()));
    }
}
