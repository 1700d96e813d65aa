/** What to look at when nothing arrives: what this page can find out, and what it cannot. */

import type { ReactNode } from "react";
import type { Resource } from "../../lib/api";
import { duration } from "../../lib/format";
import { Rejected } from "../../parts/Rejected";
import { rejected, type RejectedItems } from "../../parts/rejected";
import { partOf } from "../../parts/snippets";
import { Code } from "../../parts/Snippets";
import { useReply } from "../../parts/useReply";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";

const EVERY_MS = 5_000;
const SHOWN = 10;
/** A date in a header has whole seconds, and is a moment old. */
const CLOCK_MS = 2_000;

interface Answer {
  accepting: boolean;
  reason: string;
  /** How far the clock of this browser is ahead of the server's. */
  aheadMs: number;
}

async function ask(signal: AbortSignal): Promise<Answer> {
  const reply = await fetch("/health", { signal, cache: "no-store" });
  const { status, reason } = (await reply.json()) as { status: string; reason: string };
  const told = Date.parse(reply.headers.get("date") ?? "");
  const aheadMs = Number.isFinite(told) ? Date.now() - told : 0;
  return { accepting: status === "ok", reason, aheadMs };
}

export function Checklist({ resource }: { resource: Resource }) {
  const answer = useReply("health", ask, EVERY_MS);
  const refused = useReply(resource.app_id, rejected(resource), EVERY_MS);
  const endpoint = partOf(resource.connection_string, "IngestionEndpoint");
  const { data } = answer;
  const off = data ? Math.abs(data.aheadMs) : 0;
  const count = refused.data ? refused.data.recent.length : 0;
  const nobodys = refused.data?.ofNobody?.recent.length ?? 0;
  return (
    <details open>
      <summary>It does not arrive?</summary>
      <ul className="checks">
        <Check good={data ? data.accepting : answer.error ? false : null}>
          {data && !data.accepting
            ? `The server takes no telemetry: ${data.reason}`
            : answer.error
              ? "The server does not answer this browser."
              : "The server takes telemetry. From the machine of the application:"}
          <Code text={`curl ${endpoint}health`} label="Reachability" />
        </Check>
        <Check good>
          <p>
            The key <code>{resource.instrumentation_key}</code> is known to the server. It has to
            stand in the application&apos;s connection string as it does above.
          </p>
        </Check>
        <Check good={refused.data ? count + nobodys === 0 : null}>
          {refused.error ? (
            <ErrorBox error={refused.error} retry={refused.reload} />
          ) : count + nobodys ? (
            "Something came and was not taken:"
          ) : (
            "Nothing that came was rejected."
          )}
          {count > 0 && refused.data && (
            <Rejected told={newest(refused.data)} label="Rejected items" />
          )}
          {nobodys > 0 && refused.data?.ofNobody && (
            <>
              <p className="muted">With a key that the server does not know, or unreadable:</p>
              <Rejected told={newest(refused.data.ofNobody)} label="Items of nobody" />
            </>
          )}
        </Check>
        <Check good={data ? off <= CLOCK_MS : null}>
          <p>
            {off <= CLOCK_MS
              ? "The clocks of this browser and the server agree."
              : `The clock of this browser is ${duration(off)} ${data && data.aheadMs > 0 ? "ahead of" : "behind"} the server's.`}{" "}
            Telemetry older than 48 hours or more than 2 hours ahead is refused.
          </p>
        </Check>
        <Check good={null}>
          The environment variable has to be set in the shell or service that starts the
          application, without quotes inside its value.
        </Check>
        <Check good={null}>
          Exporters send in batches: a short program has to end normally, or flush.
        </Check>
      </ul>
    </details>
  );
}

function newest(told: RejectedItems): RejectedItems {
  return { ...told, recent: told.recent.slice(0, SHOWN) };
}

/** A point of the list: fine, not fine, or for people to look at. */
function Check({ good, children }: { good: boolean | null; children: ReactNode }) {
  return (
    <li>
      {good === null ? (
        <span className="muted" aria-label="To look at" role="img">
          <Icon name="right" />
        </span>
      ) : (
        <span className={good ? "good" : "bad"} aria-label={good ? "Fine" : "Not fine"} role="img">
          <Icon name={good ? "check" : "failed"} />
        </span>
      )}
      <div>{children}</div>
    </li>
  );
}
