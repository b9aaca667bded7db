//! `kyoten rollup`: the flows of all logs by link, service, hour and outcome, as `rollup.csv`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use kyoten::evidence::text::visible;
use kyoten::reading::Reading;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::rollup::Rollup;

use crate::End;
use crate::input::{self, Choices};
use crate::inputs::Inputs;

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs. A sites.csv among them is taken as such.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// The sites: site,cidr,country,timezone,lat,lon,role.
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// Where to write rollup.csv (gzip, where the name ends in .gz); standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Names sites by pseudonyms that only who has this secret can make again.
    #[arg(long, value_name = "SECRET")]
    pseudonyms: Option<String>,
    #[command(flatten)]
    choices: Choices,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let mut orders = arguments.choices.orders()?;
    let mut inputs = Inputs::sort(&arguments.logs, arguments.sites.as_deref(), None)?;
    if inputs.case.book.sites.is_empty() {
        return Err("a rollup is by site: name them with --sites FILE (site,cidr,…)".to_owned());
    }
    orders.check(inputs.logs.iter().map(|(_, name)| name.as_str()))?;
    orders.all.mappings.extend(inputs.case.mappings.clone());
    inputs.take_sites_of_rollups(&orders.all);
    let book = inputs.case.book.clone();
    let mut complete = inputs.complete;
    let mut readable = false;
    let mut contents = BTreeSet::new();
    let mut rollup: Option<Rollup> = None;
    // Zeek's logs of protocols wait until it is known whether a conn.log tells of their connections.
    let (mut has_conn_log, mut waiting) = (false, Vec::new());
    for (path, name) in &inputs.logs {
        let (members, sites) = (orders.clone(), book.clone());
        let open = Arc::new(move |name: &str| (members.of(name), Rollup::new(&sites, name)));
        let reading = Reading::opening(name, orders.of(name), Rollup::new(&book, name), open);
        let mut keep = |(receipt, part): (Receipt, Rollup)| {
            complete &= input::tell(&receipt);
            readable |= receipt.format.is_some();
            let known = receipt.format.is_some() && receipt.sha256.is_some_and(|sha256| !contents.insert(sha256));
            if known {
                let name = visible(&receipt.name);
                eprintln!("kyoten: {name}: the same content as another file; left out of the sums");
                return;
            }
            match receipt.format.as_deref() {
                Some("zeek_protocols") => return waiting.push((receipt.name, part)),
                Some("zeek_conn_tsv" | "zeek_conn_json") => has_conn_log = true,
                Some(_) | None => {}
            }
            match &mut rollup {
                Some(rollup) => rollup.absorb(part),
                None => rollup = Some(part),
            }
        };
        let members = |reading: &mut Reading<Rollup>| {
            reading.members().into_iter().for_each(&mut keep);
            Ok(())
        };
        match input::read(path, reading, members) {
            Ok(results) => results.into_iter().for_each(keep),
            Err(sentence) => {
                eprintln!("kyoten: {sentence}");
                complete = false;
            }
        }
    }
    for (name, part) in waiting {
        match &mut rollup {
            _ if has_conn_log => {
                let name = visible(&name);
                eprintln!("kyoten: {name}: a conn.log among the files tells of its connections; left out of the sums");
            }
            Some(rollup) => rollup.absorb(part),
            None => rollup = Some(part),
        }
    }
    let Some(rollup) = rollup.filter(|_| readable) else {
        return Err("none of the files is a log that Kyoten reads".to_owned());
    };
    rollup.notices().iter().for_each(|notice| eprintln!("kyoten: {notice}"));
    let csv = rollup.to_csv(&book, |name| match &arguments.pseudonyms {
        Some(secret) => kyoten::sites::pseudonym(name, secret),
        None => name.to_owned(),
    });
    input::write_out(arguments.out.as_deref(), csv.as_bytes())?;
    Ok(if complete { End::Done } else { End::Partly })
}
