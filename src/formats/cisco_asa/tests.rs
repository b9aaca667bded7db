use super::*;
use crate::formats::reading_of;

const BUILT: &str = "Oct 10 2018 12:34:56 fw1 : %ASA-6-302013: Built outbound TCP connection 7 for \
    outside:192.0.2.80/443 (192.0.2.80/443) to inside:10.1.0.5/50000 (203.0.113.1/50000)\n";
const TEARDOWN: &str = "Oct 10 2018 12:35:56 fw1 : %ASA-6-302014: Teardown TCP connection 7 for \
    outside:192.0.2.80/443 to inside:10.1.0.5/50000 duration 0:01:00 bytes 99 TCP FINs\n";

/// `10.1.0.5:50000 > 192.0.2.80:443`, each flow.
fn flows(text: &str) -> Vec<String> {
    let end = |end: &Endpoint<'_>| {
        let host = end.address.map(|a| a.to_string()).or(end.name.as_deref().map(str::to_owned)).unwrap_or_default();
        end.port.map_or(host.clone(), |port| format!("{host}:{port}"))
    };
    let line = |flow: &Flow<'_>| format!("{} > {}", end(&flow.initiator), end(&flow.responder));
    reading_of(&CiscoAsa, text).flows.iter().map(line).collect()
}

#[test]
fn outbound_names_the_destination_first() {
    assert_eq!(flows(BUILT), ["10.1.0.5:50000 > 192.0.2.80:443"]);
    assert_eq!(flows(&BUILT.replace("outbound", "inbound")), ["192.0.2.80:443 > 10.1.0.5:50000"]);
}

#[test]
fn opening_and_teardown_are_one() {
    let reading = reading_of(&CiscoAsa, &format!("{BUILT}{TEARDOWN}"));
    assert_eq!(reading.flows.len(), 1);
    let flow = &reading.flows[0];
    assert_eq!((flow.duration, flow.bytes_out, flow.bytes_in), (Some(60_000_000), None, None));
    assert_eq!(flow.start, Some(Moment(1_539_174_896_000_000)));
    // Another device has a connection of the same number.
    assert_eq!(flows(&format!("{BUILT}{}", TEARDOWN.replace("fw1", "fw2"))).len(), 2);
    // The number came again, with other ends.
    assert_eq!(flows(&format!("{BUILT}{}", TEARDOWN.replace("10.1.0.5", "10.1.0.6"))).len(), 2);
}

#[test]
fn a_teardown_alone_is_turned_by_its_ports() {
    assert_eq!(flows(TEARDOWN), ["10.1.0.5:50000 > 192.0.2.80:443"]);
    assert_eq!(flows(&TEARDOWN.replace("/443", "/60000")), ["192.0.2.80:60000 > 10.1.0.5:50000"]);
}

#[test]
fn a_permit_and_its_connection_are_one() {
    let permit = "Oct 10 2018 12:34:56 fw1 : %ASA-6-106100: access-list in_out permitted tcp \
        inside/10.1.0.5(50000) -> outside/192.0.2.80(443) hit-cnt 1 first hit [0x0, 0x0]\n";
    let reading = reading_of(&CiscoAsa, &format!("{permit}{BUILT}{TEARDOWN}"));
    assert_eq!(reading.flows.len(), 1);
    assert_eq!(reading.flows[0].rule.as_deref(), Some("in_out"));
    assert_eq!(flows(permit), ["10.1.0.5:50000 > 192.0.2.80:443"]);
    assert_eq!(flows(&permit.replace("permitted", "denied").repeat(2)).len(), 2);
}

#[test]
fn a_login_counts_once_however_many_messages_tell_it() {
    let text = "Oct 10 2018 12:34:55 fw1 : %ASA-6-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = ann : user IP = 10.1.0.9\n\
        Oct 10 2018 12:34:55 fw1 : %ASA-6-611102: User authentication failed: IP address: 10.1.0.9, Uname: ann\n\
        Oct 10 2018 12:34:55 fw1 : %ASA-6-605004: Login denied from 10.1.0.9/5000 to inside:10.1.0.1/ssh for user \"ann\"\n";
    let reading = reading_of(&CiscoAsa, text);
    assert_eq!(reading.flows.len(), 1);
    let flow = &reading.flows[0];
    assert_eq!((flow.kind, flow.outcome, flow.user.as_deref()), (Kind::Logon, Outcome::Denied, Some("ann")));
    assert_eq!(flow.service.as_deref(), Some("ssh"));
    // Two attempts, each told twice.
    assert_eq!(flows(&text.repeat(2)).len(), 2);
}

#[test]
fn a_vpn_session_counts_once_at_its_end() {
    let text = "Oct 10 2018 12:00:00 vpn1 : %ASA-6-113039: Group <G> User <ann> IP <198.51.100.7> AnyConnect parent session started.\n\
        Oct 10 2018 12:00:01 vpn1 : %ASA-4-722051: Group <G> User <ann> IP <198.51.100.7> IPv4 Address <10.9.0.4> IPv6 address <::> assigned to session\n\
        Oct 10 2018 13:00:00 vpn1 : %ASA-4-113019: Group = G, Username = ann, IP = 198.51.100.7, Session disconnected. Session Type: SSL, Duration: 1h:00m:00s, Bytes xmt: 500, Bytes rcv: 20, Reason: User Requested\n";
    let reading = reading_of(&CiscoAsa, text);
    assert_eq!(reading.flows.len(), 1);
    let flow = &reading.flows[0];
    assert_eq!((flow.kind, flow.bytes_out, flow.bytes_in), (Kind::Session, Some(20), Some(500)));
    assert_eq!(flow.initiator.name.as_deref(), Some("10.9.0.4"));
    assert_eq!(flow.responder.name.as_deref(), Some("vpn1"));
    assert_eq!(flow.start, Some(Moment(1_539_172_800_000_000)));
}

#[test]
fn a_known_number_with_other_words_is_malformed() {
    let reading = reading_of(&CiscoAsa, "%ASA-6-302013: Built something else");
    assert!(matches!(reading.dispositions[..], [Disposition::Malformed(_)]));
}

#[test]
fn messages_are_found_behind_every_header() {
    for line in [
        "<166>:Feb 26 11:26:52 UTC: %FTD--6-302013: x",
        "<164>%ASA-4-302013: x",
        "LOCAL4.WARNING: fw-1 %ASA-4-302013: x",
        "Apr 15 2014 09:34:34 EDT: %ASA-session-5-302013: x",
        "May  5 17:51:17 dev01: %FTD<Up>-4-302013: x",
        "Aug 15 2012 23:30:09 : %ASA-6-302013 x",
        "%PIX-6-302013: x",
        "2020-03-01T01:02:36Z SENSOR-3D Alerts %NGIPS-0-302013: x",
    ] {
        let message = Message::of(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((message.number, message.text), (302_013, &b"x"[..]), "{line}");
    }
    for line in
        ["%ASA is a firewall", "%ASA-6-30201: x", "%ASA-6-3020134: x", "{\"message\":\"%ASA-6-302013: x\"}", "100% ASA"]
    {
        assert!(Message::of(line.as_bytes()).is_none(), "{line}");
    }
}
