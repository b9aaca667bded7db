// Hands a file to the browser to be saved. The sandbox lets nothing else out.

/**
 * @param {string} name
 * @param {string | Uint8Array | Blob} content
 * @param {string} type
 */
export function save(name, content, type) {
  const blob = content instanceof Blob ? content : new Blob([/** @type {BlobPart} */ (content)], { type: `${type};charset=utf-8` });
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.download = name;
  // A blob of this page's own, which `download` makes a file of; no address is visited.
  anchor.href = url;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The browser takes its time to begin, and says nothing when it has.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
