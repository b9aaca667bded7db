//! Every link and service as CSV: the table beside the figure, safe to open in a spreadsheet.

use crate::calendar;
use crate::case::Analysis;
use crate::evidence::table::cell;
use crate::flow::Moment;

const HEADER: &str =
    "from,to,service,connections,established,denied,failed,bytes_out,bytes_in,hosts_from,hosts_to,first,last,accounts";

/// Writes the table.
pub fn links_csv(analysis: &Analysis) -> String {
    let mut text = String::from(HEADER);
    text.push_str("\r\n");
    for (key, link) in &analysis.survey.links {
        for (service, record) in &link.services {
            let totals = &record.totals;
            let (hosts_from, hosts_to) = record.hosts();
            let moment = |at: Option<Moment>| at.map_or_else(String::new, |at| calendar::second(at, 0));
            let accounts: Vec<&str> = record.accounts.keys().map(String::as_str).collect();
            let cells = [
                analysis.book.name_of(key.from).to_owned(),
                analysis.book.name_of(key.to).to_owned(),
                service.to_string(),
                totals.connections().to_string(),
                totals.established.to_string(),
                totals.denied.to_string(),
                totals.failed.to_string(),
                totals.bytes_out.to_string(),
                totals.bytes_in.to_string(),
                hosts_from.to_string(),
                hosts_to.to_string(),
                moment(totals.first),
                moment(totals.last),
                accounts.join("; "),
            ];
            text.push_str(&cells.map(|text| cell(&text)).join(","));
            text.push_str("\r\n");
        }
    }
    text
}
