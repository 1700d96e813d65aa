import { useEffect, useState } from "react";
import { copyText } from "../lib/encode";
import { Icon } from "./Icon";

interface CopyButtonProps {
  text: string;
  label?: string;
  /** What is copied, where a picture has to do. */
  of?: string;
}

/** Copies a text and says so for two seconds. */
export function CopyButton({ text, label = "Copy", of }: CopyButtonProps) {
  const [done, setDone] = useState<boolean | null>(null);
  useEffect(() => {
    if (done === null) return undefined;
    const timer = setTimeout(() => setDone(null), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className={of ? "button button-small button-plain" : "button button-small"}
      title={of && `Copy: ${of}`}
      onClick={() => void copyText(text).then(setDone)}
    >
      <Icon name={done ? "check" : "copy"} />
      <span aria-live="polite" className={of && "sr"}>
        {done === null ? (of ? `Copy: ${of}` : label) : done ? "Copied" : "Select the text to copy it"}
      </span>
    </button>
  );
}
