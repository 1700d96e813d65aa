import { useState } from "react";

const OPEN_UP_TO = 24;
const SHOWN_CHARACTERS = 2_000;

/** A dynamic value: nested objects and lists fold, long texts open on demand. */
export function JsonTree({ text }: { text: string }) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return <LongText text={text} />;
  }
  return <Node value={value} depth={0} />;
}

function Node({ value, depth }: { value: unknown; depth: number }) {
  if (value === null || typeof value !== "object") {
    return <LongText text={typeof value === "string" ? value : JSON.stringify(value)} />;
  }
  const entries = Object.entries(value);
  if (entries.length === 0)
    return <span className="muted">{Array.isArray(value) ? "[ ]" : "{ }"}</span>;
  return <Branch entries={entries} list={Array.isArray(value)} depth={depth} />;
}

function Branch(props: { entries: [string, unknown][]; list: boolean; depth: number }) {
  const { entries, list, depth } = props;
  const [open, setOpen] = useState(depth < 2 && entries.length <= OPEN_UP_TO);
  return (
    <div className="json">
      {(depth > 0 || !open) && (
        <button
          type="button"
          className="json-fold"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? "▾" : "▸"} {list ? `[${entries.length}]` : `{${entries.length}}`}
        </button>
      )}
      {open &&
        entries.slice(0, 500).map(([key, child]) => (
          <div key={key} className="json-pair">
            <span className="json-key">{key}</span>
            <Node value={child} depth={depth + 1} />
          </div>
        ))}
    </div>
  );
}

function LongText({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  if (all || text.length <= SHOWN_CHARACTERS) return <span className="value-text">{text}</span>;
  return (
    <span className="value-text">
      {text.slice(0, SHOWN_CHARACTERS)}…{" "}
      <button type="button" className="button button-small" onClick={() => setAll(true)}>
        Show all {text.length} characters
      </button>
    </span>
  );
}
