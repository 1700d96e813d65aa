import type { Resource } from "../lib/api";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { navigate } from "./address";
import { REFRESH_SECONDS, setRefresh, useRange } from "./range";
import { ResourcePicker } from "./ResourcePicker";
import { toggleTheme, useTheme } from "./theme";
import { TimePicker } from "./TimePicker";
import { WhoIsHere } from "./WhoIsHere";
import { isRelative } from "../lib/time";

interface TopBarProps {
  resources: Resource[];
  resource: Resource | null;
  ranged: boolean;
  refreshes: boolean;
  openPalette: () => void;
}

export function TopBar({
  resources,
  resource,
  ranged,
  refreshes,
  openPalette,
}: TopBarProps) {
  const theme = useTheme();
  return (
    <header className="topbar">
      <a
        className="brand"
        href="/"
        onClick={(event) => {
          event.preventDefault();
          navigate("/");
        }}
      >
        <Mark />
        <span>OpenInsights</span>
      </a>
      <ResourcePicker resources={resources} resource={resource} />
      <button type="button" className="button search-button" onClick={openPalette}>
        <Icon name="search" />
        <span>Search or jump to…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className="topbar-end">
        {ranged && <TimePicker />}
        {refreshes && <Refresh />}
        <button
          type="button"
          className="button button-icon"
          onClick={toggleTheme}
          aria-label={theme === "dark" ? "Use light colours" : "Use dark colours"}
          title={theme === "dark" ? "Use light colours" : "Use dark colours"}
        >
          <Icon name={theme === "dark" ? "sun" : "moon"} />
        </button>
        <WhoIsHere />
      </div>
    </header>
  );
}

function Refresh() {
  const { refresh, refreshS, range } = useRange();
  const still = !isRelative(range);
  return (
    <div className="joined">
      <button
        type="button"
        className="button button-icon"
        onClick={refresh}
        aria-label="Refresh now"
        title="Refresh now"
      >
        <Icon name="refresh" />
      </button>
      <Menu
        label={still ? "Refresh: off, the range is fixed" : "Refresh on its own"}
        align="right"
        button={
          <>
            {still ? "Off" : seconds(refreshS)} <Icon name="chevron" size={12} />
          </>
        }
        items={REFRESH_SECONDS.map((one) => ({
          label: seconds(one),
          checked: one === refreshS,
          run: () => setRefresh(one),
        }))}
      />
    </div>
  );
}

function seconds(value: number): string {
  if (!value) return "Off";
  return value < 60 ? `${value} s` : `${value / 60} min`;
}

function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--brand)" />
      <path
        d="M6 20l6-8 5 6 3.5-4.5L26 20"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
