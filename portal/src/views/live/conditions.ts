/** What samples and own metrics are asked for, as the server reads it. */

export interface Field {
  name: string;
  label: string;
  kind: "text" | "duration" | "boolean" | "severity";
}

const NAME: Field = { name: "Name", label: "Name", kind: "text" };
const DURATION: Field = { name: "Duration", label: "Duration", kind: "duration" };
const SUCCESS: Field = { name: "Success", label: "Success", kind: "boolean" };
const SEVERITY: Field = { name: "SeverityLevel", label: "Severity", kind: "severity" };
const ANY: Field = { name: "*", label: "Any text", kind: "text" };

export interface Kind {
  name: string;
  label: string;
  fields: Field[];
}

export const KINDS: Kind[] = [
  {
    name: "request",
    label: "Requests",
    fields: [
      { name: "Url", label: "URL", kind: "text" },
      NAME,
      { name: "ResponseCode", label: "Response code", kind: "text" },
      { name: "Source", label: "Source", kind: "text" },
      DURATION,
      SUCCESS,
      ANY,
    ],
  },
  {
    name: "dependency",
    label: "Dependencies",
    fields: [
      NAME,
      { name: "Data", label: "Command or URL", kind: "text" },
      { name: "Target", label: "Target", kind: "text" },
      { name: "Type", label: "Type", kind: "text" },
      { name: "ResultCode", label: "Result code", kind: "text" },
      DURATION,
      SUCCESS,
      ANY,
    ],
  },
  {
    name: "exception",
    label: "Exceptions",
    fields: [
      { name: "Exception.Message", label: "Message", kind: "text" },
      { name: "Exception.Type", label: "Type", kind: "text" },
      { name: "Exception.StackTrace", label: "Call stack", kind: "text" },
      { name: "ProblemId", label: "Problem", kind: "text" },
      SEVERITY,
      ANY,
    ],
  },
  { name: "event", label: "Events", fields: [NAME, ANY] },
  {
    name: "trace",
    label: "Traces",
    fields: [{ name: "Message", label: "Message", kind: "text" }, SEVERITY, ANY],
  },
];

/** A key of the items' own properties. */
export const OWN: Field = { name: "CustomDimensions.", label: "Custom property…", kind: "text" };

const ORDERED = ["==", "!=", ">", ">=", "<", "<="];

export function operatorsOf(field: Field): string[] {
  if (field.name === "*") return ["contains", "!contains"];
  if (field.kind === "text") return ["contains", "!contains", "==", "!="];
  return field.kind === "boolean" ? ["==", "!="] : ORDERED;
}

export const SEVERITIES = ["Verbose", "Information", "Warning", "Error", "Critical"];

export interface Wanted {
  kind: string;
  field: string;
  operator: string;
  /** Empty asks for all of the kind. */
  value: string;
}

/** `request where Url contains "/cart"`. */
export function conditionText({ kind, field, operator, value }: Wanted): string {
  const text = value.trim();
  return text ? `${kind} where ${word(field)} ${operator} ${word(text)}` : kind;
}

/** A word as the server reads one: bare where it can be, else in quotes. */
function word(text: string): string {
  return /^[\w.*/:-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
