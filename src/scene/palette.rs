//! Inks by their role, and the colours that a palette gives them: Okabe and Ito's, deepened or lightened until each holds
//! its contrast, on a ladder of greys so that a black-and-white print still tells the states apart.

use serde::{Deserialize, Serialize};

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ink {
    /// The sheet.
    Ground,
    /// A band on the sheet.
    Panel,
    /// Land on the map.
    Land,
    /// Where land ends.
    Coast,
    /// Thin rules and leader lines.
    Rule,
    /// Hatching: no log here.
    Hatch,
    /// What is read first.
    Text,
    /// What is read second.
    Muted,
    /// A link that nobody asked about, many together.
    Faint,
    /// A link that was expected.
    Expected,
    /// Forbidden by the policy.
    Violation,
    /// Unlikely by a rule's own measure.
    Anomalous,
    /// Worth a look.
    Suspected,
    /// A site.
    Node,
    /// Bars of volume.
    Bar,
    /// What is chosen, or under the pointer.
    Accent,
    /// Text on Text, Violation, Anomalous or Suspected.
    OnMark,
    /// Black, whatever the palette: the ground of a TLP label.
    TlpGround,
    /// TLP:RED, by FIRST's TLP 2.0.
    TlpRed,
    /// TLP:AMBER.
    TlpAmber,
    /// TLP:GREEN.
    TlpGreen,
    /// TLP:CLEAR.
    TlpClear,
}

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Which colours the inks have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Palette {
    /// On a white sheet, for the report.
    #[default]
    Paper,
    /// On a light screen.
    Light,
    /// On a dark screen.
    Dark,
}

impl Palette {
    /// The colour of an ink.
    pub fn colour(self, ink: Ink) -> Colour {
        let hex = match self {
            Palette::Paper => on_light(ink, 0xffffff),
            Palette::Light => on_light(ink, 0xfbfbfa),
            Palette::Dark => on_dark(ink),
        };
        Colour((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
    }
}

fn on_light(ink: Ink, ground: u32) -> u32 {
    match ink {
        Ink::Ground => ground,
        Ink::Panel => 0xf3f4f4,
        Ink::Land => 0xeeefec,
        Ink::Coast => 0xd6d9d6,
        Ink::Rule => 0xc3c8cc,
        Ink::Hatch => 0xb4babf,
        Ink::Text => 0x15191d,
        Ink::Muted => 0x545c64,
        Ink::Faint => 0xdadee1,
        Ink::Expected => 0xa3adb6,
        Ink::Violation => 0xb33000,
        Ink::Anomalous => 0x0072b2,
        Ink::Suspected => 0x009e73,
        Ink::Node => 0x333a41,
        Ink::Bar => 0x9aa4ad,
        Ink::Accent => 0x0072b2,
        Ink::OnMark => 0xffffff,
        Ink::TlpGround | Ink::TlpRed | Ink::TlpAmber | Ink::TlpGreen | Ink::TlpClear => tlp(ink),
    }
}

fn on_dark(ink: Ink) -> u32 {
    match ink {
        Ink::Ground => 0x14181c,
        Ink::Panel => 0x1b2025,
        Ink::Land => 0x21272d,
        Ink::Coast => 0x333b43,
        Ink::Rule => 0x46505a,
        Ink::Hatch => 0x4a545e,
        Ink::Text => 0xf1f3f4,
        Ink::Muted => 0xa9b3bc,
        Ink::Faint => 0x2b3238,
        Ink::Expected => 0x5a6672,
        Ink::Violation => 0xff9a5c,
        Ink::Anomalous => 0x4fa6dc,
        Ink::Suspected => 0x1f9e78,
        Ink::Node => 0xd5dade,
        Ink::Bar => 0x6b7783,
        Ink::Accent => 0x56b4e9,
        Ink::OnMark => 0x101418,
        Ink::TlpGround | Ink::TlpRed | Ink::TlpAmber | Ink::TlpGreen | Ink::TlpClear => tlp(ink),
    }
}

/// FIRST, Traffic Light Protocol 2.0, §5: the same on every sheet, on black.
fn tlp(ink: Ink) -> u32 {
    match ink {
        Ink::TlpRed => 0xff2b2b,
        Ink::TlpAmber => 0xffc000,
        Ink::TlpGreen => 0x33ff00,
        Ink::TlpClear => 0xffffff,
        _ground => 0x000000,
    }
}

impl Colour {
    /// Relative luminance (WCAG 2.2): 0 black, 1 white.
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio (WCAG 2.2): 1 to 21.
    pub fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Palette; 3] = [Palette::Paper, Palette::Light, Palette::Dark];

    #[test]
    fn text_has_the_contrast_of_wcag() {
        for palette in ALL {
            let contrast = |a, b| palette.colour(a).contrast(palette.colour(b));
            for ground in [Ink::Ground, Ink::Panel, Ink::Land] {
                for text in [Ink::Text, Ink::Muted, Ink::Violation] {
                    assert!(contrast(text, ground) >= 4.5, "{palette:?} {text:?} on {ground:?}");
                }
            }
            for mark in [Ink::Text, Ink::Violation, Ink::Anomalous] {
                assert!(contrast(Ink::OnMark, mark) >= 4.5, "{palette:?} on {mark:?} {}", contrast(Ink::OnMark, mark));
            }
            for label in [Ink::TlpRed, Ink::TlpAmber, Ink::TlpGreen, Ink::TlpClear] {
                assert!(contrast(label, Ink::TlpGround) >= 4.5);
            }
        }
    }

    #[test]
    fn marked_links_have_the_contrast_of_graphics() {
        for palette in ALL {
            for mark in [Ink::Violation, Ink::Anomalous, Ink::Suspected] {
                let on_land = palette.colour(mark).contrast(palette.colour(Ink::Land));
                assert!(on_land >= 2.9, "{palette:?} {mark:?} {on_land}");
                let on_ground = palette.colour(mark).contrast(palette.colour(Ink::Ground));
                assert!(on_ground >= 3.0, "{palette:?} {mark:?} {on_ground}");
            }
        }
    }

    #[test]
    fn states_are_a_ladder_of_greys() {
        for palette in ALL {
            let ladder = [Ink::Violation, Ink::Anomalous, Ink::Suspected, Ink::Expected, Ink::Faint];
            let contrast: Vec<f64> =
                ladder.iter().map(|ink| palette.colour(*ink).contrast(palette.colour(Ink::Ground))).collect();
            for pair in contrast.windows(2) {
                assert!(pair[0] / pair[1] >= 1.2, "{palette:?} {contrast:?}");
            }
        }
    }

    /// Machado, Oliveira and Fernandes 2009, table 1 at severity 1.0, on linear light: without red, green, blue cones.
    const DEFICIENCIES: [(&str, [[f64; 3]; 3]); 3] = [
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        ),
    ];

