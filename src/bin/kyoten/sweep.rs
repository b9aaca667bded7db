//! `kyoten sweep`: of a finding or a link, where else the like occurred, what was sent on, and what both ends' logs say of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use kyoten::case::document::answers::{Sweep, SweptSite};
use kyoten::case::document::{case_json, moment};
use kyoten::case::questions::{self, Pinned};
use kyoten::case::{Analysis, Case};
use kyoten::evidence::text::visible;
use kyoten::reading::Reading;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::rows::{Lookup, Wanted};
use kyoten::report::html::Language;
use kyoten::scoping::both_ends::{Told, compare};
use kyoten::scoping::sweep::Pin;

use crate::End;
use crate::analyze::analysed;
use crate::input::{self, Choices};
use crate::inputs::Inputs;

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs. A sites.csv, policy.csv or case.json among them is taken as such.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// The sites: site,cidr,country,timezone,lat,lon,role.
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// The policy: from,to,service,verdict,reason.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The finding to begin with; the first between two sites, when neither it nor a link is named.
    #[arg(long, value_name = "ID", conflicts_with_all = ["from", "to"])]
    finding: Option<String>,
    /// The initiators' site of the link to begin with.
    #[arg(long, requires = "to")]
    from: Option<String>,
    /// The responders' site of the link.
    #[arg(long, requires = "from")]
    to: Option<String>,
    /// The link's service, tcp/445; the busiest, when absent.
    #[arg(long, requires = "from")]
    service: Option<String>,
    /// en or ja.
    #[arg(long, default_value = "en")]
    lang: String,
    /// Where to write the case with this sweep in it, so that reports have it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    choices: Choices,
}

/// How many connections of the link are compared between logs.
const MOST_COMPARED: usize = 100_000;
/// How many rows of a site are named.
const MOST_ROWS: usize = 5;

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let words = Language::read(&arguments.lang).ok_or("there are en and ja")?.words();
    let orders = arguments.choices.orders()?;
    let mut inputs = Inputs::sort(&arguments.logs, arguments.sites.as_deref(), arguments.policy.as_deref())?;
    inputs.take_sites_of_rollups(&orders.all);
    let logs = inputs.logs.clone();
    let (mut case, analysis, complete) = analysed(inputs, &orders)?;
    let pinned = match (&arguments.finding, arguments.from.as_ref().zip(arguments.to.as_ref())) {
        (Some(id), _) => Pinned::of(&analysis, id).ok_or_else(|| format!("the case has no finding {id:?}"))?,
        (None, Some((from, to))) => {
            let (from, to) = (from.clone(), to.clone());
            Pinned { finding: None, from, to, service: arguments.service.clone() }
        }
        (None, None) => questions::first_pinned(&analysis)
            .ok_or("no finding is between two sites; name one with --finding, or a link with --from and --to")?,
    };
    let pin = pinned.pin(&analysis)?;
    case.ask_sweep(pinned.clone());
    let swept = questions::swept(&case, &analysis, &pinned, true).ok_or("nothing can be looked for")?;
    let mut out = String::new();
    _ = writeln!(out, "{}", visible(&(words.sweep_of)(&swept)));
    for site in &swept.sites {
        tell(&mut out, site, words);
    }
    tell_relays(&mut out, &swept, words);
    for own in compare(&both_ends(&logs, &case, &analysis, &pin)) {
        let name = |file: u32| case.files()[file as usize].receipt.name.clone();
        _ = writeln!(out, "{}", visible(&own.sentence(name)));
    }
    input::write_out(None, out.as_bytes())?;
    if let Some(path) = &arguments.out {
        input::write_out(Some(path), case_json(&case, &analysis).as_bytes())?;
    }
    Ok(if complete { End::Done } else { End::Partly })
}

fn tell(out: &mut String, site: &SweptSite, words: &kyoten::report::html::Words) {
    let minute = |at: Option<f64>| at.map(|at| kyoten::calendar::minute(moment(at), 0)).unwrap_or_default();
    let mut line = format!("  {}: {}", site.site, (words.outcome)(&site.outcome));
    if !site.marks.is_empty() {
        _ = write!(line, ": {}; {} – {}", site.marks.join("; "), minute(site.first), minute(site.last));
    }
    if !site.hosts.is_empty() {
        _ = write!(line, "; {}: {}", words.hosts, site.hosts.join(", "));
    }
    _ = write!(line, "; {}: {}/{}", words.days_with_logs, site.days_with_logs, site.days);
    _ = writeln!(out, "{}", visible(&line));
    for row in site.evidence.iter().take(MOST_ROWS) {
        _ = writeln!(out, "    {}:{}", visible(&row.file), row.line);
    }
}

fn tell_relays(out: &mut String, swept: &Sweep, words: &kyoten::report::html::Words) {
    if !swept.relays.is_empty() {
        _ = writeln!(out, "{}:", words.relays);
    }
    for own in &swept.relays {
        _ = writeln!(out, "  {}", visible(&(words.relay)(own)));
    }
}

/// The link's connections as each log tells of them, by a second pass.
fn both_ends(logs: &[(PathBuf, String)], case: &Case, analysis: &Analysis, pin: &Pin) -> Vec<Told> {
    let mut all = Vec::new();
    for (path, name) in logs {
        let wanted = Wanted::Of {
            link: pin.link,
            service: Some(pin.service),
            window: None,
            initiators: pin.initiators.clone(),
            responders: Default::default(),
        };
        let order = case.reading_order(name);
        let reading = order.looking(name, &analysis.book.parties(), MOST_COMPARED, move |_| wanted.clone());
        let mut keep = |(receipt, mut lookup): (Receipt, Lookup)| {
            let number = case.files().iter().position(|file| file.receipt.name == receipt.name);
            let number = number.filter(|number| analysis.repeats[*number].is_none());
            let Some(file) = number.and_then(|number| u32::try_from(number).ok()) else { return };
            all.extend(lookup.take().iter().filter_map(|row| row.told(file)).map(|(file, at, ends)| Told {
                file,
                at,
                ends,
            }));
        };
        let members = |reading: &mut Reading<Lookup>| {
            reading.members().into_iter().for_each(&mut keep);
            Ok(())
        };
        // What can't be read was said by the first pass.
        if let Ok(results) = input::read(path, reading, members) {
            results.into_iter().for_each(keep);
        }
    }
    all
}
