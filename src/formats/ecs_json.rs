//! Any document in the Elastic Common Schema that names both ends: `source` and `destination` (or `client` and `server`), nested or with
//! dots in the names, one a line, in an array or in a search engine's answer. After "Elastic Common Schema Reference" 8, field sets Source,
//! Destination, Client, Network, Event, Observer, Rule.
//!
//! `source` is who sent; where `client` says that it was the destination who opened the connection, that holds. Bytes are those of
//! `source.bytes` and `destination.bytes`, as whoever filled them counts. `event.duration` is in nanoseconds. The begin is
//! `event.start`; else `event.end` less the duration; else `@timestamp`, "when the event originated".

use super::named::{Documents, Named, Slot};
use super::syntax::json::{self, NotJson, Value};
use super::{Format, Likeness, Parser, Sample, Setting};
use crate::evidence::Framing;
use crate::flow::Text;

/// The format.
pub struct EcsJson;

impl Format for EcsJson {
    fn name(&self) -> &'static str {
        "ecs_json"
    }

    fn title(&self) -> &'static str {
        "Elastic Common Schema (JSON)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Documents::new(setting, |object| Ok(Document::of(object)?.finished())))
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let Ok(document) = Document::of(object) else { return Likeness::None };
    match (document.named.has_both_ends(), document.is_ecs, document.is_stamped) {
        (true, true, _) => Likeness::Certain,
        (true, false, true) => Likeness::Likely,
        (true, false, false) | (false, _, _) => Likeness::None,
    }
}

#[derive(Default)]
struct Document<'j> {
    named: Named<'j>,
    client: Option<Text<'j>>,
    timestamp: Option<Text<'j>>,
    /// It has fields that only such documents have.
    is_ecs: bool,
    is_stamped: bool,
}

const DEEPEST: usize = 6;

impl<'j> Document<'j> {
    fn of(object: &'j [u8]) -> Result<Document<'j>, NotJson> {
        let mut document = Document::default();
        document.walk(object, "", 0)?;
        Ok(document)
    }

    fn walk(&mut self, object: &'j [u8], path: &str, depth: usize) -> Result<(), NotJson> {
        let mut fault = Ok(());
        json::fields(object, |key, value| {
            let key = key.text();
            let own = if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") };
            // A search engine's answer holds the document.
            let own = own.strip_prefix("_source.").map_or_else(|| own.clone(), str::to_owned);
            match value {
                Value::Object(inner) if depth < DEEPEST && is_walked(&own) => {
                    let inside = if own == "_source" { "" } else { own.as_str() };
                    if fault.is_ok() {
                        fault = self.walk(inner, inside, depth + 1);
                    }
                }
                // Of several values the first stands for all, but each type of an event says something of its own.
                Value::Array(items) => {
                    let mut taken = false;
                    let walked = json::items(items, |item| {
                        if let Some(text) = item.text().filter(|_| !taken || own == "event.type") {
                            taken = true;
                            self.take(&own, text);
                        }
                    });
                    fault = fault.and(walked);
                }
                Value::String(_) | Value::Number(_) => {
                    if let Some(text) = value.text() {
                        self.take(&own, text);
                    }
                }
                Value::Object(_) | Value::Null | Value::Bool(_) => {}
            }
        })?;
        fault
    }

    fn take(&mut self, path: &str, value: Text<'j>) {
        let slot = match path {
            "source.ip" => {
                self.named.put_first(Slot::Source, value);
                return;
            }
            "destination.ip" => {
                self.named.put_first(Slot::Destination, value);
                return;
            }
            "source.address" => Slot::Source,
            "source.domain" => Slot::SourceName,
            "source.port" => Slot::SourcePort,
            "source.bytes" => Slot::BytesOut,
            "source.packets" => Slot::PacketsOut,
            "destination.address" => Slot::Destination,
            "destination.domain" => Slot::DestinationName,
            "destination.port" => Slot::DestinationPort,
            "destination.bytes" => Slot::BytesIn,
            "destination.packets" => Slot::PacketsIn,
            "client.ip" => {
                self.client = Some(value);
                return;
            }
            "network.transport" | "network.iana_number" => Slot::Protocol,
            "network.protocol" | "network.application" => Slot::Service,
            "event.start" => Slot::Start,
            "event.end" => Slot::End,
            "event.duration" => Slot::Nanos,
            "@timestamp" => {
                (self.timestamp, self.is_stamped) = (Some(value), true);
                return;
            }
            "event.action" => Slot::Action,
            "event.outcome" => Slot::Outcome,
            "event.type" if matches!(value.as_ref(), "denied" | "allowed") => {
                self.named.put_first(Slot::Action, value);
                return;
            }
            "source.user.name" | "user.name" => Slot::User,
            "observer.name" | "observer.hostname" | "observer.ip" => Slot::Sensor,
            "observer.ingress.zone" => Slot::SourceZone,
            "observer.egress.zone" => Slot::DestinationZone,
            "rule.name" | "rule.id" => Slot::Rule,
            "ecs.version" | "event.dataset" | "event.module" | "event.kind" | "data_stream.dataset" => {
                self.is_ecs = true;
                return;
            }
            _ => return,
        };
        self.named.put(slot, value);
    }

    fn finished(mut self) -> Named<'j> {
        if self.named.get(Slot::Start).is_none()
            && self.named.get(Slot::End).is_none()
            && let Some(at) = self.timestamp.take()
        {
            self.named.put(Slot::Start, at);
        }
        let called_by = |slot| self.client.as_deref().is_some_and(|client| self.named.get(slot) == Some(client.trim()));
        if called_by(Slot::Destination) && !called_by(Slot::Source) {
            self.named.turn();
        }
        self.named
    }
}

/// The objects that hold fields of these sets.
fn is_walked(path: &str) -> bool {
    matches!(
        path,
        "_source"
            | "source"
            | "source.user"
            | "destination"
            | "client"
            | "server"
            | "network"
            | "event"
            | "observer"
            | "observer.ingress"
            | "observer.egress"
            | "rule"
            | "user"
            | "ecs"
            | "data_stream"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_end_alone_is_not_told_as_such_a_document() {
        let likeness = |text: &str| likeness_of(text.as_bytes());
        assert_eq!(likeness(r#"{"@timestamp":"x","source":{"ip":"192.0.2.7"}}"#), Likeness::None);
        assert_eq!(likeness(r#"{"source":"a","destination":"b","@timestamp":"x"}"#), Likeness::None);
        let both = r#"{"@timestamp":"x","source.ip":"192.0.2.7","destination":{"address":"srv01"}}"#;
        assert_eq!(likeness(both), Likeness::Likely);
    }
}
