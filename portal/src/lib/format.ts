/** Numbers as people read them: three significant digits and a unit. */

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

function significant(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

/** 1,204 then 28.7 K, 1.2 M. */
export function count(value: number): string {
  if (Math.abs(value) < 10_000) return grouped.format(value);
  if (Math.abs(value) < 999_500) return `${significant(value / 1e3)} K`;
  if (Math.abs(value) < 999_500_000) return `${significant(value / 1e6)} M`;
  return `${significant(value / 1e9)} G`;
}

export function exact(value: number): string {
  return new Intl.NumberFormat("en-GB").format(value);
}

/** 9.4 ms, 241 ms, 1.24 s, 2 m 05 s. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 0.001) return "0 ms";
  if (ms < 999.5) return `${significant(ms)} ms`;
  if (ms < 59_950) return `${significant(ms / 1e3)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3_600) return `${Math.floor(s / 60)} m ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3_600)} h ${String(Math.floor((s % 3_600) / 60)).padStart(2, "0")} m`;
}

/** One decimal; never "0 %" for something that happened. */
export function percent(value: number): string {
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value < 100 && value > 99.9) return "> 99.9 %";
  return `${value.toFixed(1)} %`;
}

/** A number of a chart's axis or table cell: short, without a unit. */
export function plain(value: number): string {
  if (Number.isInteger(value)) return count(value);
  return Math.abs(value) >= 10_000 ? count(value) : Number(value.toPrecision(4)).toString();
}
