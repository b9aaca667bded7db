// Takes away, before anything else runs, what a Content-Security-Policy leaves open to a script that wants to reach out.
// A classic script: it runs first in the page's frame and first in every worker.
//
// The policy stops fetch, sockets, images, frames and forms; the sandboxed frame stops new windows and leaving for another
// page. Left over are WebRTC, and whatever makes the browser look up a name before the policy is asked: hints of elements,
// and a link that leads elsewhere, for which Chromium opens a connection, though no request follows. What is taken here is
// taken for good. One thing cannot be taken: a script's own `location`, which opens such a connection too. Nothing but our
// own scripts can run here, and a test keeps the word out of them.
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
  // Trusted Types refuse text that would become markup. A browser without them has the same refusal from here: this page
  // makes elements, never markup.
  const refuse = () => { throw new TypeError("Kyoten's page makes no markup from text"); };
  for (const [kind, names] of /** @type {const} */ ([
    [Element, ["insertAdjacentHTML", "setHTMLUnsafe"]], [ShadowRoot, ["setHTMLUnsafe"]], [Range, ["createContextualFragment"]],
    [DOMParser, ["parseFromString"]], [Document, ["open", "write", "writeln"]],
  ])) {
    for (const name of names) {
      if (name in kind.prototype) Object.defineProperty(kind.prototype, name, { value: refuse, writable: false, configurable: false });
    }
  }
  for (const [kind, names] of /** @type {const} */ ([[Element, ["innerHTML", "outerHTML"]], [ShadowRoot, ["innerHTML"]], [HTMLIFrameElement, ["srcdoc"]]])) {
    for (const name of names) {
      const now = Object.getOwnPropertyDescriptor(kind.prototype, name);
      if (now) Object.defineProperty(kind.prototype, name, { get: now.get, set: refuse, configurable: false });
    }
  }
  // Chromium ends the whole page when a frame without an origin asks a drop for handles; without the method scripts take the
  // files themselves.
  if (typeof DataTransferItem !== "undefined") Reflect.deleteProperty(DataTransferItem.prototype, "getAsFileSystemHandle");
  // A frame has a fresh set of everything above, and a link element's hints (dns-prefetch, preconnect) obey no policy. This
  // page makes neither; the ways to make one from text are closed by Trusted Types.
  // `a` stays for saving files, which is a click on a link to a blob.
  const stay = (/** @type {Event} */ event) => {
    for (const target of event.composedPath()) {
      if (!(target instanceof HTMLAnchorElement || target instanceof HTMLAreaElement || target instanceof SVGAElement)) continue;
      const to = target.getAttribute("href") ?? target.getAttributeNS("http://www.w3.org/1999/xlink", "href");
      // Not even to a place in this page: inside a frame's own text `#x` means the outer document, and leads away.
      if (to !== null && !to.startsWith("blob:")) event.preventDefault();
    }
  };
  for (const kind of ["click", "auxclick"]) self.addEventListener(kind, stay, true);
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
        const element = create.apply(this, given);
        // A click on a link outside the document passes no window.
        if (["a", "area"].includes(local(given[position]))) element.addEventListener("click", stay, true);
        return element;
      },
    });
  }
})();
