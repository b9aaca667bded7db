// The words of the screen in the language in use. They are looked up when they are shown, so whatever is made after `speak`
// is in the new language; what was made before is made anew by main.js.
import { en } from "./words/en.js";
import { ja } from "./words/ja.js";

/** @typedef {"en" | "ja"} Language */

/** @type {Record<Language, typeof en>} */
export const languages = { en, ja };

export const words = { ...en };

/** What is told now and may be shown later. As a function of ours it is in the language in use when it is shown; as text it is
 *  somebody else's, such as the browser's. @typedef {string | (() => string)} Said */

/** @param {Said} what @returns {string} */
export function told(what) {
  return typeof what === "function" ? what() : what;
}

/** What the engine says in every language, in the one in use. @param {Record<Language, string>} phrase @returns {string} */
export function said(phrase) {
  return phrase[/** @type {Language} */ (words.code)];
}

/** @param {Language} language */
export function speak(language) {
  Object.assign(words, languages[language]);
}

/**
 * The first of the browser's languages that there are words in: where to begin, and nothing else.
 * @param {readonly string[]} wanted as `navigator.languages`
 * @returns {Language}
 */
export function preferred(wanted) {
  for (const each of wanted) {
    const tongue = each.toLowerCase().split("-")[0];
    if (tongue === "en" || tongue === "ja") return tongue;
  }
  return "en";
}
