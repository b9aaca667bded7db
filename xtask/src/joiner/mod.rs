//! Joins the ES modules reachable from one into a single classic script, which is all that a sealed page on `file://` can
//! run. It knows the plain forms of import and export and refuses every other with its place, so what it joins is right.
//!
//! Each module becomes a function that runs once, in the order of its imports, and returns its exports. Imports are taken
//! once as constants, not as live bindings: that is the same thing as long as an export is never assigned again and no two
//! modules import each other, so `export let` and cycles are refused.

mod masking;
mod statements;

use crate::workspace::shown;
use anyhow::{Context, Result, bail};
use statements::{Binding, Module};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The classic script that does what the module `entry` would do.
pub fn join(entry: &Path) -> Result<String> {
    let mut joining = Joining::default();
    joining.add(&tidy(entry))?;
    Ok(format!("\"use strict\";\n(() => {{\n{}}})();\n", joining.script))
}

/// The files that `join` would read, the entry last.
#[cfg(test)]
fn reached(entry: &Path) -> Result<Vec<PathBuf>> {
    let mut joining = Joining::default();
    joining.add(&tidy(entry))?;
    Ok(joining.order)
}

#[derive(Default)]
struct Joining {
    script: String,
    order: Vec<PathBuf>,
    /// Modules that are joined already, by path, with the names they export.
    done: BTreeMap<PathBuf, Vec<String>>,
    /// Modules that wait for one of their imports.
    open: Vec<PathBuf>,
}

impl Joining {
    fn add(&mut self, path: &Path) -> Result<()> {
        if self.done.contains_key(path) {
            return Ok(());
        }
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", shown(path)))?;
        let module = statements::read(&text)
            .map_err(|refusal| anyhow::anyhow!("{}:{}: {}", shown(path), refusal.line, refusal.reason))?;
        self.open.push(path.to_owned());
        let mut taken = String::new();
        for import in &module.imports {
            let at = format!("{}:{}", shown(path), import.line);
            let Some(relative) =
                import.from.strip_prefix("./").or_else(|| import.from.starts_with("../").then_some(&import.from))
            else {
                bail!("{at}: \"{}\" is not a file beside this one: imports start with ./ or ../", import.from);
            };
            let target = tidy(&path.parent().expect("a module lies in a folder").join(relative));
            if self.open.contains(&target) {
                bail!("{at}: {} imports this file in turn: a joined script cannot run a cycle", shown(&target));
            }
            self.add(&target).with_context(|| at.clone())?;
            let exported = &self.done[&target];
            let variable = self.variable(&target);
            match &import.binding {
                Binding::Nothing => {}
                Binding::Everything(name) => writeln!(taken, "const {name} = {variable};")?,
                Binding::Names(names) => {
                    if let Some((missing, _)) = names.iter().find(|(name, _)| !exported.contains(name)) {
                        bail!("{at}: {} does not export {missing}", shown(&target));
                    }
                    let pairs: Vec<String> = names.iter().map(|(name, local)| format!("{name}: {local}")).collect();
                    writeln!(taken, "const {{ {} }} = {variable};", pairs.join(", "))?;
                }
            }
        }
        self.open.pop();
        self.order.push(path.to_owned());
        self.done.insert(path.to_owned(), module.exports.iter().map(|(_, name)| name.clone()).collect());
        self.write(path, &module, &taken)
    }

    fn write(&mut self, path: &Path, module: &Module, taken: &str) -> Result<()> {
        let given: Vec<String> = module.exports.iter().map(|(local, name)| format!("{name}: {local}")).collect();
        writeln!(self.script, "// {}", shown(path))?;
        writeln!(self.script, "const {} = (function () {{\n{taken}{}", self.variable(path), module.body.trim_end())?;
        writeln!(self.script, "return Object.freeze({{ __proto__: null, {} }});\n}})();", given.join(", "))?;
        Ok(())
    }

    /// The constant that holds a module's exports. The sign keeps it apart from every name that a module may use.
    fn variable(&self, path: &Path) -> String {
        let place = self.order.iter().position(|known| known == path).expect("a module is ordered before it is used");
        format!("module\u{24}{place}")
    }
}

