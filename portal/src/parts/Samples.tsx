/** Samples to open: a panel over the view's side; each leads to its transaction. */

import { useEffect, useRef } from "react";
import { duration } from "../lib/format";
import { dateTime } from "../lib/time";
import { records, type Row, type TileState } from "../lib/useTile";
import { transactionPath, useAddress } from "../shell/address";
import { Link } from "../shell/Link";
import { useRange } from "../shell/range";
import { ErrorBox } from "../ui/ErrorBox";
import { Icon } from "../ui/Icon";
import { moveFocus } from "../ui/Menu";
import { viaText, type Via } from "./via";
import "./head.css";

interface SamplesProps {
  title: string;
  tile: TileState;
  via: Via;
  /** The duration near which a sample is typical of what is asked about. */
  typicalMs?: number | undefined;
  onClose: () => void;
}

const SUGGESTED = 5;

export function Samples({ title, tile, via, typicalMs, onClose }: SamplesProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    panel.current?.querySelector<HTMLElement>("button")?.focus();
    return () => before?.focus();
  }, []);
  const rows = tile.data ? records(tile.data) : [];
  const suggested = suggestedOf(rows, typicalMs);
  return (
    <section
      ref={panel}
      className="samples"
      role="dialog"
      aria-label="Samples"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h2>{title}</h2>
        <button
          type="button"
          className="button button-icon button-plain"
          aria-label="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      {tile.error && <ErrorBox error={tile.error} retry={tile.retry} />}
      {tile.data && rows.length === 0 && <p className="empty-tile muted">No samples here</p>}
      {!tile.data && !tile.error && <div className="skeleton" />}
      <ol onKeyDown={moveFocus}>
        {suggested.map((row, index) => (
          <Sample key={`s${index}`} row={row} via={via} suggested />
        ))}
        {rows
          .filter((row) => !suggested.includes(row))
          .map((row, index) => (
            <Sample key={index} row={row} via={via} />
          ))}
      </ol>
    </section>
  );
}

/** The few nearest to what is typical. */
function suggestedOf(rows: Row[], typicalMs: number | undefined): Row[] {
  if (typicalMs === undefined || !Number.isFinite(typicalMs) || rows.length <= SUGGESTED) return [];
  const distance = (row: Row) => Math.abs(Math.log((row.number("duration") + 0.1) / typicalMs));
  return [...rows].sort((a, b) => distance(a) - distance(b)).slice(0, SUGGESTED);
}

function Sample({ row, via, suggested = false }: { row: Row; via: Via; suggested?: boolean }) {
  const { app, search } = useAddress();
  const { zone } = useRange();
  const ms = row.number("duration");
  const failed = row.text("success") === "False";
  const own = {
    t: row.text("timestamp"),
    item: row.text("id") || row.text("itemId"),
    via: viaText(via),
  };
  return (
    <li>
      <Link href={transactionPath(app ?? "", row.text("operation_Id"), search, own)}>
        <span className="clip">
          {failed && (
            <span className="bad">
              <Icon name="failed" size={12} />{" "}
            </span>
          )}
          {row.text("name")} {row.text("message")}
        </span>
        <b>{Number.isFinite(ms) ? duration(ms) : ""}</b>
        <span className="muted clip">
          {dateTime(row.instant("timestamp"), zone)} · {row.text("cloud_RoleName")}
        </span>
        <span className="muted">
          {suggested ? "suggested" : row.text("resultCode")}
        </span>
      </Link>
    </li>
  );
}
