/** The transaction as a tree of bars over time. Arrow keys walk it, the details follow. */

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
} from "react";
import { duration } from "../../lib/format";
import { setParameters, useAddress } from "../../shell/address";
import { Icon } from "../../ui/Icon";
import { hueOf } from "../../parts/hue";
import { componentOf, kindWord, type Item } from "./items";
import { linesOf, type Line } from "./lines";
import { Minimap } from "./Minimap";
import { criticalPath, shownStart, type Segment, type SpanNode, type Transaction } from "./tree";
import { ticksOf, within, type Window } from "./window";

const ROW_PX = 28;
/** A bar that ends beyond this share leaves no room for its time. */
const ROOM = 0.86;

interface TimelineProps {
  told: Transaction;
  chosen: Item;
  choose: (item: Item) => void;
}

export function Timeline({ told, chosen, choose }: TimelineProps) {
  const { search } = useAddress();
  const withMoments = search.get("logs") === "1";
  const withPath = search.get("path") === "1";
  const whole = useMemo<Window>(() => ({ start: told.start, end: told.end }), [told]);
  const [zoom, setZoom] = useState<Window | null>(null);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(chosen.key);
  const lines = useMemo(() => linesOf(told, toggled, withMoments), [told, toggled, withMoments]);
  const path = useMemo(() => byLine(withPath ? criticalPath(told) : []), [told, withPath]);
  const scroller = useRef<HTMLDivElement>(null);
  const shown = zoom ?? whole;
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 16,
    getItemKey: (index) => lines[index]?.key ?? index,
  });
  const place = Math.max(
    0,
    lines.findIndex((line) => line.key === at),
  );

  // What is chosen elsewhere (all telemetry, an address) is walked to.
  useEffect(() => {
    setAt(chosen.key);
    const index = lines.findIndex((line) => line.key === chosen.key);
    if (index >= 0) rows.scrollToIndex(index, { align: "auto" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- not walked to again when lines fold
  }, [chosen.key]);

  const select = useCallback(
    (line: Line) => {
      setAt(line.key);
      const item = itemOf(line);
      if (item) choose(item);
    },
    [choose],
  );
  const toggle = useCallback((key: string) => {
    setToggled((last) => {
      const next = new Set(last);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);

  const goTo = (index: number) => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, index))];
    if (!line) return;
    select(line);
    rows.scrollToIndex(lines.indexOf(line), { align: "auto" });
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const line = lines[place];
    const run = keyActions(event.key, lines, place, goTo, toggle);
    if (run) run();
    else if (event.key === "z" && line) setZoom(around(line, whole));
    else if (event.key === "0") setZoom(null);
    else if (event.key === "l") setParameters({ logs: withMoments ? null : "1" }, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <Minimap told={told} whole={whole} shown={shown} zoom={setZoom} />
      <div className="tx-tools">
        <Check name="logs" label="Logs inline" on={withMoments} />
        <Check name="path" label="Critical path" on={withPath} />
        {zoom && (
          <button type="button" className="button button-small" onClick={() => setZoom(null)}>
            Whole time
          </button>
        )}
        <Ruler shown={shown} origin={whole.start} />
      </div>
      <div
        ref={scroller}
        className="tx-scroll"
        role="tree"
        aria-label="Timeline"
        aria-activedescendant={`line-${place}`}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <div style={{ height: rows.getTotalSize(), position: "relative" }} role="none">
          {rows.getVirtualItems().map((row) => {
            const line = lines[row.index];
            return (
              line && (
                <Row
                  key={line.key}
                  id={`line-${row.index}`}
                  line={line}
                  top={row.start}
                  selected={row.index === place}
                  shown={shown}
                  path={path.get(line.key)}
                  select={select}
                  toggle={toggle}
                />
              )
            );
          })}
        </div>
      </div>
    </>
  );
}

function keyActions(
  key: string,
  lines: Line[],
  place: number,
  goTo: (index: number) => void,
  toggle: (key: string) => void,
): (() => void) | undefined {
  const line = lines[place];
  const actions: Record<string, () => void> = {
    ArrowDown: () => goTo(place + 1),
    ArrowUp: () => goTo(place - 1),
    j: () => goTo(place + 1),
    k: () => goTo(place - 1),
    PageDown: () => goTo(place + 15),
    PageUp: () => goTo(place - 15),
    Home: () => goTo(0),
    End: () => goTo(lines.length - 1),
    ArrowRight: () => {
      if (line?.folds && !line.open) toggle(line.key);
      else goTo(place + 1);
    },
    ArrowLeft: () => {
      if (line?.open) toggle(line.key);
      else if (line) goTo(parentOf(lines, place));
    },
    Enter: () => {
      if (line?.folds) toggle(line.key);
    },
    e: () => {
      const next = (offset: number) => (place + offset) % lines.length;
      const found = lines.map((_, n) => next(n + 1)).find((index) => isBad(lines[index]));
      if (found !== undefined) goTo(found);
    },
  };
  return actions[key];
}

function parentOf(lines: Line[], place: number): number {
  const depth = lines[place]?.depth ?? 0;
  for (let at = place - 1; at >= 0; at -= 1) if ((lines[at]?.depth ?? 0) < depth) return at;
  return place;
}

function isBad(line: Line | undefined): boolean {
  if (!line) return false;
  const { of } = line;
  if (of.kind === "span") {
    return of.item.failed || of.moments.some((moment) => moment.kind === "exception");
  }
  if (of.kind === "group") return of.failed > 0;
  return of.kind === "exception";
}

function itemOf({ of }: Line): Item | null {
  if (of.kind === "span") return of.item;
  return of.kind === "group" || of.kind === "missing" ? null : of;
}

/** A tenth of air on both sides of a line's bar. */
function around(line: Line, whole: Window): Window | null {
  const { of } = line;
  if (of.kind !== "span" || !of.item.durationMs) return null;
  const start = shownStart(of);
  const air = of.item.durationMs / 10;
  const end = Math.min(whole.end, start + of.item.durationMs + air);
  return { start: Math.max(whole.start, start - air), end };
}

function byLine(segments: Segment[]): Map<string, Segment[]> {
  const found = new Map<string, Segment[]>();
  for (const one of segments) {
    const known = found.get(one.key);
    if (known) known.push(one);
    else found.set(one.key, [one]);
  }
  return found;
}

function Check({ name, label, on }: { name: string; label: string; on: boolean }) {
  return (
    <label className="tx-check">
      <input
        type="checkbox"
        checked={on}
        onChange={() => setParameters({ [name]: on ? null : "1" }, true)}
      />
      {label}
    </label>
  );
}

function Ruler({ shown, origin }: { shown: Window; origin: number }) {
  return (
    <div className="tx-ruler" aria-hidden="true">
      {ticksOf(shown, origin).map((tick) => (
        <span key={tick} style={{ left: `${within(origin + tick, shown) * 100}%` }}>
          {duration(tick)}
        </span>
      ))}
    </div>
  );
}

interface RowProps {
  id: string;
  line: Line;
  top: number;
  selected: boolean;
  shown: Window;
  path: Segment[] | undefined;
  select: (line: Line) => void;
  toggle: (key: string) => void;
}

const Row = memo(function Row(props: RowProps) {
  const { line, selected, select, toggle } = props;
  return (
    <div
      id={props.id}
      className="tx-line"
      role="treeitem"
      aria-level={line.depth + 1}
      aria-posinset={line.place}
      aria-setsize={line.siblings}
      aria-expanded={line.folds ? line.open : undefined}
      aria-selected={selected}
      aria-label={sentence(line)}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => select(line)}
      onDoubleClick={() => line.folds && toggle(line.key)}
    >
      <div className="tx-name" style={{ paddingLeft: Math.min(line.depth, 24) * 14 + 4 }}>
        <span
          className="tx-fold"
          onClick={(event) => {
            event.stopPropagation();
            if (line.folds) toggle(line.key);
          }}
        >
          {line.folds && <Icon name={line.open ? "chevron" : "right"} size={12} />}
        </span>
        <Name line={line} />
      </div>
      <div className="tx-bars">
        <Bar line={line} shown={props.shown} path={props.path} />
      </div>
    </div>
  );
});

