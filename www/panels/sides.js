// The fields by which a question or an action names its two sides and its service.
import { fill, h } from "../dom.js";
import { words } from "../words.js";

/**
 * @param {string} id a prefix of the fields' ids
 * @param {boolean} wide whether countries and roles can be named too
 */
export function createSides(id, wide) {
  const from = h("select", { id: `${id}-from` });
  const to = h("select", { id: `${id}-to` });
  const service = h("input", { id: `${id}-service`, type: "text", value: "*", size: 10, autocomplete: "off", spellcheck: "false" });
  let known = "";

  return {
    element: h("div", { class: "field-row" },
      h("div", { class: "field" }, h("label", { for: from.id }, words.response.from), from),
      h("div", { class: "field" }, h("label", { for: to.id }, words.response.to), to),
      h("div", { class: "field" }, h("label", { for: service.id }, words.response.service), service)),
    /** @param {import("../types.js").CaseView} view */
    show(view) {
      const distinct = (/** @type {(string | undefined)[]} */ all) => [...new Set(all.filter((each) => each !== undefined && each !== null && each !== ""))].sort();
      const groups = wide ? [...distinct(view.sites.map((site) => site.country)).map((code) => `country:${code}`), ...distinct(view.sites.map((site) => site.role)).map((role) => `role:${role}`)] : [];
      const names = ["*", ...view.sites.map((site) => site.name), ...groups, "external"];
      if (known === names.join("\n")) return;
      known = names.join("\n");
      for (const side of [from, to]) {
        const chosen = side.value;
        fill(side, names.map((name) => h("option", { value: name }, name === "*" ? words.response.all : name)));
        if (names.includes(chosen)) side.value = chosen;
      }
    },
    values: () => ({ from: from.value, to: to.value, service: service.value.trim() || "*" }),
  };
}
