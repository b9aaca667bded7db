//! `kyoten sample`: the synthetic sample case, as files; with `--told`, the whole way of the model case, from the first finding
//! to the statement that nothing came since.

use std::fs;
use std::path::{Path, PathBuf};

use kyoten::case::acts::{Action, ActionKind, Decision, Verdict};
use kyoten::case::document::Document;
use kyoten::case::document::answers::Negative;
use kyoten::case::questions::{self, Asked};
use kyoten::case::{aftermath, changes};
use kyoten::containment::{self, Scope, preview};
use kyoten::report::html::{self, Language, Told};
use kyoten::report::{EXPORTS, figure};
use kyoten::scene::figure::Tlp;

use crate::End;
use crate::analyze::analysed;
use crate::input::{self, Orders};
use crate::inputs::Inputs;
use crate::when;

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder to write to; it is made where it is missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Tell the case whole: analyse it, decide, cut, restore, and write case file, reports, rules, exports and statements.
    #[arg(long)]
    told: bool,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let failed = |path: &PathBuf| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path} can't be written: {error}")
    };
    fs::create_dir_all(&arguments.out).map_err(failed(&arguments.out))?;
    let mut paths = Vec::new();
    for file in kyoten::sample::files() {
        let path = arguments.out.join(file.name);
        fs::write(&path, &file.bytes).map_err(failed(&path))?;
        paths.push(path);
    }
    if arguments.told {
        let folder = arguments.out.join("SYNTHETIC-told");
        fs::create_dir_all(&folder).map_err(failed(&folder))?;
        tell(&paths, &folder)?;
    }
    Ok(End::Done)
}

/// What was done: kind, from, to, when, why. The dates are those of the public case.
const ACTIONS: [(ActionKind, &str, &str, &str, &str); 6] = [
    (
        ActionKind::Cut,
        "Bangkok Office",
        "Tokyo DC",
        "2020-06-11T06:00:00Z",
        "the audit found a connection that should not have occurred",
    ),
    (
        ActionKind::Cut,
        "Jakarta Office",
        "Tokyo DC",
        "2020-06-24T03:00:00Z",
        "the sweep found the same server, service and hours",
    ),
    (
        ActionKind::Cut,
        "Manila Office",
        "Tokyo DC",
        "2020-06-24T03:00:00Z",
        "the sweep found the same server, service and hours",
    ),
    (ActionKind::Cut, "New York Office", "Tokyo DC", "2020-07-08T03:00:00Z", "suspected: one session"),
    (ActionKind::Restrict, "*", "Tokyo DC", "2020-08-03T00:00:00Z", "all overseas traffic to Japan"),
    (ActionKind::Restore, "*", "Tokyo DC", "2020-11-30T00:00:00Z", "the cut sites are reconnected"),
];

fn tell(paths: &[PathBuf], folder: &Path) -> Result<(), String> {
    let (case, analysis, _) = analysed(Inputs::sort(paths, None, None)?, &Orders::default())?;
    let mut document = Document::of(&case, &analysis);
    let confirmed: Vec<String> =
        (document.findings.iter()).filter(|f| f.lane == "policy" && f.to == "Tokyo DC").map(|f| f.id.clone()).collect();
    for finding in &confirmed {
        let at = when::read("2020-07-08T04:00:00Z")?;
        let (who, why) =
            ("SYNTHETIC analyst".to_owned(), "no business reason; the account's owner knows nothing of it".to_owned());
        changes::decide(
            &mut document,
            Decision { finding: finding.clone(), verdict: Verdict::Confirmed, who, at, why },
        )?;
    }
    for (kind, from, to, at, why) in ACTIONS {
        let (from, to, service) = (from.to_owned(), to.to_owned(), "*".to_owned());
        let (who, why) = ("SYNTHETIC operator".to_owned(), why.to_owned());
        changes::act(&mut document, Action { kind, from, to, service, at: when::read(at)?, who, why })?;
    }
    let write = |name: &str, text: &str| input::write_out(Some(&folder.join(name)), text.as_bytes());
    let negative = |from: &str, service: &str, since: &str, until: Option<&str>| -> Result<Negative, String> {
        let (from, to, service) = (from.to_owned(), "Tokyo DC".to_owned(), service.to_owned());
        let (since, until) = (when::read(since)?, until.map(when::read).transpose()?);
        questions::negative_of(&document, &Asked { from, to, service, since, until })
    };
    // None since August, site by site; and after the reconnection nothing of what the intruder used.
    let mut negatives = Vec::new();
    for from in ["Bangkok Office", "Jakarta Office", "Manila Office", "New York Office"] {
        negatives.push(negative(from, "*", "2020-08-03", Some("2020-10-31"))?);
        negatives.push(negative(from, "rdp", "2020-11-30", None)?);
        negatives.push(negative(from, "smb", "2020-11-30", None)?);
    }
    for own in negatives {
        changes::keep_negative(&mut document, own, when::read("2020-12-21T00:00:00Z")?);
    }
    write("case.json", &document.to_json())?;
    write("figure.svg", &figure::svg(&case, &analysis, &figure::Options::default()))?;
    for language in [Language::English, Language::Japanese] {
        let report = html::html(&document, html::Options { language, tlp: Tlp::Amber });
        write(&format!("report.{}.html", language.words().code), &report)?;
    }
    for export in &EXPORTS {
        write(&format!("{}.{}", export.name, export.ending), &(export.write)(&document, Tlp::Amber))?;
    }
    let mut denials = Vec::new();
    let mut previews = String::new();
    for finding in confirmed.iter().filter_map(|id| document.finding(id)) {
        let made = containment::denials(&document, finding, Scope::Link);
        previews.push_str(&preview::told(&document, finding, Scope::Link, &made));
        denials.extend(containment::denials(&document, finding, Scope::Service).unwrap_or_default());
    }
    write("preview.txt", &previews)?;
    for vendor in &containment::VENDORS {
        write(&format!("rules.{}.txt", vendor.name), &(vendor.write)(&denials))?;
    }
    let mut statements = String::new();
    let ends = [("2020-08-03T00:00:00Z", Some("2020-11-30T00:00:00Z")), ("2020-11-30T00:00:00Z", None)];
    for (since, until) in ends {
        for from in ["Bangkok Office", "Jakarta Office", "Manila Office", "New York Office"] {
            let until = until.map(when::read).transpose()?;
            let statement = aftermath::statement(&document, from, "Tokyo DC", when::read(since)?, until);
            statements.push_str(&(Language::English.words().statement)(&Told::of(&statement, "anywhere")));
            statements.push('\n');
            for own in statement.after.iter().filter(|own| own.ran > 0) {
                statements.push_str(&format!("  {} ran over {}\n", own.ran, own.service));
            }
        }
    }
    write("statements.txt", &statements)
}
