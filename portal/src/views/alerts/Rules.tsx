/** The rules of a resource with how they stand. */

import { useState } from "react";
import { ago, dateTime } from "../../lib/time";
import { RowMenu } from "../../parts/RowMenu";
import { useDoing, useReply } from "../../parts/useReply";
import { setParameters } from "../../shell/address";
import { useRange } from "../../shell/range";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { patch, rules, type Rule } from "./alerts";
import { NEW, type PanelProps } from "./Alerts";
import { KeptList, KeptMenu, Leaving } from "./KeptList";
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
  const enable = (rule: Rule, enabled: boolean) => {
    void doing.run(() => patch(rule.id, { enabled })).then(found.reload);
  };
  return (
    <section className="card" aria-label="Alert rules">
      <KeptList
        label="Rules"
        found={found}
        doing={doing}
        columns={["+Rule", "Goes by", "Severity", "+State", "Evaluated"]}
        none={
          <Empty
            title="There are no alert rules yet"
            {...(locked ? {} : { action: "New alert rule", run: () => setParameters({ rule: NEW }) })}
          />
        }
        row={(rule) => (
          <Row
            key={rule.id}
            rule={rule}
            locked={locked}
            enable={(enabled) => enable(rule, enabled)}
            leave={() => setLeaving(rule)}
          />
        )}
      />
      <Leaving one={leaving} found={found} onClose={() => setLeaving(null)}>
        What it has fired ends, and nobody is told. Its alerts stay in the history.
      </Leaving>
    </section>
  );
}

interface RowProps {
  rule: Rule;
  locked: string;
  enable: (enabled: boolean) => void;
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
        {locked ? (
          <RowMenu name={rule.name} items={[{ label: "Show", run: edit }]} />
        ) : (
          <KeptMenu
            name={rule.name}
            enabled={rule.enabled}
            first={[{ label: "Edit", run: edit }]}
            enable={enable}
            leave={leave}
          />
        )}
      </td>
    </tr>
  );
}
