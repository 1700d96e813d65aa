/** The parts of a view, one shown at a time. */

import type { KeyboardEvent } from "react";
import "./head.css";
import "./tabs.css";

interface TabsProps {
  label: string;
  tabs: { name: string; label: string }[];
  now: string;
  choose: (name: string) => void;
}

export function Tabs({ label, tabs, now, choose }: TabsProps) {
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex((one) => one.name === now);
    const next = (at + step + tabs.length) % tabs.length;
    choose(tabs[next]?.name ?? now);
    event.currentTarget.querySelectorAll<HTMLElement>("button")[next]?.focus();
  };
  return (
    <div className="view-tabs" role="tablist" aria-label={label} onKeyDown={onKey}>
      {tabs.map((one) => (
        <button
          key={one.name}
          type="button"
          role="tab"
          className="tab"
          aria-selected={one.name === now}
          tabIndex={one.name === now ? 0 : -1}
          onClick={() => choose(one.name)}
        >
          {one.label}
        </button>
      ))}
    </div>
  );
}
