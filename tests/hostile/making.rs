//! What the cases share: logs made of good and bad records, the way through the pipeline, and what must hold of any file.

use kyoten::case::document::case_json;
use kyoten::case::{Analysis, Case};
use kyoten::policy::csv::read_policy;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Order, Reading};
use kyoten::report::figure;
use kyoten::sites::SiteBook;
use kyoten::sites::import::read_sites;

pub const SITES: &[u8] = b"site,cidr,lat,lon\nTokyo,10.1.0.0/16,35.6,139.7\nBangkok,10.2.0.0/16,13.7,100.5\n";

/// Header of a Zeek conn.log with the fields of [`zeek_row`].
pub const ZEEK: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
    #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n";

/// A row of a Zeek conn.log: the n-th connection of a day, from Bangkok to Tokyo.
pub fn zeek_row(n: usize) -> String {
    let (minute, host) = (1_591_833_600 + 60 * (n % 1440), n % 200 + 1);
    format!("{minute}.250000\tC{n:017}\t10.2.0.{host}\t50000\t10.1.0.9\t445\ttcp\t-\t1.5\t{n}\t7\tSF\n")
}

/// A Zeek log of so many rows.
pub fn zeek(rows: usize) -> Vec<u8> {
    let mut text = ZEEK.to_owned();
    (0..rows).for_each(|n| text.push_str(&zeek_row(n)));
    text.into_bytes()
}

/// The header of the table whose rows [`csv_row`] writes.
pub const CSV: &str = "start_time,src_host,dst_host,dst_port,proto,bytes_out,action,user,sensor\n";

/// A row of that table; the texts must be quoted where they need it.
pub fn csv_row(source: &str, destination: &str, user: &str, sensor: &str) -> String {
    format!("2020-06-11T01:00:00Z,{source},{destination},445,tcp,100,allow,{user},{sensor}\n")
}

/// A cell as RFC 4180 quotes it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Good and bad records in a shuffled but fixed order, and how many of each.
pub struct Manifest {
    pub bytes: Vec<u8>,
    pub good: u64,
    pub bad: u64,
}

/// A log of `good` good and `bad` bad Zeek rows.
pub fn mixed(good: usize, bad: usize) -> Manifest {
    const BAD: [&str; 6] = [
        "oops\n",
        "1591833600\tCx\t10.2.0.1\t99999\t10.1.0.9\t445\ttcp\t-\t-\t-\t-\tSF\n",
        "1591833600\tCx\t010.2.0.1\t1\t10.1.0.9\t445\ttcp\t-\t-\t-\t-\tSF\n",
        "1591833600\tCx\t10.2.0.1\t1\t10.1.0.9\t445\ttcp\t-\t-\tmany\t-\tSF\n",
        "yesterday\tCx\t10.2.0.1\t1\t10.1.0.9\t445\ttcp\t-\t-\t-\t-\tSF\n",
        "\"\\{}[],\u{202e}\u{0}\n",
    ];
    let mut bytes = ZEEK.as_bytes().to_vec();
    let (mut goods, mut bads) = (0, 0);
    while goods + bads < good + bad {
        // Bad rows are spread evenly.
        let due = (goods + bads + 1) * bad / (good + bad);
        if bads < due {
            bytes.extend_from_slice(BAD[bads % BAD.len()].as_bytes());
            bads += 1;
        } else {
            bytes.extend_from_slice(zeek_row(goods).as_bytes());
            goods += 1;
        }
    }
    Manifest { bytes, good: good as u64, bad: bad as u64 }
}

/// A case with the two sites, and these files read in this order, in chunks of this size.
pub fn case_of(files: &[(&str, &[u8])], chunk: usize) -> Case {
    let mut case = Case::default();
    case.book = read_sites(SITES).0;
    case.policy = read_policy(b"from,to,service,verdict,reason\nBangkok,Tokyo,tcp/445,deny,no shares\n").0;
    for (name, bytes) in files {
        add(&mut case, name, bytes.chunks(chunk.max(1)));
    }
    case
}

/// Reads a file into the case.
pub fn add<'b>(case: &mut Case, name: &str, chunks: impl Iterator<Item = &'b [u8]>) {
    let order = case.reading_order(name);
    let mut reading = Reading::new(name, order.order.clone(), order.counting(name));
    chunks.for_each(|chunk| reading.feed(chunk));
    let (receipt, counting) = reading.finish();
    assert_eq!(receipt.imbalance(), None, "{name}");
    case.add(order.result(receipt, counting));
}

