/** When nobody is told, and whom else to tell. */

import { useState } from "react";
import { useDoing, useReply } from "../../parts/useReply";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { patch, processingRules, type Processing } from "./alerts";
import type { PanelProps } from "./Alerts";
import { KeptList, KeptMenu, Leaving } from "./KeptList";
import { ProcessingDialog } from "./ProcessingDialog";
import { actionText, conditionsText, isOver, scheduleText, scopesText } from "./processing";

export function ProcessingRules({ resource, locked }: PanelProps) {
  const found = useReply("processing rules", processingRules);
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Processing | null>(null);
  const doing = useDoing();
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
      <KeptList
        label="Processing rules"
        found={found}
        doing={doing}
        columns={["+Rule", "Does", "+When", "+For"]}
        none={
          <Empty title="There are no processing rules: whoever a rule names is told at any time" />
        }
        row={(rule) => (
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
                <KeptMenu
                  name={rule.name}
                  enabled={rule.properties.enabled}
                  enable={(enabled) =>
                    void doing.run(() => patch(rule.id, { enabled })).then(found.reload)
                  }
                  leave={() => setLeaving(rule)}
                />
              )}
            </td>
          </tr>
        )}
      />
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
      <Leaving one={leaving} found={found} onClose={() => setLeaving(null)}>
        From now on it decides nothing.
      </Leaving>
    </section>
  );
}
