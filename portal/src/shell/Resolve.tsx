/** Finds the resource that an operation belongs to, and goes there. */

import { useEffect, useState } from "react";
import { ApiError, ask, type Resource } from "../lib/api";
import { ErrorBox } from "../ui/ErrorBox";
import { navigate, transactionPath } from "./address";
import { Link } from "./Link";

export function Resolve({ operation }: { operation: string }) {
  const [found, setFound] = useState<Resource[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const query = new URLSearchParams({ operation_Id: operation });
    ask<{ resources: Resource[] }>(`/portal/api/resolve?${query}`, { signal: controller.signal })
      .then(({ resources }) => {
        const [only, ...others] = resources;
        if (only && !others.length) navigate(pathIn(only, operation), true);
        else setFound(resources);
      })
      .catch((problem: unknown) => {
        if (problem instanceof ApiError) setError(problem);
      });
    return () => controller.abort();
  }, [operation, round]);
  if (error) return <ErrorBox error={error} retry={() => setRound(round + 1)} />;
  if (!found) return <div className="skeleton" />;
  return (
    <section className="card narrow">
      <div className="card-body">
        <h1>{found.length ? "Several resources know this operation" : "Nobody knows it"}</h1>
        {found.length ? (
          <ul>
            {found.map((one) => (
              <li key={one.app_id}>
                <Link href={pathIn(one, operation)}>{one.name}</Link>
              </li>
            ))}
          </ul>
        ) : (
          <p>
            No telemetry with the operation id <code>{operation}</code> is stored in a resource that
            you may read. It may not have arrived yet, or be older than what is kept.
          </p>
        )}
      </div>
    </section>
  );
}

function pathIn(resource: Resource, operation: string): string {
  return transactionPath(resource.app_id, operation, new URLSearchParams(location.search));
}
