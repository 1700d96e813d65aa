/** The portal's own line icons, 16 × 16. */

const PATHS = {
  overview: "M2 13.5h12M3.5 11V7.5M6.5 11V4M9.5 11V6.5M12.5 11V2.5",
  logs: "M2.5 3.5h11v9h-11zM5 6.5l2 1.7-2 1.7M8.5 10.2H11",
  start:
    "M6 10l-2.5-.5L6 6.2 9.2 3c1.4-1.2 2.8-1.4 4-1.2.2 1.2 0 2.6-1.2 4L8.8 9 5.5 11.5zM9.8 6.2h0M3.5 11.5l-1.7 2.7 2.7-1.7M6 10l3.5 3.5L9 9",
  transaction: "M2 3.5h7M4.5 7h6M6.5 10.5h5M8 14h6",
  performance: "M2 12a6 6 0 1 1 12 0M8 12l3-4",
  failures: "M8 2.2l6.2 11.3H1.8zM8 6.3v3.4M8 11.6h0",
  map: "M3.5 8a1.8 1.8 0 1 0 0-.1zM10.5 4a1.8 1.8 0 1 0 0-.1zM10.5 12a1.8 1.8 0 1 0 0-.1zM5.2 7.2L9 4.8M5.2 8.8L9 11.2",
  live: "M1.5 8h3l2-5 3 10 2-5h3",
  metrics: "M2.5 13.5h11M2.5 2.5v11M5 11V8M8 11V5M11 11V7",
  alerts: "M8 2.2a3.8 3.8 0 0 0-3.8 3.8v3L2.8 11.5h10.4L11.8 9V6A3.8 3.8 0 0 0 8 2.2zM6.5 13.8h3",
  settings: "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6L5 5M11 11l1.4 1.4M12.4 3.6L11 5M5 11l-1.4 1.4",
  chevron: "M4.5 6.5L8 10l3.5-3.5",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3L13.5 13.5",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  refresh: "M13.3 7A5.5 5.5 0 0 0 3.4 5M2.7 9a5.5 5.5 0 0 0 9.9 2M3 2.2V5h2.8M13 13.8V11h-2.8",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  more: "M3.5 8h0M8 8h0M12.5 8h0",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M6 5.5V3h7v7h-2.5M3 6h7.5v7.5H3z",
  check: "M3 8.5l3.2 3.2L13 4.8",
  play: "M5 3.2v9.6l7.5-4.8z",
  database: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  queue: "M2 5h3v6H2zM6.5 5h3v6h-3zM11 5h3v6h-3z",
  storage: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h0M5 11h0",
  web: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 2 2 10 0 12M8 2c-2 2-2 10 0 12",
  people: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 14c0-3 2-4.5 5-4.5s5 1.5 5 4.5",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  stop: "M4 4h8v8H4z",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6",
  chart: "M2.5 2.5v11h11M5 10.5l2.5-3.2 2.2 1.7L13 5",
  download: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10",
  smart: "M8 2v2.2M8 11.8V14M2 8h2.2M11.8 8H14M8 5.2l.9 1.9 1.9.9-1.9.9L8 10.8l-.9-1.9L5.2 8l1.9-.9z",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  up: "M8 13V3.5M4 7.5l4-4 4 4",
  down: "M8 3v9.5M4 8.5l4 4 4-4",
  warning: "M8 2.2l6.2 11.3H1.8zM8 6.3v3.4M8 11.6h0",
  right: "M6.5 4.5L10 8l-3.5 3.5",
  resource: "M8 1.8l5.5 3.1v6.2L8 14.2l-5.5-3.1V4.9zM2.5 4.9L8 8l5.5-3.1M8 8v6.2",
  failed: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
