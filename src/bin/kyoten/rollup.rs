//! `kyoten rollup`: the flows of all logs by link, service, hour and outcome, as `rollup.csv`.

use std::path::PathBuf;
use std::sync::Arc;

use kyoten::evidence::text::visible;
use kyoten::reading::Reading;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::rollup::Rollup;
use kyoten::reading::rollups::{LeftOut, Rollups};

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
    let mut rollups = Rollups::default();
    for (path, name) in &inputs.logs {
        let (members, sites) = (orders.clone(), book.clone());
        let open = Arc::new(move |name: &str| (members.of(name), Rollup::new(&sites, name)));
        let reading = Reading::opening(name, orders.of(name), Rollup::new(&book, name), open);
        let mut keep = |(receipt, part): (Receipt, Rollup)| {
            complete &= input::tell(&receipt);
            rollups.take(&receipt, part).iter().for_each(say);
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
    let (rollup, left_out) = rollups.finish();
    left_out.iter().for_each(say);
    let rollup = rollup.ok_or("none of the files is a log that Kyoten reads")?;
    rollup.notices().iter().for_each(|notice| eprintln!("kyoten: {notice}"));
    let csv = rollup.to_csv(&book, |name| match &arguments.pseudonyms {
        Some(secret) => kyoten::sites::pseudonym(name, secret),
        None => name.to_owned(),
    });
    input::write_out(arguments.out.as_deref(), csv.as_bytes())?;
    Ok(if complete { End::Done } else { End::Partly })
}

fn say(left_out: &LeftOut) {
    eprintln!("kyoten: {}: {}", visible(&left_out.name), left_out.reason);
}
