/** What the parameters of an item are: their names, kinds, choices and first values. */

import { useState } from "react";
import type { Content, Parameter } from "../../parts/workbooks/document";
import {
  choicesText,
  EVERY,
  FIRST_CHOICE,
  lastText,
  PARAMETER,
  parametersIn,
  readChoices,
  type Choice,
} from "../../parts/workbooks/parameters";
import { Icon } from "../../ui/Icon";
import type { Shown } from "./Items";

interface ParametersFormProps {
  shown: Shown;
  content: Content;
  change: (content: Content) => void;
}

const TYPES: [number, string][] = [
  [PARAMETER.text, "Text"],
  [PARAMETER.choice, "Drop down"],
  [PARAMETER.time, "Time range"],
];
const NAME = /^[A-Za-z_]\w*$/;

export function ParametersForm({ shown, content, change }: ParametersFormProps) {
  const parameters = content.parameters ?? [];
  const replace = (at: number, next: Parameter | null) =>
    change({
      ...content,
      parameters: parameters.flatMap((one, index) => (index === at ? (next ?? []) : one)),
    });
  const add = () => {
    const taken = new Set(parametersIn(shown.document.items).map((one) => one.name));
    let number = 1;
    while (taken.has(`parameter${number}`)) number += 1;
    const made: Parameter = {
      id: crypto.randomUUID(),
      version: "KqlParameterItem/1.0",
      name: `parameter${number}`,
      type: PARAMETER.text,
      value: "",
    };
    change({ ...content, parameters: [...parameters, made] });
  };
  return (
    <div className="workbook-form">
      {parameters.map((parameter, at) => (
        <One
          key={typeof parameter.id === "string" ? parameter.id : at}
          shown={shown}
          parameter={parameter}
          change={(next) => replace(at, next)}
        />
      ))}
      <button type="button" className="button button-small" onClick={add}>
        <Icon name="plus" size={12} /> Add a parameter
      </button>
    </div>
  );
}

interface OneProps {
  shown: Shown;
  parameter: Parameter;
  change: (next: Parameter | null) => void;
}

