// The ways out of a page: what a script would try that somebody had managed to run in it. Each function tries one way to
// `to`, an address on the web, or to `host`, its name alone. They run as text in the page, by the debugger, which no policy binds.

/** By its name, each way from a document. */
export const FROM_PAGE = {
  // Asking.
  "fetch": (to) => fetch(to),
  "fetch that outlives the page": (to) => fetch(to, { mode: "no-cors", keepalive: true }),
  "fetch later": (to) => self.fetchLater(to, { activateAfter: 0 }),
  "XMLHttpRequest": (to) => { const asked = new XMLHttpRequest(); asked.open("GET", to); asked.send(); },
  "beacon": (to) => navigator.sendBeacon(to, "rows"),
  "WebSocket": (to) => new WebSocket(to.replace("http", "ws")),
  "EventSource": (to) => new EventSource(to),
  "WebTransport": (to, host) => new WebTransport(`https://${host}/`),
  "WebRTC over STUN": (to, host) => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${host}:3478` }] });
    peer.createDataChannel("rows");
    return peer.createOffer().then((offer) => peer.setLocalDescription(offer));
  },
  "WebRTC over TURN": (to, host) => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `turn:${host}:3478?transport=tcp`, username: "rows", credential: "rows" }] });
    peer.createDataChannel("rows");
    return peer.createOffer().then((offer) => peer.setLocalDescription(offer));
  },
  "cache": (to) => caches.open("rows").then((cache) => cache.add(new Request(to, { mode: "no-cors" }))),
  "service worker": (to, host, own) => navigator.serviceWorker.register(own),
  "a passkey of another site": (to, host) => navigator.credentials.get({ publicKey: { challenge: new Uint8Array(16), rpId: host, timeout: 500 } }),
  "a payment method": (to, host) => new PaymentRequest([{ supportedMethods: `https://${host}/pay` }], { total: { label: "rows", amount: { currency: "JPY", value: "1" } } }).canMakePayment(),
  "an account elsewhere": (to, host) => navigator.credentials.get({ identity: { providers: [{ configURL: `https://${host}/config.json`, clientId: "rows" }] } }),

  // Pictures and sound.
  "image": (to) => { new Image().src = to; },
  "image of a set": (to) => { const image = document.createElement("img"); image.srcset = `${to} 1x`; document.body.append(image); },
  "image of a picture": (to) => { const [picture, source] = [document.createElement("picture"), document.createElement("source")]; source.srcset = to; picture.append(source, document.createElement("img")); document.body.append(picture); },
  "image of a button": (to) => { const input = document.createElement("input"); Object.assign(input, { type: "image", src: to }); document.body.append(input); },
  "image in SVG": (to) => {
    const [svg, image] = ["svg", "image"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    image.setAttribute("href", to);
    svg.append(image);
    document.body.append(svg);
  },
  "image of a filter": (to) => {
    const [svg, filter, image, box] = ["svg", "filter", "feImage", "rect"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    filter.id = "outside"; image.setAttribute("href", to); box.setAttribute("filter", "url(#outside)");
    box.setAttribute("width", "9"); box.setAttribute("height", "9");
    filter.append(image); svg.append(filter, box); document.body.append(svg);
  },
  "image in a foreign object": (to) => {
    const [svg, foreign] = ["svg", "foreignObject"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    const image = document.createElement("img");
    image.src = to; foreign.append(image); svg.append(foreign); document.body.append(svg);
  },
  "image that an animation names": (to) => {
    const [svg, image, set] = ["svg", "image", "set"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    set.setAttribute("attributeName", "href"); set.setAttribute("to", to);
    image.append(set); svg.append(image); document.body.append(svg);
  },
  "background of the body": (to) => document.body.setAttribute("background", to),
  "video": (to) => { const video = document.createElement("video"); video.src = to; document.body.append(video); },
  "poster of a video": (to) => { const video = document.createElement("video"); video.poster = to; document.body.append(video); },
  "source of a video": (to) => { const [video, source] = [document.createElement("video"), document.createElement("source")]; source.src = to; video.append(source); document.body.append(video); },
  "subtitles of a video": (to) => { const [video, track] = [document.createElement("video"), document.createElement("track")]; video.crossOrigin = "anonymous"; Object.assign(track, { src: to, default: true }); video.append(track); document.body.append(video); track.track.mode = "showing"; },
  "audio": (to) => { new Audio(to).load(); },

  // Styles.
  "background image": (to) => { document.body.style.backgroundImage = `url(${to})`; },
  "border image": (to) => { Object.assign(document.body.style, { border: "1px solid", borderImage: `url(${to}) 1` }); },
  "image of a list": (to) => { const item = document.createElement("li"); item.style.listStyleImage = `url(${to})`; document.body.append(item); },
  "cursor": (to) => { document.body.style.cursor = `url(${to}), auto`; },
  "mask": (to) => { document.body.style.maskImage = `url(${to})`; },
  "shape": (to) => { const box = document.createElement("div"); Object.assign(box.style, { float: "left", shapeOutside: `url(${to})` }); document.body.append(box); },
  "filter of another document": (to) => { document.body.style.filter = `url(${to}#x)`; },
  "font": (to) => new FontFace("outside", `url(${to})`).load(),
  "style element": (to) => { const style = document.createElement("style"); style.textContent = `body::after { content: url(${to}) }`; document.head.append(style); },
  "style element that imports": (to) => { const style = document.createElement("style"); style.textContent = `@import "${to}"`; document.head.append(style); },
  "constructed style sheet": (to) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`html { background: url(${to}) }`); document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; },
  "style sheet": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "stylesheet", href: to }); document.head.append(link); },

  // Scripts.
  "script element": (to) => { const script = document.createElement("script"); script.src = to; document.body.append(script); },
  "module element": (to) => { const script = document.createElement("script"); Object.assign(script, { type: "module", src: to }); document.body.append(script); },
  "script in SVG": (to) => { const [svg, script] = ["svg", "script"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name)); script.setAttribute("href", to); svg.append(script); document.body.append(svg); },
  "imported module": (to) => import(to),
  "import map": (to) => { const map = document.createElement("script"); map.type = "importmap"; map.textContent = JSON.stringify({ imports: { outside: to } }); document.head.append(map); return import("outside"); },
  "script from text": (to) => (0, eval)(`fetch("${to}")`),
  "function from text": (to) => new Function(`fetch("${to}")`)(),
  "timer from text": (to) => setTimeout(`fetch("${to}")`, 0),
  "attribute that is script": (to) => { const button = document.createElement("button"); button.setAttribute("onclick", `fetch("${to}")`); document.body.append(button); button.click(); },
  "script of a worklet": (to) => new AudioContext().audioWorklet.addModule(to),
  "script of a paint worklet": (to) => CSS.paintWorklet.addModule(to),

  // Hints.
  "hint to look a name up": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "dns-prefetch", href: to }); document.head.append(link); },
  "hint to connect": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "preconnect", href: to }); document.head.append(link); },
  "hint to prefetch": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "prefetch", href: to }); document.head.append(link); },
  "hint to preload": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "preload", as: "image", href: to }); document.head.append(link); },
  "hint to preload a module": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "modulepreload", href: to }); document.head.append(link); },
  "speculation rules": (to, host) => { const script = document.createElement("script"); script.type = "speculationrules"; script.textContent = JSON.stringify({ prefetch: [{ source: "list", urls: [`https://${host}/`], eagerness: "immediate" }] }); document.head.append(script); },
  "icon": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "icon", href: to }); document.head.append(link); },
  "manifest": (to) => { const link = document.createElement("link"); Object.assign(link, { rel: "manifest", href: to }); document.head.append(link); },
  "a name in a link that is only shown": (to) => { const link = document.createElement("a"); Object.assign(link, { href: to, textContent: "look" }); document.body.append(link); },

  // Frames and what is like them.
  "frame": (to) => { const frame = document.createElement("iframe"); frame.src = to; document.body.append(frame); },
  "frame of another kind": (to) => { const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe"); frame.src = to; document.body.append(frame); },
  "frame from text": (to) => { const frame = document.createElement("iframe"); frame.srcdoc = `<img src="${to}">`; document.body.append(frame); },
  "frame with a fresh RTCPeerConnection": (to, host) => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const peer = new frame.contentWindow.RTCPeerConnection({ iceServers: [{ urls: `stun:${host}:3478` }] });
    peer.createDataChannel("rows");
    return peer.createOffer().then((offer) => peer.setLocalDescription(offer));
  },
  "object": (to) => { const object = document.createElement("object"); object.data = to; document.body.append(object); },
  "embedded": (to) => { const embed = document.createElement("embed"); embed.src = to; document.body.append(embed); },

  // Markup from text.
  "markup from text": (to) => { document.body.insertAdjacentElement("beforeend", document.createElement("div")).innerHTML = `<img src="${to}">`; },
  "hint in markup from text": (to) => { document.body.insertAdjacentElement("beforeend", document.createElement("div")).innerHTML = `<link rel="preconnect" href="${to}">`; },
  "markup put beside": (to) => document.body.insertAdjacentHTML("beforeend", `<img src="${to}">`),
  "markup from a fragment": (to) => document.body.append(document.createRange().createContextualFragment(`<iframe src="${to}"></iframe>`)),
  "markup from a parser": (to) => document.body.append(document.adoptNode(new DOMParser().parseFromString(`<iframe src="${to}"></iframe>`, "text/html").body.firstChild)),
  "markup that is set unsafely": (to) => document.body.insertAdjacentElement("beforeend", document.createElement("div")).setHTMLUnsafe(`<img src="${to}">`),
  "base of all addresses": (to) => { const base = document.createElement("base"); base.href = to; document.head.append(base); new Image().src = to.replace(/^http:\/\/[^/]+/, ""); },
};

