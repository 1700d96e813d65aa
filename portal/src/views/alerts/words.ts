/** Alerts in words. */

import { plain } from "../../lib/format";
import type { Alert, Change, Dimension } from "./alerts";
import { SEVERITIES } from "./rule";

export function splitText(split: Dimension[]): string {
  return split.map(({ name, value }) => `${name} ${value || "(empty)"}`).join(", ");
}

export function severityText(severity: number): string {
  return `Sev${severity} ${SEVERITIES[severity] ?? ""}`.trim();
}

const SIGNS: Record<string, string> = {
  GreaterThan: ">",
  GreaterThanOrEqual: "≥",
  LessThan: "<",
  LessThanOrEqual: "≤",
  Equals: "=",
};

/** What was measured and what it was held against, of the first condition: "7 > 5". */
export function valueText(alert: Alert): string {
  const [first] = alert.criteria;
  return first ? comparedText(first) : "";
}

/** A condition that was met: "7 > 5", "7, usual 2 to 4". */
export function comparedText(of: Alert["criteria"][number]): string {
  const value = of.value === null ? "no value" : plain(of.value);
  if (of.band) return `${value}, usual ${plain(of.band[0])} to ${plain(of.band[1])}`;
  return `${value} ${SIGNS[of.operator] ?? of.operator} ${plain(of.threshold)}`;
}

/** A line of an alert's history. */
export function changeText({ event, facts }: Change): string {
  const said = (name: string) => (typeof facts[name] === "string" ? facts[name] : "");
  const who = [said("receiver"), said("group") && `of ${said("group")}`].filter(Boolean).join(" ");
  const tries = Number(facts.attempts) > 1 ? ` at the ${ordinal(Number(facts.attempts))} try` : "";
  switch (event) {
    case "Fired":
      return typeof facts.value === "number" ? `Fired at ${plain(facts.value)}` : "Fired";
    case "Acknowledged":
    case "Closed":
    case "New":
      return said("who") ? `${event} by ${said("who")}` : event;
    case "Delivered":
      return `${who} was told: ${said("condition")}${tries}`;
    case "NotDelivered":
      return `${who} was not told: ${said("why")}`;
    case "Silenced":
      return `Nobody was told, by the processing rule ${said("rule")}`;
    case "RuleDeleted":
      return "Ended: the rule was deleted";
    case "Replaced":
      return "Ended: the rule fired anew";
    default:
      return event;
  }
}

function ordinal(n: number): string {
  const end = { 1: "st", 2: "nd", 3: "rd" }[n % 10] ?? "th";
  return `${n}${n % 100 > 10 && n % 100 < 14 ? "th" : end}`;
}
