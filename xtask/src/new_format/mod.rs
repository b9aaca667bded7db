//! `cargo xtask new-format NAME --title "Product traffic log"`: the one file and the one fixture that a format is, and the
//! lines that make it known.

use crate::workspace::{root, shown};
use anyhow::{Context, Result, bail};
use std::path::Path;

const TEMPLATE: &str = include_str!("template.rs.txt");

/// The options of `new-format`.
#[derive(clap::Args)]
pub struct NewFormat {
    /// Its name: product and log, in small letters, such as `acme_traffic`
    name: String,
    /// Its name on the screen
    #[arg(long)]
    title: String,
}

impl NewFormat {
    /// Writes the files, and says what to do next.
    pub fn run(&self) -> Result<()> {
        self.write(&root())?;
        println!(
            "src/formats/{name}.rs reads lines such as the fixture's. Make it read the real ones, then add fixtures \
             named after their oddities, and write the goldens:\n\n    INSTA_UPDATE=always cargo test --test formats\n\n\
             CONTRIBUTING.md says the rest.",
            name = self.name
        );
        Ok(())
    }

    fn write(&self, root: &Path) -> Result<()> {
        let name = &self.name;
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            bail!("{name} is no name of a file in src/formats: small letters, digits and _");
        }
        let source = root.join("src/formats").join(format!("{name}.rs"));
        if source.exists() || root.join("src/formats").join(name).exists() {
            bail!("{} is there already", shown(&source));
        }
        let kind = type_name(name);
        let text = TEMPLATE.replace("NAME", name).replace("TYPE", &kind).replace("TITLE", &self.title);
        put(&source, &text)?;
        put(
            &root.join("tests/fixtures").join(name).join("one_connection.log"),
            &format!("<134>1 2024-05-01T10:00:00Z fw1 {name} - - - {name} src=192.0.2.1 dst=198.51.100.2 dport=443\n"),
        )?;
        // Before the last of the list, which reads what nothing else knows.
        insert(&root.join("src/formats/mod.rs"), "    // Last, because", &format!("    {name}::{kind},\n"))?;
        insert(&root.join("README.md"), "| `mapped_csv` |", &format!("| `{name}` | {} |\n", self.title))
    }
}

/// `acme_traffic` → `AcmeTraffic`.
fn type_name(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

fn put(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().expect("it stands in a folder")).context("cannot make the folder")?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", shown(path)))
}

/// Puts lines before the first line that begins so.
fn insert(path: &Path, before: &str, lines: &str) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", shown(path)))?;
    let at = text.find(&format!("\n{before}")).with_context(|| format!("{} has no line {before:?}", shown(path)))? + 1;
    put(path, &format!("{}{lines}{}", &text[..at], &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_one_file_one_fixture_and_two_lines() {
        let folder = std::env::temp_dir().join(format!("kyoten-new-format-{}", std::process::id()));
        for file in ["src/formats/mod.rs", "README.md"] {
            put(&folder.join(file), &std::fs::read_to_string(root().join(file)).unwrap()).unwrap();
        }
        let format = NewFormat { name: "acme_traffic".to_owned(), title: "Acme traffic log".to_owned() };
        format.write(&folder).unwrap();
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
        let source = read("src/formats/acme_traffic.rs");
        assert!(source.contains("pub struct AcmeTraffic;") && source.contains("\"acme_traffic\""));
        assert!(!source.contains("NAME") && !source.contains("TYPE") && !source.contains("TITLE"));
        assert!(read("src/formats/mod.rs").contains("    acme_traffic::AcmeTraffic,\n    // Last"));
        assert!(read("README.md").contains("| `acme_traffic` | Acme traffic log |\n| `mapped_csv`"));
        assert!(read("tests/fixtures/acme_traffic/one_connection.log").contains("src=192.0.2.1"));
        assert!(format.write(&folder).is_err(), "a second time it is there already");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn names_that_are_no_files_are_refused() {
        for name in ["", "Acme", "../x", "a-b", "1a"] {
            let format = NewFormat { name: name.to_owned(), title: String::new() };
            assert!(format.write(Path::new("/nonexistent")).is_err(), "{name}");
        }
    }
}
