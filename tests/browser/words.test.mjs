// The languages of the screen say the same: the same keys, and in each sentence the same values.
import assert from "node:assert/strict";
import { test } from "node:test";
import { languages, preferred } from "../../www/words.js";

/** Every path to a word, with the word. */
function* leaves(words, path = "") {
  for (const [key, value] of Object.entries(words)) {
    const here = path === "" ? key : `${path}.${key}`;
    if (value !== null && typeof value === "object") yield* leaves(value, here);
    else yield [here, value];
  }
}

const { en, ...others } = languages;

for (const [code, words] of Object.entries(others)) {
  test(`${code} has the keys of en, and no other`, () => {
    assert.deepEqual([...leaves(words)].map(([key]) => key).sort(), [...leaves(en)].map(([key]) => key).sort());
  });

  test(`${code} says in each sentence what en says in it`, () => {
    const theirs = new Map(leaves(words));
    for (const [key, word] of leaves(en)) {
      const other = theirs.get(key);
      assert.equal(typeof other, typeof word, key);
      if (typeof word !== "function") {
        assert.ok(other !== "" || word === "", `${key} is empty`);
        continue;
      }
      // Numbers that no sentence has by itself, each of them to be found again; some values are whole numbers of 64 bits.
      for (const make of [(place) => 9101 + place, (place) => BigInt(9101 + place), (place) => `«${place}»`]) {
        const given = Array.from({ length: word.length }, (_, place) => make(place));
        assert.equal(other.length, word.length, `${key} takes as many values`);
        const said = (text) => given.filter((value) => String(text).includes(String(value)));
        let english;
        try {
          english = word(...given);
        } catch (error) {
          assert.ok(error instanceof TypeError, `${key}: ${error}`); // a sentence for numbers can't be given text
          continue;
        }
        assert.deepEqual(said(other(...given)), said(english), key);
      }
    }
  });
}

test("no English is left in the Japanese", () => {
  // Names of products, formats and labels are nobody's translation.
  const kept = /^[\x20-\x7e×✕·…√]*$/;
  const allowed = /^(code|name|policy\.parts\.\d\.0|exports\.forms\.|empty\.formats\.|empty\.along\.\d\.0|gravity\.\w+\.symbol|header\.synthetic|detail\.(p|q|attack)|evidence\.hash|tables\.columns\.(p|q|attack|sha256)|encoding\.names\.|keys\.picture\.\d\.0|keys\.caps\.enter|clock\.|response\.vendors\.)/;
  const left = [...leaves(others.ja)].filter(([key, word]) => typeof word === "string" && kept.test(word) && !allowed.test(key));
  assert.deepEqual(left, []);
});

test("the browser's languages choose where to begin, and English is for all others", () => {
  assert.equal(preferred(["ja-JP", "en"]), "ja");
  assert.equal(preferred(["fr", "ja"]), "ja");
  assert.equal(preferred(["en-GB", "ja"]), "en");
  assert.equal(preferred(["de"]), "en");
});
