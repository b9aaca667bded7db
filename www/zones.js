// Named time zones as the instants at which their clocks change, from the browser's own database. The engine has none.

/** As in src/evidence/zone.rs. */
const FIRST_YEAR = 1990;
const LAST_YEAR = 2050;

/** @returns {string[]} the names that this browser knows, `Asia/Tokyo` among them */
export function zoneNames() {
  return Intl.supportedValuesOf("timeZone").filter((name) => name.includes("/") && !name.startsWith("Etc/"));
}

/**
 * @param {string} name
 * @returns {{ name: string, first: number, changes: [number, number][] }} epoch seconds with the seconds east of UTC that hold from there
 */
export function zoneRules(name) {
  const offsetAt = reader(name);
  const begin = Date.UTC(FIRST_YEAR, 0, 1) / 1000;
  const end = Date.UTC(LAST_YEAR + 1, 0, 1) / 1000;
  const first = offsetAt(begin);
  /** @type {[number, number][]} */
  const changes = [];
  let last = first;
  // No zone changes twice within ten days and back.
  const step = 10 * 86_400;
  for (let from = begin; from < end; from += step) {
    const to = Math.min(from + step, end);
    const next = offsetAt(to);
    if (next === last) continue;
    let [before, after] = [from, to];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === last) before = middle;
      else after = middle;
    }
    if (after < end) changes.push([after, next]);
    last = next;
  }
  return { name, first, changes };
}

/**
 * @param {string} name
 * @returns {(seconds: number) => number} seconds east of UTC at these epoch seconds
 */
function reader(name) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  return (seconds) => {
    /** @type {Record<string, number>} */
    const part = {};
    for (const { type, value } of format.formatToParts(seconds * 1000)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds;
  };
}
