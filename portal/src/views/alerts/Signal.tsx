/** What a rule goes by: metrics, a query, or the locations of an availability test. */

import { lazy, Suspense } from "react";
import { TextField } from "../../parts/TextField";
import { useReply } from "../../parts/useReply";
import { ErrorBox } from "../../ui/ErrorBox";
import { webTests } from "./alerts";
import { Choice } from "../../parts/Choice";
import { SPANS, type RuleForm } from "./rule";
import type { PartProps } from "./RuleEditor";

const QueryEditor = lazy(() =>
  import("../workbooks/QueryEditor").then((m) => ({ default: m.QueryEditor })),
);

const KINDS = { metric: "Metric", log: "Query (KQL)", availability: "Availability test" };

export function Signal({ resource, form, change, isNew }: PartProps & { isNew: boolean }) {
  return (
    <>
      <Choice
        label="Signal"
        value={form.kind}
        choices={KINDS}
        disabled={!isNew}
        choose={(kind) =>
          change({ kind: kind as RuleForm["kind"], conditions: form.conditions.slice(0, 1) })
        }
      />
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
          <div className="field-row">
            <TextField
              label="Column that is measured"
              value={form.column}
              autoComplete="off"
              hint="Empty counts the rows that the query returns."
              onChange={(column) => change(measured(form, column))}
            />
            <Choice
              label="The query reads"
              value={form.reads}
              choices={{ "": "the window", ...SPANS }}
              choose={(reads) => change({ reads })}
            />
          </div>
        </>
      )}
      {form.kind === "availability" && <Test resource={resource} form={form} change={change} />}
    </>
  );
}

/** A column is averaged where only rows were counted, and rows can only be counted. */
function measured(form: RuleForm, column: string): Partial<RuleForm> {
  const conditions = form.conditions.map((one) => {
    if (!column.trim()) return { ...one, aggregation: "Count" };
    return one.aggregation === "Count" ? { ...one, aggregation: "Average" } : one;
  });
  return { column, conditions };
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
