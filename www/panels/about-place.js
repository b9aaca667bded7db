// A place in a file: the record there, with the lines around it.
import { h } from "../dom.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";
import { rowsList } from "./rows-list.js";

/**
 * @param {import("../types.js").Place} place
 * @param {import("../acts.js").Acts} acts
 * @returns {import("../dom.js").Child}
 */
export function aboutPlace(place, acts) {
  return [
    h("p", { class: "claim" }, place.why),
    h("p", { class: "hint" }, [place.line ? words.detail.line(whole(place.line)) : "", words.detail.offset(whole(place.offset))].filter(Boolean).join(" · ")),
    rowsList({ offset: place.offset }, { view: acts.view(), acts, files: [place.file], marks: [] }),
  ];
}
