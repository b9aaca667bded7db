// The tables in the place of the picture: findings, links, services, host pairs, accounts, evidence. Every row opens what it is
// about, every table sorts, is looked through, and leaves as a copy or as CSV.
import { newest } from "../asking.js";
import { clock, day } from "../dates.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { chance, size, whole } from "../numbers.js";
import { endName, key } from "../subjects.js";
import { createTable, sorted, tableTools } from "../table.js";
import { said, words } from "../words.js";
import { gravity } from "./findings.js";

/** @typedef {import("../types.js").TableKind} TableKind */
/** @typedef {import("../types.js").TableView} TableView */
/** @typedef {import("../types.js").Finding} Finding */
/** @typedef {import("../types.js").Link} Link */
/** @typedef {import("../types.js").ServiceTraffic & { link: Link }} Service */
/** @typedef {import("../types.js").HostPair} HostPair */
/** @typedef {import("../types.js").Account} Account */
/** @typedef {import("../types.js").Evidence} Evidence */

/** More accounts than this are not asked for at once. */
const ACCOUNTS = 100_000;

const when = (/** @type {number | undefined | null} */ ms) => (ms === undefined || ms === null ? "" : `${day(ms)} ${clock(ms)}`);
const sum = (/** @type {import("../types.js").Reason[]} */ reasons) => reasons.reduce((total, reason) => total + reason.count, 0n);
const odds = (/** @type {number | undefined | null} */ value) => (value === undefined || value === null ? "" : chance(value));

/** What is weak stands in the table too, and is said to be. @param {Finding} row */
const stateOf = (row) => [words.gravity[row.gravity].word, row.weak && words.findings.weakMark].filter(Boolean).join(" · ");

/** @param {{ from: number, to: number, from_name: string, to_name: string }} row */
const route = (row) => `${endName(row.from, row.from_name)} → ${endName(row.to, row.to_name)}`;

