import type { Resource } from "../lib/api";
import { Icon } from "../ui/Icon";
import { useAddress, viewPath } from "./address";
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
              </Link>
            ))}
          </div>
        ))}
    </nav>
  );
}
