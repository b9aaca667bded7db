//! HTML being written. Invariant: only text that stands in our sources is markup; all else goes in as text or as the value
//! of an attribute, escaped, its acting characters made visible.

use crate::paint::escaped;

/// HTML being written.
#[derive(Debug, Default)]
pub struct Markup(String);

impl Markup {
    /// Markup of our own.
    pub fn raw(&mut self, markup: &'static str) -> &mut Markup {
        self.0.push_str(markup);
        self
    }

    /// Text.
    pub fn text(&mut self, text: &str) -> &mut Markup {
        self.0.push_str(&escaped(text));
        self
    }

    /// An element with text in it.
    pub fn element(&mut self, open: &'static str, text: &str, close: &'static str) -> &mut Markup {
        self.raw(open).text(text).raw(close).raw("\n")
    }

    /// A table: its columns' names, and a row of texts each. Nothing, where there are no rows.
    pub fn table(&mut self, class: &'static str, names: &[&str], rows: &[Vec<String>]) -> &mut Markup {
        if rows.is_empty() {
            return self;
        }
        self.raw("<table class=\"").raw(class).raw("\"><thead><tr>");
        for name in names {
            self.raw("<th scope=\"col\">").text(name).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for cell in row {
                self.raw("<td>").text(cell).raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n")
    }

    /// A list of texts. Nothing, where there are none.
    pub fn list(&mut self, texts: &[String]) -> &mut Markup {
        if texts.is_empty() {
            return self;
        }
        self.raw("<ul>\n");
        for text in texts {
            self.element("<li>", text, "</li>");
        }
        self.raw("</ul>\n")
    }

    /// Terms and what is said of each. Nothing is said of what is empty.
    pub fn terms(&mut self, terms: &[(&str, String)]) -> &mut Markup {
        self.raw("<dl>\n");
        for (term, said) in terms.iter().filter(|(_, said)| !said.is_empty()) {
            self.raw("<dt>").text(term).raw("</dt><dd>").text(said).raw("</dd>\n");
        }
        self.raw("</dl>\n")
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.0
    }
}

/// Bytes in base 64 (RFC 4648 §4).
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = chunk.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(three >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn text_never_becomes_markup() {
        let mut markup = Markup::default();
        markup.table("rows", &["<a>"], &[vec!["\"><script>alert(1)</script>\u{202e}".to_owned()]]);
        let html = markup.finish();
        assert!(!html.contains("<script") && !html.contains('\u{202e}') && html.contains("&lt;a&gt;"), "{html}");
    }
}
