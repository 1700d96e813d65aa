/** Over which time a rule looks, how often, and how long it waits for what comes late. */

import { Check } from "../../parts/Check";
import { Choice } from "../../parts/Choice";
import { fittingSpans, SPANS } from "./rule";
import type { PartProps } from "./RuleEditor";

const CLOSINGS: Record<string, string> = { PT0S: "at once", ...SPANS };
const MUTES: Record<string, string> = {
  "": "at every evaluation that is met",
  ...Object.fromEntries(Object.entries(SPANS).map(([span, text]) => [span, `after ${text}`])),
};

export function Timing({ form, change }: PartProps) {
  return (
    <section className="card form rule-wide" aria-label="When it fires">
      <h2>2 · When it fires</h2>
      <div className="timing">
        <Choice
          label="Over the last"
          value={form.window}
          choices={SPANS}
          choose={(window) => change(fittingSpans(form, { window }))}
        />
        <Choice
          label="Looked at every"
          value={form.every}
          choices={SPANS}
          choose={(every) => change(fittingSpans(form, { every }))}
        />
        <Choice
          label="Waits for late telemetry"
          value={form.closes}
          choices={CLOSINGS}
          choose={(closes) => change({ closes })}
        />
        {form.kind === "log" && !form.autoResolve && (
          <Choice
            label="Fires anew"
            value={form.mute}
            choices={MUTES}
            choose={(mute) => change({ mute })}
          />
        )}
      </div>
      <div className="field">
        <Check checked={form.autoResolve} onChange={(autoResolve) => change({ autoResolve })}>
          Resolve by itself, after three healthy evaluations
        </Check>
      </div>
    </section>
  );
}
