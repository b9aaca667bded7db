//! `kyoten analyze`: sites, links and findings of all logs together, as `case.json` and as the figure.

use std::path::PathBuf;

use kyoten::calendar;
use kyoten::case::document::case_json;
use kyoten::case::{Analysis, Case};
use kyoten::evidence::text::visible;
use kyoten::flow::Moment;
use kyoten::reading::count::Counting;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Order, Reading};

use crate::End;
use crate::input::{self, Choices, Orders};
use crate::inputs::Inputs;

#[derive(clap::Args)]
pub struct Arguments {
    /// The logs. A sites.csv, policy.csv, column mapping or case.json among them is taken as such.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// The sites: site,cidr,country,timezone,lat,lon,role.
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// The policy: from,to,service,verdict,reason.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A MaxMind DB of countries by address (.mmdb): what is outside is then told apart by country.
    #[arg(long, value_name = "FILE")]
    countries: Option<PathBuf>,
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
    let orders = arguments.choices.orders()?;
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let mut inputs = Inputs::sort(&arguments.logs, arguments.sites.as_deref(), arguments.policy.as_deref())?;
    if let Some(path) = &arguments.countries {
        inputs.take_countries(path)?;
    }
    inputs.take_sites_of_rollups(&orders.all);
    inputs.case.baseline = baseline.or(inputs.case.baseline);
    let (case, analysis, complete) = analysed(inputs, &orders)?;
    write_all(arguments, &case, &analysis)?;
    Ok(if complete { End::Done } else { End::Partly })
}

/// Reads all logs and says on standard error what there is to say; whether all was fully read. What was counted is given up once
/// it is judged: of the case its receipts and choices are left.
pub fn analysed(inputs: Inputs, orders: &Orders) -> Result<(Case, Analysis, bool), String> {
    let (mut case, complete) = counted(inputs, orders)?;
    let analysis = case.analyse_at_last();
    say(&analysis);
    Ok((case, analysis, complete))
}

/// Says the notices on standard error.
pub fn say(analysis: &Analysis) {
    analysis.notices.iter().for_each(|notice| eprintln!("kyoten: {}", visible(notice.english())));
}

/// Reads all logs into a case; whether all was fully read.
pub fn counted(inputs: Inputs, orders: &Orders) -> Result<(Case, bool), String> {
    let Inputs { mut case, logs, mut complete } = inputs;
    for complaint in case.policy.strangers(&case.book) {
        if !case.book.sites.is_empty() {
            eprintln!("{}", complaint.in_file("policy"));
            complete = false;
        }
    }

    orders.check(logs.iter().map(|(_, name)| name.as_str()))?;
    case.mappings.extend(orders.all.mappings.clone());
    let settled = |name: &str| Order { mappings: Vec::new(), ..orders.of(name) };
    for name in orders.ahead.keys() {
        case.orders.insert(name.clone(), settled(name));
    }
    for (path, name) in logs {
        // What a case file settled for this file stands, unless the command line says otherwise.
        let order = settled(&name);
        if order != Order::default() || !case.orders.contains_key(&name) {
            case.orders.insert(name.clone(), order);
        }
        let reading_order = case.reading_order(&name);
        let mut keep = |(receipt, counting): (Receipt, Counting)| {
            complete &= input::tell(&receipt);
            case.add(reading_order.result(receipt, counting));
        };
        let members = |reading: &mut Reading<Counting>| {
            reading.members().into_iter().for_each(&mut keep);
            Ok(())
        };
        match input::read(&path, reading_order.reading(&name), members) {
            Ok(results) => results.into_iter().for_each(keep),
            Err(sentence) => {
                eprintln!("kyoten: {sentence}");
                complete = false;
            }
        }
    }
    if !case.files().iter().any(|file| file.receipt.format.is_some()) {
        return Err("none of the files is a log that Kyoten reads".to_owned());
    }
    Ok((case, complete))
}

fn write_all(arguments: &Arguments, case: &Case, analysis: &Analysis) -> Result<(), String> {
    if let Some(path) = &arguments.figure {
        let figure = kyoten::report::figure::svg(case, analysis, &kyoten::report::figure::Options::default());
        input::write_out(Some(path), figure.as_bytes())?;
    }
    if arguments.out.is_some() || arguments.figure.is_none() {
        input::write_out(arguments.out.as_deref(), case_json(case, analysis).as_bytes())?;
    }
    Ok(())
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
