import { expect, test } from "vitest";
import { size } from "./size";

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [999.6, "1 kB"],
  [1_500_000, "1.5 MB"],
  [2_345_678_901, "2.35 GB"],
  [7e15, "7000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
