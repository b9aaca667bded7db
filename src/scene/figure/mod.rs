//! The figure for the report: picture, timeline, numbered steps, legend and provenance on one sheet, laid out to fit.

pub mod beside;
mod cards;
pub mod content;
mod foot;
mod head;

use super::graph::{self, Layout, Picture, View};
use super::matrix;
use super::network::{Material, Network};
use super::timeline::{self, Sums, timeline};
use super::{Anchor, Face, Ink, Pen, Point, Rect, Scene, widths};
use crate::flow::Hour;
use crate::sites::Party;
use cards::Plan;
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
    /// The sheet of this word.
    pub fn read(word: &str) -> Option<Sheet> {
        [Sheet::A4Landscape, Sheet::A4Portrait, Sheet::Wide].into_iter().find(|sheet| sheet.word() == word)
    }

    /// `a4-landscape`, `a4-portrait`, `16:9`.
    pub fn word(self) -> &'static str {
        match self {
            Sheet::A4Landscape => "a4-landscape",
            Sheet::A4Portrait => "a4-portrait",
            Sheet::Wide => "16:9",
        }
    }

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
#[derive(Clone, Copy)]
pub struct Pictured<'a> {
    /// The sites and links.
    pub network: &'a Network,
    /// What they and the timeline are made of.
    pub material: &'a Material<'a>,
    /// How sites are placed; as a matrix where absent.
    pub layout: Option<Layout>,
    /// Where the analyst put sites, in parts of the picture's width and height.
    pub pins: &'a [(Party, (f32, f32))],
    /// The hours that were chosen.
    pub brush: Option<(Hour, Hour)>,
}

const MARGIN: f32 = 28.0;
const GAP: f32 = 12.0;
/// The height of the timeline's bars.
const BARS: f32 = 30.0;
/// Room for the sentence about what is not listed.
const REST: f32 = 13.0;

/// What the composer decided: where the picture with its timeline stands, where the steps, and how closely they are set.
struct Composition {
    picture: Rect,
    steps: Rect,
    plan: Plan,
}

/// Composes the figure. For a white ground paint it with [`super::Palette::Paper`].
pub fn figure(content: &FigureContent, pictured: Pictured<'_>, sheet: Sheet) -> Scene {
    let (width, height) = sheet.size();
    let words = content.words();
    let mut pen = Pen::writing(width, height, words);
    let page = Rect::new(0.0, 0.0, width, height).grown(-MARGIN);
    let below_head = head::draw(&mut pen, content, page);

    // The foot first: what it does not need is left to the picture.
    let columns = if sheet == Sheet::A4Portrait { 2 } else { 3 };
    let blank = Picture { scene: Scene::default(), shown: 0, of: 0, unnamed: 0 };
    let mut scratch = Pen::writing(width, height, words);
    let foot_height = foot::draw(&mut scratch, content, pictured.network, &blank, page, columns);
    let foot = Rect { top: page.bottom - foot_height, ..page };
    let body = Rect { top: below_head, bottom: foot.top - GAP, ..page };

    let composition = compose(content, &pictured, sheet, body);
    // The bars and lanes give way before the picture, but no lane is left out for it while the picture keeps its half.
    let tall = composition.picture.height();
    let strip_height = timeline::height(pictured.material, BARS)
        .min((tall * 0.32).max(timeline::least_height(pictured.material)))
        .min(tall * 0.5);
    let picture_area = Rect { bottom: composition.picture.bottom - strip_height - 4.0, ..composition.picture };
    let picture = picture(&pictured, picture_area, content);
    pen.stamp(&picture.scene, picture_area.left, picture_area.top);
    pen.frame(picture_area, 0.75, Ink::Rule);
    let sums = Sums::of(pictured.material.survey);
    let strip = timeline(pictured.material, &sums, pictured.brush, picture_area.width(), strip_height, words);
    pen.stamp(&strip.scene, picture_area.left, composition.picture.bottom - strip_height);

    steps(&mut pen, content, &composition);
    pen.line(&[Point::new(page.left, foot.top - 6.0), Point::new(page.right, foot.top - 6.0)], 0.75, Ink::Rule);
    foot::draw(&mut pen, content, pictured.network, &picture, foot, columns);
    pen.scene()
}

