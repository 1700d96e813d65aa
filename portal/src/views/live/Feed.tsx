/** What passes through, the newest on top; it stands still while somebody looks at it. */

import { useMemo, useRef, useState, type KeyboardEvent } from "react";
import { KeyValue, type Pair } from "../../parts/KeyValue";
import { duration } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { setParameters, transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { Icon } from "../../ui/Icon";
import { keyOf, type Item } from "./stream";

const KIND_WORDS: Record<string, string> = {
  request: "Request",
  dependency: "Dependency",
  exception: "Exception",
  event: "Event",
  trace: "Trace",
};

function titleOf(item: Item): string {
  if (item.type === "exception") return [item.name, item.message].filter(Boolean).join(": ");
  return item.name || item.message || item.url || item.data || "(no text)";
}

function failed(item: Item): boolean {
  return item.success === false || item.severity === "Error" || item.severity === "Critical";
}

interface Order {
  name: string;
  label: string;
  of: (items: Item[]) => Item[];
}

const NEWEST: Order = { name: "", label: "Newest first", of: (items) => items };

const ORDERS: Order[] = [
  NEWEST,
  {
    name: "first",
    label: "Failed first",
    of: (items) => [...items.filter(failed), ...items.filter((one) => !failed(one))],
  },
  { name: "failed", label: "Failed only", of: (items) => items.filter(failed) },
];

export function Feed({ items, paused }: { items: Item[]; paused: boolean }) {
  const { search } = useAddress();
  const { zone } = useRange();
  const order = ORDERS.find((one) => one.name === search.get("feed")) ?? NEWEST;
  const [over, setOver] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [chosen, setChosen] = useState<Item | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const seen = useRef(items);
  const looked = over || scrolled || chosen !== null;
  const stands = paused || (looked && seen.current.length > 0);
  if (!stands) seen.current = items;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- set in this render
  const shown = useMemo(() => order.of(seen.current), [order, seen.current]);
  const known = new Set(seen.current.map(keyOf));
  const waiting = stands ? items.filter((one) => !known.has(keyOf(one))).length : 0;
  const at = chosen ? shown.findIndex((one) => keyOf(one) === keyOf(chosen)) : -1;

  const resume = () => {
    setChosen(null);
    setScrolled(false);
    setOver(false);
    list.current?.scrollTo({ top: 0 });
  };
  const onKey = (event: KeyboardEvent) => {
    const last = shown.length - 1;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (next !== undefined && last >= 0) {
      const item = shown[Math.max(0, Math.min(last, next))] ?? null;
      setChosen(item);
      list.current?.children[Math.max(0, Math.min(last, next))]?.scrollIntoView({
        block: "nearest",
      });
    } else if (event.key === "Escape" && chosen) resume();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section className="card live-feed" aria-label="Sample telemetry">
      <header className="card-head">
        <h2>Sample telemetry</h2>
        <span className="row small">
          {stands && !paused && (
            <button type="button" className="button button-small" onClick={resume}>
              <Icon name="play" size={12} /> {waiting ? `${waiting} newer` : "Resume"}
            </button>
          )}
          <select
            className="input"
            aria-label="Order of the samples"
            value={order.name}
            onChange={(event) => setParameters({ feed: event.target.value || null })}
          >
            {ORDERS.map((one) => (
              <option key={one.name} value={one.name}>
                {one.label}
              </option>
            ))}
          </select>
        </span>
      </header>
      <ul
        ref={list}
        className="feed"
        role="listbox"
        aria-label="Samples"
        aria-activedescendant={chosen ? `feed-${keyOf(chosen)}` : undefined}
        tabIndex={0}
        onPointerEnter={() => setOver(true)}
        onPointerLeave={() => setOver(false)}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > 0)}
        onKeyDown={onKey}
      >
        {shown.map((item) => (
          <li
            key={keyOf(item)}
            id={`feed-${keyOf(item)}`}
            role="option"
            aria-selected={chosen !== null && keyOf(item) === keyOf(chosen)}
            className="feed-row"
            onClick={() => setChosen(item)}
          >
            <span className="muted">{dateTime(Date.parse(item.time), zone, false).slice(11)}</span>
            <span className={failed(item) ? "bad" : ""}>
              {failed(item) && <Icon name="failed" size={12} />} {KIND_WORDS[item.type] ?? item.type}{" "}
              {item.code}
            </span>
            <span className="number">
              {item.duration_ms === undefined ? "" : duration(item.duration_ms)}
            </span>
            <span className="clip feed-title" title={titleOf(item)}>
              {titleOf(item)}
            </span>
          </li>
        ))}
        {shown.length === 0 && (
          <li className="empty-tile muted" role="option" aria-selected="false" aria-disabled="true">
            {order.name === "failed" ? "Nothing has failed so far" : "Nothing has passed so far"}
          </li>
        )}
      </ul>
      {chosen && <Details item={chosen} close={resume} />}
    </section>
  );
}

function Details({ item, close }: { item: Item; close: () => void }) {
  const { app, search } = useAddress();
  const { zone } = useRange();
  const pairs: Pair[] = [
    { name: "Time", value: dateTime(Date.parse(item.time), zone) },
    { name: "Type", value: KIND_WORDS[item.type] ?? item.type },
    { name: "Message", value: item.type === "exception" ? (item.message ?? "") : "" },
    { name: "URL", value: item.url ?? "" },
    { name: "Command", value: item.data ?? "" },
    { name: "Target", value: [item.dependency_type, item.target].filter(Boolean).join(" ") },
    { name: "Result code", value: item.code ?? "" },
    { name: "Success", value: item.success === undefined ? "" : item.success ? "True" : "False" },
    { name: "Duration", value: item.duration_ms === undefined ? "" : duration(item.duration_ms) },
    { name: "Severity", value: item.severity ?? "" },
    { name: "Role", value: item.role ?? "" },
    { name: "Instance", value: item.instance ?? "" },
    { name: "Operation", value: item.operation_name ?? "" },
    { name: "Operation id", value: item.operation_id ?? "" },
    ...Object.entries(item.properties ?? {}).map(([name, value]) => ({ name, value })),
  ];
  return (
    <section className="feed-details" aria-label="Details of the sample">
      <header className="row">
        <h3 className="clip" title={titleOf(item)}>
          {titleOf(item)}
        </h3>
        <button
          type="button"
          className="button button-icon button-plain"
          aria-label="Close"
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      {item.operation_id && app && (
        <p>
          <Link href={transactionPath(app, item.operation_id, search, { t: item.time })}>
            Open the transaction
          </Link>{" "}
          <span className="muted small">(once it is stored)</span>
        </p>
      )}
      <KeyValue label="Properties of the sample" pairs={pairs.filter((pair) => pair.value)} />
      {item.stack && <pre className="stack-raw">{item.stack}</pre>}
    </section>
  );
}