/// A path without `.` and `..`, so that one file has one name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                tidied.pop();
            }
            part => tidied.push(part),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes modules into a folder of their own and joins `main.js`.
    fn joined(name: &str, files: &[(&str, &str)]) -> Result<String> {
        let folder = std::env::temp_dir().join(format!("kyoten-joiner-{}-{name}", std::process::id()));
        for (file, text) in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
            std::fs::write(path, text)?;
        }
        let outcome = join(&folder.join("main.js"));
        std::fs::remove_dir_all(folder)?;
        outcome
    }

    fn refusal(name: &str, main: &str) -> String {
        let files = [("main.js", main), ("a.js", "export const a = 1;\n")];
        let error = joined(name, &files).expect_err("it must be refused");
        let text = format!("{error:#}");
        text.rsplit_once("main.js:").map(|(_, end)| end.to_owned()).unwrap_or(text)
    }

    #[test]
    fn an_imported_module_runs_before_its_importer_and_once() {
        let script = joined("order", &[
            ("main.js", "import { a as b } from \"./a.js\";\nimport * as deep from \"./in/deep.js\";\nconsole.log(b, deep.c);\n"),
            ("a.js", "export const a = 1;\n"),
            ("in/deep.js", "import { a } from \"../a.js\";\nexport const c = a;\n"),
        ])
        .expect("it joins");
        assert_eq!(script.matches("const a = 1;").count(), 1);
        let places: Vec<_> = ["const a = 1;", "const c = a;", "console.log"].map(|part| script.find(part)).to_vec();
        assert!(places.is_sorted() && places[0].is_some(), "{script}");
    }

    #[test]
    fn reached_files_are_listed_once_with_the_entry_last() {
        let www = workspace_www();
        let order = reached(&www.join("main.js")).expect("the page joins");
        assert_eq!(order.last(), Some(&www.join("main.js")));
    }

    fn workspace_www() -> PathBuf {
        tidy(&crate::workspace::root().join("www"))
    }

    #[test]
    fn words_in_strings_and_comments_are_no_statements() {
        let main = "// import x\n/* export\nexport default 1 */\nconst s = 'import(\"x\")';\nconst t = `\nexport default ${`import`}`;\nconst r = /import [/]\"/;\n";
        assert!(joined("strings", &[("main.js", main)]).is_ok());
    }

    #[test]
    fn a_property_named_import_is_no_statement() {
        assert!(
            joined("property", &[("main.js", "const o = { import: 1 };\nconsole.log(o.import, o?.export);\n")]).is_ok()
        );
    }

    #[test]
    fn what_it_does_not_know_is_refused_with_its_line() {
        assert!(refusal("default", "const a = 1;\nexport default a;\n").starts_with("2: "));
        assert!(refusal("dynamic", "\nimport(\"./a.js\");\n").starts_with("2: "));
        assert!(refusal("meta", "f(import.meta.url);\n").starts_with("1: "));
        assert!(refusal("again", "export { a } from \"./a.js\";\n").starts_with("1: "));
        assert!(refusal("star", "export * from \"./a.js\";\n").starts_with("1: "));
        assert!(refusal("let", "\n\nexport let a = 1;\n").starts_with("3: "));
        assert!(refusal("let-later", "let a = 1;\nexport { a };\n").starts_with("2: "));
        assert!(refusal("two", "export const a = 1, b = 2;\n").starts_with("1: "));
        assert!(refusal("pattern", "export const { a } = { a: 1 };\n").starts_with("1: "));
        assert!(refusal("plain-default", "import a from \"./a.js\";\n").starts_with("1: "));
        assert!(refusal("bare", "import { a } from \"a\";\n").starts_with("1: "));
        assert!(refusal("missing", "import { b } from \"./a.js\";\n").starts_with("1: "));
        assert!(refusal("await", "await 1;\n").starts_with("1: "));
        assert!(refusal("attributes", "import { a } from \"./a.js\" with { type: \"x\" };\n").starts_with("1: "));
        assert!(refusal("unclosed", "const a = `\n").starts_with("1: "));
    }

    #[test]
    fn a_cycle_is_refused() {
        let files = [
            ("main.js", "import { a } from \"./a.js\";\nexport const b = a;\n"),
            ("a.js", "import { b } from \"./main.js\";\nexport const a = b;\n"),
        ];
        assert!(format!("{:#}", joined("cycle", &files).expect_err("it must be refused")).contains("cycle"));
    }
}
