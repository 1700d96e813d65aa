import { expect, test } from "vitest";
import { records } from "../lib/useTile";
import { about, ratioText } from "./sampling";
import { durationSureness, failedSureness, pairsOf } from "./versions";

const HOUR = 3_600_000;
const COLUMNS = [
  "cloud_RoleName", "application_Version", "first_seen", "calls", "failed", "stored", "avg_ms", "square_ms",
].map((name) => ({ name }));

/** Versions over ten hours: role, version, the hour it was first seen in, failed of 1,000, mean. */
function pairs(...rows: [string, string, number, number, number][]) {
  const cells = rows.map(([role, version, hour, failed, mean]) => [
    role, version, new Date(hour * HOUR).toISOString(), 4_000, failed * 4, 1_000, mean, mean ** 2 + 100,
  ]);
  return pairsOf(records({ columns: COLUMNS, rows: cells }), 0, 10 * HOUR);
}

test("the newest version is compared with the one before it", () => {
  const found = pairs(["web", "1.9", 0, 0, 9], ["web", "1.10", 5, 0, 9], ["web", "1.8", 7, 0, 9], ["db", "1", 0, 0, 9]);
  expect(found.map(({ role, now, before }) => [role, now, before].map((one) =>
    typeof one === "string" ? one : one.text("application_Version"),
  ))).toEqual([["web", "1.8", "1.10"]]);
});

test("of versions that were there from the start, the greater number is the newer", () => {
  const [pair] = pairs(["web", "1.10", 0.01, 0, 9], ["web", "1.9", 0.1, 0, 9]);
  expect(pair?.now.text("application_Version")).toBe("1.10");
});

test("a difference counts what was seen, not what sampled items stand for", () => {
  const [clear] = pairs(["web", "1", 0, 10, 20], ["web", "2", 5, 60, 40]);
  expect(clear && [failedSureness(clear), durationSureness(clear)]).toEqual(["certain", "certain"]);
  const [vague] = pairs(["web", "1", 0, 10, 20], ["web", "2", 5, 16, 20.1]);
  expect(vague && [failedSureness(vague), durationSureness(vague)]).toEqual(["weak", "weak"]);
  const [same] = pairs(["web", "1", 0, 0, 20], ["web", "2", 5, 0, 20]);
  expect(same && [failedSureness(same), durationSureness(same)]).toEqual(["weak", "weak"]);
});

test("estimates say that they are", () => {
  expect([about(1_204, 1), about(1_204, 4), ratioText(4), ratioText(2.51), ratioText(120)]).toEqual([
    "1,204", "≈ 1,204", "1:4", "1:2.5", "1:120",
  ]);
});
