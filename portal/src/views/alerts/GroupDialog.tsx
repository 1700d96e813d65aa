/** Makes or changes an action group. */

import { useState, type SyntheticEvent } from "react";
import type { Resource } from "../../lib/api";
import { may, useSession } from "../../lib/session";
import { TextField } from "../../parts/TextField";
import { useDoing } from "../../parts/useReply";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { groupPath, put, type Group } from "./alerts";
import { Choice } from "../../parts/Choice";
import { KINDS, NEW_RECEIVER, propertiesOf, receiversOf, type Kind, type Told } from "./receivers";

interface GroupDialogProps {
  resource: Resource;
  /** Null for a new one. */
  group: Group | null;
  onDone: () => void;
  onClose: () => void;
}

const LABELS = Object.fromEntries(Object.entries(KINDS).map(([kind, { label }]) => [kind, label]));

export function GroupDialog({ resource, group, onDone, onClose }: GroupDialogProps) {
  const session = useSession();
  const [name, setName] = useState(group?.name ?? "");
  const [told, setTold] = useState<Told[]>(
    group ? receiversOf(group.properties) : [NEW_RECEIVER],
  );
  const doing = useDoing();
  const title = group ? `Change ${group.name}` : "New action group";
  const change = (at: number, changes: Partial<Told>) =>
    setTold((last) => last.map((one, index) => (index === at ? { ...one, ...changes } : one)));
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    const wide = session !== null && may(session, "write");
    const scope = group?.properties.OpenInsights?.scope ?? (wide ? "" : resource.path);
    const short = group?.properties.groupShortName ?? name.trim().slice(0, 12);
    const named = told.map((one) => ({ ...one, name: one.name.trim() || usualName(one, told) }));
    const properties = propertiesOf(group?.properties ?? null, named, short, scope);
    const body = { location: group?.location ?? "Global", tags: group?.tags ?? {}, properties };
    const path = group?.id ?? groupPath(resource, name.trim());
    void doing.run(() => put(path, body, !group)).then((worked) => worked && onDone());
  };
  return (
    <Dialog label={title} className="wide-dialog" onClose={onClose}>
      <form className="dialog-body" onSubmit={save}>
        <h2>{title}</h2>
        <TextField
          label="Name of the group"
          value={name}
          disabled={group !== null}
          autoComplete="off"
          onChange={setName}
        />
        {told.map((one, at) => (
          <fieldset key={at} className="receiver">
            <legend className="sr">Receiver {at + 1}</legend>
            <Choice
              label="Kind"
              value={one.kind}
              choices={LABELS}
              choose={(kind) => change(at, { kind: kind as Kind, was: null })}
            />
            <TextField
              label="Name"
              value={one.name}
              placeholder={usualName(one, told)}
              autoComplete="off"
              onChange={(text) => change(at, { name: text })}
            />
            <TextField
              label={KINDS[one.kind].target}
              value={one.target}
              autoComplete="off"
              hint={KINDS[one.kind].hint}
              onChange={(target) => change(at, { target })}
            />
            <button
              type="button"
              className="button button-icon"
              aria-label={`Remove receiver ${at + 1}`}
              onClick={() => setTold((last) => last.filter((_, index) => index !== at))}
            >
              <Icon name="close" />
            </button>
          </fieldset>
        ))}
        <div>
          <button
            type="button"
            className="button"
            onClick={() => setTold((last) => [...last, NEW_RECEIVER])}
          >
            <Icon name="plus" /> Add a receiver
          </button>
        </div>
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button button-primary"
            disabled={!name.trim() || told.some((one) => !one.target.trim()) || doing.busy}
          >
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** A name for a receiver whose own is left empty. */
function usualName(one: Told, all: Told[]): string {
  const place = all.filter((each) => each.kind === one.kind).indexOf(one);
  return place > 0 ? `${one.kind} ${place + 1}` : one.kind;
}
