//! `cargo xtask validate`: writes docs/validation.md, the record of how far what is read may be relied on.
//!
//! Its figures come from material of the project's own alone, so that anybody gets the same bytes: logs that are made here of known
//! connections by writers that know nothing of the readers, and the fixtures with their reviewed goldens. `--over FOLDER` prints the
//! same measures for a folder of logs beside what others made of them; it changes no document.

mod bounds;
mod claims;
mod judge;
mod truth;
mod writers;

use crate::conformance;
use crate::workspace::root;
use anyhow::{Context, Result, bail};
use judge::Verdict;
use kyoten::formats;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// Connections of each made log.
const CONNECTIONS: usize = 600;
const DOCUMENT: &str = "docs/validation.md";

/// The options of `validate`.
#[derive(clap::Args)]
pub struct Validate {
    /// Print the measures over a folder of X beside X.expected.ndjson, in place of writing the document
    #[arg(long, value_name = "FOLDER")]
    over: Option<PathBuf>,
}

impl Validate {
    /// Writes the document, or prints the measures over a folder.
    pub fn run(&self) -> Result<()> {
        if let Some(folder) = &self.over {
            print!("{}", outside(folder)?);
            return Ok(());
        }
        let verdicts = verdicts()?;
        for verdict in &verdicts {
            verdict.differences.iter().for_each(|difference| println!("{}: {difference}", verdict.format));
        }
        fs::write(root().join(DOCUMENT), document(&verdicts)?).with_context(|| format!("cannot write {DOCUMENT}"))?;
        println!("{DOCUMENT} is written");
        Ok(())
    }
}

fn verdicts() -> Result<Vec<Verdict>> {
    let connections = truth::connections(CONNECTIONS);
    writers::logs(&connections)
        .iter()
        .map(|written| {
            let verdict = judge::judge(written, &connections)?;
            if verdict.format != written.format {
                bail!("the made log of {} is taken for {}", written.format, verdict.format);
            }
            Ok(verdict)
        })
        .collect()
}

fn percent(rate: f64) -> String {
    format!("{:.2} %", rate * 100.0)
}

const BEGINNING: &str = "# Validation record

Written by `cargo xtask validate`; don’t edit it by hand. A test holds that it is what the command writes.

What is stated here is how Kyoten’s reading of logs was tried, on what, and how often it erred, with the rate of error that
such a count still allows for. It says nothing of logs unlike those that were tried.

**Words.** *Missed*: a connection that the log tells and of which no flow came. *Misread*: a flow came, but its direction, protocol, bytes,
begin, length or outcome is another (of what the format carries). *Invented*: a flow between ends that no sound record
names. *Unsaid*: a spoilt record that the receipt does not tell as malformed or skipped.

**Bounds** are one-sided 95 % limits after Clopper and Pearson: were the true rate higher, so few errors would be seen in fewer than
one such trial in twenty. The records of one log are alike, so the bound holds for records such as these, not for a format in all its dialects.

## Made logs

";

fn document(verdicts: &[Verdict]) -> Result<String> {
    let mut out = BEGINNING.to_owned();
    writeln!(
        out,
        "{CONNECTIONS} known connections are written as a log of each format, by a writer that follows the maker’s documentation and \
         knows nothing of the reader (`xtask/src/validate/writers.rs`). Between them stand spoilt records, whose address has a part too \
         many. The log is read as the page and the command line read it, its format told by its content.\n"
    )?;
    out += "| format | connections | spoilt | missed | misread | invented | unsaid | any of these, at most |\n|---|---|---|---|---|---|---|---|\n";
    let mut all = Verdict::default();
    for v in verdicts {
        row(&mut out, &format!("`{}`", v.format), v)?;
        all.sound += v.sound;
        all.spoilt += v.spoilt;
        all.missed += v.missed;
        all.misread += v.misread;
        all.invented += v.invented;
        all.unsaid += v.unsaid;
    }
    row(&mut out, "all", &all)?;
    fixtures(&mut out)?;
    out += "\n## Logs of others\n\nFor a folder of real logs, each `X` beside `X.expected.ndjson` of an independent parser, `cargo xtask validate --over FOLDER` prints the same measures, and `cargo xtask conformance FOLDER` each difference. No such logs are part of the project.\n";
    out += "\n## Claims, and the tests that hold them\n\n| claim | test |\n|---|---|\n";
    for (number, (claim, tests)) in claims::CLAIMS.iter().enumerate() {
        writeln!(out, "| {}. {claim} | {tests} |", number + 1)?;
    }
    Ok(out)
}

