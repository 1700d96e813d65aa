/** What a rule would have done lately: its values, the threshold, and when it would have fired. */

import { useEffect, useMemo, useState } from "react";
import type { ApiError } from "../../lib/api";
import { plain } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { Deployments } from "../../parts/Deployments";
import { asApiError } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { ErrorBox } from "../../ui/ErrorBox";
import { backTest, type BackTest } from "./alerts";
import { conditionText } from "./condition";
import type { RuleForm } from "./rule";
import { alone, type RuleDocument } from "./ruleDocument";
import { splitText } from "./words";

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 500;
const MOST_LINES = 5;
const MOST_FIRINGS = 8;
const SHORT_STEPS = new Set(["PT10S", "PT30S"]);

interface PreviewProps {
  app: string;
  form: RuleForm;
  /** Null while the rule is not whole. */
  document: RuleDocument | null;
}

export function Preview({ app, form, document }: PreviewProps) {
  const hours = SHORT_STEPS.has(form.every) ? 2 : 24;
  const tested = useBackTest(app, document, hours);
  const several = form.conditions.length > 1;
  return (
    <section
      className="card preview"
      aria-label="What it would have done"
      aria-busy={tested.waits}
    >
      <h2>The last {hours} hours</h2>
      <div className="progress" data-on={tested.waits} />
      {!document && <p className="empty-tile muted">What the rule goes by is not whole yet</p>}
      {document && tested.error && <ErrorBox error={tested.error} retry={tested.again} />}
      {document && tested.data && (
        <Drawn app={app} test={tested.data} hours={hours} dimmed={tested.waits} drawn={!several} />
      )}
      {tested.waits && !tested.data && <div className="skeleton" />}
      {/* Where the whole is refused the parts would say the same again. */}
      {document && several && tested.data && !tested.error && (
        <ol className="plain-list previews">
          {form.conditions.map((condition, at) => (
            <Alone
              key={at}
              app={app}
              document={alone(document, at)}
              hours={hours}
              title={`${at + 1}. ${conditionText(condition)}`}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

interface AloneProps {
  app: string;
  document: RuleDocument;
  hours: number;
  title: string;
}

/** One condition of several, by itself. */
function Alone({ app, document, hours, title }: AloneProps) {
  const tested = useBackTest(app, document, hours);
  const times = tested.data?.firings.length ?? 0;
  return (
    <li aria-label={title} aria-busy={tested.waits}>
      <h3>{title}</h3>
      {tested.error && <ErrorBox error={tested.error} retry={tested.again} />}
      {tested.data && (
        <div className={tested.waits ? "dimmed" : undefined}>
          <p className="small">By itself it would have fired {timesText(times)}.</p>
          <Picture app={app} test={tested.data} height={130} label={`Values of ${title}, and its threshold`} />
        </div>
      )}
      {tested.waits && !tested.data && <div className="skeleton" />}
    </li>
  );
}

interface Tested {
  data: BackTest | null;
  error: ApiError | null;
  waits: boolean;
  again: () => void;
}

interface Held {
  of: string;
  data: BackTest | null;
  error: ApiError | null;
}

/** Asks when what is typed has settled; the last answer stays until the next one is there. */
function useBackTest(app: string, document: RuleDocument | null, hours: number): Tested {
  const asked = document ? JSON.stringify({ ...document, tags: {} }) : "";
  const [held, setHeld] = useState<Held>({ of: "", data: null, error: null });
  const [round, setRound] = useState(0);

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
  return {
    data: held.data,
    error: waits ? null : held.error,
    waits,
    again: () => setRound((n) => n + 1),
  };
}

interface DrawnProps {
  app: string;
  test: BackTest;
  hours: number;
  dimmed: boolean;
  /** Whether its values are drawn here. */
  drawn: boolean;
}

function Drawn({ app, test, hours, dimmed, drawn }: DrawnProps) {
  const { zone } = useRange();
  const times = test.firings.length;
  const said =
    times === 0
      ? `It would not have fired in the last ${hours} hours.`
      : `It would have fired ${timesText(times)} in the last ${hours} hours.`;
  return (
    <div className={dimmed ? "dimmed" : undefined}>
      <p className={times ? "fires" : "good"} role="status">
        {said}
        {test.isPartial && " Only a part of that time could be looked at."}
      </p>
      {test.hint && <p className="muted small">{test.hint}</p>}
      {drawn && (
        <Picture
          app={app}
          test={test}
          height={220}
          label={`Values of the rule and its threshold over the last ${hours} hours. ${said}`}
        />
      )}
      {times > 0 && (
        <ul className="plain-list firings" aria-label="When it would have fired">
          {test.firings.slice(-MOST_FIRINGS).reverse().map((firing, index) => (
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
          {times > MOST_FIRINGS && (
            <li className="muted">and {times - MOST_FIRINGS} times before</li>
          )}
        </ul>
      )}
    </div>
  );
}

function timesText(times: number): string {
  if (times === 0) return "never";
  return times === 1 ? "once" : `${times} times`;
}

interface PictureProps {
  app: string;
  test: BackTest;
  height: number;
  label: string;
}

function Picture({ app, test, height, label }: PictureProps) {
  const { zone } = useRange();
  const picture = useMemo(() => pictureOf(test), [test]);
  if (!picture.x.length) {
    return <p className="empty-tile muted">There is nothing to compare in this time</p>;
  }
  return (
    <>
      <Chart
        x={picture.x}
        extent={picture.extent}
        zone={zone}
        series={picture.series}
        height={height}
        connected={false}
        label={label}
        format={plain}
      />
      <Deployments app={app} extent={picture.extent} zone={zone} apart />
    </>
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
