import { severityText } from "./words";

const CLASSES = ["bad", "bad", "warn", "muted", "muted"];
const GLYPHS = ["◆", "▲", "▲", "●", "○"];

/** How bad it is: a glyph, a number and a word, never a colour alone. */
export function Severity({ severity }: { severity: number }) {
  return (
    <span className={`severity ${CLASSES[severity] ?? "muted"}`}>
      <span aria-hidden="true">{GLYPHS[severity] ?? "●"}</span> {severityText(severity)}
    </span>
  );
}
