/** The detectors: on or off, how sensitive, whom to tell, and what is muted. */

import { useState } from "react";
import { dateTime } from "../../lib/time";
import { may, useSession } from "../../lib/session";
import { Check } from "../../parts/Check";
import { TextArea } from "../../parts/TextArea";
import { useDoing, useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { ErrorBox } from "../../ui/ErrorBox";
import { detectorsOf, setDetector, unmute, type Detector, type Mute } from "./findings";

const SENSITIVITIES = ["low", "medium", "high"] as const;

export function Detectors({ resource }: ViewProps) {
  const reply = useReply(`${resource.app_id} detectors`, detectorsOf(resource));
  const session = useSession();
  const locked = session !== null && !may(session, "write", resource.app_id);
  if (reply.error && !reply.data) return <ErrorBox error={reply.error} retry={reply.reload} />;
  if (!reply.data) return <div className="skeleton smart-skeleton" />;
  return (
    <>
      {locked && <p className="muted">You may look at this resource, not change it.</p>}
      <ul className="detectors" aria-label="Detectors">
        {reply.data.detectors.map((one) => (
          <li key={one.id} className="card">
            <DetectorForm
              resource={resource}
              detector={one}
              locked={locked}
              changed={reply.reload}
            />
          </li>
        ))}
      </ul>
    </>
  );
}

interface DetectorProps extends ViewProps {
  detector: Detector;
  locked: boolean;
  changed: () => void;
}

function DetectorForm({ resource, detector, locked, changed }: DetectorProps) {
  const [groups, setGroups] = useState(detector.actionGroups.join("\n"));
  const doing = useDoing();
  const set = (change: Parameters<typeof setDetector>[2]) =>
    void doing
      .run(() => setDetector(resource, detector.id, change))
      .then((worked) => worked && changed());
  const named = groups
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return (
    <section className="detector" aria-label={detector.title}>
      <header>
        <h2>{detector.title}</h2>
        <p className="muted small">{detector.promise}</p>
      </header>
      <div className="detector-choices">
        <Check
          checked={detector.enabled}
          disabled={locked || doing.busy}
          onChange={(enabled) => set({ enabled })}
        >
          On
        </Check>
        <label>
          Sensitivity{" "}
          <select
            className="input"
            value={detector.sensitivity}
            disabled={locked || doing.busy || !detector.enabled}
            onChange={(event) =>
              set({ sensitivity: event.target.value as Detector["sensitivity"] })
            }
          >
            {SENSITIVITIES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <details>
        <summary>
          {detector.actionGroups.length
            ? `Tells ${detector.actionGroups.length} action ${detector.actionGroups.length === 1 ? "group" : "groups"}`
            : "Tells nobody: it is in the list of alerts and on Overview"}
        </summary>
        <div className="field">
          <TextArea
            label="Action groups, one resource id a line"
            rows={2}
            value={groups}
            disabled={locked}
            onChange={setGroups}
          />
          <button
            type="button"
            className="button button-small"
            disabled={locked || doing.busy}
            onClick={() => set({ actionGroups: named })}
          >
            Save
          </button>
        </div>
      </details>
      {detector.mutes.length > 0 && (
        <ul className="plain mutes" aria-label={`Mutes of ${detector.title}`}>
          {detector.mutes.map((one) => (
            <MuteLine key={one.id} resource={resource} mute={one} locked={locked} changed={changed} />
          ))}
        </ul>
      )}
      {doing.error && <ErrorBox error={doing.error} />}
    </section>
  );
}

function MuteLine({
  resource,
  mute,
  locked,
  changed,
}: ViewProps & { mute: Mute; locked: boolean; changed: () => void }) {
  const { zone } = useRange();
  const doing = useDoing();
  const parts = [
    mute.about,
    ...Object.entries(mute.values).map(([key, value]) => `${key} = ${value}`),
  ].filter(Boolean);
  const text = parts.join(", ") || "all of it";
  return (
    <li>
      <span className="clip" title={text}>
        muted: {text}
      </span>
      <span className="muted small">
        until {dateTime(Date.parse(mute.until), zone, false)}
        {mute.who && `, by ${mute.who}`}
      </span>
      <button
        type="button"
        className="button button-small"
        disabled={locked || doing.busy}
        aria-label={`End the mute of ${text}`}
        onClick={() =>
          void doing.run(() => unmute(resource, mute.id)).then((worked) => worked && changed())
        }
      >
        End
      </button>
    </li>
  );
}
