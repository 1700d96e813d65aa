/** Nothing to show, and which kind of nothing. */

import { rangeLabel } from "../lib/time";
import { useRange } from "../shell/range";
import { Icon } from "./Icon";

interface EmptyProps {
  title: string;
  action?: string;
  run?: () => void;
}

/** A line with one way out. */
export function Empty({ title, action, run }: EmptyProps) {
  return (
    <p className="empty" role="status">
      {title}
      {action && (
        <button type="button" className="button button-small" onClick={run}>
          {action}
        </button>
      )}
    </p>
  );
}

/** Words for the range in a sentence: "in the last 4 hours", "in this range". */
export function useRangeWords(): string {
  const { range, zone, span } = useRange();
  const label = rangeLabel(range, zone, span.end);
  return label.startsWith("Last") ? `in the ${label.toLowerCase()}` : "in this range";
}

/** The range holds none of these. */
export function NothingHere({ what }: { what: string }) {
  const words = useRangeWords();
  return (
    <p className="empty-tile muted">
      No {what} {words}
    </p>
  );
}

/** The range holds none of these, and that is good news. */
export function NothingWrong({ what }: { what: string }) {
  const words = useRangeWords();
  return (
    <p className="empty-tile good">
      <Icon name="check" /> No {what} {words}
    </p>
  );
}
