// A fold in which a CSV of the case is edited as text, and counted in again.
import { h } from "../dom.js";
import { words } from "../words.js";

/**
 * @param {string} title
 * @param {string} label
 * @param {() => Promise<string>} read
 * @param {(text: string) => Promise<boolean>} write
 * @returns {HTMLElement}
 */
export function asText(title, label, read, write) {
  const area = h("textarea", { rows: 8, spellcheck: "false", autocomplete: "off", "aria-label": label, class: "csv" });
  const fold = h("details", { class: "as-text", data: { key: `text ${label}` } }, h("summary", {}, title), area,
    h("div", { class: "buttons" }, h("button", { type: "button", on: { click: () => write(area.value) } }, words.policy.apply)));
  fold.addEventListener("toggle", async () => {
    if (!fold.open || area.value !== "") return;
    area.value = await read().catch(() => "");
  });
  return fold;
}
