//! Holds the arrows between the modules: a module uses those above it in [`ORDER`], never one below; only `web` names the
//! browser, only `paint` and `web` name plotters, and the core has no clock, no randomness, no files, no network.
//!
//! It reads the paths in `src/**.rs` as written, without comments, texts and tests.

use std::fs;
use std::path::Path;

/// The way of the data. `lib.rs` declares the modules in this order.
const ORDER: [&str; 21] = [
    "sorting",
    "flow",
    "calendar",
    "phrase",
    "sample",
    "evidence",
    "formats",
    "sites",
    "policy",
    "ledger",
    "reading",
    "finding",
    "detectors",
    "scoping",
    "case",
    "placing",
    "scene",
    "paint",
    "report",
    "containment",
    "web",
];

/// Paths that only some modules may name, and which; with none, only `web` and the command line.
const RESERVED: [(&str, &[&str]); 16] = [
    ("wasm_bindgen", &["web"]),
    ("serde_wasm_bindgen", &["web"]),
    ("web_sys", &["web"]),
    ("js_sys", &["web"]),
    ("plotters", &["paint", "web"]),
    ("plotters_backend", &["paint", "web"]),
    ("plotters_canvas", &["paint", "web"]),
    ("std::time::SystemTime", &[]),
    ("std::time::Instant", &[]),
    ("std::fs", &[]),
    ("std::env", &[]),
    ("std::net::TcpStream", &[]),
    ("std::net::TcpListener", &[]),
    ("std::net::UdpSocket", &[]),
    ("rand", &[]),
    ("getrandom", &[]),
];

#[test]
fn every_arrow_points_up() {
    let mut sources = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    assert!(sources.len() > 20, "the sources were not found: {sources:?}");
    let violations = violations(&sources);
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

/// All Rust files below a folder with their path in it, in order.
fn gather(folder: &Path, prefix: &str, sources: &mut Vec<(String, String)>) {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        let (path, own) = (folder.join(&name), format!("{prefix}{name}"));
        if path.is_dir() {
            gather(&path, &format!("{own}/"), sources);
        } else if own.ends_with(".rs") {
            sources.push((own, fs::read_to_string(path).expect("a source is UTF-8")));
        }
    }
}

fn violations(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    let for_tests: Vec<String> = sources.iter().flat_map(|(file, text)| test_modules(file, text)).collect();
    for (file, text) in sources {
        let module = module_of(file);
        if file.starts_with("bin/") || for_tests.iter().any(|own| module.starts_with(own.as_str())) {
            continue;
        }
        let top = module.split("::").next().unwrap_or_default();
        let paths = paths(&tokens(without_tests(text)));
        if module.is_empty() {
            found.extend(order_of_declarations(text));
        } else if rank(top).is_none() {
            found.push(format!("{file}: the module {top} has no place in the order of tests/layering.rs"));
        }
        for path in paths.iter().map(|path| path.join("::")) {
            let used = resolved(&module, &path);
            if let (Some(own), Some(other)) = (rank(top), used.as_deref().and_then(rank))
                && other > own
            {
                found.push(format!("{file}: {top} uses {} (as {path}), which stands below it", ORDER[other]));
            }
            for (reserved, allowed) in RESERVED {
                let named = path == reserved || path.starts_with(&format!("{reserved}::"));
                if named && top != "web" && !allowed.contains(&top) {
                    found.push(format!("{file}: {path} may not be named here"));
                }
            }
        }
    }
    found
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|own| *own == module)
}

/// `sites/import.rs` is `sites::import`; `lib.rs` is the root.
fn module_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

/// The top module that a path leads to, if it begins at the root or climbs there.
fn resolved(module: &str, path: &str) -> Option<String> {
    let mut parts = path.split("::").peekable();
    let mut place: Vec<&str> = if parts.next_if_eq(&"crate").is_some() {
        Vec::new()
    } else if parts.peek() == Some(&"super") {
        let mut own: Vec<&str> = module.split("::").collect();
        while parts.next_if_eq(&"super").is_some() {
            own.pop();
        }
        own
    } else {
        return None;
    };
    place.extend(parts);
    place.first().map(|top| (*top).to_owned())
}

/// Modules that a file declares for tests only: `#[cfg(test)] mod stream;`.
fn test_modules(file: &str, text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut modules = Vec::new();
    for (at, window) in tokens.windows(7).enumerate() {
        if window == ["#", "[", "cfg", "(", "test", ")", "]"] {
            let rest = tokens[at + 7..].iter().take(8).map(String::as_str).collect::<Vec<_>>();
            if let Some(name) = rest.windows(3).find(|w| w[0] == "mod" && w[2] == ";").map(|w| w[1]) {
                let parent = module_of(file);
                modules.push(if parent.is_empty() { name.to_owned() } else { format!("{parent}::{name}") });
            }
        }
    }
    modules
}

/// The text before its tests, which stand at the end.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests {").map_or(text, |at| &text[..at])
}

