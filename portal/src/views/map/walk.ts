/** Which node lies in a direction, as the arrow keys go. */

import type { Point } from "./shape";

const DIRECTIONS: Record<string, Point> = {
  ArrowRight: { x: 1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowDown: { x: 0, y: 1 },
  ArrowUp: { x: 0, y: -1 },
};

/** What lies aside counts as so many times further away. */
const ASIDE = 2.5;

/** The id of the nearest node in the direction of a key; null when none is there. */
export function nodeTowards(nodes: Record<string, Point>, from: string, key: string): string | null {
  const direction = DIRECTIONS[key];
  const start = nodes[from];
  if (!direction || !start) return null;
  let best: string | null = null;
  let least = Infinity;
  for (const [id, { x, y }] of Object.entries(nodes)) {
    if (id === from) continue;
    const [dx, dy] = [x - start.x, y - start.y];
    const ahead = dx * direction.x + dy * direction.y;
    const aside = Math.abs(dx * direction.y) + Math.abs(dy * direction.x);
    if (ahead <= 1) continue;
    const distance = ahead + ASIDE * aside;
    if (distance < least) {
      least = distance;
      best = id;
    }
  }
  return best;
}

export function isArrow(key: string): boolean {
  return key in DIRECTIONS;
}
