// When it was: the engine's timeline on a canvas, and over it a brush that narrows the picture to a window.
import { newest } from "./asking.js";
import { moment, readMoment, span } from "./dates.js";
import { h } from "./dom.js";
import { words } from "./words.js";

/** A drag shorter than this is a click, which chooses nothing. */
const DRAG = 4;
/** The height of the bars; a lane for each numbered link and one for the actions come below. */
const BARS = 44;

/**
 * @param {import("./engine.js").Bindings} bindings
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createTimeline(bindings, store, acts) {
  const canvas = h("canvas", { class: "timeline-canvas", "aria-hidden": "true" });
  const before = h("div", { class: "shade" });
  const after = h("div", { class: "shade" });
  const start = handle(words.timeline.from);
  const end = handle(words.timeline.to);
  const box = h("div", { class: "timeline-box", title: words.timeline.label }, canvas, before, after, start, end);
  /** @type {import("./types.js").Painter} */
  const painter = new /** @type {any} */ (bindings).Stage(canvas);
  /** Where the axis begins and ends, in CSS pixels and milliseconds. @type {{ x0: number, x1: number, t0: number, t1: number } | undefined} */
  let axis;

  function handle(/** @type {string} */ label) {
    return h("div", { class: "handle", role: "slider", tabindex: 0, "aria-label": label, hidden: true });
  }

  const scene = newest(acts.timeline, (bytes) => {
    painter.show(bytes);
    axis = findAxis();
    paint();
    place();
  }, (error) => acts.note(() => words.picture.notDrawn(error.message), true));

  function request() {
    const { case: view, layout, brush, shown, theme, language } = store.get();
    const { clientWidth: width, clientHeight: height } = box;
    if (!view || width < 40 || height < 20) return;
    const selected = shown?.kind === "finding" || shown?.kind === "link" || shown?.kind === "site" ? shown : undefined;
    scene({ layout, width, height, from_ms: brush?.[0], to_ms: brush?.[1], selected, theme, language });
  }

  function paint() {
    requestAnimationFrame(() => {
      try {
        painter.paint(1, 0, 0, devicePixelRatio || 1, store.get().theme);
      } catch (error) {
        acts.note(() => words.picture.notDrawn(error instanceof Error ? error.message : String(error)), true);
      }
    });
  }

  /** The scene knows which moment lies under a point, and takes a point beside its axis for the nearest end. */
  function findAxis() {
    const width = Math.floor(painter.size()[0] ?? 0);
    const [t0, t1] = [painter.moment_at(0), painter.moment_at(width)];
    if (t0 === undefined || t1 === undefined || t1 <= t0) return undefined;
    let x0 = 0;
    while (x0 < width && painter.moment_at(x0 + 1) === t0) x0 += 1;
    let x1 = width;
    while (x1 > x0 && painter.moment_at(x1 - 1) === t1) x1 -= 1;
    return { x0, x1, t0, t1 };
  }

  const toX = (/** @type {number} */ ms) => (axis ? axis.x0 + ((ms - axis.t0) / (axis.t1 - axis.t0)) * (axis.x1 - axis.x0) : 0);
  const toMs = (/** @type {number} */ x) => {
    if (!axis) return 0;
    const ms = axis.t0 + ((x - axis.x0) / (axis.x1 - axis.x0)) * (axis.t1 - axis.t0);
    return Math.round(Math.max(axis.t0, Math.min(axis.t1, ms)));
  };

  /** Puts shades and handles where the window is. */
  function place() {
    const { brush } = store.get();
    for (const each of [start, end]) each.hidden = axis === undefined;
    for (const each of [before, after]) each.hidden = axis === undefined || !brush;
    if (!axis) return;
    const [from, to] = brush ?? [axis.t0, axis.t1];
    const [left, right] = [Math.max(axis.x0, toX(from)), Math.min(axis.x1, toX(to))];
    before.style.left = `${axis.x0}px`;
    before.style.width = `${Math.max(0, left - axis.x0)}px`;
    after.style.left = `${right}px`;
    after.style.width = `${Math.max(0, axis.x1 - right)}px`;
    for (const [each, x, ms] of /** @type {const} */ ([[start, left, from], [end, right, to]])) {
      each.style.left = `${x}px`;
      each.setAttribute("aria-valuemin", String(axis.t0));
      each.setAttribute("aria-valuemax", String(axis.t1));
      each.setAttribute("aria-valuenow", String(ms));
      each.setAttribute("aria-valuetext", moment(ms));
    }
  }

  function choose(/** @type {number} */ a, /** @type {number} */ b) {
    if (!axis) return;
    const [from, to] = a < b ? [a, b] : [b, a];
    acts.brush(from <= axis.t0 && to >= axis.t1 ? undefined : [from, Math.max(to, from + 1)]);
  }

  // Dragging: a handle moves its end, the inside of a window moves it all, anywhere else begins a new one.
  /** @type {{ kind: "start" | "end" | "move" | "new", x: number, from: number, to: number, moved: boolean } | undefined} */
  let drag;
  box.addEventListener("pointerdown", (event) => {
    if (!axis || event.button > 0) return;
    const x = event.clientX - box.getBoundingClientRect().left;
    const { brush } = store.get();
    const [from, to] = brush ?? [axis.t0, axis.t1];
    const kind = event.target === start ? "start" : event.target === end ? "end" : brush && x > toX(from) && x < toX(to) ? "move" : "new";
    drag = { kind, x, from, to, moved: false };
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!drag || !axis) return;
    const x = event.clientX - box.getBoundingClientRect().left;
    if (Math.abs(x - drag.x) < DRAG && !drag.moved) return;
    drag.moved = true;
    if (drag.kind === "start") choose(toMs(x), drag.to);
    else if (drag.kind === "end") choose(drag.from, toMs(x));
    else if (drag.kind === "new") choose(toMs(drag.x), toMs(x));
    else {
      const by = ((x - drag.x) / (axis.x1 - axis.x0)) * (axis.t1 - axis.t0);
      const kept = Math.max(axis.t0 - drag.from, Math.min(axis.t1 - drag.to, by));
      choose(Math.round(drag.from + kept), Math.round(drag.to + kept));
    }
  });
  for (const type of ["pointerup", "pointercancel"]) box.addEventListener(type, () => { drag = undefined; });
  box.addEventListener("dblclick", () => acts.brush(undefined));

  for (const each of [start, end]) {
    each.addEventListener("keydown", (event) => {
      if (!axis) return;
      const [from, to] = store.get().brush ?? [axis.t0, axis.t1];
      const step = ((axis.t1 - axis.t0) / 100) * (event.shiftKey ? 10 : 1);
      /** @type {Record<string, number>} */
      const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -10 * step, PageUp: 10 * step, Home: -Infinity, End: Infinity };
      const change = by[event.key];
      if (event.key === "Escape") acts.brush(undefined);
      else if (change === undefined) return;
      else if (each === start) choose(Math.round(Math.max(axis.t0, Math.min(to - 1, from + change))), to);
      else choose(from, Math.round(Math.min(axis.t1, Math.max(from + 1, to + change))));
      event.preventDefault();
    });
  }

  // The window in words, and typed to the second.
  const fieldFrom = field(words.timeline.fromField);
  const fieldTo = field(words.timeline.toField);
  function field(/** @type {string} */ label) {
    return h("input", { class: "moment-field", type: "text", size: 19, "aria-label": label, spellcheck: "false", autocomplete: "off", on: { change: typed, keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && typed() } });
  }
  function typed() {
    const [from, to] = [readMoment(fieldFrom.value), readMoment(fieldTo.value)];
    if (from === undefined || to === undefined) acts.note(() => words.timeline.unread, true);
    else choose(from, to);
  }
  const all = h("button", { type: "button", class: "quiet", title: words.timeline.allTitle, on: { click: () => acts.brush(undefined) } }, words.timeline.all);
  const hint = h("span", { class: "hint" });
  store.watch((state) => [state.brush, state.case?.window], (brush, window) => {
    const shown = brush ?? window;
    const text = (/** @type {number | undefined} */ ms) => (ms === undefined ? "" : moment(ms).replace(" UTC", ""));
    fieldFrom.value = text(shown?.[0]);
    fieldTo.value = text(shown?.[1]);
    all.hidden = !brush;
    hint.textContent = brush ? span(brush[0], brush[1]) : shown ? words.timeline.whole : words.timeline.none;
    hint.classList.toggle("unseen", Boolean(brush));
    place();
  });

  // As high as its lanes need, but not more than a third of the window.
  const room = newest((/** @type {number} */ bars) => acts.timelineHeight(bars), (height) => {
    box.style.height = `${Math.round(Math.min(height, innerHeight / 3))}px`;
  }, () => {});
  store.watch((state) => [state.case, state.depicted], (view, _depicted) => { if (view) room(BARS); });

  new ResizeObserver(request).observe(box);
  store.watch((state) => [state.case, state.brush, state.shown, state.theme, state.depicted], request);

  return h("section", { class: "timeline", "aria-labelledby": "timeline-title" },
    h("div", { class: "timeline-head" },
      h("h2", { id: "timeline-title" }, words.timeline.title), fieldFrom, h("span", { "aria-hidden": "true" }, words.timeline.toField), fieldTo, h("span", { class: "zone" }, "UTC"), all, hint),
    box);
}
