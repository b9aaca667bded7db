// Starts the engine: the WebAssembly module on the page's thread, and workers that share its compiled code.
//
// From the page:
//
//     import { startEngine, version, build } from "./engine.js";
//     const engine = await startEngine();                    // rejects with a sentence to show
//     engine.bindings.something();                           // all that src/web exports with #[wasm_bindgen]
//     const reader = await engine.spawn("reader", (error) => show(error.message));
//     reader.onmessage = (event) => …;                       // an ordinary Worker from here on
//     reader.postMessage({ file });                          // a File may be posted, and sliced there
//     reader.terminate();                                    // the caller ends it; nothing is reported then
//
// In a worker (www/reader.js, www/analyst.js, each with whatever modules it imports), one global hook:
//
//     self.kyotenWorker = (bindings) => { self.onmessage = (event) => …; };
//
// The hook is called once with the initialised bindings, and may return a promise; when it is done the worker is ready and
// `spawn` resolves. Messages that are posted before that are not lost: none can be, since nobody has the Worker yet.
// A worker dies of any error that nobody catches, of a panic above all: the caller's second argument is then called once.
//
// The parts lie in the page as script elements that `cargo xtask dist` writes: kyoten-seal, kyoten-glue (both run, both
// also read as text for the workers), kyoten-wasm (gzip, base64), kyoten-reader and kyoten-analyst (text).

import { words } from "./words.js";

/** @typedef {typeof wasm_bindgen} Bindings */
/** @typedef {"reader" | "analyst"} Kind */
/**
 * @typedef {object} Engine
 * @property {Bindings} bindings what src/web exports, on the page's thread
 * @property {WebAssembly.Module} module the compiled module
 * @property {(kind: Kind, died?: (error: Error) => void) => Promise<Worker>} spawn starts a worker and waits until it is ready
 */

/** The version and the build, as shown to the user: the first twelve hex digits of the SHA-256 of all that runs. */
export const version = stamp("kyoten-version");
export const build = stamp("kyoten-build");

/** How long a worker may take to say that it is ready, in milliseconds; a slow machine compiles for a second or two. */
const PATIENCE = 60_000;

/** @returns {Promise<Engine>} */
export async function startEngine() {
  // The outer document gives the frame its keyboard, but Chromium tells the frame only when asked.
  self.focus();
  await firstPaint();
  try {
    const module = await WebAssembly.compile(await unpack(part("kyoten-wasm")));
    await wasm_bindgen({ module_or_path: module });
    return { bindings: wasm_bindgen, module, spawn: (kind, died) => spawn(kind, module, died ?? (() => {})) };
  } catch (error) {
    throw new Error(words.fault.inBrowser(reason(error)));
  }
}

/**
 * The page is drawn before the heavy work begins. A hidden tab draws nothing, so it does not wait for that.
 * @returns {Promise<void>}
 */
function firstPaint() {
  return new Promise((resolve) => {
    if (document.visibilityState === "hidden") resolve();
    else requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 500);
  });
}

/**
 * @param {string} base64 of gzip
 * @returns {Promise<ArrayBuffer>}
 */
async function unpack(base64) {
  const letters = atob(base64.trim());
  const packed = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) packed[place] = letters.charCodeAt(place);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/**
 * What runs in a worker after seal, glue and the worker's own script. An unhandled rejection would die in silence there, so
 * it is made an error, which reaches the page.
 */
const BOOT = `
self.addEventListener("unhandledrejection", (event) => { event.preventDefault(); reportError(event.reason); });
self.addEventListener("message", async (event) => {
  event.stopImmediatePropagation();
  try {
    await wasm_bindgen({ module_or_path: event.data });
    if (typeof self.kyotenWorker !== "function") throw new Error("its script sets no kyotenWorker");
    await self.kyotenWorker(wasm_bindgen);
    self.postMessage({ kyoten: "ready" });
  } catch (error) {
    self.postMessage({ kyoten: "failed", reason: String(error?.message ?? error) });
  }
}, { once: true });
`;

/**
 * @param {Kind} kind
 * @param {WebAssembly.Module} module
 * @param {(error: Error) => void} died
 * @returns {Promise<Worker>}
 */
function spawn(kind, module, died) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(scriptUrl(kind), { name: `kyoten-${kind}` });
    let ready = false;
    let over = false;
    const fail = (/** @type {string} */ why) => {
      if (over) return;
      over = true;
      clearTimeout(watch);
      worker.terminate();
      const error = new Error((ready ? words.fault.stopped : words.fault.notStarted)(words.fault.workers[kind], why));
      if (ready) died(error);
      else reject(error);
    };
    const watch = setTimeout(() => fail(words.fault.silent(PATIENCE / 1000)), PATIENCE);
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      fail(event.message || words.fault.noReason);
    });
    worker.addEventListener("messageerror", () => fail(words.fault.unreadable));
    const greet = (/** @type {MessageEvent} */ event) => {
      if (event.data?.kyoten === "failed") fail(event.data.reason);
      if (event.data?.kyoten !== "ready" || over) return;
      worker.removeEventListener("message", greet);
      clearTimeout(watch);
      ready = true;
      resolve(worker);
    };
    worker.addEventListener("message", greet);
    worker.postMessage(module);
  });
}

/** @type {Map<Kind, string>} */
const urls = new Map();

/**
 * The address of a kind's script. One blob serves all workers of a kind, and is kept: revoking it would save nothing and
 * races with a worker that is still loading. It must be a classic script: on `file://` Chromium starts no module from a blob.
 * @param {Kind} kind
 * @returns {string}
 */
function scriptUrl(kind) {
  let url = urls.get(kind);
  if (url === undefined) {
    const script = [part("kyoten-seal"), part("kyoten-glue"), part(`kyoten-${kind}`), BOOT].join("\n");
    url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    urls.set(kind, url);
  }
  // A browser without Trusted Types takes the text itself.
  return /** @type {string} */ (policy ? /** @type {unknown} */ (policy.createScriptURL(url)) : url);
}

/** The page's only policy makes nothing but addresses of the blobs above: markup and script from text stay impossible. */
const policy = /** @type {any} */ (self).trustedTypes?.createPolicy("kyoten", {
  createScriptURL: (/** @type {string} */ url) => {
    if (![...urls.values()].includes(url)) throw new TypeError("not a worker of Kyoten");
    return url;
  },
});

/**
 * @param {string} id
 * @returns {string}
 */
function part(id) {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(words.fault.unbuilt(id));
  return text;
}

/**
 * @param {string} name
 * @returns {string}
 */
function stamp(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "unsealed";
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}
