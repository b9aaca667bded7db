//! Zscaler logs: Private Access's user activity (`{"LogTimestamp":…,"ClientPublicIP":…,"ServerIP":…}`, after Zscaler, "About User
//! Activity Log Fields"), and Internet Access as the Nanolog Streaming Service (NSS) and its cloud feeds write them: web, firewall, DNS and
//! tunnel, as JSON (`{"sourcetype":"zscalernss-web","event":{…}}`, or the event alone), as tab- or blank-parted `key=value` (Splunk,
//! LogRhythm), or as comma-parted pairs. After Zscaler, "NSS Feed Output Format" of each log type. Bytes are those that the client
//! sent (`reqsize`, `outbytes`) and received (`respsize`, `inbytes`).
//!
//! **Time** has no zone in the default feeds; `tz` or `epochtime` say it where the feed has them, and so does a time zone's offset
//! behind the time; else the file's clock settles it. A firewall record is an aggregate of sessions, written at their end;
//! `durationms`, else `duration` (seconds), is how long it lasted.
//!
//! **Ends.** The client's own address (`cip`, `csip`, `clt_sip`, `sourceip`) and the server's. The firewall log has the client side
//! (`cs…`, `cd…`) and the server side (`ss…`, `sd…`); the first counts, and an address `0.0.0.0` gives way to the other
//! side's. A web record whose server is not said keeps the host that was asked for (`ehost`, `hostname`) as a name. The port of a web request
//! stands in the URL only; the service is its protocol. Tunnel records are VPN sessions; phases, samples and events of one tunnel
//! (the same two ends and account) count once.

use super::firewall::{self, Means, Reader, Report, Telling, Told};
use super::syntax::json::{self, Value};
use super::syntax::pairs::Between;
use super::syntax::years::Years;
use super::syntax::{number, syslog, time};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Flow, Kind, Outcome, Protocol};

/// The format.
pub struct ZscalerZia;

impl Format for ZscalerZia {
    fn name(&self) -> &'static str {
        "zscaler_zia"
    }

    fn title(&self) -> &'static str {
        "Zscaler Internet and Private Access logs"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if is_json(sample) {
            return json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None);
        }
        let ours = |line: &[u8]| {
            let has = |word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
            let vendor = has("vendor=Zscaler") || has("product=NSS") || has("zscalernss") || has("ZSCALERNSS: ");
            vendor && (has("ClientIP=") || has("serverip=") || has("cip=") || has("csip=") || has("sourceip="))
        };
        if sample.lines().take(50).any(ours) { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) { Framing::Json } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Reader::new(setting, read))
    }
}

fn is_json(sample: &Sample<'_>) -> bool {
    super::without_mark(sample.bytes).trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['))
}

/// Of an object: the wrapping that feeds give it, or names that only this service uses together.
fn likeness_of(object: &[u8]) -> Likeness {
    let (mut wrapped, mut ends, mut marks) = (false, 0, 0);
    let read = json::fields(object, |key, value| match key.bytes {
        b"sourcetype" => wrapped = value.text().is_some_and(|text| text.starts_with("zscalernss")),
        b"cip" | b"sip" | b"csip" | b"cdip" | b"sdip" | b"clt_sip" | b"srv_dip" | b"ClientIP" | b"serverip" => {
            ends += 1
        }
        b"urlsupercat" | b"urlclass" | b"rulelabel" | b"tuntype" | b"nwsvc" | b"reqrulelabel" | b"dns_reqtype"
        | b"dnsreqtype" | b"cloudname" | b"locationname" | b"devicehostname" => marks += 1,
        _ => {}
    });
    match (read.is_ok(), wrapped) {
        (true, true) => Likeness::Certain,
        (true, false) if is_private_access(object) => Likeness::Certain,
        (true, false) if ends >= 2 && marks >= 2 => Likeness::Likely,
        (true, false) | (false, _) => Likeness::None,
    }
}

/// Whether an object is of Zscaler Private Access.
fn is_private_access(object: &[u8]) -> bool {
    let has = |name: &str| memchr::memmem::find(object, name.as_bytes()).is_some();
    has("\"LogTimestamp\"") && (has("\"ClientPublicIP\"") || has("\"ClientZEN\"")) && has("\"Customer\"")
}

/// The fields of a user's activity in Private Access. Bytes are what the service edge received from the client and sent to it.
fn private_means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"LogTimestamp" => Means::Time,
        b"TimestampConnectionStart" => Means::Date,
        b"TimestampConnectionEnd" => Means::TimeOfDay,
        b"ClientPublicIP" => Means::SourceAddress,
        b"ServerIP" => Means::DestinationAddress,
        b"ServerPort" => Means::DestinationPort,
        b"Host" => Means::DestinationName,
        b"IPProtocol" => Means::Protocol,
        b"Application" => Means::Service,
        b"ZENTotalBytesRxClient" => Means::BytesOut,
        b"ZENTotalBytesTxClient" => Means::BytesIn,
        b"ConnectionStatus" => Means::Status,
        b"InternalReason" => Means::Reason,
        b"Username" => Means::User,
        b"Policy" => Means::Rule,
        b"ConnectionID" => Means::Session,
        b"Connector" => Means::Sensor,
        _ => return None,
    })
}

