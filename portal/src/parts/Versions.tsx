/** The newest version of a role against the one before it; nothing where there is one version. */

import { useState } from "react";
import { duration, percent } from "../lib/format";
import { records, useTile } from "../lib/useTile";
import { Card } from "../ui/Card";
import { DifferenceList } from "./Differs";
import { addFilter } from "./filters";
import { about } from "./sampling";
import { durationSureness, failedSureness, pairsOf, type Pair } from "./versions";
import "./head.css";

interface VersionsProps {
  app: string;
  /** The operation that is looked at; "" for all. */
  operation: string;
}

export function Versions({ app, operation }: VersionsProps) {
  const [asked, setAsked] = useState("");
  const tile = useTile("performance.versions", app, { parameters: { op: operation } });
  const pairs = tile.data
    ? pairsOf(records(tile.data), Date.parse(tile.data.start), Date.parse(tile.data.end))
    : [];
  const pair = pairs.find((one) => one.role === asked) ?? pairs[0];
  const [now, before] = [versionOf(pair?.now), versionOf(pair?.before)];
  const differs = useTile("performance.version_differs", app, {
    ready: pair !== undefined,
    parameters: { op: operation, role: pair?.role ?? "", this: now, last: before },
  });
  if (!pair) return null;
  return (
    <Card title="This version against the last" tile={differs}>
      {pairs.length > 1 && (
        <select
          className="input"
          aria-label="Role"
          value={pair.role}
          onChange={(event) => setAsked(event.target.value)}
        >
          {pairs.map(({ role }) => (
            <option key={role} value={role}>
              {role || "(no role)"}
            </option>
          ))}
        </select>
      )}
      <Figures pair={pair} now={now} before={before} />
      <DifferenceList tile={differs} chosen={now} rest={before} />
    </Card>
  );
}

function Figures({ pair, now, before }: { pair: Pair; now: string; before: string }) {
  const failed = (row: Pair["now"]) => (100 * row.number("failed")) / row.number("calls");
  const calls = (row: Pair["now"]) =>
    about(row.number("calls"), row.number("calls") / row.number("stored"));
  const lines = [
    ["Requests", calls, ""],
    ["Failed", (row: Pair["now"]) => percent(failed(row)), failedSureness(pair)],
    ["Average", (row: Pair["now"]) => duration(row.number("avg_ms")), durationSureness(pair)],
    ["p95", (row: Pair["now"]) => duration(row.number("p95_ms")), ""],
  ] as const;
  return (
    <table className="table list">
      <thead>
        <tr>
          <th scope="col" className="wide">
            {pair.role || "(no role)"}
          </th>
          {[now, before].map((version) => (
            <th key={version} scope="col" className="number">
              <button
                type="button"
                className="button button-small"
                title={`Only version ${version}`}
                onClick={() => addFilter({ dimension: "version", value: version, leavesOut: false })}
              >
                {version}
              </button>
            </th>
          ))}
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([label, told, sure]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="number">{told(pair.now)}</td>
            <td className="number">{told(pair.before)}</td>
            <td className="muted">{sure}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function versionOf(row: Pair["now"] | undefined): string {
  return row?.text("application_Version") ?? "";
}
