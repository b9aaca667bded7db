// The shapes of what the engine tells the screen, for the type checker alone: nothing here runs.

/** A site's index, -1 for the world outside (from -1000 down by country), -2 for a private address in no site. @typedef {number} Party */

/**
 * What can be pointed at.
 * @typedef {{ kind: "site", party: Party } | { kind: "link", from: Party, to: Party } | { kind: "finding", id: string }
 *   | { kind: "moment", ms: number }} Subject
 */

/** What one detail panel can show: a subject, a host pair, or a place in a file. @typedef {Subject | Pair | Place} Shown */
/** @typedef {{ kind: "pair", from: Party, to: Party, service: string, initiator: string, responder: string }} Pair */
/** @typedef {{ kind: "place", file: number, offset: number, line?: number, why: string }} Place */

/**
 * @typedef {object} Reason
 * @property {Phrase} reason
 * @property {bigint} count
 * @property {bigint} bytes
 * @property {number} [line] of the first example
 * @property {number} [offset] of the first example
 * @property {string} [found] what stood there
 */

/** @typedef {{ fields: Record<string, string>, header: string[], rows: string[][], readings: MappedRow[] }} Mapping */

/** How a row reads through a mapping. @typedef {{ flow?: Record<string, string>, fault?: string }} MappedRow */

/** How far a file's clock seems to run ahead of another's. @typedef {{ beside: string, ahead: number, matched: number, of: number }} Skew */

/**
 * @typedef {object} Evidence
 * @property {number} index
 * @property {string} name
 * @property {string} [within] the dropped archive that holds it
 * @property {number} size
 * @property {string} sha256
 * @property {string} [format]
 * @property {string} [title]
 * @property {boolean} complete
 * @property {string[]} layers
 * @property {{ name: string, known: "told" | "chosen" | "unclear" }} [encoding] where its text is not UTF-8
 * @property {bigint} records
 * @property {bigint} parsed
 * @property {Reason[]} skipped
 * @property {Reason[]} malformed
 * @property {Reason[]} unprocessed
 * @property {bigint} flows
 * @property {bigint} drawn
 * @property {Reason[]} filtered
 * @property {Reason[]} without_endpoint
 * @property {bigint} header_lines
 * @property {number} [first]
 * @property {number} [last]
 * @property {{ basis: "explicit" | "file" | "chosen" | "unknown" | "mixed" | "none", offset?: number, zone?: string, year?: number, ahead?: number, undated: bigint, dated: [number, number][] }} clock
 * @property {Phrase} [advice]
 * @property {Mapping} [mapping]
 * @property {number} [duplicate_of]
 * @property {string} [imbalance]
 * @property {boolean} synthetic
 */

/**
 * @typedef {object} ClockChoice what a person settled of a file's clock
 * @property {number} [offset] seconds east of UTC
 * @property {{ name: string, first: number, changes: [number, number][] }} [zone]
 * @property {number} [year] of the first record
 * @property {number} [ahead] seconds by which the clock ran ahead
 */

/**
 * @typedef {object} Site
 * @property {number} index
 * @property {string} name
 * @property {string} [country]
 * @property {string} [timezone]
 * @property {number} [lat]
 * @property {number} [lon]
 * @property {string} [role]
 * @property {string} [contact]
 * @property {string[]} ranges
 * @property {boolean} guessed
 * @property {bigint} connections
 * @property {number} findings
 */

/**
 * @typedef {object} Rule
 * @property {number} line
 * @property {string} from
 * @property {string} to
 * @property {string} service
 * @property {"allow" | "deny"} verdict
 * @property {string} reason
 * @property {string} [approver]
 * @property {string} [until]
 */

/** @typedef {"policy" | "novelty" | "behaviour" | "campaign"} Lane */
/** @typedef {"violation" | "anomalous" | "suspected"} Gravity */

/** What the engine says, in every language. @typedef {Record<import("./words.js").Language, string>} Phrase */

/**
 * @typedef {object} Finding
 * @property {number} rank
 * @property {number} [number] of its link on the picture
 * @property {string} id
 * @property {Lane} lane
 * @property {string} rule
 * @property {Gravity} gravity
 * @property {boolean} weak by its q, and not confirmed: not counted
 * @property {Party} from
 * @property {Party} to
 * @property {string} from_name
 * @property {string} to_name
 * @property {{ from: Party, to: Party, from_name: string, to_name: string }[]} also other links that it is about as well
 * @property {string} [service]
 * @property {number} [first]
 * @property {number} [last]
 * @property {string[]} hosts
 * @property {string[]} accounts
 * @property {number} [p]
 * @property {number} [q]
 * @property {Phrase} because
 * @property {Phrase} normal
 * @property {Phrase} [pictured] what the small picture shows, in words, where there is one
 * @property {Phrase[]} innocent
 * @property {string[]} attack
 * @property {{ file: number, line: number, offset: number, at?: number }[]} rows
 * @property {{ verdict: "open" | "benign" | "confirmed", who: string, at: number, why: string }} [decision] the one that stands
 */

/** @typedef {{ rule: string, from_name: string, to_name: string, service?: string, because: Phrase }} Refrain */

/**
 * @typedef {object} Traffic
 * @property {bigint} connections
 * @property {bigint} established
 * @property {bigint} denied
 * @property {bigint} failed
 * @property {bigint} bytes_out
 * @property {bigint} bytes_in
 * @property {number} [first]
 * @property {number} [last]
 */

/** @typedef {Traffic & { service: string, hosts_from: number, hosts_to: number }} ServiceTraffic */

