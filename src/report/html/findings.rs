//! The report's findings with their rows, all links, and what could not be judged.

use super::markup::base64;
use super::{Report, number};
use crate::case::acts::standing;
use crate::case::document::Finding;
use crate::case::document::usual::Usual;
use crate::finding;
use crate::paint::svg;
use crate::phrase;
use crate::scene::{self, Palette};
use crate::sorting::LeanSort as _;

/// How many services of links the report lists.
const MOST_LINKS: usize = 400;

/// A chance as the sentences tell it.
fn chance(p: f64) -> String {
    phrase::chance(p).english().to_owned()
}

impl Report<'_> {
    pub(super) fn findings(&mut self) {
        let w = self.words;
        self.out.element("<h2>", w.findings, "</h2>");
        if self.document.findings.is_empty() {
            self.out.element("<p>", w.nothing_found, "</p>");
        }
        let (weak, counted): (Vec<&Finding>, Vec<&Finding>) =
            self.document.findings.iter().partition(|finding| finding.is_weak(&self.document.decisions));
        for finding in counted {
            self.finding(finding);
        }
        if !weak.is_empty() {
            self.weak(&weak);
        }
    }

    /// What is weak, one line each: it is told, and not counted.
    fn weak(&mut self, weak: &[&Finding]) {
        let w = self.words;
        self.out.element("<h3>", &(w.weak)(weak.len()), "</h3>").element("<p class=\"quiet\">", w.weak_lead, "</p>");
        let rows: Vec<Vec<String>> = weak
            .iter()
            .map(|own| {
                let chance = |own: Option<f64>| own.map(chance).unwrap_or_default();
                let row = own.evidence.first().map(|row| format!("{}:{}", row.file, row.line)).unwrap_or_default();
                let link = self.link(&own.from, &own.to, own.service.as_deref().unwrap_or_default());
                let (rank, attack) = (own.rank.to_string(), own.attack.join(", "));
                vec![
                    rank,
                    link,
                    own.rule.clone(),
                    chance(own.p),
                    chance(own.q),
                    (w.claim)(own),
                    row,
                    attack,
                    own.id.clone(),
                ]
            })
            .collect();
        let names = ["#", w.link, w.rule, "p", "q", w.what, w.source, w.attack, w.finding_id];
        self.out.table("weak", &names, &rows);
        self.out.raw("<div class=\"small\">\n");
        for own in weak {
            if let Some(usual) = own.usual.as_ref().and_then(Usual::read) {
                self.out.raw("<figure>");
                self.usual(&usual);
                let link = self.link(&own.from, &own.to, own.service.as_deref().unwrap_or_default());
                self.out.element("<figcaption>", &format!("{}. {link}", own.rank), "</figcaption>").raw("</figure>\n");
            }
        }
        self.out.raw("</div>\n");
    }

    fn finding(&mut self, finding: &Finding) {
        let (w, document) = (self.words, self.document);
        let class = match finding.lane.as_str() {
            "policy" => "<section class=\"finding policy\">\n<h3>",
            "novelty" => "<section class=\"finding novelty\">\n<h3>",
            "behaviour" => "<section class=\"finding behaviour\">\n<h3>",
            "campaign" => "<section class=\"finding campaign\">\n<h3>",
            _ => "<section class=\"finding\">\n<h3>",
        };
        let service = finding.service.as_deref().unwrap_or_default();
        let heading = format!("{}. {}", finding.rank, self.link(&finding.from, &finding.to, service));
        self.out.raw(class).text(&heading).raw("</h3>\n");
        self.out.element("<p>", &(w.claim)(finding), "</p>");
        if finding.because(w.language).is_none() {
            self.out.element("<p class=\"quiet\">", w.original, "</p>");
            self.out.element("<blockquote lang=\"en\">", &finding.because, "</blockquote>");
        }
        if let Some(usual) = finding.usual.as_ref().and_then(Usual::read) {
            self.usual(&usual);
        }
        let chance = match (finding.p, finding.q) {
            (Some(p), Some(q)) => format!("p = {}, q = {}", chance(p), chance(q)),
            (Some(p), None) => format!("p = {}", chance(p)),
            (None, _) => String::new(),
        };
        let decided = standing(&document.decisions, &finding.id).map_or(String::new(), |d| {
            format!("{} ({}, {}): {}", (w.decision)(d.verdict), d.who, self.time(d.at), d.why)
        });
        let span = finding.first.zip(finding.last).map_or(String::new(), |span| self.span(Some(span)));
        let terms = [
            (w.rule, format!("{} ({})", finding.rule, (w.lane)(&finding.lane))),
            (w.also, finding.also.iter().map(|(from, to)| self.link(from, to, "")).collect::<Vec<_>>().join(", ")),
            (w.when, span),
            (w.hosts, finding.hosts.join(", ")),
            (w.accounts, finding.accounts.join(", ")),
            (w.chance, chance),
            (w.normal, finding.normal(w.language).to_owned()),
            (w.innocent, finding.innocent(w.language).join(w.between)),
            (w.attack, finding.attack.join(", ")),
            (w.decided_as, decided),
            (w.finding_id, finding.id.clone()),
        ];
        self.out.terms(&terms);
        let rows: Vec<Vec<String>> =
            (finding.evidence.iter()).map(|row| vec![row.file.clone(), number(row.line), number(row.offset)]).collect();
        self.out.element("<h4>", w.rows, "</h4>").table("rows", &[w.file, w.line, w.offset], &rows);
        self.out.raw("</section>\n");
    }

    /// The small picture of what is normal, the same as on the page.
    fn usual(&mut self, usual: &finding::usual::Usual) {
        let w = self.words;
        let says = usual.says();
        let svg = svg(
            &scene::usual::usual(usual, w.language.of_pictures()),
            Palette::Paper,
            w.normal,
            says.of(w.language),
            "",
        );
        self.out.raw("<img class=\"usual\" width=\"300\" height=\"90\" alt=\"").text(says.of(w.language));
        self.out.raw("\" src=\"data:image/svg+xml;base64,").text(&base64(svg.as_bytes())).raw("\">\n");
    }

    pub(super) fn links(&mut self) {
        let w = self.words;
        let mut services: Vec<_> = (self.document.links.iter().filter(|link| link.from != link.to))
            .flat_map(|link| link.services.iter().map(move |service| (link, service)))
            .collect();
        // Links inside the organisation first: those to the outside are many, and each is little.
        let outside = |name: &str| crate::sites::Party::outside_named(name).is_some();
        services.lean_sort_by_key(|(link, _)| outside(&link.from) || outside(&link.to));
        let rows: Vec<Vec<String>> = (services.iter().take(MOST_LINKS))
            .map(|(link, s)| {
                let ends = [&link.from, &link.to].map(|name| self.called(name).into_owned());
                let mut row: Vec<String> = ends.into_iter().chain([s.service.clone()]).collect();
                row.extend([s.flows, s.established, s.denied, s.failed, s.bytes_out, s.bytes_in].map(number));
                row.extend([self.time_or_not(s.first), self.time_or_not(s.last)]);
                row
            })
            .collect();
        self.out.element("<h2>", w.links, "</h2>").element("<p class=\"quiet\">", w.links_lead, "</p>");
        let names = [
            w.from,
            w.to,
            w.service,
            w.flows,
            w.established,
            w.denied,
            w.failed,
            w.bytes_out,
            w.bytes_in,
            w.first,
            w.last,
        ];
        self.out.table("numbers", &names, &rows);
        if services.len() > MOST_LINKS {
            self.out.element("<p class=\"quiet\">", &(w.more_links)(services.len() - MOST_LINKS), "</p>");
        }
    }

    pub(super) fn negatives(&mut self) {
        let w = self.words;
        self.out.element("<h2>", w.negatives, "</h2>").element("<p class=\"quiet\">", w.negatives_lead, "</p>");
        let rows: Vec<Vec<String>> = (self.document.not_enough_evidence.iter())
            .map(|refrain| {
                let link = match (&refrain.from, &refrain.to) {
                    (Some(from), Some(to)) => self.link(from, to, refrain.service.as_deref().unwrap_or_default()),
                    _ => String::new(),
                };
                vec![refrain.rule.clone(), link, refrain.because(w.language).to_owned()]
            })
            .collect();
        if rows.is_empty() {
            self.out.element("<p>", w.none, "</p>");
        }
        self.out.table("refrains", &[w.rule, w.link, w.because], &rows);
    }
}
