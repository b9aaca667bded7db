//! An event as XML, after the event schema of Windows (`http://schemas.microsoft.com/win/2004/08/events/event`).

use std::borrow::Cow;

use super::super::syntax::time;
use super::super::syntax::xml::{Part, attribute, parts};
use super::Event;
use super::carrier::read_time;
use crate::flow::{Basis, Text};

/// Reads `<Event>…</Event>`. `None` where it has no number.
pub fn event(xml: &[u8]) -> Option<Event<'_>> {
    let mut event = Event::default();
    let mut id = None;
    let mut message = None;
    let mut open: Vec<&[u8]> = Vec::new();
    // The name of the datum that is open, and what was said in it.
    let mut datum: Option<(Text<'_>, Text<'_>)> = None;
    for part in parts(xml) {
        match part {
            Part::Open { name, attributes, empty } => {
                match name {
                    b"Provider" if open.last() == Some(&&b"System"[..]) => {
                        let named =
                            attribute(attributes, b"Name").or_else(|| attribute(attributes, b"EventSourceName"));
                        event.provider = named.unwrap_or_default();
                    }
                    b"TimeCreated" => {
                        // The schema has it in UTC, whether it says so or not.
                        let read = attribute(attributes, b"SystemTime").and_then(|text| read_time(text.trim()));
                        event.time = read.map(|written| {
                            let written = time::Written { offset: written.offset.or(Some(0)), ..written };
                            (written.settle(&crate::evidence::Clock::default()).0, Basis::Explicit)
                        });
                    }
                    _ => {}
                }
                if is_in_data(&open) {
                    datum = Some((name_of(name, attributes), Cow::Borrowed("")));
                    if empty {
                        event.data.extend(datum.take());
                    }
                }
                if !empty {
                    open.push(name);
                }
            }
            Part::Close(name) => {
                // A tag that was never closed ends with the one around it.
                while open.pop().is_some_and(|own| own != name) {}
                event.data.extend(datum.take());
            }
            Part::Text(text) => match open.last().copied() {
                Some(b"EventID") => id = id.or(text.trim().parse::<u32>().ok()),
                Some(b"Channel") if open.contains(&&b"System"[..]) => event.channel = text,
                Some(b"Computer") => event.computer = Some(text),
                Some(b"Keywords") => event.failure |= super::carrier::is_failure(&text),
                Some(b"Message") => message = Some(text),
                Some(_) => {
                    if let Some((_, value)) = &mut datum {
                        if value.is_empty() { *value = text } else { value.to_mut().push_str(&text) }
                    }
                }
                None => {}
            },
        }
    }
    event.id = id?;
    if let Some(message) = message.filter(|_| event.data.is_empty()) {
        event.complete(message);
    }
    Some(event)
}

/// The data of an `<EventData>` or `<UserData>` that stands alone.
pub fn data(xml: &[u8]) -> Vec<(Text<'_>, Text<'_>)> {
    let mut whole = Event::default();
    let mut datum: Option<(Text<'_>, Text<'_>)> = None;
    for part in parts(xml) {
        match part {
            Part::Open { name: b"EventData" | b"UserData" | b"EventXML" | b"DataItem", .. } => {}
            Part::Open { name, attributes, empty } => {
                datum = Some((name_of(name, attributes), Cow::Borrowed("")));
                if empty {
                    whole.data.extend(datum.take());
                }
            }
            Part::Close(_) => whole.data.extend(datum.take()),
            Part::Text(text) => {
                if let Some((_, value)) = &mut datum {
                    *value = text;
                }
            }
        }
    }
    whole.data
}

fn is_in_data(open: &[&[u8]]) -> bool {
    open.iter().any(|name| matches!(*name, b"EventData" | b"UserData"))
}

/// The name of `<Data Name="…">`, or that of an element of its own in UserData.
fn name_of<'x>(element: &'x [u8], attributes: &'x [u8]) -> Text<'x> {
    match attribute(attributes, b"Name") {
        Some(name) => name,
        None if matches!(element, b"Data" | b"ComplexData" | b"Binary") => Cow::Borrowed(""),
        None => crate::evidence::text::readable(element),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(xml: &str) -> String {
        let event = event(xml.as_bytes()).unwrap();
        let data: Vec<String> = event.data.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let time = event.time.map_or("-".to_owned(), |(at, basis)| format!("{at}/{basis:?}"));
        let computer = event.computer.as_deref().unwrap_or("-");
        format!("{} {} {} {computer} {time} {}", event.provider, event.channel, event.id, data.join(" "))
    }

    const SYSTEM: &str = "<System><Provider Name='P' Guid='{G}'/><EventID Qualifiers=\"0\">4624</EventID>\
        <TimeCreated SystemTime=\"2020-06-11T01:00:00.0000000Z\"/><Channel>Security</Channel><Computer>SRV01</Computer></System>";

    #[test]
    fn data_have_names_or_not() {
        let xml = format!(
            "<Event xmlns='x'>{SYSTEM}<EventData><Data Name='IpAddress'>192.0.2.7</Data><Data Name=\"Empty\"/>\
             <Data>a &amp; b</Data></EventData></Event>"
        );
        assert_eq!(shown(&xml), "P Security 4624 SRV01 1591837200/Explicit IpAddress=192.0.2.7 Empty= =a & b");
    }

    #[test]
    fn user_data_are_named_by_their_elements() {
        let xml = format!(
            "<Event>{SYSTEM}<UserData><EventXML xmlns='Event_NS'><User>EX\\bob</User>\n<Address>192.0.2.7</Address></EventXML></UserData></Event>"
        );
        assert!(shown(&xml).ends_with("User=EX\\bob Address=192.0.2.7"), "{}", shown(&xml));
    }

    #[test]
    fn the_message_counts_where_there_are_no_data() {
        let xml = format!(
            "<Event>{SYSTEM}<RenderingInfo Culture='en-US'><Message>x\nLogon Type: 3</Message></RenderingInfo></Event>"
        );
        assert!(shown(&xml).ends_with("LogonType=3"), "{}", shown(&xml));
    }
}
