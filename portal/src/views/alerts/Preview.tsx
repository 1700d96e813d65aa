/** What a rule would have done lately: its values, the threshold, and when it would have fired. */

import { useEffect, useMemo, useState } from "react";
import type { ApiError } from "../../lib/api";
import { plain } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { asApiError } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { ErrorBox } from "../../ui/ErrorBox";
import { backTest, type BackTest } from "./alerts";
import type { Document } from "./rule";
import { splitText } from "./words";

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 500;
const MOST_LINES = 5;
const SHORT_STEPS = new Set(["PT10S", "PT30S"]);

interface PreviewProps {
  app: string;
  /** Null while the rule is not whole. */
  rule: Document | null;
}

interface Held {
  of: string;
  data: BackTest | null;
  error: ApiError | null;
}

export function Preview({ app, rule }: PreviewProps) {
  const asked = rule ? JSON.stringify(rule) : "";
  const [held, setHeld] = useState<Held>({ of: "", data: null, error: null });
  const [round, setRound] = useState(0);
  const every = rule?.properties.evaluationFrequency;
  const step = typeof every === "string" ? every : "";
  const hours = SHORT_STEPS.has(step) ? 2 : 24;

  useEffect(() => {
    if (!asked) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const end = new Date();
      const start = new Date(end.getTime() - hours * HOUR_MS);
      backTest(app, JSON.parse(asked) as unknown, start, end, controller.signal).then(
        (data) => setHeld({ of: asked, data, error: null }),
        (problem: unknown) => {
          if (!controller.signal.aborted) {
            setHeld({ of: asked, data: null, error: asApiError(problem) });
          }
        },
      );
    }, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [app, asked, hours, round]);

  const waits = asked !== "" && held.of !== asked;
  return (
    <section className="card preview" aria-label="What it would have done" aria-busy={waits}>
      <h2>The last {hours} hours</h2>
      <div className="progress" data-on={waits} />
      {!asked && <p className="empty-tile muted">What the rule goes by is not whole yet</p>}
      {asked && held.error && held.of === asked && (
        <ErrorBox error={held.error} retry={() => setRound((n) => n + 1)} />
      )}
      {asked && held.data && <Drawn test={held.data} hours={hours} dimmed={waits} />}
      {waits && !held.data && <div className="skeleton" />}
    </section>
  );
}

function Drawn({ test, hours, dimmed }: { test: BackTest; hours: number; dimmed: boolean }) {
  const { zone } = useRange();
  const picture = useMemo(() => pictureOf(test), [test]);
  const times = test.firings.length;
  const said =
    times === 0
      ? `It would not have fired in the last ${hours} hours.`
      : `It would have fired ${times === 1 ? "once" : `${times} times`} in the last ${hours} hours.`;
  return (
    <div className={dimmed ? "dimmed" : undefined}>
      <p className={times ? "fires" : "good"} role="status">
        {said}
        {test.isPartial && " Only a part of that time could be looked at."}
      </p>
      {test.hint && <p className="muted small">{test.hint}</p>}
      {picture.x.length > 0 ? (
        <Chart
          x={picture.x}
          extent={picture.extent}
          zone={zone}
          series={picture.series}
          height={220}
          connected={false}
          label={`Values of the rule and its threshold over the last ${hours} hours. ${said}`}
          format={plain}
        />
      ) : (
        <p className="empty-tile muted">There is nothing to compare in this time</p>
      )}
      {times > 0 && (
        <ul className="plain-list firings" aria-label="When it would have fired">
          {test.firings.slice(-8).reverse().map((firing, index) => (
            <li key={index}>
              <span className="bad" aria-hidden="true">
                ▲
              </span>{" "}
              {dateTime(Date.parse(firing.start), zone, false)} to{" "}
              {firing.end ? dateTime(Date.parse(firing.end), zone, false) : "now"}
              {firing.value !== null && <>, at {plain(firing.value)}</>}
              {firing.split.length > 0 && <span className="muted"> {splitText(firing.split)}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface PictureOf {
  x: number[];
  extent: [number, number];
  series: ChartSeries[];
}

/** Lines of the first combinations, shaded where they fire, with the threshold across. */
export function pictureOf(test: BackTest): PictureOf {
  const ends = [...new Set(test.windows.map((one) => Date.parse(one.end) / 1_000))].sort(
    (a, b) => a - b,
  );
  const place = new Map(ends.map((end, index) => [end, index]));
  const empty = () => ends.map((): number | null => null);
  const lines = new Map<string, (number | null)[]>();
  const shaded = empty();
  const low = empty();
  const high = empty();
  for (const window of test.windows) {
    const at = place.get(Date.parse(window.end) / 1_000) ?? 0;
    const label = splitText(window.split) || "Value";
    if (!lines.has(label) && lines.size >= MOST_LINES) continue;
    const line = lines.get(label) ?? empty();
    lines.set(label, line);
    line[at] = window.value;
    if (window.fires) shaded[at] = Math.max(shaded[at] ?? -Infinity, window.value ?? 0);
    if (lines.size === 1) {
      low[at] = window.low;
      high[at] = window.high;
    }
  }
  const series: ChartSeries[] = [
    { label: "Fires", values: shaded, color: "bad", shape: "area" },
    ...[...lines].map(
      ([label, values], color): ChartSeries => ({ label, values, color, shape: "line" }),
    ),
  ];
  if (test.threshold !== null) {
    const threshold = test.threshold;
    series.push({
      label: "Threshold",
      values: ends.map(() => threshold),
      color: "bad",
      shape: "line",
      dashed: true,
    });
  } else if (high.some((one) => one !== null)) {
    const dashed = { color: 5, shape: "line", dashed: true } as const;
    series.push({ label: "Usual, at least", values: low, ...dashed });
    series.push({ label: "Usual, at most", values: high, ...dashed });
  }
  return { x: ends, extent: [ends[0] ?? 0, ends.at(-1) ?? 1], series };
}
