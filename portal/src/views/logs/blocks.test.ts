import { expect, test } from "vitest";
import type { Cell, KqlType } from "../../lib/api";
import { withCondition } from "./blocks";

function condition(type: KqlType, cell: Cell, name = "c", leavesOut = false): string {
  return withCondition("t", { name, type }, cell, leavesOut).replace("t\n| where ", "");
}

test("a condition stands at the end, or before the picture", () => {
  const column = { name: "code", type: "string" as const };
  expect(withCondition("requests ;\n", column, "502", false)).toBe(
    'requests\n| where code == "502"',
  );
  expect(withCondition("requests | summarize n = count() by code | render piechart", column, "5", true)).toBe(
    'requests | summarize n = count() by code\n| where code != "5"\n| render piechart',
  );
  expect(withCondition('t | where x == "| render x" | take 1', column, "5", false)).toBe(
    't | where x == "| render x" | take 1\n| where code == "5"',
  );
});

test("each type has its literal, and no text ends one", () => {
  expect(condition("string", 'a"b\\c\nd')).toBe('c == "a\\"b\\\\c\\nd"');
  expect(condition("string", "", "c", true)).toBe("isnotempty(c)");
  expect(condition("long", "9007199254740993")).toBe("c == 9007199254740993");
  expect(condition("real", 1e300)).toBe("c == 1e+300");
  expect(condition("real", "NaN")).toBe("c == real(nan)");
  expect(condition("bool", false)).toBe("c == false");
  expect(condition("datetime", "2026-11-21T11:00:00.1234567Z")).toBe(
    "c == datetime(2026-11-21T11:00:00.1234567Z)",
  );
  expect(condition("timespan", "1.00:00:02")).toBe("c == timespan(1.00:00:02)");
  expect(condition("guid", "74be27de-1e4e-49d9-b579-fe0b331d3642")).toBe(
    "c == guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
  );
  expect(condition("dynamic", '{"a":1}')).toBe('tostring(c) == "{\\"a\\":1}"');
  expect(condition("int", null)).toBe("isnull(c)");
  expect(condition("int", 1, 'a "b')).toBe('["a \\"b"] == 1');
});