/// The receipt and the ledger's bytes of a file, without a book.
pub fn read(bytes: &[u8], chunk: usize) -> (Receipt, Vec<u8>) {
    read_with(Order::default(), bytes, chunk)
}

/// As [`read`], by an order.
pub fn read_with(order: Order, bytes: &[u8], chunk: usize) -> (Receipt, Vec<u8>) {
    let book = SiteBook::default();
    let counting = kyoten::reading::count::Counting::new(book.for_evidence("x.log"), "x.log");
    let mut reading = Reading::new("x.log", order, counting);
    bytes.chunks(chunk.max(1)).for_each(|chunk| reading.feed(chunk));
    let (receipt, counting) = reading.finish();
    assert_eq!(receipt.imbalance(), None, "{:?}…", String::from_utf8_lossy(&bytes[..bytes.len().min(300)]));
    (receipt, counting.into_ledger().to_bytes())
}

/// The receipt of a file read whole, which is the same in chunks of 1, 7 and 65,536 bytes; so is the ledger.
pub fn receipt(bytes: &[u8]) -> Receipt {
    let whole = read(bytes, bytes.len());
    for chunk in [1, 7, 65_536] {
        // Reading a large file byte by byte takes long, and its first part shows as much.
        if chunk > 7 || bytes.len() < 200_000 {
            assert!(read(bytes, chunk) == whole, "chunks of {chunk}");
        }
    }
    whole.0
}

/// Each malformed reason with its count, line, offset and what was found.
pub fn malformed(receipt: &Receipt) -> Vec<(String, u64, u64, u64, String)> {
    let reasons = receipt.accounts.malformed.0.iter();
    reasons
        .map(|(reason, (tally, example))| {
            let example = example.as_ref().expect("a malformed record has a place");
            (reason.clone(), tally.count, example.place.line, example.place.offset, example.found.clone())
        })
        .collect()
}

/// Everything that leaves Kyoten for a case, looked through for text that acts. Gives the case document.
pub fn inert(case: &Case) -> (Analysis, serde_json::Value) {
    let analysis = case.analyse();
    let json = case_json(case, &analysis);
    assert!(!json.chars().any(|c| acts(c) && c != '\n'), "the document holds a character that acts");
    let options = figure::Options::default();
    inert_svg(&figure::svg(case, &analysis, &options));
    inert_csv(&figure::links_csv(case, &analysis, &options));
    inert_csv(&analysis.book.to_csv());
    inert_csv(&case.policy.to_csv());
    for text in [figure::caption(case, &analysis, &options), figure::alternative(case, &analysis, &options)] {
        assert!(!text.chars().any(acts), "{text:?}");
    }
    (analysis, serde_json::from_str(&json).expect("the document is JSON"))
}

/// No element but those that the painter writes, and no text that is not escaped.
pub fn inert_svg(svg: &str) {
    const ELEMENTS: [&str; 15] = [
        "svg",
        "/svg",
        "title",
        "/title",
        "desc",
        "/desc",
        "rect",
        "text",
        "/text",
        "polyline",
        "polygon",
        "circle",
        "line",
        "metadata",
        "/metadata",
    ];
    for (at, _) in svg.match_indices('<') {
        let name = svg[at + 1..].split([' ', '>', '/', '\n']).next().unwrap_or_default();
        let name =
            if svg[at + 1..].starts_with('/') { &svg[at + 1..at + 1 + svg[at + 1..].find('>').unwrap()] } else { name };
        assert!(ELEMENTS.contains(&name), "<{name}> in the figure");
    }
    for tag in svg.split('<').filter_map(|tag| tag.split('>').next()) {
        let tag = tag.to_lowercase();
        // The painter's own attributes name the font and the colours; a log's text never stands in a tag.
        assert!(!tag.contains(" on") && !tag.contains("href") && !tag.contains("url("), "{tag}");
    }
    assert!(!svg.chars().any(|c| acts(c) && c != '\n'), "the figure holds a character that acts");
}

/// No cell begins as a formula, in any spreadsheet's reading of the delimiters.
pub fn inert_csv(csv: &str) {
    for row in csv.lines() {
        for cell in row.split(',') {
            let cell = cell.trim_start_matches('"');
            let number = cell.trim_end_matches('"').parse::<f64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']), "{row:?}");
        }
    }
}

/// What no text that is shown may hold.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
