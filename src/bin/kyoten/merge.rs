//! `kyoten merge`: two analysts' cases of the same evidence as one, conflicts told.

use std::path::PathBuf;

use kyoten::case::merging;
use kyoten::evidence::text::visible;

use crate::End;
use crate::input;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file that goes on.
    case: PathBuf,
    /// The one that is joined to it.
    other: PathBuf,
    /// Where to write the case file; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let (own, other) = (input::read_case(&arguments.case)?, input::read_case(&arguments.other)?);
    let merged = merging::merge(&own, &other)?;
    for (id, ours, theirs) in &merged.conflicts {
        let told = |d: &kyoten::case::acts::Decision| format!("{} by {} ({})", d.verdict.word(), d.who, d.why);
        eprintln!("kyoten: CONFLICT on {}: {} and {}", visible(id), visible(&told(ours)), visible(&told(theirs)));
    }
    input::write_out(arguments.out.as_deref(), merged.document.to_json().as_bytes())?;
    Ok(input::wholeness(&merged.document))
}
