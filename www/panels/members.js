// The members of a dropped archive: a list under its receipt, each with a receipt of its own, those in trouble first.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";
import { receipt } from "./receipt.js";

/** @typedef {import("../types.js").Evidence} Evidence */

/** How many members are listed before the rest is asked for. */
const SHOWN = 50;

/**
 * @param {string} archive
 * @param {readonly Evidence[]} members
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {import("../dom.js").Child}
 */
export function memberList(archive, members, store, acts) {
  if (members.length === 0) return undefined;
  const troubled = members.filter((member) => trouble(member));
  const ordered = [...troubled, ...members.filter((member) => !trouble(member))];
  const list = h("ul", { class: "files members" }, ordered.slice(0, SHOWN).map((member) => item(archive, member, store, acts)));
  const more = ordered.length > SHOWN && h("button", {
    type: "button", class: "quiet",
    on: {
      click: (/** @type {Event} */ event) => {
        list.append(...ordered.slice(SHOWN).map((member) => item(archive, member, store, acts)));
        /** @type {HTMLElement} */ (event.currentTarget).remove();
      },
    },
  }, words.evidence.moreMembers(ordered.length - SHOWN));
  const read = members.filter((member) => member.format).length;
  return [h("h3", {}, words.evidence.members(members.length, read)), list, more];
}

/**
 * @param {string} archive
 * @param {Evidence} member
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 */
function item(archive, member, store, acts) {
  const said = trouble(member);
  const body = h("div", { class: "receipt" });
  const fold = h("details", {},
    h("summary", {},
      h("span", { class: "file-name" }, member.name.startsWith(`${archive}/`) ? member.name.slice(archive.length + 1) : member.name),
      h("span", { class: "file-state" }, said ? h("span", { class: "trouble" }, icon("warn"), " ", said) : member.title ?? words.evidence.stages.done)),
    body);
  // A receipt is long, and made only for who opens it.
  fold.addEventListener("toggle", () => {
    if (fold.open && body.childElementCount === 0) fill(body, receipt(member, store, acts));
  });
  return h("li", { class: said ? "file troubled" : "file" }, fold);
}

/**
 * What is wrong with a file that was read, in a few words.
 * @param {Evidence | undefined} evidence
 * @returns {string | undefined}
 */
export function trouble(evidence) {
  if (evidence?.advice) return words.evidence.unknown;
  if (evidence && evidence.unprocessed.length > 0) return words.evidence.incomplete;
  const malformed = evidence?.malformed.reduce((sum, reason) => sum + reason.count, 0n) ?? 0n;
  return malformed > 0n ? `${whole(malformed)} ${words.evidence.malformed}` : undefined;
}
