//! The messages that name two ends, as the message guides print them: each a number and a shape such as
//! `Deny inbound {proto} from {src} to {dst} on interface {zone}`.
//!
//! A blank in a shape stands for any number of blanks, letters match in either case, and a slot takes what stands before the
//! words that follow it. Of several shapes for one number the first that fits counts. Invariant: the table is in the
//! order of its numbers.

/// What a message says of the two ends that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A connection was opened: `{way}` says from which side, else from `src`.
    Built,
    /// A connection ended.
    Teardown,
    /// A cluster unit that does not own a connection keeps a stub of it.
    StubBuilt,
    /// Such a stub went.
    StubTeardown,
    /// An ICMP exchange was opened; `src` is the foreign end (`faddr`), `dst` the local one.
    IcmpBuilt,
    /// An ICMP exchange ended.
    IcmpTeardown,
    /// The device refused it.
    Denied,
    /// The device could not pass it on.
    Failed,
    /// An access list spoke: `{verdict}` says how.
    Listed,
    /// Something about a connection that has records of its own, if those are logged.
    Told,
    /// As `Told`, by a filter whose verdict stands before the protocol: `dropped blacklisted TCP`.
    Filtered,
    /// As `Told`, of an answer: `src` is the responder.
    Answer,
    /// A page was asked for.
    Url,
    /// A host was given another address.
    Translated,
    /// And lost it again.
    Untranslated,
    /// Somebody proved an account to the device, at this rank: of several messages about one login, the highest counts.
    LoggedOn(u8),
    /// Somebody failed to.
    NotLoggedOn(u8),
    /// An IPsec tunnel between two gateways, or a step of one.
    Tunnel,
}

/// A message's shape.
pub struct Shape {
    /// The numbers that it serves.
    first: u32,
    last: u32,
    /// The text with slots.
    pattern: &'static str,
    /// What it tells.
    pub what: What,
}

const fn one(number: u32, pattern: &'static str, what: What) -> Shape {
    Shape { first: number, last: number, pattern, what }
}

const fn range(first: u32, last: u32, pattern: &'static str, what: What) -> Shape {
    Shape { first, last, pattern, what }
}

use What::*;

