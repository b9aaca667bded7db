//! What is held back until the record comes that tells the same connection better: openings until their end, hints until
//! the connection itself, steps of a login until its verdict, steps of a VPN session until its end.
//!
//! Invariants: every flow that comes in goes out exactly once or is told by a fuller one; memory is bounded, and what does
//! not fit goes out where it stands.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::evidence::Place;
use crate::flow::{Endpoint, Flow, Host};
use crate::formats::Sink;

/// How many connections without an end are kept.
const OPEN: usize = 65_536;
/// How many hints, logins and recent connections are kept.
const RECENT: usize = 4_096;
/// How many VPN sessions without an end are kept.
const SESSIONS: usize = 8_192;
/// A longer text is no device's own, and its flow is not kept.
const LONGEST: usize = 8 * 1024;

/// A flow and where its record stands.
pub type Held = (Place, Flow<'static>);

/// The two ends of a connection whichever opened it, with its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair([(u128, u16); 2], u8);

impl Pair {
    /// Of a flow. ICMP has no ports, but its identifier may be given in their place.
    pub fn of(flow: &Flow<'_>, identifiers: Option<(u16, u16)>) -> Pair {
        let (from, to) = match identifiers {
            Some((from, to)) => (Some(from), Some(to)),
            None => (flow.initiator.port, flow.responder.port),
        };
        let mut ends = [(host(&flow.initiator), from.unwrap_or(0)), (host(&flow.responder), to.unwrap_or(0))];
        if ends[0] > ends[1] {
            ends.swap(0, 1);
        }
        Pair(ends, flow.protocol.map_or(255, |protocol| protocol.0))
    }
}

fn host(end: &Endpoint<'_>) -> u128 {
    end.address.map(Host::of_address).or_else(|| end.name.as_deref().map(Host::of_name)).map_or(0, |host| host.0)
}

/// What tells a connection from others of its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// By the device's number for it, and its protocol.
    Number(u64, u8),
    /// By its ends.
    Ends(Pair),
    /// By its ends, as a cluster unit's stub.
    Stub(Pair),
    /// By its ends, as a translation.
    Translation(Pair),
}

/// Connections that have begun, and what was heard of others.
#[derive(Default)]
pub struct Connections {
    devices: BTreeMap<Box<[u8]>, u32>,
    open: BTreeMap<(u32, Mark), Held>,
    /// Ends of the connections of late, each told by a record of its own.
    lately: Lately,
    /// What only hints tell of so far, in the order in which it came.
    hints: BTreeMap<Pair, Held>,
    order: VecDeque<(Pair, Place)>,
}

#[derive(Default)]
struct Lately {
    pairs: BTreeSet<Pair>,
    order: VecDeque<Pair>,
}

impl Lately {
    fn add(&mut self, pair: Pair) {
        if self.pairs.insert(pair) {
            self.order.push_back(pair);
            if self.order.len() > RECENT
                && let Some(oldest) = self.order.pop_front()
            {
                self.pairs.remove(&oldest);
            }
        }
    }
}

impl Connections {
    /// A number for a device, by its name in the header; devices past the first few thousand share one.
    pub fn device(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.devices.get(name) {
            return *number;
        }
        if self.devices.len() >= RECENT || name.len() > 255 {
            return u32::MAX;
        }
        let number = self.devices.len() as u32;
        self.devices.insert(name.into(), number);
        number
    }

    /// A connection has begun: kept until its end; whether it was. A former one of the same number goes out unless
    /// it has the same ends, for then its record stands twice in the file.
    pub fn begin(&mut self, device: u32, mark: Mark, held: Held, flows: &mut Sink<'_>) -> bool {
        if self.open.len() >= OPEN && !self.open.contains_key(&(device, mark)) || is_long(&held.1) {
            flows(&held.1, held.0);
            return false;
        }
        let pair = Pair::of(&held.1, None);
        if let Some(former) = self.open.insert((device, mark), held)
            && Pair::of(&former.1, None) != pair
        {
            flows(&former.1, former.0);
        }
        true
    }

    /// A connection has ended: what was kept of its beginning.
    pub fn end(&mut self, device: u32, mark: Mark) -> Option<Held> {
        self.open.remove(&(device, mark))
    }

    /// Puts back what belongs to another connection of the same number.
    pub fn keep(&mut self, device: u32, mark: Mark, held: Held) {
        self.open.insert((device, mark), held);
    }

    /// Whether one with this mark is open.
    pub fn is_open(&self, device: u32, mark: Mark) -> bool {
        self.open.contains_key(&(device, mark))
    }

    /// A connection's own record has come: the hint of it that was held back, if any, is told by that.
    pub fn own(&mut self, pair: Pair) -> Option<Held> {
        self.lately.add(pair);
        self.hints.remove(&pair)
    }

    /// Whether a connection with these ends has had a record of its own of late, or a hint that is held back.
    pub fn is_told(&self, pair: Pair) -> bool {
        self.lately.pairs.contains(&pair) || self.hints.contains_key(&pair)
    }

    /// Holds a hint back until its connection's own record comes, at most until some thousand others have.
    pub fn hint(&mut self, pair: Pair, held: Held, flows: &mut Sink<'_>) {
        if is_long(&held.1) {
            flows(&held.1, held.0);
            return;
        }
        self.order.push_back((pair, held.0));
        self.hints.insert(pair, held);
        while self.order.len() > RECENT {
            let Some((oldest, place)) = self.order.pop_front() else { break };
            if self.hints.get(&oldest).is_some_and(|(own, _)| *own == place)
                && let Some((place, flow)) = self.hints.remove(&oldest)
            {
                flows(&flow, place);
            }
        }
    }

