/** What a chart shows: metric, aggregation, filters, split, comparison and kind of picture. */

import { useMemo, useState, type SyntheticEvent } from "react";
import { records, useTile } from "../../lib/useTile";
import { dimensionLabel, filterText, parseFilter } from "../../parts/filters";
import { NewFilter } from "../../parts/NewFilter";
import { Chip } from "../../parts/ViewHead";
import { Icon, type IconName } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { AGGREGATIONS, type Aggregation, type Metric } from "./catalog";
import { firstAggregation, KINDS, type ChartState, type Kind } from "./charts";
import { MetricPicker } from "./MetricPicker";

interface ControlsProps {
  app: string;
  chart: ChartState;
  metric: Metric | null;
  change: (changes: Partial<ChartState>) => void;
}

const ICONS: Record<Kind, IconName> = {
  line: "chart",
  area: "live",
  bar: "metrics",
  table: "table",
};

export function Controls({ app, chart, metric, change }: ControlsProps) {
  return (
    <div className="metric-controls">
      <MetricPicker
        app={app}
        chosen={metric}
        choose={(one) =>
          change({
            namespace: one.namespace,
            metric: one.id,
            aggregation: firstAggregation(one),
            split: one.namespace === chart.namespace ? chart.split : "",
          })
        }
      />
      {metric && (
        <>
          <label className="metric-field">
            Aggregation
            <select
              className="input"
              value={chart.aggregation}
              onChange={(event) => change({ aggregation: event.target.value as Aggregation })}
            >
              {Object.keys(metric.aggregations).map((name) => (
                <option key={name} value={name}>
                  {AGGREGATIONS[name as Aggregation]}
                </option>
              ))}
            </select>
          </label>
          <Split app={app} metric={metric} now={chart.split} choose={(split) => change({ split })} />
          <button
            type="button"
            className="button"
            aria-pressed={chart.compare}
            title="Draw the period before beside it"
            onClick={() => change({ compare: !chart.compare })}
          >
            Compare: previous period
          </button>
          <div className="joined" role="group" aria-label="Shown as">
            {KINDS.map((kind) => (
              <button
                key={kind}
                type="button"
                className="button button-icon"
                aria-pressed={kind === chart.kind}
                aria-label={kind}
                title={kind}
                onClick={() => change({ kind })}
              >
                <Icon name={ICONS[kind]} />
              </button>
            ))}
          </div>
          <Filters app={app} chart={chart} change={change} />
        </>
      )}
    </div>
  );
}

function Filters({ app, chart, change }: Omit<ControlsProps, "metric">) {
  return (
    <div className="chips" role="group" aria-label="Filters of this chart">
      {chart.filters.map((text) => {
        const filter = parseFilter(text);
        const remove = () => change({ filters: chart.filters.filter((one) => one !== text) });
        return filter && <Chip key={text} filter={filter} remove={remove} />;
      })}
      <Popover
        label="Add filter to this chart"
        className="button button-small"
        button={
          <>
            <Icon name="plus" size={12} /> Filter
          </>
        }
      >
        {(close) => (
          <NewFilter
            app={app}
            add={(filter) => {
              close();
              const others = chart.filters.filter((one) => one !== filterText(filter));
              change({ filters: [...others, filterText(filter)] });
            }}
          />
        )}
      </Popover>
    </div>
  );
}

interface SplitProps {
  app: string;
  metric: Metric;
  now: string;
  choose: (dimension: string) => void;
}

const PROPERTY = "property";

function Split({ app, metric, now, choose }: SplitProps) {
  const [asking, setAsking] = useState(false);
  const keys = useKeys(app, metric);
  const known = [...metric.dimensions, ...keys];
  const listed = now && !known.includes(now) ? [...known, now] : known;
  const apply = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get("key");
    setAsking(false);
    if (typeof key === "string" && key.trim()) choose(`dim.${key.trim()}`);
  };
  return (
    <>
      <label className="metric-field">
        Split by
        <select
          className="input"
          value={asking ? PROPERTY : now}
          onChange={(event) => {
            setAsking(event.target.value === PROPERTY);
            if (event.target.value !== PROPERTY) choose(event.target.value);
          }}
        >
          <option value="">Nothing</option>
          {listed.map((one) => (
            <option key={one} value={one}>
              {dimensionLabel(one)}
            </option>
          ))}
          <option value={PROPERTY}>Custom property…</option>
        </select>
      </label>
      {asking && (
        <form className="metric-field" onSubmit={apply}>
          <label htmlFor="split-key">Property</label>
          <input id="split-key" className="input" name="key" autoFocus />
        </form>
      )}
    </>
  );
}

/** The keys of customDimensions that tell values of a program's metric apart. */
function useKeys(app: string, metric: Metric): string[] {
  const isCustom = metric.namespace === "custom";
  const tile = useTile("metrics.dimensions", app, {
    parameters: { metric: metric.id },
    ready: isCustom,
  });
  return useMemo(() => {
    if (!isCustom || !tile.data) return [];
    return records(tile.data)
      .map((row) => row.text("key"))
      .filter((key) => !key.startsWith("_"))
      .map((key) => `dim.${key}`);
  }, [tile.data, isCustom]);
}
