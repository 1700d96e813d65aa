/** Says that telemetry came and was not taken; nothing when all was. */

import type { Resource } from "../lib/api";
import { exact } from "../lib/format";
import { useAddress, viewPath } from "../shell/address";
import { Link } from "../shell/Link";
import { Icon } from "../ui/Icon";
import { itemsOf, rejected } from "./rejected";
import { useReply } from "./useReply";

const EVERY_MS = 30_000;

export function RejectedBar({ resource }: { resource: Resource }) {
  const { search } = useAddress();
  const { data } = useReply(resource.app_id, rejected(resource), EVERY_MS);
  const sum = data ? itemsOf(data) : 0;
  if (!data || !sum) return null;
  const reasons = data.lastHour.map((one) => `${exact(one.items)} ${one.reason}`).join(", ");
  return (
    <p className="empty" role="status">
      <Icon name="warning" />
      <span>
        {exact(sum)} {sum === 1 ? "item was" : "items were"} rejected in the last hour: {reasons}
      </span>
      <Link href={viewPath(resource.app_id, "settings/senders", search)}>Senders</Link>
    </p>
  );
}
