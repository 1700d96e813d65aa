import { useMemo, useState } from "react";
import type { Resource } from "../../lib/api";
import { count, exact } from "../../lib/format";
import { records, type TileState } from "../../lib/useTile";
import type { Schema, SchemaTable } from "../../lib/queries";
import { ago } from "../../lib/time";
import type { Reply } from "../../parts/useReply";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { EXAMPLES } from "./examples";
import type { PastQuery } from "./queryHistory";
import { SavedList, type Saved } from "./SavedList";
import "../../parts/tabs.css";

export type SideTab = "Tables" | "Saved" | "Examples" | "History";
const TABS: SideTab[] = ["Tables", "Saved", "Examples", "History"];

interface SidebarProps {
  resource: Resource;
  schema: Reply<Schema>;
  /** How many rows each table has in the range. */
  active: TileState;
  saved: Saved;
  past: PastQuery[];
  tab: SideTab;
  show: (tab: SideTab) => void;
  insert: (text: string) => void;
  open: (query: string) => void;
}

/** Beside the editor: what there is to query, queries to start from, queries that ran. */
export function Sidebar(props: SidebarProps) {
  const { resource, schema, active, saved, past, tab, show, insert, open } = props;
  return (
    <aside className="logs-side" aria-label="Tables and queries">
      <div className="side-tabs" role="group" aria-label="Show">
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            className="tab"
            aria-pressed={one === tab}
            onClick={() => show(one)}
          >
            {one}
          </button>
        ))}
      </div>
      {tab === "Tables" && <Tables schema={schema} active={active} insert={insert} />}
      {tab === "Saved" && <SavedList resource={resource} saved={saved} open={open} />}
      {tab === "Examples" && (
        <ul className="side-list">
          {EXAMPLES.map((one) => (
            <li key={one.title}>
              <button type="button" className="side-query" onClick={() => open(one.query)}>
                <strong>{one.title}</strong>
                <code className="clip">{one.query.replaceAll("\n", " ")}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
      {tab === "History" && (
        <ul className="side-list">
          {past.length === 0 && <li className="muted pad">Queries that you run are kept here</li>}
          {past.map((one) => (
            <li key={one.text}>
              <button
                type="button"
                className="side-query"
                title={one.text}
                onClick={() => open(one.text)}
              >
                <code className="clip">{one.text.replaceAll("\n", " ")}</code>
                <span className="muted small">{ago(one.at, Date.now())}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </aside>
  );
}

function isWorkspace(table: SchemaTable): boolean {
  return table.time_column === "TimeGenerated";
}

interface TablesProps {
  schema: Reply<Schema>;
  active: TileState;
  insert: (text: string) => void;
}

function Tables({ schema, active, insert }: TablesProps) {
  const stored = useMemo(() => {
    const rows = active.data ? records(active.data) : [];
    return new Map(rows.map((row) => [row.text("table_name"), row.number("stored")]));
  }, [active.data]);
  const [filter, setFilter] = useState("");
  const known = schema.data;
  if (!known && schema.error) return <ErrorBox error={schema.error} retry={schema.reload} />;
  if (!known) return <p className="muted pad" aria-busy="true">Loading…</p>;
  const text = filter.toLowerCase();
  const fits = (table: SchemaTable) =>
    table.name.toLowerCase().includes(text) ||
    (text.length > 2 && table.columns.some((one) => one.name.toLowerCase().includes(text)));
  const named = new Map(known.tables.map((one) => [one.name, one]));
  const full = [...stored.keys()].flatMap((name) => named.get(name) ?? []);
  const groups = [
    ...(full.length ? [{ title: "Active", tables: full }] : []),
    {
      title: "Application Insights",
      tables: known.tables.filter((one) => !isWorkspace(one) && !full.includes(one)),
    },
    { title: "Workspace names", tables: known.tables.filter(isWorkspace) },
  ];
  return (
    <>
      <div className="side-filter">
        <input
          className="input"
          placeholder="Filter tables and columns"
          aria-label="Filter tables and columns"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      <div className="side-list">
        {groups.map((group) => (
          <section key={group.title} aria-label={group.title}>
            <h3>{group.title}</h3>
            {group.tables.filter(fits).map((table) => (
              <TableEntry
                key={table.name}
                table={table}
                stored={stored.get(table.name)}
                insert={insert}
                filter={text}
              />
            ))}
          </section>
        ))}
      </div>
    </>
  );
}

interface TableEntryProps {
  table: SchemaTable;
  /** Rows in the range; undefined for one without. */
  stored: number | undefined;
  insert: (text: string) => void;
  filter: string;
}

function TableEntry({ table, stored, insert, filter }: TableEntryProps) {
  const [open, setOpen] = useState(false);
  const columns = table.columns.filter(
    (one) => filter.length < 3 || one.name.toLowerCase().includes(filter) || open,
  );
  const shown = open || (filter.length > 2 && columns.length < table.columns.length);
  return (
    <div className="side-table">
      <div className="side-row">
        <button
          type="button"
          className="side-fold"
          aria-expanded={shown}
          aria-label={`Columns of ${table.name}`}
          onClick={() => setOpen(!shown)}
        >
          <Icon name={shown ? "chevron" : "right"} size={12} />
        </button>
        <button
          type="button"
          className="side-name clip"
          title={`${table.doc}\nInsert ${table.name}`}
          onClick={() => insert(table.name)}
        >
          {table.name}
        </button>
        {stored !== undefined && (
          <span className="side-count muted small" title={`${exact(stored)} rows in this range`}>
            {count(stored)}
          </span>
        )}
      </div>
      {shown && (
        <ul>
          {columns.map((column) => (
            <li key={column.name}>
              <button
                type="button"
                className="side-column"
                title={`${column.doc}\nInsert ${column.name}`.trim()}
                onClick={() => insert(column.name)}
              >
                <span className="clip">{column.name}</span>
                <span className="muted small">{column.type}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
