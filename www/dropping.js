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
 * The files of a drop. Folders open by their handles, where the browser has those; `webkitGetAsEntry` fails on file:// in
 * Chromium, so a folder that can't be opened is counted and said.
 * @param {DataTransfer} transfer
 */
async function opened(transfer) {
  // Everything must be asked for before the first wait: the list is emptied then.
  const plain = [...transfer.files];
  const handles = [...transfer.items].filter((item) => item.kind === "file").map((item) => {
    const get = /** @type {any} */ (item).getAsFileSystemHandle;
    return typeof get === "function" ? get.call(item).catch(() => undefined) : Promise.resolve(undefined);
  });
  /** @type {Dropped[]} */
  const files = [];
  let folders = 0;
  for (const [place, handle] of (await Promise.all(handles)).entries()) {
    const file = plain[place];
    if (handle?.kind === "directory") {
      try {
        await walk(handle, `${handle.name}/`, files);
      } catch {
        folders += 1; // said by the caller, with the way around it
      }
    } else if (file && (await isFolder(file))) folders += 1;
    else if (file) files.push(named(file));
  }
  return { files, folders };
}

/**
 * A folder among the dropped files looks like a small file without a type that cannot be read.
 * @param {File} file
 * @returns {Promise<boolean>}
 */
async function isFolder(file) {
  if (file.type !== "" || file.size > 65_536 || /\.[a-z0-9]{1,5}$/i.test(file.name)) return false;
  return file.slice(0, 1).arrayBuffer().then(() => false, () => true);
}

/**
 * @param {any} folder a FileSystemDirectoryHandle
 * @param {string} path
 * @param {Dropped[]} files
 * @returns {Promise<void>}
 */
async function walk(folder, path, files) {
  for await (const entry of folder.values()) {
    if (entry.kind === "directory") await walk(entry, `${path}${entry.name}/`, files);
    else files.push({ name: `${path}${entry.name}`, file: await entry.getFile() });
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
