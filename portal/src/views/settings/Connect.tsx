/** What an application is configured with, and a try whether telemetry arrives. */

import { useEffect, useState } from "react";
import { askTile, post, type Resource } from "../../lib/api";
import { duration } from "../../lib/format";
import { partOf } from "../../parts/snippets";
import { Snippets } from "../../parts/Snippets";
import { useDoing } from "../../parts/useReply";
import { transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Facts, type Fact } from "./Facts";
import type { TabProps } from "./Settings";

export function Connect({ resource }: TabProps) {
  const { connection_string: connection, app_id: id } = resource;
  const facts: Fact[] = [
    { label: "Connection string", value: connection },
    { label: "Instrumentation key", value: resource.instrumentation_key },
    { label: "Application id", value: id },
    { label: "Ingestion URL", value: `${partOf(connection, "IngestionEndpoint")}v2.1/track` },
    { label: "Live metrics URL", value: partOf(connection, "LiveEndpoint") },
    { label: "Query URL", value: `${location.origin}/v1/apps/${id}/query` },
    { label: "Management URL", value: `${location.origin}${resource.path}` },
  ].map((one) => ({ ...one, copies: true }));
  return (
    <>
      <section className="card" aria-label="Addresses">
        <h2>Where telemetry goes</h2>
        <p className="muted">
          Every Application Insights SDK reads the connection string from the environment variable{" "}
          <code>APPLICATIONINSIGHTS_CONNECTION_STRING</code>.
        </p>
        <Facts facts={facts} />
      </section>
      <Try resource={resource} />
      <section className="card" aria-label="Snippets">
        <h2>In an application</h2>
        <Snippets connection={connection} />
      </section>
    </>
  );
}

const POLL_MS = 500;
const PATIENCE_MS = 60_000;

interface Sent {
  operation: string;
  at: number;
  arrivedMs: number | null;
}

/** Sends an event the way an SDK does, and looks for it the way a view does. */
function Try({ resource }: { resource: Resource }) {
  const { search } = useAddress();
  const doing = useDoing();
  const [sent, setSent] = useState<Sent | null>(null);
  const [lost, setLost] = useState(false);
  const awaited = sent && sent.arrivedMs === null ? sent : null;

  useEffect(() => {
    if (!awaited) return undefined;
    const controller = new AbortController();
    const query = new URLSearchParams({ app: resource.app_id, "p.opId": awaited.operation });
    const look = () => {
      askTile("tx.times", query, controller.signal)
        .then((reply) => {
          if (reply.rows.length > 0) {
            setSent({ ...awaited, arrivedMs: performance.now() - awaited.at });
          }
        })
        .catch(() => undefined); // asked again, until patience ends
      if (performance.now() - awaited.at > PATIENCE_MS) setLost(true);
    };
    const timer = setInterval(look, POLL_MS);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [awaited, resource.app_id]);

  const send = async () => {
    const operation = crypto.getRandomValues(new Uint32Array(4)).reduce(hex, "");
    const at = performance.now();
    setLost(false);
    setSent(null);
    await post("/v2.1/track", [testEvent(resource.instrumentation_key, operation)]);
    setSent({ operation, at, arrivedMs: null });
  };

  return (
    <section className="card" aria-label="Try it">
      <h2>Does it arrive?</h2>
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={doing.busy || (awaited !== null && !lost)}
          onClick={() => void doing.run(send)}
        >
          <Icon name="play" /> Send a test event
        </button>
        <span aria-live="polite">
          {awaited && !lost && "Sent; looking for it…"}
          {awaited && lost && "It was taken, and cannot be found after a minute."}
          {sent?.arrivedMs != null && (
            <span className="good">
              <Icon name="check" /> Arrived after {duration(sent.arrivedMs)}
            </span>
          )}
        </span>
        {sent?.arrivedMs != null && (
          <Link href={transactionPath(resource.app_id, sent.operation, search)}>Show it</Link>
        )}
      </div>
      {doing.error && <ErrorBox error={doing.error} />}
      <p className="muted small">
        This browser sends one custom event to the ingestion URL, as an SDK would; it is stored.
      </p>
    </section>
  );
}

function hex(text: string, part: number): string {
  return text + part.toString(16).padStart(8, "0");
}

function testEvent(key: string, operation: string) {
  return {
    name: "Microsoft.ApplicationInsights.Event",
    time: new Date().toISOString(),
    iKey: key,
    tags: {
      "ai.cloud.role": "portal",
      "ai.operation.id": operation,
      "ai.internal.sdkVersion": "portal:1",
    },
    data: { baseType: "EventData", baseData: { ver: 2, name: "Test event of the portal" } },
  };
}