function sentence(line: Line): string {
  const { of } = line;
  if (of.kind === "missing") return `Parent ${of.parentId} is not among the telemetry`;
  if (of.kind === "group") {
    return `${of.members.length} times ${of.name}, together ${duration(of.totalMs)}`;
  }
  const item = of.kind === "span" ? of.item : of;
  const parts = [
    kindWord(item.kind),
    item.name,
    componentOf(item),
    of.kind === "span" ? duration(item.durationMs) : "",
    item.failed ? "failed" : "",
  ];
  return parts.filter(Boolean).join(", ");
}

function Name({ line }: { line: Line }) {
  const { of } = line;
  if (of.kind === "missing") {
    return <span className="muted clip">Missing parent {of.parentId}</span>;
  }
  if (of.kind === "group") {
    return (
      <span className="clip">
        {of.name} <b>× {of.members.length}</b>{" "}
        <span className="muted">
          {duration(of.leastMs)} – {duration(of.mostMs)}
        </span>
      </span>
    );
  }
  const item = of.kind === "span" ? of.item : of;
  return (
    <>
      {item.failed && (
        <span className="bad">
          <Icon name={item.kind === "exception" ? "warning" : "failed"} size={12} />
        </span>
      )}
      {of.kind === "span" && item.kind !== "dependency" && (
        <span className="tx-role" style={{ "--hue": hueOf(componentOf(item)) } as CSSProperties}>
          {componentOf(item)}
        </span>
      )}
      <span className="clip">
        {item.kind === "dependency" && item.target ? (
          <>
            {item.type !== "InProc" && <span className="muted">{item.type} </span>}
            {item.name} <span className="muted">{item.target}</span>
          </>
        ) : (
          item.name
        )}
      </span>
    </>
  );
}

