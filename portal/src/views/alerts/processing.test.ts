import { expect, test } from "vitest";
import type { Processing, ProcessingProperties } from "./alerts";
import { actionText, conditionsText, isOver, scheduleText, scopesText } from "./processing";

function rule(properties: Partial<ProcessingProperties>): Processing {
  const usual = { scopes: ["/s/shop"], conditions: [], schedule: null, actions: [], description: "", enabled: true };
  return { id: "", name: "", type: "", location: "", properties: { ...usual, ...properties } };
}

test("what a rule does, when and for what", () => {
  expect(actionText(rule({ actions: [{ actionType: "RemoveAllActionGroups" }] }))).toBe(
    "Nobody is told",
  );
  expect(
    actionText(rule({ actions: [{ actionType: "AddActionGroups", actionGroupIds: ["/x/ops"] }] })),
  ).toBe("Also tells ops");
  expect(scheduleText(rule({}))).toBe("Always");
  const recurrences = [
    { recurrenceType: "Daily", startTime: "22:00:00", endTime: "06:00:00" },
    { recurrenceType: "Weekly", daysOfWeek: ["Saturday"] },
    { recurrenceType: "Monthly", daysOfMonth: [1, 31], startTime: "06:00:00" },
  ];
  expect(scheduleText(rule({ schedule: { timeZone: "Europe/Paris", recurrences } }))).toBe(
    "daily 22:00–06:00, Saturday 00:00–24:00, day 1, 31 06:00–24:00 (Europe/Paris)",
  );
  const conditions = [{ field: "Severity", operator: "NotEquals", values: ["Sev0", "Sev1"] }];
  expect(conditionsText(rule({ conditions }))).toBe("Severity is not Sev0 or Sev1");
  expect(scopesText(rule({}))).toBe("shop");
});

test("a window that is past is over", () => {
  const schedule = { effectiveUntil: "2026-11-21T18:00:00", timeZone: "UTC" };
  expect(isOver(rule({ schedule }), Date.parse("2026-11-21T18:00:01Z"))).toBe(true);
  expect(isOver(rule({ schedule }), Date.parse("2026-11-21T17:59:59Z"))).toBe(false);
  expect(isOver(rule({}))).toBe(false);
});
