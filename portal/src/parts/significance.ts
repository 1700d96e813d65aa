/** How sure a difference of two shares is: a test of two proportions. */

export type Sureness = "certain" | "likely" | "weak";

/**
 * Compares `a` of `sizeA` with `b` of `sizeB`.
 *
 * The score is that of the two-proportion z-test with a pooled share; beyond 3.3 a difference by
 * chance is rarer than one in a thousand, beyond 2 rarer than one in twenty.
 */
export function sureness(a: number, sizeA: number, b: number, sizeB: number): Sureness {
  if (!sizeA || !sizeB) return "weak";
  const pooled = (a + b) / (sizeA + sizeB);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / sizeA + 1 / sizeB));
  const score = error ? Math.abs(a / sizeA - b / sizeB) / error : Infinity;
  return score > 3.3 ? "certain" : score > 2 ? "likely" : "weak";
}
