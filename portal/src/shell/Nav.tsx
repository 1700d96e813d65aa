import { useEffect, useState } from "react";
import { ask, type Resource } from "../lib/api";
import { Icon } from "../ui/Icon";
import { useAddress, viewPath } from "./address";
import { onFired } from "./fired";
import { Link } from "./Link";
import { shownViews } from "./views";

/** The views there are, in Azure's order and words. */
export function Nav({ resource, view }: { resource: Resource | null; view: string | null }) {
  const { search } = useAddress();
  const views = shownViews();
  const groups = [...new Set(views.map((one) => one.group))];
  return (
    <nav className="nav" aria-label="Views">
      {resource &&
        groups.map((group) => (
          <div key={group} className="nav-group">
            {group && <h2>{group}</h2>}
            {views.filter((one) => one.group === group).map((one) => (
              <Link
                key={one.name}
                href={viewPath(resource.app_id, one.name, search)}
                className="nav-item"
                aria-current={one.name === view ? "page" : undefined}
                title={`${one.title} (g ${one.chord})`}
              >
                <Icon name={one.icon} />
                <span>{one.title}</span>
                {one.name === "alerts" && <FiredCount app={resource.app_id} />}
              </Link>
            ))}
          </div>
        ))}
    </nav>
  );
}

const LOOKS_EVERY_MS = 30_000;

/** How many alerts are fired; nothing when none is. */
function FiredCount({ app }: { app: string }) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const look = () => {
      if (document.hidden) return;
      const path = `/portal/api/alerts/${encodeURIComponent(app)}?state=fired`;
      ask<unknown[]>(path, { signal: controller.signal }).then(
        (found) => setCount(found.length),
        () => undefined, // what is wrong is told by the view itself
      );
    };
    look();
    const timer = setInterval(look, LOOKS_EVERY_MS);
    const deaf = onFired(setCount);
    return () => {
      deaf();
      clearInterval(timer);
      controller.abort();
    };
  }, [app]);
  if (!count) return null;
  return (
    <b className="nav-count" title={`${count} fired`}>
      {count}
      <span className="sr"> fired</span>
    </b>
  );
}
