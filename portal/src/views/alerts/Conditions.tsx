/** The conditions of a rule: what each measures, what it holds that against, and by what it is split. */

import { TextField } from "../../parts/TextField";
import { useReply } from "../../parts/useReply";
import { Icon } from "../../ui/Icon";
import { metricNames, type MetricNames } from "./alerts";
import { Choice } from "../../parts/Choice";
import {
  AGGREGATIONS,
  BAND_OPERATORS,
  judgedBy,
  NAMESPACES,
  NEW_CONDITION,
  OPERATORS,
  SENSITIVITIES,
  type Condition,
} from "./condition";
import { Filters } from "./Filters";
import { MOST_CONDITIONS } from "./rule";
import type { PartProps } from "./RuleEditor";

const MOST_PERIODS = 6;

export function Conditions({ resource, form, change }: PartProps) {
  const isMetric = form.kind === "metric";
  const path = isMetric ? metricNames(resource.app_id) : null;
  const names = useReply<MetricNames>(`${resource.app_id} metrics`, path);
  const metrics = names.data?.metrics ?? {};
  const { conditions } = form;
  const set = (next: Condition[]) => change({ conditions: next });
  return (
    <>
      {conditions.map((condition, at) => (
        <fieldset key={at} className="condition">
          <legend className={conditions.length > 1 ? undefined : "sr"}>
            Condition {at + 1}
            {conditions.length > 1 && at === 0 && " (all of them have to be met)"}
          </legend>
          <Fields
            condition={condition}
            metrics={isMetric ? metrics : null}
            hasColumn={form.column.trim() !== ""}
            change={(changes) =>
              set(conditions.map((one, index) => (index === at ? { ...one, ...changes } : one)))
            }
          />
          {conditions.length > 1 && (
            <button
              type="button"
              className="button button-icon condition-leave"
              aria-label={`Remove condition ${at + 1}`}
              title={`Remove condition ${at + 1}`}
              onClick={() => set(conditions.filter((_, index) => index !== at))}
            >
              <Icon name="close" />
            </button>
          )}
        </fieldset>
      ))}
      {isMetric && (
        <button
          type="button"
          className="button"
          disabled={conditions.length >= MOST_CONDITIONS}
          title={
            conditions.length >= MOST_CONDITIONS
              ? `A rule has ${MOST_CONDITIONS} conditions at most`
              : undefined
          }
          onClick={() =>
            set([...conditions, { ...NEW_CONDITION, metric: "", filters: firstFilters(conditions) }])
          }
        >
          <Icon name="plus" /> Add a condition
        </button>
      )}
    </>
  );
}

/** Conditions of a rule are split alike. */
function firstFilters(conditions: Condition[]): Condition["filters"] {
  return (conditions[0]?.filters ?? []).map((one) => ({ ...one, was: {} }));
}

interface FieldsProps {
  condition: Condition;
  /** Null for a query. */
  metrics: MetricNames["metrics"] | null;
  hasColumn: boolean;
  change: (changes: Partial<Condition>) => void;
}

function Fields({ condition, metrics, hasColumn, change }: FieldsProps) {
  const said = metrics?.[condition.metric];
  return (
    <>
      <div className="condition-half">
        {metrics && (
          <>
            <TextField
              label="Metric"
              value={condition.metric}
              autoComplete="off"
              options={Object.keys(metrics)}
              hint={
                said?.displayName ??
                "A metric that a program sends is called customMetrics/ and its name."
              }
              onChange={(metric) => change({ metric })}
            />
            <div className="field-row">
              <Aggregation condition={condition} choices={AGGREGATIONS} change={change} />
              <Choice
                label="Among"
                value={condition.namespace}
                choices={NAMESPACES}
                choose={(namespace) => change({ namespace })}
              />
            </div>
          </>
        )}
        {!metrics && hasColumn && (
          <Aggregation
            condition={condition}
            choices={AGGREGATIONS.filter((one) => one !== "Count")}
            change={change}
          />
        )}
        <Filters
          filters={condition.filters}
          names={said?.supportedGroupBy?.all ?? []}
          example={metrics ? "cloud/roleName" : "cloud_RoleName"}
          change={(filters) => change({ filters })}
        />
      </div>
      <div className="condition-half">
        <Threshold condition={condition} isLog={!metrics} change={change} />
      </div>
    </>
  );
}

type Part = Pick<FieldsProps, "condition" | "change">;

function Aggregation({ condition, choices, change }: Part & { choices: string[] }) {
  const every = Object.fromEntries(choices.map((one) => [one, one]));
  const usual = condition.aggregation ? {} : { "": "As usual for the metric" };
  return (
    <Choice
      label="Aggregation"
      value={condition.aggregation}
      choices={{ ...usual, ...every }}
      choose={(aggregation) => change({ aggregation })}
    />
  );
}

function Threshold({ condition, isLog, change }: Part & { isLog: boolean }) {
  const { dynamic } = condition;
  return (
    <>
      <div className="field-row">
        <Choice
          label="Threshold"
          value={dynamic ? "dynamic" : "static"}
          choices={{ static: "A number", dynamic: "What is usual, learned from history" }}
          choose={(kind) => change(judgedBy(kind === "dynamic"))}
        />
        <Choice
          label="The value"
          value={condition.operator}
          choices={dynamic ? BAND_OPERATORS : OPERATORS}
          choose={(operator) => change({ operator })}
        />
      </div>
      {dynamic ? (
        <div className="field-row">
          <Choice
            label="Sensitivity"
            value={condition.sensitivity}
            choices={SENSITIVITIES}
            choose={(sensitivity) => change({ sensitivity })}
          />
          <TextField
            label="Leave out history before"
            value={condition.ignoreBefore}
            placeholder="2026-01-31T00:00:00Z"
            autoComplete="off"
            onChange={(ignoreBefore) => change({ ignoreBefore })}
          />
        </div>
      ) : (
        <TextField
          label="Number"
          value={condition.threshold}
          inputMode="decimal"
          autoComplete="off"
          onChange={(threshold) => change({ threshold })}
        />
      )}
      {(dynamic || isLog) && (
        <div className="field-row">
          <Choice
            label="Windows that have to fail"
            value={condition.failing}
            choices={upTo(Number(condition.of))}
            choose={(failing) => change({ failing })}
          />
          <Choice
            label="Of the last"
            value={condition.of}
            choices={upTo(MOST_PERIODS)}
            choose={(of) => {
              const failing = String(Math.min(Number(of), Number(condition.failing)));
              change({ of, failing });
            }}
          />
        </div>
      )}
    </>
  );
}

function upTo(most: number): string[] {
  return Array.from({ length: most }, (_, index) => String(index + 1));
}
