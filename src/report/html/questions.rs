//! The report's questions: where else the like occurred, and what can be said not to have occurred.

use super::Report;

/// How many rows of a site are named.
const MOST_ROWS: usize = 3;

impl Report<'_> {
    pub(super) fn sweeps(&mut self) {
        let (w, document) = (self.words, self.document);
        if document.sweeps.is_empty() {
            return;
        }
        self.out.element("<h2>", w.sweeps, "</h2>").element("<p class=\"quiet\">", w.sweeps_lead, "</p>");
        for own in &document.sweeps {
            self.out.element("<h3>", &(w.sweep_of)(own), "</h3>");
            let rows: Vec<Vec<String>> = (own.sites.iter())
                .map(|site| {
                    let at = site.evidence.iter().take(MOST_ROWS).map(|row| format!("{}:{}", row.file, row.line));
                    vec![
                        self.called(&site.site).into_owned(),
                        (w.outcome)(&site.outcome).to_owned(),
                        site.marks(w.language).join(w.between),
                        site.first.map(|at| self.time(at)).unwrap_or_default(),
                        site.last.map(|at| self.time(at)).unwrap_or_default(),
                        site.hosts.join(", "),
                        format!("{} / {}", site.days_with_logs, site.days),
                        at.collect::<Vec<_>>().join(", "),
                    ]
                })
                .collect();
            let names = [w.site, w.verdict, w.marks, w.first, w.last, w.hosts, w.days_with_logs, w.rows];
            self.out.table("sweep", &names, &rows);
            if !own.relays.is_empty() {
                self.out.element("<h4>", w.relays, "</h4>");
                self.out.list(&own.relays.iter().map(w.relay).collect::<Vec<_>>());
            }
        }
    }

    pub(super) fn statements(&mut self) {
        let (w, document) = (self.words, self.document);
        if document.negatives.is_empty() {
            return;
        }
        self.out.element("<h2>", w.statements, "</h2>").element("<p class=\"quiet\">", w.statements_lead, "</p>");
        for own in &document.negatives {
            self.out.element("<p><strong>", &(w.negative)(own), "</strong></p>");
            let mut told: Vec<String> =
                (own.links.iter()).map(|(from, to, ran)| format!("{}: {ran}", self.link(from, to, ""))).collect();
            told.extend(own.gaps.iter().map(|(sensor, start, hours)| {
                format!("{}: {}", sensor, (w.gap)(&self.time(*start), i64::from(*hours)))
            }));
            self.out.list(&told);
        }
    }
}
