/** From nothing to the first event: the connection string, five lines to paste, and a wait. */

import { Fragment } from "react";
import type { Resource } from "../../lib/api";
import { exact } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import { records, useTile, type Row, type TileState } from "../../lib/useTile";
import { useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { CopyButton } from "../../ui/CopyButton";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Snippets } from "../../parts/Snippets";
import { Checklist } from "./Checklist";
import { FirstItem } from "./FirstItem";
import { SampleData } from "./SampleData";
import "./start.css";

const POLL_MS = 2_000;

export function Start({ resource }: ViewProps) {
  const first = useTile("start.first", resource.app_id, { rangeless: true, everyMs: POLL_MS });
  const rows = first.data ? records(first.data) : [];
  return (
    <div className="start">
      <header className="start-head">
        <h1>Send telemetry to {resource.name}</h1>
        <Status resource={resource} newest={rows[0] ?? null} />
      </header>
      <ConnectionString resource={resource} />
      <section className="card start-step" aria-label="Instrument">
        <h2>
          <span className="step">2</span> Instrument your application
        </h2>
        <Snippets connection={resource.connection_string} />
      </section>
      <Arrivals resource={resource} first={first} rows={rows} />
      <SampleData />
    </div>
  );
}

function ConnectionString({ resource }: { resource: Resource }) {
  const set = `export APPLICATIONINSIGHTS_CONNECTION_STRING='${resource.connection_string}'`;
  return (
    <section className="card start-step" aria-label="Connection string">
      <h2>
        <span className="step">1</span> Copy the connection string
      </h2>
      <p className="muted">
        It names this server and this resource. Every Application Insights SDK reads it from the
        environment variable <code>APPLICATIONINSIGHTS_CONNECTION_STRING</code>.
      </p>
      <div className="code">
        <pre data-testid="connection-string" tabIndex={0} aria-label="Connection string">
          {resource.connection_string.split(/(?<=;)/).map((part) => (
            <Fragment key={part}>
              {part}
              <wbr />
            </Fragment>
          ))}
        </pre>
        <div className="row">
          <CopyButton text={resource.connection_string} />
          <CopyButton text={set} label="Copy as export" />
        </div>
      </div>
    </section>
  );
}

/** Waits for the first event and says when it came. */
function Status({ resource, newest }: { resource: Resource; newest: Row | null }) {
  const { search } = useAddress();
  // Minutes of telemetry are a sliver of the usual range.
  const wanted = new URLSearchParams(search);
  if (!wanted.has("from")) wanted.set("from", "now-15m");
  const overview = viewPath(resource.app_id, "overview", wanted);
  return (
    <div className="status" aria-live="polite">
      {newest ? (
        <>
          <span className="good">
            <Icon name="check" />
          </span>
          <span>
            Received {newest.text("table_name")}
            {newest.text("cloud_RoleName") && <> from {newest.text("cloud_RoleName")}</>}
          </span>
          <Link className="button button-primary" href={overview}>
            Go to Overview
          </Link>
        </>
      ) : (
        <>
          <span className="pulse" aria-hidden="true" />
          Waiting for the first event…
        </>
      )}
    </div>
  );
}

interface ArrivalsProps {
  resource: Resource;
  first: TileState;
  rows: Row[];
}

/** What came in the last minutes; until then, what to check. */
function Arrivals({ resource, first, rows }: ArrivalsProps) {
  const { zone } = useRange();
  const newest = rows[0];
  return (
    <section className="card start-step" aria-label="First event">
      <h2>
        <span className="step">3</span> Run it
      </h2>
      {first.error && <ErrorBox error={first.error} retry={first.retry} />}
      {newest && (
        <ul className="arrivals">
          {rows.slice(0, 6).map((row) => (
            <li key={`${row.text("table_name")} ${row.text("cloud_RoleName")}`}>
              <span>{exact(row.number("stored"))}</span> {row.text("table_name")}
              {row.text("cloud_RoleName") && <> from {row.text("cloud_RoleName")}</>}
              <span className="muted" title={dateTime(row.instant("last_seen"), zone)}>
                {" "}
                · last {ago(row.instant("last_seen"), Date.now())}
              </span>
            </li>
          ))}
        </ul>
      )}
      {newest && <FirstItem resource={resource} at={newest.instant("last_seen")} />}
      {!newest && <Checklist resource={resource} />}
    </section>
  );
}
