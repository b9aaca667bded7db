//! `kyoten state`: what can be said of connections from one place to another since a moment, with what was not watched.

use std::fmt::Write as _;
use std::path::PathBuf;

use kyoten::case::aftermath;
use kyoten::evidence::text::visible;
use kyoten::report::html::{Language, Told};

use crate::End;
use crate::input;
use crate::when;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// The initiators' site; all, when absent.
    #[arg(long, default_value = "*")]
    from: String,
    /// The responders' site; all, when absent.
    #[arg(long, default_value = "*")]
    to: String,
    /// Since when.
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Until when; to the end of the evidence, when absent.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// en or ja.
    #[arg(long, default_value = "en")]
    lang: String,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let words = Language::read(&arguments.lang).ok_or("there are en and ja")?.words();
    let since = when::read(&arguments.since)?;
    let until = arguments.until.as_deref().map(when::read).transpose()?;
    let document = input::read_case(&arguments.case)?;
    let mut out = String::new();
    let unknown =
        |name: &String| *name != "*" && *name != "external" && *name != "unassigned" && document.site(name).is_none();
    if let Some(stranger) = [&arguments.from, &arguments.to].into_iter().find(|name| unknown(name)) {
        return Err(format!("the case has no site {stranger:?}"));
    }
    let statement = aftermath::statement(&document, &arguments.from, &arguments.to, since, until);
    _ = writeln!(out, "{}", visible(&(words.statement)(&Told::of(&statement, "*"))));
    for own in &statement.after {
        let link = format!("{} → {} {}", own.from, own.to, own.service);
        _ = writeln!(out, "  {}", visible(&(words.alive_row)(&link, own.ran, own.in_that_hour, own.stopped)));
    }
    for (sensor, start, hours) in &statement.watched.gaps {
        let start = kyoten::calendar::minute(kyoten::case::document::moment(*start as f64), 0);
        _ = writeln!(out, "  {}: {}", visible(sensor), (words.gap)(&(words.time)(&start), *hours));
    }
    input::write_out(None, out.as_bytes())?;
    Ok(input::wholeness(&document))
}