function Bar({ line, shown, path }: { line: Line; shown: Window; path: Segment[] | undefined }) {
  const { of } = line;
  if (of.kind === "missing") return null;
  if (of.kind === "group") {
    return (
      <>
        {of.members.slice(0, 400).map((member) => (
          <SpanBar key={member.item.key} node={member} shown={shown} />
        ))}
        <Took ms={of.totalMs} at={within(lastEnd(of.members), shown)} />
      </>
    );
  }
  if (of.kind !== "span") return <Moment item={of} at={within(of.start, shown)} />;
  const start = within(shownStart(of), shown);
  const end = within(shownStart(of) + of.item.durationMs, shown);
  return (
    <>
      <SpanBar node={of} shown={shown} />
      {path?.map((segment) => (
        <i
          key={segment.start}
          className="tx-path"
          style={{
            left: `${within(segment.start, shown) * 100}%`,
            right: `${(1 - within(segment.end, shown)) * 100}%`,
          }}
        />
      ))}
      {of.moments
        .filter((moment) => moment.kind === "exception")
        .slice(0, 20)
        .map((moment) => (
          <Moment key={moment.key} item={moment} at={within(moment.start + of.shiftMs, shown)} />
        ))}
      <Took ms={of.item.durationMs} at={end > ROOM ? Math.max(0, start) : end} inside={end > ROOM} />
    </>
  );
}

function lastEnd(members: SpanNode[]): number {
  const ends = members.map((member) => shownStart(member) + member.item.durationMs);
  return ends.reduce((last, end) => Math.max(last, end), 0);
}

function SpanBar({ node, shown }: { node: SpanNode; shown: Window }) {
  const { item } = node;
  const start = within(shownStart(node), shown);
  const end = within(shownStart(node) + item.durationMs, shown);
  if (end < 0 || start > 1) return null;
  const outbound = item.kind === "dependency" && item.type !== "InProc";
  const kind = `tx-bar${outbound ? " tx-out" : ""}${item.failed ? " tx-failed" : ""}`;
  const hue = hueOf(componentOf(item));
  const from = Math.max(0, start);
  const style = {
    left: `${from * 100}%`,
    width: `${(Math.min(1, end) - from) * 100}%`,
    "--hue": hue,
  } as CSSProperties;
  const note = node.shiftMs
    ? `drawn ${duration(Math.abs(node.shiftMs))} ${node.shiftMs > 0 ? "later" : "earlier"}: its clock differs`
    : undefined;
  return <i className={kind} style={style} title={note} />;
}

/** How long, after the bar or, where no room is left, on its start. */
function Took({ ms, at, inside = false }: { ms: number; at: number; inside?: boolean }) {
  if (at < 0 || at > 1) return null;
  return (
    <span
      className={`tx-took${inside ? " tx-took-in" : ""}`}
      style={{ left: `calc(${at * 100}% + 6px)` }}
    >
      {duration(ms)}
    </span>
  );
}

function Moment({ item, at }: { item: Item; at: number }) {
  if (at < 0 || at > 1) return null;
  const bad = item.kind === "exception" || (item.severity ?? 0) >= 3;
  return (
    <i
      className={`tx-moment${bad ? " tx-moment-bad" : ""}`}
      style={{ left: `${at * 100}%` }}
      title={item.name}
    >
      {item.kind === "exception" ? "!" : ""}
    </i>
  );
}
