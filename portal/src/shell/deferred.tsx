/** Parts of the shell that the first picture does without: fetched when the browser is idle. */

import { createElement, useEffect, useState, type ComponentType } from "react";

const IDLE_AT_LATEST_MS = 4_000;

/** A component that is fetched once idle, or when first shown; it shows nothing until it is there. */
export function deferred<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let found: ComponentType<Props> | null = null;
  let fetching: Promise<void> | null = null;
  const fetchOnce = () => {
    fetching ??= load().then(
      (component) => {
        found = component;
      },
      () => {
        fetching = null;
      },
    );
    return fetching;
  };
  requestIdleCallback(() => void fetchOnce(), { timeout: IDLE_AT_LATEST_MS });
  return function Deferred(props: Props) {
    const [, setArrived] = useState(found !== null);
    useEffect(() => {
      if (!found) void fetchOnce().then(() => setArrived(true));
    }, []);
    return found ? createElement(found, props) : null;
  };
}