/// A user's connection to an inside server: from `TimestampConnectionStart` on; open and close share `ConnectionID` and count once.
fn private<'r>(object: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let mut report = Report::new();
    report.put_object(object, private_means_of)?;
    report.forget(Means::DestinationAddress, "0.0.0.0");
    report.forget(Means::DestinationPort, "0");
    let Some(mut flow) = report.flow()? else {
        return Ok(Told::Nothing("Zscaler Private Access record with fewer than two ends, no connection".into()));
    };
    let moment_of = |means| {
        report.get(means).and_then(|text| time::read(text.as_bytes())).and_then(|written| {
            written.offset.map(|_| written.local.0 - i64::from(written.offset.unwrap_or(0)) * 1_000_000)
        })
    };
    if report.has(Means::Date) {
        report.begin(&mut flow, Means::Date, 0, years)?;
        let lasted =
            moment_of(Means::TimeOfDay).zip(moment_of(Means::Date)).and_then(|(end, start)| end.checked_sub(start));
        flow.duration = lasted.and_then(|micros| u64::try_from(micros).ok());
    } else {
        report.begin(&mut flow, Means::Time, 0, years)?;
    }
    let reason = report.get(Means::Reason).unwrap_or_default();
    let blocked = ["REJECT", "BLOCK", "DENIED", "POLICY"].iter().any(|word| reason.contains(word));
    let is_end = report.get(Means::Status) == Some("close");
    flow.outcome = match (blocked, report.get(Means::Status)) {
        (true, _) => Outcome::Denied,
        (false, Some("open" | "active" | "close")) => Outcome::Established,
        (false, Some(_) | None) => Outcome::Unknown,
    };
    let session = report.text(Means::Session);
    Ok(Told::Flow(flow, session.map(|id| (id, if is_end { Telling::Last } else { Telling::Before }))))
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"Recordtype" | b"recordtype" | b"tunnelactionname" => Means::Kind,
        b"event" => Means::Event,
        b"datetime" | b"time" => Means::Time,
        b"epochtime" => Means::Epoch,
        b"tz" | b"timezone" => Means::Offset,
        b"cip" | b"csip" | b"clt_sip" | b"sourceip" | b"ClientIP" | b"clientip" | b"srcip" => Means::SourceAddress,
        b"csport" | b"clt_sport" | b"sourceport" | b"clt_port" | b"srcport" => Means::SourcePort,
        b"devicehostname" => Means::SourceName,
        b"sip" | b"cdip" | b"srv_dip" | b"destinationip" | b"serverip" | b"destvip" | b"dstip" => {
            Means::DestinationAddress
        }
        b"cdport" | b"srv_dport" | b"destinationport" | b"dstport" => Means::DestinationPort,
        b"ehost" | b"hostname" | b"host" | b"cdfqdn" => Means::DestinationName,
        b"eurl" | b"url" => Means::Message,
        b"sdip" => Means::Url,
        b"sdport" => Means::Reason,
        b"locationname" | b"location" | b"elocation" => Means::SourceZone,
        b"proto" | b"protocol" => Means::Protocol,
        b"nwapp" | b"nwsvc" | b"appname" | b"dnsapp" => Means::Service,
        b"reqsize" | b"outbytes" | b"requestsize" => Means::BytesOut,
        b"respsize" | b"inbytes" | b"responsesize" => Means::BytesIn,
        b"durationms" => Means::Duration,
        b"duration" => Means::Start,
        b"action" | b"reqaction" => Means::Action,
        b"login" | b"user" | b"elogin" => Means::User,
        b"rulelabel" | b"reqrulelabel" => Means::Rule,
        b"sourcetype" => Means::Subtype,
        b"cloudname" => Means::Sensor,
        _ => return None,
    })
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    if line.first() == Some(&b'{') && is_private_access(line) {
        return private(line, years);
    }
    let mut report = Report::new();
    let mut header = None;
    if line.first() == Some(&b'{') {
        let mut inner = None;
        json::fields(line, |key, value| match (key.bytes, value) {
            (b"event", Value::Object(object)) => inner = Some(object),
            _ => {
                if let Some((means, text)) = means_of(key.bytes).zip(value.text()) {
                    report.put(means, text);
                }
            }
        })
        .map_err(|not_json| firewall::not_an_object(line, &not_json))?;
        if let Some(inner) = inner {
            report.put_object(inner, means_of)?;
        }
    } else {
        let message = syslog::strip(line);
        header = message.time;
        take_pairs(&mut report, message.body);
        if !report.has(Means::Time) && !report.has(Means::SourceAddress) {
            let shown = readable(&line[..line.len().min(480)]);
            return Err(Fault::new("not a Zscaler record: it has neither time nor client", shown));
        }
    }
    if report.get(Means::DestinationAddress).is_none_or(|address| address == "0.0.0.0") {
        let asked = report.text(Means::Message).and_then(|url| host_of(&url));
        let other = report.text(Means::Url).filter(|address| &**address != "0.0.0.0");
        if other.is_some() || asked.is_some() || report.has(Means::DestinationName) {
            report.forget(Means::DestinationAddress, "0.0.0.0");
        }
        if let Some(address) = other {
            report.put(Means::DestinationAddress, address);
        } else if let Some(host) = asked {
            report.put(Means::DestinationName, host.into());
        }
    }
    if let Some(port) = report.text(Means::Reason).filter(|port| &**port != "0") {
        report.put(Means::DestinationPort, port);
    }
    let tunnel = report.get(Means::Subtype).is_some_and(|kind| kind.ends_with("tunnel")) || report.has(Means::Kind);
    let protocol = report.text(Means::Protocol).unwrap_or_default();
    if Protocol::read(&protocol).is_none() && !protocol.is_empty() {
        // `HTTPS`, `FTP`, `HTTP_PROXY`: what a web record calls its protocol is the service, and TCP carries it.
        report.forget(Means::Protocol, &protocol);
        if !tunnel && protocol != "Any" {
            report.put(Means::Protocol, "tcp".into());
            report.put(Means::DestinationPort, port_of_scheme(&protocol).unwrap_or_default().into());
            report.put(Means::Service, protocol);
        }
    }
    let Some(mut flow) = report.flow()? else {
        return Ok(Told::Nothing("Zscaler record with fewer than two ends, no connection".into()));
    };
    flow.duration = duration(&report)?;
    begin(&report, &mut flow, header, years)?;
    flow.outcome = outcome(&report, tunnel);
    if !tunnel {
        return Ok(Told::Flow(flow, None));
    }
    flow.kind = Kind::Session;
    flow.protocol = None;
    (flow.initiator.port, flow.responder.port) = (None, None);
    // A tunnel of a site names its own address as the account.
    let own = flow.initiator.address.map(|address| address.to_string());
    flow.user = flow.user.filter(|user| own.as_deref() != Some(&**user));
    Ok(Told::Flow(flow, Some(("tunnel".into(), Telling::Before))))
}