/**
 * @typedef {Traffic & { from: Party, to: Party, from_name: string, to_name: string,
 *   state: Gravity | "expected", services: ServiceTraffic[] }} Link
 */

/**
 * @typedef {object} CaseView
 * @property {{ version: string }} tool
 * @property {Evidence[]} evidence
 * @property {Site[]} sites
 * @property {boolean} sites_guessed
 * @property {Rule[]} policy
 * @property {Finding[]} findings
 * @property {Refrain[]} refrains
 * @property {Link[]} links
 * @property {[number, number]} [window]
 * @property {Phrase[]} notices
 * @property {boolean} partial
 * @property {boolean} synthetic
 */

/** @typedef {"findings" | "links" | "services" | "pairs" | "accounts" | "evidence"} TableKind */

/**
 * A table in the place of the picture, and what it is narrowed to.
 * @typedef {object} TableView
 * @property {TableKind} kind
 * @property {string} [part] only what has this
 * @property {Party} [from] together with `to`: only that link
 * @property {Party} [to]
 * @property {string} [service]
 * @property {Lane} [lane]
 */

/** @typedef {Traffic & { from: Party, to: Party, from_name: string, to_name: string, service: string, initiator: string, responder: string }} HostPair */
/** @typedef {{ name: string, from: Party, to: Party, from_name: string, to_name: string, service: string, flows: bigint }} Account */

/** @typedef {{ line: number, sentence: string }} Complaint */

/**
 * @typedef {object} Row
 * @property {number} file
 * @property {number} line
 * @property {number} offset
 * @property {number} [at]
 * @property {string} text made inert and visible by the engine
 * @property {Phrase | null} [flow]
 * @property {boolean} [around] a line of context, not one of those asked for
 * @property {string} [met] the indicator that it names, where some are searched for
 */

/**
 * @typedef {{ finding: string } | { offset: number } | { sweep: number, site: Party } | { search: string, most?: number } | { from: Party, to: Party, service?: string, initiator?: string, responder?: string,
 *   from_ms?: number, to_ms?: number, most?: number }} RowQuery
 */

/** @typedef {"ring" | "map" | "force" | "matrix"} Layout */

/** Only a party and what lies within so many links of it. @typedef {{ party: Party, hops: number }} Focus */

/**
 * @typedef {object} View
 * @property {Layout} layout
 * @property {number} width
 * @property {number} height
 * @property {number} [from_ms]
 * @property {number} [to_ms]
 * @property {Subject} [selected]
 * @property {Subject} [hovered]
 * @property {"light" | "dark"} theme
 * @property {number} [zoom] of a matrix, whose names stay at the edges
 * @property {[number, number]} [pan] of a matrix
 * @property {Focus} [focus]
 * @property {boolean} [hosts] of what is selected, in place of the sites
 * @property {string} [language]
 */

/**
 * @typedef {object} FigureOptions
 * @property {"a4-landscape" | "a4-portrait" | "16:9"} size
 * @property {Layout} layout
 * @property {"CLEAR" | "GREEN" | "AMBER" | "AMBER+STRICT" | "RED"} tlp
 * @property {string} [number]
 * @property {string} [title]
 * @property {number} [from_ms]
 * @property {number} [to_ms]
 * @property {string} [language]
 * @property {boolean} [pseudonyms] names and addresses as pseudonyms
 * @property {boolean} [bare] without what lets it be opened again
 * @property {Focus} [focus]
 */

/** A numbered step of the figure. @typedef {{ from: string, to: string, rule: string, says?: string }} Step */

/**
 * @typedef {object} Recipe what a dropped figure was made with
 * @property {FigureOptions["size"]} size
 * @property {Layout} layout
 * @property {FigureOptions["tlp"]} tlp
 * @property {number} number
 * @property {string} [title]
 * @property {string} language
 * @property {boolean} pseudonyms
 * @property {[number, number]} [window]
 * @property {[Party, number]} [focus]
 * @property {string[]} lacking files that are not here, or otherwise
 * @property {boolean} same_case
 */

/** @typedef {{ bytes: number, records: bigint, flows: bigint, malformed: bigint, format?: string }} Progress */

/**
 * Paints a scene on a canvas.
 * @typedef {object} Painter
 * @property {(scene: Uint8Array) => void} show
 * @property {(zoom: number, dx: number, dy: number, ratio: number, theme: "light" | "dark" | "paper") => void} paint
 * @property {(canvas: HTMLCanvasElement, from: number, count: number, view: Float64Array, theme: "light" | "dark" | "paper") => number | undefined} paint_part so many marks from one on, on another canvas; the mark to go on with
 * @property {() => number} marks how many the scene has
 * @property {(x: number, y: number) => Subject | undefined} hit
 * @property {(subject: Subject) => string[]} tooltip
 * @property {() => [number, number]} size
 * @property {(x: number) => number | undefined} moment_at
 * @property {() => Subject[]} subjects
 */

/** @typedef {"waiting" | "offered" | "reading" | "merging" | "done" | "taken" | "cancelled" | "failed"} Stage */

/**
 * One file that was dropped, and how far its reading is.
 * @typedef {object} Job
 * @property {number} id
 * @property {string} name
 * @property {number} size
 * @property {Stage} stage
 * @property {number} bytes read so far
 * @property {bigint} records
 * @property {string} [format]
 * @property {number} [speed] bytes a second
 * @property {import("./words.js").Said} [sentence] why it failed, or what it was taken for
 * @property {number} [evidence] its index in the case
 * @property {boolean} again whether it is read for a second time
 */
