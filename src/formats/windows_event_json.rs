//! Windows events as JSON: Winlogbeat and the Elastic agent (`winlog.event_data`), `evtx_dump -o jsonl`, EvtxECmd, NXLog and
//! the OTRF datasets (flat fields beside `EventID`), Wazuh, Velociraptor, Sentinel. Which field is which is told in
//! [`super::windows::carrier`], what events mean in [`super::windows`].
//!
//! **Time.** `TimeCreated` (`winlog.time_created`), else `EventTime`, else `@timestamp`. An `EventTime` without zone is local:
//! where an `@timestamp` beside it is less than five minutes off a whole quarter of an hour, that difference is the zone.
//! Sysmon's `UtcTime` goes before all of them.

use super::syntax::json;
use super::windows::Interpreter;
use super::windows::carrier::Fields;
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};

/// The format.
pub struct WindowsEventJson;

impl Format for WindowsEventJson {
    fn name(&self) -> &'static str {
        "windows_event_json"
    }

    fn title(&self) -> &'static str {
        "Windows events (JSON)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Events { clock: setting.clock, interpreter: Interpreter::default() })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    match Fields::of_json(object).map(|fields| fields.likeness()) {
        Ok((true, true)) => Likeness::Certain,
        Ok((_, _)) | Err(_) => Likeness::None,
    }
}

struct Events {
    clock: Clock,
    interpreter: Interpreter,
}

impl Parser for Events {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        // A collector may have put a syslog header before the object.
        let object = memchr::memchr(b'{', bytes).map_or(bytes, |at| &bytes[at..]);
        match Fields::of_json(object) {
            Ok(fields) => match fields.event(&self.clock) {
                Ok(Some(event)) => self.interpreter.tell(&event, record.place, flows),
                Ok(None) => Disposition::Skipped("a record without the number of a Windows event".into()),
                Err(fault) => Disposition::Malformed(fault),
            },
            Err(not_json) => {
                let shown = readable(&bytes[..bytes.len().min(80)]);
                Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")))
            }
        }
    }
}
