// A small graph with every form of import and export that the joiner knows; joiner.test.mjs runs it both ways.
import "./effect.js";
import { add, twice as double, Counter, LIMIT } from "./sums.js";
import * as words from "./deep/words.js";
import {
  greet,
  later,
} from "./deep/greet.js";

const shadow = (add) => add * 2;
report("sum", add(1, 2), double(4), LIMIT, shadow(3));
report("class", new Counter().up().up().count, Counter.name);
report("words", Object.keys(words).sort(), words.hello, words.order.join());
report("greet", greet("拠点"), typeof later);
report("generator", [...words.numbers(3)]);
report("strings", 'import { x } from "./nowhere.js"', `export ${`default ${LIMIT / 2 / 1}`}`, /export [/"'`] default/.test("export ' default"));
report("property", { import: 1, export: 2 }.import);
report("this", typeof this);
later().then((value) => report("later", value));
