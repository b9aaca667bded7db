//! The reader that the formats of this folder's makers share: a line or an object is one report, and the reports of one session
//! count once.

use std::borrow::Cow;

use super::{Fate, Sessions, Telling};
use crate::evidence::Record;
use crate::flow::Flow;
use crate::formats::syntax::years::Years;
use crate::formats::{Disposition, Fault, Parser, Setting, Sink, without_mark};

/// What a record tells.
#[expect(clippy::large_enum_variant, reason = "it lives for one record, on the stack")]
pub(in crate::formats) enum Told<'r> {
    /// A connection, and the number that its other records share, with what this one is to them.
    Flow(Flow<'r>, Option<(Cow<'r, str>, Telling)>),
    /// No connection: why.
    Nothing(Cow<'static, str>),
    /// A header or a comment.
    Header,
}

/// Reads one record of a format.
pub(in crate::formats) type Read = for<'r> fn(&'r [u8], &mut Years) -> Result<Told<'r>, Fault>;

/// The state of reading a file by such a function.
pub(in crate::formats) struct Reader {
    read: Read,
    years: Years,
    sessions: Sessions,
}

impl Reader {
    pub(in crate::formats) fn new(setting: &Setting, read: Read) -> Reader {
        Reader { read, years: Years::new(setting.clock), sessions: Sessions::default() }
    }
}

impl Parser for Reader {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let told = (self.read)(without_mark(record.bytes).trim_ascii(), &mut self.years);
        take(told, &mut self.sessions, &record, flows)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.sessions.finish(flows);
    }
}

/// Hands on what a record told.
pub(in crate::formats) fn take(
    told: Result<Told<'_>, Fault>,
    sessions: &mut Sessions,
    record: &Record<'_>,
    flows: &mut Sink<'_>,
) -> Disposition {
    let (flow, session) = match told {
        Ok(Told::Flow(flow, session)) => (flow, session),
        Ok(Told::Nothing(why)) => return Disposition::Skipped(why),
        Ok(Told::Header) => return Disposition::Header,
        Err(fault) => return Disposition::Malformed(fault),
    };
    let Some((number, telling)) = session else {
        flows(&flow, record.place);
        return Disposition::Parsed;
    };
    // Without a number the ends tell, whichever device wrote of them.
    let device = flow.sensor.clone().filter(|_| !number.is_empty()).unwrap_or_default();
    told_once(sessions.tell([&device, &number], telling, flow, record, flows))
}

/// The disposition of a record of a session.
pub(in crate::formats) fn told_once(fate: Fate) -> Disposition {
    match fate {
        Fate::Out | Fate::Held => Disposition::Parsed,
        Fate::Again => Disposition::Skipped("one of several records of a session, which counts once".into()),
    }
}
