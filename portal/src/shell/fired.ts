/** How many alerts are fired, from the view that knows to the sidebar that shows it. */

const FIRED = "openinsights:fired";

export function tellFired(count: number): void {
  dispatchEvent(new CustomEvent(FIRED, { detail: count }));
}

export function onFired(hear: (count: number) => void): () => void {
  const listener = (event: Event) => hear((event as CustomEvent<number>).detail);
  addEventListener(FIRED, listener);
  return () => removeEventListener(FIRED, listener);
}
