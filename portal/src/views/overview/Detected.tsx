/** What smart detection has found and is not over. */

import { ago, dateTime } from "../../lib/time";
import { useReply } from "../../parts/useReply";
import { useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { findingsOf } from "../smart/findings";

const EVERY_MS = 30_000;
const MOST = 5;

export function Detected({ resource }: ViewProps) {
  const { app, search } = useAddress();
  const { zone } = useRange();
  const reply = useReply(resource.app_id, findingsOf(resource, "active"), EVERY_MS);
  const found = reply.data?.findings ?? [];
  return (
    <section className="card" aria-label="Smart detection" aria-busy={!reply.data && !reply.error}>
      <header className="card-head">
        <h2>Smart detection</h2>
      </header>
      <div className="card-body">
        {reply.error && !reply.data && <ErrorBox error={reply.error} retry={reply.reload} />}
        {reply.data && found.length === 0 && (
          <p className="empty-tile good">
            <Icon name="check" /> Nothing differs from what is usual
          </p>
        )}
        <ul className="detected">
          {found.slice(0, MOST).map((one) => (
            <li key={one.id}>
              <Link href={viewPath(app ?? resource.app_id, "smart", search, { finding: one.id })}>
                <Icon name="warning" /> {one.title}
                {one.about && `: ${one.about}`}
              </Link>
              <span className="muted" title={dateTime(Date.parse(one.start), zone)}>
                {one.effect}, {ago(Date.parse(one.start), Date.now())}
              </span>
            </li>
          ))}
        </ul>
        {found.length > MOST && (
          <Link href={viewPath(app ?? resource.app_id, "smart", search)}>
            {found.length - MOST} more
          </Link>
        )}
      </div>
    </section>
  );
}
