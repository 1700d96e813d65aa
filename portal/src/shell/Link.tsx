import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { navigate } from "./address";

/** A link inside the portal: a real one, followed without loading the page again. */
export function Link({
  href,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  // eslint-disable-next-line jsx-a11y/anchor-has-content -- its children are among the rest
  return <a href={href} {...rest} onClick={follow} />;
}
