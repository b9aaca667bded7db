// Prints one picture on a sheet of its own, which is also the way to a PDF.

import { h } from "./dom.js";

/** Finer than any office printer needs at A4. */
const RATIO = 4;

/**
 * @param {any} bindings
 * @param {Uint8Array} scene the figure's
 * @param {string} size the sheet: the style sheet has a page of that name
 * @param {string} words what a reader who can't see it should know
 */
export function printFigure(bindings, scene, size, words) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": words }));
  const painter = /** @type {import("./types.js").Painter} */ (new bindings.Stage(canvas));
  painter.show(scene);
  painter.paint(1, 0, 0, RATIO, "paper");
  const sheet = h("div", { class: "print-sheet", data: { size: size.replace(":", "-") } }, canvas);
  document.body.append(sheet);
  document.documentElement.dataset.print = "figure";
  // Browsers wait in print() until the dialog is closed, or tell of it afterwards; either way the sheet goes once.
  addEventListener("afterprint", () => {
    sheet.remove();
    delete document.documentElement.dataset.print;
  }, { once: true });
  print();
}
