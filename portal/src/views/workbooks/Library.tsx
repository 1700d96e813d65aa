/** The workbooks and dashboards of a resource: open, make, import. */

import { useEffect, useRef, useState, type SubmitEvent } from "react";
import type { ApiError, Resource } from "../../lib/api";
import { dateTime } from "../../lib/time";
import { navigate, useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { emptyDocument, newItem, readDocument, type Document } from "../../parts/workbooks/document";
import {
  makeWorkbook,
  workbooksOf,
  type Category,
  type Entry,
} from "../../parts/workbooks/store";
import { ViewHead } from "../../parts/ViewHead";
import { failed } from "./failed";

export function Library({ resource }: { resource: Resource }) {
  const { app, search } = useAddress();
  const { zone } = useRange();
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let left = false;
    workbooksOf(resource)
      .then((list) => {
        if (left) return;
        setEntries(list);
        setError(null);
      })
      .catch((problem: unknown) => !left && setError(failed(problem)));
    return () => {
      left = true;
    };
  }, [resource, round]);

  const make = async (title: string, category: Category, document: Document) => {
    try {
      const { entry } = await makeWorkbook(resource, title, category, document);
      if (app) navigate(viewPath(app, `workbooks/${entry.name}`, search, { edit: "1" }));
    } catch (problem) {
      setError(failed(problem));
    }
  };

  return (
    <div className="view">
      <ViewHead title="Workbooks" app={resource.app_id} filters={false}>
        <NewWorkbook make={make} />
        <ImportButton make={make} tell={setError} />
      </ViewHead>
      {error && <ErrorBox error={error} retry={() => setRound((n) => n + 1)} />}
      <section className="card" aria-label="Workbooks and dashboards" aria-busy={!entries && !error}>
        <div className="card-body workbook-library">
          {!entries && !error && <div className="skeleton" />}
          {entries?.length === 0 && (
            <p className="empty-tile muted">
              No workbooks yet. Make one here, or pin a card from its ⋯ menu.
            </p>
          )}
          {entries && entries.length > 0 && app && (
            <table className="table list">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Kind</th>
                  <th scope="col">Changed</th>
                  <th scope="col">By</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((one) => (
                  <tr key={one.path}>
                    <td className="wide">
                      <Link href={viewPath(app, `workbooks/${one.name}`, search)}>{one.title}</Link>
                    </td>
                    <td>{one.category === "dashboard" ? "Dashboard" : "Workbook"}</td>
                    <td>{dateTime(Date.parse(one.modified), zone, false)}</td>
                    <td>{one.author}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </section>
    </div>
  );
}

type Make = (title: string, category: Category, document: Document) => Promise<void>;

function NewWorkbook({ make }: { make: Make }) {
  const [title, setTitle] = useState("");
  const [category, setCategory] = useState<Category>("workbook");
  const apply = (event: SubmitEvent) => {
    event.preventDefault();
    if (!title.trim()) return;
    const document = emptyDocument();
    if (category === "workbook") document.items.push(newItem("text"));
    void make(title.trim(), category, document);
  };
  return (
    <Popover
      label="New workbook"
      align="right"
      className="button button-primary"
      button={
        <>
          <Icon name="plus" /> New
        </>
      }
    >
      {() => (
        <form className="filter-form" onSubmit={apply}>
          <label>
            Name
            <input
              className="input"
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          </label>
          <label>
            Kind
            <select
              className="input"
              value={category}
              onChange={(event) => setCategory(event.target.value as Category)}
            >
              <option value="workbook">Workbook</option>
              <option value="dashboard">Dashboard</option>
            </select>
          </label>
          <button type="submit" className="button button-primary">
            Create
          </button>
        </form>
      )}
    </Popover>
  );
}

function ImportButton({ make, tell }: { make: Make; tell: (error: ApiError) => void }) {
  const file = useRef<HTMLInputElement>(null);
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    const document = readDocument(await chosen.text());
    if (typeof document === "string") tell(failed(document));
    else await make(chosen.name.replace(/\.(json|workbook)$/i, ""), "workbook", document);
  };
  return (
    <>
      <button type="button" className="button" onClick={() => file.current?.click()}>
        <Icon name="up" /> Import JSON
      </button>
      <input
        ref={file}
        type="file"
        hidden
        accept=".json,.workbook,application/json"
        aria-label="A workbook's JSON"
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
    </>
  );
}
