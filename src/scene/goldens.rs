//! Golden pictures: of few sites in full, as the SVG that a person can look at; of many by their size and the digest of
//! their marks. Generated and looked at (`KYOTEN_FIGURES=1` writes them to `target/figures`), never typed.

use sha2::{Digest, Sha256};

use super::graph::{Layout, View, graph};
use super::matrix::matrix;
use super::network::{Lens, network};
use super::samples::{self, Case};
use super::words::Language;
use super::{Palette, Scene};

/// Three offices with addresses for names, in IPv6.
fn three() -> Case {
    let mut case = Case::of(&[
        ("2001:db8:1::/48", "JP", 35.68, 139.77),
        ("2001:db8:2::/48", "TH", 13.75, 100.5),
        ("fd00:66::/32", "ID", -6.2, 106.8),
    ]);
    case.link(samples::site(1), samples::site(0), samples::tcp(445), 0, 30, 7_000_000);
    case.link(samples::site(2), samples::site(0), samples::tcp(443), 0, 96, 9_000_000_000);
    case.link(samples::site(0), samples::site(2), samples::tcp(443), 0, 96, 9_000_000);
    let gravity = crate::finding::Gravity::Violation;
    case.finding(samples::site(1), samples::site(0), samples::tcp(445), gravity, "The policy forbids it.");
    case
}

fn two_thousand_links() -> Case {
    let mut case = samples::many(120);
    let mut n = 0_u32;
    while case.survey.links.len() < 2000 {
        case.link(samples::site(n % 120), samples::site((n * 7 + n / 120 + 1) % 120), samples::tcp(443), 0, 1, 1_000);
        n += 1;
    }
    case
}

/// What a picture is, in a line: its texts, lines, areas, circles and spots, and the digest of all of it.
pub fn told(scene: &Scene) -> String {
    let mut counts = [0_usize; 4];
    for mark in &scene.marks {
        counts[match mark {
            super::Mark::Text { .. } => 0,
            super::Mark::Line { .. } => 1,
            super::Mark::Area { .. } => 2,
            super::Mark::Circle { .. } => 3,
        }] += 1;
    }
    let digest: String = Sha256::digest(scene.to_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let [texts, lines, areas, circles] = counts;
    format!("{texts} texts, {lines} lines, {areas} areas, {circles} circles, {} spots; {digest}", scene.spots.len())
}

#[test]
fn every_picture_is_legible_and_looks_as_it_did() {
    let cases = [
        ("one", Case::of(&[("Tokyo DC", "JP", 35.68, 139.77)])),
        ("three", three()),
        ("many12", samples::many(12)),
        ("many60", samples::many(60)),
        ("many300", samples::many(300)),
        ("links2000", two_thousand_links()),
        ("hostile", samples::hostile()),
    ];
    let mut out = Vec::new();
    for (name, case) in &cases {
        for language in [Language::English, Language::Japanese] {
            let words = language.of_pictures();
            let network = network(&case.material(), Lens::default());
            for (kind, layout) in [
                ("ring", Some(Layout::Ring(network.centre()))),
                ("map", Some(Layout::Map)),
                ("force", Some(Layout::Force)),
                ("matrix", None),
            ] {
                // The languages differ in words alone, and the large pictures take their time.
                if language == Language::Japanese && (network.nodes.len() > 12 || kind == "force") {
                    continue;
                }
                let picture = match layout {
                    Some(layout) => graph(&network, &View::of(1000.0, 640.0, layout, words)),
                    None => matrix(&network, 1000.0, 640.0, (None, None), words),
                };
                samples::show(&format!("golden-{name}-{kind}-{}", language.code()), &picture.scene, Palette::Light);
                samples::assert_legible(&picture.scene, 8.0);
                out.push(format!("{name} {kind} {}: {}", language.code(), told(&picture.scene)));
            }
        }
    }
    insta::assert_snapshot!(out.join("\n"));
}

#[test]
fn three_sites_look_as_they_did() {
    let case = three();
    let network = network(&case.material(), Lens::default());
    let view = View::of(480.0, 300.0, Layout::Ring(network.centre()), Language::Japanese.of_pictures());
    let scene = graph(&network, &view).scene;
    insta::assert_snapshot!(crate::paint::svg(&scene, Palette::Paper, "Three sites", "IPv6, in Japanese.", ""));
}
