//! The painter: one match over a mark, onto any plotters backend.
//!
//! Backend coordinates are whole numbers, so a scene is painted [`FINENESS`] times larger and shown that much smaller:
//! the SVG by its `viewBox`, a canvas by its transform. Only here and in `web` is plotters named.

pub mod svg;

use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontFamily, FontStyle,
};

use crate::scene::{Anchor, Ink, Mark, Palette, Point, widths};

pub use svg::{escaped, svg};

/// How many backend units a scene unit has. Scenes are rounded to 1/16, so nothing is lost at this fineness.
pub const FINENESS: f32 = 16.0;

/// The fonts, most wanted first. All but the last have Latin glyphs no wider than [`widths`] says; those for Japanese come
/// from the system.
pub const FONTS: &str = "IBM Plex Sans, Inter, Helvetica Neue, Helvetica, Arial, Liberation Sans, Noto Sans, Noto Sans CJK JP, \
                         Hiragino Sans, Yu Gothic, Meiryo, sans-serif";

/// How a backend sets text, so that the same font size and baseline come out of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Typesetting {
    /// What a font size is multiplied by: plotters-svg divides it by 1.24 again.
    pub size: f64,
    /// How far below the point it is given the backend puts the baseline of a text that hangs from there, in font sizes.
    pub drop: f64,
}

/// plotters-svg: `font-size = size / 1.24`, `dy = 0.76em` for a text that hangs from its point.
pub const SVG: Typesetting = Typesetting { size: 1.24, drop: 0.76 };

/// A backend that draws text on its baseline at the size it is told: the canvas's, in `web`.
pub const BASELINE: Typesetting = Typesetting { size: 1.0, drop: 0.0 };

/// Paints marks of a scene, in their order, `scale` backend units to a scene unit, moved by `offset` scene units.
pub fn onto<B: DrawingBackend>(
    marks: &[Mark],
    palette: Palette,
    backend: &mut B,
    scale: f32,
    offset: Point,
    typesetting: Typesetting,
) -> Result<(), DrawingErrorKind<B::ErrorType>> {
    let length = |value: f32| f64::from(value) * f64::from(scale);
    let to =
        |p: Point| -> BackendCoord { (length(p.x + offset.x).round() as i32, length(p.y + offset.y).round() as i32) };
    let colour = |ink: Ink| {
        let colour = palette.colour(ink);
        BackendColor { alpha: 1.0, rgb: (colour.0, colour.1, colour.2) }
    };
    let stroke = |ink, width: f32| Stroke { colour: colour(ink), width: length(width).round().max(1.0) as u32 };
    for mark in marks {
        match mark {
            Mark::Line { points, width, ink } => {
                backend.draw_path(points.iter().map(|p| to(*p)), &stroke(*ink, *width))?;
            }
            Mark::Area { points, ink } => backend.fill_polygon(points.iter().map(|p| to(*p)), &colour(*ink))?,
            Mark::Circle { centre, radius, width, ink } => {
                let style = stroke(*ink, width.unwrap_or(0.0));
                backend.draw_circle(to(*centre), length(*radius).round() as u32, &style, width.is_none())?;
            }
            Mark::Text { at, text, size, bold, anchor, ink } => {
                let lifted = at.plus(0.0, -(typesetting.drop as f32) * size);
                let style = TextStyle {
                    colour: colour(*ink),
                    size: length(*size) * typesetting.size,
                    bold: *bold,
                    anchor: *anchor,
                };
                backend.draw_text(text, &style, to(lifted))?;
            }
        }
    }
    Ok(())
}

struct Stroke {
    colour: BackendColor,
    width: u32,
}

impl BackendStyle for Stroke {
    fn color(&self) -> BackendColor {
        self.colour
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

struct TextStyle {
    colour: BackendColor,
    size: f64,
    bold: bool,
    anchor: Anchor,
}

impl BackendTextStyle for TextStyle {
    type FontError = std::convert::Infallible;

    fn color(&self) -> BackendColor {
        self.colour
    }

    fn size(&self) -> f64 {
        self.size
    }

    fn style(&self) -> FontStyle {
        if self.bold { FontStyle::Bold } else { FontStyle::Normal }
    }

    fn anchor(&self) -> Pos {
        let horizontal = match self.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        Pos::new(horizontal, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FONTS)
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Self::FontError> {
        let width = widths::of(text, self.size as f32, self.bold);
        Ok(((0, 0), (width.ceil() as i32, self.size.ceil() as i32)))
    }

    /// Pixel by pixel: no backend of ours asks for it, and a backend without text shows none.
    fn draw<E, DrawFunc: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _text: &str,
        _pos: BackendCoord,
        _draw: DrawFunc,
    ) -> Result<Result<(), E>, Self::FontError> {
        Ok(Ok(()))
    }
}
