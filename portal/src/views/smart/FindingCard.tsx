/** One finding: what, how sure, since when; opened it shows its chart and what lies behind it. */

import { useState } from "react";
import { dateTime, minuteText } from "../../lib/time";
import { may, useSession } from "../../lib/session";
import { showInLogs } from "../../parts/openInLogs";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { Icon } from "../../ui/Icon";
import { Behind } from "./Behind";
import { FindingChart } from "./FindingChart";
import { MuteDialog } from "./MuteDialog";
import { NotUsefulDialog } from "./NotUsefulDialog";
import { percentOf, valueText } from "./words";
import type { Finding } from "./findings";

interface FindingCardProps extends ViewProps {
  finding: Finding;
  open: boolean;
  toggle: (open: boolean) => void;
  changed: () => void;
}

export function FindingCard({ resource, finding, open, toggle, changed }: FindingCardProps) {
  const { zone } = useRange();
  const [asking, setAsking] = useState<"mute" | "useless" | null>(null);
  const session = useSession();
  const locked = session !== null && !may(session, "write", resource.app_id);
  const body = `finding-${finding.id}`;
  const until = finding.state === "resolved" ? dateTime(Date.parse(finding.end), zone) : "now";
  const done = () => {
    setAsking(null);
    changed();
  };
  return (
    <section className="card finding" aria-label={`${finding.title}: ${finding.about || "all"}`}>
      <h2 className="finding-head">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={body}
          onClick={() => toggle(!open)}
        >
          <Icon name={finding.state === "resolved" ? "check" : "warning"} />
          <span className={finding.state === "active" ? "finding-title bad" : "finding-title"}>
            {finding.title}
          </span>
          {finding.about && (
            <span className="clip" title={finding.about}>
              {finding.about}
            </span>
          )}
        </button>
      </h2>
      <p className="finding-line muted">
        <span>
          {dateTime(Date.parse(finding.start), zone, false)} – {until}
        </span>
        <span>
          {valueText(finding, finding.expected)} → <strong>{valueText(finding, finding.value)}</strong>{" "}
          ({finding.effect})
        </span>
        <span>confidence {finding.confidence}</span>
        {finding.state !== "active" && <span>{finding.state}</span>}
        {finding.endedBecause && <span>{finding.endedBecause}</span>}
      </p>
      {open && (
        <div className="finding-body" id={body}>
          <p>{finding.summary}.</p>
          {finding.worstStart && (
            <p className="muted">
              Worst from {minuteText(Date.parse(finding.worstStart), zone)} to{" "}
              {minuteText(Date.parse(finding.worstEnd), zone)}; the figures are of then.
            </p>
          )}
          {finding.joined.length > 1 && (
            <p>
              Together: <strong>{finding.joined.map(([key, value]) => `${key} = ${value}`).join(", ")}</strong>
            </p>
          )}
          <FindingChart app={resource.app_id} finding={finding} />
          <Behind finding={finding} />
          <div className="row finding-deeds">
            <button
              type="button"
              className="button"
              title={finding.kql}
              onClick={() => showInLogs(resource.app_id, finding.kql)}
            >
              <Icon name="logs" /> Open in Logs
            </button>
            <button
              type="button"
              className="button"
              disabled={locked || finding.state === "resolved"}
              onClick={() => setAsking("useless")}
            >
              Not useful
            </button>
            <button
              type="button"
              className="button"
              disabled={locked}
              onClick={() => setAsking("mute")}
            >
              Mute like this
            </button>
            <span className="muted small">
              learned from {finding.days < 1 ? "less than a day" : `${Math.round(finding.days)} days`}
              , {percentOf(finding)}
            </span>
          </div>
        </div>
      )}
      {asking === "mute" && (
        <MuteDialog
          resource={resource}
          finding={finding}
          onClose={() => setAsking(null)}
          done={done}
        />
      )}
      {asking === "useless" && (
        <NotUsefulDialog
          resource={resource}
          finding={finding}
          onClose={() => setAsking(null)}
          done={done}
        />
      )}
    </section>
  );
}
