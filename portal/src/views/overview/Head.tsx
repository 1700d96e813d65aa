/** Which resource this is, what its applications are configured with, and where to go first. */

import type { Resource } from "../../lib/api";
import type { Sampling } from "../../parts/sampling";
import { SamplingMark } from "../../parts/SamplingMark";
import { ACTIONS } from "../../shell/actions";
import { useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { CopyButton } from "../../ui/CopyButton";
import { Icon } from "../../ui/Icon";

export function Head({ resource, sampling }: { resource: Resource; sampling: Sampling }) {
  const { search } = useAddress();
  const facts = [
    ["Resource group", resource.resource_group],
    ["Location", resource.location],
    ["Instrumentation key", resource.instrumentation_key],
    ["Connection string", resource.connection_string],
  ] as const;
  return (
    <header className="card overview-head">
      <div className="row">
        <h1 title={resource.name}>{resource.name}</h1>
        <CopyButton text={resource.name} of="Name" />
        <SamplingMark sampling={sampling} />
        <div className="row overview-actions">
          {ACTIONS.map((one) => (
            <Link
              key={one.label}
              className="button"
              href={viewPath(resource.app_id, one.view, search)}
            >
              <Icon name={one.icon} /> {one.label}
            </Link>
          ))}
        </div>
      </div>
      <dl>
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <span className="clip" title={value}>
                {value}
              </span>
              <CopyButton text={value} of={label} />
            </dd>
          </div>
        ))}
      </dl>
    </header>
  );
}
