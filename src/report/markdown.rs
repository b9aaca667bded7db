//! The case for a ticket, as Markdown (CommonMark with the tables of GitHub). What comes from logs stands in code spans,
//! where no renderer makes a link, a mention, an image or HTML of it.

use std::fmt::Write;

use super::{iso_or_nothing, labels};
use crate::case::acts::standing;
use crate::case::document::Document;
use crate::evidence::text::visible;
use crate::scene::figure::Tlp;

/// How many links the ticket lists.
const MOST_LINKS: usize = 50;

/// The ticket.
pub fn markdown(document: &Document, tlp: Tlp) -> String {
    let mut out = String::new();
    _ = writeln!(out, "# Connections between sites\n\n**{}**\n", labels(document, tlp).join(" · "));
    let (first, last) = document.window.map_or((None, None), |(first, last)| (Some(first), Some(last)));
    _ = writeln!(
        out,
        "Case {}, evidence from {} to {}, by {}.\n",
        code(&document.case_id),
        iso_or_nothing(first),
        iso_or_nothing(last),
        code(&document.tool)
    );
    out.push_str("Unusual is not malicious: a finding says what the logs show and why a rule took note of it.\n");
    for notice in &document.notices {
        _ = writeln!(out, "\n> {}", code(notice));
    }
    let weak = document.findings.iter().filter(|finding| finding.is_weak(&document.decisions)).count();
    _ = writeln!(out, "\n## Findings ({})", document.findings.len() - weak);
    if weak > 0 {
        _ = writeln!(out, "\nBeside them, {weak} weak ones (q above 0.10), marked as such and not counted.");
    }
    for f in &document.findings {
        let decided = standing(&document.decisions, &f.id);
        let service = f.service.as_deref().unwrap_or("several services");
        let weak = if f.is_weak(&document.decisions) { ", weak" } else { "" };
        let (from, to) = (code(&f.from), code(&f.to));
        _ = writeln!(out, "\n{}. {from} → {to}, {} ({}){weak}", f.rank, code(service), code(&f.id));
        _ = writeln!(out, "   - {}", code(&f.because));
        _ = writeln!(out, "   - {} to {}", iso_or_nothing(f.first), iso_or_nothing(f.last));
        if !f.hosts.is_empty() {
            _ = writeln!(out, "   - Hosts: {}", code(&f.hosts.join(", ")));
        }
        if !f.accounts.is_empty() {
            _ = writeln!(out, "   - Accounts: {}", code(&f.accounts.join(", ")));
        }
        if let Some(row) = f.evidence.first() {
            let more = f.evidence.len() - 1;
            _ = writeln!(out, "   - Rows: {} and {more} more", code(&format!("{}:{}", row.file, row.line)));
        }
        if let Some(d) = decided {
            _ = writeln!(out, "   - **{}** by {}: {}", d.verdict.word(), code(&d.who), code(&d.why));
        }
    }
    if !document.actions.is_empty() {
        out.push_str(
            "\n## Actions\n\n| when | what | from | to | service | who | why |\n|---|---|---|---|---|---|---|\n",
        );
        for a in &document.actions {
            let cells = [code(&a.from), code(&a.to), code(&a.service), code(&a.who), code(&a.why)];
            _ = writeln!(out, "| {} | {} | {} |", iso_or_nothing(Some(a.at)), a.kind.word(), cells.join(" | "));
        }
    }
    out.push_str("\n## Links between sites\n\n| from | to | service | connections | ran | denied | first | last |\n|---|---|---|---|---|---|---|---|\n");
    let between = document.links.iter().filter(|link| link.from != link.to);
    let services: Vec<_> = between.flat_map(|link| link.services.iter().map(move |service| (link, service))).collect();
    for (link, s) in services.iter().take(MOST_LINKS) {
        let ends = [code(&link.from), code(&link.to), code(&s.service)].join(" | ");
        let span = [iso_or_nothing(s.first), iso_or_nothing(s.last)].join(" | ");
        _ = writeln!(out, "| {ends} | {} | {} | {} | {span} |", s.flows, s.established, s.denied);
    }
    if services.len() > MOST_LINKS {
        _ = writeln!(out, "\n{} more services of links stand in the case file.", services.len() - MOST_LINKS);
    }
    out.push_str("\n## Evidence\n\n| file | bytes | SHA-256 |\n|---|---|---|\n");
    for file in &document.evidence {
        let sha256 = file.sha256.as_deref().unwrap_or("not read to its end");
        _ = writeln!(out, "| {} | {} | {} |", code(&file.name), file.bytes, code(sha256));
    }
    out
}

/// Text in a code span: with a fence longer than any run of backticks in it, on one line, bars escaped for tables.
fn code(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn nothing_gets_out_of_a_code_span() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a|b\nc"), "`a\\|b\\u{a}c`");
        assert_eq!(code(" "), "");
    }
}
