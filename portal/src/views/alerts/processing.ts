/** Processing rules in words. */

import type { Processing, Recurrence } from "./alerts";

export function actionText({ properties }: Processing): string {
  const [action] = properties.actions;
  if (action?.actionType !== "AddActionGroups") return "Nobody is told";
  const names = (action.actionGroupIds ?? []).map((id) => id.split("/").pop());
  return `Also tells ${names.join(", ")}`;
}

export function scheduleText({ properties }: Processing): string {
  const said = properties.schedule;
  if (!said) return "Always";
  const from = said.effectiveFrom?.replace("T", " ");
  const until = said.effectiveUntil?.replace("T", " ");
  const zone = said.timeZone ?? "UTC";
  const windows = (said.recurrences ?? []).map(recurrenceText);
  const span = from && until ? `${from} to ${until}` : from ? `from ${from}` : until && `until ${until}`;
  return `${[span, ...windows].filter(Boolean).join(", ") || "Always"} (${zone})`;
}

function recurrenceText(one: Recurrence): string {
  const start = (one.startTime || "00:00").slice(0, 5);
  const end = (one.endTime || "24:00").slice(0, 5);
  const days =
    one.recurrenceType === "Weekly"
      ? (one.daysOfWeek ?? []).join(", ")
      : one.recurrenceType === "Monthly"
        ? `day ${(one.daysOfMonth ?? []).join(", ")}`
        : "daily";
  return `${days} ${start}–${end}`;
}

export function scopesText({ properties }: Processing): string {
  return properties.scopes.map((one) => one.split("/").pop()).join(", ");
}

const OPERATORS: Record<string, string> = {
  Equals: "is",
  NotEquals: "is not",
  Contains: "contains",
  DoesNotContain: "does not contain",
};

export function conditionsText({ properties }: Processing): string {
  return properties.conditions
    .map((one) => `${one.field} ${OPERATORS[one.operator] ?? one.operator} ${one.values.join(" or ")}`)
    .join(" and ");
}

/** Whether it can never apply again: its end is past. Times are told in UTC alone. */
export function isOver({ properties }: Processing, now = Date.now()): boolean {
  const { effectiveUntil, timeZone } = properties.schedule ?? {};
  return timeZone === "UTC" && !!effectiveUntil && Date.parse(`${effectiveUntil}Z`) < now;
}
