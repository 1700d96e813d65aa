/** Who calls whom, how often, how fast and with what success: as a map, and as a table. */

import { useEffect, useMemo, useState } from "react";
import { exact } from "../../lib/format";
import { listResources, type Resource } from "../../lib/api";
import { records, useTile, type TileState } from "../../lib/useTile";
import { navigate, setParameters, useAddress } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import { removeFilter, useFilters } from "../../parts/filters";
import { showInLogs } from "../../parts/openInLogs";
import { NothingCame } from "../../parts/NothingCame";
import { ViewHead } from "../../parts/ViewHead";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { Popover } from "../../ui/Popover";
import { EdgeList } from "./EdgeList";
import {
  componentId,
  DRAWN_MOST,
  EVERYTHING,
  folded,
  FOLDED_ABOVE,
  graphOf,
  narrowed,
  type Narrowing,
} from "./graph";
import { Picture, type Labels } from "./Picture";
import { Side } from "./Side";
import "./map.css";

const LABELS: [Labels, string][] = [
  ["all", "All numbers"],
  ["calls", "Calls per minute"],
  ["duration", "Average duration"],
  ["failed", "Share failed"],
];

/** More resources than this are not asked together. */
const MOST_RESOURCES = 20;

export function ApplicationMap({ resource }: ViewProps) {
  const { search } = useAddress();
  const app = resource.app_id;
  const beside = search.getAll("with").filter((one) => one !== app).slice(0, MOST_RESOURCES - 1);
  const grouping = search.get("group") === "instance" ? "instance" : "role";
  const options = { parameters: useMemo(() => ({ grouping }), [grouping]), beside };
  const nodes = useTile("map.nodes", app, options);
  const edges = useTile("map.edges", app, options);
  const entry = useTile("map.entry", app, options);
  const tiles = [nodes, edges, entry];
  const filters = useFilters();
  const role = filters.find((one) => one.dimension === "role" && !one.leavesOut);
  const by = narrowingIn(search);
  const near = by.near || (role ? componentId(role.value, "") : "");
  const key = JSON.stringify({ ...by, near });

  const whole = useMemo(
    () =>
      nodes.data && edges.data && entry.data
        ? graphOf(records(nodes.data), records(edges.data), records(entry.data))
        : null,
    [nodes.data, edges.data, entry.data],
  );
  const graph = useMemo(
    () => whole && narrowed(whole, JSON.parse(key) as Narrowing),
    [whole, key],
  );
  const drawn = useMemo(() => graph && folded(graph, FOLDED_ABOVE), [graph]);
  const minutes = nodes.data
    ? (Date.parse(nodes.data.end) - Date.parse(nodes.data.start)) / 60_000
    : 1;
  // Of a long range the server follows some transactions only, and says of how many one.
  const every = Math.max(1, ...[edges, entry].map((tile) => everyIn(tile)));
  const tooMany = (drawn?.nodes.length ?? 0) > DRAWN_MOST;
  const asList = search.get("mode") === "list" || tooMany;
  const labels = LABELS.find(([name]) => name === search.get("label"))?.[0] ?? "all";
  const sel = search.get("sel") ?? "";
  const chosen =
    drawn?.nodes.find((node) => node.id === sel) ?? graph?.nodes.find((node) => node.id === sel);
  const choose = (id: string) => setParameters({ sel: id || null }, true);
  const centre = (id: string) => {
    if (role) removeFilter(role);
    setParameters({ near: id || null });
  };
  const clear = () => {
    if (role) removeFilter(role);
    setParameters({ q: null, err: null, ms: null, calls: null, bad: null, near: null });
  };
  const loading = tiles.some((tile) => tile.loading);
  const failed = tiles.find((tile) => tile.error);

  return (
    <div className="view map-view">
      <ViewHead title="Application map" app={app} filters={false}>
        <Resources app={app} beside={beside} />
        <div className="segments" role="group" aria-label="Shown as">
          {(["map", "list"] as const).map((mode) => (
            <button
              key={mode}
              type="button"
              className="button"
              aria-pressed={asList === (mode === "list")}
              onClick={() => setParameters({ mode: mode === "list" ? "list" : null })}
            >
              <Icon name={mode === "list" ? "table" : "map"} /> {mode === "list" ? "List" : "Map"}
            </button>
          ))}
        </div>
        <Questions app={app} nodes={nodes} edges={edges} entry={entry} />
      </ViewHead>
      <Conditions by={by} near={whole?.nodes.find((one) => one.id === near)?.label ?? (near && "…")} clear={clear}>
        <label>
          Group by{" "}
          <select
            className="input"
            value={grouping}
            onChange={(event) =>
              setParameters({
                group: event.target.value === "role" ? null : event.target.value,
                sel: null,
                near: null,
              })
            }
          >
            <option value="role">role</option>
            <option value="instance">role and instance</option>
          </select>
        </label>
        <label>
          Show{" "}
          <select
            className="input"
            value={labels}
            onChange={(event) =>
              setParameters({ label: event.target.value === "all" ? null : event.target.value })
            }
          >
            {LABELS.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </Conditions>
      {failed?.error && <ErrorBox error={failed.error} retry={() => tiles.forEach((one) => one.retry())} />}
      <div className={`map-panes${chosen ? " map-two" : ""}`}>
        <section className="card map-card" aria-label="Map" aria-busy={loading}>
          <div className="progress" data-on={loading} />
          {!drawn && !failed && <div className="skeleton" />}
          {whole?.nodes.length === 0 && <NothingCame app={app} what="telemetry" />}
          {whole && whole.nodes.length > 0 && graph?.nodes.length === 0 && (
            <p className="empty-tile muted">
              Nothing passes the filters
              <button type="button" className="button button-small" onClick={clear}>
                Remove them
              </button>
            </p>
          )}
          {every > 1 && (
            <p className="muted small pad">
              ≈ calls are estimated: one of {exact(Math.round(every))} transactions was followed
            </p>
          )}
          {tooMany && (
            <p className="muted pad">
              {drawn?.nodes.length} nodes are too many for a picture: narrow them, or read the list.
            </p>
          )}
          {drawn && graph && graph.nodes.length > 0 && (
            asList ? (
              <EdgeList graph={graph} minutes={minutes} chosen={sel} choose={choose} />
            ) : (
              <Picture
                graph={drawn}
                minutes={minutes}
                labels={labels}
                chosen={sel}
                choose={choose}
                centre={centre}
              />
            )
          )}
          {!asList && drawn && graph && drawn.nodes.length < graph.nodes.length && (
            <p className="muted small pad">
              {graph.nodes.length} nodes are {drawn.nodes.length} here: what one role calls by one
              protocol is folded. The list shows all.
            </p>
          )}
        </section>
        {chosen && drawn && (
          <Side
            key={chosen.id}
            app={app}
            beside={beside}
            graph={drawn}
            node={chosen}
            minutes={minutes}
            kql={entry.data?.kql ?? null}
            isCentre={near === chosen.id}
            centre={centre}
            close={() => choose("")}
          />
        )}
      </div>
    </div>
  );
}

function everyIn(tile: TileState): number {
  const row = tile.data && records(tile.data)[0];
  return row ? row.number("every") || 1 : 1;
}

function narrowingIn(search: URLSearchParams): Narrowing {
  const number = (name: string) => {
    const value = Number(search.get(name) ?? 0);
    return Number.isFinite(value) && value > 0 ? value : 0;
  };
  return {
    ...EVERYTHING,
    name: search.get("q") ?? "",
    failedPercent: number("err"),
    avgMs: number("ms"),
    calls: number("calls"),
    onlyBad: search.get("bad") === "1",
    near: search.get("near") ?? "",
  };
}

interface ConditionsProps {
  by: Narrowing;
  /** The node that the map is narrowed to. */
  near: string;
  clear: () => void;
  children: React.ReactNode;
}

/** What is shown of the whole; each holds beside the others. */
function Conditions({ by, near, clear, children }: ConditionsProps) {
  const isNarrow = near || Object.values(by).some(Boolean);
  return (
    <div className="map-conditions" role="group" aria-label="Filters">
      <input
        className="input map-find"
        data-search
        type="search"
        aria-label="Find nodes by name"
        placeholder="Find node"
        value={by.name}
        onChange={(event) => setParameters({ q: event.target.value || null }, true)}
      />
      <AtLeast label="Failed" unit="%" name="err" value={by.failedPercent} />
      <AtLeast label="Average" unit="ms" name="ms" value={by.avgMs} />
      <AtLeast label="Calls" unit="" name="calls" value={by.calls} />
      <label className="map-check">
        <input
          type="checkbox"
          checked={by.onlyBad}
          onChange={(event) => setParameters({ bad: event.target.checked ? "1" : null })}
        />
        Hide healthy
      </label>
      {children}
      {near && (
        <span className="chip">
          <span className="clip">near {near}</span>
          <button type="button" aria-label={`Not only near ${near}`} onClick={clear}>
            <Icon name="close" size={12} />
          </button>
        </span>
      )}
      {isNarrow && (
        <button type="button" className="button button-small" onClick={clear}>
          Show everything
        </button>
      )}
    </div>
  );
}

interface AtLeastProps {
  label: string;
  unit: string;
  name: string;
  value: number;
}

function AtLeast({ label, unit, name, value }: AtLeastProps) {
  const apply = (text: string) => {
    const number = Number(text.replace(",", "."));
    const next = Number.isFinite(number) && number > 0 ? String(number) : null;
    if ((next ?? "") !== (value ? String(value) : "")) setParameters({ [name]: next });
  };
  return (
    <label>
      {label} ≥{" "}
      <input
        key={value}
        className="input map-number"
        inputMode="decimal"
        aria-label={`${label} at least${unit && ` (${unit})`}`}
        defaultValue={value || ""}
        onBlur={(event) => apply(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && apply(event.currentTarget.value)}
      />{" "}
      {unit}
    </label>
  );
}

interface QuestionsProps {
  app: string;
  nodes: TileState;
  edges: TileState;
  entry: TileState;
}

/** The raw rows behind the picture. */
function Questions({ app, nodes, edges, entry }: QuestionsProps) {
  const items = [
    { label: "Open edges in Logs", tile: edges },
    { label: "Open nodes in Logs", tile: nodes },
    { label: "Open calls from outside in Logs", tile: entry },
  ].flatMap(({ label, tile }) => {
    const kql = tile.data?.kql;
    return kql ? [{ label, icon: "logs" as const, run: () => showInLogs(app, kql) }] : [];
  });
  return (
    <Menu
      label="More for the map"
      className="button button-icon"
      align="right"
      button={<Icon name="more" />}
      items={items}
    />
  );
}

/** Further resources: calls between them become edges. */
function Resources({ app, beside }: { app: string; beside: string[] }) {
  return (
    <Popover
      label="Resources of the map"
      align="right"
      button={
        <>
          <Icon name="resource" /> {beside.length + 1} resource{beside.length ? "s" : ""}
        </>
      }
    >
      {() => <ResourceChoice app={app} beside={beside} />}
    </Popover>
  );
}

function ResourceChoice({ app, beside }: { app: string; beside: string[] }) {
  const [known, setKnown] = useState<Resource[] | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    listResources(controller.signal).then(setKnown, () => undefined);
    return () => controller.abort();
  }, []);
  const toggle = (id: string, on: boolean) => {
    const search = new URLSearchParams(location.search);
    search.delete("with");
    for (const one of on ? [...beside, id] : beside.filter((each) => each !== id)) {
      search.append("with", one);
    }
    const query = search.toString();
    navigate(location.pathname + (query ? `?${query}` : ""));
  };
  const others = known?.filter((one) => one.app_id !== app) ?? [];
  return (
    <fieldset className="map-resources">
      <legend>Together with</legend>
      {known === null && <p className="muted">Looking…</p>}
      {known !== null && others.length === 0 && <p className="muted">There is no other resource</p>}
      {others.map((one) => (
        <label key={one.app_id} className="map-check">
          <input
            type="checkbox"
            checked={beside.includes(one.app_id)}
            disabled={!beside.includes(one.app_id) && beside.length + 1 >= MOST_RESOURCES}
            onChange={(event) => toggle(one.app_id, event.target.checked)}
          />
          {one.name} <span className="muted small">{one.resource_group}</span>
        </label>
      ))}
    </fieldset>
  );
}