/** By its name, each way that leads the page itself, or a new one, elsewhere. */
export const LEAVING_BY = {
  "form": (to) => { const form = document.createElement("form"); form.action = to; document.body.append(form); form.submit(); },
  "form that posts": (to) => { const form = document.createElement("form"); Object.assign(form, { action: to, method: "post" }); document.body.append(form); form.requestSubmit(); },
  "button with an address of its own": (to) => { const [form, button] = [document.createElement("form"), document.createElement("button")]; button.formAction = to; form.append(button); document.body.append(form); button.click(); },
  "link": (to) => { const link = document.createElement("a"); link.href = to; document.body.append(link); link.click(); },
  "link outside the document": (to) => { const link = document.createElement("a"); link.href = to; link.click(); },
  "link to the whole page": (to) => { const link = document.createElement("a"); Object.assign(link, { href: to, target: "_top" }); document.body.append(link); link.click(); },
  "link in SVG": (to) => { const link = document.createElementNS("http://www.w3.org/2000/svg", "a"); link.setAttribute("href", to); document.body.append(link); link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })); },
  "link in a shadow": (to) => { const [box, link] = [document.createElement("div"), document.createElement("a")]; link.href = to; box.attachShadow({ mode: "closed" }).append(link); document.body.append(box); link.click(); },
  "area of a map": (to) => { const [map, area] = [document.createElement("map"), document.createElement("area")]; area.href = to; map.append(area); document.body.append(map); area.click(); },
  "link to a download": (to) => { const link = document.createElement("a"); Object.assign(link, { href: to, download: "rows" }); document.body.append(link); link.click(); },
  "ping of a link": (to) => { const link = document.createElement("a"); Object.assign(link, { href: "#x", ping: to }); document.body.append(link); link.click(); },
  "new window": (to) => window.open(to),
  "new window without its opener": (to) => window.open(to, "_blank", "noopener"),
  "new window by a link": (to) => { const link = document.createElement("a"); Object.assign(link, { href: to, target: "_blank" }); document.body.append(link); link.click(); },
  "new window by a form": (to) => { const form = document.createElement("form"); Object.assign(form, { action: to, target: "_blank" }); document.body.append(form); form.submit(); },
  "refresh": (to) => { const meta = document.createElement("meta"); Object.assign(meta, { httpEquiv: "refresh", content: `0;url=${to}` }); document.head.append(meta); },
  "refresh in markup": (to) => { document.head.innerHTML += `<meta http-equiv="refresh" content="0;url=${to}">`; },
  "written document": (to) => { document.open(); document.write(`<img src="${to}">`); document.close(); },
  "the whole page's location": (to) => { top.location.href = to; },
  "the parent's location": (to) => { parent.location.replace(to); },
};

