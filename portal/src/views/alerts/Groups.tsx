/** Who is told: action groups with their receivers. */

import { useState } from "react";
import { useDoing, useReply } from "../../parts/useReply";
import { CopyButton } from "../../ui/CopyButton";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { groups, newSecret, patch, tryGroup, type Group, type Tried } from "./alerts";
import type { PanelProps } from "./Alerts";
import { GroupDialog } from "./GroupDialog";
import { KeptList, KeptMenu, Leaving } from "./KeptList";
import { KINDS, receiversOf } from "./receivers";

export function Groups({ resource, locked }: PanelProps) {
  const found = useReply("action groups", groups);
  const [editing, setEditing] = useState<Group | "new" | null>(null);
  const [leaving, setLeaving] = useState<Group | null>(null);
  const [tried, setTried] = useState<{ of: string; reply: Tried } | null>(null);
  const [secret, setSecret] = useState<{ of: string; text: string } | null>(null);
  const doing = useDoing();
  return (
    <section className="card form" aria-label="Action groups">
      <button
        type="button"
        className="button"
        disabled={!!locked}
        title={locked || undefined}
        onClick={() => setEditing("new")}
      >
        <Icon name="plus" /> New action group
      </button>
      {secret && (
        <div className="secret" role="status">
          <p>
            What is sent to webhooks of {secret.of} is signed with this from now on. Copy it now: it
            is not shown again.
          </p>
          <div className="row">
            <code data-testid="new-secret">{secret.text}</code>
            <CopyButton text={secret.text} />
            <button type="button" className="button button-small" onClick={() => setSecret(null)}>
              Done
            </button>
          </div>
        </div>
      )}
      {tried && <Outcome of={tried.of} reply={tried.reply} onClose={() => setTried(null)} />}
      <KeptList
        label="Action groups"
        found={found}
        doing={doing}
        columns={["Group", "+Receivers"]}
        none={
          <Empty title="There are no action groups yet: alerts are seen here, and nobody is told" />
        }
        row={(group) => (
          <tr key={group.id}>
            <td>
              {group.name}
              {!group.properties.enabled && <span className="note">Disabled</span>}
              {group.properties.OpenInsights?.scope && (
                <span className="note">of one resource alone</span>
              )}
            </td>
            <td className="wide">
              <Receivers group={group} />
            </td>
            <td>
              {!locked && (
                <KeptMenu
                  name={group.name}
                  enabled={group.properties.enabled}
                  first={[
                    { label: "Edit", run: () => setEditing(group) },
                    {
                      label: "Send a test",
                      run: () =>
                        void doing.run(async () =>
                          setTried({ of: group.name, reply: await tryGroup(group) }),
                        ),
                    },
                    {
                      label: "New signing secret",
                      run: () =>
                        void doing.run(async () => {
                          const { signingSecret } = await newSecret(group);
                          setSecret({ of: group.name, text: signingSecret });
                        }),
                    },
                  ]}
                  enable={(enabled) =>
                    void doing.run(() => patch(group.id, { enabled })).then(found.reload)
                  }
                  leave={() => setLeaving(group)}
                />
              )}
            </td>
          </tr>
        )}
      />
      {editing && (
        <GroupDialog
          resource={resource}
          group={editing === "new" ? null : editing}
          onDone={() => {
            setEditing(null);
            found.reload();
          }}
          onClose={() => setEditing(null)}
        />
      )}
      <Leaving one={leaving} found={found} onClose={() => setLeaving(null)}>
        Rules that name it go on, and tell nobody through it.
      </Leaving>
    </section>
  );
}

function Receivers({ group }: { group: Group }) {
  const found = receiversOf(group.properties);
  const others = group.properties.OpenInsights?.notDelivered ?? [];
  return (
    <ul className="plain-list">
      {found.map((one) => (
        <li key={`${one.kind} ${one.name}`} className="clip">
          {KINDS[one.kind].label} <b>{one.name}</b> <span className="muted">{one.target}</span>
        </li>
      ))}
      {others.map((one) => (
        <li key={one} className="muted">
          <Icon name="warning" size={12} /> {one} is not told by this server
        </li>
      ))}
      {!found.length && !others.length && <li className="muted">nobody</li>}
    </ul>
  );
}

function Outcome({ of, reply, onClose }: { of: string; reply: Tried; onClose: () => void }) {
  return (
    <div className="secret" role="status">
      <p>What came of the test of {of}:</p>
      <ul className="plain-list">
        {reply.actionDetails.map((one) => (
          <li key={`${one.MechanismType} ${one.Name}`}>
            {one.Status === "Succeeded" ? (
              <span className="good">
                <Icon name="check" size={12} /> {one.Name} has taken it
              </span>
            ) : (
              <span className="bad">
                <Icon name="failed" size={12} /> {one.Name}: {one.Detail}
              </span>
            )}
          </li>
        ))}
        {!reply.actionDetails.length && <li className="muted">It has no receivers.</li>}
      </ul>
      <button type="button" className="button button-small" onClick={onClose}>
        Done
      </button>
    </div>
  );
}
