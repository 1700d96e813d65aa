/** Asks for the choices of a parameter; shows only what is wrong with its query. */

import { useEffect } from "react";
import type { Resource } from "../../lib/api";
import { ErrorBox } from "../../ui/ErrorBox";
import type { Document, Parameter } from "../../parts/workbooks/document";
import {
  filledIn,
  identityOf,
  missingIn,
  type Choice,
  type Values,
} from "../../parts/workbooks/parameters";
import { useRange } from "../../shell/range";
import { useAnswer } from "./ask";

interface ChoicesOfProps {
  resource: Resource;
  document: Document;
  parameter: Parameter;
  values: Values;
  tell: (name: string, choices: Choice[]) => void;
}

const MOST = 1_000;

export function ChoicesOf({ resource, document, parameter, values, tell }: ChoicesOfProps) {
  const { span } = useRange();
  const text = parameter.query ?? "";
  const waits = missingIn(text, document, values).length > 0;
  const query = waits ? null : filledIn(text, values);
  const answer = useAnswer(resource.app_id, query, span, identityOf(text, values));
  const table = answer.reply?.tables[0];
  useEffect(() => {
    if (!table) return;
    const at = (name: string) => table.columns.findIndex((one) => one.name === name);
    const [value, label, selected] = [Math.max(0, at("value")), at("label"), at("selected")];
    const choices = table.rows.slice(0, MOST).map((row) => {
      const text = String(row[value] ?? "");
      return {
        value: text,
        label: String(row[label] ?? text),
        selected: selected >= 0 && [true, 1, "true"].includes(row[selected] as string),
      };
    });
    tell(parameter.name, choices);
  }, [table, parameter.name, tell]);
  if (!answer.error) return null;
  return (
    <div>
      <p className="muted small">Choices of {parameter.label ?? parameter.name}</p>
      <ErrorBox error={answer.error} retry={answer.retry} />
    </div>
  );
}
