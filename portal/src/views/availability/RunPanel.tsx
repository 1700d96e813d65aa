/** One run: what it found, and the way to what the server did meanwhile. */

import { useEffect, useMemo, useRef } from "react";
import { dateTime } from "../../lib/time";
import { records, useTile, type Row } from "../../lib/useTile";
import { transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { RunFacts } from "./RunFacts";
import type { RunShown, StepShown } from "./tests";

interface RunPanelProps {
  app: string;
  /** The item id of the run. */
  run: string;
  /** When it was, in milliseconds. */
  at: number;
  onClose: () => void;
}

const AROUND_MS = 60_000;

export function RunPanel({ app, run, at, onClose }: RunPanelProps) {
  const panel = useRef<HTMLElement>(null);
  const { search } = useAddress();
  const { zone } = useRange();
  const tile = useTile("availability.run", app, {
    parameters: useMemo(() => ({ run }), [run]),
    over: useMemo(() => ({ start: at - AROUND_MS, end: at + AROUND_MS }), [at]),
  });
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    panel.current?.querySelector<HTMLElement>("button")?.focus();
    return () => before?.focus();
  }, []);
  const row = tile.data ? records(tile.data)[0] : undefined;
  return (
    <section
      ref={panel}
      className="samples run-panel"
      role="dialog"
      aria-label="Run"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h2>{row ? row.text("name") : "Run"}</h2>
        <button
          type="button"
          className="button button-icon button-plain"
          aria-label="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="run-body" tabIndex={0} role="group" aria-label="What the run found">
        {tile.error && <ErrorBox error={tile.error} retry={tile.retry} />}
        {!tile.data && !tile.error && <div className="skeleton" />}
        {tile.data && !row && <p className="empty-tile muted">This run is kept no longer</p>}
        {row && (
          <>
            <p className="muted">
              {dateTime(row.instant("timestamp"), zone)} · from {row.text("location") || "nowhere"}
            </p>
            <RunFacts run={shownOf(row)} />
            {row.text("operation_Id") && (
              <Link
                className="button"
                href={transactionPath(app, row.text("operation_Id"), search, {
                  t: row.text("timestamp"),
                  item: row.text("id"),
                })}
              >
                <Icon name="transaction" /> Server transaction
              </Link>
            )}
          </>
        )}
      </div>
    </section>
  );
}

/** A stored run as the server shows one that has just been done. */
function shownOf(row: Row): RunShown {
  const told = json<Record<string, string>>(row.text("customDimensions"), {});
  const measured = json<Record<string, number>>(row.text("customMeasurements"), {});
  return {
    time: row.text("timestamp"),
    location: row.text("location"),
    passed: hasPassed(row.text("success")),
    message: row.text("message"),
    duration: row.number("duration"),
    timings: json<Record<string, number>>(told.timings ?? "", {}),
    steps: json<StepShown[]>(told.steps ?? "", []),
    certificateDaysLeft: measured.certificateDaysLeft ?? null,
    operationId: row.text("operation_Id"),
  };
}

/** Whether a stored `success` means that a run passed. */
export function hasPassed(success: string): boolean {
  return ["1", "true"].includes(success.toLowerCase());
}

function json<T>(text: string, otherwise: T): T {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null ? (read as T) : otherwise;
  } catch {
    return otherwise;
  }
}
