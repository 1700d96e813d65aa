/** Keeps the query under a name, for everybody who sees the resource or for oneself. */

import { useState, type SyntheticEvent } from "react";
import { ApiError, type Resource } from "../../lib/api";
import { Check } from "../../parts/Check";
import { ErrorBox } from "../../ui/ErrorBox";
import { saveQuery, type SavedQuery } from "../../parts/savedQueries";

interface SaveQueryProps {
  resource: Resource;
  text: string;
  saved: (query: SavedQuery) => void;
}

const TAKEN = 409;

export function SaveQuery({ resource, text, saved }: SaveQueryProps) {
  const [name, setName] = useState("");
  const [mine, setMine] = useState(false);
  const [taken, setTaken] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const keep = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    setBusy(true);
    setError(null);
    try {
      saved(await saveQuery(resource, { name: name.trim(), text, shared: !mine }, taken));
    } catch (problem) {
      const failed = problem instanceof ApiError ? problem : null;
      setTaken(failed?.status === TAKEN);
      setError(failed ?? new ApiError(String(problem), "PortalError", null));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="filter-form" onSubmit={(event) => void keep(event)}>
      <label>
        Name
        <input
          className="input"
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            setTaken(false);
            setError(null);
          }}
        />
      </label>
      <Check checked={mine} onChange={setMine}>
        Only for me
      </Check>
      {taken && (
        <p role="alert" className="small">
          There is a query of this name.
        </p>
      )}
      {error && !taken && <ErrorBox error={error} />}
      <button type="submit" className="button button-primary" disabled={busy}>
        {taken ? "Replace it" : "Save"}
      </button>
    </form>
  );
}
