/** Which servers, which samples, and what is counted besides: the server asks the SDKs for it. */

import { useState, type SyntheticEvent } from "react";
import { navigate, useAddress } from "../../shell/address";
import { addFilter, filterText, removeFilter, useFilters } from "../../parts/filters";
import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { conditionText, KINDS, operatorsOf, OWN, SEVERITIES, type Field } from "./conditions";
import type { Server } from "./stream";

/** The most filters and metrics that the server takes. */
const MOST = 10;

export interface Asked {
  role: string;
  instance: string;
  filters: string[];
  metrics: string[];
}

/** What the address asks for: `f=role:…` and `f=instance:…` as everywhere, `filter` and `metric` here. */
export function askedIn(search: URLSearchParams): Asked {
  const place = (name: string) =>
    search
      .getAll("f")
      .find((text) => text.startsWith(`${name}:`))
      ?.slice(name.length + 1) ?? "";
  return {
    role: place("role"),
    instance: place("instance"),
    filters: search.getAll("filter"),
    metrics: search.getAll("metric"),
  };
}

/** The same as the server reads it. */
export function queryOf({ role, instance, filters, metrics }: Asked): string {
  const query = new URLSearchParams();
  if (role) query.set("role", role);
  if (instance) query.set("instance", instance);
  for (const text of filters) query.append("filter", text);
  for (const text of metrics) query.append("metric", text);
  return query.toString();
}

function change(name: "filter" | "metric", edit: (texts: string[]) => string[]): void {
  const search = new URLSearchParams(location.search);
  const texts = edit(search.getAll(name));
  search.delete(name);
  for (const text of new Set(texts)) search.append(name, text);
  const query = search.toString();
  navigate(location.pathname + (query ? `?${query}` : ""));
}

const IS_LIVE = /^(role|instance)$/;

export function Chips({ asked }: { asked: Asked }) {
  const filters = useFilters();
  return (
    <>
      {filters.map((filter) => {
        const applies = IS_LIVE.test(filter.dimension) && !filter.leavesOut;
        const text = `${filter.dimension} ${filter.leavesOut ? "≠" : "="} ${filter.value}`;
        return (
          <Chip
            key={filterText(filter)}
            text={applies ? text : `${text} (not used here)`}
            muted={!applies}
            remove={() => removeFilter(filter)}
          />
        );
      })}
      {asked.filters.map((text) => (
        <Chip
          key={text}
          text={`samples: ${text}`}
          remove={() => change("filter", (all) => all.filter((one) => one !== text))}
        />
      ))}
      {asked.metrics.map((text) => (
        <Chip
          key={text}
          text={`chart: ${text}`}
          remove={() => change("metric", (all) => all.filter((one) => one !== text))}
        />
      ))}
    </>
  );
}

