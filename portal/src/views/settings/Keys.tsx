/** Keys with which programs read, write or manage the resource. */

import { useState, type SyntheticEvent } from "react";
import { ago, dateTime } from "../../lib/time";
import { Confirm } from "../../parts/Confirm";
import { TextField } from "../../parts/TextField";
import { useDoing, useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { CopyButton } from "../../ui/CopyButton";
import { ErrorBox } from "../../ui/ErrorBox";
import { createKey, keys, revokeKey, type Key } from "./management";
import { Locked } from "./Locked";
import type { TabProps } from "./Settings";

const RIGHTS = {
  read: "Read: query and watch",
  write: "Write: keep queries and workbooks, send telemetry",
  manage: "Manage: change the resource",
  probe: "Probe: run its availability tests elsewhere",
};

export function Keys({ resource, locked }: TabProps) {
  const found = useReply(resource.app_id, locked ? null : keys(resource));
  const [made, setMade] = useState<Key | null>(null);
  const [leaving, setLeaving] = useState<Key | null>(null);
  return (
    <>
      <Locked why={locked} />
      {made?.apiKey && <NewKey made={made} onClose={() => setMade(null)} />}
      <CreateKey
        locked={locked}
        create={async (name, rights, days) => {
          setMade(await createKey(resource, name, rights, days));
          found.reload();
        }}
      />
      <section className="card" aria-label="Keys">
        <h2>Keys of {resource.name}</h2>
        {found.error && <ErrorBox error={found.error} retry={found.reload} />}
        {locked ? (
          <p className="muted">Who may change the resource sees its keys.</p>
        ) : (
          found.data && <KeyList keys={found.data} revoke={setLeaving} />
        )}
        {!found.data && !found.error && !locked && <div className="skeleton" />}
      </section>
      {leaving && (
        <Confirm
          title={`Revoke ${leaving.name}?`}
          action="Revoke"
          act={() => revokeKey(leaving)}
          onDone={() => {
            setLeaving(null);
            found.reload();
          }}
          onClose={() => setLeaving(null)}
        >
          <p>Programs that use this key are turned away from the next request on.</p>
        </Confirm>
      )}
    </>
  );
}

function NewKey({ made, onClose }: { made: Key; onClose: () => void }) {
  return (
    <section className="card secret" aria-label="New key" role="status">
      <h2>The key {made.name}</h2>
      <p>Copy it now: only its hash is kept, and it is not shown again.</p>
      <div className="row">
        <code data-testid="new-key">{made.apiKey}</code>
        <CopyButton text={made.apiKey ?? ""} />
        <button type="button" className="button button-small" onClick={onClose}>
          Done
        </button>
      </div>
    </section>
  );
}

function KeyList({ keys: list, revoke }: { keys: Key[]; revoke: (key: Key) => void }) {
  const { zone } = useRange();
  if (!list.length) return <p className="muted">There are no keys yet.</p>;
  return (
    <div className="scrolls" tabIndex={0} role="group" aria-label="Keys, scrollable">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Rights</th>
            <th scope="col">Made</th>
            <th scope="col">Ends</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span className="sr">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((key) => {
            const { rights, expires, lastUsed } = key.OpenInsights;
            const over = expires !== null && Date.parse(expires) < Date.now();
            return (
              <tr key={key.id}>
                <td>{key.name}</td>
                <td>{rights.join(", ")}</td>
                <td>{dateTime(Date.parse(key.createdDate), zone, false)}</td>
                <td className={over ? "bad" : ""}>
                  {expires ? dateTime(Date.parse(expires), zone, false) : "never"}
                  {over && " (over)"}
                </td>
                <td title={lastUsed ? dateTime(Date.parse(lastUsed), zone) : undefined}>
                  {lastUsed ? ago(Date.parse(lastUsed), Date.now()) : "never"}
                </td>
                <td>
                  <button
                    type="button"
                    className="button button-small"
                    aria-label={`Revoke ${key.name}`}
                    onClick={() => revoke(key)}
                  >
                    Revoke
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface CreateKeyProps {
  locked: string;
  create: (name: string, rights: string[], days: number | null) => Promise<void>;
}

function CreateKey({ locked, create }: CreateKeyProps) {
  const [name, setName] = useState("");
  const [rights, setRights] = useState<string[]>(["read"]);
  const [days, setDays] = useState("");
  const doing = useDoing();
  const bad = days.trim() && !(Number(days) > 0 && Number(days) <= 36_500);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const lasts = days.trim() ? Number(days) : null;
    void doing.run(() => create(name.trim(), rights, lasts)).then((worked) => {
      if (worked) setName("");
    });
  };
  return (
    <section className="card" aria-label="Create a key">
      <h2>Create a key</h2>
      <p className="muted">
        A program shows it in the header <code>x-api-key</code>, or as a bearer token. It opens this
        resource alone.
      </p>
      <form className="form" onSubmit={submit}>
        <TextField
          label="Name of the key"
          value={name}
          placeholder="grafana"
          autoComplete="off"
          disabled={!!locked}
          onChange={setName}
        />
        <fieldset className="field" disabled={!!locked}>
          <legend>Rights</legend>
          {Object.entries(RIGHTS).map(([right, label]) => (
            <label key={right} className="check">
              <input
                type="checkbox"
                checked={rights.includes(right)}
                onChange={(event) =>
                  setRights(
                    event.target.checked
                      ? [...rights, right]
                      : rights.filter((one) => one !== right),
                  )
                }
              />
              {label}
            </label>
          ))}
        </fieldset>
        <TextField
          label="Days that it lasts"
          value={days}
          inputMode="decimal"
          autoComplete="off"
          disabled={!!locked}
          hint="Empty is for ever."
          problem={bad ? "A number of days up to 36,500 is needed." : ""}
          onChange={setDays}
        />
        {doing.error && <ErrorBox error={doing.error} />}
        <button
          type="submit"
          className="button button-primary"
          title={locked || undefined}
          disabled={!!locked || !name.trim() || !rights.length || !!bad || doing.busy}
        >
          Create the key
        </button>
      </form>
    </section>
  );
}
