/** What the application does this second; nothing of it is stored. */

import { useMemo, useState } from "react";
import type { Resource } from "../../lib/api";
import { dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { useAddress } from "../../shell/address";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { openInLogs } from "../../parts/openInLogs";
import { ViewHead } from "../../parts/ViewHead";
import { CopyButton } from "../../ui/CopyButton";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { storedCounters } from "./counters";
import { Feed } from "./Feed";
import { askedIn, Chips, FilterButton, queryOf, type Asked } from "./Filters";
import { GROUPS, ownMetric, type Group, type LiveMetric } from "./metrics";
import { Pulse } from "./Pulse";
import { Servers } from "./Servers";
import { useLive, type LiveState, type Seen, type Server, type Values } from "./stream";
import "./live.css";

const COUNTERS_MS = 15_000;
const NO_VALUES: Values = Array.from({ length: 60 }, () => null);
const NO_SERVERS: Server[] = [];

export function Live({ resource }: ViewProps) {
  const { search } = useAddress();
  const asked = useMemo(() => askedIn(search), [search]);
  const query = queryOf(asked);
  const live = useLive(resource.app_id, query);
  const [frozen, setFrozen] = useState<Seen | null>(null);
  const { sample, items } = frozen ?? live;
  const servers = sample?.servers ?? NO_SERVERS;
  return (
    <div className="view live">
      <ViewHead title="Live metrics" app={resource.app_id} filters={false}>
        <FilterButton servers={servers} asked={asked} />
        <button
          type="button"
          className="button"
          aria-pressed={frozen !== null}
          onClick={() => setFrozen(frozen ? null : { sample: live.sample, items: live.items })}
        >
          <Icon name={frozen ? "play" : "pause"} /> {frozen ? "Resume" : "Pause"}
        </button>
      </ViewHead>
      <div className="chips" role="group" aria-label="Filters">
        <Status live={live} servers={servers} paused={frozen !== null} />
        <Chips asked={asked} />
      </div>
      {live.link === "refused" && live.error && <ErrorBox error={live.error} retry={live.retry} />}
      {sample && servers.length === 0 ? (
        <Waiting resource={resource} asked={asked} />
      ) : (
        <div className={`live-panes${live.stale && !frozen ? " live-stale" : ""}`}>
          <Pictures
            app={resource.app_id}
            series={sample?.series ?? {}}
            own={sample?.metrics ?? {}}
            asked={asked}
            servers={servers}
          />
          <Feed key={query} items={items} paused={frozen !== null} />
        </div>
      )}
      {servers.length > 0 && <Servers servers={servers} />}
    </div>
  );
}

interface StatusProps {
  live: LiveState;
  servers: Server[];
  paused: boolean;
}

/** One line that changes when the state does, and is read out then. */
function Status({ live, servers, paused }: StatusProps) {
  const posting = servers.filter((one) => one.source === "live").length;
  const number = `${servers.length} server${servers.length === 1 ? "" : "s"}`;
  const [mark, text] = paused
    ? ["paused", "paused"]
    : live.link === "away"
      ? ["away", "the server does not answer; connecting again…"]
      : live.link === "refused"
        ? ["away", "not connected"]
        : live.link === "connecting" && !live.sample
          ? ["paused", "connecting…"]
          : live.stale
            ? ["away", "stale: nothing came for 5 s"]
            : servers.length === 0
              ? ["paused", "connected · waiting for a server"]
              : posting === 0
                ? ["stored", `from stored telemetry, 5–20 s behind · ${number}`]
                : ["live", `live · ${number} · ${live.link === "polling" ? "2 s" : "1 s"}`];
  return (
    <p className="live-status" data-state={mark} role="status">
      <i aria-hidden="true" />
      {text}
    </p>
  );
}

interface PicturesProps {
  app: string;
  series: Record<string, Values>;
  own: Record<string, Values>;
  asked: Asked;
  servers: Server[];
}

function Pictures({ app, series, own, asked, servers }: PicturesProps) {
  const [at, setAt] = useState<number | null>(null);
  const { zone } = useRange();
  const silent = ["memory_bytes", "cpu_percent"].filter((key) =>
    (series[key] ?? NO_VALUES).every((value) => value === null),
  );
  const counters = useTile("live.counters", app, {
    rangeless: true,
    everyMs: COUNTERS_MS,
    ready: servers.length > 0 && silent.length > 0,
  });
  const stored = useMemo(
    () => (counters.data ? storedCounters(records(counters.data), asked) : {}),
    [counters.data, asked],
  );
  const pulse = (metric: LiveMetric, values: Values) => {
    const found = silent.includes(metric.key) ? stored[metric.key] : undefined;
    return (
      <Pulse
        key={metric.key}
        metric={metric}
        values={values}
        at={at}
        point={setAt}
        stored={
          found && {
            value: found.value,
            when: `stored ${dateTime(found.at, zone, false).slice(11)}`,
          }
        }
      />
    );
  };
  return (
    <div className="pane">
      {GROUPS.map((group) => (
        <section key={group.title} className="card" aria-label={group.title}>
          <header className="card-head">
            <h2>{group.title}</h2>
            <GroupMenu app={app} group={group} />
          </header>
          <div className="card-body pulses">
            {group.metrics.map((metric) => pulse(metric, series[metric.key] ?? NO_VALUES))}
          </div>
        </section>
      ))}
      {asked.metrics.length > 0 && (
        <section className="card" aria-label="Own charts">
          <header className="card-head">
            <h2>Own charts</h2>
          </header>
          <div className="card-body pulses">
            {asked.metrics.map((text) => pulse(ownMetric(text), own[text] ?? NO_VALUES))}
          </div>
        </section>
      )}
    </div>
  );
}

/** What is shown is in memory only; its like is asked of what is stored. */
function GroupMenu({ app, group }: { app: string; group: Group }) {
  const open = () => openInLogs({ tile: group.tile, apps: [app] });
  return (
    <Menu
      label={`More for ${group.title}`}
      className="button button-icon"
      align="right"
      button={<Icon name="more" />}
      items={[{ label: "Open in Logs (what is stored)", icon: "logs", run: () => void open() }]}
    />
  );
}

function Waiting({ resource, asked }: { resource: Resource; asked: Asked }) {
  const narrowed = asked.role || asked.instance;
  return (
    <section className="card narrow live-waiting" aria-label="Waiting for a server">
      <div className="card-body">
        <h2>{narrowed ? "No server passes the filter" : "Waiting for a server"}</h2>
        {narrowed ? (
          <p>
            Servers show as soon as they tell something. Remove the filter above to see all of them.
          </p>
        ) : (
          <>
            <p>
              Applications that run with this connection string show within seconds; those without
              Live Metrics as soon as their telemetry arrives.
            </p>
            <div className="code">
              <pre tabIndex={0} aria-label="Connection string">
                {resource.connection_string}
              </pre>
              <CopyButton text={resource.connection_string} />
            </div>
          </>
        )}
      </div>
    </section>
  );
}
