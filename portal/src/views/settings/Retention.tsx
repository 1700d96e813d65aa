/** How long telemetry is kept, and how much of it is taken. */

import { useMemo, useState, type SyntheticEvent } from "react";
import { dateTime } from "../../lib/time";
import { TextField } from "../../parts/TextField";
import { useDoing, useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import {
  change,
  component,
  quota,
  server,
  type Component,
  type ComponentChanges,
  type ServerFacts,
} from "./management";
import { Locked } from "./Locked";
import type { TabProps } from "./Settings";
import { changesOf, problemsOf, TABLES, valuesOf, type Values } from "./retentionValues";

export function Retention({ resource, locked }: TabProps) {
  const found = useReply(resource.app_id, component(resource));
  const facts = useReply("server", server);
  const reached = useReply(`quota ${resource.app_id}`, quota(resource));
  const { zone } = useRange();
  if (found.error && !found.data) return <ErrorBox error={found.error} retry={found.reload} />;
  if (!found.data || !facts.data) return <div className="skeleton" />;
  return (
    <>
      <Locked why={locked} />
      {reached.data?.ExpirationTime && (
        <p className="empty" role="status">
          <Icon name="warning" /> The daily cap is reached: nothing is taken until{" "}
          {dateTime(Date.parse(reached.data.ExpirationTime), zone, false)}.
        </p>
      )}
      <Form
        key={found.data.etag}
        known={found.data}
        facts={facts.data}
        locked={locked}
        save={async (changes) => {
          await change(resource, found.data?.etag ?? "", changes);
          found.reload();
          reached.reload();
        }}
        reload={found.reload}
      />
    </>
  );
}

interface FormProps {
  known: Component;
  facts: ServerFacts;
  locked: string;
  save: (changes: ComponentChanges) => Promise<void>;
  reload: () => void;
}

function Form({ known, facts, locked, save, reload }: FormProps) {
  const before = useMemo(() => valuesOf(known), [known]);
  const [values, setValues] = useState(before);
  const doing = useDoing();
  const problems = problemsOf(values);
  const changed = JSON.stringify(values) !== JSON.stringify(before);
  const set = (name: keyof Values) => (text: string) => setValues({ ...values, [name]: text });
  const field = (name: keyof Values, label: string, hint: string) => (
    <TextField
      label={label}
      value={values[name]}
      inputMode="decimal"
      autoComplete="off"
      disabled={!!locked}
      hint={hint}
      problem={problems[name] ?? ""}
      onChange={set(name)}
    />
  );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void doing.run(() => save(changesOf(before, values)));
  };
  return (
    <form className="form" onSubmit={submit}>
      <section className="card" aria-label="Retention">
        <h2>Days that telemetry is kept</h2>
        <div className="fields">
          {field(
            "days",
            "Every table",
            `1 to 4,383 days; the server's own setting is ${facts.retentionDays}.`,
          )}
        </div>
        <details open={Object.keys(known.properties.RetentionInDaysByTable).length > 0}>
          <summary>Tables with days of their own</summary>
          <div className="fields">
            {TABLES.map((table) => (
              <TextField
                key={table}
                label={table}
                value={values[table]}
                inputMode="numeric"
                placeholder={values.days}
                autoComplete="off"
                disabled={!!locked}
                problem={problems[table] ?? ""}
                onChange={set(table)}
              />
            ))}
          </div>
        </details>
      </section>
      <section className="card" aria-label="Daily cap, sampling and rate">
        <h2>How much is taken</h2>
        <div className="fields">
          {field("cap", "Daily cap (GB)", "As sent and unpacked; empty is no cap.")}
          {field("reset", "The day begins at (hour)", "0 to 23, in UTC.")}
          {field("sampling", "Share of operations kept (%)", "Of what no client has sampled.")}
          {field(
            "rate",
            "Items per second",
            facts.itemsPerS
              ? `Averaged over a minute; empty leaves it to the server: ${facts.itemsPerS}.`
              : "Averaged over a minute; empty is no bound.",
          )}
        </div>
      </section>
      {doing.error?.code === "PreconditionFailed" ? (
        <p className="empty" role="alert">
          Somebody has changed these settings meanwhile.
          <button type="button" className="button button-small" onClick={reload}>
            Load them again
          </button>
        </p>
      ) : (
        doing.error && <ErrorBox error={doing.error} />
      )}
      <div className="row">
        <button
          type="submit"
          className="button button-primary"
          title={locked || undefined}
          disabled={!!locked || !changed || doing.busy || Object.keys(problems).length > 0}
        >
          Save
        </button>
        <button
          type="button"
          className="button"
          disabled={!changed || doing.busy}
          onClick={() => setValues(before)}
        >
          Undo
        </button>
        <span className="muted" aria-live="polite">
          {changed ? "Not saved yet" : ""}
        </span>
      </div>
    </form>
  );
}