/// Beside the picture on a broad sheet, below it on a tall one; the picture gives way as far as the steps need it.
fn compose(content: &FigureContent, pictured: &Pictured<'_>, sheet: Sheet, body: Rect) -> Composition {
    let words = content.words();
    let rest = if content.further_findings > 0 { REST } else { 0.0 };
    let strip = timeline::height(pictured.material, BARS);
    if sheet == Sheet::A4Portrait {
        let least = (body.height() * 0.4).max(strip + 160.0).min(body.height() * 0.6);
        let room = body.height() - least - GAP - rest;
        let plan = cards::plan(&content.steps, words, (body.width(), room), 2);
        let needed = cards::needed(&content.steps, words, body.width(), &plan).min(room) + rest;
        let most = (body.height() * 0.74).max(least);
        let split = (body.bottom - needed.max(20.0) - GAP).min(body.top + most);
        return Composition { picture: Rect { bottom: split, ..body }, steps: Rect { top: split + GAP, ..body }, plan };
    }
    let height = body.height() - rest;
    let beside = |part: f32| {
        let split = body.right - body.width() * part;
        (Rect { right: split - GAP - 2.0, ..body }, Rect { left: split, ..body })
    };
    // The picture gives way by and by; a narrow one is worse than a later step without its sessions.
    let tries = match sheet {
        Sheet::Wide => [(0.33, 1), (0.36, 1), (0.4, 1), (0.5, 2)],
        Sheet::A4Landscape | Sheet::A4Portrait => [(0.33, 1), (0.36, 1), (0.39, 1), (0.42, 1)],
    };
    let mut composition = None;
    for (part, columns) in tries {
        let (picture, steps) = beside(part);
        let plan = cards::plan(&content.steps, words, (steps.width(), height), columns);
        let is_telling = plan.is_telling() && cards::needed(&content.steps, words, steps.width(), &plan) <= height;
        composition = Some(Composition { picture, steps, plan });
        if is_telling {
            break;
        }
    }
    composition.expect("there is at least one try")
}

fn picture(pictured: &Pictured<'_>, area: Rect, content: &FigureContent) -> Picture {
    match pictured.layout {
        None => matrix::matrix(pictured.network, area.width(), area.height(), (None, None), content.words()),
        Some(layout) => {
            let view =
                View { pins: pictured.pins.to_vec(), ..View::of(area.width(), area.height(), layout, content.words()) };
            graph::graph(pictured.network, &view)
        }
    }
}

fn steps(pen: &mut Pen, content: &FigureContent, composition: &Composition) {
    const BODY: Face = Face::plain(8.5);
    const FINE: Face = Face::plain(8.0);
    let area = composition.steps;
    if content.steps.is_empty() {
        let text = pen.words.no_steps;
        pen.paragraph(Point::new(area.left, area.top + 10.0), text, BODY, Ink::Muted, area.width(), 10.5);
        return;
    }
    let rest = if content.further_findings > 0 { REST } else { 0.0 };
    let room = Rect { bottom: area.bottom - rest, ..area };
    let shown = cards::draw(pen, &content.steps, room, &composition.plan);
    let left_out = (pen.words.left_out)(content.steps.len() - shown, content.further_findings);
    if !left_out.is_empty() {
        let text = widths::fitted(&left_out, FINE.size, FINE.bold, area.width());
        pen.fitted(Point::new(area.left, area.bottom - 1.0), &text, FINE, Anchor::Start, Ink::Muted, area.width());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Palette;
    use super::super::network::{Lens, network};
    use super::super::samples::{self, Case};
    use super::super::words::Language;
    use super::*;

    const SHEETS: [(Sheet, &str); 3] =
        [(Sheet::A4Landscape, "a4"), (Sheet::A4Portrait, "portrait"), (Sheet::Wide, "wide")];

    fn content(case: &Case, network: &Network) -> FigureContent {
        let words = Language::English.of_pictures();
        let hash = |n: usize| format!("{:016x}", 0xfedc_ba98_7654_3210_u64.wrapping_mul(n as u64 * 977 + 3)).repeat(4);
        let evidence = ["fw-bangkok_2020-06.log", "fw-jakarta_2020-06.log", "conn.2020-06-01.log.gz", "vpc-flow.gz"];
        FigureContent {
            number: 1,
            title: "Bangkok office reached Kobe works over tcp/445 on 10 June 2020, which the policy forbids; three more sites followed".into(),
            subtitle: "First on 10 June 2020; three more links stand out".into(),
            veiled: false,
            language: Language::English,
            tlp: Tlp::AmberStrict,
            synthetic: true,
            window: case.survey.window,
            coverage: content::coverage(&case.survey, words),
            steps: content::steps(
                network,
                &case.material(),
                words,
                |sight| format!("fw-bangkok_2020-06.log:{}", sight.place.line),
                |_| None,
            ),
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
        let network = network(&case.material(), Lens::default());
        let layout = if layout == Layout::Ring(None) { Layout::Ring(network.centre()) } else { layout };
        let mut content = content(case, &network);
        change(&mut content);
        let pictured =
            Pictured { network: &network, material: &case.material(), layout: Some(layout), pins: &[], brush: None };
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
        let network = network(&case.material(), Lens::default());
        let csv = beside::links_csv(&network, &case.cards, Language::English.of_pictures());
        let row = csv.lines().nth(1).unwrap();
        assert!(
            row.starts_with("'=cmd(),\"a,\"\"b\"\"\",,no finding,,tcp/22,40,40,0,0,1000,71,2020-06-01 00:00:00"),
            "{row}"
        );
    }

    #[test]
    fn the_alternative_text_tells_the_steps() {
        let case = samples::model();
        let network = network(&case.material(), Lens::default());
        let text = beside::alternative(&content(&case, &network), &network);
        assert!(text.contains("1: Bangkok office → Kobe works, tcp/445, violation."), "{text}");
        assert!(text.starts_with("Figure 1. Bangkok office reached"), "{text}");
    }
}
