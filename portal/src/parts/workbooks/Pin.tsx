/** Puts a card into a workbook or a dashboard: one that is there, or a new one. */

import { useEffect, useState, type SubmitEvent } from "react";
import { ApiError, type Resource } from "../../lib/api";
import { useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { resourceOf } from "../resources";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import "../head.css";
import "./pin.css";
import { emptyDocument, type Item } from "./document";
import { keepWorkbook, makeWorkbook, openWorkbook, workbooksOf, type Entry } from "./store";

interface PinProps {
  title: string;
  item: Item;
  onClose: () => void;
}

const NEW = "";

export function Pin({ title, item, onClose }: PinProps) {
  const { app, search } = useAddress();
  const [resource, setResource] = useState<Resource | null>(null);
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [chosen, setChosen] = useState(NEW);
  const [name, setName] = useState("Dashboard");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<Entry | null>(null);
  const [error, setError] = useState<ApiError | null>(null);

  useEffect(() => {
    let left = false;
    resourceOf(app ?? "")
      .then(async (found) => {
        const list = await workbooksOf(found);
        if (left) return;
        setResource(found);
        setEntries(list);
        setChosen(list.find((one) => one.category === "dashboard")?.name ?? list[0]?.name ?? NEW);
      })
      .catch((problem: unknown) => !left && setError(failed(problem)));
    return () => {
      left = true;
    };
  }, [app]);

  const pin = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!resource || (chosen === NEW && !name.trim())) return;
    setBusy(true);
    setError(null);
    try {
      if (chosen === NEW) {
        const document = emptyDocument();
        document.items.push(item);
        setDone((await makeWorkbook(resource, name.trim(), "dashboard", document)).entry);
      } else {
        const { entry, document } = await openWorkbook(resource, chosen);
        const items = [...document.items, item];
        setDone((await keepWorkbook(resource, entry, { ...document, items })).entry);
      }
    } catch (problem) {
      setError(failed(problem));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog label={`Pin “${title}”`} className="pin" onClose={onClose}>
      <form className="filter-form" onSubmit={(event) => void pin(event)}>
        <h2>Pin “{title}”</h2>
        {error && <ErrorBox error={error} />}
        {!entries && !error && <p className="muted">Looking for workbooks…</p>}
        {entries && !done && (
          <>
            <label>
              To
              <select
                className="input"
                autoFocus
                value={chosen}
                onChange={(event) => setChosen(event.target.value)}
              >
                {entries.map((one) => (
                  <option key={one.path} value={one.name}>
                    {one.title} ({one.category})
                  </option>
                ))}
                <option value={NEW}>New dashboard…</option>
              </select>
            </label>
            {chosen === NEW && (
              <label>
                Name
                <input
                  className="input"
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                />
              </label>
            )}
          </>
        )}
        {done && app && (
          <p role="status">
            Pinned to{" "}
            <Link href={viewPath(app, `workbooks/${done.name}`, search)}>{done.title}</Link>
          </p>
        )}
        <div className="row">
          {entries && !done && (
            <button type="submit" className="button button-primary" disabled={busy}>
              Pin
            </button>
          )}
          <button type="button" className="button" onClick={onClose}>
            {done ? "Close" : "Cancel"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function failed(problem: unknown): ApiError {
  return problem instanceof ApiError
    ? problem
    : new ApiError(String(problem), "PortalError", null);
}
