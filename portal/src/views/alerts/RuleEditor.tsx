/** A rule on one page: what it goes by, when it fires, what that would have meant, who is told. */

import { lazy, Suspense, useState, type SyntheticEvent } from "react";
import { TextField } from "../../parts/TextField";
import { useDoing, useReply } from "../../parts/useReply";
import { ViewHead } from "../../parts/ViewHead";
import { setParameters, useAddress } from "../../shell/address";
import { Empty } from "../../ui/Empty";
import { ErrorBox } from "../../ui/ErrorBox";
import {
  groups,
  metricNames,
  put,
  rules,
  webTests,
  type MetricNames,
  type Rule,
} from "./alerts";
import type { PanelProps } from "./Alerts";
import { Choice, Choices } from "./Choice";
import { Preview } from "./Preview";
import {
  AGGREGATIONS,
  BAND_OPERATORS,
  documentOf,
  fittingSpans,
  formOf,
  hiddenConditions,
  OPERATORS,
  pathOf,
  problemOf,
  readRule,
  SENSITIVITIES,
  SEVERITIES,
  SPANS,
  type RuleForm,
} from "./rule";

const QueryEditor = lazy(() =>
  import("../workbooks/QueryEditor").then((m) => ({ default: m.QueryEditor })),
);

const KINDS = { metric: "Metric", log: "Query (KQL)", availability: "Availability test" };

interface EditorProps extends PanelProps {
  /** Of the rule; "" for a new one. */
  path: string;
}

export function RuleEditor({ resource, locked, path }: EditorProps) {
  const { search } = useAddress();
  const known = useReply(`${resource.app_id} rules`, path ? rules(resource.app_id) : null);
  const rule = known.data?.find((one) => one.id.toLowerCase() === path.toLowerCase()) ?? null;
  const close = () => setParameters({ rule: null, new: null, tab: "rules" });
  if (path && known.error) return <ErrorBox error={known.error} retry={known.reload} />;
  if (path && !known.data) return <div className="skeleton" />;
  if (path && !rule) {
    return <Empty title="There is no such alert rule any more" action="All rules" run={close} />;
  }
  const first = rule ? formOf(rule) : readRule(search.get("new") ?? "");
  return <Form resource={resource} locked={locked} rule={rule} first={first} close={close} />;
}

interface FormProps extends PanelProps {
  rule: Rule | null;
  first: RuleForm;
  close: () => void;
}

