import { expect, test } from "vitest";
import { Slots } from "./slots";

test("rows that stay keep their slots, rows that come take those of rows that went", () => {
  const slots = new Slots();
  expect(slots.of([0, 1, 2, 3])).toEqual([0, 1, 2, 3]);
  expect(slots.of([1, 2, 3, 4])).toEqual([1, 2, 3, 0]);
  expect(slots.of([1, 2, 3, 4])).toEqual([1, 2, 3, 0]);
  expect(slots.of([2, 3, 4, 5])).toEqual([2, 3, 0, 1]);
});

test("of rows far away each takes the slot of the one that stood in its place", () => {
  const slots = new Slots();
  slots.of([0, 1, 2]);
  slots.of([1, 2, 3]);
  expect(slots.of([90, 91, 92])).toEqual([1, 2, 0]);
});

test("there are as many slots as rows, and no two rows share one", () => {
  const slots = new Slots();
  slots.of([5, 6]);
  const more = slots.of([4, 5, 6, 7, 8]);
  expect(new Set(more).size).toBe(5);
  expect(more.slice(1, 3)).toEqual([0, 1]);
  expect(slots.of([])).toEqual([]);
  expect(slots.of([3])).toEqual([0]);
});
