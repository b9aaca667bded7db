// Two hosts: what one asked of the other over one service, row by row.
import { h } from "../dom.js";
import { words } from "../words.js";
import { rowsList } from "./rows-list.js";

/**
 * @param {import("../types.js").Pair} pair
 * @param {import("../types.js").CaseView} view
 * @param {import("../acts.js").Acts} acts
 * @returns {import("../dom.js").Child}
 */
export function aboutPair({ from, to, service, initiator, responder }, view, acts) {
  const link = view.links.find((each) => each.from === from && each.to === to);
  return [
    h("p", { class: "state-line" }, h("span", { class: "service" }, service), link && `${link.from_name} → ${link.to_name}`),
    h("section", {}, h("h3", {}, words.detail.rows), rowsList({ from, to, service, initiator, responder, most: 100 }, { view, acts, files: undefined, marks: [initiator, responder] })),
    h("div", { class: "buttons" },
      link && h("button", { type: "button", on: { click: () => acts.show({ kind: "link", from, to }) } }, `${words.detail.link}: ${link.from_name} → ${link.to_name}`),
      [initiator, responder].map((host) => h("button", { type: "button", title: words.pair.all, on: { click: () => acts.table({ kind: "pairs", part: host }) } }, `${words.tables.kinds.pairs}: ${host}`))),
  ];
}
