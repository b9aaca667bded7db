// Light or dark: the system's, until the switch says otherwise. The choice lasts as long as the page, which can keep nothing.

/** @param {import("./store.js").Store} store */
export function followTheme(store) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const now = () => (system.matches ? "dark" : "light");
  let chosen = false;
  store.set({ theme: now() });
  system.addEventListener("change", () => {
    if (!chosen) store.set({ theme: now() });
  });
  store.watch((state) => [state.theme], (theme) => {
    document.documentElement.dataset.theme = theme;
  });
  return {
    switch() {
      chosen = true;
      store.set({ theme: store.get().theme === "dark" ? "light" : "dark" });
    },
  };
}
