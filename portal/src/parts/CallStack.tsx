/** What was thrown, and where: the application's own frames first in sight, the others folded. */

import { useState } from "react";
import { CopyButton } from "../ui/CopyButton";
import "./pairs.css";
import type { Frame, Thrown } from "./stack";

export function CallStack({ thrown }: { thrown: Thrown[] }) {
  return (
    <div className="stack">
      {thrown.map((one, index) => (
        <section key={index} aria-label={`${index ? "Caused by " : ""}${one.type}`}>
          <p>
            {index > 0 && <span className="muted">caused by </span>}
            <strong className="bad">{one.type}</strong>: {one.message}
          </p>
          {one.frames.length > 0 ? <Frames frames={one.frames} /> : <Raw text={one.text} />}
        </section>
      ))}
      <CopyButton text={asText(thrown)} label="Copy call stack" />
    </div>
  );
}

function Raw({ text }: { text: string }) {
  return text ? <pre className="stack-raw">{text}</pre> : <p className="muted">No call stack</p>;
}

function Frames({ frames }: { frames: Frame[] }) {
  const [all, setAll] = useState(false);
  const own = frames.filter((frame) => frame.own);
  const shown = all || own.length === 0 ? frames : own;
  const folded = frames.length - own.length;
  return (
    <>
      <ol className="stack-frames">
        {shown.map((frame, index) => (
          <li key={index} className={frame.own ? "" : "muted"}>
            <code>{frame.method}</code>
            {frame.file && (
              <span className="stack-place">
                {frame.file}
                {frame.line !== null ? `:${frame.line}` : ""}
              </span>
            )}
          </li>
        ))}
      </ol>
      {own.length > 0 && folded > 0 && (
        <button type="button" className="button button-small" onClick={() => setAll(!all)}>
          {all ? "Own frames only" : `Show ${folded} frames of libraries`}
        </button>
      )}
    </>
  );
}

function asText(thrown: Thrown[]): string {
  return thrown
    .map((one) => {
      const frames = one.frames.map(
        (frame) => `  at ${frame.method} in ${frame.file}${frame.line ? `:${frame.line}` : ""}`,
      );
      return [`${one.type}: ${one.message}`, ...(frames.length ? frames : [one.text])].join("\n");
    })
    .join("\n");
}
