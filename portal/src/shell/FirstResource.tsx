import { useState, type FormEvent } from "react";
import { ApiError, createResource, type Resource } from "../lib/api";
import { ErrorBox } from "../ui/ErrorBox";
import { navigate, viewPath } from "./address";
import "./picker.css";

/** A server without resources: name the first one. */
export function FirstResource({ onCreated }: { onCreated: () => void }) {
  return (
    <section className="card narrow">
      <div className="card-body">
        <h1>Name your first resource</h1>
        <p>
          A resource holds the telemetry of one application. It has a connection string that the
          application sends with.
        </p>
        <NewResource
          onCreated={(made) => {
            onCreated();
            navigate(viewPath(made.slug, "start"));
          }}
        />
      </div>
    </section>
  );
}

export function NewResource({ onCreated }: { onCreated: (made: Resource) => void }) {
  const [name, setName] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    createResource(name.trim())
      .then(onCreated)
      .catch((problem: unknown) => {
        if (problem instanceof ApiError) setError(problem);
      })
      .finally(() => setBusy(false));
  };
  return (
    <form className="new-resource" onSubmit={submit}>
      <label>
        <span className="sr">Name of the resource</span>
        <input
          className="input"
          value={name}
          placeholder="my-app"
          maxLength={255}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <button type="submit" className="button button-primary" disabled={busy || !name.trim()}>
        Create
      </button>
      {error && <ErrorBox error={error} />}
    </form>
  );
}