fn order_of_declarations(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let declared: Vec<usize> =
        tokens.windows(3).filter(|w| w[0] == "mod" && w[2] == ";").filter_map(|w| rank(&w[1])).collect();
    let wrong = declared.windows(2).filter(|pair| pair[0] > pair[1]);
    wrong.map(|pair| format!("lib.rs: {} is declared before {}", ORDER[pair[0]], ORDER[pair[1]])).collect()
}

/// The words and marks of Rust code, without comments, texts and characters.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
        } else if c == 'r' && matches!(at(i + 1), '"' | '#') && raw_end(&chars, i).is_some() {
            i = raw_end(&chars, i).unwrap_or(chars.len());
        } else if c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let begin = i;
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            tokens.push(chars[begin..i].iter().collect());
            // `br"…"` and `b"…"` leave their prefix, which no path begins with.
        } else if c == ':' && at(i + 1) == ':' {
            tokens.push("::".to_owned());
            i += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            i += 1;
        }
    }
    tokens
}

/// Where a raw text that begins here ends.
fn raw_end(chars: &[char], begin: usize) -> Option<usize> {
    let hashes = chars[begin + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(begin + 1 + hashes) != Some(&'"') {
        return None;
    }
    let mut i = begin + 2 + hashes;
    while i < chars.len() {
        let closing = chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
        if closing {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(chars.len())
}

/// All paths of the code, `use a::{b, c::d}` taken apart.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = if is_word(&tokens[at]) { path(tokens, at, &[], &mut paths) } else { at + 1 };
    }
    paths
}

/// Takes the path that begins here, with what stands before it; gives where it ends.
fn path(tokens: &[String], mut at: usize, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut own = before.to_vec();
    loop {
        own.push(tokens[at].clone());
        let next = |n: usize| tokens.get(at + n).map_or("", String::as_str);
        if next(1) != "::" {
            paths.push(own);
            return at + 1;
        }
        if next(2) == "{" {
            at += 3;
            while at < tokens.len() && tokens[at] != "}" {
                at = if is_word(&tokens[at]) { path(tokens, at, &own, paths) } else { at + 1 };
            }
            return at + 1;
        }
        if !is_word(next(2)) {
            paths.push(own);
            return at + 2;
        }
        at += 2;
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod made_up {
    use super::violations;

    fn judged(file: &str, text: &str) -> usize {
        violations(&[(file.to_owned(), text.to_owned())]).len()
    }

    #[test]
    fn an_arrow_downward_is_found_in_every_spelling() {
        for text in [
            "use crate::ledger::Ledger;",
            "use crate::{flow::Flow, ledger::{Ledger, survey}};",
            "fn f() -> crate::ledger::Totals {}",
            "use super::ledger::Ledger;",
            "fn f<'a>(x: &'a crate::ledger::Totals) {}",
            "const Q: char = '\"'; use crate::ledger;",
            "const Q: &str = r#\"\"#; use crate::ledger;",
        ] {
            assert!(judged("sites/mod.rs", text) > 0, "{text}");
        }
        assert_eq!(judged("sites/import.rs", "use super::super::ledger::Ledger;"), 1);
    }

    #[test]
    fn an_arrow_upward_is_none() {
        for text in [
            "use crate::sites::Party;",
            "use super::capped::Capped;",
            "// use crate::detectors::ALL;",
            "/* crate::web /* nested */ crate::web */",
            "const X: &str = \"crate::web::page\";",
            "/// See [`crate::report`].\nfn f() {}",
            "use crate::flow;\n#[cfg(test)]\nmod tests {\n    use crate::detectors::ALL;\n}",
        ] {
            assert_eq!(judged("ledger/survey.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn reserved_names_are_held_to_their_modules() {
        for (file, text, count) in [
            ("scene/mod.rs", "use plotters::prelude::*;", 1),
            ("paint/svg.rs", "use plotters::prelude::*;", 0),
            ("paint/canvas.rs", "use web_sys::CanvasRenderingContext2d;", 1),
            ("web/canvas.rs", "use web_sys::CanvasRenderingContext2d;", 0),
            ("formats/zeek.rs", "use std::{fs, time::{Duration, Instant}};", 2),
            ("formats/zeek.rs", "use std::net::{IpAddr, TcpStream};", 1),
            ("formats/zeek.rs", "use std::net::IpAddr; use std::time::Duration;", 0),
            ("detectors/mod.rs", "let n = rand::random();", 1),
            ("bin/kyoten.rs", "use std::fs;", 0),
        ] {
            assert_eq!(judged(file, text), count, "{file}: {text}");
        }
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        assert_eq!(judged("helpers/mod.rs", ""), 1);
        assert_eq!(judged("lib.rs", "pub mod ledger;\npub mod flow;"), 1);
        assert_eq!(judged("lib.rs", "pub mod flow;\npub mod ledger;"), 0);
    }

    #[test]
    fn a_module_for_tests_may_use_all() {
        let sources = [
            ("sites/mod.rs", "#[cfg(test)]\npub(crate) mod stream;"),
            ("sites/stream.rs", "use crate::ledger::Ledger;"),
        ];
        assert!(violations(&sources.map(|(file, text)| (file.to_owned(), text.to_owned()))).is_empty());
    }
}
