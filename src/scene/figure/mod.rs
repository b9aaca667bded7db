//! The figure for the report: picture, timeline, numbered steps, legend and provenance on one sheet, laid out to fit.

pub mod beside;
mod cards;
pub mod content;
mod foot;
mod head;

use super::graph::{self, Layout, View};
use super::network::Network;
use super::timeline::timeline;
use super::{Ink, Pen, Point, Rect, Scene};
use crate::finding::Finding;
use crate::flow::Hour;
use crate::ledger::survey::Survey;
pub use content::{Basis, EvidenceFile, FigureContent, Step, Tlp};

/// The sheet. A scene unit is a point (1/72 inch).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sheet {
    /// 297 × 210 mm.
    #[default]
    A4Landscape,
    /// 210 × 297 mm.
    A4Portrait,
    /// 16:9, for slides.
    Wide,
}

impl Sheet {
    /// Its width and height in points.
    pub fn size(self) -> (f32, f32) {
        match self {
            Sheet::A4Landscape => (842.0, 595.0),
            Sheet::A4Portrait => (595.0, 842.0),
            Sheet::Wide => (960.0, 540.0),
        }
    }
}

/// What is drawn on the sheet.
#[derive(Debug, Clone, Copy)]
pub struct Pictured<'a> {
    /// The sites and links.
    pub network: &'a Network,
    /// What the timeline shows.
    pub survey: &'a Survey,
    /// In rank order.
    pub findings: &'a [Finding],
    /// How sites are placed.
    pub layout: Layout,
    /// The hours that were chosen.
    pub brush: Option<(Hour, Hour)>,
}

const MARGIN: f32 = 28.0;
const GAP: f32 = 12.0;
const TIMELINE: f32 = 70.0;
/// The part of the page's width that the steps take beside the picture.
const BESIDE: f32 = 0.33;

/// Composes the figure. For a white ground paint it with [`super::Palette::Paper`].
pub fn figure(content: &FigureContent, pictured: Pictured<'_>, sheet: Sheet) -> Scene {
    let (width, height) = sheet.size();
    let mut pen = Pen::new(width, height);
    let page = Rect::new(0.0, 0.0, width, height).grown(-MARGIN);
    let below_head = head::draw(&mut pen, content, page);

    // The foot first: what it does not need is left to the picture.
    let columns = if sheet == Sheet::A4Portrait { 2 } else { 3 };
    let blank = graph::Picture { scene: Scene::default(), shown: 0, of: 0, unnamed: 0 };
    let foot_height = foot::draw(&mut Pen::new(width, height), content, pictured.network, &blank, page, columns);
    let foot = Rect { top: page.bottom - foot_height, ..page };
    let body = Rect { top: below_head, bottom: foot.top - GAP, ..page };

    let (left, steps) = if sheet == Sheet::A4Portrait {
        let needed = cards::height(&content.steps, content.further_findings, body.width(), 2);
        let split = (body.bottom - needed - GAP).clamp(body.top + body.height() * 0.42, body.top + body.height() * 0.7);
        (Rect { bottom: split, ..body }, Rect { top: split + GAP, ..body })
    } else {
        let split = body.right - body.width() * BESIDE;
        (Rect { right: split - GAP, ..body }, Rect { left: split, ..body })
    };
    let picture_area = Rect { bottom: left.bottom - TIMELINE - 6.0, ..left };
    let view = View {
        width: picture_area.width(),
        height: picture_area.height(),
        layout: pictured.layout,
        chosen: None,
        pointed: None,
    };
    let picture = graph::graph(pictured.network, &view);
    pen.stamp(&picture.scene, picture_area.left, picture_area.top);
    pen.frame(picture_area, 0.75, Ink::Rule);
    let strip = timeline(pictured.survey, pictured.findings, pictured.brush, left.width(), TIMELINE);
    pen.stamp(&strip.scene, left.left, left.bottom - TIMELINE);

    let columns_of_cards = if sheet == Sheet::A4Portrait { 2 } else { 1 };
    cards::draw(&mut pen, &content.steps, content.further_findings, steps, columns_of_cards);
    pen.line(&[Point::new(page.left, foot.top - 6.0), Point::new(page.right, foot.top - 6.0)], 0.75, Ink::Rule);
    foot::draw(&mut pen, content, pictured.network, &picture, foot, columns);
    pen.scene()
}

#[cfg(test)]
mod tests {
    use super::super::Palette;
    use super::super::network::{Lens, network};
    use super::super::samples::{self, Case};
    use super::*;

    const SHEETS: [(Sheet, &str); 3] =
        [(Sheet::A4Landscape, "a4"), (Sheet::A4Portrait, "portrait"), (Sheet::Wide, "wide")];

