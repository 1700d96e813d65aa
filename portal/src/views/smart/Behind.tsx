/** What changed, what else went wrong, and samples to open. */

import { dateTime } from "../../lib/time";
import { count, duration, percent } from "../../lib/format";
import { transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { points } from "./words";
import type { Finding } from "./findings";

export function Behind({ finding }: { finding: Finding }) {
  const { zone } = useRange();
  return (
    <div className="behind">
      <section aria-label="What changed">
        <h3>What changed</h3>
        {finding.changed.length + finding.versions.length === 0 && (
          <p className="muted">Nothing sets them apart.</p>
        )}
        <ol className="plain">
          {finding.versions.map((one) => (
            <li key={`${one.role} ${one.version}`}>
              <strong>
                version {one.version}
              </strong>{" "}
              of {one.role || "(no role)"} came at {dateTime(Date.parse(one.first_seen), zone, false)}
            </li>
          ))}
          {finding.changed.map((one) => (
            <li key={`${one.key} ${one.value}`} className="changed">
              <span className="clip" title={`${one.key} = ${one.value}`}>
                {one.key} = <strong>{one.value}</strong>
              </span>
              <span
                className="muted"
                title={`${percent(100 * one.support)} of them, ${percent(100 * one.in_rest)} of the others; lift ${one.lift}`}
              >
                {points(one.points)}
              </span>
              <meter min={0} max={1} value={one.support} aria-label={`${one.value}: share of them`} />
            </li>
          ))}
        </ol>
      </section>
      <section aria-label="Related">
        <h3>Related</h3>
        {finding.related.length === 0 && <p className="muted">Nothing else failed at that time.</p>}
        <ul className="plain">
          {finding.related.map((one) => (
            <li key={`${one.kind} ${one.name}`}>
              {one.kind} <strong>{one.name}</strong> <span className="muted">× {count(one.items)}</span>
              {one.detail && (
                <span className="muted clip" title={one.detail}>
                  {" "}
                  {one.detail}
                </span>
              )}
            </li>
          ))}
        </ul>
      </section>
      <Samples finding={finding} />
    </div>
  );
}

function Samples({ finding }: { finding: Finding }) {
  const { app, search } = useAddress();
  const { zone } = useRange();
  return (
    <section aria-label="Samples">
      <h3>Samples</h3>
      {finding.samples.length === 0 && <p className="muted">There are none.</p>}
      <ul className="plain">
        {finding.samples.map((one) => (
          <li key={one.item_id}>
            {one.operation_id && app ? (
              <Link
                href={transactionPath(app, one.operation_id, search, {
                  item: one.item_id,
                  t: one.time,
                })}
              >
                {dateTime(Date.parse(one.time), zone)}
              </Link>
            ) : (
              dateTime(Date.parse(one.time), zone)
            )}{" "}
            {one.name} {one.code}{" "}
            {one.duration_ms !== null && <span className="muted">{duration(one.duration_ms)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
