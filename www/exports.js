// The case as others want it: the report in two languages, and every other form, each with the label that it leaves under.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { isReading } from "./store.js";
import { words } from "./words.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 */
export function createExports(store, acts) {
  const tlp = h("select", { id: "exports-tlp" }, ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"].map((label) => h("option", { value: label }, `TLP:${label}`)));
  tlp.value = "AMBER";
  const passphrase = h("input", { id: "exports-passphrase", type: "password", autocomplete: "new-password", required: true, placeholder: words.locked.passphrase });
  const secret = h("input", { id: "exports-secret", type: "text", autocomplete: "off", spellcheck: false, placeholder: words.rollup.secret });
  /** @param {string} label @param {() => void} act @param {string} [look] */
  const button = (label, act, look = "") => h("button", { type: "button", class: look, on: { click: act } }, label);
  const forms = /** @type {[string, string][]} */ (Object.entries(words.exports.forms));

  const dialog = h("dialog", { class: "exports", "aria-labelledby": "exports-heading" },
    h("div", { class: "dialog-head" },
      h("h2", { id: "exports-heading" }, words.exports.title),
      h("button", { type: "button", class: "icon-button", "aria-label": words.exports.close, title: words.exports.close, on: { click: () => dialog.close() } }, icon("close"))),
    h("div", { class: "exports-body" },
      h("div", { class: "field" }, h("label", { for: "exports-tlp" }, words.figure.tlp), tlp),
      h("h3", {}, words.exports.report),
      h("p", { class: "hint" }, words.exports.reportWhat),
      h("div", { class: "buttons" },
        button(words.exports.reportEn, () => acts.saveReport("en", tlp.value), "primary"), button(words.exports.reportJa, () => acts.saveReport("ja", tlp.value))),
      h("h3", {}, words.locked.save),
      h("p", { class: "hint" }, words.locked.saveWhat),
      h("form", { class: "field-line", on: { submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void acts.saveCaseEncrypted(passphrase.value).then(() => { passphrase.value = ""; });
      } } }, h("label", { class: "unseen", for: passphrase.id }, words.locked.passphrase), passphrase, h("button", { type: "submit" }, words.locked.saveAct)),
      h("h3", {}, words.rollup.title),
      h("p", { class: "hint" }, words.rollup.what),
      h("form", { class: "field-line", on: { submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void acts.saveRollup(secret.value.trim());
      } } }, h("label", { class: "unseen", for: secret.id }, words.rollup.secret), secret, h("button", { type: "submit" }, words.rollup.save)),
      h("h3", {}, words.exports.others),
      h("div", { class: "buttons" }, forms.map(([name, label]) => button(label, () => acts.saveExport(name, tlp.value))))));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  return {
    element: dialog,
    open() {
      if (isReading(store.get())) acts.note(() => words.exports.whileReading, true);
      else dialog.showModal();
    },
  };
}
