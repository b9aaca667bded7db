// Runs the real reader or analyst script over the mock engine.
import { bindings } from "/tests/browser/mock/bindings.js";
await import(self.location.search === "?reader" ? "/www/reader.js" : "/www/analyst.js");
await self.kyotenWorker(bindings);
self.postMessage({ kyoten: "ready" });
