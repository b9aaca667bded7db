//! A scene as an SVG file: real text, alternative text, no script, no reference to anything outside.

use plotters::backend::SVGBackend;
use plotters_backend::DrawingBackend;

use super::{FINENESS, SVG, onto};
use crate::evidence::text::visible;
use crate::scene::{Colour, Ink, Palette, Point, Scene};

/// The scene as SVG on the palette's ground; one scene unit is one unit of the file. `title` and `desc` are its
/// alternative text, `metadata` is an element of our own making, or nothing.
pub fn svg(scene: &Scene, palette: Palette, title: &str, desc: &str, metadata: &str) -> String {
    let (width, height) = (scene.width.ceil(), scene.height.ceil());
    let mut drawn = String::new();
    {
        let fine = ((width * FINENESS) as u32, (height * FINENESS) as u32);
        let mut backend = SVGBackend::with_string(&mut drawn, fine);
        onto(&scene.marks, palette, &mut backend, FINENESS, Point::default(), SVG)
            .expect("a string takes all that is written");
        backend.present().expect("a string takes all that is written");
    }
    // plotters writes one `<svg …>` line first; ours replaces it, so that the file has the nominal size.
    let body = drawn.split_once('\n').map(|(_header, body)| body).expect("the SVG has a header line");
    let Colour(r, g, b) = palette.colour(Ink::Ground);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"title desc\" stroke-linejoin=\"round\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{metadata}\
         <rect width=\"100%\" height=\"100%\" fill=\"#{r:02X}{g:02X}{b:02X}\"/>\n{body}",
        width * FINENESS,
        height * FINENESS,
        escaped(title),
        escaped(desc),
    )
}

/// Text inert in XML, direction characters visible.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Not in XML at all (XML 1.0 §2.2).
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Anchor, Face, Pen};

    fn written(text: &str) -> String {
        let mut pen = Pen::new(200.0, 50.0);
        pen.text(Point::new(10.0, 20.0), text, Face::bold(12.0), Anchor::Start, Ink::Text);
        svg(&pen.scene(), Palette::Paper, text, text, "")
    }

    #[test]
    fn hostile_text_stays_text() {
        let out = written("</text><script>alert('\"&')</script>\u{202e}\u{0}");
        assert!(!out.contains("<script") && !out.contains('\u{202e}') && !out.contains('\u{0}'), "{out}");
        assert_eq!(out.matches("&lt;/text&gt;&lt;script&gt;alert(&apos;&quot;&amp;&apos;)").count(), 3);
    }

    #[test]
    fn the_file_has_its_nominal_size_and_fonts_theirs() {
        let out = written("x");
        assert!(out.starts_with(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"50\" viewBox=\"0 0 3200 800\""
        ));
        assert!(out.contains("font-size=\"192\"") && out.contains("font-weight=\"bold\""), "{out}");
        assert!(out.trim_end().ends_with("</svg>"));
    }
}
