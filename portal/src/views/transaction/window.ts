/** The part of the time that the timeline shows. */

export interface Window {
  start: number;
  end: number;
}

/** Where an instant lies in a window: 0 at its start, 1 at its end, outside beyond. */
export function within(at: number, { start, end }: Window): number {
  return (at - start) / (end - start);
}

const MOST_TICKS = 6;

/** Round distances from `origin` that lie in the window, in milliseconds. */
export function ticksOf(shown: Window, origin: number): number[] {
  const step = roundStep((shown.end - shown.start) / MOST_TICKS);
  const ticks: number[] = [];
  let n = Math.ceil((shown.start - origin) / step);
  for (; n * step <= shown.end - origin && ticks.length <= MOST_TICKS; n += 1) ticks.push(n * step);
  return ticks;
}

/** The smallest of 1, 2, 5 × 10ⁿ that is not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((one) => one * power >= least) ?? 10;
  return factor * power;
}
