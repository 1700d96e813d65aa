/** Marks below a time chart where a new version of the application first answered. */

import { useMemo } from "react";
import { dateTime } from "../lib/time";
import { records, useTile } from "../lib/useTile";
import { marksOf, type Deployment } from "./deployments";
import "./head.css";

const AXIS_PX = 54;
const RIGHT_PX = 16;

interface DeploymentsProps {
  app: string;
  /** The ends of the chart's axis in seconds. */
  extent: [number, number];
  zone: string;
  /** The chart is of a time of its own, not of the address's range. */
  apart?: boolean;
  /** The chart is too narrow for names of roles. */
  narrow?: boolean;
}

export function Deployments({
  app,
  extent,
  zone,
  apart = false,
  narrow = false,
}: DeploymentsProps) {
  const [start, end] = extent;
  const tile = useTile("shell.deployments", app, {
    over: apart ? { start: start * 1_000, end: end * 1_000 } : undefined,
  });
  const marks = useMemo(() => {
    if (!tile.data) return [];
    const deployments = records(tile.data).map((row) => ({
      at: row.instant("first_seen") / 1_000,
      role: row.text("cloud_RoleName"),
      version: row.text("application_Version"),
    }));
    return marksOf(deployments, [start, end], narrow);
  }, [tile.data, start, end, narrow]);
  if (!marks.length) return null;
  const percent = (share: number) => `${share * 100}%`;
  return (
    <ul
      className="deployments"
      aria-label="Deployments"
      style={{ marginLeft: AXIS_PX, marginRight: RIGHT_PX }}
    >
      {marks.map(({ deployments, share, room, before, text }) => (
        <li
          key={share}
          title={deployments.map((one) => told(one, zone)).join("\n")}
          style={{
            maxWidth: percent(room),
            ...(before ? { right: percent(1 - share) } : { left: percent(share) }),
          }}
        >
          {before ? `${text} ▲` : `▲ ${text}`}
        </li>
      ))}
    </ul>
  );
}

function told({ at, role, version }: Deployment, zone: string): string {
  return `${`${role} ${version}`.trim()}, first seen ${dateTime(at * 1_000, zone, false)}`;
}