/** The ways that no page can close: see README. Each gives the name away where it says so, and never a request. */
export const OPEN = {
  "location": (to) => { location.href = to; },
  "location that is assigned": (to) => location.assign(to),
  "location that is replaced": (to) => location.replace(to),
  "navigation": (to) => navigation.navigate(to),
  "location of a blob that refers elsewhere": (to) => { location.href = URL.createObjectURL(new Blob([`<meta http-equiv="refresh" content="0;url=${to}"><link rel="preconnect" href="${to}"><link rel="stylesheet" href="${to}"><img src="${to}"><script src="${to}"></script>`], { type: "text/html" })); },
};

/** By its name, each way from a worker that the script makes for itself. */
export const FROM_WORKER = {
  "fetch": (to) => fetch(to),
  "XMLHttpRequest": (to) => { const asked = new XMLHttpRequest(); asked.open("GET", to, false); asked.send(); },
  "WebSocket": (to) => new WebSocket(to.replace("http", "ws")),
  "EventSource": (to) => new EventSource(to),
  "WebTransport": (to, host) => new WebTransport(`https://${host}/`),
  "importScripts": (to) => importScripts(to),
  "imported module": (to) => import(to),
  "font": (to) => { const face = new FontFace("outside", `url(${to})`); self.fonts.add(face); return face.load(); },
  "script from text": (to) => (0, eval)(`fetch("${to}")`),
  "a worker of a worker": (to) => new Worker(URL.createObjectURL(new Blob([`fetch("${to}")`]))),
  "cache": (to) => caches.open("rows").then((cache) => cache.add(new Request(to, { mode: "no-cors" }))),
};