/**
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createTables(store, acts) {
  const input = h("input", { type: "text", class: "table-find", placeholder: words.tables.findHint, autocomplete: "off", spellcheck: "false" });
  const only = h("span", { class: "table-only" });
  const hint = h("p", { class: "hint table-hint" });
  const place = h("div", { class: "table-place" });
  const bar = h("div", { class: "table-bar" });
  const element = h("section", { class: "tables", id: "tables", hidden: true }, bar, hint, place);

  /** @type {{ kind: TableKind, refresh: () => Promise<void>, mark: () => void } | undefined} */
  let shown;

  /** A part to look for, of every row's own text. */
  const narrowed = () => {
    const { table } = store.get();
    const part = table?.part?.trim().toLowerCase() ?? "";
    return (/** @type {readonly (string | undefined | null)[]} */ texts) => part === "" || texts.some((text) => text?.toLowerCase().includes(part));
  };
  const onLink = (/** @type {{ from: number, to: number }} */ { from, to }) => {
    const { table } = store.get();
    return table?.from === undefined || (table.from === from && table.to === to);
  };

  /** @param {TableView} table */
  function make(table) {
    const { kind } = table;
    const order = store.get().orders[kind] ?? FIRST_ORDER[kind];
    const ordered = (/** @type {{ by: string, descending: boolean }} */ now) => store.set({ orders: { ...store.get().orders, [kind]: now } });
    const label = words.tables.kinds[kind];
    const none = () => h("p", {}, kind === "accounts" && (store.get().table?.part ?? "") === "" ? words.tables.noAccounts : words.tables.none);
    const made = TABLES[kind]({ label, order, ordered, none: none() });
    const tools = tableTools(made.cells, (cells) => acts.saveTable(kind, cells), (sentence) => acts.note(sentence));
    input.setAttribute("aria-label", words.tables.find(label));
    fill(bar, h("span", { class: "table-search" }, icon("search"), input), only, h("span", { class: "table-tools" }, tools.elements));
    fill(place, made.element);
    const refresh = async () => {
      await made.refresh();
      tools.counted(made.total());
    };
    shown = { kind, refresh, mark: made.mark };
  }

  const c = words.tables.columns;
  /** @type {Record<TableKind, (options: { label: string, order: { by: string, descending: boolean }, ordered: (order: { by: string, descending: boolean }) => void, none: HTMLElement }) => { element: HTMLElement, refresh: () => Promise<void>, mark: () => void, cells: () => Promise<string[][]>, total: () => number }>} */
  const TABLES = {
    findings: (options) => createTable({
      ...options,
      /** @type {import("../table.js").Column<Finding>[]} */
      columns: [
        { key: "rank", label: c.rank, width: 62, number: true, text: (row) => String(row.rank) },
        { key: "state", label: c.state, width: 128, text: (row) => stateOf(row), show: (row) => (row.weak ? h("span", {}, gravity(row.gravity), ` · ${words.findings.weakMark}`) : gravity(row.gravity)) },
        { key: "lane", label: c.lane, width: 100, text: (row) => words.lanes[row.lane][0] ?? row.lane },
        { key: "from", label: c.from, width: 140, text: (row) => row.from_name, show: (row) => endName(row.from, row.from_name) },
        { key: "to", label: c.to, width: 140, text: (row) => row.to_name, show: (row) => endName(row.to, row.to_name) },
        { key: "service", label: c.service, width: 90, text: (row) => row.service ?? "" },
        { key: "first", label: c.first, width: 155, text: (row) => when(row.first) },
        { key: "last", label: c.last, width: 155, text: (row) => when(row.last) },
        { key: "rule", label: c.rule, width: 120, text: (row) => row.rule },
        { key: "p", label: c.p, width: 70, number: true, text: (row) => odds(row.p) },
        { key: "q", label: c.q, width: 70, number: true, text: (row) => odds(row.q) },
        { key: "decision", label: c.decision, width: 90, text: (row) => (row.decision ? words.decision.verdicts[row.decision.verdict] : "") },
        { key: "because", label: c.because, width: 320, text: (row) => said(row.because) },
      ],
      source: sorted(rowsOf((view) => {
        const has = narrowed();
        const { table } = store.get();
        return view.findings.filter((row) => onLink(row) && (!table?.lane || table.lane === row.lane)
          && has([row.id, row.rule, row.from_name, row.to_name, row.service, said(row.because), ...row.hosts, ...row.accounts, ...row.attack]));
      }), {
        rank: (row) => row.rank, state: (row) => 2 * ["suspected", "anomalous", "violation"].indexOf(row.gravity) + (row.weak ? 0 : 1), lane: (row) => row.lane, from: (row) => row.from_name, to: (row) => row.to_name, service: (row) => row.service,
        first: (row) => row.first, last: (row) => row.last, rule: (row) => row.rule, p: (row) => row.p ?? undefined, q: (row) => row.q ?? undefined, decision: (row) => row.decision?.verdict, because: (row) => said(row.because),
      }),
      open: (row) => acts.show({ kind: "finding", id: row.id }),
      name: (row) => words.tables.open(String(row.rank), route(row)),
      current: (row) => isShown({ kind: "finding", id: row.id }),
    }),
    links: (options) => createTable({
      ...options,
      /** @type {import("../table.js").Column<Link>[]} */
      columns: [
        { key: "from", label: c.from, width: 150, text: (row) => row.from_name, show: (row) => endName(row.from, row.from_name) },
        { key: "to", label: c.to, width: 150, text: (row) => row.to_name, show: (row) => endName(row.to, row.to_name) },
        { key: "state", label: c.state, width: 128, text: (row) => words.gravity[row.state].word, show: (row) => gravity(row.state) },
        { key: "services", label: c.services, width: 80, number: true, text: (row) => whole(row.services.length) },
        ...traffic(),
      ],
      source: sorted(rowsOf((view) => {
        const has = narrowed();
        return view.links.filter((row) => onLink(row) && has([row.from_name, row.to_name, `${row.from_name} → ${row.to_name}`, ...row.services.map((each) => each.service)]));
      }), {
        from: (row) => row.from_name, to: (row) => row.to_name, state: (row) => ["expected", "suspected", "anomalous", "violation"].indexOf(row.state), services: (row) => row.services.length, ...trafficKeys,
      }),
      open: (row) => acts.show({ kind: "link", from: row.from, to: row.to }),
      name: (row) => words.tables.open(endName(row.from, row.from_name), route(row)),
      current: (row) => isShown({ kind: "link", from: row.from, to: row.to }),
    }),
    services: (options) => createTable({
      ...options,
      /** @type {import("../table.js").Column<Service>[]} */
      columns: [
        { key: "service", label: c.service, width: 100, text: (row) => row.service },
        { key: "from", label: c.from, width: 140, text: (row) => row.link.from_name, show: (row) => endName(row.link.from, row.link.from_name) },
        { key: "to", label: c.to, width: 140, text: (row) => row.link.to_name, show: (row) => endName(row.link.to, row.link.to_name) },
        ...traffic(),
        { key: "hosts_from", label: c.hostsFrom, width: 90, number: true, text: (row) => whole(row.hosts_from) },
        { key: "hosts_to", label: c.hostsTo, width: 90, number: true, text: (row) => whole(row.hosts_to) },
      ],
      source: sorted(rowsOf((view) => {
        const has = narrowed();
        return view.links.filter(onLink).flatMap((link) => link.services.filter((row) => has([row.service, link.from_name, link.to_name])).map((row) => ({ ...row, link })));
      }), {
        service: (row) => row.service, from: (row) => row.link.from_name, to: (row) => row.link.to_name, hosts_from: (row) => row.hosts_from, hosts_to: (row) => row.hosts_to, ...trafficKeys,
      }),
      open: (row) => acts.table({ kind: "pairs", from: row.link.from, to: row.link.to, service: row.service }),
      name: (row) => words.tables.open(row.service, words.tables.kinds.pairs),
    }),
    pairs: (options) => createTable({
      ...options,
      /** @type {import("../table.js").Column<HostPair>[]} */
      columns: [
        { key: "initiator", label: c.initiator, width: 140, text: (row) => row.initiator },
        { key: "responder", label: c.responder, width: 140, text: (row) => row.responder },
        { key: "service", label: c.service, width: 90, text: (row) => row.service },
        { key: "place", label: c.from, width: 120, text: (row) => row.from_name, show: (row) => endName(row.from, row.from_name) },
        { key: "place", label: c.to, width: 120, text: (row) => row.to_name, show: (row) => endName(row.to, row.to_name) },
        ...traffic(),
      ],
      source: (asked) => {
        const { table } = store.get();
        return acts.hostPairs({ from: table?.from, to: table?.to, service: table?.service, part: table?.part ?? "", ...asked });
      },
      open: ({ from, to, service, initiator, responder }) => acts.show({ kind: "pair", from, to, service, initiator, responder }),
      name: (row) => words.tables.open(row.initiator, `${row.initiator} → ${row.responder}`),
      current: ({ from, to, service, initiator, responder }) => isShown({ kind: "pair", from, to, service, initiator, responder }),
    }),
    accounts: (options) => {
      /** @type {Account[]} */
      let accounts = [];
      const table = createTable({
        ...options,
        /** @type {import("../table.js").Column<Account>[]} */
        columns: [
          { key: "name", label: c.account, width: 200, text: (row) => row.name },
          { key: "from", label: c.from, width: 150, text: (row) => row.from_name, show: (row) => endName(row.from, row.from_name) },
          { key: "to", label: c.to, width: 150, text: (row) => row.to_name, show: (row) => endName(row.to, row.to_name) },
          { key: "service", label: c.service, width: 100, text: (row) => row.service },
          { key: "flows", label: c.flows, width: 100, number: true, text: (row) => whole(row.flows) },
        ],
        source: sorted(() => accounts, { name: (row) => row.name, from: (row) => row.from_name, to: (row) => row.to_name, service: (row) => row.service, flows: (row) => row.flows }),
        open: (row) => acts.show({ kind: "link", from: row.from, to: row.to }),
        name: (row) => words.tables.open(row.name, route(row)),
      });
      return {
        ...table,
        async refresh() {
          accounts = (await acts.accounts(store.get().table?.part ?? "", ACCOUNTS)).filter(onLink);
          await table.refresh();
        },
      };
    },
    evidence: (options) => createTable({
      ...options,
      /** @type {import("../table.js").Column<Evidence>[]} */
      columns: [
        { key: "file", label: c.file, width: 220, text: (row) => row.name },
        { key: "format", label: c.format, width: 140, text: (row) => row.title ?? row.format ?? words.evidence.unknown },
        { key: "size", label: c.size, width: 110, number: true, text: (row) => whole(row.size) },
        { key: "records", label: c.records, width: 90, number: true, text: (row) => whole(row.records) },
        { key: "parsed", label: c.parsed, width: 90, number: true, text: (row) => whole(row.parsed) },
        { key: "skipped", label: c.skipped, width: 80, number: true, text: (row) => whole(sum(row.skipped)) },
        { key: "malformed", label: c.malformed, width: 90, number: true, text: (row) => whole(sum(row.malformed)) },
        { key: "unprocessed", label: c.unprocessed, width: 100, number: true, text: (row) => whole(sum(row.unprocessed)) },
        { key: "drawn", label: c.drawn, width: 80, number: true, text: (row) => whole(row.drawn) },
        { key: "first", label: c.first, width: 155, text: (row) => when(row.first) },
        { key: "last", label: c.last, width: 155, text: (row) => when(row.last) },
        { key: "sha256", label: c.sha256, width: 150, text: (row) => row.sha256, show: (row) => h("code", {}, row.sha256) },
      ],
      source: sorted(rowsOf((view) => {
        const has = narrowed();
        return view.evidence.filter((row) => has([row.name, row.title, row.format, row.sha256]));
      }), {
        file: (row) => row.name, format: (row) => row.title ?? row.format, size: (row) => row.size, records: (row) => row.records, parsed: (row) => row.parsed, skipped: (row) => sum(row.skipped), malformed: (row) => sum(row.malformed),
        unprocessed: (row) => sum(row.unprocessed), drawn: (row) => row.drawn, first: (row) => row.first, last: (row) => row.last, sha256: (row) => row.sha256,
      }),
      open: (row) => acts.receipt(row),
      name: (row) => words.tables.open(row.name, words.evidence.accounts),
    }),
  };

  /**
   * Rows of the case as a list that is the same object for as long as nothing it depends on changed.
   * @template R
   * @param {(view: import("../types.js").CaseView) => R[]} make
   */
  function rowsOf(make) {
    /** @type {unknown} */
    let ofCase;
    /** @type {unknown} */
    let ofTable;
    /** @type {R[]} */
    let rows = [];
    return () => {
      const { case: view, table } = store.get();
      if (view !== ofCase || table !== ofTable) [ofCase, ofTable, rows] = [view, table, view ? make(view) : []];
      return rows;
    };
  }

  function isShown(/** @type {import("../types.js").Shown} */ subject) {
    const now = store.get().shown;
    return now !== undefined && key(now) === key(subject);
  }

  const refresh = newest(async () => shown?.refresh(), () => {}, (error) => acts.note(error.message, true));
  input.addEventListener("input", () => {
    const { table } = store.get();
    if (table) acts.table({ ...table, part: input.value || undefined });
  });

  store.watch((state) => [state.table], (table) => {
    element.hidden = table === undefined;
    if (!table) {
      shown = undefined;
      fill(place);
      return;
    }
    if (shown?.kind !== table.kind) make(table);
    if (input.value !== (table.part ?? "") && document.activeElement !== input) input.value = table.part ?? "";
    const { case: view } = store.get();
    const link = table.from === undefined ? undefined : view?.links.find(onLink);
    const what = [link && route(link), table.service, table.lane && words.lanes[table.lane][0]].filter(Boolean).join(" · ");
    fill(only, what !== "" && h("button", { type: "button", class: "chip-button", title: words.tables.onlyOff, data: { key: "only" }, on: { click: () => acts.table({ kind: table.kind, part: table.part }) } }, words.tables.only(what), icon("close")));
    refresh(undefined);
  });
  store.watch((state) => [state.case], () => refresh(undefined));
  store.watch((state) => [state.shown], () => shown?.mark());
  store.watch((state) => [state.brush, state.table?.kind], (brush, kind) => {
    hint.textContent = brush ? words.tables.wholeTime : kind === "pairs" ? words.tables.capped : "";
    hint.hidden = hint.textContent === "";
  });
  return element;
}