function One({ shown, parameter, change }: OneProps) {
  const known = TYPES.some(([type]) => type === parameter.type);
  return (
    <fieldset className="workbook-fields">
      <legend>{parameter.label || parameter.name}</legend>
      <Name shown={shown} parameter={parameter} change={change} />
      <label className="metric-field">
        Label
        <input
          className="input"
          value={parameter.label ?? ""}
          onChange={(event) => change({ ...parameter, label: event.target.value })}
        />
      </label>
      <label className="metric-field">
        Kind
        <select
          className="input"
          value={parameter.type}
          onChange={(event) => change(ofType(parameter, Number(event.target.value)))}
        >
          {TYPES.map(([type, label]) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
          {!known && <option value={parameter.type}>Kind {parameter.type} of Azure</option>}
        </select>
      </label>
      {parameter.type === PARAMETER.text && (
        <label className="metric-field">
          First value
          <input
            className="input"
            value={typeof parameter.value === "string" ? parameter.value : ""}
            onChange={(event) => change({ ...parameter, value: event.target.value })}
          />
        </label>
      )}
      {parameter.type === PARAMETER.time && <Length parameter={parameter} change={change} />}
      {parameter.type === PARAMETER.choice && (
        <Choices shown={shown} parameter={parameter} change={change} />
      )}
      <button
        type="button"
        className="button button-icon button-small"
        aria-label={`Remove the parameter ${parameter.name}`}
        title="Remove"
        onClick={() => change(null)}
      >
        <Icon name="close" size={12} />
      </button>
    </fieldset>
  );
}

const OF_A_KIND = ["jsonData", "query", "multiSelect", "typeSettings"];

/** The parameter as one of another kind: what only the old kind had goes. */
function ofType(parameter: Parameter, type: number): Parameter {
  const kept = Object.entries(parameter).filter(([name]) => !OF_A_KIND.includes(name));
  const rest = { ...Object.fromEntries(kept), name: parameter.name };
  if (type === PARAMETER.time) return { ...rest, type, value: { durationMs: 14_400_000 } };
  if (type === PARAMETER.choice) {
    return { ...rest, type, jsonData: "[]", value: FIRST_CHOICE };
  }
  if (type === PARAMETER.text) return { ...rest, type, value: "" };
  return { ...parameter, type };
}

/** A name is taken over when it is one and nobody else has it. */
function Name({ shown, parameter, change }: OneProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const others = parametersIn(shown.document.items).filter((one) => one !== parameter);
  const name = typed ?? parameter.name;
  const wrong = !NAME.test(name)
    ? "Letters, digits and _, a letter first"
    : others.some((one) => one.name === name)
      ? "There is a parameter of this name"
      : "";
  return (
    <label className="metric-field">
      Name
      <input
        className="input"
        value={name}
        aria-invalid={wrong !== ""}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => {
          if (!wrong && name !== parameter.name) change({ ...parameter, name });
          if (!wrong) setTyped(null);
        }}
      />
      {wrong && <span className="bad small">{wrong}</span>}
    </label>
  );
}

const LENGTHS_MS = [1, 4, 24, 72, 168, 720].map((hours) => hours * 3_600_000);

function Length({ parameter, change }: Omit<OneProps, "shown">) {
  const own = (parameter.value as { durationMs?: number } | null)?.durationMs ?? 0;
  return (
    <label className="metric-field">
      First value
      <select
        className="input"
        value={own}
        onChange={(event) =>
          change({ ...parameter, value: { durationMs: Number(event.target.value) } })
        }
      >
        {[...new Set([...LENGTHS_MS, own])]
          .filter((ms) => ms > 0)
          .map((ms) => (
            <option key={ms} value={ms}>
              {lastText(ms)}
            </option>
          ))}
      </select>
    </label>
  );
}

function Choices({ shown, parameter, change }: OneProps) {
  const asks = parameter.query !== undefined;
  const [text, setText] = useState(() => (asks ? (parameter.query ?? "") : choicesText(parameter)));
  const from = (query: boolean) => {
    const { query: asked = "", jsonData = "[]", ...rest } = parameter;
    setText(query ? asked : choicesText({ ...rest, jsonData }));
    change(query ? { ...rest, query: asked } : { ...rest, jsonData });
  };
  const keep = () =>
    change(asks ? { ...parameter, query: text } : { ...parameter, jsonData: readChoices(text) });
  const value: unknown = Array.isArray(parameter.value) ? parameter.value[0] : parameter.value;
  const several = parameter.multiSelect === true;
  const first = (chosen: string) =>
    change({ ...parameter, value: chosen === "" ? null : several ? [chosen] : chosen });
  return (
    <>
      <label className="metric-field">
        Choices
        <select
          className="input"
          value={asks ? "query" : "list"}
          onChange={(event) => from(event.target.value === "query")}
        >
          <option value="list">A list</option>
          <option value="query">A query</option>
        </select>
      </label>
      <label className="metric-field wide">
        {asks ? "Query: value, label, selected" : "One a line: value, or value | label"}
        <textarea
          className="input"
          rows={3}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={keep}
        />
      </label>
      <label className="metric-field">
        First value
        <select
          className="input"
          value={typeof value === "string" ? value : ""}
          onChange={(event) => first(event.target.value)}
        >
          <option value="">None</option>
          <option value={FIRST_CHOICE}>The first one</option>
          {several && <option value={EVERY}>All of them</option>}
          {withChosen(shown.choices(parameter), value).map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={several}
          onChange={(event) => {
            const chosen = typeof value === "string" ? value : null;
            change({
              ...parameter,
              multiSelect: event.target.checked,
              value: event.target.checked ? (chosen ? [chosen] : []) : chosen,
            });
          }}
        />
        Several at once
      </label>
    </>
  );
}

function withChosen(choices: Choice[], value: unknown): Choice[] {
  const special = value === FIRST_CHOICE || value === EVERY || value === "";
  if (typeof value !== "string" || special || choices.some((one) => one.value === value)) {
    return choices;
  }
  return [...choices, { value, label: value }];
}
