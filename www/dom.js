// Makes elements. Text goes in as text and nothing else: no markup is ever parsed, so what a log says stays inert.

/** What an element may hold; of a list, each in turn. Nothing comes of `false` and `undefined`. @typedef {Node | string | number | null | undefined | boolean | readonly any[]} Child */
/** @typedef {Record<string, unknown> & { on?: Record<string, (event: any) => void>, data?: Record<string, string> }} Attributes */

/** These would make the page go somewhere, or carry script or style. */
const REFUSED = /^(on.+|href|src.*|action|formaction|style|.*html)$/i;

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes] `on`: listeners, `data`: data attributes; `true` sets an attribute without value, `false` and `undefined` none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(/** @type {Record<string, (event: any) => void>} */ (value))) element.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (name === "value" || name === "checked" || name === "selected" || name === "disabled") {
      /** @type {any} */ (element)[name] = value;
    } else if (REFUSED.test(name)) {
      throw new TypeError(`Kyoten sets no ${name} attribute`);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(name, String(value));
    }
  }
  append(element, children);
  if (element instanceof HTMLFormElement) hearSubmit(element);
  return element;
}

/**
 * @param {Element} element
 * @param {readonly Child[]} children
 */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || typeof child === "boolean") continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * The sandbox stops every form before its script hears of it, since a form can lead away. So its button and Enter are heard here,
 * what the browser finds wrong in a field is said by the browser, and the form's listeners hear `submit` as always.
 * @param {HTMLFormElement} form
 */
function hearSubmit(form) {
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (form.reportValidity()) form.dispatchEvent(new Event("submit", { cancelable: true }));
  };
  form.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("button[type=submit], button:not([type])")) send(event);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && event.target instanceof HTMLInputElement) send(event);
  });
}

/**
 * Replaces what an element holds. What has the same `data-key` keeps its focus, and a `details` its being open.
 * @param {HTMLElement} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const scroll = element.scrollTop;
  swap(element, ...children);
  element.scrollTop = scroll;
}

/**
 * As `fill`, for what does not scroll. It asks for no layout, which a list of a thousand files would make dear.
 * @param {HTMLElement} element
 * @param {...Child} children
 */
export function swap(element, ...children) {
  const active = document.activeElement;
  const focus = active instanceof HTMLElement && element.contains(active) ? active.dataset.key : undefined;
  const folds = new Map([...element.querySelectorAll("details[data-key]")].map((each) => {
    const fold = /** @type {HTMLDetailsElement} */ (each);
    return /** @type {const} */ ([fold.dataset.key, fold.open]);
  }));
  element.replaceChildren();
  append(element, children);
  for (const each of element.querySelectorAll("details[data-key]")) {
    const fold = /** @type {HTMLDetailsElement} */ (each);
    const open = folds.get(fold.dataset.key);
    if (open !== undefined) fold.open = open;
  }
  if (focus !== undefined) keyed(element, focus)?.focus({ preventScroll: true });
}

/**
 * As `fill`, for what neither scrolls nor folds. It asks for no layout, of which a list of a thousand has none to spare.
 * @param {HTMLElement} element
 * @param {...Child} children
 */
export function put(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * @param {HTMLElement} element
 * @param {string} key
 * @returns {HTMLElement | undefined}
 */
export function keyed(element, key) {
  for (const each of element.querySelectorAll("[data-key]")) {
    if (each instanceof HTMLElement && each.dataset.key === key) return each;
  }
  return undefined;
}

/**
 * Text with each of some phrases marked where it stands whole: `10.0.0.1` is not found in `10.0.0.12`.
 * @param {string} text
 * @param {readonly string[]} phrases
 * @returns {Child[]}
 */
export function marked(text, phrases) {
  const wanted = phrases.filter((phrase) => phrase.length > 1).map((phrase) => phrase.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (wanted.length === 0) return [text];
  const pattern = new RegExp(`(?<![\\w.:-])(${wanted.join("|")})(?![\\w:-]|\\.\\w)`, "g");
  return text.split(pattern).map((part, place) => (place % 2 === 1 ? h("mark", {}, part) : part));
}
