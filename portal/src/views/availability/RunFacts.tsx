/** What a run found: whether it passed, why, how long its parts took, and its steps. */

import { duration } from "../../lib/format";
import { Icon } from "../../ui/Icon";
import type { RunShown } from "./tests";

const PARTS: [string, string][] = [
  ["dns", "Find the address"],
  ["connect", "Connect"],
  ["tls", "TLS handshake"],
  ["firstByte", "First byte"],
  ["whole", "Whole"],
];

export function RunFacts({ run }: { run: RunShown }) {
  const whole = Math.max(run.duration, run.timings.whole ?? 0, 0.001);
  const parts = PARTS.filter(([part]) => run.timings[part] !== undefined);
  return (
    <div className="run-facts" role="status">
      <p className={run.passed ? "good" : "bad"}>
        <Icon name={run.passed ? "check" : "failed"} /> {run.passed ? "Passed" : "Failed"} in{" "}
        {duration(run.duration)}
      </p>
      <p className="run-message">{run.message}</p>
      {parts.length > 0 && (
        <table className="table run-parts" aria-label="Timings">
          <tbody>
            {parts.map(([part, label]) => (
              <tr key={part}>
                <th scope="row">{label}</th>
                <td className="number">{duration(run.timings[part] ?? 0)}</td>
                <td className="run-bar">
                  <i
                    style={
                      {
                        "--share": `${(100 * (run.timings[part] ?? 0)) / whole}%`,
                      } as React.CSSProperties
                    }
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {run.certificateDaysLeft !== null && (
        <p className={run.certificateDaysLeft < 14 ? "bad" : "muted"}>
          The certificate ends in {Math.round(run.certificateDaysLeft)} days.
        </p>
      )}
      {run.steps.length > 1 && (
        <ol className="run-steps" aria-label="Steps">
          {run.steps.map((step, index) => (
            <li key={index}>
              <span className={step.message ? "bad" : "good"}>
                <Icon name={step.message ? "failed" : "check"} size={12} />
              </span>
              <span className="clip" title={step.name}>
                {step.name}
              </span>
              <span className="muted">{step.status || ""}</span>
              <b>{duration(step.duration)}</b>
              {step.message && <span className="bad run-step-message">{step.message}</span>}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
