// In which encoding a file's text is: told by its bytes, or chosen here. The bytes themselves stay as they are.
import { h } from "../dom.js";
import { words } from "../words.js";

/**
 * @param {import("../types.js").Evidence} evidence
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement | undefined}
 */
export function encodingChoice(evidence, acts) {
  const { encoding } = evidence;
  if (!encoding) return undefined;
  const id = `encoding-${evidence.index}`;
  const chosen = encoding.known === "chosen";
  const select = h("select", { id, data: { key: id } },
    h("option", { value: "", selected: !chosen }, words.encoding.byItself),
    acts.encodings().map((name) => h("option", { value: name, selected: chosen && name === encoding.name }, words.encoding.names[name] ?? name)));
  const apply = h("button", { type: "button", data: { key: `${id}-apply` }, on: { click: () => acts.setEncoding(evidence.index, select.value === "" ? undefined : select.value) } }, words.encoding.apply);
  return h("div", { class: "ask" },
    h("p", {}, words.encoding[encoding.known](words.encoding.names[encoding.name] ?? encoding.name)),
    h("div", { class: "field" }, h("label", { for: id }, words.encoding.select), h("div", { class: "field-line" }, select, apply)));
}