function Form({ resource, locked, rule, first, close }: FormProps) {
  const [form, setForm] = useState(first);
  const doing = useDoing();
  const known = useReply("action groups", groups);
  const change = (changes: Partial<RuleForm>) => setForm((last) => ({ ...last, ...changes }));
  const was = rule?.arm.properties;
  const problem = problemOf(form);
  const document = problem ? null : documentOf(form, resource, was);
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    const body = documentOf(form, resource, was);
    const { location, properties } = body;
    const tags = rule?.arm.tags ?? {};
    void doing
      .run(() => put(pathOf(form, resource), { location, tags, properties }, !rule))
      .then((worked) => worked && close());
  };
  return (
    <div className="view alerts">
      <ViewHead title={rule ? rule.name : "New alert rule"} app={resource.app_id} filters={false} />
      {locked && (
        <p className="empty" role="status">
          {locked}
        </p>
      )}
      {rule?.error && (
        <p className="error-box" role="alert">
          It cannot be evaluated: {rule.error}
        </p>
      )}
      <form className="rule-form" onSubmit={save}>
        <fieldset className="rule-parts" disabled={!!locked}>
          <Signal resource={resource} form={form} change={change} isNew={!rule} />
          <Condition resource={resource} form={form} change={change} hidden={hiddenConditions(rule)} />
        </fieldset>
        <Preview app={resource.app_id} rule={document} />
        <fieldset className="rule-parts" disabled={!!locked}>
          <section className="card form" aria-label="Who is told">
            <h2>3 · Who is told</h2>
            <Choice
              label="Severity"
              value={String(form.severity)}
              choices={Object.fromEntries(
                SEVERITIES.map((name, index) => [String(index), `Sev${index} ${name}`]),
              )}
              choose={(severity) => change({ severity: Number(severity) })}
            />
            <Choices
              legend="Action groups"
              chosen={form.groups}
              choices={(known.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
              none="There are no action groups yet: alerts are seen here alone. Make one under Action groups."
              change={(chosen) => change({ groups: chosen })}
            />
            {known.error && <ErrorBox error={known.error} retry={known.reload} />}
            <label className="check">
              <input
                type="checkbox"
                checked={form.autoResolve}
                onChange={(event) => change({ autoResolve: event.target.checked })}
              />
              Resolve by itself
            </label>
          </section>
          <section className="card form" aria-label="Name">
            <h2>4 · Name</h2>
            <TextField
              label="Name of the rule"
              value={form.name}
              disabled={!!rule}
              autoComplete="off"
              onChange={(name) => change({ name })}
            />
            <TextField
              label="Description"
              value={form.description}
              autoComplete="off"
              hint="Is sent along to those who are told."
              onChange={(description) => change({ description })}
            />
          </section>
        </fieldset>
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row rule-end">
          <button
            type="submit"
            className="button button-primary"
            disabled={!!locked || !!problem || !form.name.trim() || doing.busy}
            title={locked || problem || undefined}
          >
            {rule ? "Save the rule" : "Create the rule"}
          </button>
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          {problem && <span className="muted">{problem}</span>}
        </div>
      </form>
    </div>
  );
}

interface PartProps {
  resource: PanelProps["resource"];
  form: RuleForm;
  change: (changes: Partial<RuleForm>) => void;
}

function Signal({ resource, form, change, isNew }: PartProps & { isNew: boolean }) {
  return (
    <section className="card form" aria-label="What it goes by">
      <h2>1 · What it goes by</h2>
      <Choice
        label="Signal"
        value={form.kind}
        choices={KINDS}
        disabled={!isNew}
        choose={(kind) => change({ kind: kind as RuleForm["kind"] })}
      />
      {form.kind === "metric" && <Metric resource={resource} form={form} change={change} />}
      {form.kind === "log" && (
        <>
          <div className="field rule-query" role="group" aria-label="Query">
            <Suspense fallback={<div className="skeleton" />}>
              <QueryEditor
                app={resource.app_id}
                text={form.query}
                type={(query) => change({ query })}
                run={(query) => change({ query })}
              />
            </Suspense>
          </div>
          <TextField
            label="Column that is measured"
            value={form.column}
            autoComplete="off"
            hint="Empty counts the rows that the query returns."
            onChange={(column) => change({ column })}
          />
          {form.column.trim() && (
            <Choice
              label="Aggregation"
              value={form.aggregation}
              choices={AGGREGATIONS.filter((one) => one !== "Count")}
              choose={(aggregation) => change({ aggregation })}
            />
          )}
        </>
      )}
      {form.kind === "availability" && <Test resource={resource} form={form} change={change} />}
      {form.kind !== "availability" && (
        <TextField
          label="Split by"
          value={form.split}
          autoComplete="off"
          placeholder={form.kind === "log" ? "cloud_RoleName" : "cloud/roleName"}
          hint="Each combination has a state of its own; several are separated by commas."
          onChange={(split) => change({ split })}
        />
      )}
    </section>
  );
}

function Metric({ resource, form, change }: PartProps) {
  const names = useReply<MetricNames>(`${resource.app_id} metrics`, metricNames(resource.app_id));
  const metrics = names.data?.metrics ?? {};
  const said = metrics[form.metric];
  return (
    <>
      <TextField
        label="Metric"
        value={form.metric}
        autoComplete="off"
        options={Object.keys(metrics)}
        hint={
          said?.displayName ??
          "A metric that a program sends is called customMetrics/ and its name."
        }
        onChange={(metric) => change({ metric })}
      />
      <Choice
        label="Aggregation"
        value={form.aggregation}
        choices={AGGREGATIONS}
        choose={(aggregation) => change({ aggregation })}
      />
    </>
  );
}

function Test({ resource, form, change }: PartProps) {
  const found = useReply(`${resource.path} tests`, webTests(resource));
  const tests = found.data ?? [];
  const choices = Object.fromEntries(
    tests.map((one) => [one.id, one.properties.Name ?? one.name]),
  );
  return (
    <>
      {found.error && <ErrorBox error={found.error} retry={found.reload} />}
      <Choice
        label="Availability test"
        value={form.test}
        choices={{ "": found.data && !tests.length ? "There are none yet" : "Choose…", ...choices }}
        choose={(test) => change({ test })}
      />
      <TextField
        label="Locations that have to fail"
        value={form.locations}
        inputMode="numeric"
        autoComplete="off"
        onChange={(locations) => change({ locations })}
      />
    </>
  );
}

function Condition({ form, change, hidden }: PartProps & { hidden: number }) {
  const isBand = form.kind === "metric" && form.dynamic;
  return (
    <section className="card form" aria-label="When it fires">
      <h2>2 · When it fires</h2>
      {form.kind === "metric" && (
        <Choice
          label="Threshold"
          value={form.dynamic ? "dynamic" : "static"}
          choices={{ static: "A number", dynamic: "What is usual, learned from history" }}
          choose={(kind) =>
            change(
              kind === "dynamic"
                ? { dynamic: true, of: "4", failing: "4" }
                : { dynamic: false, of: "1", failing: "1", operator: "GreaterThan" },
            )
          }
        />
      )}
      {form.kind !== "availability" && (
        <Choice
          label="The value"
          value={form.operator}
          choices={isBand ? BAND_OPERATORS : OPERATORS}
          choose={(operator) => change({ operator })}
        />
      )}
      {isBand && (
        <Choice
          label="Sensitivity"
          value={form.sensitivity}
          choices={SENSITIVITIES}
          choose={(sensitivity) => change({ sensitivity })}
        />
      )}
      {form.kind !== "availability" && !isBand && (
        <TextField
          label="Number"
          value={form.threshold}
          inputMode="decimal"
          autoComplete="off"
          onChange={(threshold) => change({ threshold })}
        />
      )}
      <div className="field-row">
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
      </div>
      {(isBand || form.kind === "log") && (
        <div className="field-row">
          <Choice
            label="Windows that have to fail"
            value={form.failing}
            choices={upTo(Number(form.of))}
            choose={(failing) => change({ failing })}
          />
          <Choice
            label="Of the last"
            value={form.of}
            choices={upTo(6)}
            choose={(of) =>
              change({ of, failing: String(Math.min(Number(of), Number(form.failing))) })
            }
          />
        </div>
      )}
      {hidden > 0 && (
        <p className="muted small">
          {hidden === 1 ? "One further condition stays" : `${hidden} further conditions stay`} as
          before.
        </p>
      )}
    </section>
  );
}

function upTo(most: number): string[] {
  return Array.from({ length: most }, (_, index) => String(index + 1));
}
