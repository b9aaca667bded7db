// Nothing gets out of the page, even by a script that somebody managed to run in it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileUrl, launch, out, serve, visit } from "./harness.mjs";
import { netLogTo, reachedFor } from "./netlog.mjs";

/** Each tries to reach the address it is given, in the application's frame. The name says how. */
const ATTEMPTS = {
  fetch: (to) => fetch(to),
  "fetch that asks no leave": (to) => fetch(to, { mode: "no-cors", keepalive: true }),
  XMLHttpRequest: (to) => { const asked = new XMLHttpRequest(); asked.open("GET", to); asked.send(); },
  beacon: (to) => navigator.sendBeacon(to, "rows"),
  WebSocket: (to) => new WebSocket(to.replace("http", "ws")),
  EventSource: (to) => new EventSource(to),
  WebTransport: (to) => new WebTransport(to.replace("http:", "https:")),
  image: (to) => { new Image().src = to; },
  "image in SVG": (to) => {
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    image.setAttribute("href", to);
    document.body.append(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    document.querySelector("svg").append(image);
  },
  video: (to) => { const video = document.createElement("video"); video.src = to; document.body.append(video); },
  "background image": (to) => { document.body.style.backgroundImage = `url(${to})`; },
  font: (to) => new FontFace("outside", `url(${to})`).load(),
  "script element": (to) => { const script = document.createElement("script"); script.src = to; document.body.append(script); },
  "imported module": (to) => new Function("to", "return import(to)")(to),
  "style sheet by @import": (to) => { const style = document.createElement("style"); style.textContent = `@import "${to}"`; document.body.append(style); },
  "connection hint": (to) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preconnect", href: to });
    document.head.append(link);
  },
  "frame": (to) => { const frame = document.createElement("iframe"); frame.src = to; document.body.append(frame); },
  "frame with a fresh RTCPeerConnection": (to) => {
    const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe");
    document.body.append(frame);
    new frame.contentWindow.RTCPeerConnection({ iceServers: [{ urls: to.replace("http://", "stun:").replace(/\/.*/, "") }] });
  },
  "markup from text": (to) => { document.body.innerHTML = `<img src="${to}"><iframe src="${to}"></iframe>`; },
  "written document": (to) => document.write(`<img src="${to}">`),
  "script from text": (to) => (0, eval)(`fetch("${to}")`),
  "form": (to) => {
    const form = document.createElement("form");
    form.action = to;
    document.body.append(form);
    form.submit();
  },
  "leaving by a link": (to) => { const link = document.createElement("a"); link.href = to; document.body.append(link); link.click(); },
  "leaving by a link outside the document": (to) => { const link = document.createElement("a"); link.href = to; link.click(); },
  "leaving by a link in SVG": (to) => {
    const link = document.createElementNS("http://www.w3.org/2000/svg", "a");
    link.setAttribute("href", to);
    document.body.append(link);
    link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  },
  "new window": (to) => window.open(to),
  "new window by a link": (to) => { const link = document.createElement("a"); Object.assign(link, { href: to, target: "_blank" }); document.body.append(link); link.click(); },
  "ping of a link": (to) => { const link = document.createElement("a"); Object.assign(link, { href: "#x", ping: to }); document.body.append(link); link.click(); },
  "leaving of the whole page": (to) => { top.location.href = to; },
  "leaving of the parent": (to) => { parent.location.replace(to); },
  "refreshing elsewhere": (to) => {
    const meta = document.createElement("meta");
    Object.assign(meta, { httpEquiv: "refresh", content: `0;url=${to}` });
    document.head.append(meta);
  },
  "WebRTC": (to) => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: to.replace("http://", "stun:").replace(/\/.*/, "") }] });
    peer.createDataChannel("rows");
    return peer.createOffer().then((offer) => peer.setLocalDescription(offer));
  },
};

/**
 * A script's own `location` cannot be taken away, and Chromium opens a connection for the document it expects before the outer
 * document's `frame-src blob:` stops it. No request is sent over it, but a name was looked up and a connection made, and a
 * name can carry a secret. So these are held to less, the promise says so, and a lint keeps `location` out of our scripts.
 */
const LEAVING = {
  "leaving by location": (to) => { location.href = to; },
  "leaving by replacing": (to) => location.replace(to),
};

/** The same in a worker. */
const FROM_WORKER = {
  fetch: (to) => fetch(to),
  WebSocket: (to) => new WebSocket(to.replace("http", "ws")),
  importScripts: (to) => importScripts(to),
  "a worker of a worker": (to) => new Worker(to),
  WebTransport: (to) => new WebTransport(to.replace("http:", "https:")),
};

let browser, leaver, server, outside;
const heard = [];
const log = join(out, "seal-netlog.json");
const address = (how) => `http://127.0.0.1:${outside.address().port}/${encodeURIComponent(how)}`;