/** Runs an attempt from FROM_WORKER: in a worker of text, which has no seal before it. */
export const inWorker = (how) => `(to, host) => new Worker(URL.createObjectURL(new Blob(['(' + ${JSON.stringify(String(how))} + ')(' + JSON.stringify(to) + ',' + JSON.stringify(host) + ')'])))`;
/** The same in one that pages share. */
export const inSharedWorker = (how) => `(to, host) => new SharedWorker(URL.createObjectURL(new Blob(['(' + ${JSON.stringify(String(how))} + ')(' + JSON.stringify(to) + ',' + JSON.stringify(host) + ')'])))`;

/** @typedef {{ name: string, id: string, source: string, leaves: boolean, open: boolean }} Channel */

/** All of them, each with the label under which it would be heard of. @type {Channel[]} */
export const CHANNELS = [
  ...Object.entries(FROM_PAGE).map(([name, how]) => ({ name, source: String(how), leaves: false, open: false })),
  ...Object.entries(LEAVING_BY).map(([name, how]) => ({ name, source: String(how), leaves: true, open: false })),
  ...Object.entries(FROM_WORKER).map(([name, how]) => ({ name: `${name}, from a worker`, source: inWorker(how), leaves: false, open: false })),
  { name: "fetch, from a shared worker", source: inSharedWorker(FROM_WORKER.fetch), leaves: false, open: false },
  ...Object.entries(OPEN).map(([name, how]) => ({ name, source: String(how), leaves: true, open: true })),
].map((channel, at) => ({ ...channel, id: `c${at}` }));

/** What does not arrive from an open page either, as these browsers are now: it is tried all the same. */
export const QUIET = {
  chromium: ["fetch later", "filter of another document", "hint to look a name up", "hint to connect", "manifest", "a name in a link that is only shown", "hint in markup from text"],
  firefox: [
    "fetch later", "a payment method", "an account elsewhere", "filter of another document", "import map", "script of a paint worklet", "hint to connect", "speculation rules",
    "manifest", "hint in markup from text", "ping of a link",
  ],
};