function Chip({ text, muted, remove }: { text: string; muted?: boolean; remove: () => void }) {
  return (
    <span className={`chip${muted ? " chip-off" : ""}`}>
      <span className="clip" title={text}>
        {text}
      </span>
      <button type="button" aria-label={`Remove the filter ${text}`} onClick={remove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

export function FilterButton({ servers, asked }: { servers: Server[]; asked: Asked }) {
  const isFull = asked.filters.length + asked.metrics.length >= MOST;
  return (
    <Popover
      label="Filter"
      align="right"
      button={
        <>
          <Icon name="plus" size={12} /> Filter
        </>
      }
    >
      {(close) => (
        <div className="live-filter">
          <Places servers={servers} close={close} />
          {isFull ? (
            <p className="muted pad">There are {MOST} filters and charts, which is the most.</p>
          ) : (
            <Condition close={close} />
          )}
        </div>
      )}
    </Popover>
  );
}

/** Every role and instance that is there. */
function Places({ servers, close }: { servers: Server[]; close: () => void }) {
  const { search } = useAddress();
  const now = askedIn(search);
  const roles = [...new Set([now.role, ...servers.map((one) => one.role)])].filter(Boolean).sort();
  const instances = [
    ...new Set([
      now.instance,
      ...servers.filter((one) => !now.role || one.role === now.role).map((one) => one.instance),
    ]),
  ]
    .filter(Boolean)
    .sort();
  const choose = (dimension: string, value: string, before: string) => {
    close();
    if (before) removeFilter({ dimension, value: before, leavesOut: false });
    if (value) addFilter({ dimension, value, leavesOut: false });
  };
  return (
    <fieldset>
      <legend>Servers</legend>
      <label>
        Role
        <select
          className="input"
          value={now.role}
          onChange={(event) => choose("role", event.target.value, now.role)}
        >
          <option value="">All roles</option>
          {roles.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        Instance
        <select
          className="input"
          value={now.instance}
          onChange={(event) => choose("instance", event.target.value, now.instance)}
        >
          <option value="">All instances</option>
          {instances.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}

type Purpose = "samples" | "count()" | "avg(Duration)" | "max(Duration)";

function Condition({ close }: { close: () => void }) {
  const [kindName, setKind] = useState("request");
  const kind = KINDS.find((one) => one.name === kindName) ?? KINDS[0];
  const fields = [...(kind?.fields ?? []), OWN];
  const [fieldName, setField] = useState("Url");
  const field = fields.find((one) => one.name === fieldName) ?? fields[0] ?? OWN;
  const operators = operatorsOf(field);
  const [operatorName, setOperator] = useState("contains");
  const operator = operators.includes(operatorName) ? operatorName : (operators[0] ?? "==");
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [purpose, setPurpose] = useState<Purpose>("samples");
  const isOwn = field === OWN;
  const timed = kind?.fields.some((one) => one.kind === "duration") ?? false;
  const wanted = timed || purpose === "count()" ? purpose : "samples";
  const text = conditionText({
    kind: kindName,
    field: isOwn ? OWN.name + key.trim() : field.name,
    operator,
    value: value || (field.kind === "boolean" ? "false" : field.kind === "severity" ? "Error" : ""),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isOwn && !key.trim()) return;
    close();
    if (wanted === "samples") change("filter", (all) => [...all, text]);
    else change("metric", (all) => [...all, `${wanted} of ${text}`]);
  };
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>Samples and charts</legend>
        <label>
          Kind
          <select className="input" value={kindName} onChange={(event) => setKind(event.target.value)}>
            {KINDS.map((one) => (
              <option key={one.name} value={one.name}>
                {one.label}
              </option>
            ))}
          </select>
        </label>
        <label>
          Field
          <select
            className="input"
            value={field.name}
            onChange={(event) => setField(event.target.value)}
          >
            {fields.map((one) => (
              <option key={one.name} value={one.name}>
                {one.label}
              </option>
            ))}
          </select>
        </label>
        {isOwn && (
          <label>
            Property
            <input className="input" value={key} onChange={(event) => setKey(event.target.value)} />
          </label>
        )}
        <label>
          Condition
          <select
            className="input"
            value={operator}
            onChange={(event) => setOperator(event.target.value)}
          >
            {operators.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Value
          <Value field={field} value={value} setValue={setValue} />
        </label>
        <label>
          Show
          <select
            className="input"
            value={wanted}
            onChange={(event) => setPurpose(event.target.value as Purpose)}
          >
            <option value="samples">these samples only</option>
            <option value="count()">a chart of how many</option>
            {timed && <option value="avg(Duration)">a chart of their average duration</option>}
            {timed && <option value="max(Duration)">a chart of their longest duration</option>}
          </select>
        </label>
        <p className="muted small live-filter-text">{text}</p>
        <button type="submit" className="button button-primary">
          Apply
        </button>
      </fieldset>
    </form>
  );
}

interface ValueProps {
  field: Field;
  value: string;
  setValue: (to: string) => void;
}

function Value({ field, value, setValue }: ValueProps) {
  const options =
    field.kind === "boolean" ? ["false", "true"] : field.kind === "severity" ? SEVERITIES : null;
  if (options) {
    const now = options.includes(value) ? value : field.kind === "boolean" ? "false" : "Error";
    return (
      <select className="input" value={now} onChange={(event) => setValue(event.target.value)}>
        {options.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  }
  return (
    <input
      className="input"
      value={value}
      placeholder={field.kind === "duration" ? "500ms, 1.5s" : "all of them"}
      onChange={(event) => setValue(event.target.value)}
    />
  );
}
