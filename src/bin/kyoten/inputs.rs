//! What a command was given: sites and policy first, since what they say decides how the logs are counted; then the logs,
//! each under a name of its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use kyoten::case::age::looks_encrypted;
use kyoten::case::document::read::looks_like_case;
use kyoten::case::{Case, CountryTable};
use kyoten::evidence::table::Complaint;
use kyoten::evidence::text::visible;
use kyoten::formats::MappingFile;
use kyoten::policy::csv::{looks_like_policy, read_policy};
use kyoten::reading::rollup::SitesNamed;
use kyoten::reading::{Order, Reading};
use kyoten::sites::Site;
use kyoten::sites::import::{looks_like_sites, read_sites};

use crate::input;

/// Inputs, sorted.
pub struct Inputs {
    /// A case with the books, and no log yet.
    pub case: Case,
    /// The logs with the names by which they stand in the case.
    pub logs: Vec<(PathBuf, String)>,
    /// Whether nothing was left out so far.
    pub complete: bool,
}

impl Inputs {
    /// Tells books from logs by their headers. Books named by an option win over those among the logs.
    pub fn sort(paths: &[PathBuf], sites: Option<&Path>, policy: Option<&Path>) -> Result<Inputs, String> {
        let mut inputs = Inputs { case: Case::default(), logs: Vec::new(), complete: true };
        let mut names = BTreeSet::new();
        let mut resumed = None;
        for path in paths {
            match head(path).as_deref() {
                Ok(head) if looks_like_sites(head) => inputs.take_sites(path)?,
                Ok(head) if looks_like_policy(head) => inputs.take_policy(path)?,
                Ok(_) if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("mmdb")) => {
                    inputs.take_countries(path)?;
                }
                Ok(head) if MappingFile::looks_like(head) => {
                    let bytes = fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
                    let shown = visible(&path.display().to_string()).into_owned();
                    let saved = MappingFile::read(&bytes).map_err(|sentence| format!("{shown}: {sentence}"))?;
                    inputs.case.take_mapping(saved);
                }
                Ok(head) if looks_like_case(head) || looks_encrypted(head) => resumed = Some(input::read_case(path)?),
                Ok(_) => inputs.logs.push((path.clone(), fresh_name(&mut names, &input::name_of(path)))),
                Err(error) => {
                    eprintln!("kyoten: {} can't be read: {error}", visible(&path.display().to_string()));
                    inputs.complete = false;
                }
            }
        }
        if let Some(path) = sites {
            inputs.take_sites(path)?;
        }
        if let Some(path) = policy {
            inputs.take_policy(path)?;
        }
        // A case file among the logs goes on: what was given beside it wins.
        if let Some(document) = resumed {
            inputs.case.resume(&document, &|name| crate::zones::named(name).ok());
        }
        Ok(inputs)
    }

    /// Puts sites into the book that only rollups among the logs name: they have no ranges, and no other log can speak of
    /// them.
    pub fn take_sites_of_rollups(&mut self, order: &Order) {
        let mut named = BTreeSet::new();
        for (path, name) in &self.logs {
            let mut reading = Reading::new(name, order.clone(), SitesNamed::default());
            let Ok(mut file) = fs::File::open(path) else { continue };
            let mut slice = vec![0; 1 << 17];
            // What can't be read is said when the log is read for its flows.
            while let Ok(count @ 1..) = file.read(&mut slice) {
                reading.feed(&slice[..count]);
                if reading.progress().format.is_some_and(|format| format != "kyoten_rollup") {
                    break;
                }
            }
            if reading.progress().format.is_none_or(|format| format == "kyoten_rollup") {
                named.extend(reading.finish().1.0);
            }
        }
        let book = &mut self.case.book;
        for name in named {
            if book.sites.iter().all(|site| site.name != name) {
                book.sites.push(Site { name, ..Site::default() });
            }
        }
    }

    fn take_sites(&mut self, path: &Path) -> Result<(), String> {
        let bytes = fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
        let (book, complaints) = read_sites(&bytes);
        if book.sites.is_empty() {
            return Err(format!("{} names no site{}", path.display(), first(&complaints)));
        }
        self.case.book = book;
        self.complete &= complain(path, &complaints);
        Ok(())
    }

    /// Takes a table of countries.
    pub fn take_countries(&mut self, path: &Path) -> Result<(), String> {
        let shown = visible(&path.display().to_string()).into_owned();
        let bytes = fs::read(path).map_err(|error| format!("{shown} can't be read: {error}"))?;
        let table =
            CountryTable::read(&input::name_of(path), &bytes).map_err(|sentence| format!("{shown}: {sentence}"))?;
        self.case.countries = Some(table);
        Ok(())
    }

    fn take_policy(&mut self, path: &Path) -> Result<(), String> {
        let bytes = fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
        let (policy, complaints) = read_policy(&bytes);
        self.case.policy = policy;
        self.complete &= complain(path, &complaints);
        Ok(())
    }
}

/// The beginning of a file, enough to tell a sites.csv or policy.csv by its header.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(8192).read_to_end(&mut head)?;
    Ok(head)
}

/// A name that no other file of the case has: `conn.log`, `conn.log (2)`, as on the page.
fn fresh_name(names: &mut BTreeSet<String>, given: &str) -> String {
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
