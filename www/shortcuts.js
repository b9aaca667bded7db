// Keys for commands: none fires while somebody types, none in a dialog but those with Ctrl or ⌘, and single keys can be switched
// off (WCAG 2.1.4), since who dictates or trembles would set them off.
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { words } from "./words.js";

/** @typedef {import("./commands.js").Command} Command */

export const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * @param {KeyboardEvent} event
 * @returns {string} as commands write their keys
 */
function written(event) {
  const key = event.key.toLowerCase();
  const mod = APPLE ? event.metaKey : event.ctrlKey;
  // A sign like ? needs the shift key on some keyboards and not on others: what counts is the sign.
  const shift = event.shiftKey && (mod || key.length > 1);
  return [mod && "mod", shift && "shift", key].filter(Boolean).join("+");
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])"));
}

/**
 * @param {import("./store.js").Store} store
 * @param {() => Command[]} commands
 * @returns {() => void} ends it
 */
export function listenForKeys(store, commands) {
  const heard = (/** @type {KeyboardEvent} */ event) => {
    // A key that an input method takes for composing a word is none for us.
    if (event.defaultPrevented || event.isComposing || event.altKey || (APPLE ? event.ctrlKey : event.metaKey)) return;
    const keys = written(event);
    const single = !keys.includes("mod+");
    const typing = isTyping(event.target);
    // In a field Ctrl+Z undoes the typing, as everywhere.
    if (typing && (single || /^mod\+(shift\+)?[zy]$/.test(keys))) return;
    if (single && keys !== "escape" && !store.get().keys) return;
    if (document.querySelector("dialog[open]") && keys !== "mod+k") return;
    const wanted = keys === "mod+y" ? "mod+shift+z" : keys;
    const command = commands().find((each) => each.keys === wanted && (each.when?.() ?? true));
    if (!command) return;
    event.preventDefault();
    command.run();
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}

/** Keys that have names instead of signs. @type {Record<string, string>} */
const CAPS = { mod: APPLE ? "⌘" : "Ctrl", shift: APPLE ? "⇧" : "Shift", escape: "Esc" };

/**
 * Keys as they stand on the keyboard.
 * @param {string} keys
 * @returns {HTMLElement}
 */
export function keycaps(keys) {
  return h("span", { class: "keycaps" }, (keys === "+" ? [keys] : keys.split("+")).map((key) => h("kbd", {}, CAPS[key] ?? words.keys.caps[key] ?? key.toUpperCase())));
}

/**
 * The list of all keys.
 * @param {import("./store.js").Store} store
 * @param {() => Command[]} commands
 */
export function createKeysDialog(store, commands) {
  const single = h("input", { type: "checkbox", id: "keys-single" });
  single.addEventListener("change", () => store.set({ keys: single.checked }));
  store.watch((state) => [state.keys], (keys) => { single.checked = keys; });
  const body = h("div", { class: "keys-lists" });
  const dialog = h("dialog", { class: "keys", "aria-labelledby": "keys-heading" },
    h("div", { class: "dialog-head" }, h("h2", { id: "keys-heading" }, words.keys.title),
      h("button", { type: "button", class: "icon-button", "aria-label": words.keys.close, title: words.keys.close, on: { click: () => dialog.close() } }, icon("close"))),
    h("div", { class: "keys-body" }, body,
      h("p", { class: "check" }, single, h("label", { for: "keys-single" }, words.keys.single)),
      h("p", { class: "hint" }, words.keys.singleWhy)));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  /** @param {string} keys @param {string} label */
  const line = (keys, label) => h("div", {}, h("dt", {}, keycaps(keys)), h("dd", {}, label));
  return {
    element: dialog,
    open() {
      const all = commands().filter((command) => command.keys !== undefined);
      const groups = /** @type {(keyof typeof words.commands.groups)[]} */ (Object.keys(words.commands.groups));
      fill(body,
        groups.map((group) => h("section", {}, h("h3", {}, words.commands.groups[group]),
          h("dl", {}, all.filter((command) => command.group === group).map((command) => line(command.keys ?? "", command.label))))),
        h("section", {}, h("h3", {}, words.keys.inPicture), h("dl", {}, words.keys.picture.map(([keys, label]) => line(keys ?? "", label ?? "")))));
      dialog.showModal();
    },
  };
}
