/** Mutes what is like a finding: which parts of it have to be the same, and for how long. */

import { useState } from "react";
import { Check } from "../../parts/Check";
import { useDoing } from "../../parts/useReply";
import type { ViewProps } from "../../shell/views";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import { mute, type Finding } from "./findings";

const HOURS = [
  { label: "1 hour", hours: 1 },
  { label: "1 day", hours: 24 },
  { label: "1 week", hours: 168 },
  { label: "30 days", hours: 720 },
];
const MOST_VALUES = 4;

interface MuteDialogProps extends ViewProps {
  finding: Finding;
  onClose: () => void;
  done: () => void;
}

export function MuteDialog({ resource, finding, onClose, done }: MuteDialogProps) {
  const [sameAbout, setSameAbout] = useState(finding.about !== "");
  const [values, setValues] = useState<string[]>([]);
  const [hours, setHours] = useState(24);
  const doing = useDoing();
  const offered = finding.changed.slice(0, MOST_VALUES);
  const save = () =>
    doing
      .run(() =>
        mute(resource, {
          detector: finding.detector,
          about: sameAbout ? finding.about : null,
          values: Object.fromEntries(
            offered.filter((one) => values.includes(one.key)).map((one) => [one.key, one.value]),
          ),
          hours,
        }),
      )
      .then((worked) => worked && done());
  return (
    <Dialog label="Mute like this" onClose={onClose}>
      <form
        className="dialog-body form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <h2>Mute like this</h2>
        <p>Nobody is told of findings of “{finding.title}” that are like this one:</p>
        <fieldset className="field">
          <legend>What has to be the same</legend>
          <Check checked={sameAbout} disabled={!finding.about} onChange={setSameAbout}>
            {finding.aboutKind} = {finding.about || "(all of them)"}
          </Check>
          {offered.map((one) => (
            <Check
              key={`${one.key} ${one.value}`}
              checked={values.includes(one.key)}
              onChange={(on) =>
                setValues((last) =>
                  on ? [...last, one.key] : last.filter((key) => key !== one.key),
                )
              }
            >
              {one.key} = {one.value}
            </Check>
          ))}
        </fieldset>
        <div className="field">
          <label htmlFor="mute-hours">For</label>
          <select
            id="mute-hours"
            className="input"
            value={hours}
            onChange={(event) => setHours(Number(event.target.value))}
          >
            {HOURS.map((one) => (
              <option key={one.hours} value={one.hours}>
                {one.label}
              </option>
            ))}
          </select>
        </div>
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row">
          <button type="submit" className="button button-primary" disabled={doing.busy}>
            Mute
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
