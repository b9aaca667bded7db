// The evidence: every file that was dropped, how far its reading is, and its receipt.
import { fill, h, put } from "../dom.js";
import { icon } from "../icons.js";
import { lasting, percent, size, whole } from "../numbers.js";
import { isReading } from "../store.js";
import { told, words } from "../words.js";
import { memberList, trouble } from "./members.js";
import { receipt } from "./receipt.js";

/** @typedef {import("../types.js").Job} Job */
/** @typedef {import("../types.js").Evidence} Evidence */

const OVER = ["done", "taken", "cancelled", "failed"];

/**
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @param {HTMLElement} buttons those by which files are added
 * @returns {HTMLElement}
 */
export function createEvidence(store, acts, buttons) {
  const total = createTotal(store, acts);
  const list = h("ul", { class: "files" });
  const none = h("p", { class: "hint" }, words.evidence.none);

  /** One element a file, made once and then changed, since progress comes ten times a second. @type {Map<number, ReturnType<typeof createFile>>} */
  const files = new Map();
  store.watch((state) => [state.jobs, state.case], (jobs, view) => {
    const byName = new Map(view?.evidence.map((evidence) => [evidence.name, evidence]));
    /** @type {Map<string, Evidence[]>} */
    const within = new Map();
    for (const member of view?.evidence ?? []) {
      if (member.within !== undefined && member.within !== null) within.set(member.within, [...(within.get(member.within) ?? []), member]);
    }
    none.hidden = jobs.length > 0;
    const known = new Set(jobs.map((job) => job.id));
    for (const [id, file] of files) {
      if (known.has(id)) continue;
      file.element.remove();
      files.delete(id);
    }
    for (const job of jobs) {
      let file = files.get(job.id);
      if (!file) {
        file = createFile(store, acts);
        files.set(job.id, file);
        list.append(file.element);
      }
      file.update(job, byName.get(job.name), within.get(job.name) ?? []);
    }
  });

  store.watch((state) => [state.receipt], (receipt) => {
    const job = receipt && store.get().jobs.find((each) => each.name === receipt.name);
    if (job) files.get(job.id)?.open();
  });

  return h("div", { class: "panel evidence" }, buttons, total, none, list);
}

/**
 * The bar for all files together.
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 */
function createTotal(store, acts) {
  const bar = h("progress", { max: 100, value: 0, "aria-label": words.evidence.allLabel });
  const text = h("span", { class: "numbers" });
  const element = h("div", { class: "total" }, h("div", { class: "total-line" }, h("strong", {}, words.evidence.allLabel), text, h("button", { type: "button", class: "quiet", on: { click: acts.cancelAll } }, words.evidence.cancelAll)), bar);
  const spoken = h("p", { class: "unseen", role: "status" });
  let told = -1;
  store.watch((state) => [state.jobs, isReading(state)], (jobs, reading) => {
    element.hidden = !reading;
    if (!reading) {
      told = -1;
      spoken.textContent = "";
      return;
    }
    const { done, all, speed } = sums(jobs);
    bar.value = percent(done, all);
    text.textContent = [words.evidence.all(size(done), size(all)), speed > 0 && words.evidence.speed(size(speed)), speed > 0 && words.evidence.left(lasting((all - done) / speed))].filter(Boolean).join(" · ");
    // Said aloud at every quarter, not at every slice.
    const quarter = Math.floor(percent(done, all) / 25);
    if (quarter !== told && told !== -1) spoken.textContent = words.notes.progress(quarter * 25);
    told = quarter;
  });
  return h("div", {}, element, spoken);
}

/** @param {readonly Job[]} jobs */
function sums(jobs) {
  let [done, all, speed] = [0, 0, 0];
  for (const job of jobs) {
    all += job.size;
    done += OVER.includes(job.stage) ? job.size : job.bytes;
    if (job.stage === "reading") speed += job.speed ?? 0;
  }
  return { done, all, speed };
}