/** By what each table is ordered before anybody orders it. @type {Record<TableKind, { by: string, descending: boolean }>} */
const FIRST_ORDER = {
  findings: { by: "rank", descending: false }, links: { by: "state", descending: true }, services: { by: "connections", descending: true },
  pairs: { by: "connections", descending: true }, accounts: { by: "name", descending: false }, evidence: { by: "file", descending: false },
};

/** The columns that everything with traffic has. @returns {import("../table.js").Column<import("../types.js").Traffic>[]} */
function traffic() {
  const c = words.tables.columns;
  return [
    { key: "connections", label: c.connections, width: 105, number: true, text: (row) => whole(row.connections) },
    { key: "established", label: c.established, width: 100, number: true, text: (row) => whole(row.established) },
    { key: "denied", label: c.denied, width: 75, number: true, text: (row) => whole(row.denied) },
    { key: "failed", label: c.failed, width: 75, number: true, text: (row) => whole(row.failed) },
    { key: "bytes_out", label: c.bytesOut, width: 95, number: true, text: (row) => whole(row.bytes_out), show: (row) => size(row.bytes_out) },
    { key: "bytes_in", label: c.bytesIn, width: 95, number: true, text: (row) => whole(row.bytes_in), show: (row) => size(row.bytes_in) },
    { key: "first", label: c.first, width: 155, text: (row) => when(row.first) },
    { key: "last", label: c.last, width: 155, text: (row) => when(row.last) },
  ];
}

/** @type {Record<string, (row: import("../types.js").Traffic) => number | bigint | undefined>} */
const trafficKeys = {
  connections: (row) => row.connections, established: (row) => row.established, denied: (row) => row.denied, failed: (row) => row.failed,
  bytes_out: (row) => row.bytes_out, bytes_in: (row) => row.bytes_in, first: (row) => row.first, last: (row) => row.last,
};
