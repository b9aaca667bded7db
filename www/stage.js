// The picture: the engine's scene on a canvas, to be panned, zoomed, pointed at and walked through by keys.
import { newest } from "./asking.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { whole } from "./numbers.js";
import { pause } from "./pausing.js";
import { isReading } from "./store.js";
import { drawable, key, partyName, same } from "./subjects.js";
import { words } from "./words.js";

/** @typedef {import("./types.js").Subject} Subject */

const NEAREST = 8;
const FARTHEST = 0.5;
const MATRIX_NEAREST = 40;
/** A pointer that moved less than this between down and up has clicked. */
const CLICK = 5;
/** A picture of more marks than this is painted in parts, on a canvas that nobody sees until it is whole. */
const MANY = 1500;
/** How many marks a part has: some milliseconds of painting, and as much again of rastering. */
const PART = 500;
/** More entries than this are not read out by anybody; the findings list holds what matters. */
const LISTED = 300;

/**
 * @param {import("./engine.js").Bindings} bindings
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createStage(bindings, store, acts) {
  const canvas = h("canvas", { class: "picture-canvas", tabindex: 0, role: "application", "aria-label": words.picture.label, "aria-describedby": "picture-spoken" });
  const unseen = h("canvas");
  const tooltip = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true });
  const spoken = h("p", { class: "unseen", id: "picture-spoken", "aria-live": "polite" });
  const message = h("p", { class: "picture-message", hidden: true });
  const box = h("div", { class: "picture-box" }, canvas, tooltip, message);
  const list = h("div", { class: "picture-list" });

  /** @type {import("./types.js").Painter} */
  const painter = new /** @type {any} */ (bindings).Stage(canvas);
  let drawn = false;
  let zoom = 1;
  let pan = { x: 0, y: 0 };
  /** The place of the keyboard's walk, or none. */
  let walk = -1;

  const scene = newest(acts.scene, (bytes) => {
    came = bytes;
    if (!painting) showNext();
  }, (error) => say(words.picture.notDrawn(error.message)));

  function say(/** @type {string} */ text) {
    message.textContent = text;
    message.hidden = text === "";
  }

  /** A matrix is enlarged by the engine, so that its names stay at the edges and readable. */
  const isMatrix = () => store.get().layout === "matrix" && !store.get().hosts;

  /** Why there is nothing to see, where there is nothing. */
  function emptiness() {
    const state = store.get();
    if (!state.case || state.case.links.length > 0) return "";
    return isReading(state) ? words.picture.noneYet : state.case.evidence.length > 0 ? words.picture.none : words.picture.onlyBooks;
  }

  function request() {
    const { case: view, layout, brush, shown, hovered, theme, focus, language, hosts } = store.get();
    const { clientWidth: width, clientHeight: height } = box;
    if (!view || width < 40 || height < 40) return;
    if (drawn) say(emptiness());
    scene({ layout, width, height, from_ms: brush?.[0], to_ms: brush?.[1], selected: drawable(shown), hovered: hosts ? undefined : hovered, theme, focus, language, hosts, ...(isMatrix() ? { zoom, pan: /** @type {[number, number]} */ ([pan.x, pan.y]) } : {}) });
  }

  function showNext() {
    if (!came) return;
    painter.show(came);
    came = undefined;
    drawn = true;
    say(emptiness());
    paint();
  }

  let asked = 0;
  /** The scene that came while another was being painted in parts. @type {Uint8Array | undefined} */
  let came;
  let painting = false;
  /** It was moved meanwhile. */
  let again = false;
  function paint() {
    if (!drawn) return;
    if (painting) {
      again = true;
      return;
    }
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(async () => {
      painting = true;
      try {
        const { theme } = store.get();
        const [enlarged, dx, dy] = isMatrix() ? /** @type {const} */ ([1, 0, 0]) : /** @type {const} */ ([zoom, pan.x, pan.y]);
        const view = /** @type {const} */ ([enlarged, dx, dy, devicePixelRatio || 1]);
        if (painter.marks() > MANY) await paintInParts(Float64Array.from(view), theme);
        else painter.paint(...view, theme);
      } catch (error) {
        drawn = false;
        say(words.picture.notDrawn(error instanceof Error ? error.message : String(error)));
      }
      painting = false;
      if (came) showNext();
      else if (again) paint();
      again = false;
    });
  }

  async function paintInParts(/** @type {Float64Array} */ view, /** @type {"light" | "dark" | "paper"} */ theme) {
    const part = unseen.getContext("2d", { willReadFrequently: true });
    const shown = canvas.getContext("2d");
    for (let next = painter.paint_part(unseen, 0, PART, view, theme); next !== undefined; next = painter.paint_part(unseen, next, PART, view, theme)) {
      // A dot that is read is rastered, and all that was painted with it: else all of it would be at the end, at once.
      part?.getImageData(0, 0, 1, 1);
      await pause();
    }
    part?.getImageData(0, 0, 1, 1);
    await pause();
    if (canvas.width !== unseen.width || canvas.height !== unseen.height) {
      canvas.width = unseen.width;
      canvas.height = unseen.height;
    }
    shown?.resetTransform();
    shown?.clearRect(0, 0, canvas.width, canvas.height);
    shown?.drawImage(unseen, 0, 0);
  }

  /** Zooms about a point of the box, which stays where it is. */
  function zoomTo(/** @type {number} */ next, x = box.clientWidth / 2, y = box.clientHeight / 2) {
    const bounded = isMatrix() ? Math.max(1, Math.min(MATRIX_NEAREST, next)) : Math.max(FARTHEST, Math.min(NEAREST, next));
    pan = { x: x - ((x - pan.x) * bounded) / zoom, y: y - ((y - pan.y) * bounded) / zoom };
    zoom = bounded;
    moved();
  }

  /** What was panned or zoomed is shown: a matrix is drawn anew, another picture moved. */
  function moved() {
    if (isMatrix()) {
      pan = { x: Math.min(0, pan.x), y: Math.min(0, pan.y) };
      request();
    } else paint();
  }

  function fit() {
    zoom = 1;
    pan = { x: 0, y: 0 };
    moved();
  }

  /** A point of the box as a point of the scene. */
  const place = (/** @type {number} */ x, /** @type {number} */ y) => (isMatrix() ? { x, y } : { x: (x - pan.x) / zoom, y: (y - pan.y) / zoom });

  function under(/** @type {PointerEvent} */ event) {
    if (!drawn) return undefined;
    const edge = canvas.getBoundingClientRect();
    const at = place(event.clientX - edge.left, event.clientY - edge.top);
    return painter.hit(at.x, at.y) ?? undefined;
  }

  function point(/** @type {Subject | undefined} */ subject, /** @type {{ x: number, y: number } | undefined} */ at) {
    if (!same(subject, store.get().hovered)) store.set({ hovered: subject });
    const lines = subject ? painter.tooltip(subject) : [];
    tooltip.hidden = lines.length === 0;
    if (lines.length === 0) return;
    fill(tooltip, lines.map((line, place) => h("div", { class: place === 0 ? "tooltip-title" : "" }, line)));
    // At the pointer, but inside the box; a keyboard's walk shows it in the corner.
    const { clientWidth, clientHeight } = box;
    const x = at ? Math.max(8, Math.min(at.x + 14, clientWidth - tooltip.offsetWidth - 8)) : 12;
    const below = at ? at.y + 18 : clientHeight - tooltip.offsetHeight - 12;
    const y = below + tooltip.offsetHeight > clientHeight - 8 && at ? Math.max(8, at.y - tooltip.offsetHeight - 12) : below;
    tooltip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  // Pointers: one pans, two pinch, one that stays clicks.
  /** @type {Map<number, { x: number, y: number }>} */
  const down = new Map();
  let travelled = 0;
  /** The site under a pointer that is down: dragging takes it along, and it stays where it is put. @type {number | undefined} */
  let carried;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (down.size > 1) carried = undefined;
    else {
      travelled = 0;
      const subject = under(event);
      carried = subject?.kind === "site" && subject.party >= 0 && !isMatrix() && !store.get().hosts ? subject.party : undefined;
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    const now = { x: event.offsetX, y: event.offsetY };
    if (!before) {
      const subject = under(event);
      canvas.classList.toggle("pointing", subject !== undefined);
      point(subject, now);
      return;
    }
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    down.set(event.pointerId, now);
    if (travelled < CLICK) return;
    canvas.classList.add("panning");
    point(undefined, undefined);
    if (carried !== undefined) {
      const at = place(now.x, now.y);
      const [width, height] = painter.size();
      void acts.pin(carried, at.x / width, at.y / height);
      return;
    }
    pan = { x: pan.x + (now.x - before.x) / down.size, y: pan.y + (now.y - before.y) / down.size };
    if (other) {
      const reach = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      zoomTo(zoom * reach, (now.x + other.x) / 2, (now.y + other.y) / 2);
    } else moved();
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    const clicked = down.delete(event.pointerId) && down.size === 0 && travelled < CLICK && event.type === "pointerup";
    canvas.classList.remove("panning");
    if (clicked) acts.show(under(event));
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => point(undefined, undefined));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    // Lines on some devices, pixels on others; a pinch on a touchpad comes with the control key.
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    zoomTo(zoom * Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoomTo(zoom * 1.6, event.offsetX, event.offsetY));

  canvas.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const steps = /** @type {Record<string, [number, number]>} */ ({ ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowUp: [0, -1] });
    const step = steps[event.key];
    if (step && event.shiftKey) {
      pan = { x: pan.x - step[0] * 40, y: pan.y - step[1] * 40 };
      moved();
    } else if (step) goTo(walk + step[0] + step[1]);
    else if (event.key === "Home") goTo(0);
    else if (event.key === "End") goTo(-1);
    else if (event.key === "Enter" || event.key === " ") acts.show(painter.subjects()[walk]);
    else if (event.key === "+" || event.key === "=") zoomTo(zoom * 1.25);
    else if (event.key === "-") zoomTo(zoom / 1.25);
    else if (event.key === "0") fit();
    else if (event.key === "Escape") {
      walk = -1;
      point(undefined, undefined);
      acts.show(undefined);
    } else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => point(undefined, undefined));

  function goTo(/** @type {number} */ place) {
    if (!drawn) return;
    const subjects = painter.subjects();
    if (subjects.length === 0) return;
    walk = (place + subjects.length) % subjects.length;
    const subject = subjects[walk];
    point(subject, undefined);
    spoken.textContent = subject ? painter.tooltip(subject).join(". ") : "";
  }

  // The same in words, for who can't see the picture: shown as soon as the keyboard enters it.
  store.watch((state) => [state.case], (view) => {
    if (!view) return;
    /** @param {Subject} subject @param {string} text */
    const entry = (subject, text) => h("li", {}, h("button", { type: "button", data: { key: key(subject) }, on: { click: () => acts.show(subject) } }, text));
    const links = view.links.slice(0, LISTED).map((link) => entry({ kind: "link", from: link.from, to: link.to },
      words.picture.link(partyName(view, link.from), partyName(view, link.to), words.gravity[link.state].word, whole(link.connections))));
    fill(list, h("h3", {}, words.picture.listTitle), h("ul", {},
      view.sites.map((site) => entry({ kind: "site", party: site.index }, words.picture.site(site.name, whole(site.connections), site.findings))), links,
      view.links.length > LISTED && h("li", {}, words.detail.scrollPast(whole(view.links.length - LISTED)))));
  });

  new ResizeObserver(request).observe(box);
  // A window dragged to a screen of another density is no resize.
  matchMedia("(min-resolution: 1.5dppx)").addEventListener("change", paint);
  store.watch((state) => [state.case, state.layout, state.brush, state.shown, state.hovered, state.theme, state.focus, state.depicted, state.hosts], request);
  store.watch((state) => [state.layout, state.hosts], fit);

  /** @param {import("./types.js").Layout} layout */
  const choice = (layout) => h("button", { type: "button", data: { layout }, on: { click: () => store.set({ layout }) } }, words.picture[layout]);
  const choices = [choice("ring"), choice("map"), choice("force"), choice("matrix")];
  store.watch((state) => [state.layout], (layout) => {
    for (const button of choices) button.setAttribute("aria-pressed", String(button.dataset.layout === layout));
  });
  /** @param {"plus" | "minus" | "fit"} picture @param {string} label @param {() => void} act */
  const tool = (picture, label, act) => h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, on: { click: act } }, icon(picture));

  // Only the site that is shown and what lies near it; and the sites that were put somewhere, back to their places.
  const near = h("select", { class: "near", "aria-label": words.picture.near, hidden: true, on: { change: () => {
    const { shown, focus } = store.get();
    const party = focus?.party ?? (shown?.kind === "site" ? shown.party : undefined);
    const hops = Number(near.value);
    acts.focus(party !== undefined && hops > 0 ? { party, hops } : undefined);
  } } }, [0, 1, 2, 3].map((hops) => h("option", { value: String(hops) }, words.picture.hops(hops))));
  store.watch((state) => [state.shown, state.focus], (shown, focus) => {
    near.hidden = focus === undefined && shown?.kind !== "site";
    near.value = String(focus?.hops ?? 0);
  });
  const hosts = h("button", { type: "button", class: "level", hidden: true, title: words.picture.hostsTitle, on: { click: () => store.set({ hosts: !store.get().hosts }) } }, words.picture.hosts);
  store.watch((state) => [state.shown, state.hosts], (shown, open) => {
    const has = shown?.kind === "site" || shown?.kind === "link" || shown?.kind === "finding";
    hosts.hidden = !has && !open;
    hosts.setAttribute("aria-pressed", String(open));
    if (open && !has) store.set({ hosts: false });
  });
  const unpin = h("button", { type: "button", class: "icon-button", hidden: true, title: words.picture.unpin, "aria-label": words.picture.unpin, on: { click: () => void acts.unpin() } }, "↺");
  store.watch((state) => [state.depicted], () => { if (store.get().case) acts.hasPins().then((has) => { unpin.hidden = !has; }, () => {}); });

  return h("section", { class: "picture", id: "picture", "aria-labelledby": "picture-title" },
    h("h2", { class: "unseen", id: "picture-title" }, words.picture.title),
    box,
    h("div", { class: "picture-tools" },
      h("div", { class: "segmented", role: "group", "aria-label": words.picture.layouts }, choices),
      h("div", { class: "segmented" }, tool("plus", words.picture.zoomIn, () => zoomTo(zoom * 1.4)), tool("minus", words.picture.zoomOut, () => zoomTo(zoom / 1.4)), tool("fit", words.picture.fit, fit), unpin), near, hosts),
    spoken, list);
}
