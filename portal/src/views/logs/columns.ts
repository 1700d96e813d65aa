/** Where the columns of the grid lie, and which of them are in view. */

/** The width of what opens a row, before the first column. */
export const FOLD_PX = 28;

/** Where each column begins, and at the end where the last one ends, in pixels. */
export function startsOf(widths: number[]): number[] {
  const starts = [FOLD_PX];
  for (const width of widths) starts.push((starts.at(-1) ?? 0) + width);
  return starts;
}

/** The columns that lie between two pixels, wholly or in part: the first, and the one after the last. */
export function columnsBetween(starts: number[], left: number, right: number): [number, number] {
  const last = starts.length - 1;
  const first = starts.findIndex((_, place) => (starts[place + 1] ?? Infinity) > left);
  const after = starts.findIndex((start) => start >= right);
  return [Math.min(first, last), after < 0 ? last : Math.min(after, last)];
}
