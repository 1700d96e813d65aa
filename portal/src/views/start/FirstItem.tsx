/** The newest thing that came, and the way to it. */

import type { Resource } from "../../lib/api";
import { ago } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";

const AROUND_MS = 60_000;

export function FirstItem({ resource, at }: { resource: Resource; at: number }) {
  const { search } = useAddress();
  const over = { start: at - AROUND_MS, end: at + AROUND_MS };
  const tile = useTile("search.items", resource.app_id, { over });
  const item = tile.data ? records(tile.data)[0] : undefined;
  if (!item) return null;
  const title = item.text("name") || item.text("message") || item.text("outerMessage");
  const operation = item.text("operation_Id");
  const when = item.instant("timestamp");
  return (
    <p className="first-item">
      <span className="muted">{item.text("itemType")}</span> <strong>{title}</strong>{" "}
      <span className="muted">{ago(when, Date.now())}</span>
      {operation && (
        <Link
          className="button button-small"
          href={transactionPath(resource.app_id, operation, search, {
            t: new Date(when).toISOString(),
            item: item.text("id") || item.text("itemId"),
          })}
        >
          Open it
        </Link>
      )}
    </p>
  );
}
