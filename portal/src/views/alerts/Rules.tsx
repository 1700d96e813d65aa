/** The rules of a resource with how they stand. */

import { useState } from "react";
import { ago, dateTime } from "../../lib/time";
import { Confirm } from "../../parts/Confirm";
import { useDoing, useReply } from "../../parts/useReply";
import { setParameters } from "../../shell/address";
import { useRange } from "../../shell/range";
import { Empty } from "../../ui/Empty";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { patch, remove, rules, type Rule } from "./alerts";
import { NEW, type PanelProps } from "./Alerts";
import { Severity } from "./Severity";

const KINDS = { metric: "Metric", log: "Query", availability: "Availability" };

const STATES: Record<Rule["state"], { label: string; class: string }> = {
  fired: { label: "Fired", class: "bad" },
  healthy: { label: "Healthy", class: "good" },
  disabled: { label: "Disabled", class: "muted" },
  waiting: { label: "Not evaluated yet", class: "muted" },
  failing: { label: "Cannot be evaluated", class: "bad" },
};

export function Rules({ resource, locked }: PanelProps) {
  const found = useReply(`${resource.app_id} rules`, rules(resource.app_id), 10_000);
  const [leaving, setLeaving] = useState<Rule | null>(null);
  const doing = useDoing();
  const list = found.data;
  const enable = (rule: Rule) => {
    void doing.run(() => patch(rule.id, { enabled: !rule.enabled })).then(found.reload);
  };
  return (
    <section className="card" aria-label="Alert rules">
      {found.error && <ErrorBox error={found.error} retry={found.reload} />}
      {doing.error && <ErrorBox error={doing.error} />}
      {!list && !found.error && <div className="skeleton" />}
      {list?.length === 0 && (
        <Empty
          title="There are no alert rules yet"
          {...(locked ? {} : { action: "New alert rule", run: () => setParameters({ rule: NEW }) })}
        />
      )}
      {list && list.length > 0 && (
        <div className="scrolls" tabIndex={0} role="group" aria-label="Rules, scrollable">
          <table className="table list">
            <thead>
              <tr>
                <th scope="col" className="wide">
                  Rule
                </th>
                <th scope="col">Goes by</th>
                <th scope="col">Severity</th>
                <th scope="col" className="wide">
                  State
                </th>
                <th scope="col">Evaluated</th>
                <th scope="col">
                  <span className="sr">What can be done</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map((rule) => (
                <Row
                  key={rule.id}
                  rule={rule}
                  locked={locked}
                  enable={() => enable(rule)}
                  leave={() => setLeaving(rule)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {leaving && (
        <Confirm
          title={`Delete ${leaving.name}?`}
          action="Delete"
          act={() => remove(leaving.id)}
          onDone={() => {
            setLeaving(null);
            found.reload();
          }}
          onClose={() => setLeaving(null)}
        >
          <p>What it has fired ends, and nobody is told. Its alerts stay in the history.</p>
        </Confirm>
      )}
    </section>
  );
}

interface RowProps {
  rule: Rule;
  locked: string;
  enable: () => void;
  leave: () => void;
}

function Row({ rule, locked, enable, leave }: RowProps) {
  const { zone } = useRange();
  const state = STATES[rule.state];
  const at = rule.lastEvaluated ? Date.parse(rule.lastEvaluated) : null;
  const edit = () => setParameters({ rule: rule.id });
  return (
    <tr>
      <td className="wide">
        <button type="button" className="link-button" onClick={edit}>
          {rule.name}
        </button>
      </td>
      <td>{KINDS[rule.kind]}</td>
      <td>
        <Severity severity={rule.severity} />
      </td>
      <td className="wide">
        <span className={state.class}>
          {state.class === "bad" && <Icon name="failed" size={12} />} {state.label}
        </span>
        {rule.error && <span className="note bad wraps">{rule.error}</span>}
        {!rule.error && rule.hint && <span className="note wraps">{rule.hint}</span>}
      </td>
      <td title={at ? dateTime(at, zone) : undefined}>{at ? ago(at, Date.now()) : "–"}</td>
      <td>
        <Menu
          label={`More for ${rule.name}`}
          className="button button-icon"
          align="right"
          button={<Icon name="more" />}
          items={[
            { label: locked ? "Show" : "Edit", run: edit },
            ...(locked
              ? []
              : [
                  { label: rule.enabled ? "Disable" : "Enable", run: enable },
                  { label: "Delete…", run: leave },
                ]),
          ]}
        />
      </td>
    </tr>
  );
}
