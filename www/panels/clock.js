// Asks, once a file, for the zone and the year that its records leave out, and shows what its first and last record become.
import { moment, offset } from "../dates.js";
import { h } from "../dom.js";
import { words } from "../words.js";
import { zoneNames, zoneRules } from "../zones.js";

/** The offsets in use anywhere, in minutes east of UTC: half and quarter hours too. */
const OFFSETS = [
  -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570,
  600, 630, 660, 720, 765, 780, 840,
];

/**
 * @param {import("../types.js").Evidence} evidence
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement | undefined}
 */
export function clockChoice(evidence, acts) {
  const { basis, offset: chosen, zone, year, undated } = evidence.clock;
  const yearless = undated > 0n || year !== undefined;
  if (basis !== "unknown" && basis !== "mixed" && basis !== "chosen" && !yearless) return undefined;
  const id = `clock-${evidence.index}`;
  const byOffset = (/** @type {number} */ minutes) =>
    h("option", { value: String(minutes * 60), selected: basis === "chosen" && chosen === minutes * 60 }, [offset(minutes * 60), words.clock.places[minutes]].filter(Boolean).join(" "));
  const byName = (/** @type {string} */ name) => h("option", { value: name, selected: zone === name }, name);
  const select = h("select", { id, data: { key: id } },
    h("option", { value: "" }, words.clock.asUtc),
    h("optgroup", { label: words.clock.offsets }, OFFSETS.map(byOffset)),
    h("optgroup", { label: words.clock.zones }, zoneNames().map(byName)));
  const preview = h("p", { class: "hint", "aria-live": "polite" });
  const show = () => { preview.textContent = basis === "unknown" ? shifted(evidence, choice(select.value)) : ""; };
  select.addEventListener("change", show);
  const yearField = h("input", { id: `${id}-year`, type: "number", min: "1990", max: "2100", value: year === undefined ? "" : String(year), data: { key: `${id}-year` } });
  const apply = h("button", {
    type: "button",
    on: { click: () => acts.setClock(evidence.index, { ...choice(select.value), year: yearField.value === "" ? undefined : Number(yearField.value) }) },
  }, words.clock.apply);
  return h("div", { class: "ask" },
    basis !== "chosen" && basis !== "none" && h("p", {}, words.clock.ask),
    yearless && h("p", {}, words.clock.askYear(undated)),
    yearless && h("div", { class: "field" }, h("label", { for: `${id}-year` }, words.clock.year), yearField),
    h("div", { class: "field" }, h("label", { for: id }, words.clock.select), h("div", { class: "field-line" }, select, apply)),
    preview);
}

/**
 * @typedef {{ offset?: number, zone?: ReturnType<typeof zoneRules> }} Choice
 * @param {string} value of the list: nothing, seconds, or a zone's name
 * @returns {Choice}
 */
function choice(value) {
  if (value === "") return {};
  return /^-?\d+$/.test(value) ? { offset: Number(value) } : { zone: zoneRules(value) };
}

/**
 * What the file's first and last time become: before, they stand as if they were UTC.
 * @param {import("../types.js").Evidence} evidence
 * @param {Choice} chosen
 */
function shifted({ first, last }, { offset: fixed, zone }) {
  if (first === undefined || last === undefined || (fixed === undefined && !zone)) return "";
  const east = (/** @type {number} */ ms) => {
    if (fixed !== undefined) return fixed;
    const passed = zone?.changes.filter(([from, seconds]) => (from + seconds) * 1000 <= ms) ?? [];
    return passed.at(-1)?.[1] ?? zone?.first ?? 0;
  };
  const line = (/** @type {number} */ ms) => words.clock.becomes(moment(ms).replace(" UTC", ""), moment(ms - east(ms) * 1000));
  return [line(first), line(last)].join(" · ");
}
