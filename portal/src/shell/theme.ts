/** Light or dark: the system's choice unless this browser was told otherwise. */

import { useSyncExternalStore } from "react";

type Theme = "light" | "dark";

const KEY = "openinsights.theme";
const CHANGED = "openinsights:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme | null {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
}

export function applyTheme(): void {
  const theme = stored();
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function current(): Theme {
  return stored() ?? (system.matches ? "dark" : "light");
}

export function toggleTheme(): void {
  const wanted: Theme = current() === "dark" ? "light" : "dark";
  if (wanted === (system.matches ? "dark" : "light")) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, wanted);
  applyTheme();
  dispatchEvent(new Event(CHANGED));
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    system.addEventListener("change", listener);
    addEventListener(CHANGED, listener);
    return () => {
      system.removeEventListener("change", listener);
      removeEventListener(CHANGED, listener);
    };
  }, current);
}
