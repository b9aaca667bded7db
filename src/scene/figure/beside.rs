//! What goes beside the figure into the report: its caption, its alternative text, and its links as CSV.

use super::super::network::{Card, Network};
use super::super::words::{self, Words};
use super::content::FigureContent;
use crate::evidence::table::cell;
use crate::evidence::text::visible;
use crate::sites::Party;

/// The caption: number, title, window and coverage.
pub fn caption(content: &FigureContent) -> String {
    let words = content.words();
    let window = content.window.map_or_else(|| words.no_times.to_owned(), |window| words.span(window));
    let mut parts = vec![(words.figure_number)(content.number), content.title.clone()];
    parts.push(content.subtitle.clone());
    if content.synthetic {
        parts.push(words.synthetic.to_owned());
    }
    if content.veiled {
        parts.push(words.pseudonyms.to_owned());
    }
    parts.push(format!("{window}; {}", content.coverage));
    let sentence = |part: &String| part.trim_end_matches(['.', '。']).to_owned();
    let parts: Vec<String> = parts.iter().filter(|part| !part.is_empty()).map(sentence).collect();
    let text = if content.language == words::Language::Japanese { parts.join("。") } else { parts.join(". ") };
    visible(&text).into_owned()
}

/// The alternative text: what a reader who can't see the picture should know.
pub fn alternative(content: &FigureContent, network: &Network) -> String {
    let words = content.words();
    let mut out = vec![format!("{}.", caption(content)), (words.overview)(network.nodes.len(), network.edges.len())];
    for step in &content.steps {
        let service = &step.service;
        let (from, to, state) = (&step.from, &step.to, (words.state)(step.state));
        let because = step.because.trim_end_matches('.');
        let acted: Vec<String> =
            step.acted.iter().map(|(kind, at, ran)| (words.acted)(*kind, &words::minute(*at), *ran)).collect();
        out.push(format!(
            "{}: {from} → {to}, {service}, {state}. {because}. {}. {}",
            step.number,
            words.step_volume(step),
            acted.join(" "),
        ));
    }
    visible(out.join(" ").trim_end()).into_owned()
}

/// The links as CSV (RFC 4180), one row a service of a link. A text that a spreadsheet would take for a formula is quoted
/// with an apostrophe.
pub fn links_csv(network: &Network, cards: &[Card], words: &Words) -> String {
    let name = |party: Party| cards.iter().find(|card| card.party == party).map_or("", |card| card.name.as_str());
    let mut out = String::from(
        "from,to,number,state,cut,service,sessions,established,denied,failed,bytes_out,bytes_in,first_utc,last_utc,findings\r\n",
    );
    for edge in &network.edges {
        for (service, totals) in &edge.services {
            let time = |at: Option<crate::flow::Moment>| at.map(words::second).unwrap_or_default();
            let row = [
                name(edge.key.from).to_owned(),
                name(edge.key.to).to_owned(),
                edge.number.map(|n| n.to_string()).unwrap_or_default(),
                (words.state)(edge.state).to_owned(),
                if edge.cut { (words.state)(super::super::network::State::Cut).to_owned() } else { String::new() },
                service.to_string(),
                totals.connections().to_string(),
                totals.established.to_string(),
                totals.denied.to_string(),
                totals.failed.to_string(),
                totals.bytes_out.to_string(),
                totals.bytes_in.to_string(),
                time(totals.first),
                time(totals.last),
                edge.findings.join(" "),
            ];
            out.push_str(&row.map(|text| cell(&visible(&text))).join(","));
            out.push_str("\r\n");
        }
    }
    out
}
