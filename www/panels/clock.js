// Asks, once a file, for the zone and the year that its records leave out and for the skew of its clock, and shows what its
// first records become.
import { moment, offset } from "../dates.js";
import { fill, h } from "../dom.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";
import { zoneNames, zoneRules } from "../zones.js";

/** The offsets in use anywhere, in minutes east of UTC: half and quarter hours too. */
const OFFSETS = [
  -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570,
  600, 630, 660, 720, 765, 780, 840,
];

/**
 * @typedef {{ offset?: number, zone?: ReturnType<typeof zoneRules> }} Choice
 */

/**
 * @param {import("../types.js").Evidence} evidence
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement | undefined}
 */
export function clockChoice(evidence, acts) {
  const { basis, offset: chosen, zone, year, ahead, undated } = evidence.clock;
  if (basis === "none" && undated === 0n) return undefined;
  const yearless = undated > 0n || year !== undefined;
  const zoneless = basis === "unknown" || basis === "mixed" || basis === "chosen" || yearless;
  const id = `clock-${evidence.index}`;
  const byOffset = (/** @type {number} */ minutes) =>
    h("option", { value: String(minutes * 60), selected: basis === "chosen" && chosen === minutes * 60 }, [offset(minutes * 60), words.clock.places[minutes]].filter(Boolean).join(" "));
  const byName = (/** @type {string} */ name) => h("option", { value: name, selected: zone === name }, name);
  const select = h("select", { id, data: { key: id }, on: { change: show } },
    h("option", { value: "" }, words.clock.asUtc),
    h("optgroup", { label: words.clock.offsets }, OFFSETS.map(byOffset)),
    h("optgroup", { label: words.clock.zones }, zoneNames().map(byName)));
  const yearField = h("input", { id: `${id}-year`, type: "number", min: "1990", max: "2100", value: year === undefined ? "" : String(year), data: { key: `${id}-year` } });
  const aheadField = h("input", { id: `${id}-ahead`, type: "number", step: "any", value: ahead === undefined ? "" : String(ahead), data: { key: `${id}-ahead` }, on: { input: show } });
  const estimates = h("ul", { class: "estimates" });
  const estimate = h("button", { type: "button", class: "quiet", data: { key: `${id}-estimate` }, on: { click: compare } }, words.clock.compare);
  const apply = h("button", {
    type: "button", data: { key: `${id}-apply` },
    on: { click: () => acts.setClock(evidence.index, { ...choice(select.value), year: yearField.value === "" ? undefined : Number(yearField.value), ahead: skew() }) },
  }, words.clock.apply);
  const preview = h("div", { "aria-live": "polite" });

  function skew() {
    const seconds = Number(aheadField.value);
    return aheadField.value === "" || !Number.isFinite(seconds) || seconds === 0 ? undefined : seconds;
  }

  function show() {
    fill(preview, samples(evidence, zoneless ? choice(select.value) : undefined, skew() ?? 0));
  }

  async function compare() {
    const found = await acts.skews(evidence.index);
    if (!found) return;
    fill(estimates, found.length === 0
      ? h("li", { class: "hint" }, words.clock.noEstimate)
      : found.slice(0, 5).map(({ beside, ahead: more, matched, of }) => {
        // What was taken off already is in the file's times no more.
        const total = round((ahead ?? 0) + more);
        return h("li", {}, words.clock.estimate(beside, round(more), whole(matched), whole(of)), " ",
          h("button", { type: "button", class: "inline", on: { click: () => { aheadField.value = String(total); show(); } } }, words.clock.take(total)));
      }));
  }

  show();
  const asks = basis !== "chosen" && basis !== "none" && zoneless;
  const skewed = h("details", { data: { key: `${id}-skew` }, open: ahead !== undefined },
    h("summary", {}, words.clock.skew),
    h("p", { class: "hint" }, words.clock.skewWhy),
    h("div", { class: "field" }, h("label", { for: `${id}-ahead` }, words.clock.ahead), h("div", { class: "field-line" }, aheadField, estimate)),
    estimates, zoneless ? undefined : [preview, apply]);
  return h("div", { class: zoneless ? "ask" : "clock-skew" },
    asks && h("p", {}, words.clock.ask),
    yearless && h("p", {}, words.clock.askYear(undated)),
    yearless && h("div", { class: "field" }, h("label", { for: `${id}-year` }, words.clock.year), yearField),
    zoneless && h("div", { class: "field" }, h("label", { for: id }, words.clock.select), h("div", { class: "field-line" }, select, apply)),
    skewed, zoneless && preview);
}

/** To the millisecond, as people say it. */
function round(/** @type {number} */ seconds) {
  return Math.round(seconds * 1000) / 1000;
}

/**
 * @param {string} value of the list: nothing, seconds, or a zone's name
 * @returns {Choice}
 */
function choice(value) {
  if (value === "") return {};
  return /^-?\d+$/.test(value) ? { offset: Number(value) } : { zone: zoneRules(value) };
}

/**
 * Seconds east of UTC of a local time (as if it were UTC), as src/evidence/zone.rs has it: of two the earlier moment, and in
 * the hour that spring leaves out as if the clocks had not changed yet.
 * @param {Choice} chosen
 * @param {number} local epoch milliseconds
 */
function east({ offset: fixed, zone }, local) {
  if (fixed !== undefined) return fixed;
  if (!zone) return 0;
  const at = (/** @type {number} */ ms) => zone.changes.filter(([from]) => from * 1000 <= ms).at(-1)?.[1] ?? zone.first;
  const day = 86_400_000;
  const [before, after] = [at(local - day), at(local + day)];
  const fits = [before, after].filter((seconds) => at(local - seconds * 1000) === seconds);
  return fits.length === 0 ? before : Math.max(...fits);
}

/**
 * What the file's first records become: as written, and in UTC by the choices on the form.
 * @param {import("../types.js").Evidence} evidence
 * @param {Choice | undefined} chosen nothing where the records say their zone
 * @param {number} ahead seconds
 */
function samples({ clock, first, last }, chosen, ahead) {
  const now = clock.zone ? { zone: zoneRules(clock.zone) } : { offset: clock.offset ?? undefined };
  /** A time of the file as its clock showed it. @param {number} ms */
  const shown = (ms) => {
    const skewed = ms + (clock.ahead ?? 0) * 1000;
    if (!chosen || clock.basis !== "chosen") return skewed;
    if (now.offset !== undefined) return skewed + now.offset * 1000;
    const at = now.zone?.changes.filter(([from]) => from * 1000 <= skewed).at(-1)?.[1] ?? now.zone?.first ?? 0;
    return skewed + at * 1000;
  };
  const rows = clock.dated.map(([line, at]) => ({ place: words.evidence.at(whole(line)), at }));
  if (last !== undefined && rows.length > 0) rows.push({ place: words.clock.latest, at: last });
  if (first === undefined || rows.length === 0) return undefined;
  const becomes = (/** @type {number} */ local) => local - (chosen ? east(chosen, local) * 1000 : 0) - ahead * 1000;
  return h("table", { class: "sample times" },
    h("caption", {}, words.clock.sample),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }), h("th", { scope: "col" }, chosen ? words.clock.written : words.clock.writtenUtc), h("th", { scope: "col" }, words.clock.inUtc))),
    h("tbody", {}, rows.map(({ place, at }) => {
      const local = shown(at);
      return h("tr", {}, h("th", { scope: "row" }, place), h("td", {}, moment(local).replace(" UTC", "")), h("td", {}, moment(becomes(local))));
    })));
}
