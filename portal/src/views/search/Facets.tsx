/** What the found items are made of, with counts; each value keeps or leaves out its items. */

import { useMemo } from "react";
import { exact } from "../../lib/format";
import { records, useTile, type Row } from "../../lib/useTile";
import { Card } from "../../ui/Card";
import { Icon } from "../../ui/Icon";
import { addFilter } from "../../parts/filters";
import { about } from "../../parts/sampling";

interface Facet {
  dimension: string;
  label: string;
  /** How many items stand behind one that was looked at. */
  every: number;
  values: [string, number][];
}

const COLUMNS: [string, string, string][] = [
  ["kind", "Type", "itemType"],
  ["role", "Role", "cloud_RoleName"],
  ["operation", "Operation", "operation_Name"],
  ["code", "Result code", "resultCode"],
  ["severity", "Severity", "severityLevel"],
];
const SHOWN = 8;
/** So many values of properties the tile tells at most. */
const MOST_VALUES = 400;

export function Facets({ app, filters }: { app: string; filters: string[] }) {
  const columns = useTile("search.columns", app, { filters });
  const keys = useTile("search.facets", app, { filters });
  const facets = useMemo(
    () => [
      ...(columns.data ? columnFacets(records(columns.data)) : []),
      ...(keys.data ? keyFacets(records(keys.data)) : []),
    ],
    [columns.data, keys.data],
  );
  return (
    <Card title="Facets" tile={columns} className="facets">
      {facets.map((facet) => (
        <details key={facet.dimension} open={facet.dimension !== "severity"}>
          <summary>{facet.label}</summary>
          <ul>
            {facet.values.map(([value, n]) => (
              <FacetValue key={value} facet={facet} value={value} n={n} />
            ))}
          </ul>
        </details>
      ))}
      {(keys.data?.rows.length ?? 0) >= MOST_VALUES && (
        <p className="muted small pad">
          The first {MOST_VALUES} values of properties, by their names. Narrow the search to see
          the others.
        </p>
      )}
    </Card>
  );
}

function FacetValue({ facet, value, n }: { facet: Facet; value: string; n: number }) {
  const name = `${facet.label} = ${value}`;
  const add = (leavesOut: boolean) => addFilter({ dimension: facet.dimension, value, leavesOut });
  return (
    <li>
      <button
        type="button"
        className="facet-value clip"
        title={`Only ${name}`}
        onClick={() => add(false)}
      >
        {value}
      </button>
      <span className="muted" title={facet.every > 1 ? `about ${exact(n)}: one of ${exact(facet.every)} was looked at` : exact(n)}>
        {about(n, facet.every)}
      </span>
      <button
        type="button"
        className="button button-plain button-icon button-small"
        aria-label={`Without ${name}`}
        title={`Without ${name}`}
        onClick={() => add(true)}
      >
        <Icon name="minus" size={12} />
      </button>
    </li>
  );
}

function columnFacets(rows: Row[]): Facet[] {
  return COLUMNS.map(([dimension, label, column]) => {
    const sums = new Map<string, number>();
    for (const row of rows) {
      const value = row.text(column);
      if (value && value !== "null") sums.set(value, (sums.get(value) ?? 0) + row.number("n"));
    }
    const values = [...sums].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
    return { dimension, label, every: 1, values };
  }).filter((facet) => facet.values.length > 0);
}

function keyFacets(rows: Row[]): Facet[] {
  const facets = new Map<string, Facet>();
  for (const row of rows) {
    const key = row.text("key");
    if (!key) continue;
    const facet = facets.get(key) ?? {
      dimension: `dim.${key}`,
      label: key,
      every: row.number("every"),
      values: [],
    };
    facet.values.push([row.text("value"), row.number("n")]);
    facets.set(key, facet);
  }
  return [...facets.values()];
}
