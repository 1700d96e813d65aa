/** What the keyboard does everywhere. */

import { useEffect, useRef } from "react";
import { shifted, zoomed } from "../lib/time";
import { navigate, readAddress, viewPath } from "./address";
import { setRange, useRange } from "./range";
import { VIEWS } from "./views";

const CHORD_MS = 1_500;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable=true], dialog") !== null
  );
}

export function useShortcuts(actions: { palette: () => void; help: () => void }): void {
  const { span } = useRange();
  // Beyond the effect: the frame may be drawn anew between the two keys.
  const chordUntil = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        actions.palette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (performance.now() < chordUntil.current) {
        chordUntil.current = 0;
        go(event.key);
        return;
      }
      const simple: Record<string, () => void> = {
        g: () => {
          chordUntil.current = performance.now() + CHORD_MS;
        },
        "?": actions.help,
        "/": () => {
          const search = document.querySelector<HTMLElement>("[data-search]");
          if (search) search.focus();
          else actions.palette();
        },
        t: () => document.querySelector<HTMLElement>('[data-shortcut="t"]')?.click(),
        "[": () => setRange(shifted(span, -0.5)),
        "]": () => setRange(shifted(span, 0.5)),
        "-": () => setRange(zoomed(span, 2)),
        "=": () => setRange(zoomed(span, 0.5)),
      };
      const run = simple[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

function go(key: string): void {
  const view = VIEWS.find((one) => one.chord === key);
  const { app, search } = readAddress(new URL(location.href));
  if (view && app) navigate(viewPath(app, view.name, search));
}
