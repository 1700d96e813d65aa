/** Who sends, with which SDK, and what was not taken of it. */

import { exact } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { Rejected } from "../../parts/Rejected";
import { itemsOf, rejected, type RejectedItems } from "../../parts/rejected";
import { useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { List, type ListColumn } from "../../ui/List";
import type { TabProps } from "./Settings";

const EVERY_MS = 15_000;

export function Senders({ resource }: TabProps) {
  const tile = useTile("settings.senders", resource.app_id, { rangeless: true, everyMs: EVERY_MS });
  const found = useReply(resource.app_id, rejected(resource), EVERY_MS);
  const { zone } = useRange();
  const columns: ListColumn[] = [
    { label: "Role", wide: true, cell: (row) => row.text("cloud_RoleName") || "(no role)" },
    { label: "SDK", cell: (row) => row.text("sdkVersion") || "(not told)" },
    { label: "Items, 24 h", number: true, cell: (row) => exact(row.number("items")) },
    {
      label: "Last seen",
      number: true,
      cell: (row) => ago(row.instant("last_seen"), Date.now()),
      title: (row) => dateTime(row.instant("last_seen"), zone),
    },
  ];
  return (
    <>
      <Card
        title="Who sends"
        tile={tile}
        empty={<p className="empty-tile muted">Nobody has sent in the last 24 hours</p>}
      >
        <List rows={tile.data ? records(tile.data) : []} columns={columns} />
      </Card>
      <section className="card" aria-label="Rejected items">
        <h2>Rejected items</h2>
        {found.error && <ErrorBox error={found.error} retry={found.reload} />}
        {!found.data && !found.error && <div className="skeleton" />}
        {found.data && <Sums told={found.data} label="Rejected items" />}
        <p className="muted small">
          Counted since the server started. What sampling leaves out is not rejected.
        </p>
      </section>
      {found.data?.ofNobody && found.data.ofNobody.recent.length > 0 && (
        <section className="card" aria-label="Items of nobody">
          <h2>Items that name no resource of this server</h2>
          <p className="muted">
            Their instrumentation key is unknown, or the body could not be read. They may belong to
            any application.
          </p>
          <Sums told={found.data.ofNobody} label="Items of nobody" />
        </section>
      )}
    </>
  );
}

function Sums({ told, label }: { told: RejectedItems; label: string }) {
  const sum = itemsOf(told);
  if (!told.recent.length) {
    return (
      <p className="good">
        <Icon name="check" /> Nothing was rejected
      </p>
    );
  }
  return (
    <>
      <p>
        {sum
          ? `${exact(sum)} in the last hour: ` +
            told.lastHour.map((one) => `${exact(one.items)} ${one.reason}`).join(", ")
          : "None in the last hour."}
      </p>
      <Rejected told={told} label={label} />
    </>
  );
}
