//! Reads the import and export statements of one module, and the module's text without them.

use super::masking::{is_word, line_of, mask};

/// One module, read.
pub struct Module {
    /// Its imports, in order.
    pub imports: Vec<Import>,
    /// Its exports: the name inside, and the name outside.
    pub exports: Vec<(String, String)>,
    /// Its text, as many lines as before, with the statements taken out.
    pub body: String,
}

/// One import statement.
pub struct Import {
    /// The file, as written.
    pub from: String,
    /// What is taken from it.
    pub binding: Binding,
    /// Where the statement stands, from 1.
    pub line: usize,
}

/// What an import statement takes.
pub enum Binding {
    /// `import "./x.js";`
    Nothing,
    /// `import * as name from "./x.js";`
    Everything(String),
    /// `import { a, b as c } from "./x.js";`: the name outside, and the name here.
    Names(Vec<(String, String)>),
}

/// Why a module is not joined.
pub struct Refusal {
    /// The line, from 1.
    pub line: usize,
    /// What stands there that the joiner does not know.
    pub reason: String,
}

/// Reads a module.
pub fn read(text: &str) -> Result<Module, Refusal> {
    let masked = mask(text)?;
    let mut reading = Reading {
        text,
        masked: &masked,
        code: masked.as_bytes(),
        module: Module { imports: vec![], exports: vec![], body: String::new() },
    };
    let mut kept_to = 0;
    let mut depth = 0i64;
    let mut place = 0;
    while place < reading.code.len() {
        let word = reading.word(place);
        match (word, reading.code[place]) {
            ("", b'{' | b'(' | b'[') => depth += 1,
            ("", b'}' | b')' | b']') => depth -= 1,
            ("import" | "export", _) if reading.is_property(place, word) => {}
            ("await", _) if depth == 0 && !reading.line_before(place).contains("async") => {
                return Err(
                    reading.refuse(place, "a classic script cannot await at its top: put it into an async function")
                );
            }
            ("import" | "export", _) if depth > 0 || !reading.line_before(place).is_empty() => {
                return Err(reading.refuse(
                    place,
                    "import and export must begin a line at the top of a module (no dynamic import, no import.meta)",
                ));
            }
            ("import", _) => {
                let end = reading.import(place)?;
                reading.cut(kept_to, place, end);
                (kept_to, place) = (end, end);
                continue;
            }
            ("export", _) => {
                let end = reading.export(place)?;
                reading.cut(kept_to, place, end);
                (kept_to, place) = (end, end);
                continue;
            }
            _ => {}
        }
        place += word.len().max(1);
    }
    reading.module.body.push_str(&text[kept_to..]);
    for (local, _) in &reading.module.exports {
        for keyword in ["let", "var"] {
            if let Some(line) = text.lines().position(|line| {
                line.starts_with(&format!("{keyword} {local} ")) || line.starts_with(&format!("{keyword} {local};"))
            }) {
                let line = text
                    .lines()
                    .skip(line)
                    .position(|line| line.starts_with("export"))
                    .map_or(line, |after| line + after)
                    + 1;
                return Err(Refusal {
                    line,
                    reason: format!(
                        "{local} may change after it was exported: export a constant, or a function that tells it"
                    ),
                });
            }
        }
    }
    Ok(reading.module)
}

struct Reading<'a> {
    text: &'a str,
    /// The text with literals and comments blanked, and the same as bytes.
    masked: &'a str,
    code: &'a [u8],
    module: Module,
}

impl<'a> Reading<'a> {
    /// `import …`; returns where the statement ends.
    fn import(&mut self, start: usize) -> Result<usize, Refusal> {
        let unknown = || {
            self.refuse(start, "the joiner knows `import { a, b as c } from \"./x.js\";`, `import * as x from \"./x.js\";` and `import \"./x.js\";`")
        };
        let mut at = self.skip(start + "import".len());
        let binding = match self.code.get(at) {
            Some(b'"') => Binding::Nothing,
            Some(b'*') => {
                at = self.expect(at + 1, "as").ok_or_else(unknown)?;
                let name = self.word(self.skip(at));
                at = self.expect(self.skip(at) + name.len(), "from").ok_or_else(unknown)?;
                Binding::Everything(name.to_owned())
            }
            Some(b'{') => {
                let (names, after) = self.names(at).ok_or_else(unknown)?;
                at = self.expect(after, "from").ok_or_else(unknown)?;
                Binding::Names(names)
            }
            _ => return Err(unknown()),
        };
        let open = self.skip(at);
        if self.code.get(open) != Some(&b'"') {
            return Err(unknown());
        }
        let close = open + 1 + self.text[open + 1..].find('"').ok_or_else(unknown)?;
        let end = self.expect(close + 1, ";").ok_or_else(unknown)?;
        let import = Import { from: self.text[open + 1..close].to_owned(), binding, line: line_of(self.code, start) };
        self.module.imports.push(import);
        Ok(end)
    }

