// Placeholder page: starts the engine and both kinds of worker, and says so.
import { startEngine, version, build } from "./engine.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
app.textContent = "Starting the engine…";
startEngine()
  .then(async (engine) => {
    const dead = (/** @type {Error} */ error) => { app.textContent = error.message; };
    await Promise.all([engine.spawn("reader", dead), engine.spawn("analyst", dead)]);
    app.textContent = `Kyoten ${version} (${build}), engine ${engine.bindings.version()}`;
    document.documentElement.dataset.engine = "ready";
  })
  .catch((error) => {
    app.textContent = error.message;
    document.documentElement.dataset.engine = "failed";
  });
