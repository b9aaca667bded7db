//! `kyoten mapping`: the column mapping that a table or JSON log is read by, to be looked at, corrected, and given with the
//! next export.

use std::path::PathBuf;

use kyoten::case::Case;

use crate::End;
use crate::input::{self, Choices};

#[derive(clap::Args)]
pub struct Arguments {
    /// The log.
    log: PathBuf,
    /// Where to write it; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    choices: Choices,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let name = input::name_of(&arguments.log);
    let mut case = Case::default();
    case.orders.insert(name.clone(), arguments.choices.orders()?.of(&name));
    let order = case.reading_order(&name);
    let results = input::read(&arguments.log, order.reading(&name), |_| Ok(()))?;
    let mut complete = true;
    for (receipt, counting) in results {
        complete &= input::tell(&receipt);
        case.add(order.result(receipt, counting));
    }
    let saved = (0..case.files().len()).find_map(|at| case.mapping_file(at));
    let saved = saved.ok_or_else(|| format!("{name} is not read through a column mapping"))?;
    input::write_out(arguments.out.as_deref(), saved.to_json().as_bytes())?;
    Ok(if complete { End::Done } else { End::Partly })
}
