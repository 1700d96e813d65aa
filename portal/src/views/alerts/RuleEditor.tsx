/** A rule on one page: what it goes by, when it fires, what that would have meant, who is told. */

import { useState, type SyntheticEvent } from "react";
import { TextField } from "../../parts/TextField";
import { useDoing, useReply } from "../../parts/useReply";
import { ViewHead } from "../../parts/ViewHead";
import { setParameters, useAddress } from "../../shell/address";
import { Empty } from "../../ui/Empty";
import { ErrorBox } from "../../ui/ErrorBox";
import { put, rules, type Rule } from "./alerts";
import type { PanelProps } from "./Alerts";
import { Conditions } from "./Conditions";
import { Preview } from "./Preview";
import { problemOf, readRule, type RuleForm } from "./rule";
import { documentOf, formOf, keptOf, pathOf } from "./ruleDocument";
import { Signal } from "./Signal";
import { Timing } from "./Timing";
import { Told } from "./Told";

/** What each part of the page is given. */
export interface PartProps {
  resource: PanelProps["resource"];
  form: RuleForm;
  change: (changes: Partial<RuleForm>) => void;
}

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
  const change = (changes: Partial<RuleForm>) => setForm((last) => ({ ...last, ...changes }));
  const problem = problemOf(form);
  const document = problem ? null : documentOf(form, resource, rule);
  const part = { resource, form, change };
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    const { location, kind, tags, properties } = documentOf(form, resource, rule);
    const body = { location, tags, properties, ...(kind ? { kind } : {}) };
    void doing
      .run(() => put(pathOf(form, resource), body, !rule))
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
          <section className="card form rule-wide" aria-label="What it goes by">
            <h2>1 · What it goes by</h2>
            <Signal {...part} isNew={!rule} />
            {form.kind !== "availability" && <Conditions {...part} />}
          </section>
          <Timing {...part} />
        </fieldset>
        <Preview app={resource.app_id} form={form} document={document} />
        <fieldset className="rule-parts" disabled={!!locked}>
          <Told {...part} />
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
            {rule && <NotShown rule={rule} resource={resource} />}
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

function NotShown({ rule, resource }: { rule: Rule; resource: PanelProps["resource"] }) {
  const kept = keptOf(rule, resource);
  if (!kept.length) return null;
  return (
    <div role="group" aria-label="What stays as it is">
      <p className="muted small">It also says this, which has no field here and stays as it is:</p>
      <ul className="plain-list small">
        {kept.map(({ name, text }, at) => (
          <li key={at} className="wraps">
            <span className="muted">{name}</span> <code>{text}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
