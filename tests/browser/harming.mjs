// Readers that fare badly with one file, in the real page with the real engine: it breaks, or takes its time.

/**
 * Readers do this to the file "harmed.log" before they give the engine a piece of it, of 256 KiB.
 * @param {import("playwright-core").Frame} frame
 * @param {string} when which piece, counted from 1: "=== 33", "> 2"
 * @param {string} how a script
 */
export const harm = (frame, when, how) =>
  frame.evaluate(([when, how]) => {
    document.getElementById("kyoten-reader").firstChild.data += `;(() => {
      const hook = self.kyotenWorker;
      const harmed = (Reading) => class extends Reading {
        constructor(name, ...more) { super(name, ...more); this.harmed = name === "harmed.log" ? 0 : NaN; }
        feed(slice) { this.harmed += 1; if (this.harmed ${when}) { ${how} } return super.feed(slice); }
      };
      self.kyotenWorker = (bindings) => hook({ ...bindings, FileReading: harmed(bindings.FileReading), PartReading: harmed(bindings.PartReading) });
    })();`;
  }, [when, how]);

/**
 * Makes the reading of "harmed.log" take so long that somebody can call it off, on whatever machine, and go on telling how far it is.
 * @param {import("playwright-core").Frame} frame
 */
export const slow = (frame) => harm(frame, "> 2", "const start = performance.now(); while (performance.now() - start < 300) {}");