    /// CIE L*a*b* (D65) as somebody with this deficiency sees a colour.
    fn seen(colour: Colour, deficiency: Option<[[f64; 3]; 3]>) -> [f64; 3] {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let times = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>());
        let light = [linear(colour.0), linear(colour.1), linear(colour.2)];
        let light = deficiency.map_or(light, |m| times(m, light).map(|c| c.clamp(0.0, 1.0)));
        let white = [0.950_47, 1.0, 1.088_83];
        let xyz = times(
            [[0.412_456, 0.357_576, 0.180_438], [0.212_673, 0.715_152, 0.072_175], [0.019_334, 0.119_192, 0.950_304]],
            light,
        );
        let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let [x, y, z] = [f(xyz[0] / white[0]), f(xyz[1] / white[1]), f(xyz[2] / white[2])];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn states_differ_with_every_common_deficiency_of_colour_vision() {
        let inks = [Ink::Violation, Ink::Anomalous, Ink::Suspected, Ink::Expected, Ink::Ground];
        let kinds = [("none", None)].into_iter().chain(DEFICIENCIES.map(|(name, matrix)| (name, Some(matrix))));
        for (name, matrix) in kinds {
            for palette in ALL {
                for (n, a) in inks.iter().enumerate() {
                    for b in &inks[n + 1..] {
                        let (p, q) = (seen(palette.colour(*a), matrix), seen(palette.colour(*b), matrix));
                        let apart = p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum::<f64>().sqrt();
                        // 2.3 is just noticed side by side; five times as much is told apart across a page. The least is
                        // that of anomalous and suspected without blue cones, which a dash and a sign tell apart as well.
                        assert!(apart >= 11.5, "{name}, {palette:?}: {a:?} and {b:?} are {apart:.1} apart");
                    }
                }
            }
        }
    }
}
