/** How sure a difference is: it is compared with what chance alone makes of so few. */

export type Sureness = "certain" | "likely" | "weak";

/**
 * Compares the shares `a` of `sizeA` and `b` of `sizeB`: the two-proportion z-test with a pooled
 * share.
 */
export function sureness(a: number, sizeA: number, b: number, sizeB: number): Sureness {
  if (!sizeA || !sizeB) return "weak";
  const pooled = (a + b) / (sizeA + sizeB);
  return surenessOf(a / sizeA - b / sizeB, Math.sqrt(pooled * (1 - pooled) * (1 / sizeA + 1 / sizeB)));
}

/**
 * Rates a difference by its standard error: beyond 3.3 of it a difference by chance is rarer than
 * one in a thousand, beyond 2 rarer than one in twenty.
 */
export function surenessOf(difference: number, error: number): Sureness {
  if (!difference) return "weak";
  const score = error ? Math.abs(difference) / error : Infinity;
  return score > 3.3 ? "certain" : score > 2 ? "likely" : "weak";
}
