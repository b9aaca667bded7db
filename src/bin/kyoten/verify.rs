//! `kyoten verify`: whether the evidence is what the case was made of, and whether the analysts' log is whole.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kyoten::case::log;
use kyoten::evidence::text::visible;
use sha2::{Digest, Sha256};

use crate::End;
use crate::input;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// The evidence. Files are told by their content; their names may have changed.
    logs: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let document = input::read_case(&arguments.case)?;
    let mut out = String::new();
    let mut holds = true;
    match log::broken(&document.log) {
        None => _ = writeln!(out, "log: whole, {} entries", document.log.len()),
        Some(at) => {
            _ = writeln!(out, "log: BROKEN at entry {} of {}", at + 1, document.log.len());
            holds = false;
        }
    }

    let mut given: Vec<(String, Option<String>)> = Vec::new();
    for path in &arguments.logs {
        let digest = match digest(path) {
            Ok(digest) => Some(digest),
            Err(error) => {
                eprintln!("kyoten: {} can't be read: {error}", visible(&path.display().to_string()));
                holds = false;
                None
            }
        };
        given.push((input::name_of(path), digest));
    }
    let mut used = vec![false; given.len()];
    for file in &document.evidence {
        let name = visible(&file.name);
        let Some(sha256) = &file.sha256 else {
            _ = writeln!(out, "{name}: was not read to its end, so there is no digest to compare");
            holds &= given.is_empty();
            continue;
        };
        if given.is_empty() {
            _ = writeln!(out, "{name}: sha256 {}, not checked", visible(sha256));
            continue;
        }
        let same = given.iter().position(|(_, digest)| digest.as_ref() == Some(sha256));
        let namesake = given.iter().position(|(own, digest)| *own == file.name && digest.is_some());
        match (same, namesake) {
            (Some(at), _) => {
                used[at] = true;
                let renamed =
                    if given[at].0 == file.name { String::new() } else { format!(" (now {})", visible(&given[at].0)) };
                _ = writeln!(out, "{name}: ok{renamed}");
            }
            (None, Some(at)) => {
                used[at] = true;
                let now = given[at].1.as_deref().unwrap_or_default();
                _ = writeln!(out, "{name}: ALTERED: sha256 is {now}, the case was made of {}", visible(sha256));
                holds = false;
            }
            (None, None) => {
                _ = writeln!(out, "{name}: MISSING");
                holds = false;
            }
        }
    }
    for ((name, _), _) in given.iter().zip(&used).filter(|((_, digest), used)| digest.is_some() && !**used) {
        _ = writeln!(out, "{}: not in the case", visible(name));
    }
    input::write_out(None, out.as_bytes())?;
    Ok(if holds { End::Done } else { End::Partly })
}

fn digest(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut slice) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut slice)? {
            0 => break,
            count => hash.update(&slice[..count]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
