//! What a receipt says is said in Japanese too: the reasons that the fixtures give, and those that stand in the sources. A new format may
//! come with reasons that nobody has translated yet; they are shown in English, and so long as they are few, that is no fault.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kyoten::reading::japanese::translated;

/// All files of a folder, and of the folders in it.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn texts(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    let wanted = found.iter().filter(|path| path.extension().is_some_and(|own| own == ending));
    wanted.map(|path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

/// Holds that nearly all are translated.
fn hold(reasons: &BTreeSet<&str>, least: usize) {
    assert!(reasons.len() > least, "{} reasons", reasons.len());
    let missing: Vec<&&str> = reasons.iter().filter(|reason| translated(reason).is_none()).collect();
    assert!(missing.len() * 20 <= reasons.len(), "without Japanese in src/reading/japanese.rs: {missing:#?}");
}

#[test]
fn the_reasons_of_fixtures_have_their_japanese() {
    let goldens = texts("tests/fixtures/goldens", "snap");
    let reasons: BTreeSet<&str> = goldens
        .iter()
        .flat_map(|golden| golden.lines())
        .filter_map(|line| {
            let (_, said) = line.trim_start().split_once("  ")?;
            let malformed = said.strip_prefix("malformed: ").and_then(|said| Some(said.split_once(": \"")?.0));
            said.strip_prefix("skipped: ").or(malformed)
        })
        .collect();
    hold(&reasons, 150);
}

/// Literals behind what makes a reason: `Skipped("…"`, `Fault::new("…"`, `Fault::of_field("…"`, `Filtered("…"`.
#[test]
fn the_reasons_in_the_sources_have_their_japanese() {
    const MAKERS: [&str; 6] = [
        "Skipped(\"",
        "Skipped(Cow::Borrowed(\"",
        "Fault::new(\"",
        "Fault::of_field(\"",
        "Filtered(\"",
        "WithoutEndpoint(\"",
    ];
    let sources: Vec<String> = ["src/formats", "src/reading"].iter().flat_map(|folder| texts(folder, "rs")).collect();
    let own = sources.iter().map(|source| source.split("#[cfg(test)]").next().unwrap_or_default());
    let reasons: BTreeSet<&str> = own
        .flat_map(|source| MAKERS.iter().flat_map(move |maker| source.split(maker).skip(1)))
        .filter_map(|behind| Some(behind.split_once('"')?.0))
        .collect();
    hold(&reasons, 80);
}

/// Constants of words, which are all reasons there.
#[test]
fn what_can_not_be_unpacked_has_its_japanese() {
    let sources = texts("src/evidence/unpack", "rs");
    let own = sources.iter().map(|source| source.split("#[cfg(test)]").next().unwrap_or_default());
    let reasons: BTreeSet<&str> = own
        .flat_map(|source| source.split(": &str =").skip(1))
        .filter_map(|behind| behind.split('"').nth(1))
        .filter(|text| text.contains(' '))
        .collect();
    hold(&reasons, 25);
}
