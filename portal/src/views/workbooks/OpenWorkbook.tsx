/** One workbook: read it, change it in place, keep it, take it along. */

import { useCallback, useEffect, useMemo, useState } from "react";
import type { ApiError, Resource } from "../../lib/api";
import { download } from "../../parts/files";
import { navigate, setParameters, useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { CopyButton } from "../../ui/CopyButton";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import {
  newItem,
  withAdded,
  withItem,
  withMoved,
  type Document,
  type Item,
  type NewKind,
} from "../../parts/workbooks/document";
import {
  ownChoices,
  parametersIn,
  PARAMETER,
  valuesOf,
  type Choice,
} from "../../parts/workbooks/parameters";
import {
  deleteWorkbook,
  keepWorkbook,
  makeWorkbook,
  openWorkbook,
  type Opened,
} from "../../parts/workbooks/store";
import { FIRST } from "../../parts/metrics/charts";
import { metricItem } from "../../parts/workbooks/pinned";
import { ChoicesOf } from "./ChoicesOf";
import { failed } from "./failed";
import { Items, type Shown } from "./Items";

interface OpenWorkbookProps {
  resource: Resource;
  name: string;
}

const PREFIX = "p.";

export function OpenWorkbook({ resource, name }: OpenWorkbookProps) {
  const { app, search } = useAddress();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [draft, setDraft] = useState<Document | null>(null);
  const [title, setTitle] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0);
  const editing = search.get("edit") === "1";

  const take = useCallback((found: Opened) => {
    setOpened(found);
    setDraft(found.document);
    setTitle(found.entry.title);
    setError(null);
  }, []);
  useEffect(() => {
    let left = false;
    openWorkbook(resource, name)
      .then((found) => !left && take(found))
      .catch((problem: unknown) => !left && setError(failed(problem)));
    return () => {
      left = true;
    };
  }, [resource, name, round, take]);

  const isChanged =
    opened !== null && (draft !== opened.document || title !== opened.entry.title);
  useEffect(() => {
    if (!isChanged) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isChanged]);

  const during = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (problem) {
      setError(failed(problem));
    } finally {
      setBusy(false);
    }
  };
  const save = () =>
    during(async () => {
      if (!opened || !draft || !title.trim()) return;
      take(await keepWorkbook(resource, { ...opened.entry, title: title.trim() }, draft));
      setParameters({ edit: null }, true);
    });
  const saveCopy = () =>
    during(async () => {
      if (!opened || !draft) return;
      const copy = `${title.trim()} (copy)`;
      const made = await makeWorkbook(resource, copy, opened.entry.category, draft);
      if (app) navigate(viewPath(app, `workbooks/${made.entry.name}`, search));
    });
  const remove = () =>
    during(async () => {
      if (!opened || !confirm(`Delete “${opened.entry.title}”?`)) return;
      await deleteWorkbook(opened.entry);
      if (app) navigate(viewPath(app, "workbooks", search));
    });

  if (!draft || !opened) {
    return (
      <div className="view">
        {error ? (
          <ErrorBox error={error} retry={() => setRound((n) => n + 1)} />
        ) : (
          <div className="skeleton" />
        )}
        {app && <Link href={viewPath(app, "workbooks", search)}>All workbooks</Link>}
      </div>
    );
  }
  return (
    <div className="view">
      <header className="view-head">
        {editing ? (
          <>
            <h1 className="sr">{title}</h1>
            <input
              className="input workbook-title"
              aria-label="Name of the workbook"
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          </>
        ) : (
          <h1>{title}</h1>
        )}
        {app && <Link href={viewPath(app, "workbooks", search)}>All workbooks</Link>}
        <div className="view-actions">
          {editing ? (
            <>
              <button
                type="button"
                className="button button-primary"
                disabled={busy || !title.trim()}
                onClick={() => void save()}
              >
                Save
              </button>
              <button
                type="button"
                className="button"
                onClick={() => {
                  setDraft(opened.document);
                  setTitle(opened.entry.title);
                  setParameters({ edit: null }, true);
                }}
              >
                {isChanged ? "Discard changes" : "Done"}
              </button>
            </>
          ) : (
            <button
              type="button"
              className="button button-primary"
              onClick={() => setParameters({ edit: "1" }, true)}
            >
              Edit
            </button>
          )}
          <CopyButton text={location.href.replace(/[?&]edit=1/, "")} label="Share link" />
          <Menu
            label="More for this workbook"
            className="button button-icon"
            align="right"
            button={<Icon name="more" />}
            items={[
              {
                label: "Export JSON",
                icon: "download",
                run: () =>
                  download(`${title}.json`, "application/json", JSON.stringify(draft, null, 2)),
              },
              { label: "Save a copy", icon: "copy", run: () => void saveCopy() },
              { label: "Delete", icon: "close", run: () => void remove() },
            ]}
          />
        </div>
      </header>
      {error && <ErrorBox error={error} retry={() => setRound((n) => n + 1)} />}
      <Filled
        resource={resource}
        document={draft}
        dashboard={opened.entry.category === "dashboard"}
        change={editing ? setDraft : null}
      />
    </div>
  );
}

function made(kind: NewKind): Item {
  return kind === "metric" ? metricItem(FIRST, "") : newItem(kind);
}

interface FilledProps {
  resource: Resource;
  document: Document;
  dashboard: boolean;
  /** Null while it is only read. */
  change: ((next: Document) => void) | null;
}

/** The document with the values of its parameters. */
function Filled({ resource, document, dashboard, change }: FilledProps) {
  const { search } = useAddress();
  const { span } = useRange();
  const [found, setFound] = useState<ReadonlyMap<string, Choice[]>>(new Map());
  const tell = useCallback(
    (name: string, choices: Choice[]) => setFound((last) => new Map(last).set(name, choices)),
    [],
  );
  const values = useMemo(
    () =>
      valuesOf(document, {
        asked: (name) => search.get(PREFIX + name),
        span,
        isSpanAsked: search.has("from"),
        choices: (parameter) => ownChoices(parameter) ?? found.get(parameter.name),
      }),
    [document, search, span, found],
  );
  const asking = parametersIn(document.items).filter(
    (one) => one.type === PARAMETER.choice && ownChoices(one) === null,
  );
  const shown: Shown = {
    resource,
    document,
    values,
    choices: (parameter) => ownChoices(parameter) ?? found.get(parameter.name) ?? [],
    set: (name, value) => setParameters({ [PREFIX + name]: value }),
    edit: change && {
      replace: (place, item) =>
        change({ ...document, items: withItem(document.items, place, item) }),
      add: (place, kind) =>
        change({ ...document, items: withAdded(document.items, place, made(kind)) }),
      move: (place, by) => change({ ...document, items: withMoved(document.items, place, by) }),
    },
  };
  return (
    <>
      {asking.map((parameter) => (
        <ChoicesOf
          key={parameter.name}
          resource={resource}
          document={document}
          parameter={parameter}
          values={values}
          tell={tell}
        />
      ))}
      <Items shown={shown} items={document.items} place={[]} dashboard={dashboard} />
    </>
  );
}
