import { expect, test } from "vitest";
import { filterTexts } from "./words";

test.each([
  ["", []],
  ["timeout", ["word:timeout"]],
  ['"card declined" stripe', ["fragment:card declined", "word:stripe"]],
  ["role:web NOT timeout", ["role:web", "-word:timeout"]],
  ["-code:404 dim.tenant:gold", ["-code:404", "dim.tenant:gold"]],
  ['dim.tenant:"very gold"', ["dim.tenant:very gold"]],
  ["http://orders/x", ["fragment:http://orders/x"]],
  ['"never closed', ["fragment:never closed"]],
  ["주문 실패", ["word:주문", "word:실패"]],
])("%s", (text, filters) => {
  expect(filterTexts(text)).toEqual(filters);
});
