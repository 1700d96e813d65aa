import { expect, test } from "vitest";
import { columnsBetween, startsOf } from "./columns";

const starts = startsOf([100, 50, 200]);

test("columns begin where those before them end", () => {
  expect(starts).toEqual([28, 128, 178, 378]);
  expect(startsOf([])).toEqual([28]);
});

test("what is in view is written, wholly or in part, and nothing else", () => {
  expect(columnsBetween(starts, 0, 1_000)).toEqual([0, 3]);
  expect(columnsBetween(starts, 0, 128)).toEqual([0, 1]);
  expect(columnsBetween(starts, 127, 129)).toEqual([0, 2]);
  expect(columnsBetween(starts, 130, 170)).toEqual([1, 2]);
  expect(columnsBetween(starts, 370, 900)).toEqual([2, 3]);
  expect(columnsBetween(starts, -400, 10)).toEqual([0, 0]);
  expect(columnsBetween(startsOf([]), 0, 500)).toEqual([0, 0]);
});