/**
 * One file of the list.
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 */
function createFile(store, acts) {
  const name = h("span", { class: "file-name" });
  const state = h("span", { class: "file-state" });
  const bar = h("progress", { max: 100, value: 0 });
  const cancel = h("button", { type: "button", class: "quiet" }, words.evidence.cancel);
  const facts = h("div", { class: "file-facts" });
  const body = h("div", { class: "receipt" });
  const fold = h("details", {}, h("summary", {}, name, state), facts, body);
  const element = h("li", { class: "file" }, h("div", { class: "file-line" }, fold, cancel), bar);
  /** @type {Job | undefined} */
  let job;
  /** @type {Evidence | undefined} */
  let evidence;
  /** What an archive holds. @type {readonly Evidence[]} */
  let members = [];
  let stale = true;
  cancel.addEventListener("click", () => job && acts.cancel(job.id));
  // A receipt is long, and made only for who opens it.
  fold.addEventListener("toggle", () => fillBody());

  function fillBody() {
    if (!fold.open || !stale || !job) return;
    stale = false;
    const known = job;
    fill(body,
      job.sentence && h("p", { class: job.stage === "failed" ? "fault" : "" }, told(job.sentence)),
      evidence && receipt(evidence, store, acts, members),
      memberList(job.name, members, store, acts),
      h("div", { class: "buttons" }, h("button", { type: "button", class: "quiet", title: words.evidence.removeTitle(job.name), data: { key: "remove" }, on: { click: () => acts.remove(known) } }, words.evidence.remove)));
  }

  return {
    element,
    /** Opens the receipt that was asked for. */
    open() {
      fold.open = true;
      fold.scrollIntoView({ block: "nearest" });
    },
    /** @param {Job} next @param {Evidence | undefined} nextEvidence @param {readonly Evidence[]} nextMembers */
    update(next, nextEvidence, nextMembers) {
      if (next === job && nextEvidence === evidence && nextMembers.length === 0 && members.length === 0) return;
      const settled = job?.stage !== next.stage || nextEvidence !== evidence || nextMembers.length !== members.length;
      job = next;
      evidence = nextEvidence;
      members = nextMembers;
      const busy = !OVER.includes(next.stage);
      const share = percent(next.bytes, next.size);
      name.textContent = next.name;
      bar.hidden = !busy;
      bar.value = share;
      bar.setAttribute("aria-label", next.name);
      cancel.hidden = !busy;
      cancel.title = words.evidence.cancelTitle(next.name);
      const said = settledTrouble(next, evidence);
      put(state, busy
        ? [next.again ? words.evidence.again : words.evidence.stages[next.stage], next.stage === "reading" && ` ${share} %`, next.speed && next.stage === "reading" ? ` · ${words.evidence.speed(size(next.speed))}` : ""]
        : [said && h("span", { class: "trouble" }, icon("warn"), " ", said), !said && (next.stage === "taken" ? told(next.sentence ?? "") : members.length > 0 ? words.evidence.members(members.length, members.filter((member) => member.format).length) : evidence?.title ?? words.evidence.stages[next.stage])]);
      put(facts, size(next.size), next.records > 0n && busy && ` · ${whole(next.records)} ${words.evidence.records}`);
      facts.hidden = !busy;
      element.classList.toggle("troubled", said !== undefined);
      if (settled) {
        stale = true;
        // What needs an answer opens by itself, once.
        if (!busy && evidence && (evidence.advice || evidence.clock.basis === "unknown") && !fold.open && !element.dataset.opened) {
          element.dataset.opened = "";
          fold.open = true;
        }
        fillBody();
      }
    },
  };
}

/**
 * What is wrong with a file that is done, in a few words.
 * @param {Job} job
 * @param {Evidence | undefined} evidence
 * @returns {string | undefined}
 */
function settledTrouble(job, evidence) {
  if (job.stage === "failed") return words.evidence.stages.failed;
  if (job.stage === "cancelled" && !evidence?.advice) return words.evidence.stages.cancelled;
  return trouble(evidence);
}