const SHAPES: &[Shape] = &[
    one(106001, "Inbound {proto} connection denied from {src} to {dst} flags {_} on interface {zone}", Denied),
    one(106001, "Inbound {proto} connection denied from {src} to {dst} flags {_}", Denied),
    one(106002, "{proto} connection denied by {_} list {rule} src {src} dest {dst}", Denied),
    one(106006, "Deny inbound {proto} from {src} to {dst} on interface {zone}", Denied),
    one(106007, "Deny inbound {proto} from {src} to {dst} due to {_}", Denied),
    one(106010, "Deny inbound {proto} src {zsrc} dst {zdst}", Denied),
    one(106011, "Deny inbound (No xlate) {proto} src {zsrc} dst {zdst}", Denied),
    one(106012, "Deny IP from {src} to {dst}, IP options{_}", Denied),
    one(106013, "Dropping {proto} echo request from {src} to PAT address {dst}", Denied),
    one(106013, "Dropping echo request from {src} to PAT address {dst}", Denied),
    one(106014, "Deny inbound {proto} src {zsrc} dst {zdst}", Denied),
    one(106015, "Deny {proto} (no connection) from {src} to {dst} flags {_} on interface {zone}", Denied),
    one(106015, "Deny {proto} (no connection) from {src} to {dst} flags {_}", Denied),
    one(106016, "Deny IP spoof from ({src}) to {dst} on interface {zone}", Denied),
    one(106017, "Deny IP due to Land Attack from {src} to {dst}", Denied),
    one(106018, "{proto} packet type {_} denied by {_} list {rule} src {src} dest {dst}", Denied),
    one(106020, "Deny IP teardrop fragment ({_}) from {src} to {dst}", Denied),
    one(106021, "Deny {proto} reverse path check from {src} to {dst} on interface {zone}", Denied),
    one(106022, "Deny {proto} connection spoof from {src} to {dst} on interface {zone}", Denied),
    one(106023, "Deny {proto} src {zsrc} dst {zdst} by access-group {rule}", Denied),
    one(106023, "Deny {proto} src {zsrc} dst {zdst} by access_group {rule}", Denied),
    one(106027, "{_}Deny src {src} dst {dst} by access-group {rule}", Denied),
    one(106100, "access-list {rule} {verdict} {proto} {asrc} -> {adst} hit-cnt {_}", Listed),
    one(106100, "access-list {rule} {verdict} {proto} {asrc} -> {adst}", Listed),
    one(106102, "access-list {rule} {verdict} {proto} for user {user} {asrc} -> {adst} hit-cnt {_}", Listed),
    one(106103, "access-list {rule} {verdict} {proto} for user {user} {asrc} -> {adst} hit-cnt {_}", Listed),
    range(108002, 108007, "{_} from {zsrc} to {zdst}", Denied),
    one(109001, "Auth start for user {user} from {src} to {dst}", Told),
    one(109005, "Authentication succeeded for user {user} from {src} to {dst} on interface {zone}", Told),
    one(109006, "Authentication failed for user {user} from {src} to {dst} on interface {zone}", Denied),
    one(109007, "Authorization permitted for user {user} from {src} to {dst} on interface {zone}", Told),
    one(109008, "Authorization denied for user {user} from {src} to {dst} on interface {zone}", Denied),
    one(109025, "Authorization denied (acl={rule}) for user {user} from {src} to {dst} on interface {zone}", Denied),
    one(110002, "Failed to locate egress interface for {proto} from {zsrc} to {dst}", Failed),
    one(110003, "Routing failed to locate next-hop for {proto} from {zsrc} to {zdst}", Failed),
    one(110003, "Routing failed to locate next hop for {proto} from {zsrc} to {zdst}", Failed),
    one(113005, "AAA user {_} Rejected{_}user = {user}: user IP = {src}", NotLoggedOn(1)),
    one(113015, "AAA user {_} Rejected{_}user = {user}: user IP = {src}", NotLoggedOn(1)),
    one(302003, "Built H245 connection for faddr {src} to laddr {dst}", Told),
    one(302004, "Pre-allocate H323 {proto} backconnection for faddr {src} to laddr {dst}", Told),
    one(302012, "Pre-allocate H225 Call Signalling Connection for faddr {src} to laddr {dst}", Told),
    one(302013, "Built {way} {proto} connection {id} for {zsrc} to {zdst}", Built),
    one(302014, "Teardown {proto} connection {id} for {zsrc} to {zdst} duration {duration} bytes {bytes}", Teardown),
    one(302015, "Built {way} {proto} connection {id} for {zsrc} to {zdst}", Built),
    one(302016, "Teardown {proto} connection {id} for {zsrc} to {zdst} duration {duration} bytes {bytes}", Teardown),
    one(302017, "Built {way} {proto} connection {id} from {zsrc} to {zdst}", Built),
    one(302018, "Teardown {proto} connection {id} from {zsrc} to {zdst} duration {duration} bytes {bytes}", Teardown),
    one(302020, "Built {way} {proto} connection for faddr {src} gaddr {_} laddr {dst}", IcmpBuilt),
    one(302020, "Built {proto} connection for faddr {src} gaddr {_} laddr {dst}", IcmpBuilt),
    one(302021, "Teardown {proto} connection for faddr {src} gaddr {_} laddr {dst}", IcmpTeardown),
    one(302022, "Built {_} stub {proto} connection for {zsrc} to {zdst}", StubBuilt),
    one(
        302023,
        "Teardown stub {proto} connection for {zsrc} to {zdst} duration {duration} forwarded {_}",
        StubTeardown,
    ),
    one(302024, "Built {_} stub {proto} connection for {zsrc} to {zdst}", StubBuilt),
    one(
        302025,
        "Teardown stub {proto} connection for {zsrc} to {zdst} duration {duration} forwarded {_}",
        StubTeardown,
    ),
    one(302026, "Built {_} stub {proto} connection for {zsrc} to {zdst}", StubBuilt),
    one(
        302027,
        "Teardown stub {proto} connection for {zsrc} to {zdst} duration {duration} forwarded {_}",
        StubTeardown,
    ),
    one(302033, "Pre-allocated H323 GUP Connection for faddr {zsrc} to laddr {zdst}", Told),
    one(302303, "Built {proto} state-bypass connection {id} from {zsrc} to {zdst}", Built),
    one(
        302304,
        "Teardown {proto} state-bypass connection {id} from {zsrc} to {zdst} duration {duration} bytes {bytes}",
        Teardown,
    ),
    one(
        302304,
        "Teardown {proto} state-bypass connection {id} from {zsrc} to {zdst} duration {duration}, bytes {bytes}",
        Teardown,
    ),
    one(302305, "Built SCTP state-bypass connection {id} for {zsrc} to {zdst}", Built),
    one(
        302306,
        "Teardown SCTP state-bypass connection {id} for {zsrc} to {zdst} duration {duration} bytes {bytes}",
        Teardown,
    ),
    one(303002, "{_} connection from {zsrc} to {zdst}, user {user} {_}", Told),
    one(303004, "{_} from {zsrc} to {zdst}", Denied),
    one(303005, "{_} from {zsrc} to {zdst}", Told),
    one(304001, "{src} Accessed {_}URL {url}", Url),
    one(304002, "Access denied URL {_} SRC {src} DEST {dst} on interface {zone}", Denied),
    one(304002, "Access denied URL {_} SRC {src} DEST {dst}", Denied),
    one(305005, "No translation group found for {proto} src {zsrc} dst {zdst}", Denied),
    one(305006, "{_} translation creation failed for {proto} src {zsrc} dst {zdst}", Denied),
    one(305009, "Built {_} translation from {zsrc} to {zdst}", Translated),
    one(305010, "Teardown {_} translation from {zsrc} to {zdst} duration {duration}", Untranslated),
    one(305011, "Built {_} {proto} translation from {zsrc} to {zdst}", Translated),
    one(305012, "Teardown {_} {proto} translation from {zsrc} to {zdst} duration {duration}", Untranslated),
    one(305013, "{_} Connection for {proto} src {zsrc} dst {zdst} denied due to {_}", Denied),
    one(305013, "{_} Connection {proto} src {zsrc} dst {zdst} denied due to {_}", Denied),
    one(313001, "Denied {proto} type={_} from {src} on interface {zone}", Denied),
    one(313004, "Denied {proto} type={_} from {_}addr {src} on interface {zone} to {dst}: {_}", Denied),
    one(313005, "{_} error message: {proto} src {zsrc} dst {zdst}", Denied),
    one(313008, "Denied {proto} type={_} from {src} on interface {zone}", Denied),
    one(313009, "Denied invalid {proto} code {_}, for {zsrc} to {zdst}", Denied),
    one(315011, "SSH session from {src} on interface {zone} for user {user} {_}", LoggedOn(0)),
    range(338001, 338204, "Dynamic filter {verdict} traffic from {zsrc} to {zdst}", Filtered),
    one(338301, "Intercepted DNS reply for domain {_} from {zsrc} to {zdst}, matched {_}", Answer),
    range(400000, 400051, "{_} from {src} to {dst} on interface {zone}", Told),
    one(401004, "Shunned packet: {src} ==> {dst} on interface {zone}", Denied),
    range(402114, 402120, "IPSEC: Received an {proto} packet ({_}) from {src} to {dst}", Denied),
    range(402114, 402120, "IPSEC: Received a {proto} packet ({_}) from {src} to {dst}", Denied),
    one(406001, "FTP port command low port: {src} to {dst} on interface {zone}", Denied),
    one(406002, "FTP port command different address: {src}({_}) to {dst} on interface {zone}", Denied),
    one(410001, "Dropped {proto} DNS {_} from {zsrc} to {zdst}", Denied),
    range(410002, 410004, "{_} from {zsrc} to {zdst}", Told),
    range(415001, 415021, "{_} from {zsrc} to {zdst}", Told),
    one(416001, "Dropped {proto} {_} packet from {zsrc} to {zdst}", Denied),
    one(418001, "{_} is denied: {proto} src {zsrc} dst {zdst}", Denied),
    one(418001, "{_} is denied: {proto} from {zsrc} to {zdst}", Denied),
    one(419001, "Dropping {proto} packet from {zsrc} to {zdst}", Denied),
    one(419002, "Duplicate {proto} SYN from {zsrc} to {zdst} with {_}", Told),
    one(419003, "Cleared {proto} urgent flag from {zsrc} to {zdst}", Told),
    one(420002, "{_} to drop {proto} packet from {zsrc} to {zdst}", Denied),
    one(420003, "{_} to reset {proto} connection from {zsrc} to {zdst}", Denied),
    one(421007, "{proto} flow from {zsrc} to {zdst} is skipped{_}", Told),
    range(431001, 431002, "{_} from {zsrc} to {zdst}", Denied),
    one(434002, "{_} to drop {proto} packet from {zsrc} to {zdst}", Denied),
    one(434003, "{_} to reset {proto} connection from {zsrc} to {zdst}", Denied),
    one(434004, "{_} and process {proto} flow from {zsrc} to {zdst} locally", Told),
    one(500003, "Bad {proto} hdr length ({_}) from {src} to {dst}", Denied),
    one(500004, "Invalid transport field for protocol={proto}, from {src} to {dst}", Denied),
    one(507001, "Terminating {proto} connection from {zsrc} to {zdst}", Told),
    one(507003, "{proto} flow from {zsrc} to {zdst} terminated by {_}", Told),
    range(508001, 508002, "{_} from {zsrc} to {zdst}", Told),
    one(602101, "{_} dest_addr={dst}, src_addr={src}, prot={proto}", Told),
    range(602303, 602304, "{_} SA ({_}) between {src} and {dst} (user= {user}) has been {_}", Tunnel),
    range(602303, 602304, "{_} SA ({_}) between {src} and {dst} (user={user}) has been {_}", Tunnel),
    one(605004, "Login denied from {src} to {zdst} for user {user}", NotLoggedOn(3)),
    one(605005, "Login permitted from {src} to {zdst} for user {user}", LoggedOn(3)),
    one(606001, "ASDM session number {_} from {src} started", LoggedOn(0)),
    one(606003, "ASDM logging session number {_} from {src} started", LoggedOn(0)),
    one(607001, "Pre-allocate SIP {proto} secondary channel for {zsrc} to {zdst} from {_} message", Told),
    one(608001, "Pre-allocate Skinny {proto} secondary channel for {zsrc} to {zdst} from {_} message", Told),
    one(611101, "User authentication succeeded: IP address: {src}, Uname: {user}", LoggedOn(2)),
    one(611101, "User authentication succeeded: Uname: {user}", LoggedOn(2)),
    one(611102, "User authentication failed: IP address: {src}, Uname: {user}", NotLoggedOn(2)),
    one(611102, "User authentication failed: Uname: {user}", NotLoggedOn(2)),
    one(710001, "{proto} access requested from {src} to {zdst}", Told),
    one(710002, "{proto} access permitted from {src} to {zdst}", Told),
    one(710003, "{proto} access denied by ACL from {src} to {zdst}", Denied),
    one(710004, "{proto} connection limit exceeded from {src} to {zdst}", Denied),
    range(710005, 710006, "{proto} request discarded from {src} to {zdst}", Denied),
    one(710007, "NAT-T keepalive received from {src} to {zdst}", Told),
    one(725001, "Starting SSL handshake with {_} {zsrc} to {dst} for {_}", Told),
    one(725001, "Starting SSL handshake with {_} {zsrc} for {_}", Told),
    one(725002, "Device completed SSL handshake with {_} {zsrc} to {dst}", Told),
    one(725002, "Device completed SSL handshake with {_} {zsrc}", Told),
    one(725003, "SSL {_} {zsrc} to {dst} request{_}", Told),
    one(725003, "SSL {_} {zsrc} request{_}", Told),
    one(725006, "Device failed SSL handshake with {_} {zsrc} to {dst}", Failed),
    one(725006, "Device failed SSL handshake with {_} {zsrc}", Failed),
    one(725007, "SSL session with {_} {zsrc} to {dst} terminated", Told),
    one(725007, "SSL session with {_} {zsrc} terminated", Told),
    one(725016, "Device selects trust-point {_} for {_} {zsrc} to {dst}", Told),
    one(767001, "{_} packet from {zsrc} to {zdst} (fail-close)", Denied),
    range(805001, 805003, "Offloaded {proto} Flow for connection {id} from {zsrc} to {zdst}", Told),
    range(805001, 805003, "{proto} Flow is {_} connection {id} from {zsrc} to {zdst}", Told),
    range(805001, 805003, "{_} {proto} Flow {_} connection {id} from {zsrc} to {zdst}", Told),
    range(852001, 852002, "{_} for {proto} flow {src} to {dst}", Told),
];

