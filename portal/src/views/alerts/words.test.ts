import { expect, test } from "vitest";
import type { Alert } from "./alerts";
import { changeText, severityText, splitText, valueText } from "./words";

const alert = (criterion: object) =>
  ({ criteria: [{ operator: "GreaterThan", threshold: 5, value: 7, band: null, ...criterion }] }) as Alert;

test("values are told beside what they were held against", () => {
  expect(valueText(alert({}))).toBe("7 > 5");
  expect(valueText(alert({ value: null, operator: "LessThan" }))).toBe("no value < 5");
  expect(valueText(alert({ band: [1, 2.5] }))).toBe("7, usual 1 to 2.5");
  expect(valueText({ criteria: [] } as unknown as Alert)).toBe("");
});

test("combinations and severities", () => {
  expect(splitText([{ name: "role", value: "web" }, { name: "code", value: "" }])).toBe(
    "role web, code (empty)",
  );
  expect(severityText(1)).toBe("Sev1 Error");
});

test("each kind of change has words", () => {
  const facts = { receiver: "pager", group: "ops", condition: "Fired", attempts: 1 };
  const text = (event: string, more: object = {}) =>
    changeText({ at: "", event, facts: { ...facts, ...more } });
  expect(text("Delivered")).toBe("pager of ops was told: Fired");
  expect(text("Delivered", { attempts: 2 })).toBe("pager of ops was told: Fired at the 2nd try");
  expect(text("Delivered", { attempts: 12 })).toMatch(/12th try/);
  expect(text("NotDelivered", { why: "it answered 410" })).toBe(
    "pager of ops was not told: it answered 410",
  );
  expect(text("Silenced", { rule: "nights" })).toMatch(/nights/);
  expect(text("Acknowledged", { who: "anna" })).toBe("Acknowledged by anna");
  expect(changeText({ at: "", event: "Fired", facts: { value: 7.25 } })).toBe("Fired at 7.25");
  expect(text("Resolved")).toBe("Resolved");
});
