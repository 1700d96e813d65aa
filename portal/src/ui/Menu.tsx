/** A menu of commands under a button, with arrow keys. */

import type { KeyboardEvent, ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import { Popover } from "./Popover";

export interface MenuItem {
  label: string;
  icon?: IconName;
  checked?: boolean;
  run: () => void;
}

interface MenuProps {
  label: string;
  button: ReactNode;
  className?: string;
  align?: "left" | "right";
  items: MenuItem[];
}

/** Moves the focus among the items of a list with the arrow keys, Home and End. */
export function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const steps: Record<string, (at: number, n: number) => number> = {
    ArrowDown: (at, n) => (at + 1) % n,
    ArrowUp: (at, n) => (at - 1 + n) % n,
    Home: () => 0,
    End: (_, n) => n - 1,
  };
  const step = steps[event.key];
  if (!step) return;
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("button, a")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[step(at, items.length)]?.focus();
  event.preventDefault();
}

export function Menu({ items, ...rest }: MenuProps) {
  return (
    <Popover {...rest} kind="menu">
      {(close) => (
        <div className="menu" role="none" onKeyDown={moveFocus}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemradio"}
              aria-checked={item.checked}
              className="menu-item"
              onClick={() => {
                close();
                item.run();
              }}
            >
              <span className="menu-icon">
                {item.checked ? <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
              </span>
              {item.label}
            </button>
          ))}
        </div>
      )}
    </Popover>
  );
}
