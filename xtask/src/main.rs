//! The project's chores, one subcommand a file: `cargo xtask serve`, `dist`, `test`, `bench`.

mod apt;
mod bench;
mod conformance;
mod dist;
mod evaluate;
mod fuzz;
mod joiner;
mod new_format;
mod outlines;
#[cfg(test)]
mod promise;
mod sealing;
mod serve;
mod stopwatch;
mod test;
mod toolchain;
mod validate;
mod wasm;
mod workspace;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
struct Command {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure the engine and the page beside merely reading the same bytes, into benches/RESULTS.md
    Bench(bench::Bench),
    /// Compare what is read of a folder of logs with what others made of them
    Conformance(conformance::Conformance),
    /// Fuzz each family of readers for a while: accounts add up, chunks change nothing
    Fuzz(fuzz::Fuzz),
    /// Measure the detectors on made-up intrusions, into benches/DETECTION.md
    Evaluate(evaluate::Evaluate),
    /// Build the page and serve it on this machine only
    Serve(serve::Serve),
    /// Build dist/kyoten.html, the one sealed file
    Dist(dist::Dist),
    /// Begin a log format: its file, its fixture, and the lines that make it known
    NewFormat(new_format::NewFormat),
    /// Make the map's outlines from npm's world-atlas, when Natural Earth has a new edition
    Outlines(outlines::Outlines),
    /// Run every test, the browser's included, installing what they need
    Test(test::Test),
    /// Write docs/validation.md: what is misread, missed and invented, with bounds, and which test holds which claim
    Validate(validate::Validate),
    /// Print the classic script that a module and its imports make
    #[command(hide = true)]
    Join {
        /// The module
        entry: std::path::PathBuf,
    },
}

fn main() -> std::process::ExitCode {
    let outcome = match Command::parse().chore {
        Chore::Bench(bench) => bench.run(),
        Chore::Conformance(conformance) => conformance.run(),
        Chore::Fuzz(fuzz) => fuzz.run(),
        Chore::NewFormat(new_format) => new_format.run(),
        Chore::Evaluate(evaluate) => evaluate.run(),
        Chore::Serve(serve) => serve.run(),
        Chore::Dist(dist) => dist.run(),
        Chore::Outlines(outlines) => outlines.run(),
        Chore::Test(test) => test.run(),
        Chore::Validate(validate) => validate.run(),
        // For the test that compares with esbuild.
        Chore::Join { entry } => joiner::join(&entry).map(|script| print!("{script}")),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // One sentence: what failed, then why, then what to do. A backtrace of a chore helps nobody.
            eprintln!("xtask: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
