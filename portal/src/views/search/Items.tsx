/** The found items; only those in sight are in the page. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState, type KeyboardEvent } from "react";
import { duration } from "../../lib/format";
import { dateTime } from "../../lib/time";
import type { Row } from "../../lib/useTile";
import { navigate, transactionPath, useAddress } from "../../shell/address";
import { useRange } from "../../shell/range";
import { Icon } from "../../ui/Icon";
import { KeyValue, type Pair } from "../../parts/KeyValue";

const ROW_PX = 30;

export function Items({ rows }: { rows: Row[] }) {
  const { app, search } = useAddress();
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const [previewed, setPreviewed] = useState(false);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const open = (index: number) => {
    const row = rows[index];
    if (!row || !app || !row.text("operation_Id")) return;
    const own = { t: row.text("timestamp"), item: row.text("itemId") };
    navigate(transactionPath(app, row.text("operation_Id"), search, own));
  };
  const onKey = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      j: 1,
      k: -1,
      PageDown: 12,
      PageUp: -12,
      Home: -rows.length,
      End: rows.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, at + step));
      setAt(next);
      list.scrollToIndex(next);
    } else if (event.key === "Enter") open(at);
    else if (event.key === " ") setPreviewed(!previewed);
    else if (event.key === "Escape" && previewed) setPreviewed(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = previewed ? rows[at] : undefined;
  return (
    <div className={`found${shown ? " found-two" : ""}`}>
      <div
        ref={scroller}
        className="found-scroll"
        role="listbox"
        aria-label="Items"
        aria-activedescendant={`found-${at}`}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <div style={{ height: list.getTotalSize(), position: "relative" }} role="none">
          {list.getVirtualItems().map((one) => {
            const row = rows[one.index];
            return (
              row && (
                <div
                  key={one.key}
                  id={`found-${one.index}`}
                  role="option"
                  aria-selected={one.index === at}
                  className="found-row"
                  style={{ transform: `translateY(${one.start}px)` }}
                  onClick={() => setAt(one.index)}
                  onDoubleClick={() => open(one.index)}
                >
                  <Line row={row} open={() => open(one.index)} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {shown && <Preview row={shown} />}
    </div>
  );
}

const KIND_WORDS: Record<string, string> = {
  request: "Request",
  dependency: "Dependency",
  exception: "Exception",
  trace: "Trace",
  customEvent: "Event",
  pageView: "Page view",
  availabilityResult: "Availability",
};

function titleOf(row: Row): string {
  const kind = row.text("itemType");
  if (kind === "exception") return `${row.text("type")}: ${row.text("outerMessage")}`;
  if (kind === "trace") return row.text("message");
  return row.text("name");
}

function Line({ row, open }: { row: Row; open: () => void }) {
  const { zone } = useRange();
  const kind = row.text("itemType");
  const bad =
    kind === "exception" ||
    ["False", "false", "0"].includes(row.text("success")) ||
    row.number("severityLevel") >= 3;
  const ms = row.number("duration");
  return (
    <>
      <span className="muted">{dateTime(row.instant("timestamp"), zone).slice(5)}</span>
      <span className={bad ? "bad" : ""}>
        {bad && <Icon name="failed" size={12} />} {KIND_WORDS[kind] ?? kind} {row.text("resultCode")}
      </span>
      <span className="found-open clip" onClick={open}>
        {titleOf(row) || "(no text)"}
      </span>
      <span className="number">{Number.isFinite(ms) && ms > 0 ? duration(ms) : ""}</span>
      <span className="muted clip">{row.text("cloud_RoleName")}</span>
    </>
  );
}

function Preview({ row }: { row: Row }) {
  const { zone } = useRange();
  const pairs: Pair[] = [
    { name: "Time", value: dateTime(row.instant("timestamp"), zone) },
    { name: "Type", value: KIND_WORDS[row.text("itemType")] ?? row.text("itemType") },
    { name: "Text", value: titleOf(row) },
    { name: "Target", value: row.text("target") },
    { name: "Result code", value: row.text("resultCode"), filter: "resultCode" },
    { name: "Role", value: row.text("cloud_RoleName"), filter: "cloud_RoleName" },
    { name: "Operation", value: row.text("operation_Name"), filter: "operation_Name" },
    { name: "Operation id", value: row.text("operation_Id") },
  ];
  return (
    <section className="found-preview" aria-label="Preview">
      <KeyValue label="Preview" pairs={pairs.filter((pair) => pair.value)} />
    </section>
  );
}
