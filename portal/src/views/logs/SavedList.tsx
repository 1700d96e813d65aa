/** The named queries of a resource: those of all, and one's own. */

import { useState } from "react";
import { ApiError, type Resource } from "../../lib/api";
import { deleteQuery, type SavedQuery } from "../../parts/savedQueries";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";

export interface Saved {
  queries: SavedQuery[] | null;
  error: ApiError | null;
  reload: () => void;
}

interface SavedListProps {
  resource: Resource;
  saved: Saved;
  open: (query: string) => void;
}

export function SavedList({ resource, saved, open }: SavedListProps) {
  const [leaving, setLeaving] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  if (saved.error) return <ErrorBox error={saved.error} retry={saved.reload} />;
  if (!saved.queries) return <p className="muted pad">Loading…</p>;
  const remove = (query: SavedQuery) => {
    setLeaving(null);
    deleteQuery(resource, query)
      .then(saved.reload)
      .catch((problem: unknown) =>
        setError(
          problem instanceof ApiError ? problem : new ApiError(String(problem), "PortalError", null),
        ),
      );
  };
  return (
    <div className="side-list">
      {error && <ErrorBox error={error} />}
      {saved.queries.length === 0 && (
        <p className="muted pad">Queries that are saved under a name are listed here</p>
      )}
      {[true, false].map((shared) => {
        const some = saved.queries?.filter((one) => one.shared === shared) ?? [];
        if (!some.length) return null;
        return (
          <section key={String(shared)} aria-label={shared ? "Shared" : "Mine"}>
            <h3>{shared ? "Shared" : "Mine"}</h3>
            {some.map((one) => (
              <div key={one.id} className="side-saved">
                <button
                  type="button"
                  className="side-query"
                  title={one.text}
                  onClick={() => open(one.text)}
                >
                  <strong className="clip">{one.name}</strong>
                  <code className="clip">{one.text.replaceAll("\n", " ")}</code>
                </button>
                {leaving === one.id ? (
                  <button
                    type="button"
                    className="button button-small"
                    autoFocus
                    onBlur={() => setLeaving(null)}
                    onClick={() => remove(one)}
                  >
                    Delete
                  </button>
                ) : (
                  <button
                    type="button"
                    className="button button-plain button-icon button-small"
                    aria-label={`Delete ${one.name}`}
                    title={`Delete ${one.name}`}
                    onClick={() => setLeaving(one.id)}
                  >
                    <Icon name="close" size={12} />
                  </button>
                )}
              </div>
            ))}
          </section>
        );
      })}
    </div>
  );
}
