//! `kyoten rules`: deny rules for chosen findings, with the way back; or what they would break.

use std::path::PathBuf;

use kyoten::containment::{self, Scope, preview};

use crate::End;
use crate::input;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// fortigate, panos, asa, nftables or windows.
    #[arg(long)]
    vendor: String,
    /// The findings, by id.
    #[arg(long, value_name = "ID", num_args = 1.., required = true)]
    finding: Vec<String>,
    /// Deny the finding's service between the sites, all of the link, or the service between the finding's hosts: service,
    /// link or hosts.
    #[arg(long, default_value = "service")]
    scope: String,
    /// Say what the rules would break, instead of writing them.
    #[arg(long)]
    preview: bool,
    /// Where to write it; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let vendor = containment::vendor(&arguments.vendor).ok_or_else(|| {
        let names: Vec<&str> = containment::VENDORS.iter().map(|vendor| vendor.name).collect();
        format!("no rules are written for {:?}; there are {}", arguments.vendor, names.join(", "))
    })?;
    let scope = Scope::read(&arguments.scope).ok_or("the scope is service, link or hosts")?;
    let document = input::read_case(&arguments.case)?;
    let mut findings = Vec::new();
    for id in &arguments.finding {
        findings.push(document.finding(id).ok_or_else(|| format!("the case has no finding {id:?}"))?);
    }
    let mut text = String::new();
    let mut all = Vec::new();
    let mut complete = true;
    for finding in findings {
        let denials = containment::denials(&document, finding, scope);
        if arguments.preview {
            text.push_str(&preview::told(&document, finding, scope, &denials));
        }
        match denials {
            Ok(denials) => all.extend(denials.into_iter().filter(|deny| !all.contains(deny)).collect::<Vec<_>>()),
            Err(why) => {
                eprintln!("kyoten: no rule for {}: {why}", finding.id);
                complete = false;
            }
        }
    }
    if !arguments.preview {
        if all.is_empty() {
            return Err("none of these findings can be made a rule".to_owned());
        }
        text = (vendor.write)(&all);
    }
    input::write_out(arguments.out.as_deref(), text.as_bytes())?;
    Ok(if complete { End::Done } else { End::Partly })
}
