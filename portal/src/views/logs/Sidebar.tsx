import { useState } from "react";
import type { Schema, SchemaTable } from "../../lib/queries";
import { ago } from "../../lib/time";
import { Icon } from "../../ui/Icon";
import { EXAMPLES } from "./examples";
import type { PastQuery } from "./queryHistory";
import "../../parts/tabs.css";

interface SidebarProps {
  schema: Schema | null;
  past: PastQuery[];
  insert: (text: string) => void;
  open: (query: string) => void;
}

type Tab = "Tables" | "Examples" | "History";
const TABS: Tab[] = ["Tables", "Examples", "History"];

/** Beside the editor: what there is to query, queries to start from, queries that ran. */
export function Sidebar({ schema, past, insert, open }: SidebarProps) {
  const [tab, setTab] = useState<Tab>("Tables");
  return (
    <aside className="logs-side" aria-label="Tables and queries">
      <div className="side-tabs" role="group" aria-label="Show">
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            className="tab"
            aria-pressed={one === tab}
            onClick={() => setTab(one)}
          >
            {one}
          </button>
        ))}
      </div>
      {tab === "Tables" && <Tables schema={schema} insert={insert} />}
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

function Tables({ schema, insert }: { schema: Schema | null; insert: (text: string) => void }) {
  const [filter, setFilter] = useState("");
  if (!schema) return <p className="muted pad">Loading…</p>;
  const text = filter.toLowerCase();
  const fits = (table: SchemaTable) =>
    table.name.toLowerCase().includes(text) ||
    (text.length > 2 && table.columns.some((one) => one.name.toLowerCase().includes(text)));
  const groups = [
    { title: "Application Insights", tables: schema.tables.filter((one) => !isWorkspace(one)) },
    { title: "Workspace names", tables: schema.tables.filter(isWorkspace) },
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
              <TableEntry key={table.name} table={table} insert={insert} filter={text} />
            ))}
          </section>
        ))}
      </div>
    </>
  );
}

function TableEntry(props: { table: SchemaTable; insert: (text: string) => void; filter: string }) {
  const { table, insert, filter } = props;
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
