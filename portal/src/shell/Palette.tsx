/** Ctrl K: go to a view, another resource, or another time. */

import { useMemo, useState, type KeyboardEvent } from "react";
import type { Resource } from "../lib/api";
import { PRESETS } from "../lib/time";
import { SETTINGS_TABS } from "../parts/settingsTabs";
import { Dialog } from "../ui/Dialog";
import { Icon, type IconName } from "../ui/Icon";
import { ACTIONS } from "./actions";
import { CREATE, navigate, transactionPath, useAddress, viewPath } from "./address";
import { setRange } from "./range";
import { toggleTheme } from "./theme";
import { shownViews } from "./views";

/** What is pasted as an operation id: hexadecimal, or what older clients make. */
const OPERATION_ID = /^[|\w.-]{16,128}$/;

interface Command {
  label: string;
  kind: string;
  icon: IconName;
  run: () => void;
}

interface PaletteProps {
  resources: Resource[];
  resource: Resource | null;
  onClose: () => void;
}

/** What is called exactly so comes first, then what begins so; the rest stays in its order. */
function farFrom(label: string, text: string): number {
  const [name, wanted] = [label.toLowerCase(), text.trim().toLowerCase()];
  if (!wanted || name === wanted) return 0;
  return name.startsWith(wanted) ? 1 : 2;
}

export function Palette({ resources, resource, onClose }: PaletteProps) {
  const { view, search } = useAddress();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const commands = useMemo<Command[]>(() => {
    const list: Command[] = [];
    if (resource) {
      for (const one of shownViews()) {
        const run = () => navigate(viewPath(resource.app_id, one.name, search));
        list.push({ label: one.title, kind: "View", icon: one.icon, run });
      }
      const titles = new Set(list.map((one) => one.label.toLowerCase()));
      for (const one of ACTIONS.filter((each) => !titles.has(each.label.toLowerCase()))) {
        const run = () => navigate(viewPath(resource.app_id, one.view, search, one.own));
        list.push({ label: one.label, kind: "View", icon: one.icon, run });
      }
    }
    for (const one of resource ? SETTINGS_TABS : []) {
      const run = () =>
        navigate(viewPath(resource?.app_id ?? "", `settings/${one.name}`, search));
      list.push({ label: `Settings: ${one.label}`, kind: "Setting", icon: "settings", run });
    }
    for (const one of resources.filter((each) => each !== resource)) {
      const run = () => navigate(viewPath(one.app_id, view ?? "overview", search));
      list.push({ label: one.name, kind: "Resource", icon: "resource", run });
    }
    const create = () => navigate(CREATE);
    list.push({ label: "Create a resource", kind: "Command", icon: "plus", run: create });
    for (const one of PRESETS) {
      const run = () => setRange({ from: one.from, to: "now" });
      list.push({ label: one.label, kind: "Time range", icon: "clock", run });
    }
    list.push({ label: "Switch light and dark", kind: "Setting", icon: "sun", run: toggleTheme });
    return list;
  }, [resources, resource, view, search]);
  const operation = OPERATION_ID.test(text.trim()) ? text.trim() : null;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands
    .filter((one) =>
      words.every((word) => `${one.label} ${one.kind}`.toLowerCase().includes(word)),
    )
    .sort((a, b) => farFrom(a.label, text) - farFrom(b.label, text));
  if (operation && resource) {
    const run = () => navigate(transactionPath(resource.app_id, operation, search));
    found.unshift({ label: operation, kind: "Transaction", icon: "transaction", run });
  }
  const chosen = found[Math.min(at, found.length - 1)];

  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((Math.min(at, found.length - 1) + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter" && chosen) {
      event.preventDefault();
      onClose();
      chosen.run();
    }
  };

  return (
    <Dialog label="Search or jump to" className="palette" onClose={onClose}>
      <div className="palette-input">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={chosen ? `palette-${found.indexOf(chosen)}` : undefined}
          aria-label="Search views, resources and time ranges"
          placeholder="View, operation id, resource or time range"
          value={text}
          onKeyDown={onKey}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <ul id="palette-list" role="listbox" aria-label="Commands" className="palette-list">
        {found.map((one, index) => (
          <li
            key={`${one.kind} ${one.label}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={one === chosen}
            ref={(item) => {
              if (one === chosen) item?.scrollIntoView({ block: "nearest" });
            }}
            onPointerMove={() => setAt(index)}
            onClick={() => {
              onClose();
              one.run();
            }}
          >
            <Icon name={one.icon} />
            <span className="clip">{one.label}</span>
            <span className="muted small">{one.kind}</span>
          </li>
        ))}
        {found.length === 0 && <li className="muted pad">Nothing is called “{text}”</li>}
      </ul>
    </Dialog>
  );
}
