// Takes away, before anything else runs, what a Content-Security-Policy leaves open to a script that wants to reach out.
// A classic script: it runs first in the page's frame and first in every worker.
//
// The policy stops fetch, sockets, images, frames and forms; the sandboxed frame stops new windows and leaving for another
// page. Left over are WebRTC, and the hints by which an element makes the browser look up a name. What is taken here is
// taken for good: deleted from the global object, or replaced where it hangs on a prototype.
"use strict";
(() => {
  const gone = [
    "RTCPeerConnection", "webkitRTCPeerConnection", "mozRTCPeerConnection", "RTCDataChannel", "RTCIceTransport", "RTCDtlsTransport",
    "RTCSctpTransport", "RTCRtpTransport", "RTCCertificate", "WebTransport", "WebSocketStream", "TCPSocket", "UDPSocket",
    "PresentationRequest", "PushManager", "BackgroundFetchManager", "SharedWorker", "open",
  ];
  for (const name of gone) {
    if (name in self) Object.defineProperty(self, name, { value: undefined, writable: false, configurable: false });
  }
  if (typeof Document === "undefined") return;
  // A frame has a fresh set of everything above, and a link element's hints (dns-prefetch, preconnect) obey no policy. This
  // page makes neither; the ways to make one from text are closed by Trusted Types.
  const barred = new Set(["iframe", "frame", "object", "embed", "fencedframe", "portal", "link", "base", "meta"]);
  const local = (/** @type {unknown} */ name) => String(name).toLowerCase().split(":").pop() ?? "";
  for (const method of /** @type {const} */ (["createElement", "createElementNS"])) {
    const create = /** @type {Function} */ (Document.prototype[method]);
    const position = method === "createElement" ? 0 : 1;
    Object.defineProperty(Document.prototype, method, {
      configurable: false,
      writable: false,
      value: function (/** @type {unknown[]} */ ...given) {
        // Once to text, so that what is examined is what is made.
        given[position] = String(given[position]);
        if (barred.has(local(given[position]))) throw new TypeError(`Kyoten's page makes no ${given[position]} element`);
        return create.apply(this, given);
      },
    });
  }
})();
