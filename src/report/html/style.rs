//! The report's style sheet. The label of who may see it stands in the margin of every printed page.

use crate::scene::figure::Tlp;

/// The style sheet. All that varies are the label, its colour (as FIRST gives it for TLP 2.0, on black), and our own id.
pub fn style(tlp: Tlp, case_id: &str) -> String {
    // The id goes into the style sheet as it stands, so only what a hash is written with may be in it.
    let id: String = case_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let colour = match tlp {
        Tlp::Red => "#ff2b2b",
        Tlp::AmberStrict | Tlp::Amber => "#ffc000",
        Tlp::Green => "#33ff00",
        Tlp::Clear => "#ffffff",
    };
    SHEET.replace("TLP-LABEL", tlp.label()).replace("TLP-COLOUR", colour).replace("CASE-ID", &id)
}

const SHEET: &str = r#"
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 14px/1.5 "Noto Sans", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic", Meiryo, "Segoe UI", Arial, sans-serif; color: #1b1f24; background: #fff; max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .4rem 0 .2rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; padding-bottom: .2rem; border-bottom: 2px solid #1b1f24; break-after: avoid; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; break-after: avoid; }
h4 { font-size: .9rem; margin: .8rem 0 .2rem; break-after: avoid; color: #444c56; }
p { margin: .3rem 0 .6rem; }
.tlp { display: inline-block; background: #000; color: TLP-COLOUR; font-weight: 700; padding: .1rem .6rem; letter-spacing: .03em; }
.banner { border: 2px solid #b3261e; color: #8c1d18; font-weight: 700; padding: .4rem .7rem; margin: .6rem 0; }
.lead { font-size: 1.05rem; }
.quiet { color: #57606a; font-size: .88em; }
.finding { border-left: 4px solid #57606a; padding: .1rem 0 .1rem .9rem; margin: 1.2rem 0; }
.finding.policy { border-color: #b3261e; }
.finding.novelty { border-color: #b35900; }
.finding.behaviour { border-color: #6750a4; }
.finding.campaign { border-color: #00639b; }
blockquote { margin: .3rem 0 .6rem; padding: .2rem .8rem; border-left: 3px solid #d0d7de; }
figure { margin: 1rem 0; break-inside: avoid; }
figure img { width: 100%; height: auto; border: 1px solid #d0d7de; }
img.usual, figure img.usual { display: block; width: 300px; max-width: 100%; margin: .4rem 0; border: 1px solid #d0d7de; break-inside: avoid; }
.small { display: grid; grid-template-columns: repeat(auto-fill, minmax(18.8rem, 1fr)); gap: .2rem 1rem; }
.small figure { margin: .2rem 0; }
figcaption { font-size: .9em; color: #444c56; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; font-size: .85em; }
th, td { text-align: left; vertical-align: top; padding: .2rem .5rem .2rem 0; border-bottom: 1px solid #d0d7de; overflow-wrap: anywhere; }
th { border-bottom: 1.5px solid #57606a; white-space: nowrap; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
table.numbers td:nth-child(n+4) { font-variant-numeric: tabular-nums; white-space: nowrap; }
table.weak td:is(:nth-child(1), :nth-child(4), :nth-child(5), :last-child) { white-space: nowrap; }
table.weak td:is(:nth-child(3), :nth-child(8)) { overflow-wrap: normal; }
table.weak td:nth-child(2) { min-width: 7rem; }
table.weak td:nth-child(7) { min-width: 9rem; }
table.hashes td { font-family: "Noto Sans Mono", "DejaVu Sans Mono", Consolas, monospace; font-size: .9em; }
dl { display: grid; grid-template-columns: minmax(6rem, 11rem) 1fr; gap: .1rem 1rem; margin: .3rem 0 .6rem; }
dt { color: #57606a; }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: .2rem 0 .6rem; padding-left: 1.3rem; }
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; }
  a { color: inherit; }
}
@page {
  size: A4;
  margin: 20mm 16mm 18mm;
  @top-left { content: "TLP-LABEL"; font: 700 9pt Arial, sans-serif; color: #000; }
  @top-right { content: "Kyoten · CASE-ID"; font: 8pt Arial, sans-serif; color: #57606a; }
  @bottom-left { content: "TLP-LABEL"; font: 700 9pt Arial, sans-serif; color: #000; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt Arial, sans-serif; color: #57606a; }
}
"#;
