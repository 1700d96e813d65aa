/** The page that makes a resource; on a server without one, the first page. */

import { useEffect, useState, type SyntheticEvent } from "react";
import { ApiError, createResource, labels, type Resource } from "../lib/api";
import { may, useSession } from "../lib/session";
import { TextField } from "../parts/TextField";
import { ErrorBox } from "../ui/ErrorBox";
import { navigate, viewPath } from "./address";
import { locationProblem, nameProblem } from "./resourceNames";

const TAKEN = "Conflict";

interface CreateResourceProps {
  resources: Resource[];
  onCreated: (made: Resource) => void;
}

export function CreateResource({ resources, onCreated }: CreateResourceProps) {
  const session = useSession();
  const groups = useLabels("resourceGroups");
  const locations = useLabels("locations");
  const [name, setName] = useState("");
  const [group, setGroup] = useState("default");
  const [location, setLocation] = useState("local");
  const [refused, setRefused] = useState<{ of: string; error: ApiError } | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Create a resource · OpenInsights";
  }, []);

  const wanted = {
    name: name.trim(),
    resource_group: group.trim(),
    location: location.trim(),
  };
  const place = `${wanted.resource_group}/${wanted.name}`.toLowerCase();
  const isTaken =
    resources.some((one) => `${one.resource_group}/${one.name}`.toLowerCase() === place) ||
    (refused?.of === place && refused.error.code === TAKEN);
  const problems = [nameProblem(name), nameProblem(group), locationProblem(location)];
  const isWhole = Object.values(wanted).every(Boolean) && problems.every((one) => !one);
  const forbidden = session !== null && !may(session, "manage");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!isWhole || isTaken || forbidden || busy) return;
    setBusy(true);
    setRefused(null);
    createResource(wanted)
      .then((made) => {
        onCreated(made);
        navigate(viewPath(made.app_id, "start"));
      })
      .catch((error: unknown) => {
        if (error instanceof ApiError) setRefused({ of: place, error });
      })
      .finally(() => setBusy(false));
  };

  return (
    <section className="card narrow" aria-label="Create a resource">
      <form className="card-body form" onSubmit={submit}>
        <h1>{resources.length ? "Create a resource" : "Create your first resource"}</h1>
        <p>
          A resource holds the telemetry of one application. It has an instrumentation key and a
          connection string that the application sends with.
        </p>
        {forbidden && (
          <p className="empty" role="status">
            Creating resources needs the role of an administrator of every resource.
          </p>
        )}
        <TextField
          label="Name"
          value={name}
          placeholder="my-app"
          autoComplete="off"
          autoFocus
          problem={
            problems[0] ||
            (isTaken ? `There is a resource of this name in ${wanted.resource_group} already.` : "")
          }
          onChange={setName}
        />
        <TextField
          label="Resource group"
          value={group}
          options={groups}
          autoComplete="off"
          hint="A name for resources that belong together; a new one is made."
          problem={problems[1] ?? ""}
          onChange={setGroup}
        />
        <TextField
          label="Location"
          value={location}
          options={locations}
          autoComplete="off"
          hint="A label that tools show, such as East US. The data stays on this server."
          problem={problems[2] ?? ""}
          onChange={setLocation}
        />
        {refused && refused.error.code !== TAKEN && <ErrorBox error={refused.error} />}
        <button
          type="submit"
          className="button button-primary"
          disabled={!isWhole || isTaken || forbidden || busy}
        >
          {busy ? "Creating…" : "Create"}
        </button>
      </form>
    </section>
  );
}

/** What there is already, to choose from; an empty list when it cannot be told. */
function useLabels(of: "resourceGroups" | "locations"): string[] {
  const [found, setFound] = useState<string[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    labels(of, controller.signal)
      .then(setFound)
      .catch(() => undefined); // they are offered, not needed
    return () => controller.abort();
  }, [of]);
  return found;
}
