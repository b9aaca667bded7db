// What the page's scripts find in their global scope beside the browser's own.
export {};
declare global {
  /** Set by www/reader.js and www/analyst.js; see www/engine.js. */
  var kyotenWorker: ((bindings: typeof wasm_bindgen) => unknown) | undefined;
}
