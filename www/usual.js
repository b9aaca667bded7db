// The small picture beside a finding: what is normal, and where this lies. The engine draws the same for the report.
import { newest } from "./asking.js";
import { h } from "./dom.js";
import { said } from "./words.js";

/** How much larger than on paper, where it is looked at from farther away. */
const ENLARGED = 1.25;

/**
 * @param {import("./engine.js").Bindings} bindings
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 */
export function createUsual(bindings, store, acts) {
  const canvas = h("canvas", { class: "usual", role: "img" });
  /** @type {import("./types.js").Painter} */
  const painter = new /** @type {any} */ (bindings).Stage(canvas);
  let drawn = false;

  const draw = newest((/** @type {string} */ id) => acts.usual(id, store.get().language), (scene) => {
    drawn = scene !== undefined;
    if (!scene) return;
    painter.show(scene);
    paint();
  }, () => {
    // The sentence beside it says what is normal; a finding that is gone has no picture.
    drawn = false;
  });

  function paint() {
    if (!drawn) return;
    const [width, height] = painter.size();
    painter.paint(1, 0, 0, ENLARGED * Math.max(1, devicePixelRatio || 1), store.get().theme);
    canvas.style.width = `${width * ENLARGED}px`;
    canvas.style.height = `${height * ENLARGED}px`;
    canvas.dataset.drawn = "";
  }

  store.watch((state) => [state.theme], paint);

  return {
    /** The picture of a finding; nothing for one whose rule compares with nothing. @param {import("./types.js").Finding} finding */
    of(finding) {
      if (!finding.pictured) return null;
      delete canvas.dataset.drawn;
      canvas.setAttribute("aria-label", said(finding.pictured));
      draw(finding.id);
      return canvas;
    },
  };
}
