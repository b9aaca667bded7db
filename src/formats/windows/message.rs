//! The rendered text of an event, for carriers that keep nothing else: its labels as the names of EventData.
//!
//! Two shapes: `Label: value` a line, as Sysmon writes it (its labels are its names), and the English text of the Security
//! log, where a heading (`New Logon:`) says whose `Account Name:` follows. Other languages have other labels; their
//! text gives fields of no meaning, and the event names no host.

use std::borrow::Cow;

use super::Event;
use crate::flow::Text;

/// Reads a rendered text into fields. Line ends may be real or written out (`\r\n`, `\n`, `#015#012`), or four blanks.
fn data_of<'r>(id: u32, text: &'r str) -> Vec<(Text<'r>, Text<'r>)> {
    let mut found: Vec<(Text<'r>, Text<'r>)> = Vec::new();
    let mut heading = "";
    for line in lines(text) {
        let Some((label, value)) = line.split_once(':') else { continue };
        let (label, value) = (label.trim(), value.trim());
        if label.is_empty() || label.len() > 60 {
            continue;
        }
        if value.is_empty() {
            heading = label;
            continue;
        }
        let name = name_of(id, heading, label);
        // Of two accounts without a rule the first is the subject.
        if !found.iter().any(|(own, _)| *own == name) {
            found.push((Cow::Borrowed(name), Cow::Borrowed(value)));
        }
    }
    found
}

impl<'r> Event<'r> {
    /// Puts the fields of the rendered text beside those that the carrier gave.
    pub fn complete(&mut self, text: Text<'r>) {
        let found = match text {
            Cow::Borrowed(text) => data_of(self.id, text),
            Cow::Owned(text) => {
                let own = |text: Text<'_>| Cow::Owned(text.into_owned());
                data_of(self.id, &text).into_iter().map(|(name, value)| (own(name), own(value))).collect()
            }
        };
        for (name, value) in found {
            if !self.data.iter().any(|(own, _)| own.eq_ignore_ascii_case(&name)) {
                self.data.push((name, value));
            }
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
        .flat_map(|line| line.split("#015"))
        .flat_map(|line| line.split("#012"))
        .flat_map(|line| line.split("\\n"))
        .filter(|line| !line.trim().is_empty())
}

/// EventData's name of a label under its heading.
fn name_of<'r>(id: u32, heading: &str, label: &'r str) -> &'r str {
    let subject = heading.eq_ignore_ascii_case("Subject") || heading.eq_ignore_ascii_case("User");
    match label {
        "Account Name" if matches!(id, 4778 | 4779) => "AccountName",
        "Account Name" if matches!(id, 4768..=4773) => "TargetUserName",
        "Account Name" if subject => "SubjectUserName",
        "Account Name" => "TargetUserName",
        "Logon Account" => "TargetUserName",
        "Source Workstation" => "Workstation",
        "Logon Type" => "LogonType",
        "Workstation Name" => "WorkstationName",
        "Source Network Address" | "Network Address" => "IpAddress",
        "Client Address" if matches!(id, 4778 | 4779) => "ClientAddress",
        "Client Address" => "IpAddress",
        "Client Port" => "IpPort",
        "Port" => "IpPort",
        "Source Address" if matches!(id, 5140 | 5145) => "IpAddress",
        "Source Port" if matches!(id, 5140 | 5145 | 4624 | 4625) => "IpPort",
        "Source Address" => "SourceAddress",
        "Source Port" => "SourcePort",
        "Destination Address" => "DestAddress",
        "Destination Port" => "DestPort",
        "Application Name" => "Application",
        "Filter Run-Time ID" => "FilterRTID",
        "Target Server Name" => "TargetServerName",
        "Result Code" | "Failure Code" | "Error Code" => "Status",
        "Share Name" => "ShareName",
        "Client Name" => "ClientName",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(id: u32, text: &str) -> Vec<String> {
        data_of(id, text).iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn headings_say_whose_account_it_is() {
        let text = "An account was successfully logged on.\r\n\r\nSubject:\r\n\tAccount Name:\t\tSRV01$\r\n\r\nLogon Type:\t\t\t3\r\n\r\n\
                    New Logon:\r\n\tAccount Name:\t\tbob\r\n\r\nNetwork Information:\r\n\tWorkstation Name:\tPC7\r\n\
                    \tSource Network Address:\t192.0.2.7\r\n\tSource Port:\t\t50001\r\n";
        assert_eq!(
            shown(4624, text),
            [
                "SubjectUserName=SRV01$",
                "LogonType=3",
                "TargetUserName=bob",
                "WorkstationName=PC7",
                "IpAddress=192.0.2.7",
                "IpPort=50001"
            ]
        );
    }

    #[test]
    fn sysmons_labels_are_its_names() {
        let text =
            "Network connection detected:\nUtcTime: 2020-06-11 01:00:00.000\nSourceIp: 2001:db8::7\nSourcePort: 5";
        assert_eq!(shown(3, text), ["UtcTime=2020-06-11 01:00:00.000", "SourceIp=2001:db8::7", "SourcePort=5"]);
    }
}
