// Debian's Firefox, driven by its own protocol (WebDriver BiDi).
import { firefox } from "playwright-core";
import { existsSync } from "node:fs";

const PATHS = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** Where a Firefox is; nothing where none is. */
export const findFirefox = () => process.env.KYOTEN_FIREFOX ?? PATHS.find((path) => existsSync(path));

/** @returns {Promise<import("playwright-core").Browser>} */
export function launchFirefox(options = {}) {
  return firefox.launch({ channel: "moz-firefox", executablePath: findFirefox(), ...options });
}
