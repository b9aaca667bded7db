//! `kyoten act`: what was done about a link, and when, into the case file; and what the evidence shows after it.

use std::path::PathBuf;

use kyoten::case::acts::{Action, ActionKind};
use kyoten::case::{aftermath, changes};
use kyoten::report::html::{Language, Told};

use crate::End;
use crate::input;
use crate::when;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// cut, restrict or restore.
    #[arg(long)]
    kind: String,
    /// The initiators' site; all, when absent.
    #[arg(long, default_value = "*")]
    from: String,
    /// The responders' site; all, when absent.
    #[arg(long, default_value = "*")]
    to: String,
    /// The service, tcp/445; all, when absent.
    #[arg(long, default_value = "*")]
    service: String,
    /// When it took effect; now, when absent.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Who did it.
    #[arg(long)]
    who: String,
    /// Why, or by whose order.
    #[arg(long, default_value = "")]
    why: String,
    /// Where to write the case file; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let kind = ActionKind::read(&arguments.kind).ok_or("an action is cut, restrict or restore")?;
    let at = when::read_or_now(arguments.at.as_deref())?;
    let mut document = input::read_case(&arguments.case)?;
    let (from, to, service) = (arguments.from.clone(), arguments.to.clone(), arguments.service.clone());
    let action = Action { kind, from, to, service, at, who: arguments.who.clone(), why: arguments.why.clone() };
    changes::act(&mut document, action.clone())?;
    let statement = aftermath::statement(&document, &action.from, &action.to, at, None);
    eprintln!("kyoten: {}", (Language::English.words().statement)(&Told::of(&statement, "anywhere")));
    input::write_out(arguments.out.as_deref(), document.to_json().as_bytes())?;
    Ok(input::wholeness(&document))
}
