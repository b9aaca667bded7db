// Asks for the passphrase of an encrypted case file that was dropped.
import { h } from "./dom.js";
import { words } from "./words.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 */
export function createUnlocking(store, acts) {
  const name = h("p", { class: "claim" });
  const passphrase = h("input", { id: "unlock-passphrase", type: "password", autocomplete: "off", required: true });
  const said = h("p", { class: "hint", role: "status" });
  const open = h("button", { type: "submit", class: "primary" }, words.locked.open);
  /** @type {File | undefined} */
  let file;

  const form = h("form", { class: "exports-body", on: { submit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!file) return;
    open.disabled = true;
    said.textContent = words.locked.opening;
    try {
      await acts.unlock(file, passphrase.value);
      said.textContent = "";
    } catch (error) {
      said.textContent = error instanceof Error ? error.message : String(error);
    }
    open.disabled = false;
    passphrase.value = "";
  } } },
    name,
    h("div", { class: "field" }, h("label", { for: passphrase.id }, words.locked.passphrase), passphrase),
    h("div", { class: "buttons" }, open, h("button", { type: "button", on: { click: () => dialog.close() } }, words.locked.leave)), said);
  const dialog = h("dialog", { class: "exports unlock", "aria-labelledby": "unlock-heading" }, h("div", { class: "dialog-head" }, h("h2", { id: "unlock-heading" }, words.locked.title)), form);
  // Closed without a passphrase, the file is left alone; it can be dropped again.
  dialog.addEventListener("close", () => {
    if (file) acts.forgetLocked(file);
  });

  store.watch((state) => [state.locked], (locked) => {
    file = locked[0];
    if (!file) {
      if (dialog.open) dialog.close();
      return;
    }
    name.textContent = file.name;
    said.textContent = "";
    if (!dialog.open && dialog.isConnected) dialog.showModal();
  });
  return { element: dialog };
}