    /// Everything that is left, in the file's order.
    pub fn rest(&mut self) -> Vec<Held> {
        let open = std::mem::take(&mut self.open).into_values();
        open.chain(std::mem::take(&mut self.hints).into_values()).collect()
    }
}

fn is_long(flow: &Flow<'_>) -> bool {
    let texts = [&flow.user, &flow.rule, &flow.service, &flow.sensor, &flow.initiator.name, &flow.responder.name];
    texts.iter().any(|text| text.as_ref().is_some_and(|text| text.len() > LONGEST))
}

/// Steps of logins. One login is told by up to four messages; the one of the highest rank counts.
#[derive(Default)]
pub struct Logins {
    held: BTreeMap<LoginKey, (u8, Held)>,
    order: VecDeque<(LoginKey, Place)>,
}

/// Device, source, and whether it was let in.
type LoginKey = (u32, u128, bool);

impl Logins {
    /// A step of a login; whether it is told better by one that came before.
    pub fn step(&mut self, device: u32, admitted: bool, rank: u8, held: Held, flows: &mut Sink<'_>) -> bool {
        let key = (device, host(&held.1.initiator), admitted);
        if self.held.get(&key).is_some_and(|(former, (_, flow))| *former > rank && is_same(&flow.user, &held.1.user)) {
            return true;
        }
        if is_long(&held.1) {
            flows(&held.1, held.0);
            return false;
        }
        self.order.push_back((key, held.0));
        let user = held.1.user.clone();
        if let Some((former, (place, flow))) = self.held.insert(key, (rank, held))
            && (former >= rank || !is_same(&flow.user, &user))
        {
            flows(&flow, place);
        }
        while self.order.len() > RECENT {
            let Some((oldest, place)) = self.order.pop_front() else { break };
            if self.held.get(&oldest).is_some_and(|(_, (own, _))| *own == place)
                && let Some((_, (place, flow))) = self.held.remove(&oldest)
            {
                flows(&flow, place);
            }
        }
        false
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.held).into_values().map(|(_, held)| held).collect()
    }
}

/// Whether two messages may speak of one account: equal, or one does not say.
fn is_same(one: &Option<crate::flow::Text<'_>>, other: &Option<crate::flow::Text<'_>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => true,
    }
}

/// VPN sessions under way: one of a person from an outer address at a time.
#[derive(Default)]
pub struct Sessions {
    held: BTreeMap<SessionKey, (bool, Held)>,
    /// Those that were closed with their numbers: what still says that they are over tells nothing new.
    closed: BTreeSet<SessionKey>,
}

/// Device, outer address, account.
type SessionKey = (u32, u128, String);

/// What a message does to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It tells of it.
    Note,
    /// It says that it ended, but not how long it was.
    Over,
    /// It ends it, with its numbers.
    Close,
}

impl Sessions {
    /// A message about a session; whether it went out with this message.
    pub fn step(&mut self, device: u32, step: Step, held: Held, flows: &mut Sink<'_>) -> bool {
        let key = (device, host(&held.1.initiator), held.1.user.as_deref().unwrap_or_default().to_owned());
        let former = self.held.remove(&key);
        let (place, mut flow) = held;
        if step == Step::Note {
            self.closed.remove(&key);
        }
        match (step, former) {
            (Step::Close, former) => {
                if let Some((_, (_, former))) = former {
                    fill(&mut flow, &former);
                }
                flows(&flow, place);
                if self.closed.len() < SESSIONS {
                    self.closed.insert(key);
                }
                true
            }
            (Step::Over, None) if self.closed.contains(&key) => false,
            // A session that was over, and a step of the next one.
            (Step::Note, Some((true, (former_place, former)))) => {
                flows(&former, former_place);
                self.held.insert(key, (false, (place, flow)));
                false
            }
            (_, Some((over, (former_place, mut former)))) => {
                fill(&mut former, &flow);
                self.held.insert(key, (over || step == Step::Over, (former_place, former)));
                false
            }
            (_, None) if self.held.len() >= SESSIONS || is_long(&flow) => {
                flows(&flow, place);
                true
            }
            (_, None) => {
                self.held.insert(key, (step == Step::Over, (place, flow)));
                false
            }
        }
    }

    /// A session is over at this flow's time, where its own records say no length: it lasted since its first one.
    pub fn lasted(&mut self, device: u32, flow: &mut Flow<'static>) {
        let key = (device, host(&flow.initiator), flow.user.as_deref().unwrap_or_default().to_owned());
        let Some((_, (_, begun))) = self.held.remove(&key) else { return };
        fill(flow, &begun);
        if let (Some(start), Some(end)) = (begun.start, flow.start)
            && let Ok(micros) = u64::try_from(end.0.saturating_sub(start.0))
        {
            (flow.start, flow.duration) = (Some(start), Some(micros));
        }
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.held).into_values().map(|(_, held)| held).collect()
    }
}

/// What one record of a connection lacks and another has.
pub fn fill(flow: &mut Flow<'static>, from: &Flow<'static>) {
    let texts = [
        (&mut flow.user, &from.user),
        (&mut flow.rule, &from.rule),
        (&mut flow.service, &from.service),
        (&mut flow.initiator.name, &from.initiator.name),
        (&mut flow.initiator.zone, &from.initiator.zone),
        (&mut flow.responder.zone, &from.responder.zone),
    ];
    for (own, other) in texts {
        if own.is_none() {
            own.clone_from(other);
        }
    }
    if flow.responder.address.is_none() && from.responder.address.is_some() {
        flow.responder.address = from.responder.address;
    }
    if flow.start.is_none() {
        (flow.start, flow.basis) = (from.start, from.basis);
    }
}
