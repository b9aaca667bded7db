// Takes files in: dropped anywhere on the page, at any time, or chosen by a button.

/** @typedef {{ name: string, file: File }} Dropped */

/**
 * @param {File} file
 * @returns {Dropped}
 */
function named(file) {
  return { name: file.webkitRelativePath || file.name, file };
}

/**
 * Listens on the whole page.
 * @param {(files: Dropped[], folders: number) => void} take with the number of folders that the browser would not open
 */
export function listenForDrops(take) {
  const root = document.documentElement;
  let depth = 0;
  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    root.dataset.dragging = "";
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth -= 1;
    if (depth <= 0) delete root.dataset.dragging;
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", async (event) => {
    depth = 0;
    delete root.dataset.dragging;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const { files, folders } = await opened(/** @type {DataTransfer} */ (event.dataTransfer));
    take(files, folders);
  });
}

/**
 * The files of a drop, and those of its folders where the browser opens folders: in a sandboxed frame Chromium does not, so
 * these are counted and said. (`getAsFileSystemHandle` would even end the whole page there.)
 * @param {DataTransfer} transfer
 */
async function opened(transfer) {
  // Everything must be asked for before the first wait: the list is emptied then.
  const plain = [...transfer.files];
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry());
  /** @type {Dropped[]} */
  const files = [];
  let folders = 0;
  for (const [place, file] of plain.entries()) {
    const entry = entries[place];
    if (!entry?.isDirectory) files.push(named(file));
    else {
      try {
        await walk(/** @type {FileSystemDirectoryEntry} */ (entry), `${entry.name}/`, files);
      } catch {
        folders += 1; // said by the caller, with the way around it
      }
    }
  }
  return { files, folders };
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {string} path
 * @param {Dropped[]} files
 * @returns {Promise<void>}
 */
async function walk(folder, path, files) {
  const reader = folder.createReader();
  for (;;) {
    // It answers a hundred at a time, and an empty list at the end.
    const some = /** @type {FileSystemEntry[]} */ (await new Promise((resolve, reject) => reader.readEntries(resolve, reject)));
    if (some.length === 0) return;
    for (const entry of some) {
      if (entry.isDirectory) await walk(/** @type {FileSystemDirectoryEntry} */ (entry), `${path}${entry.name}/`, files);
      else files.push({ name: `${path}${entry.name}`, file: await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject)) });
    }
  }
}

/**
 * A hidden file input that a button may click.
 * @param {string} label
 * @param {boolean} folder
 * @param {(files: Dropped[], folders: number) => void} take
 * @returns {HTMLInputElement}
 */
export function fileInput(label, folder, take) {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.hidden = true;
  input.id = folder ? "folder-input" : "file-input";
  input.setAttribute("aria-label", label);
  if (folder) input.webkitdirectory = true;
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])].map(named);
    // The same file may be chosen again.
    input.value = "";
    take(files, 0);
  });
  return input;
}