/// `key=value` parted by tabs, blanks or commas. Values with blanks are whole between tabs.
fn take_pairs<'r>(report: &mut Report<'r>, body: &'r [u8]) {
    if memchr::memmem::find(body, b"^^").is_some() {
        // The feed for NetWitness.
        for pair in body.split(|b| *b == b'^').filter(|pair| !pair.is_empty()) {
            let pair = memchr::memmem::find(pair, b": ").filter(|_| pair.contains(&b'=')).map_or(pair, |at| {
                let key = &pair[at + 2..];
                if pair[..at].contains(&b'=') { pair } else { key }
            });
            if let Some(equals) = memchr::memchr(b'=', pair)
                && let Some(means) = means_of(pair[..equals].trim_ascii())
            {
                report.put(means, readable(pair[equals + 1..].trim_ascii()));
            }
        }
        return;
    }
    if memchr::memchr(b'\t', body).is_none() {
        let quoted_cells =
            memchr::memmem::find(body, b"\",\"").is_some() || memchr::memmem::find(body, b"\",").is_some();
        report.put_pairs(body, if quoted_cells { Between::Commas } else { Between::Blanks }, means_of);
        return;
    }
    for pair in body.split(|b| *b == b'\t') {
        if let Some(equals) = memchr::memchr(b'=', pair)
            && let Some(means) = means_of(pair[..equals].trim_ascii())
        {
            let value = pair[equals + 1..].trim_ascii();
            let bare = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
            report.put(means, readable(bare));
        }
    }
}

