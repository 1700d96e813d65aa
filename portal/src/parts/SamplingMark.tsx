/** Says that counts are estimates, and how many items each stored one stands for. */

import { isSampled, ratioText, type Sampling } from "./sampling";

const KINDS = {
  request: "requests",
  dependency: "dependencies",
  exception: "exceptions",
  trace: "traces",
  customEvent: "events",
  pageView: "page views",
};

export function SamplingMark({ sampling }: { sampling: Sampling }) {
  const sampled = Object.entries(KINDS).filter(([type]) => isSampled(sampling(type)));
  if (!sampled.length) return null;
  const each = sampled.map(([type, name]) => `${name} ${ratioText(sampling(type))}`).join(", ");
  const most = Math.max(...sampled.map(([type]) => sampling(type)));
  return (
    <span
      className="note"
      title={`Sampled telemetry: counts with ≈ are estimates. A stored item stands for several: ${each}.`}
    >
      ≈ sampled {sampled.length === 1 ? each : `up to ${ratioText(most)}`}
    </span>
  );
}
