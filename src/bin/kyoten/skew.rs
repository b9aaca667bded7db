//! `kyoten skew`: how far the clocks of logs are apart, by the connections that two of them saw.

use std::fmt::Write;
use std::path::PathBuf;

use kyoten::case::document::seconds;
use kyoten::evidence::table::cell;
use kyoten::flow::Moment;

use crate::End;
use crate::analyze::{counted, say};
use crate::input::{self, Choices};
use crate::inputs::Inputs;

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    choices: Choices,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let orders = arguments.choices.orders()?;
    let (case, complete) = counted(Inputs::sort(&arguments.logs, None, None)?, &orders)?;
    say(&case.analyse());
    let mut out = String::from("file,beside,ahead_seconds,matched,of\n");
    for (at, file) in case.files().iter().enumerate() {
        for (other, skew) in case.skews(at) {
            let names = [&file.receipt.name, &case.files()[other].receipt.name].map(|name| cell(name));
            let ahead = seconds(Moment(skew.ahead));
            let [own, beside] = names;
            writeln!(out, "{own},{beside},{ahead},{},{}", skew.matched, skew.of).expect("a string takes all");
        }
    }
    input::write_out(None, out.as_bytes())?;
    Ok(if complete { End::Done } else { End::Partly })
}
