//! Windows events as XML: `<Events>` documents of Event Viewer and `wevtutil`, one `<Event>` after or below the other, and
//! events inside syslog. What they mean is told in [`super::windows`]; times are UTC, as the event schema has it.

use super::syntax::syslog;
use super::windows::{Interpreter, xml};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};

/// The format.
pub struct WindowsEventXml;

impl Format for WindowsEventXml {
    fn name(&self) -> &'static str {
        "windows_event_xml"
    }

    fn title(&self) -> &'static str {
        "Windows events (XML)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        // In JSON or a table the event is somebody's field.
        let first = sample.bytes.trim_ascii_start().first();
        if matches!(first, None | Some(b'{' | b'[')) {
            return Likeness::None;
        }
        let Some(at) = opening(sample.bytes) else { return Likeness::None };
        let before = &sample.bytes[..at];
        let line = &before[memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)..];
        let quoted = line.ends_with(b"\"") || line.ends_with(b"\"\"") || memchr::memchr(b'{', line).is_some();
        let event = &sample.bytes[at..];
        let is_windows = memchr::memmem::find(event, b"schemas.microsoft.com/win/2004/08/events/event").is_some();
        let has = |tag: &[u8]| memchr::memmem::find(event, tag).is_some();
        match (quoted, has(b"<System>") && has(b"<EventID"), is_windows) {
            (false, true, _) => Likeness::Certain,
            (false, false, true) => Likeness::Likely,
            (true, _, _) | (false, false, false) => Likeness::None,
        }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        // Inside syslog an event fills one line; elsewhere it may be spread over many.
        let in_syslog = opening(sample.bytes).is_some_and(|at| {
            let before = &sample.bytes[..at];
            let line = before[memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)..].trim_ascii();
            !line.is_empty() && !line.ends_with(b">") && line != b"-"
        });
        if in_syslog { Framing::Lines } else { Framing::Events }
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Events { interpreter: Interpreter::default() })
    }
}

/// Where the first event opens.
fn opening(bytes: &[u8]) -> Option<usize> {
    let ends = |at: &usize| matches!(bytes.get(at + 6), Some(b' ' | b'>' | b'\r' | b'\n' | b'\t'));
    memchr::memmem::find_iter(bytes, b"<Event").find(ends)
}

struct Events {
    interpreter: Interpreter,
}

impl Parser for Events {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        let Some(at) = opening(bytes) else {
            let shown = readable(&bytes[..bytes.len().min(480)]);
            // The tags of the document around the events, and the hyphens that browsers print before them.
            let is_tag = bytes.starts_with(b"<") && bytes.ends_with(b">");
            return if is_tag || bytes.iter().all(|b| matches!(b, b'-' | b',' | b' ')) {
                Disposition::Header
            } else {
                Disposition::Malformed(Fault::new("no Windows event", shown))
            };
        };
        if memchr::memmem::find(bytes, b"</Event>").is_none() && !bytes.ends_with(b"</Event >") {
            let shown = readable(&bytes[..bytes.len().min(480)]);
            return Disposition::Malformed(Fault::new("a Windows event is cut off", shown));
        }
        let Some(mut event) = xml::event(&bytes[at..]) else {
            let shown = readable(&bytes[..bytes.len().min(480)]);
            return Disposition::Malformed(Fault::new("a Windows event has no number", shown));
        };
        if event.computer.is_none() {
            event.computer = syslog::strip(&bytes[..at]).host.map(readable);
        }
        self.interpreter.tell(&event, record.place, flows)
    }
}
