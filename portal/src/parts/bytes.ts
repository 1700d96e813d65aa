/** Sizes as people read them: three significant digits and a unit of 1,024. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** 512 B, 12.4 MB, 1.2 GB. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return "–";
  let at = 0;
  let left = value;
  while (Math.abs(left) >= 999.5 && at < UNITS.length - 1) {
    left /= 1_024;
    at += 1;
  }
  return `${Number(left.toPrecision(3))} ${UNITS[at]}`;
}
