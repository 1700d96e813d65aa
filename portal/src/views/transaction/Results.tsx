/** The list that the transaction was opened from, docked beside it. */

import { duration } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { setParameters, transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { Icon } from "../../ui/Icon";
import { moveFocus } from "../../ui/Menu";
import { readVia, type Via } from "../../parts/via";

const SHOWN = 100;

export function Results({ app, operationId }: { app: string; operationId: string }) {
  const { search } = useAddress();
  const via = readVia(search.get("via"));
  if (!via) return null;
  return <Docked app={app} operationId={operationId} via={via} />;
}

interface DockedProps {
  app: string;
  operationId: string;
  via: Via;
}

function Docked({ app, operationId, via }: DockedProps) {
  const { app: name, search } = useAddress();
  const { zone } = useRange();
  const list = useTile(via.tile, app, {
    parameters: via.parameters,
    filters: via.filters ?? [],
  });
  if (!list.data || !name) return null;
  const rows = records(list.data).slice(0, SHOWN);
  return (
    <nav className="card tx-results" aria-label="Samples">
      <div className="row tx-results-head">
        <h2>Samples</h2>
        <button
          type="button"
          className="button button-icon button-plain"
          aria-label="Close the samples"
          onClick={() => setParameters({ via: null }, true)}
        >
          <Icon name="close" size={14} />
        </button>
      </div>
      <ol onKeyDown={moveFocus}>
        {rows.map((row, index) => {
          const operation = row.text("operation_Id");
          const own = {
            t: row.text("timestamp"),
            item: row.text("id") || row.text("itemId"),
            via: search.get("via") ?? "",
          };
          return (
            <li key={index}>
              <Link
                href={transactionPath(name, operation, search, own)}
                aria-current={operation === operationId ? "true" : undefined}
              >
                <span className="clip">{row.text("name") || row.text("message")}</span>
                <span className="muted">
                  {dateTime(row.instant("timestamp"), zone).slice(11)}
                  {Number.isFinite(row.number("duration"))
                    ? ` · ${duration(row.number("duration"))}`
                    : ""}
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
