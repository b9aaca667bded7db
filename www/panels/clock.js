// Asks, once a file, for the zone that its records leave out.
import { offset } from "../dates.js";
import { h } from "../dom.js";
import { words } from "../words.js";

/** The offsets in use anywhere, in minutes east of UTC: half and quarter hours too. */
const OFFSETS = [
  -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570,
  600, 630, 660, 720, 765, 780, 840,
];
/** A place or two that a person knows the offset by. Summer time is theirs to add: the list says offsets, not zones. */
/** @type {Record<number, string>} */
const PLACES = { [-480]: "Los Angeles", [-360]: "Houston", [-300]: "New York", [-180]: "São Paulo", 0: "London, UTC", 60: "Berlin", 120: "Athens", 180: "Istanbul", 240: "Dubai", 330: "Mumbai", 345: "Kathmandu", 420: "Bangkok, Jakarta", 480: "Manila, Singapore", 540: "Tokyo", 570: "Adelaide", 600: "Sydney", 720: "Auckland" };

/**
 * @param {import("../types.js").Evidence} evidence
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement | undefined}
 */
export function clockChoice(evidence, acts) {
  const { basis, offset: chosen } = evidence.clock;
  if (basis !== "unknown" && basis !== "mixed" && basis !== "chosen") return undefined;
  const id = `clock-${evidence.index}`;
  const select = h("select", { id, data: { key: id } },
    h("option", { value: "" }, words.clock.asUtc),
    OFFSETS.map((minutes) => h("option", { value: String(minutes * 60), selected: basis === "chosen" && chosen === minutes * 60 }, [offset(minutes * 60), PLACES[minutes]].filter(Boolean).join(" "))));
  const apply = h("button", { type: "button", on: { click: () => acts.setClock(evidence.index, select.value === "" ? undefined : Number(select.value)) } }, words.clock.apply);
  return h("div", { class: "ask" },
    basis !== "chosen" && h("p", {}, words.clock.ask),
    h("div", { class: "field" }, h("label", { for: id }, words.clock.select), h("div", { class: "field-line" }, select, apply)));
}
