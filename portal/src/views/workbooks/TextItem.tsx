import { Markdown } from "../../parts/Markdown";
import type { Content } from "../../parts/workbooks/document";
import { filledIn, type Values } from "../../parts/workbooks/parameters";

interface TextItemProps {
  content: Content;
  values: Values;
  change: ((content: Content) => void) | null;
}

const STYLES: Record<string, string> = {
  info: "info",
  warning: "warn",
  error: "error",
  success: "success",
  upsell: "info",
};

/** Text in Markdown; while editing its source stands beside it. */
export function TextItem({ content, values, change }: TextItemProps) {
  const text = content.json ?? "";
  const style = STYLES[content.style ?? ""];
  return (
    <div className={`workbook-text${style ? ` styled ${style}` : ""}`}>
      {change && (
        <textarea
          className="input"
          aria-label="Text in Markdown"
          rows={Math.min(16, text.split("\n").length + 1)}
          value={text}
          onChange={(event) => change({ ...content, json: event.target.value })}
        />
      )}
      <Markdown text={filledIn(text, values)} />
    </div>
  );
}
