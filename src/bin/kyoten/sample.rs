//! `kyoten sample`: the synthetic sample case, as files.

use std::fs;
use std::path::PathBuf;

use crate::End;

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder to write to; it is made where it is missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let failed = |path: &PathBuf| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path} can't be written: {error}")
    };
    fs::create_dir_all(&arguments.out).map_err(failed(&arguments.out))?;
    for file in kyoten::sample::files() {
        let path = arguments.out.join(file.name);
        fs::write(&path, &file.bytes).map_err(failed(&path))?;
    }
    Ok(End::Done)
}
