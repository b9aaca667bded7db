// Placeholder analyst: answers every message with the engine's version.
self.kyotenWorker = (bindings) => {
  self.onmessage = () => self.postMessage({ analyst: bindings.version() });
};
