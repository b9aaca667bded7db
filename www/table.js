// A table of any length: only the rows in sight are elements. It sorts by any column, is walked through by keys, and leaves as
// a copy or as CSV.
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { whole } from "./numbers.js";
import { words } from "./words.js";

/** The height of a row in CSS pixels, as www/style.css has it. */
const ROW = 30;
/** Rows beyond the edges that are made all the same, so that scrolling shows no gaps. */
const BEYOND = 12;
/** What a spreadsheet would take for a formula, as in src/evidence/table.rs. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
/** A browser makes no element higher than some million pixels; what is longer is scrolled through in proportion. */
const HIGHEST = 8_000_000;

/**
 * @template R
 * @typedef {object} Column
 * @property {string} key by which it is sorted
 * @property {string} label
 * @property {number} width in CSS pixels, at least; where there is more room, each column gets its share
 * @property {boolean} [number] set to the right
 * @property {(row: R) => string} text what stands in the cell, in a copy and in the CSV
 * @property {(row: R) => import("./dom.js").Child} [show] the cell as it is shown, where that is more than its text
 */

/**
 * Where rows come from: a part of them at a time, in an order.
 * @template R
 * @typedef {(asked: { by: string, descending: boolean, offset: number, count: number }) => Promise<{ total: number, rows: R[] }>} Source
 */

/**
 * @template R
 * @typedef {object} Options
 * @property {string} label
 * @property {Column<R>[]} columns
 * @property {Source<R>} source
 * @property {{ by: string, descending: boolean }} order the order to begin with
 * @property {(order: { by: string, descending: boolean }) => void} ordered called when a person orders it
 * @property {(row: R) => void} open
 * @property {(row: R) => string} name what opening a row would show, for who can't see the table
 * @property {(row: R) => boolean} [current] whether the row is the one that is open
 * @property {import("./dom.js").Child} none what is said where there are no rows
 */

/**
 * @template R
 * @param {Options<R>} options
 */
export function createTable({ label, columns, source, order, ordered, open, name, current, none }) {
  let { by, descending } = order;
  let total = 0;
  /** The rows that are here, and where the first of them stands. @type {{ offset: number, rows: R[] }} */
  let page = { offset: 0, rows: [] };
  /** The row that the keyboard is on. */
  let at = 0;
  /** The row that gets the focus as soon as it is painted, whichever answer brings it. @type {number | undefined} */
  let goingTo;
  let asked = 0;

  const sum = columns.reduce((all, column) => all + column.width, 0);
  const heads = columns.map((column) => {
    const button = h("button", { type: "button", class: "sort", data: { by: column.key }, on: { click: () => sort(column) } }, h("span", {}, column.label), h("span", { class: "sort-mark", "aria-hidden": "true" }));
    return h("div", { role: "columnheader", class: column.number ? "cell number" : "cell" }, button);
  });
  const head = h("div", { role: "row", class: "table-row table-head", "aria-rowindex": 1 }, heads);
  const body = h("div", { role: "rowgroup", class: "table-body" });
  const grid = h("div", { role: "table", class: "table", "aria-label": label }, h("div", { role: "rowgroup" }, head), body);
  const empty = h("div", { class: "table-none", hidden: true }, none);
  const box = h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": label }, grid);
  const element = h("div", { class: "table-frame" }, box, empty);
  const template = columns.map((column) => `minmax(${column.width}px, ${column.width}fr)`).join(" ");
  grid.style.setProperty("--columns", template);
  grid.style.minWidth = `${sum}px`;

  /** How far the rows are pushed together where they would be higher than an element may be. */
  const scale = () => Math.min(1, HIGHEST / Math.max(1, total * ROW));
  const firstInSight = () => Math.max(0, Math.floor(box.scrollTop / ROW / scale()));
  const inSight = () => Math.ceil(Math.max(box.clientHeight, ROW) / ROW);

  function sort(/** @type {Column<R>} */ column) {
    // Numbers are asked for the greatest first, names from A.
    [by, descending] = by === column.key ? [by, !descending] : [column.key, Boolean(column.number)];
    ordered({ by, descending });
    at = 0;
    box.scrollTop = 0;
    void load(true);
  }

  /** Asks for what is in sight, unless it is here. */
  async function load(fresh = false) {
    const first = Math.max(0, firstInSight() - BEYOND);
    const count = inSight() + 2 * BEYOND;
    const here = first >= page.offset && Math.min(total, first + count) <= page.offset + page.rows.length;
    if (!fresh && here) {
      paint();
      return;
    }
    asked += 1;
    const mine = asked;
    // A page around what is in sight, so that not every turn of the wheel asks again.
    const offset = Math.max(0, first - count);
    const answer = await source({ by, descending, offset, count: 3 * count });
    if (mine !== asked) return;
    total = answer.total;
    page = { offset, rows: answer.rows };
    paint();
  }

  function paint() {
    empty.hidden = total > 0;
    box.hidden = total === 0;
    grid.setAttribute("aria-rowcount", String(total + 1));
    for (const [place, element] of heads.entries()) {
      const column = columns[place];
      const sorted = column?.key === by;
      element.setAttribute("aria-sort", sorted ? (descending ? "descending" : "ascending") : "none");
      const mark = element.querySelector(".sort-mark");
      if (mark) mark.textContent = sorted ? (descending ? "▾" : "▴") : "";
    }
    const first = Math.max(0, firstInSight() - BEYOND);
    const last = Math.min(total, firstInSight() + inSight() + BEYOND);
    body.style.height = `${Math.round(total * ROW * scale())}px`;
    /** @type {HTMLElement[]} */
    const rows = [];
    for (let place = first; place < last; place += 1) {
      const row = page.rows[place - page.offset];
      if (row) rows.push(line(row, place));
    }
    fill(body, rows);
    const button = goingTo === undefined ? undefined : body.querySelector(`[data-place="${goingTo}"] .row-open`);
    if (button instanceof HTMLElement) {
      goingTo = undefined;
      // Who went elsewhere meanwhile is not brought back.
      const on = document.activeElement;
      if (on === document.body || box.contains(on)) button.focus({ preventScroll: true });
    }
  }

  function line(/** @type {R} */ row, /** @type {number} */ place) {
    const element = h("div", { role: "row", class: "table-row", "aria-rowindex": place + 2, "aria-current": current?.(row) ? "true" : undefined, data: { place: String(place) } },
      columns.map((column, nth) => {
        const text = column.text(row);
        const shown = column.show ? column.show(row) : text;
        return h("div", { role: "cell", class: column.number ? "cell number" : "cell", title: text.length > 12 ? text : undefined },
          nth === 0 ? h("button", { type: "button", class: "row-open", tabindex: place === at ? 0 : -1, "aria-label": name(row), data: { key: `row ${place}` }, on: { click: () => choose(place) } }, shown) : shown);
      }));
    element.addEventListener("click", (event) => {
      // Text that was selected to be copied is no click.
      if (!(event.target instanceof Element && event.target.closest("button")) && getSelection()?.isCollapsed !== false) choose(place);
    });
    const scaled = scale();
    const top = scaled === 1 ? place * ROW : firstInSight() * ROW * scaled + (place - firstInSight()) * ROW;
    element.style.transform = `translateY(${Math.round(top)}px)`;
    return element;
  }

  function choose(/** @type {number} */ place) {
    const row = page.rows[place - page.offset];
    at = place;
    if (row) open(row);
  }

  function goTo(/** @type {number} */ place) {
    at = Math.max(0, Math.min(total - 1, place));
    goingTo = at;
    const top = at * ROW * scale();
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + 2 * ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + 2 * ROW - box.clientHeight;
    void load();
  }

  box.addEventListener("scroll", () => void load());
  box.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: inSight() - 2, PageUp: 2 - inSight(), Home: -total, End: total });
    const step = steps[event.key];
    if (step === undefined || total === 0) return;
    event.preventDefault();
    const inside = document.activeElement?.classList.contains("row-open");
    goTo(inside ? at + step : step < 0 ? 0 : firstInSight());
  });
  new ResizeObserver(() => void load()).observe(box);

  /** All rows as cells, the header first, in the order that is shown. */
  async function cells() {
    const all = await source({ by, descending, offset: 0, count: 0xffff_ffff });
    return [columns.map((column) => column.label), ...all.rows.map((row) => columns.map((column) => column.text(row)))];
  }

  return {
    element,
    /** Asks for the rows anew: the case, or what is looked for, changed. */
    refresh: () => load(true),
    /** Marks the row that is open. */
    mark: paint,
    cells,
    total: () => total,
  };
}