/// The host of a URL, whose scheme the feed leaves out: `www.example.com:8080/path`.
fn host_of(url: &str) -> Option<String> {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = bare.split(['/', '?', ':']).next().unwrap_or_default();
    firewall::may_be_host(host).then(|| host.to_owned())
}

fn port_of_scheme(protocol: &str) -> Option<&'static str> {
    Some(match protocol.to_ascii_uppercase().as_str() {
        "HTTPS" | "SSL" | "HTTP2" => "443",
        "HTTP" => "80",
        "FTP" => "21",
        _ => return None,
    })
}

fn duration(report: &Report<'_>) -> Result<Option<u64>, Fault> {
    if let Some(text) = report.get(Means::Duration) {
        let millis = number::whole(text.as_bytes()).and_then(|millis| millis.checked_mul(1000));
        return millis.map(Some).ok_or_else(|| Fault::of_field(reasons::DURATION, "durationms", text.as_bytes()));
    }
    report.seconds(Means::Start)
}

fn begin<'r>(
    report: &Report<'r>,
    flow: &mut Flow<'r>,
    header: Option<syslog::Stamp>,
    years: &mut Years,
) -> Result<(), Fault> {
    let before = flow.duration.unwrap_or(0);
    // A day's name in another language may stand before it.
    let past_word = |text: &str| text.split_once(' ').and_then(|(_, rest)| firewall::stamp_of(rest.as_bytes()));
    let own = report.get(Means::Time).map(|text| firewall::stamp_of(text.as_bytes()).or_else(|| past_word(text)));
    let mut stamp = match own.or(header.filter(|_| !report.has(Means::Epoch)).map(Some)) {
        Some(stamp) => stamp.ok_or_else(|| report.unreadable(Means::Time))?,
        None => return report.begin(flow, Means::Epoch, before, years),
    };
    if let syslog::Stamp::Full(written) = &mut stamp {
        let zone = report
            .get(Means::Offset)
            .map(|zone| zone.strip_prefix("GMT").filter(|rest| rest.starts_with(['+', '-'])).unwrap_or(zone));
        let zone = zone.and_then(|zone| time::offset(zone.as_bytes()));
        written.offset = written.offset.or(zone);
    }
    if let Some((moment, basis)) = years.settle(stamp) {
        (flow.start, flow.basis) = (moment.before(before), basis);
    }
    Ok(())
}

fn outcome(report: &Report<'_>, tunnel: bool) -> Outcome {
    let action = report.get(Means::Action).or(report.get(Means::Event)).unwrap_or_default();
    let lower = action.to_ascii_lowercase();
    if lower.contains("block") || lower.contains("drop") || lower.contains("deny") || lower.contains("down") {
        return if lower.contains("down") { Outcome::Failed } else { Outcome::Denied };
    }
    if tunnel && (lower.contains("error") || lower.contains("fail") || lower.contains("timeout")) {
        return Outcome::Failed;
    }
    match firewall::verdict(action) {
        Some(outcome) => outcome,
        None if lower.contains("allow") || lower.contains("is up") || tunnel => Outcome::Established,
        None => Outcome::Unknown,
    }
}
