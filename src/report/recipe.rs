//! What a figure carries of itself, so that it opens again: its options, its places, its steps, and the hashes of what it
//! was made of; as text in an SVG's `metadata` and in a PNG's `iTXt` chunk (PNG, third edition, §11.3.3.4).

use serde::{Deserialize, Serialize};

use crate::case::depiction::{ChosenStep, Pin};

/// The schema that this version writes.
pub const SCHEMA: &str = "kyoten-figure/1";
/// The keyword of the PNG chunk, and the id of the SVG element.
const KEYWORD: &str = "kyoten-figure";

/// How a figure was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the options of the figure")]
pub struct Recipe {
    pub schema: String,
    pub tool: String,
    pub case_id: String,
    pub size: String,
    pub layout: String,
    pub tlp: String,
    pub number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub language: String,
    pub pseudonyms: bool,
    /// Start and end of what was looked at, in epoch seconds; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(f64, f64)>,
    /// Only what lies within so many links of this site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<(String, u32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ChosenStep>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// Name and SHA-256 of each file; withheld under pseudonyms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<(String, String)>,
}

impl Recipe {
    /// As it is written.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string(self).expect("a recipe holds nothing that JSON cannot write");
        crate::evidence::text::inert_json(text)
    }

    /// The element that an SVG carries.
    pub fn to_svg(&self) -> String {
        let text = self.to_json().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<metadata id=\"{KEYWORD}\">{text}</metadata>\n")
    }

    /// A PNG with the recipe in it, before its end; `None` where it is no PNG.
    pub fn into_png(&self, png: &[u8]) -> Option<Vec<u8>> {
        let at = chunks(png)?.last().filter(|chunk| chunk.kind == *b"IEND")?.begin;
        // Keyword, end, not compressed, method, no language, no translated keyword, text.
        let mut body = b"iTXt".to_vec();
        body.extend(KEYWORD.as_bytes());
        body.extend([0, 0, 0, 0, 0]);
        body.extend(self.to_json().as_bytes());
        let mut out = png[..at].to_vec();
        out.extend(((body.len() - 4) as u32).to_be_bytes());
        let sum = crc(&body);
        out.extend(body);
        out.extend(sum.to_be_bytes());
        out.extend(&png[at..]);
        Some(out)
    }

    /// The recipe in a figure's bytes, SVG or PNG. `Ok(None)` where it is no figure of Kyoten's; an error where it is one that
    /// can't be read.
    pub fn read(bytes: &[u8]) -> Result<Option<Recipe>, String> {
        let Some(text) = text_in(bytes) else { return Ok(None) };
        let recipe: Recipe = serde_json::from_slice(text.as_bytes())
            .map_err(|e| format!("the figure says how it was made, but that can't be read: {e}"))?;
        if recipe.schema != SCHEMA {
            return Err(format!("the figure was made by another version: {}, not {SCHEMA}", recipe.schema));
        }
        Ok(Some(recipe))
    }
}

/// Figures are small; what is larger is evidence, and is not searched for a recipe.
const MOST: usize = 64 << 20;

fn text_in(bytes: &[u8]) -> Option<String> {
    if bytes.len() > MOST {
        return None;
    }
    if let Some(chunks) = chunks(bytes) {
        let own = chunks.iter().filter(|chunk| chunk.kind == *b"iTXt").find_map(|chunk| {
            chunk.body.strip_prefix(KEYWORD.as_bytes()).and_then(|body| body.strip_prefix(&[0, 0, 0, 0, 0]))
        })?;
        return Some(String::from_utf8_lossy(own).into_owned());
    }
    if !bytes.trim_ascii_start().starts_with(b"<svg") {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, after) = text.split_once(&format!("<metadata id=\"{KEYWORD}\">"))?;
    let (own, _) = after.split_once("</metadata>")?;
    Some(own.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

struct Chunk<'b> {
    kind: [u8; 4],
    body: &'b [u8],
    /// Where its length stands.
    begin: usize,
}

/// The chunks of a PNG, as far as they are whole; `None` where it is none.
fn chunks(bytes: &[u8]) -> Option<Vec<Chunk<'_>>> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let mut out = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let begin = bytes.len() - rest.len();
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(body) = after.get(..length) else { break };
        out.push(Chunk { kind: [head[4], head[5], head[6], head[7]], body, begin });
        let Some(next) = after.get(length + 4..) else { break };
        rest = next;
    }
    Some(out)
}

/// CRC-32 as PNG has it (Annex D), bit by bit: a recipe is short.
fn crc(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ c >> 1 } else { c >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One transparent pixel.
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\x05\x02\0\x5f\xc8\xf1\xd2\0\0\0\0IEND\xaeB`\x82";

    fn recipe() -> Recipe {
        Recipe {
            schema: SCHEMA.into(),
            tool: "kyoten".into(),
            case_id: "3f9a".into(),
            size: "a4-landscape".into(),
            layout: "ring".into(),
            tlp: "AMBER".into(),
            number: 2,
            title: Some("<b>“東京” & </metadata>\u{202e}".into()),
            language: "en".into(),
            pseudonyms: false,
            window: Some((1.5, 2.0)),
            focus: None,
            steps: vec![],
            pins: vec![Pin { site: "A".into(), x: 0.25, y: 0.5 }],
            evidence: vec![("fw.log".into(), "ab".into())],
        }
    }

    #[test]
    fn what_was_put_in_comes_out_of_svg_and_png() {
        let own = recipe();
        let svg = format!("<svg xmlns=\"x\">\n{}</svg>", own.to_svg());
        assert!(!svg.contains('\u{202e}') && svg.matches("</metadata>").count() == 1);
        assert_eq!(Recipe::read(svg.as_bytes()), Ok(Some(own.clone())));
        let png = own.into_png(PNG).unwrap();
        assert_eq!(Recipe::read(&png), Ok(Some(own)));
        assert!(png.ends_with(b"IEND\xaeB`\x82"));
    }

    #[test]
    fn a_chunk_has_the_sum_that_readers_ask_for() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn other_pictures_and_broken_ones_are_told_apart() {
        assert_eq!(Recipe::read(PNG), Ok(None));
        assert_eq!(Recipe::read(b"<svg></svg>"), Ok(None));
        assert_eq!(Recipe::read(b"date=2020-06-01 type=traffic"), Ok(None));
        assert!(Recipe::read(b"<svg><metadata id=\"kyoten-figure\">{</metadata></svg>").is_err());
        let cut = recipe().into_png(PNG).unwrap();
        assert_eq!(Recipe::read(&cut[..cut.len() - 30]), Ok(None));
        assert_eq!(recipe().into_png(b"no picture"), None);
    }
}