/**
 * A source of rows that are all here.
 * @template R
 * @param {() => readonly R[]} rows
 * @param {Record<string, (row: R) => string | number | bigint | undefined>} keys by what they are sorted
 * @returns {Source<R>}
 */
export function sorted(rows, keys) {
  /** @type {{ of: readonly R[], by: string, descending: boolean, rows: R[] } | undefined} */
  let known;
  return async ({ by, descending, offset, count }) => {
    const of = rows();
    if (!known || known.of !== of || known.by !== by || known.descending !== descending) {
      const key = keys[by] ?? (() => 0);
      const keyed = of.map((row, place) => ({ row, place, key: key(row) }));
      keyed.sort((a, b) => compare(a.key, b.key) * (descending ? -1 : 1) || a.place - b.place);
      known = { of, by, descending, rows: keyed.map(({ row }) => row) };
    }
    return { total: known.rows.length, rows: known.rows.slice(offset, offset + count) };
  };
}

/**
 * By code point and not by a locale, so that the order is the same everywhere; what is absent comes first.
 * @param {string | number | bigint | undefined} a
 * @param {string | number | bigint | undefined} b
 */
function compare(a, b) {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return a < b ? -1 : 1;
}

/**
 * The line above a table: how many rows there are, and how they leave.
 * @param {() => Promise<string[][]>} cells
 * @param {(cells: string[][]) => Promise<unknown>} save
 * @param {(sentence: string) => void} say
 */
export function tableTools(cells, save, say) {
  const count = h("span", { class: "hint", role: "status" });
  const copy = h("button", { type: "button", on: { click: async () => {
    try {
      // Tabs, as a spreadsheet takes them; what would break a cell is a space in it.
      const safe = (/** @type {string} */ text) => `${FORMULA.test(text) ? "'" : ""}${text.replace(/[\t\r\n]+/g, " ")}`;
      await navigator.clipboard.writeText((await cells()).map((row) => row.map(safe).join("\t")).join("\n"));
      say(words.tables.copied);
    } catch {
      say(words.figure.notCopied);
    }
  } } }, icon("copy"), " ", words.tables.copy);
  const csv = h("button", { type: "button", on: { click: async () => save(await cells()) } }, icon("save"), " ", words.tables.csv);
  return { elements: [count, copy, csv], counted: (/** @type {number} */ n) => { count.textContent = words.tables.rows(whole(n)); } };
}
