//! `cargo xtask test`: every test of the project, the browser's included, with a table of what came of each step.
//!
//! Steps that do not need each other go on after one has failed, so that one run shows all that is wrong. The last line
//! is always `N passed, N failed`.

mod crates;
mod folders;
pub mod needs;
mod readers;
mod step;
mod warehouse;

use crate::dist::{self, Dist};
use crate::toolchain::{self, TARGET};
use crate::workspace::{root, shown};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use step::Table;
pub use step::{Count, Outcome};

/// The options of `test`.
#[derive(clap::Args)]
pub struct Test {
    /// Only these parts; may be given several times or with commas
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Build the page quickly; what is tested is then not what is shipped
    #[arg(long)]
    fast: bool,
}

/// A part of the tests that makes sense alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The Rust crates: format, lints, tests, documentation's examples
    Core,
    /// The page's scripts: types, and the joiner against esbuild
    Page,
    /// The sealed page in a real browser
    Browser,
    /// What Kyoten writes, read by others: STIX, graphs, nftables, age; their programs come from PyPI and Debian
    Readers,
    /// The queries of docs/warehouse.md in DuckDB, ClickHouse and Spark, from PyPI; only when it is asked for
    Warehouse,
}

impl Test {
    /// Runs the tests, and ends the program with status 1 when any of them failed.
    pub fn run(&self) -> Result<()> {
        let wanted = |part| self.only.is_empty() || self.only.contains(&part);
        let (page, browser) = (wanted(Part::Page), wanted(Part::Browser));
        let mut table = Table::default();
        std::thread::scope(|scope| {
            // Optimising the module keeps one core busy for minutes, and installing keeps none: both go on beside the rest.
            let beside = (page || browser).then(|| scope.spawn(|| (self.built(), installed(browser))));
            if wanted(Part::Core) {
                core(&mut table);
            }
            if let Some(beside) = beside {
                let (built, installed) = beside.join().expect("building does not panic");
                self.page_and_browser(&mut table, (page, browser), (built, installed));
            }
        });
        if wanted(Part::Readers) {
            table.step("what is written is read by others", readers::check);
        }
        if self.only.contains(&Part::Warehouse) {
            table.step("the warehouses' queries give kyoten's rollup", warehouse::queries);
        }
        if !table.print() {
            // The table has said it all, and its last line is to be the last.
            std::process::exit(1);
        }
        Ok(())
    }

    fn built(&self) -> Beside {
        Beside::of(|| Dist { fast: self.fast }.run())
    }

    fn page_and_browser(&self, table: &mut Table, (page, browser): (bool, bool), (built, here): (Beside, Beside)) {
        let built = table.done("the sealed page is built", built.time, built.outcome);
        table.step_if(built, "the page was not built", "module and page are no larger than they may be", || {
            if self.fast {
                return Ok(Outcome::skipped("a page that was built quickly is larger"));
            }
            Ok(Outcome::ran(Count::ONE).saying(dist::within_budget()?))
        });
        if browser {
            table.step_if(built, "the page was not built", "building again gives the same bytes", || self.same_again());
            table.step_if(
                built,
                "the page was not built",
                "the page names no folder of this machine",
                folders::unnamed,
            );
        }
        let here = table.done("packages, browsers and fonts are here", here.time, here.outcome);
        if page {
            table.step_if(built && here, "page or packages are missing", "the page's scripts have sound types", || {
                step::whole(node("node_modules/typescript/bin/tsc").args(["--project", "tsconfig.json"]))
            });
            table.step_if(here, "the packages are missing", "joined scripts behave as esbuild's", || {
                step::node_tests(node("--test").args(["--test-reporter=spec", "joiner.test.mjs"]))
            });
            table.step_if(here, "the packages are missing", "the languages say the same", || {
                step::node_tests(node("--test").args(["--test-reporter=spec", "words.test.mjs"]))
            });
        }
        if browser {
            let lacking = "page, packages or browser are missing";
            table.step_if(built && here, lacking, "the page in browsers, each packet kept", || {
                step::node_tests(node("captured.mjs").args(browser_tests()?))
            });
        }
    }

    /// The compiler's part is cached by then; what is compared is the sealing.
    fn same_again(&self) -> Result<Outcome> {
        let read = || std::fs::read(dist::place()).context("dist/kyoten.html cannot be read");
        let first = read()?;
        Dist { fast: self.fast }.run()?;
        if first != read()? {
            bail!("the page differs from build to build: something in it depends on time, order or place");
        }
        Ok(Outcome::ran(Count::ONE))
    }
}

/// What came of a step that went on beside others.
struct Beside {
    time: Duration,
    outcome: Result<Outcome>,
}

