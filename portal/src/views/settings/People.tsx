/** Who can sign in, and what they may. */

import { useState, type SyntheticEvent } from "react";
import { listResources } from "../../lib/api";
import { may, useSession } from "../../lib/session";
import { dateTime } from "../../lib/time";
import { Confirm } from "../../parts/Confirm";
import { Code } from "../../parts/Snippets";
import { TextField } from "../../parts/TextField";
import { useDoing, useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import {
  changeOwnPassword,
  changePerson,
  createPerson,
  people,
  removePerson,
  server,
  signOutEverywhere,
  type Person,
  type Role,
} from "./management";
import { Locked } from "./Locked";
import { EVERYTHING, RoleEditor, type Roles } from "./RoleEditor";
import type { TabProps } from "./Settings";

const MIN_PASSWORD = 12;

interface Opened {
  what: "roles" | "password" | "remove" | "sign-out";
  person: Person;
}

export function People({ resource }: TabProps) {
  const session = useSession();
  const administers = session !== null && may(session, "administer");
  const found = useReply("people", administers ? people : null);
  const resources = useReply("resources", administers ? listResources : null);
  const facts = useReply("server", server);
  const [opened, setOpened] = useState<Opened | null>(null);
  const names = [...new Set(resources.data?.map((one) => one.name))];
  const close = () => setOpened(null);
  const done = () => {
    setOpened(null);
    found.reload();
  };
  const locked =
    session === null || administers
      ? ""
      : "Who may sign in is seen and changed by administrators of every resource.";
  return (
    <>
      {session?.kind === "local" && facts.data && !facts.data.asksEverybody && <NobodyIsAsked />}
      <Locked why={locked} />
      {session?.kind === "person" && <OwnPassword name={session.name ?? ""} />}
      {administers && (
        <>
          <section className="card" aria-label="Users">
            <h2>Users</h2>
            {found.error && <ErrorBox error={found.error} retry={found.reload} />}
            {!found.data && !found.error && <div className="skeleton" />}
            {found.data && <PersonList list={found.data} open={setOpened} />}
          </section>
          <NewPerson names={names} first={resource.name} onMade={found.reload} />
        </>
      )}
      {opened?.what === "roles" && (
        <ChangeRoles person={opened.person} names={names} onDone={done} onClose={close} />
      )}
      {opened?.what === "password" && (
        <ResetPassword person={opened.person} onDone={done} onClose={close} />
      )}
      {opened?.what === "sign-out" && (
        <Confirm
          title={`Sign ${opened.person.name} out everywhere?`}
          action="Sign out"
          act={() => signOutEverywhere(opened.person)}
          onDone={close}
          onClose={close}
        >
          <p>Every browser has to sign in again.</p>
        </Confirm>
      )}
      {opened?.what === "remove" && (
        <Confirm
          title={`Remove ${opened.person.name}?`}
          action="Remove"
          act={() => removePerson(opened.person)}
          onDone={done}
          onClose={close}
        >
          <p>All of their sessions end. What they have kept stays.</p>
        </Confirm>
      )}
    </>
  );
}

function NobodyIsAsked() {
  return (
    <section className="card" aria-label="Sign-in">
      <h2>Nobody on this machine is asked to sign in</h2>
      <p>
        The server listens on loopback and serves whoever is here, with every right. To have
        everybody sign in, make a user with every resource as administrator below, and start the
        server with
      </p>
      <Code text="openinsights serve --sign-in always" label="Command" />
      <p className="muted">Whoever comes from another machine always signs in.</p>
    </section>
  );
}

function PersonList({ list, open }: { list: Person[]; open: (opened: Opened) => void }) {
  const { zone } = useRange();
  if (!list.length) return <p className="muted">There are no users yet.</p>;
  return (
    <div className="scrolls" tabIndex={0} role="group" aria-label="Users, scrollable">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Roles</th>
            <th scope="col">Since</th>
            <th scope="col">
              <span className="sr">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((person) => (
            <tr key={person.id}>
              <td>
                {person.name}
                {!person.hasPassword && <span className="muted"> · by a provider</span>}
              </td>
              <td className="rights">{rolesText(person.roles)}</td>
              <td>{dateTime(Date.parse(person.created), zone, false)}</td>
              <td>
                <Do label="Change roles" of={person} run={() => open({ what: "roles", person })} />
                {person.hasPassword && (
                  <Do
                    label="Reset password"
                    of={person}
                    run={() => open({ what: "password", person })}
                  />
                )}
                <Do label="Sign out" of={person} run={() => open({ what: "sign-out", person })} />
                <Do label="Remove" of={person} run={() => open({ what: "remove", person })} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Do({ label, of, run }: { label: string; of: Person; run: () => void }) {
  return (
    <button
      type="button"
      className="button button-small"
      aria-label={`${label}: ${of.name}`}
      onClick={run}
    >
      {label}
    </button>
  );
}

function rolesText(roles: Record<string, Role>): string {
  const texts = Object.entries(roles).map(
    ([of, role]) => `${role} of ${of === EVERYTHING ? "every resource" : of}`,
  );
  return texts.join(", ") || "none";
}

interface NewPersonProps {
  names: string[];
  first: string;
  onMade: () => void;
}

function NewPerson({ names, first, onMade }: NewPersonProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [roles, setRoles] = useState<Roles>({ [first]: "viewer" });
  const doing = useDoing();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const given = Object.entries(roles).filter(([, role]) => role !== null);
    const wanted = Object.fromEntries(given) as Record<string, Role>;
    void doing.run(() => createPerson(name.trim(), password, wanted)).then((worked) => {
      if (!worked) return;
      setName("");
      setPassword("");
      onMade();
    });
  };
  return (
    <section className="card" aria-label="Create a user">
      <h2>Create a user</h2>
      <form className="form" onSubmit={submit}>
        <TextField
          label="User name"
          value={name}
          autoComplete="off"
          problem={doing.error?.code === "Conflict" ? "There is a user of this name already." : ""}
          onChange={(text) => {
            setName(text);
            doing.clear();
          }}
        />
        <PasswordField label="Password" value={password} onChange={setPassword} />
        <RoleEditor names={names} roles={roles} onChange={setRoles} />
        {doing.error && doing.error.code !== "Conflict" && <ErrorBox error={doing.error} />}
        <button
          type="submit"
          className="button button-primary"
          disabled={!name.trim() || password.length < MIN_PASSWORD || doing.busy}
        >
          Create the user
        </button>
      </form>
    </section>
  );
}

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

function PasswordField({ label, value, onChange }: PasswordFieldProps) {
  const short = value !== "" && value.length < MIN_PASSWORD;
  return (
    <TextField
      label={label}
      type="password"
      value={value}
      autoComplete="new-password"
      problem={short ? `It has fewer than ${MIN_PASSWORD} characters.` : ""}
      onChange={onChange}
    />
  );
}

interface DialogProps {
  person: Person;
  onDone: () => void;
  onClose: () => void;
}

function ChangeRoles({ person, names, onDone, onClose }: DialogProps & { names: string[] }) {
  const [roles, setRoles] = useState<Roles>(person.roles);
  const doing = useDoing();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void doing.run(() => changePerson(person, { roles })).then((worked) => worked && onDone());
  };
  return (
    <Dialog label={`Roles of ${person.name}`} onClose={onClose}>
      <form className="dialog-body" onSubmit={submit}>
        <h2>Roles of {person.name}</h2>
        <RoleEditor names={names} roles={roles} onChange={setRoles} />
        {doing.error && <ErrorBox error={doing.error} />}
        <Buttons action="Save" ready={!doing.busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function ResetPassword({ person, onDone, onClose }: DialogProps) {
  const [password, setPassword] = useState("");
  const doing = useDoing();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void doing.run(() => changePerson(person, { password })).then((worked) => worked && onDone());
  };
  return (
    <Dialog label={`New password of ${person.name}`} onClose={onClose}>
      <form className="dialog-body" onSubmit={submit}>
        <h2>New password of {person.name}</h2>
        <p>All of their sessions end. Tell it to them; they can change it here.</p>
        <PasswordField label="New password" value={password} onChange={setPassword} />
        {doing.error && <ErrorBox error={doing.error} />}
        <Buttons
          action="Set the password"
          ready={password.length >= MIN_PASSWORD && !doing.busy}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function Buttons(props: { action: string; ready: boolean; onClose: () => void }) {
  return (
    <div className="row dialog-actions">
      <button type="button" className="button" onClick={props.onClose}>
        Cancel
      </button>
      <button type="submit" className="button button-primary" disabled={!props.ready}>
        {props.action}
      </button>
    </div>
  );
}

function OwnPassword({ name }: { name: string }) {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [changed, setChanged] = useState(false);
  const doing = useDoing();
  const differs = again !== "" && next !== again;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void doing.run(() => changeOwnPassword(old, next)).then((worked) => {
      setChanged(worked);
      if (!worked) return;
      setOld("");
      setNext("");
      setAgain("");
    });
  };
  return (
    <section className="card" aria-label="Your password">
      <h2>Your password</h2>
      <form className="form" onSubmit={submit}>
        <input type="hidden" name="username" autoComplete="username" value={name} readOnly />
        <TextField
          label="Present password"
          type="password"
          value={old}
          autoComplete="current-password"
          onChange={setOld}
        />
        <PasswordField label="Your new password" value={next} onChange={setNext} />
        <TextField
          label="Your new password again"
          type="password"
          value={again}
          autoComplete="new-password"
          problem={differs ? "The two passwords differ." : ""}
          onChange={setAgain}
        />
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row">
          <button
            type="submit"
            className="button"
            disabled={!old || next.length < MIN_PASSWORD || next !== again || doing.busy}
          >
            Change the password
          </button>
          <span className="good" aria-live="polite">
            {changed && "Changed. Every other browser has to sign in again."}
          </span>
        </div>
      </form>
    </section>
  );
}
