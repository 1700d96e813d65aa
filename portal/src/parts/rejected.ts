/** What was not taken of a resource lately, and why. */

import { ask, type Resource } from "../lib/api";

export interface RejectedItems {
  lastHour: { reason: string; items: number }[];
  recent: { time: string; reason: string; message: string; items: number; sender: string }[];
  /** Items that name no resource; null for those who may not read every one. */
  ofNobody: RejectedItems | null;
}

export function rejected(resource: Resource) {
  return (signal: AbortSignal) => ask<RejectedItems>(`${resource.path}/rejecteditems`, { signal });
}

export function itemsOf(told: RejectedItems): number {
  return told.lastHour.reduce((sum, one) => sum + one.items, 0);
}
