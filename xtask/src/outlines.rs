//! `cargo xtask outlines FILE`: makes src/placing/outlines.bin from `countries-110m.json` of npm's `world-atlas`
//! (`npm pack world-atlas@2.0.2`), a TopoJSON of Natural Earth's public-domain 1:110m countries. The format is told there.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

/// What `cargo xtask outlines` takes.
#[derive(clap::Args)]
pub struct Outlines {
    /// countries-110m.json
    file: PathBuf,
}

type Points = Vec<(i64, i64)>;

impl Outlines {
    /// Reads the TopoJSON and writes the lines.
    pub fn run(&self) -> Result<()> {
        let text = std::fs::read(&self.file).with_context(|| format!("{} can't be read", self.file.display()))?;
        let atlas: Value = serde_json::from_slice(&text).context("that is not JSON")?;
        let arcs = arcs(&atlas).context("that is not TopoJSON with a transform and arcs")?;
        let mut out = Vec::new();

        let polygons = atlas["objects"]["land"]["geometries"][0]["arcs"].as_array().context("no land in it")?;
        for polygon in polygons {
            for (at, ring) in polygon.as_array().into_iter().flatten().enumerate() {
                write_line(&mut out, u8::from(at > 0), &joined(ring, &arcs));
            }
        }

        // An arc that two countries use is a border; one that a single country uses is a shore, which land has already.
        let mut uses = vec![0_u32; arcs.len()];
        count_uses(&atlas["objects"]["countries"]["geometries"], &mut uses);
        for (arc, _) in arcs.iter().zip(&uses).filter(|(_, uses)| **uses > 1) {
            write_line(&mut out, 2, arc);
        }
        let target = "src/placing/outlines.bin";
        std::fs::write(target, &out)
            .with_context(|| format!("{target} can't be written; run it in the project's folder"))?;
        println!("{target}: {} bytes", out.len());
        Ok(())
    }
}

/// The arcs in hundredths of a degree, without points that fall together there.
fn arcs(atlas: &Value) -> Option<Vec<Points>> {
    let pair = |value: &Value| Some((value[0].as_f64()?, value[1].as_f64()?));
    let (scale, translate) = (pair(&atlas["transform"]["scale"])?, pair(&atlas["transform"]["translate"])?);
    let decoded = atlas["arcs"].as_array()?.iter().map(|arc| {
        let (mut x, mut y) = (0.0, 0.0);
        let mut points = Points::new();
        for delta in arc.as_array()? {
            let (dx, dy) = pair(delta)?;
            (x, y) = (x + dx, y + dy);
            let hundredths = |v: f64, scale: f64, translate: f64| ((v * scale + translate) * 100.0).round() as i64;
            points.push((hundredths(x, scale.0, translate.0), hundredths(y, scale.1, translate.1)));
        }
        points.dedup();
        Some(points)
    });
    decoded.collect()
}

/// A ring of arcs; `~n` is arc n backwards (TopoJSON 1.0, §2.1.4).
fn joined(ring: &Value, arcs: &[Points]) -> Points {
    let mut points = Points::new();
    for index in ring.as_array().into_iter().flatten().filter_map(Value::as_i64) {
        let arc = &arcs[(if index < 0 { !index } else { index }) as usize];
        if index < 0 {
            points.extend(arc.iter().rev())
        } else {
            points.extend(arc)
        }
        points.dedup();
    }
    points
}

fn count_uses(value: &Value, uses: &mut [u32]) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| count_uses(item, uses)),
        Value::Object(fields) => fields.get("arcs").into_iter().for_each(|arcs| count_uses(arcs, uses)),
        Value::Number(number) => {
            let index = number.as_i64().unwrap_or_default();
            uses[(if index < 0 { !index } else { index }) as usize] += 1;
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn write_line(out: &mut Vec<u8>, kind: u8, points: &Points) {
    out.push(kind);
    varint(out, points.len() as u64);
    let mut before = (0, 0);
    for point in points {
        for delta in [point.0 - before.0, point.1 - before.1] {
            varint(out, (delta << 1 ^ delta >> 63) as u64);
        }
        before = *point;
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