    /// `export …`; returns where the part ends that is to be taken out, which for a declaration is the word alone.
    fn export(&mut self, start: usize) -> Result<usize, Refusal> {
        let unknown = || {
            self.refuse(start, "the joiner knows `export function`, `export async function`, `export class`, `export const name = …;` and `export { a, b as c };`")
        };
        let declared = self.skip(start + "export".len());
        if self.code.get(declared) == Some(&b'{') {
            let (names, after) = self.names(declared).ok_or_else(unknown)?;
            let end = self.expect(after, ";").ok_or_else(unknown)?;
            self.module.exports.extend(names);
            return Ok(end);
        }
        let after = ["async function*", "async function", "function*", "function", "class", "const"]
            .iter()
            .find_map(|form| self.expect(declared, form))
            .ok_or_else(unknown)?;
        let name = self.word(self.skip(after)).to_owned();
        if name.is_empty() {
            return Err(unknown());
        }
        if self.word(declared) == "const" {
            self.one_declaration(start, self.skip(after) + name.len())?;
        }
        self.module.exports.push((name.clone(), name));
        Ok(declared)
    }

    /// `export const a = 1, b = 2;` would export `a` alone here.
    fn one_declaration(&self, start: usize, from: usize) -> Result<(), Refusal> {
        let mut depth = 0;
        for byte in &self.code[from..] {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                b';' if depth == 0 => return Ok(()),
                b',' if depth == 0 => break,
                _ => {}
            }
        }
        Err(self.refuse(start, "an exported constant is declared alone and ends with a semicolon"))
    }

    /// `{ a, b as c }`: the pairs, and where it ends.
    fn names(&self, open: usize) -> Option<(Vec<(String, String)>, usize)> {
        let close = open + self.code[open..].iter().position(|byte| *byte == b'}')?;
        let inside = std::str::from_utf8(&self.code[open + 1..close]).ok()?;
        let mut names = vec![];
        for item in inside.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let words: Vec<&str> = item.split_whitespace().collect();
            let (name, local) = match words[..] {
                [name] => (name, name),
                [name, "as", local] => (name, local),
                _ => return None,
            };
            if name == "default"
                || local == "default"
                || !item.bytes().all(|byte| is_word(byte) || byte.is_ascii_whitespace())
            {
                return None;
            }
            names.push((name.to_owned(), local.to_owned()));
        }
        Some((names, close + 1))
    }

    /// Keeps the text up to `start` and, of what is taken out up to `end`, the line breaks, so that lines keep their numbers.
    fn cut(&mut self, from: usize, start: usize, end: usize) {
        let text = self.text;
        self.module.body.push_str(&text[from..start]);
        self.module.body.extend(text[start..end].chars().filter(|letter| *letter == '\n'));
    }

    /// Where `wanted` ends, when it comes next.
    fn expect(&self, from: usize, wanted: &str) -> Option<usize> {
        let mut at = from;
        for part in wanted.split(' ') {
            at = self.skip(at);
            let found = self.code[at..].starts_with(part.as_bytes());
            let whole =
                !part.bytes().all(is_word) || !self.code.get(at + part.len()).is_some_and(|byte| is_word(*byte));
            if !(found && whole) {
                return None;
            }
            at += part.len();
        }
        Some(at)
    }

    fn skip(&self, from: usize) -> usize {
        from + self.code[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    /// The name that begins at a place; empty where none does.
    fn word(&self, from: usize) -> &'a str {
        let length = self.code[from..].iter().take_while(|byte| is_word(**byte)).count();
        &self.masked[from..from + length]
    }

    /// `object.import`, `{ import: 1 }`.
    fn is_property(&self, place: usize, word: &str) -> bool {
        let before = self.code[..place].trim_ascii_end().last();
        let after = self.code.get(self.skip(place + word.len()));
        before == Some(&b'.') || after == Some(&b':')
    }

    fn line_before(&self, place: usize) -> &'a str {
        let start = self.code[..place].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        &self.masked[start..place]
    }

    fn refuse(&self, place: usize, reason: &str) -> Refusal {
        Refusal { line: line_of(self.code, place), reason: reason.to_owned() }
    }
}
