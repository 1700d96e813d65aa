/** One or several of what there is to choose from, each with its label. */

import { useId } from "react";
import "./form.css";

interface ChoiceProps {
  label: string;
  value: string;
  /** Labels by value, or values that are their own labels, or values each with its label. */
  choices: Record<string, string> | (string | readonly [value: string, label: string])[];
  disabled?: boolean;
  choose: (value: string) => void;
}

/** One of several; a value that is none of them is shown as it is. */
export function Choice({ label, value, choices, disabled = false, choose }: ChoiceProps) {
  const id = useId();
  const rows = Array.isArray(choices)
    ? choices.map((one) => (typeof one === "string" ? ([one, one] as const) : one))
    : Object.entries(choices);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        onChange={(event) => choose(event.target.value)}
      >
        {!rows.some(([name]) => name === value) && <option value={value}>{value}</option>}
        {rows.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface ChoicesProps {
  legend: string;
  chosen: string[];
  choices: { value: string; label: string }[];
  /** What is said when there is nothing to choose. */
  none: string;
  change: (chosen: string[]) => void;
}

/** Any of several; letter case does not count. */
export function Choices({ legend, chosen, choices, none, change }: ChoicesProps) {
  const has = (value: string) => chosen.some((one) => one.toLowerCase() === value.toLowerCase());
  const gone = chosen.filter(
    (one) => !choices.some(({ value }) => value.toLowerCase() === one.toLowerCase()),
  );
  const every = [
    ...choices,
    ...gone.map((value) => ({ value, label: `${value.split("/").pop()} (not found)` })),
  ];
  return (
    <fieldset className="field">
      <legend>{legend}</legend>
      {every.length === 0 && <p className="muted small">{none}</p>}
      {every.map(({ value, label }) => (
        <label key={value} className="check">
          <input
            type="checkbox"
            checked={has(value)}
            onChange={(event) =>
              change(
                event.target.checked
                  ? [...chosen, value]
                  : chosen.filter((one) => one.toLowerCase() !== value.toLowerCase()),
              )
            }
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
