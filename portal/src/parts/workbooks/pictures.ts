/** What Azure's workbooks call a picture, and what it is here. */

import type { ChartKind } from "../results/pivot";

export const PICTURES: Record<string, ChartKind> = {
  timechart: "timechart",
  linechart: "linechart",
  areachart: "stackedareachart",
  unstackedareachart: "areachart",
  barchart: "columnchart",
  categoricalbar: "columnchart",
  unstackedbar: "barchart",
  piechart: "piechart",
  scatterchart: "scatterchart",
};

/** The name of a picture in a workbook; a table for none. */
export function pictureNamed(kind: ChartKind | null): string {
  return Object.entries(PICTURES).find(([, one]) => one === kind)?.[0] ?? "table";
}
