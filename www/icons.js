// The few icons of the page, as paths on a 16 × 16 grid. They decorate words and never stand for them.

const PATHS = {
  files: "M4 1.5h5l3 3v10h-8zM9 1.5v3h3",
  folder: "M1.5 13V3.5h4.5l1.5 2h7V13z",
  sample: "M6 1.5h4M7 1.5v5L3 13.5h10L9 6.5v-5M5 10.5h6",
  figure: "M1.5 2.5h13v11h-13zM4 11l3-4 2 2.5 1.5-1.5 2 3z",
  save: "M8 1.5v9M4.5 7 8 10.5 11.5 7M2 12v2.5h12V12",
  copy: "M5.5 5.5v-4h9v9h-4M1.5 5.5h9v9h-9z",
  search: "M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2M10.7 10.7 14.5 14.5",
  undo: "M4.5 2 1.5 5l3 3M1.5 5H10a4.5 4.5 0 0 1 0 9H5",
  redo: "M11.5 2l3 3-3 3M14.5 5H6a4.5 4.5 0 0 0 0 9h5",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  light: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  dark: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
  warn: "M8 2 1.5 13.5h13zM8 6.5v3.5M8 11.8v.2",
  lock: "M3.5 7h9v7h-9zM5.5 7V4.5a2.5 2.5 0 0 1 5 0V7",
};

/**
 * @param {keyof typeof PATHS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  picture.append(path);
  return picture;
}
