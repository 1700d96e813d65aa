/** Chooses a metric: by namespace, or by any part of its name. */

import { useMemo, useState, type KeyboardEvent } from "react";
import { exact } from "../../lib/format";
import { records, useTile } from "../../lib/useTile";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { moveFocus } from "../../ui/Menu";
import { Popover } from "../../ui/Popover";
import {
  counterNamed,
  customNamed,
  KNOWN,
  NAMESPACES,
  type Metric,
  type Namespace,
} from "./catalog";

interface MetricPickerProps {
  app: string;
  chosen: Metric | null;
  choose: (metric: Metric) => void;
}

export function MetricPicker({ app, chosen, choose }: MetricPickerProps) {
  return (
    <div className="metric-field">
      Metric
      <Popover
        label="Choose a metric"
        className="button metric-button"
        button={
          <>
            <span className="clip">
              {chosen ? (
                <>
                  <span className="muted">{NAMESPACES[chosen.namespace]} · </span>
                  {chosen.title}
                </>
              ) : (
                "Choose…"
              )}
            </span>
            <Icon name="chevron" size={12} />
          </>
        }
      >
        {(close) => (
          <Choices
            app={app}
            first={chosen?.namespace ?? "standard"}
            choose={(metric) => {
              close();
              choose(metric);
            }}
          />
        )}
      </Popover>
    </div>
  );
}

interface Choice {
  metric: Metric;
  note: string;
}

interface ChoicesProps {
  app: string;
  first: Namespace;
  choose: (metric: Metric) => void;
}

function Choices({ app, first, choose }: ChoicesProps) {
  const [namespace, setNamespace] = useState<Namespace>(first);
  const [text, setText] = useState("");
  const names = useTile("metrics.names", app);
  const all = useMemo<Choice[]>(() => {
    const sent = names.data ? records(names.data) : [];
    return [
      ...KNOWN.map((metric) => ({ metric, note: metric.group })),
      ...sent.map((row) => ({
        metric: (row.text("namespace") === "custom" ? customNamed : counterNamed)(row.text("name")),
        note: `${exact(row.number("samples"))} values`,
      })),
    ];
  }, [names.data]);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter(({ metric }) => {
    if (!words.length) return metric.namespace === namespace;
    const name = `${metric.title} ${metric.id}`.toLowerCase();
    return words.every((word) => name.includes(word));
  });
  const waits = names.loading && !names.data;
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement && found[0]) {
      event.preventDefault();
      choose(found[0].metric);
    } else if (event.key === "ArrowDown" && event.target instanceof HTMLInputElement) {
      event.preventDefault();
      event.currentTarget.querySelector<HTMLElement>(".metric-choices button")?.focus();
    }
  };
  return (
    <div className="metric-picker" onKeyDown={onKey}>
      <input
        className="input"
        type="search"
        autoFocus
        placeholder="Find a metric by its name"
        aria-label="Find a metric by its name"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {!words.length && (
        <label className="metric-field">
          Namespace
          <select
            className="input"
            value={namespace}
            onChange={(event) => setNamespace(event.target.value as Namespace)}
          >
            {Object.entries(NAMESPACES).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      {names.error && <ErrorBox error={names.error} retry={names.retry} />}
      <div className="metric-choices" role="group" aria-label="Metrics" onKeyDown={moveFocus}>
        {found.map(({ metric, note }) => (
          <button
            key={`${metric.namespace} ${metric.id}`}
            type="button"
            className="menu-item"
            title={metric.id}
            onClick={() => choose(metric)}
          >
            <span>
              <span className="clip">{metric.title}</span>
              {metric.title !== metric.id && <span className="muted small clip">{metric.id}</span>}
            </span>
            <span className="muted small">{words.length ? NAMESPACES[metric.namespace] : note}</span>
          </button>
        ))}
        {found.length === 0 && (
          <p className="muted pad" role="status">
            {waits
              ? "Looking…"
              : words.length
                ? `No metric is called “${text}” in this range`
                : `No ${NAMESPACES[namespace].toLowerCase()} metrics in this range`}
          </p>
        )}
      </div>
    </div>
  );
}
