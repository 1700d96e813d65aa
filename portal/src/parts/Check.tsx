/** One thing that is on or off. */

import type { ReactNode } from "react";

interface CheckProps {
  checked: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
  /** What is on or off. */
  children: ReactNode;
}

export function Check({ checked, disabled = false, onChange, children }: CheckProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
