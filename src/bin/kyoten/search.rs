//! `kyoten search`: addresses, ranges, host names and accounts, as people paste them or as a STIX bundle, looked for in all logs; each
//! row that names one is a line of JSON, as soon as it is found.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use kyoten::case::document::seconds;
use kyoten::evidence::text::visible;
use kyoten::reading::Reading;
use kyoten::reading::rows::{Lookup, Row, Wanted};
use kyoten::scoping::indicators;
use serde_json::json;

use crate::End;
use crate::input::{self, Choices};
use crate::inputs::Inputs;

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs. A sites.csv or case.json among them is taken as such.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// What is looked for: addresses, ranges, host names, accounts, one or more a line, or a STIX 2.1 bundle; - is standard input.
    #[arg(long = "for", value_name = "FILE", required = true)]
    r#for: PathBuf,
    /// How many rows of each file at most.
    #[arg(long, default_value_t = 1_000_000)]
    most: usize,
    #[command(flatten)]
    choices: Choices,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let (sought, unused) = indicators::read(&text(&arguments.r#for)?);
    for word in &unused {
        eprintln!("kyoten: {:?} is no address, range, host name or account; left out", visible(word));
    }
    if sought.is_empty() {
        return Err("nothing to look for".to_owned());
    }
    let orders = arguments.choices.orders()?;
    let inputs = Inputs::sort(&arguments.logs, None, None)?;
    orders.check(inputs.logs.iter().map(|(_, name)| name.as_str()))?;
    let mut case = inputs.case;
    let mut complete = inputs.complete && unused.is_empty();
    let mut met: BTreeSet<String> = BTreeSet::new();
    let (mut readable, mut found) = (false, 0_usize);
    for (path, name) in &inputs.logs {
        case.orders.entry(name.clone()).or_insert_with(|| orders.of(name));
        let wanted = Wanted::Meeting(indicators::sought(&sought));
        let parties = case.book.parties();
        let reading = case.reading_order(name).looking(name, &parties, arguments.most, move |_| wanted.clone());
        let mut write = |name: &str, rows: Vec<Row>| -> Result<(), String> {
            found += rows.len();
            met.extend(rows.iter().filter_map(|row| row.met.clone()));
            let lines: String = rows.iter().map(|row| line(name, row)).collect();
            input::write_out(None, lines.as_bytes())
        };
        let after = |reading: &mut Reading<Lookup>| {
            for (receipt, mut lookup) in reading.members() {
                complete &= input::tell(&receipt);
                readable |= receipt.format.is_some();
                write(&receipt.name, lookup.take())?;
            }
            // Only the file's own: members are told with their names when they are at their end.
            let rows = reading.visitor().take();
            write(name, rows)
        };
        match input::read(path, reading, after) {
            Ok(results) => {
                for (receipt, mut lookup) in results {
                    complete &= input::tell(&receipt);
                    readable |= receipt.format.is_some();
                    write(&receipt.name, lookup.take())?;
                }
            }
            Err(sentence) => {
                eprintln!("kyoten: {sentence}");
                complete = false;
            }
        }
    }
    if !readable {
        return Err("none of the files is a log that Kyoten reads".to_owned());
    }
    eprintln!("kyoten: {found} rows in {} files", inputs.logs.len());
    for own in &sought {
        let name = own.to_string();
        if !met.contains(&name) {
            eprintln!("kyoten: {} was not seen in these files", visible(&name));
        }
    }
    Ok(if complete { End::Done } else { End::Partly })
}

fn line(file: &str, row: &Row) -> String {
    let mut told = json!({ "sought": row.met, "file": file, "line": row.place.line, "offset": row.place.offset, "flow": row.flow.english(), "text": row.text });
    if let Some(at) = row.at {
        told["ts"] = seconds(at).into();
    }
    kyoten::evidence::text::inert_json(told.to_string()) + "\n"
}

fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("{} can't be read: {error}", visible(&path.display().to_string()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        bytes = fs::read(path).map_err(unreadable)?;
    }
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}
