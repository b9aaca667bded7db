// Numbers as the screen writes them, by rule and never by the browser's locale: 1,234,567 and 1.2 MB everywhere.

/**
 * @param {number | bigint} count whole
 * @returns {string} with a comma at every thousand
 */
export function whole(count) {
  const text = typeof count === "bigint" ? String(count) : String(Math.round(count));
  return text.replace(/\B(?=(\d{3})+$)/g, ",");
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/**
 * @param {number | bigint} bytes
 * @returns {string} in decimal units, with one digit after the point below ten: 0 B, 999 B, 1.2 MB, 43 GB
 */
export function size(bytes) {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/**
 * @param {number} part
 * @param {number} total
 * @returns {number} 0 to 100, whole; 100 only when it is all
 */
export function percent(part, total) {
  if (total <= 0) return 100;
  return part >= total ? 100 : Math.min(99, Math.floor((100 * part) / total));
}

/**
 * @param {number} value a probability
 * @returns {string} two significant digits: 0.012, 3.4e-7
 */
export function chance(value) {
  if (value === 0) return "0";
  if (value >= 0.001) return String(Number(value.toPrecision(2)));
  return value.toExponential(1).replace("e", "e").replace("+", "");
}

/**
 * @param {number} seconds
 * @returns {string} 8 s, 3 min, 2 h 05 min
 */
export function lasting(seconds) {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