before(async () => {
  outside = createServer((request, response) => { heard.push(request.url); response.end("outside"); });
  outside.on("connection", () => heard.push("a connection"));
  outside.on("upgrade", (request, socket) => { heard.push(request.url); socket.destroy(); });
  await new Promise((resolve) => outside.listen(0, "127.0.0.1", resolve));
  [browser, leaver, server] = await Promise.all([launch(netLogTo(log)), launch(), serve()]);
});
after(async () => {
  server?.stop();
  await browser?.close();
  await leaver?.close();
  outside?.close();
});

/** Makes one attempt, ignoring how it fails: what counts is whether anybody heard of it. */
async function attempt(where, how, to) {
  // A frame that is led away ends the evaluation, which is no answer either.
  await where.evaluate(([source, to]) => {
    try {
      // The function comes as text, since an evaluation may not carry one; the debugger's compiler is not the page's.
      const outcome = globalThis.__attempts[source](to);
      Promise.resolve(outcome).catch(() => {});
    } catch (error) {
      globalThis.__refused = String(error);
    }
  }, [how, to]).catch((error) => { if (!/navigat|destroyed|detached/i.test(String(error))) throw error; });
}

/** Puts the attempts where they can be called: as functions, in the debugger's way, which no policy binds. */
const equip = (where, attempts) =>
  where.evaluate(`globalThis.__attempts = {${Object.entries(attempts).map(([name, how]) => `${JSON.stringify(name)}: ${how}`).join(",\n")}}`);

const settle = (page) => page.waitForTimeout(100);

for (const way of ["file", "server"]) {
  describe(`the page from ${way} lets nothing out`, () => {
    const url = () => (way === "file" ? fileUrl : server.url);
    let shared;
    before(async () => {
      shared = await visit(browser, url());
      await equip(shared.frame, ATTEMPTS);
      for (const worker of shared.page.workers()) await equip(worker, FROM_WORKER);
    });
    after(() => shared?.close());

    for (const how of Object.keys(ATTEMPTS)) {
      test(how, async () => {
        const { page, frame } = shared;
        await attempt(frame, how, address(how));
        await settle(page);
        assert.deepEqual(heard.splice(0), [], "somebody outside heard of it");
        assert.equal(page.url(), url(), "the page is still the page");
        assert.equal(page.context().pages().length, 1, "a window opened");
        assert.equal(await frame.evaluate(() => document.documentElement.dataset.engine), "ready", "the application is still there");
      });
    }

    for (const how of Object.keys(FROM_WORKER)) {
      test(`${how}, from a worker`, async () => {
        const [worker] = shared.page.workers();
        assert.ok(worker, "a worker runs");
        await attempt(worker, how, address(how));
        await settle(shared.page);
        assert.deepEqual(heard.splice(0), [], "somebody outside heard of it");
      });
    }

    for (const how of Object.keys(LEAVING)) {
      test(`${how} sends no request`, async () => {
        const { page, frame, close } = await visit(leaver, url());
        await equip(frame, LEAVING);
        await attempt(frame, how, address(how));
        await page.waitForTimeout(400);
        assert.deepEqual(heard.splice(0).filter((each) => each !== "a connection"), []);
        assert.equal(page.url(), url(), "the page is still the page");
        await close();
      });
    }
  });
}

test("WebRTC, its kin and window.open are gone, in the frame and in workers", async () => {
  const { page, frame, close } = await visit(browser, fileUrl);
  const kin = ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport", "open"];
  const left = (names) => names.filter((name) => globalThis[name] !== undefined);
  assert.deepEqual(await frame.evaluate(left, kin), []);
  for (const worker of page.workers()) assert.deepEqual(await worker.evaluate(left, kin), []);
  await close();
});

test("the frame has no origin, so it keeps nothing and reads nothing of its neighbours", async () => {
  const { frame, close } = await visit(browser, fileUrl);
  assert.equal(await frame.evaluate(() => self.origin), "null");
  assert.match(await frame.evaluate(() => { try { return String(localStorage.length); } catch (error) { return error.name; } }), /SecurityError/);
  assert.match(await frame.evaluate(() => { try { return parent.document.title; } catch (error) { return error.name; } }), /SecurityError/);
  await close();
});

// The last test of this file, since the browser writes its log as it ends.
test("the browser's own network log knows of none of it", async () => {
  const ours = new URL(server.url).host;
  await browser.close();
  const reached = reachedFor(log);
  assert.ok(reached.includes(server.url), `the log lists the served page: ${reached}`);
  assert.deepEqual(reached.filter((each) => !each.includes(ours) && !/^(file|blob|data|about|chrome)/.test(each)), []);
});