/// The shapes of a number, in their order.
pub fn shapes_of(number: u32) -> impl Iterator<Item = &'static Shape> {
    let begin = SHAPES.partition_point(|shape| shape.last < number);
    SHAPES[begin..].iter().take_while(move |shape| shape.first <= number).filter(move |shape| shape.last >= number)
}

/// A slot of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Source,
    Destination,
    Protocol,
    Rule,
    Verdict,
    User,
    Id,
    Duration,
    Bytes,
    Way,
    Zone,
    Url,
    Nothing,
}

/// How an end is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// `10.0.0.1/80`.
    #[default]
    Plain,
    /// `inside:10.0.0.1/80`.
    Zoned,
    /// `inside/10.0.0.1(80)`.
    Listed,
}

/// What stood in the slots of a message.
#[derive(Debug, Default, Clone, Copy)]
pub struct Caught<'m> {
    pub source: Option<(Style, &'m [u8])>,
    pub destination: Option<(Style, &'m [u8])>,
    pub protocol: Option<&'m [u8]>,
    pub rule: Option<&'m [u8]>,
    pub verdict: Option<&'m [u8]>,
    pub user: Option<&'m [u8]>,
    pub id: Option<&'m [u8]>,
    pub duration: Option<&'m [u8]>,
    pub bytes: Option<&'m [u8]>,
    pub way: Option<&'m [u8]>,
    pub zone: Option<&'m [u8]>,
    pub url: Option<&'m [u8]>,
}

fn slot(name: &str) -> (Slot, Style) {
    let plain = |slot| (slot, Style::Plain);
    match name {
        "src" => plain(Slot::Source),
        "dst" => plain(Slot::Destination),
        "zsrc" => (Slot::Source, Style::Zoned),
        "zdst" => (Slot::Destination, Style::Zoned),
        "asrc" => (Slot::Source, Style::Listed),
        "adst" => (Slot::Destination, Style::Listed),
        "proto" => plain(Slot::Protocol),
        "rule" => plain(Slot::Rule),
        "verdict" => plain(Slot::Verdict),
        "user" => plain(Slot::User),
        "id" => plain(Slot::Id),
        "duration" => plain(Slot::Duration),
        "bytes" => plain(Slot::Bytes),
        "way" => plain(Slot::Way),
        "zone" => plain(Slot::Zone),
        "url" => plain(Slot::Url),
        _ => plain(Slot::Nothing),
    }
}

impl Shape {
    /// What stands in the slots, if the message has this shape.
    pub fn catch<'m>(&self, message: &'m [u8]) -> Option<Caught<'m>> {
        let mut caught = Caught::default();
        let mut rest = message;
        let mut pattern = self.pattern;
        loop {
            let (words, after) = pattern.split_once('{').unwrap_or((pattern, ""));
            rest = &rest[prefix(rest, words.as_bytes())?..];
            if after.is_empty() {
                return Some(caught);
            }
            let (name, follows) = after.split_once('}').expect("every slot of the table is closed");
            let words = follows.split('{').next().unwrap_or_default();
            let (value, behind) = if words.is_empty() { (rest, &rest[rest.len()..]) } else { up_to(rest, words)? };
            let (slot, style) = slot(name);
            match slot {
                Slot::Source => caught.source = Some((style, value)),
                Slot::Destination => caught.destination = Some((style, value)),
                Slot::Protocol => caught.protocol = Some(value),
                Slot::Rule => caught.rule = Some(value),
                Slot::Verdict => caught.verdict = Some(value),
                Slot::User => caught.user = Some(value),
                Slot::Id => caught.id = Some(value),
                Slot::Duration => caught.duration = Some(value),
                Slot::Bytes => caught.bytes = Some(value),
                Slot::Way => caught.way = Some(value),
                Slot::Zone => caught.zone = Some(value),
                Slot::Url => caught.url = Some(value),
                Slot::Nothing => {}
            }
            (rest, pattern) = (behind, follows);
        }
    }
}

