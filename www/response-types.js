// The shapes of questions, actions and their answers, for the type checker alone: nothing here runs.

/** @typedef {{ from: string, to: string, service: string, since_ms: number, until_ms?: number }} NegativeQuestion */

/**
 * @typedef {object} SweptSite
 * @property {import("./types.js").Party} site
 * @property {string} name
 * @property {"confirmed" | "suspected" | "not seen" | "no logs"} outcome
 * @property {string[]} marks
 * @property {number} [first]
 * @property {number} [last]
 * @property {string[]} hosts
 * @property {number} days
 * @property {number} days_with_logs
 * @property {number} gap_hours
 * @property {number} rows
 */

/**
 * @typedef {object} Sweep
 * @property {string} [finding]
 * @property {import("./types.js").Party} from
 * @property {import("./types.js").Party} to
 * @property {string} from_name
 * @property {string} to_name
 * @property {string} [service]
 * @property {string} sought
 * @property {boolean} asked
 * @property {string} told
 * @property {SweptSite[]} sites
 * @property {string[]} relays
 */

/**
 * @typedef {object} Negative
 * @property {string} sentence
 * @property {string} from
 * @property {string} to
 * @property {string} service
 * @property {number} since
 * @property {number} [until]
 * @property {bigint} ran
 * @property {bigint} refused
 * @property {number} percent
 * @property {string[]} links
 * @property {string[]} gaps
 */

/**
 * @typedef {object} Action
 * @property {"cut" | "restrict" | "restore"} kind
 * @property {string} from
 * @property {string} to
 * @property {string} service
 * @property {number} at
 * @property {string} who
 * @property {string} why
 * @property {string} statement
 * @property {bigint} ran
 * @property {string[]} rows
 */

/** @typedef {{ at?: number, who: string, act: string, of: string, with: string, hash: string }} Entry */
/** @typedef {{ sweeps: Sweep[], negatives: Negative[], actions: Action[], log: { entries: Entry[], broken?: number } }} ResponseView */
/** @typedef {{ preview: string, rules?: string, refused: string[], ran: bigint, others: bigint }} Containment */

export {};
