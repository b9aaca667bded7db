//! Holds the documents to the tree: the files, chores, options, crates, formats, rules and modules that they name exist, and
//! those that they must name are named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kyoten::{detectors, formats};

const DOCUMENTS: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benches/README.md",
    "docs/security.md",
    "docs/validation.md",
];

/// Made by a chore, so absent from a fresh clone.
const MADE: [&str; 2] = ["dist/", "target/"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands in backticks outside indented code.
fn quoted(document: &str) -> Vec<String> {
    let prose: String =
        document.lines().filter(|line| !line.starts_with("    ")).flat_map(|line| [line, "\n"]).collect();
    let mut parts = prose.split('`');
    let mut quoted = Vec::new();
    while let (Some(_prose), Some(code)) = (parts.next(), parts.next()) {
        quoted.push(code.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    quoted
}

/// Commands: those in backticks, and the lines of indented code.
fn commands(document: &str) -> Vec<String> {
    let indented = document.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
    quoted(document).into_iter().chain(indented).collect()
}

/// The first cell of each row of the table below this header.
fn first_cells(document: &str, header: &str) -> Vec<String> {
    let rows = document.lines().skip_while(|line| *line != header).skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn every_path_that_is_named_exists() {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned);
        let linked = linked.filter(|target| !target.starts_with("https://"));
        let named = quoted(&text).into_iter().filter(|code| is_path(code));
        for path in named.chain(linked) {
            // `src/formats/NAME.rs` stands for any; its folder must be there.
            let fixed = path.split("NAME").next().unwrap_or_default();
            let fixed = if fixed == path { fixed } else { fixed.rsplit_once('/').map_or("", |(folder, _)| folder) };
            if !root().join(fixed).exists() {
                missing.push(format!("{document}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whether this is a path from the repository's root, and of a file that is kept there.
fn is_path(code: &str) -> bool {
    let folders = ["src/", "www/", "tests/", "xtask/", "docs/", "benches/", ".ci/", ".cargo/"];
    !code.contains(' ')
        && !MADE.iter().any(|made| code.starts_with(made))
        && folders.iter().any(|own| code.starts_with(own))
}

#[test]
fn every_chore_and_its_options_exist() {
    let chores = variants(&read("xtask/src/main.rs"), "enum Chore {");
    let source = |chore: &str| {
        let chore = chore.replace('-', "_");
        let file = format!("xtask/src/{chore}.rs");
        if root().join(&file).exists() { read(file) } else { read(format!("xtask/src/{chore}/mod.rs")) }
    };
    check("cargo xtask", &chores, |chore| source(chore));
}

#[test]
fn every_command_and_its_options_exist() {
    let known = variants(&read("src/bin/kyoten.rs"), "enum Command {");
    let source = |command: &str| read(format!("src/bin/kyoten/{command}.rs")) + &read("src/bin/kyoten/input.rs");
    check("kyoten", &known, source);
    // README tells of all of them.
    let readme = commands(&read("README.md"));
    for command in &known {
        assert!(readme.iter().any(|line| line.starts_with(&format!("kyoten {command}"))), "README lacks {command}");
    }
}

/// Holds every line that begins with this program to its subcommands and options.
fn check(program: &str, known: &BTreeSet<String>, source: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for document in DOCUMENTS {
        for line in commands(&read(document)) {
            let line = line.split('#').next().unwrap_or_default();
            let Some(rest) = line.strip_prefix(&format!("{program} ")) else { continue };
            let command = rest.split_whitespace().next().unwrap_or_default();
            if !known.contains(command) {
                wrong.push(format!("{document}: {program} {command}"));
                continue;
            }
            let source = source(command);
            let options =
                rest.split(|c: char| c.is_whitespace() || c == '[').filter_map(|word| word.strip_prefix("--"));
            for option in options {
                let field = option.trim_end_matches(']').replace('-', "_");
                if !source.contains(&format!(" {field}: ")) && !source.contains(&format!(" r#{field}: ")) {
                    wrong.push(format!("{document}: {program} {command} --{option}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The names of an enum's variants in lower case, hidden ones included.
fn variants(source: &str, opening: &str) -> BTreeSet<String> {
    let body = source.split_once(opening).expect("the enum is there").1;
    let body = body.split_once("\n}").expect("the enum ends").0;
    let names =
        body.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.starts_with(char::is_uppercase));
    names.map(|line| kebab(line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())).collect()
}

/// As clap names a variant: `NewFormat` is `new-format`.
fn kebab(variant: &str) -> String {
    let mut out = String::new();
    for (at, letter) in variant.char_indices() {
        if at > 0 && letter.is_uppercase() {
            out.push('-');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// The text of every source of tests, of the crates and of the chores.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push_str(&fs::read_to_string(&path).expect("a source is text"));
        }
    }
}

#[test]
fn security_and_validation_name_tests_that_exist() {
    let mut all = String::new();
    ["tests/hostile", "tests/casework", "src", "xtask/src"]
        .iter()
        .for_each(|folder| sources(&root().join(folder), &mut all));
    ["tests/formats.rs", "tests/documents.rs"].iter().for_each(|file| all += &read(file));
    for path in ["docs/security.md", "docs/validation.md"] {
        let document = read(path);
        let mut missing = Vec::new();
        for name in quoted(&document) {
            let is_name = name.matches('_').count() >= 3 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let is_format = root().join("tests/fixtures/goldens").join(&name).is_dir();
            if is_name && !is_format && name != name.to_uppercase() && !all.contains(&format!("fn {name}(")) {
                missing.push(name);
            }
        }
        // `tests/browser/x.test.mjs` «words of a test's title»
        let mut parts = document.split('`');
        while let (Some(_prose), Some(named), Some(rest)) = (parts.next(), parts.next(), parts.clone().next()) {
            let Some(said) = rest.strip_prefix(" «").and_then(|rest| rest.split('»').next()) else { continue };
            if !read(named).contains(said) {
                missing.push(format!("{named}: {said}"));
            }
        }
        assert!(missing.is_empty(), "{path} names what is not there: {missing:#?}");
    }
}

/// The numbers that a text begins with: `26, 27 headers` has 26 and 27, `1–10 markup` one to ten.
fn cases(text: &str) -> BTreeSet<u32> {
    let numbers: String = text.chars().take_while(|c| c.is_ascii_digit() || ", –".contains(*c)).collect();
    let end = |part: &str| part.trim().parse().ok();
    numbers
        .split(',')
        .filter_map(|part| match part.split_once('–') {
            Some((from, to)) => Some(end(from)?..=end(to)?),
            None => Some(end(part)?..=end(part)?),
        })
        .flatten()
        .collect()
}

/// The cases that the tests named here say that they are: `case_44_and_47_…`, `case_01_to_10_…`, «case 80: …», «cases 82 and 85».
fn cases_of_tests(named: &str) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    for name in named.split("case").skip(1) {
        let words =
            name.split(|c: char| !c.is_ascii_alphanumeric()).skip_while(|word| !word.starts_with(char::is_numeric));
        let words: Vec<&str> = words.take(3).collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
        match (number(0), words.get(1), number(2)) {
            (Some(from), Some(&"to"), Some(to)) => all.extend(from..=to),
            (Some(one), Some(&"and"), Some(other)) => all.extend([one, other]),
            (Some(one), ..) => _ = all.insert(one),
            (None, ..) => {}
        }
    }
    all
}

#[test]
fn security_names_every_case_of_hostile_input_and_its_tests_bear_its_number() {
    let document = read("docs/security.md");
    let rows = document.lines().skip_while(|line| *line != "| case | test |").skip(2);
    let mut told = BTreeSet::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let (case, tests) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let (numbers, borne) = (cases(case), cases_of_tests(tests));
        assert!(numbers.is_subset(&borne), "the tests of «{case}» bear {borne:?}");
        told.extend(numbers);
    }
    // The list has no case 40.
    let lacking: Vec<u32> = (1..=87).filter(|case| *case != 40 && !told.contains(case)).collect();
    assert!(lacking.is_empty(), "docs/security.md lacks {lacking:?}");
}

#[test]
fn readme_names_the_formats_that_are_read() {
    let named = first_cells(&read("README.md"), "| name | what |");
    let read: Vec<String> = formats::ALL.iter().map(|format| format!("`{}`", format.name())).collect();
    assert_eq!(named, read, "README's table of formats, and formats::ALL");
}

#[test]
fn readme_names_the_rules_that_look() {
    let named = first_cells(&read("README.md"), "| rule | finds | needs |");
    let rules: Vec<String> = detectors::ALL.iter().map(|detector| format!("`{}`", detector.rule())).collect();
    assert_eq!(named, rules, "README's table of rules, and detectors::ALL");
}

#[test]
fn contributing_says_what_every_file_of_tests_proves() {
    let document = read("CONTRIBUTING.md");
    for (folder, ending) in [("tests", ".rs"), ("tests/browser", ".test.mjs")] {
        for entry in fs::read_dir(root().join(folder)).expect("the folder can be read") {
            let name = entry.expect("an entry can be read").file_name().to_string_lossy().into_owned();
            let named = document.contains(&format!("`{folder}/{name}`"));
            assert!(named || !name.ends_with(ending), "CONTRIBUTING.md lacks `{folder}/{name}`");
        }
    }
}

#[test]
fn architecture_tells_of_every_module_in_order() {
    let library = read("src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let document = read("ARCHITECTURE.md");
    let headings = document.lines().filter_map(|line| line.strip_prefix("### `src/")?.strip_suffix('`'));
    let told = headings.filter(|path| !path.starts_with("bin/"));
    let told = told.map(|path| path.trim_end_matches('/').trim_end_matches(".rs"));
    assert!(modules.clone().eq(told.clone()), "{:?}\n{:?}", modules.collect::<Vec<_>>(), told.collect::<Vec<_>>());
}

#[test]
fn architecture_tells_of_every_crate_of_the_page_and_of_no_other() {
    let manifest = read("Cargo.toml");
    let cells = first_cells(&read("ARCHITECTURE.md"), "| crate | for | licence | KB |");
    let told: BTreeSet<String> =
        cells.iter().flat_map(|cell| cell.split(", ")).map(|name| name.replace('`', "")).collect();
    let taken = |section: &str| -> Vec<String> {
        let body = manifest.split_once(&format!("{section}\n")).expect("the section is there").1;
        let lines = body.lines().take_while(|line| !line.starts_with('['));
        lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned()).collect()
    };
    let page = ["[dependencies]", "[target.'cfg(target_arch = \"wasm32\")'.dependencies]"];
    let taken: BTreeSet<String> = page.into_iter().flat_map(taken).collect();
    assert_eq!(told, taken, "ARCHITECTURE's table of crates, and Cargo.toml");
}