impl Beside {
    fn of(run: impl FnOnce() -> Result<()>) -> Beside {
        let start = Instant::now();
        let outcome = run().map(|()| Outcome::ran(Count::ONE));
        Beside { time: start.elapsed(), outcome }
    }
}

/// The packages of tests/browser, and for the browser's tests what they drive.
fn installed(browser: bool) -> Beside {
    Beside::of(|| {
        needs::packages()?;
        if browser {
            needs::browser()?;
            needs::witnesses()?;
        }
        Ok(())
    })
}

/// The files beside the list of formats.
fn formats() -> Result<Vec<PathBuf>> {
    let folder = root().join("src/formats");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", shown(&folder)))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether code may stand in some documentation: compiling to find that out takes most of a minute. Without git it may.
fn has_examples() -> bool {
    let mut search = Command::new("git");
    search.args(["grep", "--quiet", "--extended-regexp", r"^\s*//[/!] *```", "--", "src"]).current_dir(root());
    // Its status is 1 where nothing was found, and another where it could not look.
    search.status().is_ok_and(|status| status.code() != Some(1))
}

/// The steps that need Rust alone.
fn core(table: &mut Table) {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(root());
        command
    };
    let has = |tool: &str| step::succeeds(cargo(&[tool, "--version"]));
    table.step("the Rust code is formatted", || match has("fmt") {
        true => step::whole(&mut cargo(&["fmt", "--all", "--check"])),
        false => Ok(Outcome::skipped("no rustfmt here: rustup component add rustfmt")),
    });
    // A macro declares them, where `cargo fmt` does not look.
    table.step("the formats are formatted", || match has("fmt") {
        true => step::whole(
            Command::new("rustfmt").args(["--edition", "2024", "--check"]).args(formats()?).current_dir(root()),
        ),
        false => Ok(Outcome::skipped("no rustfmt here: rustup component add rustfmt")),
    });
    table.step("clippy finds nothing", || match has("clippy") {
        true => step::whole(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        false => Ok(Outcome::skipped("no clippy here: rustup component add clippy")),
    });
    table.step("clippy finds nothing in the browser's part", || {
        if !has("clippy") || !toolchain::active_has_target() {
            return Ok(Outcome::skipped("the active toolchain has no clippy or no wasm target"));
        }
        // Beside the page's own build, whose dependencies it does not share: a check is not a compilation.
        let folder = crate::workspace::target().join("wasm/clippy");
        let lints = ["clippy", "--quiet", "--package", "kyoten", "--lib", "--target", TARGET, "--target-dir"];
        step::whole(cargo(&lints).arg(folder).args(["--", "-D", "warnings"]))
    });
    table.step("the crates' tests", || match has("nextest") {
        true => {
            step::nextest(&mut cargo(&["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"]))
        }
        false => step::cargo_test(&mut cargo(&["test", "--workspace", "--all-targets", "--no-fail-fast"])),
    });
    table.step("every family of readers is fuzzed for a moment", || {
        // libFuzzer is C++.
        let mut compiler = Command::new("c++");
        compiler.arg("--version");
        if !step::succeeds(compiler) {
            return Ok(Outcome::skipped("no C++ compiler here"));
        }
        crate::fuzz::every_family(4)
    });
    table.step("the documentation's examples", || match has_examples() {
        true => step::cargo_test(&mut cargo(&["test", "--workspace", "--doc", "--no-fail-fast"])),
        false => Ok(Outcome::skipped("there are none")),
    });
    table.step("crates are licensed, sourced and single as deny.toml says", crates::as_agreed);
    table.step("nothing draws randomness in the browser", || {
        // getrandom does not compile for a browser without a switch, and the core has no randomness anyway.
        let tree = cargo(&["tree", "--package", "kyoten", "--edges", "normal", "--target", TARGET, "--prefix", "none"]).output()?;
        let text = String::from_utf8_lossy(&tree.stdout);
        if !tree.status.success() || text.lines().any(|line| line.starts_with("getrandom ")) {
            bail!("a crate of the page reaches getrandom: run `cargo tree --target {TARGET} --invert getrandom` to see which");
        }
        Ok(Outcome::ran(Count::ONE))
    });
}

/// A node command in tests/browser, which tells the harness where this program is: asking cargo would wait for its lock.
fn node(first: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(first).current_dir(needs::folder());
    if let Ok(program) = std::env::current_exe() {
        command.env("KYOTEN_XTASK", program);
    }
    command
}

/// The files of browser tests, in order: all but those that need no browser, which are steps of their own.
fn browser_tests() -> Result<Vec<String>> {
    let mut files = vec![];
    for entry in std::fs::read_dir(needs::folder())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") && !["joiner.test.mjs", "words.test.mjs"].contains(&name.as_str()) {
            files.push(name);
        }
    }
    files.sort();
    Ok(files)
}
