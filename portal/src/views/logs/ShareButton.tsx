/** Copies a link to the query and its time; a long query is kept on the server and named by it. */

import { useEffect, useState } from "react";
import { ApiError, type Resource } from "../../lib/api";
import { copyText, toBase64Url } from "../../lib/encode";
import { absolute, isRelative } from "../../lib/time";
import { keepForLink } from "../../parts/savedQueries";
import { useRange } from "../../shell/range";
import { Icon } from "../../ui/Icon";

/** A query that is longer than this as an address has it gets a short link. */
const MOST_IN_LINK = 1_500;

export function ShareButton({ resource, text }: { resource: Resource; text: string }) {
  const { range, span } = useRange();
  const [told, setTold] = useState("");
  useEffect(() => {
    if (!told) return undefined;
    const timer = setTimeout(() => setTold(""), 4_000);
    return () => clearTimeout(timer);
  }, [told]);
  const share = async () => {
    try {
      const url = new URL(location.href);
      const own = text ? toBase64Url(text) : "";
      const isShort = own.length <= MOST_IN_LINK;
      const fixed = isRelative(range) ? absolute(span) : range;
      const said = isShort ? { q: own } : { link: await keepForLink(resource, text) };
      for (const name of ["q", "link"]) url.searchParams.delete(name);
      for (const [name, value] of Object.entries({ ...fixed, ...said })) {
        if (value) url.searchParams.set(name, value);
      }
      setTold((await copyText(url.href)) ? "Link copied" : "The browser refused to copy");
    } catch (problem) {
      setTold(problem instanceof ApiError ? problem.message : String(problem));
    }
  };
  return (
    <button
      type="button"
      className="button"
      title="Copy a link to this query and time"
      onClick={() => void share()}
    >
      <Icon name={told ? "check" : "copy"} /> <span aria-live="polite">{told || "Share"}</span>
    </button>
  );
}
