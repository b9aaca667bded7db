// The log of what was done with this case, each entry chained to the one before.
import { moment } from "../dates.js";
import { fill, h } from "../dom.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";

/** The newest so many are listed. */
const MOST = 100;

export function createHistory() {
  const list = h("div", {});
  return {
    title: words.response.log,
    open: false,
    element: h("div", {}, h("p", { class: "hint" }, words.response.logWhy), list),
    /** @param {import("../response-types.js").ResponseView} answer */
    show({ log }) {
      const broken = log.broken !== undefined && log.broken !== null;
      fill(list,
        h("p", { class: broken ? "notice" : "hint" }, broken ? words.response.logBroken(whole(/** @type {number} */ (log.broken) + 1)) : words.response.logWhole(whole(log.entries.length))),
        h("ol", { class: "log", reversed: true, start: log.entries.length }, log.entries.slice(-MOST).reverse().map((entry) => h("li", {},
          entry.at !== undefined && entry.at !== null && h("span", { class: "when" }, moment(entry.at), " "), h("strong", {}, entry.act), ` ${[entry.who, entry.of, entry.with].filter(Boolean).join(" · ")}`, " ", h("code", { title: entry.hash }, entry.hash.slice(0, 8))))));
    },
  };
}
