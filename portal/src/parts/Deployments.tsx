/** Marks below a time chart where a new version of the application first answered. */

import { useMemo } from "react";
import { dateTime } from "../lib/time";
import { records, useTile } from "../lib/useTile";
import "./head.css";

const AXIS_PX = 54;
const RIGHT_PX = 16;

interface DeploymentsProps {
  app: string;
  /** The ends of the chart's axis in seconds. */
  extent: [number, number];
  zone: string;
}

export function Deployments({ app, extent, zone }: DeploymentsProps) {
  const tile = useTile("shell.deployments", app);
  const marks = useMemo(() => {
    if (!tile.data) return [];
    return records(tile.data)
      .map((row) => ({
        at: row.instant("first_seen") / 1_000,
        name: `${row.text("cloud_RoleName")} ${row.text("application_Version")}`.trim(),
      }))
      .filter(({ at }) => at >= extent[0] && at <= extent[1]);
  }, [tile.data, extent]);
  if (!marks.length) return null;
  const share = (at: number) => (at - extent[0]) / (extent[1] - extent[0]);
  return (
    <ul
      className="deployments"
      aria-label="Deployments"
      style={{ marginLeft: AXIS_PX, marginRight: RIGHT_PX }}
    >
      {marks.map(({ at, name }) => (
        <li key={`${name} ${at}`} style={{ left: `${share(at) * 100}%` }}>
          <span title={`${name}, first seen ${dateTime(at * 1_000, zone, false)}`}>▲ {name}</span>
        </li>
      ))}
    </ul>
  );
}
