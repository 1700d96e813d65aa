import { expect, test } from "vitest";
import { NEW_RECEIVER, propertiesOf, receiversOf, type Told } from "./receivers";

const TOLD: Told[] = [
  { ...NEW_RECEIVER, kind: "email", name: "duty", target: "a@b.example" },
  { ...NEW_RECEIVER, kind: "webhook", name: "hook", target: "https://x.example" },
  { ...NEW_RECEIVER, kind: "slack", name: "s", target: "https://s.example" },
  { ...NEW_RECEIVER, kind: "command", name: "c", target: "/bin/page" },
];
const WAS = { groupShortName: "o", enabled: false, smsReceivers: [{ name: "phone" }] };

test("receivers go to their lists and come back; others stay", () => {
  const made = propertiesOf(WAS, TOLD, "ops", "");
  expect(made.enabled).toBe(false);
  expect(made.smsReceivers).toEqual([{ name: "phone" }]);
  expect(made.webhookReceivers).toEqual([
    { name: "hook", serviceUri: "https://x.example", useCommonAlertSchema: true },
  ]);
  expect(receiversOf(made).map((one) => ({ ...one, was: null }))).toEqual(TOLD);
});

test("what a receiver says beyond name and target stays", () => {
  const hook = { name: "hook", serviceUri: "https://x.example", useCommonAlertSchema: false, more: 1 };
  const was = { ...WAS, webhookReceivers: [hook] };
  const [read] = receiversOf(was) as [Told];
  expect(propertiesOf(was, [read], "o", "").webhookReceivers).toEqual([hook]);
  const moved = { ...read, target: "https://y.example" };
  expect(propertiesOf(was, [moved], "o", "").webhookReceivers).toEqual([
    { ...hook, serviceUri: "https://y.example" },
  ]);
});
