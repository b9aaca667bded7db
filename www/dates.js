// Times as the screen writes them: ISO order, 24 hours, the zone always said, never by the browser's zone or locale.

import { words } from "./words.js";

const pad = (/** @type {number} */ value, width = 2) => String(value).padStart(width, "0");

/**
 * @param {number} ms since the epoch
 * @returns {Date | undefined} nothing when no calendar has that day
 */
function calendar(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * @param {number} ms
 * @returns {string} 2020-06-11
 */
export function day(ms) {
  const date = calendar(ms);
  if (!date) return words.dates.outside;
  const year = date.getUTCFullYear();
  return `${year < 0 ? `-${pad(-year, 4)}` : pad(year, 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
}

/**
 * @param {number} ms
 * @returns {string} 02:13:07
 */
export function clock(ms) {
  const date = calendar(ms);
  return date ? `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}` : "";
}

/**
 * @param {number} ms
 * @returns {string} 2020-06-11 02:13:07 UTC
 */
export function moment(ms) {
  return calendar(ms) ? `${day(ms)} ${clock(ms)} UTC` : day(ms);
}

/**
 * A moment with its fraction, where it has one.
 * @param {number} ms
 * @returns {string} 2020-06-11 02:13:07.250 UTC
 */
export function exact(ms) {
  const fraction = ((ms % 1000) + 1000) % 1000;
  const digits = fraction === 0 ? "" : `.${String(Math.round(fraction * 1000)).padStart(6, "0").replace(/0{3}$/, "")}`;
  return calendar(ms) ? `${day(ms)} ${clock(ms)}${digits} UTC` : day(ms);
}

/**
 * @param {number} from
 * @param {number} to
 * @returns {string} 2020-06-11 02:13 to 2020-06-12 05:00 UTC; the day once when it is the same
 */
export function span(from, to) {
  const start = `${day(from)} ${clock(from).slice(0, 5)}`;
  const end = day(from) === day(to) ? clock(to).slice(0, 5) : `${day(to)} ${clock(to).slice(0, 5)}`;
  return words.dates.span(start, end);
}

/**
 * @param {number} seconds east of UTC
 * @returns {string} UTC+09:00
 */
export function offset(seconds) {
  const minutes = Math.abs(Math.round(seconds / 60));
  return `UTC${seconds < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/**
 * Reads what a person types for a moment, in UTC: 2020-06-11, 2020-06-11 02:13, 2020-06-11T02:13:07Z.
 * @param {string} text
 * @returns {number | undefined}
 */
export function readMoment(text) {
  const found = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d\d):(\d\d)(?::(\d\d))?)?\s*(?:Z|UTC)?\s*$/i.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 1, date = 1, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number(part ?? 0));
  const ms = Date.UTC(year, month - 1, date, hour, minute, second);
  // The 31st of February would roll over to March in silence.
  return day(ms) === `${pad(year, 4)}-${pad(month)}-${pad(date)}` && hour < 24 && minute < 60 ? ms : undefined;
}
