import { useEffect, useState } from "react";
import { copyText } from "../lib/encode";
import { Icon } from "./Icon";

/** Copies a text and says so for two seconds. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState<boolean | null>(null);
  useEffect(() => {
    if (done === null) return undefined;
    const timer = setTimeout(() => setDone(null), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className="button button-small"
      onClick={() => void copyText(text).then(setDone)}
    >
      <Icon name={done ? "check" : "copy"} />
      <span aria-live="polite">
        {done === null ? label : done ? "Copied" : "Select the text to copy it"}
      </span>
    </button>
  );
}
