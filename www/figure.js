// The figure for the report: its options, the real figure as a preview, and everything that is saved of it.
import { newest } from "./asking.js";
import { printFigure } from "./printing.js";
import { span } from "./dates.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { isReading } from "./store.js";
import { words } from "./words.js";

/** @typedef {import("./types.js").FigureOptions} FigureOptions */

/** What is left free around the preview, in CSS pixels. */
const MARGIN = 28;

/**
 * @param {import("./engine.js").Bindings} bindings
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 */
export function createFigure(bindings, store, acts) {
  const size = select("figure-size", Object.entries(words.figure.sizes));
  const tlp = select("figure-tlp", ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"].map((label) => [label, `TLP:${label}`]));
  tlp.value = "AMBER";
  const layout = select("figure-layout", [["ring", words.picture.ring], ["map", words.picture.map], ["force", words.picture.force], ["matrix", words.picture.matrix]]);
  const language = select("figure-language", [["en", "English"], ["ja", "日本語"]]);
  const pseudonyms = h("input", { id: "figure-pseudonyms", type: "checkbox" });
  const bare = h("input", { id: "figure-bare", type: "checkbox" });
  const steps = h("ol", { class: "figure-steps" });
  const number = h("input", { id: "figure-number", type: "text", size: 6, value: "1", autocomplete: "off" });
  const title = h("input", { id: "figure-title", type: "text", placeholder: words.figure.headingHint, autocomplete: "off" });
  const windowText = h("p", { class: "hint" });
  const caption = h("textarea", { id: "figure-caption", readonly: true, rows: 4 });
  const alt = h("textarea", { id: "figure-alt", readonly: true, rows: 4 });
  const canvas = h("canvas", { class: "figure-canvas", role: "img", "aria-label": words.figure.preview });
  const preview = h("div", { class: "figure-preview" }, canvas);
  const said = h("p", { class: "hint", role: "status" });
  /** @type {import("./types.js").Painter} */
  const painter = new /** @type {any} */ (bindings).Stage(canvas);
  let drawn = false;

  /** @param {string} id @param {(readonly [string, string] | string[])[]} choices */
  function select(id, choices) {
    return h("select", { id }, choices.map(([value, label]) => h("option", { value }, label)));
  }

  /** @returns {FigureOptions} */
  function options() {
    const { brush, focus } = store.get();
    return {
      size: /** @type {FigureOptions["size"]} */ (size.value), layout: /** @type {FigureOptions["layout"]} */ (layout.value), tlp: /** @type {FigureOptions["tlp"]} */ (tlp.value),
      number: number.value.trim() || undefined, title: title.value.trim() || undefined,
      language: language.value, pseudonyms: pseudonyms.checked, bare: bare.checked, focus, from_ms: brush?.[0], to_ms: brush?.[1],
    };
  }

  const draw = newest(async (/** @type {FigureOptions} */ asked) => {
    const [scene, captionText, altText] = await Promise.all([acts.figure(asked), acts.caption(asked), acts.alt(asked)]);
    return { scene, captionText, altText };
  }, ({ scene, captionText, altText }) => {
    painter.show(scene);
    drawn = true;
    paint();
    caption.value = captionText;
    alt.value = altText;
    said.textContent = "";
  }, (error) => { said.textContent = words.picture.notDrawn(error.message); });

  /** The preview is painted as fine as the screen shows it, in the paper's colours whatever the page's are. */
  function paint() {
    const [width, height] = painter.size();
    const scale = Math.max(0.1, Math.min(1.4, (preview.clientWidth - MARGIN) / width, Math.max(240, preview.clientHeight - MARGIN) / height));
    const ratio = Math.max(1, scale * (devicePixelRatio || 1));
    painter.paint(1, 0, 0, ratio, "paper");
    canvas.style.width = `${Math.floor(width * scale)}px`;
    canvas.style.height = `${Math.floor(height * scale)}px`;
  }

  async function png(/** @type {number} */ ratio) {
    const asked = options();
    await acts.savePng(`kyoten-figure@${ratio}x.png`, asked, async () => {
      const large = document.createElement("canvas");
      const figure = /** @type {import("./types.js").Painter} */ (new /** @type {any} */ (bindings).Stage(large));
      figure.show(await acts.figure(asked));
      figure.paint(1, 0, 0, ratio, "paper");
      // On white, not on nothing: a report may be read on a dark screen.
      const ground = large.getContext("2d");
      if (!ground) throw new Error(words.figure.tooLarge);
      ground.setTransform(1, 0, 0, 1, 0, 0);
      ground.globalCompositeOperation = "destination-over";
      ground.fillStyle = "#ffffff";
      ground.fillRect(0, 0, large.width, large.height);
      const blob = await new Promise((resolve) => large.toBlob(resolve, "image/png"));
      if (!(blob instanceof Blob)) throw new Error(words.figure.tooLarge);
      return blob;
    });
  }

  async function printed() {
    try {
      const asked = options();
      const [scene, inWords] = await Promise.all([acts.figure(asked), acts.alt(asked)]);
      printFigure(bindings, scene, asked.size, inWords);
    } catch (error) {
      said.textContent = words.picture.notDrawn(error instanceof Error ? error.message : String(error));
    }
  }

  async function copy(/** @type {HTMLTextAreaElement} */ area) {
    try {
      await navigator.clipboard.writeText(area.value);
      said.textContent = words.figure.copied;
    } catch {
      area.select();
      said.textContent = words.figure.notCopied;
    }
  }

  const request = () => draw(options());

  /** The steps, to be put elsewhere and worded. */
  async function listSteps() {
    const own = await acts.figureSteps();
    /** @param {number} from @param {number} to */
    async function move(from, to) {
      const [step] = own.splice(from, 1);
      if (step) own.splice(to, 0, step);
      await keep();
      /** @type {HTMLElement | null} */ (steps.querySelector(`[data-key="step ${to}"]`))?.focus();
    }
    async function keep() {
      await acts.setFigureSteps(own);
      await listSteps();
      request();
    }
    fill(steps, own.map((step, place) => {
      const name = `${step.from} → ${step.to}`;
      const says = h("input", { type: "text", value: step.says ?? "", placeholder: step.rule, "aria-label": words.figure.wording(name), autocomplete: "off", on: { change: () => { step.says = says.value.trim() || undefined; void keep(); } } });
      return h("li", {},
        h("span", { class: "step-name" }, name),
        h("button", { type: "button", class: "quiet", disabled: place === 0, data: { key: `step ${place}` }, "aria-label": words.figure.earlier(name), title: words.figure.earlier(name), on: { click: () => void move(place, place - 1) } }, "↑"),
        h("button", { type: "button", class: "quiet", disabled: place === own.length - 1, "aria-label": words.figure.later(name), title: words.figure.later(name), on: { click: () => void move(place, place + 1) } }, "↓"),
        says);
    }));
  }

  for (const each of [size, tlp, layout, language, pseudonyms, bare]) each.addEventListener("change", request);
  for (const each of [number, title]) each.addEventListener("input", request);

  /** @param {string} id @param {string} label @param {HTMLElement} control @param {...HTMLElement} more */
  const field = (id, label, control, ...more) => h("div", { class: "field" }, h("label", { for: id }, label), control, ...more);
  /** @param {string} label @param {() => void} act @param {string} [look] */
  const button = (label, act, look = "") => h("button", { type: "button", class: look, on: { click: act } }, label);

  const dialog = h("dialog", { class: "figure", "aria-labelledby": "figure-heading" },
    h("div", { class: "dialog-head" },
      h("h2", { id: "figure-heading" }, words.figure.title),
      h("button", { type: "button", class: "icon-button", "aria-label": words.figure.close, title: words.figure.close, on: { click: () => dialog.close() } }, icon("close"))),
    h("div", { class: "figure-body" },
      h("div", { class: "figure-options" },
        field("figure-title", words.figure.heading, title),
        h("div", { class: "field-row" }, field("figure-number", words.figure.number, number), field("figure-tlp", words.figure.tlp, tlp)),
        h("div", { class: "field-row" }, field("figure-size", words.figure.size, size), field("figure-layout", words.figure.layout, layout), field("figure-language", words.figure.language, language)),
        h("label", { class: "check" }, pseudonyms, " ", words.figure.pseudonyms),
        h("label", { class: "check" }, bare, " ", words.figure.bare),
        h("details", {}, h("summary", {}, words.figure.steps), h("p", { class: "hint" }, words.figure.stepsHint), steps),
        windowText,
        h("div", { class: "buttons" },
          button(words.figure.svg, () => acts.saveSvg(options()), "primary"), button(words.figure.png2, () => png(2)), button(words.figure.png3, () => png(3)), button(words.figure.print, printed), button(words.figure.links, () => acts.saveLinks(options()))),
        field("figure-caption", words.figure.caption, caption, button(words.figure.copy, () => copy(caption), "quiet")),
        field("figure-alt", words.figure.alt, alt, button(words.figure.copy, () => copy(alt), "quiet")),
        said),
      preview));
  // A click beside the dialog closes it, as everywhere.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  new ResizeObserver(() => dialog.open && drawn && paint()).observe(preview);

  return {
    element: dialog,
    open() {
      if (isReading(store.get())) {
        acts.note(() => words.exports.whileReading, true);
        return;
      }
      const { brush, reopened } = store.get();
      layout.value = store.get().layout;
      language.value = store.get().language;
      if (reopened) {
        [size.value, tlp.value, language.value, number.value, title.value] = [reopened.size, reopened.tlp, reopened.language, String(reopened.number), reopened.title ?? ""];
        pseudonyms.checked = reopened.pseudonyms;
        store.set({ reopened: undefined });
      }
      void listSteps().catch((error) => { said.textContent = String(error); });
      windowText.textContent = brush ? words.figure.window(span(brush[0], brush[1])) : words.figure.wholeWindow;
      dialog.showModal();
      request();
    },
  };
}
