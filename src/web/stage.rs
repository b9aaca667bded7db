//! What runs on the page's thread: a scene painted on a canvas, and what lies under a point of it.

use std::ops::Range;

use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::messages::{Shown, SubjectMessage, millis};
use super::{out, refuse, take};
use crate::paint::{self, BASELINE, FINENESS};
use crate::scene::{Palette, Point, Scene, Subject};

/// How near to a spot the pointer must be, in CSS pixels.
const REACH: f32 = 6.0;

/// A canvas and the scene on it.
#[wasm_bindgen]
pub struct Stage {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    shown: Shown,
    zoom: f32,
}

#[wasm_bindgen]
impl Stage {
    /// A stage on this canvas.
    #[wasm_bindgen(constructor)]
    pub fn new(canvas: HtmlCanvasElement) -> Result<Stage, JsError> {
        let context = context_of(&canvas)?;
        Ok(Stage { canvas, context, shown: Shown::Picture(Scene::default()), zoom: 1.0 })
    }

    /// Takes a scene from the analyst.
    pub fn show(&mut self, scene: &[u8]) -> Result<(), JsError> {
        self.shown = postcard::from_bytes(scene).map_err(|e| refuse(format!("not a scene: {e}")))?;
        Ok(())
    }

    /// Paints it: enlarged `zoom` times, moved by `dx`, `dy` CSS pixels, at `ratio` device pixels a CSS pixel, in a theme
    /// (`light`, `dark`, `paper`). The canvas takes the scene's size.
    pub fn paint(&mut self, zoom: f64, dx: f64, dy: f64, ratio: f64, theme: &str) -> Result<(), JsError> {
        self.zoom = zoom as f32;
        let (canvas, context) = (self.canvas.clone(), self.context.clone());
        self.paint_marks((canvas, context), 0..self.marks(), [zoom, dx, dy, ratio], theme)
    }

    /// Paints so many marks, from one on, on a canvas that is not shown: of a large scene a part at a time, so that the page's thread is
    /// free in between. `view` is zoom, both moves and ratio as for [`Stage::paint`]. Gives the mark to go on with; nothing after the last.
    pub fn paint_part(
        &mut self,
        canvas: HtmlCanvasElement,
        from: usize,
        count: usize,
        view: &[f64],
        theme: &str,
    ) -> Result<Option<usize>, JsError> {
        let [zoom, dx, dy, ratio] = *view else { return Err(refuse("a view has four numbers")) };
        self.zoom = zoom as f32;
        let context = context_of(&canvas)?;
        let to = from.saturating_add(count).min(self.marks());
        self.paint_marks((canvas, context), from..to, [zoom, dx, dy, ratio], theme)?;
        Ok((to < self.marks()).then_some(to))
    }

    /// How many marks the scene has.
    pub fn marks(&self) -> usize {
        self.shown.scene().marks.len()
    }

    /// What lies under a point of the scene.
    pub fn hit(&self, x: f32, y: f32) -> Result<JsValue, JsError> {
        out(&self.shown.scene().hit(x, y, REACH / self.zoom.max(0.1)).and_then(SubjectMessage::of))
    }

    /// What the scene says of a subject, line by line.
    pub fn tooltip(&self, subject: JsValue) -> Result<Vec<String>, JsError> {
        let subject: SubjectMessage = take(subject)?;
        let subject = subject.subject();
        let touches = |own: &Subject| match (own, &subject) {
            (Subject::Hours(first, last), Subject::Hours(hour, _)) => first <= hour && hour <= last,
            (own, subject) => own == subject,
        };
        let spot = self.shown.scene().spots.iter().rev().find(|spot| touches(&spot.subject));
        Ok(spot.map(|spot| spot.says.lines().map(str::to_owned).collect()).unwrap_or_default())
    }

    /// Its width and height, in CSS pixels.
    pub fn size(&self) -> Vec<f32> {
        vec![self.shown.scene().width, self.shown.scene().height]
    }

