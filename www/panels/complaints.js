// What is wrong with a dropped site book or policy, line by line.
import { h } from "../dom.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";

/**
 * @param {string} title
 * @param {readonly import("../types.js").Complaint[]} complaints
 * @returns {HTMLElement | undefined}
 */
export function complaintsList(title, complaints) {
  if (complaints.length === 0) return undefined;
  return h("div", { class: "notice grave" }, h("h3", {}, title),
    h("ul", {}, complaints.slice(0, 100).map(({ line, sentence }) => h("li", {}, words.sites.line(whole(line), sentence)))),
    complaints.length > 100 && h("p", {}, words.detail.scrollPast(whole(complaints.length - 100))));
}
