/** The colours of the style sheet, for what is drawn on a canvas. */

const SERIES = 6;

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function seriesColor(index: number): string {
  return token(`--series-${(index % SERIES) + 1}`);
}
