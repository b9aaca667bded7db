//! `kyoten intervals`: the site book as disjoint intervals of addresses, for the queries of docs/warehouse.md.

use std::path::PathBuf;

use kyoten::sites::intervals::intervals_csv;

use crate::End;
use crate::input;
use crate::inputs::Inputs;

#[derive(clap::Args)]
pub struct Arguments {
    /// The sites: site,cidr,country,timezone,lat,lon,role.
    sites: PathBuf,
    /// Where to write them; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let inputs = Inputs::sort(&[], Some(&arguments.sites), None)?;
    input::write_out(arguments.out.as_deref(), intervals_csv(&inputs.case.book).as_bytes())?;
    Ok(if inputs.complete { End::Done } else { End::Partly })
}
