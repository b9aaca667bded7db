// One visit to the page, told as JSON. offline.test.mjs runs it where there is no network.
import { networkInterfaces } from "node:os";
import { fileUrl, launch, visit } from "./harness.mjs";

const browser = await launch();
const { frame, complaints, requests } = await visit(browser, fileUrl);
const engine = await frame.locator("html").getAttribute("data-engine");
console.log(JSON.stringify({ interfaces: Object.keys(networkInterfaces()), engine, complaints, requests: requests.length }));
await browser.close();