/// What stands before the next words, and the rest from those words on.
fn up_to<'m>(rest: &'m [u8], words: &str) -> Option<(&'m [u8], &'m [u8])> {
    let words = words.as_bytes();
    // A word such as `user` begins anywhere; `: user IP` may have a blank before its colon.
    (0..rest.len()).find(|at| prefix(&rest[*at..], words).is_some()).map(|at| rest.split_at(at))
}

/// How much of the text these words take, if it begins with them.
fn prefix(text: &[u8], words: &[u8]) -> Option<usize> {
    let mut at = 0;
    for word in words {
        match word {
            b' ' => {
                let blanks = text[at..].iter().take_while(|b| **b == b' ').count();
                if blanks == 0 {
                    return None;
                }
                at += blanks;
            }
            _ => {
                if !text.get(at).is_some_and(|b| b.eq_ignore_ascii_case(word)) {
                    return None;
                }
                at += 1;
            }
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(SHAPES.windows(2).all(|pair| pair[0].first <= pair[1].first && pair[0].last <= pair[1].last));
        assert_eq!(shapes_of(402_117).count(), 2);
        assert_eq!(shapes_of(402_121).count(), 0);
        assert_eq!(shapes_of(1).count(), 0);
    }

    #[test]
    fn blanks_and_case_do_not_matter() {
        let shape = one(1, "Dynamic filter {verdict} traffic from {zsrc} to {zdst}", Filtered);
        let caught = shape.catch(b"Dynamic Filter dropped  TCP traffic from a:1.2.3.4/5  to b:5.6.7.8/9 (x)").unwrap();
        assert_eq!(caught.verdict, Some(&b"dropped  TCP"[..]));
        assert_eq!(caught.source, Some((Style::Zoned, &b"a:1.2.3.4/5"[..])));
        assert_eq!(caught.destination, Some((Style::Zoned, &b"b:5.6.7.8/9 (x)"[..])));
        assert!(shape.catch(b"Dynamic filter").is_none());
    }
}