    fn content(case: &Case, network: &Network) -> FigureContent {
        let hash = |n: usize| format!("{:016x}", 0xfedc_ba98_7654_3210_u64.wrapping_mul(n as u64 * 977 + 3)).repeat(4);
        let evidence = ["fw-bangkok_2020-06.log", "fw-jakarta_2020-06.log", "conn.2020-06-01.log.gz", "vpc-flow.gz"];
        FigureContent {
            number: 1,
            title: "Bangkok office reached Kobe works over tcp/445 on 10 June 2020, which the policy forbids; three more sites followed".into(),
            tlp: Tlp::AmberStrict,
            synthetic: true,
            window: case.survey.window,
            coverage: content::coverage(&case.survey),
            steps: content::steps(network, &case.cards, &case.findings, |sight| format!("fw-bangkok_2020-06.log:{}", sight.place.line)),
            further_findings: case.findings.len().saturating_sub(9),
            filters: vec![],
            evidence: evidence
                .iter()
                .enumerate()
                .map(|(n, name)| EvidenceFile { name: (*name).into(), sha256: hash(n + 1) })
                .collect(),
            tool: "Kyoten 0.1.0".into(),
            case_id: "3f9a-77c2".into(),
            unknowns: vec!["the zone of the clock of conn.2020-06-01.log.gz; its times are shown as if UTC".into()],
        }
    }

    fn composed(case: &Case, layout: Layout, sheet: Sheet, change: impl Fn(&mut FigureContent)) -> Scene {
        let network = network(&case.survey, &case.cards, &case.findings, Lens::default());
        let layout = if layout == Layout::Ring(None) { Layout::Ring(network.centre()) } else { layout };
        let mut content = content(case, &network);
        change(&mut content);
        let pictured =
            Pictured { network: &network, survey: &case.survey, findings: &case.findings, layout, brush: None };
        figure(&content, pictured, sheet)
    }

    #[test]
    fn nothing_overlaps_or_is_cropped_on_any_sheet() {
        let cases = [
            ("model", samples::model()),
            ("many12", samples::many(12)),
            ("many60", samples::many(60)),
            ("one", Case::of(&[("Tokyo DC", "JP", 35.68, 139.77)])),
            ("hostile", samples::hostile()),
        ];
        for (name, case) in &cases {
            for (sheet, size) in SHEETS {
                for (layout, kind) in [(Layout::Map, "map"), (Layout::Ring(None), "ring")] {
                    let scene = composed(case, layout, sheet, |_| {});
                    samples::show(&format!("figure-{name}-{size}-{kind}"), &scene, Palette::Paper);
                    samples::assert_legible(&scene, 8.0);
                }
            }
        }
    }

    #[test]
    fn much_text_is_cut_and_never_overlaps() {
        let case = samples::many(12);
        for (sheet, _) in SHEETS {
            let scene = composed(&case, Layout::Ring(None), sheet, |content| {
                content.title = "A very long title that goes on and on ".repeat(12);
                content.coverage = "many sensors and many gaps, ".repeat(20);
                content.evidence = (0..40)
                    .map(|n| EvidenceFile { name: format!("{n}-{}", "long".repeat(30)), sha256: "ab".repeat(32) })
                    .collect();
                content.unknowns = vec!["something that nobody knows and that takes long to say ".repeat(6); 9];
                content.filters = vec!["a filter with many words ".repeat(9)];
                for step in &mut content.steps {
                    step.because = "Because of a great many things. ".repeat(30);
                    step.accounts = vec!["administrator@example.org".into(); 40];
                }
            });
            samples::assert_legible(&scene, 8.0);
        }
    }

    #[test]
    fn what_a_report_needs_stands_on_it() {
        let scene = composed(&samples::model(), Layout::Map, Sheet::A4Landscape, |_| {});
        let text: Vec<&str> = scene.text_boxes().into_iter().map(|(_, text)| text).collect();
        let text = text.join("\n");
        for needed in [
            "Figure 1",
            "TLP:AMBER+STRICT",
            "SYNTHETIC SAMPLE",
            "UTC+00:00",
            "Bangkok office → Kobe works",
            "tcp/445",
            "svc_backup",
            "fw-bangkok_2020-06.log:41207",
            "1.21 GB out, 86.4 MB back",
            "allowed",
            "violation",
            "anomalous",
            "suspected",
            "10 of 10 links shown",
            "no filter",
            "Kyoten 0.1.0",
            "Observed",
            "Not known",
            "1 GB",
        ] {
            assert!(text.contains(needed), "“{needed}” is missing:\n{text}");
        }
    }

    #[test]
    fn a_link_that_looks_like_a_formula_is_quoted() {
        let mut case = Case::of(&[("=cmd()", "", 0.0, 0.0), ("a,\"b\"", "", 0.0, 1.0)]);
        case.link(samples::site(0), samples::site(1), samples::tcp(22), 0, 1, 1_000);
        let network = network(&case.survey, &case.cards, &case.findings, Lens::default());
        let csv = beside::links_csv(&network, &case.cards);
        let row = csv.lines().nth(1).unwrap();
        assert!(
            row.starts_with("'=cmd(),\"a,\"\"b\"\"\",,no finding,tcp/22,40,40,0,0,1000,71,2020-06-01 00:00:00"),
            "{row}"
        );
    }

    #[test]
    fn the_alternative_text_tells_the_steps() {
        let case = samples::model();
        let network = network(&case.survey, &case.cards, &case.findings, Lens::default());
        let text = beside::alternative(&content(&case, &network), &network);
        assert!(text.contains("1: Bangkok office to Kobe works, tcp/445, violation."), "{text}");
        assert!(text.starts_with("Figure 1. Bangkok office reached"), "{text}");
    }
}
