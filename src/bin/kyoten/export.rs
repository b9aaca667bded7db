//! `kyoten export`: the case file in another form.

use std::path::PathBuf;

use kyoten::report;

use crate::End;
use crate::input;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// csv, timesketch, timesketch-jsonl, stix, graphml, gexf, markdown, sigma or suricata.
    #[arg(long = "as", value_name = "FORM")]
    r#as: String,
    /// Where to write it; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Who may see it, by FIRST's TLP 2.0: RED, AMBER+STRICT, AMBER, GREEN, CLEAR.
    #[arg(long, default_value = "AMBER")]
    tlp: String,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let jsonl = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"));
    // Timesketch takes both; which one is wanted, the file's name says.
    let name = match arguments.r#as.as_str() {
        "timesketch" if arguments.out.as_ref().is_some_and(jsonl) => "timesketch-jsonl",
        name => name,
    };
    let export = report::export(name).ok_or_else(|| {
        let names: Vec<&str> = report::EXPORTS.iter().map(|export| export.name).collect();
        format!("a case is not exported as {name:?}; there are {}", names.join(", "))
    })?;
    let tlp = input::read_tlp(&arguments.tlp)?;
    let document = input::read_case(&arguments.case)?;
    input::write_out(arguments.out.as_deref(), (export.write)(&document, tlp).as_bytes())?;
    Ok(input::wholeness(&document))
}
