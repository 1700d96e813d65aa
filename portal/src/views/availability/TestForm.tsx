/** The form that makes or changes a test, and tries it out before it is kept. */

import { useState, type SyntheticEvent } from "react";
import type { Resource } from "../../lib/api";
import { Check } from "../../parts/Check";
import { Choice } from "../../parts/Choice";
import { TextArea } from "../../parts/TextArea";
import { TextField } from "../../parts/TextField";
import { useDoing } from "../../parts/useReply";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { draftOf, FREQUENCIES, KINDS, problemOf, propertiesOf, type Draft, type Kind } from "./draft";
import { RunFacts } from "./RunFacts";
import { keep, tryOut, type RunShown, type Test, type Tests } from "./tests";

interface TestFormProps {
  resource: Resource;
  test: Test | null;
  known: Tests;
  onDone: () => void;
  onClose: () => void;
}

const VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function TestForm({ resource, test, known, onDone, onClose }: TestFormProps) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(test));
  const [tried, setTried] = useState<RunShown | null>(null);
  const saving = useDoing();
  const trying = useDoing();
  const set = (changes: Partial<Draft>) => {
    setDraft((last) => ({ ...last, ...changes }));
    setTried(null);
  };
  const problem = problemOf(draft);
  const isHttp = draft.kind === "standard";
  const isWebTest = Boolean(test?.properties.Configuration?.WebTest && !test.properties.Request);
  const title = test ? `Edit ${test.name}` : "Add test";
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void saving
      .run(() => keep(resource, test, propertiesOf(draft, test)))
      .then((worked) => worked && onDone());
  };
  return (
    <Dialog label={title} className="test-dialog" onClose={onClose}>
      <form className="dialog-body test-form" onSubmit={submit}>
        <h2>{title}</h2>
        <div className="test-fields">
          <Choice
            label="Kind"
            value={draft.kind}
            disabled={isWebTest}
            choices={Object.entries(KINDS).map(([kind, one]) => [kind, one.label])}
            choose={(kind) => set({ kind: kind as Kind, certificate: kind === "tls" })}
          />
          <TextField
            label={isHttp ? "URL" : "Target"}
            value={draft.target}
            placeholder={KINDS[draft.kind].hint}
            autoComplete="off"
            autoFocus
            onChange={(target) =>
              set(draft.name === nameOf(draft.target) ? { target, name: nameOf(target) } : { target })
            }
          />
          <TextField
            label="Name"
            value={draft.name}
            autoComplete="off"
            hint="By which results, charts and alerts call it."
            onChange={(name) => set({ name })}
          />
          <Choice
            label="Every"
            value={String(draft.frequency)}
            choices={frequencies(draft.frequency)}
            choose={(value) => set({ frequency: Number(value) })}
          />
          <TextField
            label="Timeout in seconds"
            value={draft.timeout}
            inputMode="decimal"
            autoComplete="off"
            onChange={(timeout) => set({ timeout })}
          />
          <TextField
            label="Objective in %"
            value={draft.objective}
            inputMode="decimal"
            autoComplete="off"
            hint="Runs that are meant to pass: what is left is the error budget."
            onChange={(objective) => set({ objective })}
          />
        </div>
        <Locations known={known} chosen={draft.locations} choose={(locations) => set({ locations })} />
        {isHttp && (
          <fieldset className="field wide">
            <legend>Request</legend>
            <div className="test-fields">
              <Choice
                label="Method"
                value={draft.verb}
                choices={VERBS}
                choose={(verb) => set({ verb })}
              />
              <TextArea
                label="Headers, one per line"
                value={draft.headers}
                placeholder="Accept: application/json"
                onChange={(headers) => set({ headers })}
              />
              <TextArea label="Body" value={draft.body} onChange={(body) => set({ body })} />
            </div>
            <Check checked={draft.redirects} onChange={(redirects) => set({ redirects })}>
              Follow up to ten redirects
            </Check>
            <Check checked={draft.dependents} onChange={(dependents) => set({ dependents })}>
              Images, scripts and styles of the page have to load too
            </Check>
          </fieldset>
        )}
        <fieldset className="field wide">
          <legend>It passes when</legend>
          {isHttp && (
            <div className="test-fields">
              <TextField
                label="Status"
                value={draft.status}
                inputMode="numeric"
                autoComplete="off"
                disabled={draft.anyStatus}
                hint="0 is any below 400."
                onChange={(status) => set({ status })}
              />
              <Check checked={draft.anyStatus} onChange={(anyStatus) => set({ anyStatus })}>
                Any status will do
              </Check>
            </div>
          )}
          {(isHttp || draft.kind === "dns") && (
            <div className="test-fields">
              <Choice
                label="The answer"
                value={draft.contentFound ? "holds" : "lacks"}
                choices={[
                  ["holds", "holds the text"],
                  ["lacks", "does not hold the text"],
                ]}
                choose={(value) => set({ contentFound: value === "holds" })}
              />
              <TextField
                label="Text"
                value={draft.content}
                autoComplete="off"
                hint="Empty looks at no text."
                onChange={(content) => set({ content })}
              />
              <Check checked={draft.ignoreCase} onChange={(ignoreCase) => set({ ignoreCase })}>
                Upper and lower case are the same
              </Check>
            </div>
          )}
          {(isHttp || draft.kind === "tls") && (
            <div className="test-fields">
              <Check checked={draft.certificate} onChange={(certificate) => set({ certificate })}>
                The certificate is valid
              </Check>
              <TextField
                label="for so many days more"
                value={draft.days}
                inputMode="numeric"
                autoComplete="off"
                placeholder="14"
                onChange={(days) => set({ days })}
              />
            </div>
          )}
          {!isHttp && draft.kind !== "dns" && draft.kind !== "tls" && (
            <p className="muted">
              {draft.kind === "tcp"
                ? "the connection comes about."
                : "the function returns without an error. Its file lies in the folder that the setting journeys names."}
            </p>
          )}
        </fieldset>
        <fieldset className="field wide">
          <legend>When it fails</legend>
          <Check checked={draft.retries} onChange={(retries) => set({ retries })}>
            Report a failure only after three attempts in a row
          </Check>
          <Check checked={draft.alert} onChange={(alert) => set({ alert })}>
            Alert when all locations but two fail, one at least
          </Check>
          <Check checked={draft.enabled} onChange={(enabled) => set({ enabled })}>
            The test runs
          </Check>
        </fieldset>
        {isWebTest && (
          <p className="muted">
            Its steps come from a WebTest document, which is edited with Azure&apos;s tools.
          </p>
        )}
        {tried && <RunFacts run={tried} />}
        {trying.error && <ErrorBox error={trying.error} />}
        {saving.error && <ErrorBox error={saving.error} />}
        <div className="row dialog-actions">
          <span className="muted small" role="status">
            {trying.busy ? "Asking…" : problem}
          </span>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button"
            disabled={problem !== "" || trying.busy}
            onClick={() =>
              void trying.run(async () =>
                setTried(await tryOut(resource, propertiesOf(draft, test))),
              )
            }
          >
            <Icon name="play" /> Try it
          </button>
          <button
            type="submit"
            className="button button-primary"
            disabled={problem !== "" || saving.busy}
          >
            {test ? "Save" : "Add the test"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function nameOf(target: string): string {
  return target.replace(/^\w+:\/*/, "").replace(/\/+$/, "");
}

function frequencies(present: number): [string, string][] {
  const all = FREQUENCIES.some(([seconds]) => seconds === present)
    ? FREQUENCIES
    : [[present, `${present} seconds`] as [number, string], ...FREQUENCIES];
  return all.map(([seconds, label]) => [String(seconds), label]);
}

interface LocationsProps {
  known: Tests;
  chosen: string[];
  choose: (locations: string[]) => void;
}

function Locations({ known, chosen, choose }: LocationsProps) {
  const [more, setMore] = useState("");
  const names = new Map([...known.tags, ...known.locations].map((one) => [one.id, one]));
  const shown = [
    ...new Set(["local", ...known.locations.map((one) => one.id), ...chosen]),
  ];
  const add = () => {
    const name = more.trim();
    if (name && !chosen.includes(name)) choose([...chosen, name]);
    setMore("");
  };
  return (
    <fieldset className="field wide">
      <legend>Locations</legend>
      <div className="row test-locations">
        {shown.map((id) => {
          const place = names.get(id);
          return (
            <Check
              key={id}
              checked={chosen.includes(id)}
              onChange={(on) =>
                choose(on ? [...chosen, id] : chosen.filter((one) => one !== id))
              }
            >
              {place && place.name !== id ? `${place.name} (${id})` : id}
              {!place?.isProbed && <span className="muted"> – nobody probes there yet</span>}
            </Check>
          );
        })}
      </div>
      <div className="row test-more">
        <TextField
          label="Another location"
          value={more}
          autoComplete="off"
          placeholder="west"
          options={known.tags.map((one) => one.id)}
          hint="Run openinsights probe --location west there."
          onChange={setMore}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" className="button" disabled={!more.trim()} onClick={add}>
          <Icon name="plus" /> Add
        </button>
      </div>
    </fieldset>
  );
}
