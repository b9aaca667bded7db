//! The same engine from a shell. Standard output carries only what was asked for; standard error says the rest.
//! Exit status: 0 done; 1 done, with input that was not fully read or does not hold; 2 refused (usage, nothing readable).
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[path = "kyoten/act.rs"]
mod act;
#[path = "kyoten/analyze.rs"]
mod analyze;
#[path = "kyoten/decide.rs"]
mod decide;
#[path = "kyoten/export.rs"]
mod export;
#[path = "kyoten/flows.rs"]
mod flows;
#[path = "kyoten/input.rs"]
mod input;
#[path = "kyoten/inputs.rs"]
mod inputs;
#[path = "kyoten/intervals.rs"]
mod intervals;
#[path = "kyoten/mapping.rs"]
mod mapping;
#[path = "kyoten/merge.rs"]
mod merge;
#[path = "kyoten/report.rs"]
mod report;
#[path = "kyoten/rollup.rs"]
mod rollup;
#[path = "kyoten/rules.rs"]
mod rules;
#[path = "kyoten/sample.rs"]
mod sample;
#[path = "kyoten/search.rs"]
mod search;
#[path = "kyoten/skew.rs"]
mod skew;
#[path = "kyoten/state.rs"]
mod state;
#[path = "kyoten/sweep.rs"]
mod sweep;
#[path = "kyoten/verify.rs"]
mod verify;
#[path = "kyoten/when.rs"]
mod when;
#[path = "kyoten/zones.rs"]
mod zones;

/// Which connections between our sites should not have occurred?
#[derive(Parser)]
#[command(name = "kyoten", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One JSON line a flow, as it was read.
    Flows(flows::Arguments),
    /// Sites, links and findings of all logs together.
    Analyze(analyze::Arguments),
    /// The flows by link, service, hour and outcome, small enough to send; an input of analyze too.
    Rollup(rollup::Arguments),
    /// The site book as intervals of addresses, for queries in a warehouse.
    Intervals(intervals::Arguments),
    /// The case file as a report: one HTML file that prints to PDF.
    Report(report::Arguments),
    /// The case file in another form: for spreadsheets, timelines, graphs, tickets, sensors.
    Export(export::Arguments),
    /// Deny rules for chosen findings, with the way back; or what they would break.
    Rules(rules::Arguments),
    /// Whether the evidence is what the case was made of, and the analysts' log whole.
    Verify(verify::Arguments),
    /// What a finding is, who says so, when and why, into the case file.
    Decide(decide::Arguments),
    /// What was done about a link, and when, into the case file.
    Act(act::Arguments),
    /// Where else the like of a finding or a link occurred, what was sent on, what both ends' logs say.
    Sweep(sweep::Arguments),
    /// Addresses, ranges, host names and accounts, looked for in all logs, row by row.
    Search(search::Arguments),
    /// What can be said of connections since a moment, with what was not watched.
    State(state::Arguments),
    /// Two analysts' cases of the same evidence as one, conflicts told.
    Merge(merge::Arguments),
    /// How far the clocks of logs are apart, by the connections that two of them saw.
    Skew(skew::Arguments),
    /// The column mapping that a table or JSON log is read by, to correct and to give with the next export.
    Mapping(mapping::Arguments),
    /// Writes the synthetic sample case.
    Sample(sample::Arguments),
}

/// How a command ended.
enum End {
    Done,
    /// Some input was not fully read; it was said on standard error.
    Partly,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let end = match arguments.command {
        Command::Flows(arguments) => flows::run(&arguments),
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Rollup(arguments) => rollup::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Intervals(arguments) => intervals::run(&arguments),
        Command::Decide(arguments) => decide::run(&arguments),
        Command::Act(arguments) => act::run(&arguments),
        Command::Sweep(arguments) => sweep::run(&arguments),
        Command::Search(arguments) => search::run(&arguments),
        Command::State(arguments) => state::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Skew(arguments) => skew::run(&arguments),
        Command::Mapping(arguments) => mapping::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
    };
    match end {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Partly) => ExitCode::from(1),
        Err(sentence) => {
            eprintln!("kyoten: {sentence}");
            ExitCode::from(2)
        }
    }
}