fn row(out: &mut String, name: &str, v: &Verdict) -> Result<()> {
    let errors = v.missed + v.misread + v.invented + v.unsaid;
    let bound = percent(bounds::upper(errors, v.sound + v.spoilt));
    let Verdict { sound, spoilt, missed, misread, invented, unsaid, .. } = v;
    writeln!(out, "| {name} | {sound} | {spoilt} | {missed} | {misread} | {invented} | {unsaid} | {bound} |")?;
    Ok(())
}

/// What the fixtures hold: their goldens are read by a person whenever one changes.
fn fixtures(out: &mut String) -> Result<()> {
    *out += "\n## Fixtures\n\nEach is a few invented lines named after an oddity; what is made of it stands in a golden that a person has read against the maker’s documentation, and every run reads it again (`fixtures_read_as_reviewed`), with other line ends and marks, in other chunks, and cut at every byte. They are chosen for being odd, so no rate can be taken from them.\n\n| format | fixtures | flows | skipped | malformed |\n|---|---|---|---|---|\n";
    for format in formats::ALL {
        let folder = root().join("tests/fixtures/goldens").join(format.name());
        let mut counts = [0_usize; 4];
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "snap") {
                continue;
            }
            counts[0] += 1;
            for line in fs::read_to_string(&path)?.lines() {
                let said = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
                counts[1] += usize::from(said.contains(" > ") && line.starts_with(' '));
                counts[2] += usize::from(said.starts_with("skipped: "));
                counts[3] += usize::from(said.starts_with("malformed: "));
            }
        }
        let [files, flows, skipped, malformed] = counts;
        writeln!(out, "| `{}` | {files} | {flows} | {skipped} | {malformed} |", format.name())?;
    }
    Ok(())
}

/// The measures over a folder of logs and what others made of them.
fn outside(folder: &std::path::Path) -> Result<String> {
    let exceptions = conformance::Exceptions::load()?;
    let scores = conformance::scores(folder, "", false, &exceptions)?;
    let mut out = format!(
        "{:<24} {:>8} {:>7} {:>8} {:>9} {:>9} {:>13} {:>14}\n",
        "format", "records", "missed", "misread", "invented", "excepted", "missed, most", "misread, most"
    );
    for (name, score) in &scores {
        let missed = score.ends.of - score.ends.got;
        let wrong = [score.direction, score.bytes, score.time].map(|share| share.of - share.got);
        // A record may be wrong in more than one; the worst of the three is the least that are.
        let (misread, judged) = (wrong.into_iter().max().unwrap_or(0), score.direction.of);
        let invented = score.precision.of - score.precision.got;
        writeln!(
            out,
            "{name:<24} {:>8} {missed:>7} {misread:>8} {invented:>9} {:>9} {:>13} {:>14}",
            score.ends.of,
            score.excepted,
            percent(bounds::upper(missed, score.ends.of)),
            percent(bounds::upper(misread, judged)),
        )?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_the_command_writes() {
        let verdicts = verdicts().expect("every made log is read");
        let written = fs::read_to_string(root().join(DOCUMENT)).expect("the document is there");
        let made = document(&verdicts).expect("a string takes all");
        assert!(written == made, "run cargo xtask validate, and look at what changed");
    }

    #[test]
    fn no_made_log_is_misread() {
        for verdict in verdicts().expect("every made log is read") {
            let errors = (verdict.missed, verdict.misread, verdict.invented, verdict.unsaid);
            assert_eq!(errors, (0, 0, 0, 0), "{}: {:#?}", verdict.format, verdict.differences);
        }
    }

    #[test]
    fn a_wrong_reading_is_judged_wrong() {
        let connections = truth::connections(40);
        let mut others = connections.clone();
        others[3].bytes_out += 1;
        others[5].to.0 = std::net::Ipv4Addr::new(192, 0, 2, 1);
        (others[7].from, others[7].to) = (others[7].to, others[7].from);
        let written = &writers::logs(&others)[0];
        let verdict = judge::judge(written, &connections).expect("it is read");
        assert_eq!((verdict.missed, verdict.misread, verdict.invented), (1, 2, 1), "{:#?}", verdict.differences);
    }
}
