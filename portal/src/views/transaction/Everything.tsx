/** Every item of the transaction in the order of time. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type KeyboardEvent } from "react";
import { duration } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useRange } from "../../shell/range";
import { componentOf, kindWord, type Item } from "./items";

const ROW_PX = 26;

interface EverythingProps {
  items: Item[];
  chosen: Item;
  choose: (item: Item) => void;
}

export function Everything({ items, chosen, choose }: EverythingProps) {
  const { zone } = useRange();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const at = items.indexOf(chosen);
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(items.length - 1, at + step));
    const item = items[next];
    if (item) choose(item);
    rows.scrollToIndex(next);
  };
  return (
    <div
      ref={scroller}
      className="tx-scroll"
      role="listbox"
      aria-label="All telemetry"
      aria-activedescendant={`all-${at}`}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          if (!item) return null;
          return (
            <div
              key={item.key}
              id={`all-${row.index}`}
              role="option"
              aria-selected={item === chosen}
              className="tx-item"
              style={{ transform: `translateY(${row.start}px)` }}
              onClick={() => choose(item)}
            >
              <span className="muted">{dateTime(Math.floor(item.start), zone).slice(11)}</span>
              <span className={item.failed ? "bad" : ""}>{kindWord(item.kind)}</span>
              <span className="clip">{item.name}</span>
              <span className="muted clip">{componentOf(item)}</span>
              <span className="number">{item.durationMs ? duration(item.durationMs) : ""}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
