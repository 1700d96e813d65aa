/** Bytes as people read them, in powers of ten like the daily cap. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

export function size(bytes: number): string {
  let value = bytes;
  let at = 0;
  while (value >= 999.5 && at < UNITS.length - 1) {
    value /= 1_000;
    at += 1;
  }
  return `${Number(value.toPrecision(3))} ${UNITS[at]}`;
}
