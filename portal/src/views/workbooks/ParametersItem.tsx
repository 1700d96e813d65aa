/** The parameters of a workbook; what is chosen stands in the address. */

import { useId } from "react";
import type { Content, Parameter } from "../../parts/workbooks/document";
import { lastText, PARAMETER, splitAsked } from "../../parts/workbooks/parameters";
import { useAddress } from "../../shell/address";
import { Popover } from "../../ui/Popover";
import type { Shown } from "./Items";
import { ParametersForm } from "./ParametersForm";

interface ParametersItemProps {
  shown: Shown;
  content: Content;
  change: ((content: Content) => void) | null;
}

export function ParametersItem({ shown, content, change }: ParametersItemProps) {
  return (
    <>
      <Fields shown={shown} content={content} />
      {change && <ParametersForm shown={shown} content={content} change={change} />}
    </>
  );
}

function Fields({ shown, content }: Omit<ParametersItemProps, "change">) {
  const listed = (content.parameters ?? []).filter(
    (one) => shown.edit !== null || one.isHiddenWhenLocked !== true,
  );
  if (!listed.length) return null;
  return (
    <div className="workbook-parameters" role="group" aria-label="Parameters">
      {listed.map((parameter) => (
        <Field key={parameter.name} shown={shown} parameter={parameter} />
      ))}
    </div>
  );
}

function Field({ shown, parameter }: { shown: Shown; parameter: Parameter }) {
  const id = useId();
  const { search } = useAddress();
  const asked = search.get(`p.${parameter.name}`);
  const label = parameter.label || parameter.name;
  const value = shown.values.get(parameter.name);
  const set = (next: string) => shown.set(parameter.name, next);
  if (parameter.type === PARAMETER.choice && parameter.multiSelect) {
    return <Several shown={shown} parameter={parameter} label={label} />;
  }
  const control = () => {
    switch (parameter.type) {
      case PARAMETER.time:
        return <Times id={id} parameter={parameter} asked={asked} shown={shown} />;
      case PARAMETER.choice: {
        const choices = shown.choices(parameter);
        const now = value?.kind === "text" ? value.text : "";
        return (
          <select
            id={id}
            className="input"
            value={now}
            onChange={(event) => set(event.target.value)}
          >
            {!choices.some((one) => one.value === now) && <option value={now}>{now}</option>}
            {choices.map((one) => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </select>
        );
      }
      case PARAMETER.text:
        return (
          <input
            id={id}
            key={asked ?? ""}
            className="input"
            defaultValue={value?.label ?? ""}
            onBlur={(event) => event.target.value !== (value?.label ?? "") && set(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") set(event.currentTarget.value);
            }}
          />
        );
      default:
        return (
          <span id={id} className="muted" title={parameter.description}>
            {value?.label || "not supported here"}
          </span>
        );
    }
  };
  return (
    <div className="metric-field" title={parameter.description}>
      <label htmlFor={id}>{label}</label>
      {control()}
    </div>
  );
}

interface TimesProps {
  id: string;
  parameter: Parameter;
  asked: string | null;
  shown: Shown;
}

/** A length of time that ends with the page's; or the page's own. */
function Times({ id, parameter, asked, shown }: TimesProps) {
  const own = (parameter.value as { durationMs?: number } | null)?.durationMs ?? 0;
  const { search } = useAddress();
  const lengths = (parameter.typeSettings?.selectableValues ?? []).map((one) => one.durationMs);
  const chosen = asked ?? (search.has("from") ? "0" : String(own));
  const listed = [...new Set([...lengths, own, Number(chosen)])]
    .filter((one) => one > 0)
    .sort((a, b) => a - b);
  return (
    <select
      id={id}
      className="input"
      value={chosen}
      onChange={(event) => shown.set(parameter.name, event.target.value)}
    >
      <option value="0">As the page</option>
      {listed.map((one) => (
        <option key={one} value={String(one)}>
          {lastText(one)}
        </option>
      ))}
    </select>
  );
}

interface SeveralProps {
  shown: Shown;
  parameter: Parameter;
  label: string;
}

function Several({ shown, parameter, label }: SeveralProps) {
  const { search } = useAddress();
  const asked = search.get(`p.${parameter.name}`);
  const choices = shown.choices(parameter);
  const value = shown.values.get(parameter.name);
  const labels = new Set(value?.label.split(", "));
  const chosen =
    asked !== null
      ? splitAsked(asked)
      : choices.filter((one) => labels.has(one.label)).map((one) => one.value);
  const flip = (one: string, on: boolean) => {
    const next = on ? [...chosen, one] : chosen.filter((each) => each !== one);
    shown.set(parameter.name, JSON.stringify(next));
  };
  return (
    <div className="metric-field" title={parameter.description}>
      {label}
      <Popover
        label={`${label}: ${value?.label || "none"}`}
        className="button metric-button"
        button={<span className="clip">{value?.label || "none"}</span>}
      >
        {() => (
          <div className="filter-form">
            {choices.map((one) => (
              <label key={one.value} className="check">
                <input
                  type="checkbox"
                  checked={chosen.includes(one.value)}
                  onChange={(event) => flip(one.value, event.target.checked)}
                />
                {one.label}
              </label>
            ))}
            {choices.length === 0 && <p className="muted">There is nothing to choose from</p>}
          </div>
        )}
      </Popover>
    </div>
  );
}
