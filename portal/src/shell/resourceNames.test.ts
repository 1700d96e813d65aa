import { expect, test } from "vitest";
import { locationProblem, nameProblem } from "./resourceNames";

test.each(["shop", "shop-1", "a.b", "größe", "x(1)_y", " shop ", ""])("%s is a name", (name) => {
  expect(nameProblem(name)).toBe("");
});

test.each([
  ["a/b", "letters"],
  ["a b", "letters"],
  ["a.", "period"],
  ["00000000-0000-4000-8000-00000000000A", "looks like an id"],
  ["x".repeat(256), "longer"],
])("%s is no name", (name, problem) => {
  expect(nameProblem(name)).toContain(problem);
});

test("a location may have spaces and nothing that paths are made of", () => {
  expect(locationProblem("East US 2")).toBe("");
  expect(locationProblem("a/b")).not.toBe("");
  expect(locationProblem("x".repeat(101))).toContain("longer");
});
