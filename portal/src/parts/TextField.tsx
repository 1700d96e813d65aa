/** A labelled input that says what is wrong with its text as it is typed. */

import { useId, type InputHTMLAttributes, type ReactNode } from "react";
import { Icon } from "../ui/Icon";
import "./form.css";

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange"> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  /** What is wrong with the text, "" when nothing is. */
  problem?: string;
  /** Texts that are offered. */
  options?: string[];
}

export function TextField(props: TextFieldProps) {
  const { label, value, onChange, hint, problem = "", options = [], ...rest } = props;
  const id = useId();
  const told = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        className="input"
        value={value}
        spellCheck={false}
        list={options.length ? `${id}-options` : undefined}
        aria-invalid={problem !== ""}
        aria-describedby={told || undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {options.length > 0 && (
        <datalist id={`${id}-options`}>
          {options.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint && (
        <p className="muted small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <p className="bad small" id={`${id}-problem`} aria-live="polite">
        {problem && (
          <>
            <Icon name="warning" size={12} /> {problem}
          </>
        )}
      </p>
    </div>
  );
}
