// Gives engine.test.mjs what www/engine.js exports, in the frame of the sealed page.
import { startEngine, version, build } from "../../../www/engine.js";

globalThis.probe = { startEngine, version, build };
