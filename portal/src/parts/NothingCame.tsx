/** Nothing to show of a view's telemetry: why, and the way to where there is some. */

import { absolute, dateTime } from "../lib/time";
import { records, useTile } from "../lib/useTile";
import { navigate, useAddress, viewPath } from "../shell/address";
import { setRange, useRange } from "../shell/range";
import { useRangeWords } from "../ui/Empty";
import { removeAllFilters, useFilters } from "./filters";
import "./head.css";

interface NothingCameProps {
  app: string;
  /** Plural: "requests". */
  what: string;
}

export function NothingCame({ app, what }: NothingCameProps) {
  const words = useRangeWords();
  const filters = useFilters();
  return (
    <div className="empty-tile nothing-came muted">
      <p>
        No {what} {words}
        {filters.length > 0 && " that the filters let through"}
      </p>
      {filters.length > 0 ? (
        <button type="button" className="button button-small" onClick={removeAllFilters}>
          Remove the filters
        </button>
      ) : (
        <WayOn app={app} />
      )}
    </div>
  );
}

/** To the first event of a resource that was sent nothing; to the last one of a quiet range. */
export function WayOn({ app }: { app: string }) {
  const latest = useTile("overview.latest", app, { rangeless: true });
  const { search, app: name } = useAddress();
  const { span, zone } = useRange();
  if (!latest.data) return null;
  if (latest.data.rows.length === 0) {
    return (
      <>
        <p>Nothing was ever sent to this resource.</p>
        <button
          type="button"
          className="button button-small"
          onClick={() => name && navigate(viewPath(name, "start", search))}
        >
          Getting started
        </button>
      </>
    );
  }
  const last = Math.max(...records(latest.data).map((row) => row.instant("last_seen")));
  if (last >= span.start && last < span.end) return null;
  const width = span.end - span.start;
  return (
    <>
      <p>The last telemetry arrived at {dateTime(last, zone, false)}.</p>
      <button
        type="button"
        className="button button-small"
        onClick={() =>
          setRange(absolute({ start: last - width * 0.9, end: last + width * 0.1 }))
        }
      >
        Go to the last data
      </button>
    </>
  );
}
