/** Everything about the chosen item: what it is, what was thrown, what it said, its raw form. */

import { useMemo, useState } from "react";
import { duration } from "../../lib/format";
import { thrownIn } from "../../parts/stack";
import { dateTime } from "../../lib/time";
import { useRange } from "../../shell/range";
import { CallStack } from "../../parts/CallStack";
import { CopyButton } from "../../ui/CopyButton";
import { Icon } from "../../ui/Icon";
import { KeyValue, type Pair } from "../../parts/KeyValue";
import { componentOf, kindWord, type Item } from "./items";
import type { Transaction } from "./tree";

type Tab = "properties" | "exception" | "logs" | "json";

interface DetailsProps {
  item: Item;
  told: Transaction;
}

export function Details({ item, told }: DetailsProps) {
  const { exceptions, logs } = useMemo(() => belonging(item, told), [item, told]);
  const [tab, setTab] = useState<Tab>(item.kind === "exception" ? "exception" : "properties");
  const tabs: [Tab, string][] = [
    ["properties", "Properties"],
    ...(exceptions.length
      ? [["exception", exceptions.length > 1 ? `Exceptions (${exceptions.length})` : "Exception"] as [Tab, string]]
      : []),
    ...(logs.length ? [["logs", `Logs (${logs.length})`] as [Tab, string]] : []),
    ["json", "JSON"],
  ];
  return (
    <section className="card tx-details" aria-label="Details">
      <header>
        <h2 className="clip" title={item.name}>
          {item.name}
        </h2>
        <p className="muted">
          {item.failed && (
            <span className="bad">
              <Icon name="failed" size={12} /> Failed ·{" "}
            </span>
          )}
          {kindWord(item.kind)} · {componentOf(item)}
        </p>
      </header>
      <div className="tx-tabs" role="tablist" aria-label="Details of the item">
        {tabs.map(([name, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            className="tab"
            aria-selected={tab === name}
            onClick={() => setTab(name)}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="tx-details-body" role="tabpanel" tabIndex={0} aria-label={tab}>
        {tab === "properties" && <Properties item={item} told={told} />}
        {tab === "exception" &&
          exceptions.map((one) => (
            <CallStack key={one.key} thrown={thrownIn(one.cells.get("details"))} />
          ))}
        {tab === "logs" && <LogLines logs={logs} />}
        {tab === "json" && <Raw item={item} />}
      </div>
    </section>
  );
}

function belonging(item: Item, told: Transaction): { exceptions: Item[]; logs: Item[] } {
  const node = told.spans.get(item.key);
  const moments = node ? node.moments : [item];
  return {
    exceptions: moments.filter((one) => one.kind === "exception"),
    logs: moments.filter((one) => one.kind === "trace" || one.kind === "event"),
  };
}

const FILTERABLE = ["cloud_RoleName", "cloud_RoleInstance", "application_Version", "resultCode"];

const COLUMNS: [string, string][] = [
  ["resultCode", "Result code"],
  ["type", "Type"],
  ["target", "Target"],
  ["url", "URL"],
  ["message", "Message"],
  ["outerMessage", "Message"],
  ["problemId", "Problem"],
  ["severityLevel", "Severity"],
  ["cloud_RoleName", "Role"],
  ["cloud_RoleInstance", "Instance"],
  ["application_Version", "Version"],
  ["id", "Id"],
  ["operation_ParentId", "Parent id"],
  ["sdkVersion", "SDK"],
];

const SEVERITIES = ["Verbose", "Information", "Warning", "Error", "Critical"];

function Properties({ item, told }: DetailsProps) {
  const { zone } = useRange();
  const node = told.spans.get(item.key);
  const pairs: Pair[] = [
    { name: "Time", value: dateTime(Math.floor(item.start), zone) },
    ...(item.durationMs
      ? [
          {
            name: "Duration",
            value: `${duration(item.durationMs)}${ofTotal(item.durationMs, told)}`,
          },
        ]
      : []),
    ...(node?.children.length ? [{ name: "Own time", value: duration(node.selfMs) }] : []),
    ...(node?.shiftMs
      ? [{ name: "Clock", value: `differs: drawn ${duration(Math.abs(node.shiftMs))} ${node.shiftMs > 0 ? "later" : "earlier"} than it says` }]
      : []),
    ...(item.itemCount > 1 ? [{ name: "Sampling", value: `≈ stands for ${item.itemCount}` }] : []),
  ];
  for (const [column, name] of COLUMNS) {
    const cell = item.cells.get(column);
    if (cell === null || cell === undefined || cell === "") continue;
    const value =
      column === "severityLevel" ? (SEVERITIES[Number(cell)] ?? String(cell)) : String(cell);
    const filter = FILTERABLE.includes(column) ? { filter: column } : {};
    pairs.push({ name, value, ...filter });
  }
  const statement = String(item.cells.get("data") ?? "");
  return (
    <>
      <KeyValue pairs={pairs} label="Properties" />
      {statement && statement !== item.name && (
        <>
          <h3>{/^(sql|mysql|postgresql|sqlite)/i.test(item.type) ? "Query" : "Call"}</h3>
          <pre className="stack-raw">{statement}</pre>
          <CopyButton text={statement} label="Copy" />
        </>
      )}
      <Bag title="Custom properties" text={item.cells.get("customDimensions")} filters />
      <Bag title="Custom measurements" text={item.cells.get("customMeasurements")} />
    </>
  );
}

function ofTotal(ms: number, told: Transaction): string {
  const total = told.end - told.start;
  return told.spans.size > 1 && total > 0 ? ` (${Math.round((100 * ms) / total)} % of the time)` : "";
}

function Bag({ title, text, filters = false }: { title: string; text: unknown; filters?: boolean }) {
  const pairs = pairsIn(text);
  if (!pairs.length) return null;
  return (
    <>
      <h3>{title}</h3>
      <KeyValue
        label={title}
        pairs={pairs.map((pair) => (filters ? { ...pair, filter: pair.name } : pair))}
      />
    </>
  );
}

function pairsIn(text: unknown): Pair[] {
  if (typeof text !== "string") return [];
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null) return [];
    return Object.entries(read).map(([name, value]) => ({
      name,
      value: typeof value === "string" ? value : JSON.stringify(value),
    }));
  } catch {
    return [{ name: "text", value: text }];
  }
}

function LogLines({ logs }: { logs: Item[] }) {
  const { zone } = useRange();
  return (
    <ol className="tx-logs">
      {logs.map((log) => (
        <li key={log.key}>
          <span className="muted">{dateTime(Math.floor(log.start), zone).slice(11)}</span>
          <span className={(log.severity ?? 0) >= 3 ? "bad" : "muted"}>
            {log.kind === "event" ? "Event" : (SEVERITIES[log.severity ?? 1] ?? "")}
          </span>
          <span className="value-text">{log.name}</span>
        </li>
      ))}
    </ol>
  );
}

function Raw({ item }: { item: Item }) {
  const told = [...item.cells].filter(([, cell]) => cell !== null && cell !== "");
  const text = JSON.stringify(Object.fromEntries(told.map(([name, cell]) => [name, parsed(cell)])), null, 2);
  return (
    <>
      <CopyButton text={text} label="Copy JSON" />
      <pre className="stack-raw">{text}</pre>
    </>
  );
}

function parsed(cell: unknown): unknown {
  if (typeof cell !== "string" || !/^[[{]/.test(cell)) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
