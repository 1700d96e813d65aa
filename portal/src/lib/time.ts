/** Time ranges as the address holds them: `now-4h`, `now`, or an ISO instant. */

export interface TimeRange {
  from: string;
  to: string;
}

export interface Span {
  start: number;
  end: number;
}

const UNIT_MS: Record<string, number> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export const DEFAULT_RANGE: TimeRange = { from: "now-4h", to: "now" };

export const PRESETS: { label: string; from: string }[] = [
  { label: "Last 15 minutes", from: "now-15m" },
  { label: "Last 30 minutes", from: "now-30m" },
  { label: "Last hour", from: "now-1h" },
  { label: "Last 4 hours", from: "now-4h" },
  { label: "Last 12 hours", from: "now-12h" },
  { label: "Last 24 hours", from: "now-24h" },
  { label: "Last 3 days", from: "now-3d" },
  { label: "Last 7 days", from: "now-7d" },
  { label: "Last 30 days", from: "now-30d" },
];

/** The instant a text means, in milliseconds; NaN when it means none. */
export function instant(text: string, now: number): number {
  if (text === "now") return now;
  const relative = /^now-(\d{1,6})([smhd])$/.exec(text);
  if (relative) return now - Number(relative[1]) * (UNIT_MS[relative[2] ?? ""] ?? NaN);
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : NaN;
}

export function isRelative(range: TimeRange): boolean {
  return range.from.startsWith("now") || range.to.startsWith("now");
}

/** The range, or the default one when it does not read as a range. */
export function validRange(from: string | null, to: string | null, now: number): TimeRange {
  const range = { from: from ?? DEFAULT_RANGE.from, to: to ?? DEFAULT_RANGE.to };
  return instant(range.from, now) < instant(range.to, now) ? range : DEFAULT_RANGE;
}

export function spanOf(range: TimeRange, now: number): Span {
  return { start: instant(range.from, now), end: instant(range.to, now) };
}

export function absolute(span: Span): TimeRange {
  return { from: new Date(span.start).toISOString(), to: new Date(span.end).toISOString() };
}

/** The same width, moved by a share of itself (−1 = the range before). */
export function shifted(span: Span, share: number): TimeRange {
  const by = (span.end - span.start) * share;
  return absolute({ start: span.start + by, end: span.end + by });
}

/** The same middle, `factor` times as wide, at least one second. */
export function zoomed(span: Span, factor: number): TimeRange {
  const middle = (span.start + span.end) / 2;
  const half = Math.max(500, ((span.end - span.start) * factor) / 2);
  return absolute({ start: middle - half, end: middle + half });
}

/** What a zone setting means to Intl: undefined is the browser's own. */
export function zoneName(zone: string): string | undefined {
  return zone === "local" ? undefined : zone === "utc" ? "UTC" : zone;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zoneName(zone) });
    return true;
  } catch {
    return false;
  }
}

export function zoneLabel(zone: string): string {
  return zone === "local" ? "Local" : zone === "utc" ? "UTC" : zone;
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function partsOf(at: number, zone: string): Record<string, string> {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zoneName(zone),
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  const parts: Record<string, string> = {};
  for (const part of format.formatToParts(at)) parts[part.type] = part.value;
  return parts;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `2026-11-21 07:02:11.204` in the zone. */
export function dateTime(at: number, zone: string, withMs = true): string {
  const p = partsOf(at, zone);
  const ms = withMs ? `.${String(((at % 1000) + 1000) % 1000).padStart(3, "0")}` : "";
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}${ms}`;
}

/** `2026-11-21 07:02` in the zone: what a person types into the picker. */
export function minuteText(at: number, zone: string): string {
  return dateTime(at, zone, false).slice(0, 16);
}

/** Labels for a time axis: the clock, and the day where it changes. */
export function axisLabels(ticks: number[], stepS: number, zone: string): string[] {
  let day = "";
  return ticks.map((tick) => {
    const p = partsOf(tick * 1000, zone);
    const today = `${Number(p.day)} ${MONTHS[Number(p.month) - 1] ?? ""}`;
    const clock = stepS < 60 ? `${p.hour}:${p.minute}:${p.second}` : `${p.hour}:${p.minute}`;
    const changed = today !== day;
    const first = day === "";
    day = today;
    if (stepS >= 86_400) return today;
    return changed && !first ? today : clock;
  });
}

/** `3 s ago`, `12 min ago`. */
export function ago(at: number, now: number): string {
  const s = Math.max(0, Math.round((now - at) / 1000));
  if (s < 60) return `${s} s ago`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

/** What the picker shows: the preset's name or both ends. */
export function rangeLabel(range: TimeRange, zone: string, now: number): string {
  if (range.to === "now") {
    const preset = PRESETS.find((one) => one.from === range.from);
    if (preset) return preset.label;
    if (isRelative(range)) return `Last ${range.from.slice(4)}`;
  }
  const span = spanOf(range, now);
  const from = minuteText(span.start, zone);
  const to = minuteText(span.end, zone);
  return `${from} – ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}
