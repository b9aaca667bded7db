//! Amazon VPC flow logs as JSON objects, as pipelines and CloudWatch hand them on: the fields of "Flow log records" (Amazon VPC
//! User Guide) under their names with underscores or hyphens, or the whole line under `message`. What a field means stands
//! with the text form, in `aws_vpc_flow`.

use super::aws_vpc_flow::{AwsVpcFlow, Slot, VpcFlow, json_key};
use super::syntax::json;
use super::{Format, Likeness, Parser, Sample, Setting};
use crate::evidence::Framing;

/// The format.
pub struct AwsVpcFlowJson;

impl Format for AwsVpcFlowJson {
    fn name(&self) -> &'static str {
        "aws_vpc_flow_json"
    }

    fn title(&self) -> &'static str {
        "AWS VPC flow log (JSON)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(VpcFlow::default())
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let (mut ends, mut marks, mut line) = (0, 0, None);
    let walked = json::fields(object, |key, value| match json_key(key.bytes) {
        Some(Slot::Source | Slot::Destination | Slot::PacketSource | Slot::PacketDestination) => ends += 1,
        Some(Slot::Interface | Slot::Status | Slot::Action) => marks += 1,
        Some(_) => {}
        None if matches!(key.bytes, b"message" | b"@message") => line = value.text(),
        None => {}
    });
    let inside =
        line.map_or(Likeness::None, |line| AwsVpcFlow.recognise(&Sample { bytes: line.as_bytes(), whole: true }));
    match (walked, ends >= 2, marks) {
        (Err(_not_json), _, _) => Likeness::None,
        (Ok(()), true, 2..) => Likeness::Likely,
        (Ok(()), true, 1) => Likeness::Possible,
        // Others' flows name their ends so too.
        (Ok(()), true, _) => Likeness::None,
        // Never Certain, so that a file of lines with some objects between them is read as lines.
        (Ok(()), false, _) => inside.min(Likeness::Likely),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn floats_that_are_whole_are_read() {
        let line = r#"{"interface_id":"eni-0a","srcaddr":"192.0.2.1","dstaddr":"198.51.100.1","srcport":25238.0,
            "bytes":412.0,"start":1591837200,"end":1591837260,"action":"ACCEPT","log_status":"OK","traffic_path":null}"#;
        let flow = reading_of(&AwsVpcFlowJson, &line.replace('\n', " ")).flows.remove(0);
        assert_eq!((flow.initiator.port, flow.bytes_out), (Some(25_238), Some(412)));
    }
}
