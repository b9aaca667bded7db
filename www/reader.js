// Placeholder reader: answers every message with the engine's version.
self.kyotenWorker = (bindings) => {
  self.onmessage = () => self.postMessage({ reader: bindings.version() });
};
