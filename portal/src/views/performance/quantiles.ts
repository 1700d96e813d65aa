/** Quantiles of durations that are known by buckets of their logarithm. */

export interface Bucket {
  logMs: number;
  calls: number;
  failed: number;
}

/** The width of a bucket in log10 of milliseconds. */
export const STEP = 0.05;

/** The duration below which a share of the calls lies, within the width of a bucket. */
export function quantile(buckets: Bucket[], share: number): number {
  const total = buckets.reduce((sum, one) => sum + one.calls, 0);
  if (!total) return NaN;
  let left = share * total;
  for (const { logMs, calls } of buckets) {
    if (calls >= left) return 10 ** (logMs + (STEP * left) / calls);
    left -= calls;
  }
  return 10 ** ((buckets.at(-1)?.logMs ?? 0) + STEP);
}

/** How many calls lie between two durations; buckets count when their middle does. */
export function callsBetween(buckets: Bucket[], lo: number, hi: number): number {
  return buckets
    .filter(({ logMs }) => {
      const middle = 10 ** (logMs + STEP / 2);
      return middle >= lo && middle <= hi;
    })
    .reduce((sum, one) => sum + one.calls, 0);
}
