//! `kyoten state`: what can be said of connections from one place to another since a moment, with what was not watched.

use std::fmt::Write as _;
use std::path::PathBuf;

use kyoten::case::questions::{self, Asked};
use kyoten::case::reopened::Reopened;
use kyoten::case::{aftermath, changes};
use kyoten::evidence::text::visible;
use kyoten::flow::Service;
use kyoten::policy::csv::{read_scope, read_service};
use kyoten::policy::{Scope, ServiceScope};
use kyoten::report::html::Language;

use crate::End;
use crate::input;
use crate::when;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// Whose calls, as in policy.csv: a site, role:plant, country:PH, external; all, when absent.
    #[arg(long, default_value = "*")]
    from: String,
    /// To whom; all, when absent.
    #[arg(long, default_value = "*")]
    to: String,
    /// Over what, as in policy.csv: tcp/445, smb; all, when absent.
    #[arg(long, default_value = "*")]
    service: String,
    /// Since when.
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Until when; to the end of the evidence, when absent.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// en or ja.
    #[arg(long, default_value = "en")]
    lang: String,
    /// Where to write the case file with this statement in it, so that reports have it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let words = Language::read(&arguments.lang).ok_or("there are en and ja")?.words();
    let since = when::read(&arguments.since)?;
    let until = arguments.until.as_deref().map(when::read).transpose()?;
    let mut document = input::read_case(&arguments.case)?;
    let asked = Asked {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        service: arguments.service.clone(),
        since,
        until,
    };
    let negative = questions::negative_of(&document, &asked)?;
    let mut out = String::new();
    _ = writeln!(out, "{}", visible(&(words.negative)(&negative)));
    let (from, to) = (read_scope(&asked.from)?, read_scope(&asked.to)?);
    let service = read_service(&asked.service)?;
    let book = Reopened::of(&document).book;
    let covers = |own_from: &str, own_to: &str, own_service: &str| {
        let party = |name: &str| questions::party(&book, name).ok();
        let is = |scope: &Scope, name: &str| party(name).is_some_and(|party| scope.covers(party, &book));
        is(&from, own_from)
            && is(&to, own_to)
            && (service == ServiceScope::Any || Service::read(own_service).is_some_and(|own| service.covers(own)))
    };
    for own in aftermath::after_where(&document, since, until, covers) {
        let link = format!("{} → {} {}", own.from, own.to, own.service);
        _ = writeln!(out, "  {}", visible(&(words.alive_row)(&link, own.ran, own.in_that_hour, own.stopped)));
    }
    for (sensor, start, hours) in &negative.gaps {
        let start = kyoten::calendar::minute(kyoten::case::document::moment(*start), 0);
        _ = writeln!(out, "  {}: {}", visible(sensor), (words.gap)(&(words.time)(&start), i64::from(*hours)));
    }
    input::write_out(None, out.as_bytes())?;
    if let Some(path) = &arguments.out {
        changes::keep_negative(&mut document, negative, when::read_or_now(None)?);
        input::write_out(Some(path), document.to_json().as_bytes())?;
    }
    Ok(input::wholeness(&document))
}
