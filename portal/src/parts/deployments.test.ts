import { expect, test } from "vitest";
import { marksOf } from "./deployments";

/** Marks over an axis of a hundred seconds: second, role, version. */
function marks(...rows: [number, string, string][]) {
  return marksOf(
    rows.map(([at, role, version]) => ({ at, role, version })),
    [0, 100],
  );
}

test("what came at about the same time is one mark that says how much it stands for", () => {
  const texts = (...rows: [number, string, string][]) => marks(...rows).map(({ text }) => text);
  expect(texts([10, "web", "1.4"], [50, "web", "1.5"])).toEqual(["web 1.4", "web 1.5"]);
  expect(texts([10, "web", "1.4"], [12, "orders", "1.4"])).toEqual(["1.4 of 2 roles"]);
  expect(texts([10, "web", "1.4"], [11, "web", "1.5"])).toEqual(["web: 2 versions"]);
  expect(texts([10, "web", "1.4"], [11, "orders", "7"])).toEqual(["2 new versions"]);
  expect(texts([10, "", "1.4"])).toEqual(["1.4"]);
});

test("below a narrow chart versions stand alone", () => {
  const rows = [
    { at: 10, role: "web", version: "1.4" },
    { at: 12, role: "orders", version: "1.4" },
    { at: 50, role: "web", version: "1.5" },
    { at: 51, role: "web", version: "1.6" },
  ];
  expect(marksOf(rows, [0, 100], true).map(({ text }) => text)).toEqual(["1.4", "2 new"]);
});

test("what lies outside of the chart has no mark", () => {
  expect(marks([-1, "web", "1"], [101, "web", "2"])).toEqual([]);
});

test("the words of no two marks overlap, and none stand out of the chart", () => {
  const found = marks([0, "a", "1"], [20, "b", "1"], [60, "c", "1"], [85, "d", "1"], [99, "e", "1"]);
  const spans = found.map(({ share, room, before }) =>
    before ? [share - room, share] : [share, share + room],
  );
  expect(found.map(({ before }) => before)).toEqual([false, false, false, false, true]);
  for (const [place, [start, end]] of spans.entries()) {
    expect(start).toBeGreaterThanOrEqual((spans[place - 1]?.[1] ?? 0) - 1e-9);
    expect(end).toBeLessThanOrEqual(1);
  }
});

test("one mark alone has all the way to the nearer end", () => {
  expect(marks([95, "web", "1"])[0]).toMatchObject({ before: true, room: 0.95 });
  expect(marks([40, "web", "1"])[0]).toMatchObject({ before: false, room: 0.6 });
});
