//! `kyoten decide`: what a finding is, who says so, when and why, into the case file.

use std::path::PathBuf;

use kyoten::case::acts::{Decision, Verdict};
use kyoten::case::changes;
use kyoten::evidence::table::cell;

use crate::End;
use crate::input;
use crate::when;

#[derive(clap::Args)]
pub struct Arguments {
    /// The case file.
    case: PathBuf,
    /// The findings, by id.
    #[arg(long, value_name = "ID", num_args = 1.., required = true)]
    finding: Vec<String>,
    /// benign, confirmed or open.
    #[arg(long = "as", value_name = "VERDICT")]
    r#as: String,
    /// Who decides.
    #[arg(long)]
    who: String,
    /// Why.
    #[arg(long)]
    why: String,
    /// When; now, when absent.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Where to write the case file; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to write the rows that a benign decision asks of policy.csv.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The last day on which these rows speak: 2026-12-31.
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<End, String> {
    let verdict = Verdict::read(&arguments.r#as).ok_or("a finding is decided as benign, confirmed or open")?;
    if let Some(day) = &arguments.until {
        kyoten::calendar::read_date(day).ok_or_else(|| format!("{day:?} is not a day like 2026-12-31"))?;
    }
    let at = when::read_or_now(arguments.at.as_deref())?;
    let mut document = input::read_case(&arguments.case)?;
    let mut rows = "from,to,service,verdict,reason,approver,until\n".to_owned();
    for finding in &arguments.finding {
        let (who, why) = (arguments.who.clone(), arguments.why.clone());
        let decision = Decision { finding: finding.clone(), verdict, who, at, why };
        changes::decide(&mut document, decision.clone())?;
        if let Some(row) = changes::policy_row(&document, &decision, arguments.until.as_deref()) {
            let approver = row.approver.unwrap_or_default();
            let until = row.until.unwrap_or_default();
            let cells =
                [row.from, row.to, row.service, row.verdict, row.reason, approver, until].map(|text| cell(&text));
            rows.push_str(&(cells.join(",") + "\n"));
        }
    }
    if let Some(path) = &arguments.policy {
        input::write_out(Some(path), rows.as_bytes())?;
    }
    input::write_out(arguments.out.as_deref(), document.to_json().as_bytes())?;
    Ok(input::wholeness(&document))
}
