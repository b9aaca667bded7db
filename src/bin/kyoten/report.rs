//! `kyoten report`: the case file as a report, one HTML file.

use std::path::PathBuf;

use kyoten::report::html::{self, Language};

use crate::End;
use crate::input;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// Where to write the report; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Its language: en or ja.
    #[arg(long, default_value = "en")]
    lang: String,
    /// Who may see it, by FIRST's TLP 2.0: RED, AMBER+STRICT, AMBER, GREEN, CLEAR.
    #[arg(long, default_value = "AMBER")]
    tlp: String,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let language = Language::read(&arguments.lang)
        .ok_or_else(|| format!("no report in the language {:?}; there are en and ja", arguments.lang))?;
    let tlp = input::read_tlp(&arguments.tlp)?;
    let document = input::read_case(&arguments.case)?;
    let report = html::html(&document, html::Options { language, tlp });
    input::write_out(arguments.out.as_deref(), report.as_bytes())?;
    Ok(input::wholeness(&document))
}
