//! `kyoten analyze`: sites, links and findings of all logs together, as `case.json` and as the figure.

use std::fs;
use std::path::{Path, PathBuf};

use kyoten::calendar;
use kyoten::case::document::case_json;
use kyoten::case::{Analysis, Case};
use kyoten::evidence::table::Complaint;
use kyoten::evidence::text::visible;
use kyoten::flow::Moment;
use kyoten::policy::csv::{looks_like_policy, read_policy};
use kyoten::reading::Reading;
use kyoten::sites::import::{looks_like_sites, read_sites};

use crate::End;
use crate::input::{self, Choices};

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs. A sites.csv or policy.csv among them is taken as such.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// The sites: site,cidr,country,timezone,lat,lon,role.
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// The policy: from,to,service,verdict,reason.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The time declared as normal, in UTC: 2020-05-01..2020-05-31.
    #[arg(long, value_name = "FROM..TO")]
    baseline: Option<String>,
    /// Where to write case.json; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to write the figure, as SVG.
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    #[command(flatten)]
    choices: Choices,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let mut case = Case::default();
    let order = arguments.choices.order()?;
    case.baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let mut complete = true;

    // Sites and policy first: what they say decides how the logs are counted.
    let mut logs = Vec::new();
    for path in &arguments.logs {
        match head(path).as_deref() {
            Ok(head) if looks_like_sites(head) => complete &= take_sites(&mut case, path)?,
            Ok(head) if looks_like_policy(head) => complete &= take_policy(&mut case, path)?,
            Ok(_) => logs.push(path),
            Err(error) => {
                eprintln!("kyoten: {} can't be read: {error}", path.display());
                complete = false;
            }
        }
    }
    if let Some(path) = &arguments.sites {
        complete &= take_sites(&mut case, path)?;
    }
    if let Some(path) = &arguments.policy {
        complete &= take_policy(&mut case, path)?;
    }

    for complaint in case.policy.strangers(&case.book) {
        if !case.book.sites.is_empty() {
            eprintln!("{}", complaint.in_file("policy"));
            complete = false;
        }
    }

    let mut names = std::collections::BTreeSet::new();
    for path in logs {
        let name = fresh_name(&mut names, &input::name_of(path));
        case.orders.insert(name.clone(), order.clone());
        let reading_order = case.reading_order(&name);
        let reading = Reading::new(&name, reading_order.order.clone(), reading_order.counting(&name));
        match input::read(path, reading, |_| Ok(())) {
            Ok((receipt, counting)) => {
                complete &= input::tell(&receipt);
                case.add(reading_order.result(receipt, counting));
            }
            Err(sentence) => {
                eprintln!("kyoten: {sentence}");
                complete = false;
            }
        }
    }
    if !case.files().iter().any(|file| file.receipt.format.is_some()) {
        return Err("none of the files is a log that Kyoten reads".to_owned());
    }

    let analysis = case.analyse();
    analysis.notices.iter().for_each(|notice| eprintln!("kyoten: {}", visible(notice)));
    write_all(arguments, &case, &analysis)?;
    Ok(if complete { End::Done } else { End::Partly })
}

fn write_all(arguments: &Arguments, case: &Case, analysis: &Analysis) -> Result<(), String> {
    if let Some(path) = &arguments.figure {
        let figure = kyoten::report::figure::svg(case, analysis, &kyoten::report::figure::Options::default());
        write(path, &figure)?;
    }
    let document = case_json(case, analysis);
    match &arguments.out {
        Some(path) => write(path, &document),
        None if arguments.figure.is_none() => {
            use std::io::Write;
            let mut out = std::io::stdout().lock();
            out.write_all(document.as_bytes()).map_err(|error| format!("standard output is closed: {error}"))
        }
        None => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} can't be written: {error}", path.display()))
}

/// The beginning of a file, enough to tell a sites.csv or policy.csv by its header.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut head = Vec::new();
    fs::File::open(path)?.take(8192).read_to_end(&mut head)?;
    Ok(head)
}

fn take_sites(case: &mut Case, path: &Path) -> Result<bool, String> {
    let bytes = fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    let (book, complaints) = read_sites(&bytes);
    if book.sites.is_empty() {
        return Err(format!("{} names no site{}", path.display(), first(&complaints)));
    }
    case.book = book;
    Ok(complain(path, &complaints))
}

fn take_policy(case: &mut Case, path: &Path) -> Result<bool, String> {
    let bytes = fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    let (policy, complaints) = read_policy(&bytes);
    case.policy = policy;
    Ok(complain(path, &complaints))
}

/// A name that no other file of the case has: `conn.log`, `conn.log (2)`, as on the page.
fn fresh_name(names: &mut std::collections::BTreeSet<String>, given: &str) -> String {
    let tries = (1..).map(|n| if n == 1 { given.to_owned() } else { format!("{given} ({n})") });
    let name = tries.into_iter().find(|name| !names.contains(name)).unwrap_or_default();
    names.insert(name.clone());
    name
}

fn first(complaints: &[Complaint]) -> String {
    complaints
        .first()
        .map_or_else(String::new, |complaint| format!(": line {}: {}", complaint.line, complaint.sentence))
}

fn complain(path: &Path, complaints: &[Complaint]) -> bool {
    for complaint in complaints {
        eprintln!("{}", visible(&complaint.in_file(&input::name_of(path))));
    }
    complaints.is_empty()
}

/// Reads `2020-05-01..2020-05-31`; both days are meant whole.
fn read_baseline(text: &str) -> Result<(Moment, Moment), String> {
    let day = |text: &str| calendar::read_date(text.trim()).map(|day| day * calendar::DAY);
    let days = text.split_once("..").and_then(|(from, to)| Some((day(from)?, day(to)?)));
    match days {
        Some((from, to)) if from <= to => Ok((Moment(from), Moment(to + calendar::DAY - 1))),
        Some(_) => Err(format!("the baseline {text:?} ends before it begins")),
        None => Err(format!("{text:?} is not a baseline; write it as 2020-05-01..2020-05-31")),
    }
}
