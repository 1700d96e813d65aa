/** When nobody is told, and whom else to tell. */

import { useState } from "react";
import { Confirm } from "../../parts/Confirm";
import { useDoing, useReply } from "../../parts/useReply";
import { Empty } from "../../ui/Empty";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { patch, processingRules, remove, type Processing } from "./alerts";
import type { PanelProps } from "./Alerts";
import { ProcessingDialog } from "./ProcessingDialog";
import { actionText, conditionsText, isOver, scheduleText, scopesText } from "./processing";

export function ProcessingRules({ resource, locked }: PanelProps) {
  const found = useReply("processing rules", processingRules);
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Processing | null>(null);
  const doing = useDoing();
  const list = found.data;
  return (
    <section className="card form" aria-label="Processing rules">
      <button
        type="button"
        className="button"
        disabled={!!locked}
        title={locked || undefined}
        onClick={() => setMaking(true)}
      >
        <Icon name="plus" /> New processing rule
      </button>
      {found.error && <ErrorBox error={found.error} retry={found.reload} />}
      {doing.error && <ErrorBox error={doing.error} />}
      {!list && !found.error && <div className="skeleton" />}
      {list?.length === 0 && (
        <Empty title="There are no processing rules: whoever a rule names is told at any time" />
      )}
      {list && list.length > 0 && (
        <div
          className="scrolls"
          tabIndex={0}
          role="group"
          aria-label="Processing rules, scrollable"
        >
          <table className="table list">
            <thead>
              <tr>
                <th scope="col" className="wide">
                  Rule
                </th>
                <th scope="col">Does</th>
                <th scope="col" className="wide">
                  When
                </th>
                <th scope="col" className="wide">
                  For
                </th>
                <th scope="col">
                  <span className="sr">What can be done</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map((rule) => (
                <tr key={rule.id}>
                  <td className="wide">
                    {rule.name}
                    {!rule.properties.enabled && <span className="note">Disabled</span>}
                    {isOver(rule) && <span className="note">Over</span>}
                  </td>
                  <td>{actionText(rule)}</td>
                  <td className="wide wraps">{scheduleText(rule)}</td>
                  <td className="wide wraps">
                    {scopesText(rule)}
                    <span className="note wraps">{conditionsText(rule)}</span>
                  </td>
                  <td>
                    {!locked && (
                      <Menu
                        label={`More for ${rule.name}`}
                        className="button button-icon"
                        align="right"
                        button={<Icon name="more" />}
                        items={[
                          {
                            label: rule.properties.enabled ? "Disable" : "Enable",
                            run: () =>
                              void doing
                                .run(() => patch(rule.id, { enabled: !rule.properties.enabled }))
                                .then(found.reload),
                          },
                          { label: "Delete…", run: () => setLeaving(rule) },
                        ]}
                      />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {making && (
        <ProcessingDialog
          resource={resource}
          onDone={() => {
            setMaking(false);
            found.reload();
          }}
          onClose={() => setMaking(false)}
        />
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
          <p>From now on it decides nothing.</p>
        </Confirm>
      )}
    </section>
  );
}