    /// The moment at this place of a timeline, in epoch milliseconds.
    pub fn moment_at(&self, x: f32) -> Option<f64> {
        match &self.shown {
            Shown::Timeline(timeline) => timeline.moment_at(x).map(millis),
            Shown::Picture(_) => None,
        }
    }

    /// All that can be pointed at, each once, in the order of the eye's way: from the front to the back.
    pub fn subjects(&self) -> Result<JsValue, JsError> {
        let mut seen = std::collections::BTreeSet::new();
        let fresh = self.shown.scene().spots.iter().rev().filter(|spot| seen.insert(spot.subject.clone()));
        let subjects: Vec<SubjectMessage> = fresh.filter_map(|spot| SubjectMessage::of(&spot.subject)).collect();
        out(&subjects)
    }
}

impl Stage {
    /// Paints these marks. With the first the canvas takes the scene's size and is empty.
    fn paint_marks(
        &self,
        (canvas, context): (HtmlCanvasElement, CanvasRenderingContext2d),
        marks: Range<usize>,
        [zoom, dx, dy, ratio]: [f64; 4],
        theme: &str,
    ) -> Result<(), JsError> {
        let palette = match theme {
            "dark" => Palette::Dark,
            "paper" => Palette::Paper,
            _ => Palette::Light,
        };
        let scene = self.shown.scene();
        let failed = |_: JsValue| refuse("the canvas could not be painted");
        if marks.start == 0 {
            let size = |length: f32| (f64::from(length) * ratio).round().max(1.0) as u32;
            let (width, height) = (size(scene.width), size(scene.height));
            if canvas.width() != width || canvas.height() != height {
                canvas.set_width(width);
                canvas.set_height(height);
            }
            context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0).map_err(failed)?;
            context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        }
        let scale = zoom * ratio / f64::from(FINENESS);
        context.set_transform(scale, 0.0, 0.0, scale, dx * ratio, dy * ratio).map_err(failed)?;
        context.set_line_cap("round");
        context.set_line_join("round");
        let backend = CanvasBackend::with_canvas_object(canvas);
        let backend = backend.ok_or_else(|| refuse("the browser gives no 2D canvas"))?;
        let mut backend = OnBaseline { backend, context };
        let marks = scene.marks.get(marks).unwrap_or_default();
        paint::onto(marks, palette, &mut backend, FINENESS, Point::new(0.0, 0.0), BASELINE)
            .map_err(|e| refuse(format!("the canvas could not be painted: {e}")))
    }
}

fn context_of(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsError> {
    let context = canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    context.ok_or_else(|| refuse("the browser gives no 2D canvas"))
}

/// The canvas's backend, but with text on its baseline: plotters-canvas hangs text from its top, and where that is
/// depends on the font.
struct OnBaseline {
    backend: CanvasBackend,
    context: CanvasRenderingContext2d,
}

impl DrawingBackend for OnBaseline {
    type ErrorType = <CanvasBackend as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.backend.get_size()
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.backend.ensure_prepared()
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.backend.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.backend.draw_pixel(at, colour)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.backend.draw_path(path, style)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.backend.fill_polygon(points, style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.backend.draw_circle(centre, radius, style, fill)
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        at: BackendCoord,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        use plotters_backend::text_anchor::HPos;
        let BackendColor { rgb: (r, g, b), .. } = style.color();
        self.context.set_fill_style_str(&format!("rgb({r},{g},{b})"));
        self.context.set_text_baseline("alphabetic");
        self.context.set_text_align(match style.anchor().h_pos {
            HPos::Left => "left",
            HPos::Center => "center",
            HPos::Right => "right",
        });
        let font = format!("{} {}px {}", style.style().as_str(), style.size(), style.family().as_str());
        self.context.set_font(&font);
        // Only an invisible canvas refuses text, and then nothing is lost that anybody could see.
        let painted = self.context.fill_text(text, f64::from(at.0), f64::from(at.1));
        debug_assert!(painted.is_ok());
        Ok(())
    }
}
