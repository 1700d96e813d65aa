/** Numbers as people type them: a comma is as good as a point. */

export function numberOf(text: string): number {
  return Number(text.trim().replace(",", "."));
}

export function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(numberOf(text));
}
