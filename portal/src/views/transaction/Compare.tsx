import { useMemo } from "react";
import { count, duration } from "../../lib/format";
import { records, useTile } from "../../lib/useTile";
import { useRangeWords } from "../../ui/Empty";
import { ErrorBox } from "../../ui/ErrorBox";
import type { Item } from "./items";

/** This request beside the others of its operation. */
export function Compare({ app, item }: { app: string; item: Item }) {
  const similar = useTile("tx.similar", app, {
    parameters: useMemo(() => ({ op: item.name }), [item.name]),
  });
  const words = useRangeWords();
  if (similar.error) return <ErrorBox error={similar.error} retry={similar.retry} />;
  const row = similar.data ? records(similar.data)[0] : undefined;
  if (!row) return <p className="muted">Asking for the others…</p>;
  const calls = row.number("calls");
  if (!calls) return <p className="muted">No other request of this operation {words}</p>;
  const median = row.number("p50_ms");
  const ratio = median > 0 ? item.durationMs / median : NaN;
  return (
    <p className="tx-compare" role="status">
      Median {duration(median)}, p95 {duration(row.number("p95_ms"))} over {count(calls)} requests{" "}
      {words}.{" "}
      {Number.isFinite(ratio) && (
        <strong className={ratio > 2 ? "bad" : ""}>
          This one took {Number(ratio.toPrecision(2))} × the median.
        </strong>
      )}
    </p>
  );
}
