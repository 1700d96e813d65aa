/** A labelled field for several lines of text that a machine reads. */

import { useId } from "react";
import "./form.css";

interface TextAreaProps {
  label: string;
  value: string;
  rows?: number;
  placeholder?: string;
  disabled?: boolean;
  onChange: (value: string) => void;
}

export function TextArea({ label, value, rows = 3, onChange, ...rest }: TextAreaProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        {...rest}
        id={id}
        className="input lines"
        rows={rows}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
