// What can be pointed at: the same thing or not, and what it is called.
import { words } from "./words.js";

/**
 * @param {import("./types.js").Shown | undefined} a
 * @param {import("./types.js").Shown | undefined} b
 * @returns {boolean}
 */
export function same(a, b) {
  return a === b || (a !== undefined && b !== undefined && key(a) === key(b));
}

/**
 * @param {import("./types.js").Shown} subject
 * @returns {string}
 */
export function key(subject) {
  switch (subject.kind) {
    case "site": return `site ${subject.party}`;
    case "link": return `link ${subject.from} ${subject.to}`;
    case "finding": return `finding ${subject.id}`;
    case "moment": return `moment ${subject.ms}`;
    case "pair": return `pair ${subject.from} ${subject.to} ${subject.service} ${subject.initiator} ${subject.responder}`;
    case "place": return `place ${subject.file} ${subject.offset}`;
  }
}

/** From this number down, a party is what is outside in one country. */
const COUNTRIES = -1000;

/** What it is called, by its code. @param {import("./types.js").Party} party */
function abroad(party) {
  const number = COUNTRIES - party;
  return words.detail.externalIn(String.fromCharCode(65 + Math.floor(number / 26), 65 + (number % 26)));
}

/**
 * @param {import("./types.js").CaseView | undefined} view
 * @param {import("./types.js").Party} party
 * @returns {string}
 */
export function partyName(view, party) {
  if (party === -1) return words.detail.external;
  if (party <= COUNTRIES) return abroad(party);
  if (party === -2) return words.detail.unassigned;
  return view?.sites.find((site) => site.index === party)?.name ?? `#${party}`;
}

/**
 * An end as the screen calls it: what is no site has a name in the language in use, whatever the engine's is.
 * @param {import("./types.js").Party} party
 * @param {string} name as the engine has it
 */
export function endName(party, name) {
  if (party <= COUNTRIES) return abroad(party);
  return party === -1 ? words.detail.external : party === -2 ? words.detail.unassigned : name;
}

/**
 * The part of what is shown that the picture can mark.
 * @param {import("./types.js").Shown | undefined} shown
 * @returns {import("./types.js").Subject | undefined}
 */
export function drawable(shown) {
  if (shown?.kind === "pair") return { kind: "link", from: shown.from, to: shown.to };
  return shown?.kind === "place" || shown?.kind === "moment" ? undefined : shown;
}
