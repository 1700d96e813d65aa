/** A panel under a button: closes on Escape or a click elsewhere, gives the focus back. */

import { useEffect, useId, useRef, useState, type ReactNode } from "react";

interface PopoverProps {
  label: string;
  button: ReactNode;
  className?: string;
  align?: "left" | "right";
  kind?: "dialog" | "menu" | "listbox";
  shortcut?: string;
  children: (close: () => void) => ReactNode;
}

export function Popover(props: PopoverProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();

  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>(":scope > button")?.focus();
  };

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    const panel = root.current?.querySelector<HTMLElement>(".popover");
    if (!panel?.contains(document.activeElement)) {
      panel?.querySelector<HTMLElement>("button, input, select, a")?.focus();
    }
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  return (
    <div
      className="popover-root"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === "Escape" && open) {
          event.stopPropagation();
          close();
        }
      }}
      onBlur={(event) => {
        const next = event.relatedTarget as Node | null;
        if (next && !event.currentTarget.contains(next)) setOpen(false);
      }}
    >
      <button
        type="button"
        className={props.className ?? "button"}
        aria-haspopup={props.kind ?? "dialog"}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={props.label}
        title={props.label}
        data-shortcut={props.shortcut}
        onClick={() => setOpen(!open)}
      >
        {props.button}
      </button>
      {open && (
        <div
          id={id}
          className={`popover popover-${props.align ?? "left"}`}
          role={props.kind === "menu" ? "menu" : "dialog"}
          aria-label={props.label}
        >
          {props.children(close)}
        </div>
      )}
    </div>
  );
}
