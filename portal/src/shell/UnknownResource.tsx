/** What an address that names no resource, or several, may have meant. */

import type { Resource } from "../lib/api";
import { viewPath } from "./address";

interface UnknownResourceProps {
  name: string;
  /** Those that are called so: none, or several. */
  several: Resource[];
  resources: Resource[];
}

export function UnknownResource({ name, several, resources }: UnknownResourceProps) {
  return (
    <section className="card narrow">
      <div className="card-body">
        {several.length > 0 ? (
          <h1>Several resources are called “{name}”</h1>
        ) : (
          <>
            <h1>There is no resource “{name}”</h1>
            <p>It may have been deleted or renamed. This server has:</p>
          </>
        )}
        <ul>
          {(several.length > 0 ? several : resources).map((one) => (
            <li key={one.app_id}>
              <a href={viewPath(one.app_id, "overview")}>{one.name}</a>{" "}
              <span className="muted">in {one.resource_group}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
