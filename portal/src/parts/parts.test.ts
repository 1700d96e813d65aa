import { expect, test } from "vitest";
import { chosenText, readChosen } from "./chosen";
import { dimensionOf, filterText, parseFilter } from "./filters";
import { toCsv } from "./files";
import { sureness } from "./significance";
import { thrownIn } from "./stack";
import { readVia, viaText } from "./via";

test("filters read as they are written", () => {
  for (const text of ["role:orders-api", "-code:404", "dim.a:b:c", "version:"]) {
    const filter = parseFilter(text);
    expect(filter && filterText(filter)).toBe(text);
  }
  expect(parseFilter("nothing")).toBeNull();
  expect(dimensionOf("cloud_RoleName")).toBe("role");
  expect(dimensionOf("payment")).toBe("dim.payment");
});

test("what is chosen survives an address, and other text chooses nothing", () => {
  expect(readChosen(chosenText(["SQL", "", "ünï 🚀"]), 3)).toEqual(["SQL", "", "ünï 🚀"]);
  expect(readChosen("%%%", 2)).toEqual(["", ""]);
  expect(readChosen(chosenText(["a"]), 2)).toEqual(["", ""]);
  expect(chosenText(["", ""])).toBe("");
});

test("a list's address names only lists", () => {
  const via = {
    tile: "performance.samples",
    parameters: { op: "GET /" },
    filters: ["client:Browser"],
  };
  expect(readVia(viaText(via))).toEqual(via);
  expect(readVia(viaText({ tile: "settings.usage", parameters: {} }))).toBeNull();
  expect(readVia(viaText({ tile: "search.items", parameters: {} }))?.filters).toEqual([]);
  expect(readVia("x")).toBeNull();
});

test("a difference is as sure as its numbers are many", () => {
  expect(sureness(50, 100, 10, 1_000)).toBe("certain");
  expect(sureness(1, 2, 1, 3)).toBe("weak");
  expect(sureness(1, 0, 1, 3)).toBe("weak");
});

test("own frames are told from those of libraries", () => {
  const details = JSON.stringify([
    {
      type: "E",
      message: "m",
      parsedStack: [
        { method: "charge", fileName: "payments/app.py", line: 4 },
        { method: "send", fileName: "/v/lib/python3.11/site-packages/h.py", line: 7 },
        { method: "run", fileName: "C:\\Python311\\Lib\\threading.py", line: 0 },
      ],
    },
  ]);
  expect(thrownIn(details)[0]?.frames.map((frame) => [frame.own, frame.line])).toEqual([
    [true, 4],
    [false, 7],
    [false, null],
  ]);
  expect(thrownIn("no json")).toEqual([]);
  expect(thrownIn({ a: 1 })).toEqual([]);
});

test("cells that a spreadsheet would run stay text", () => {
  const columns = [{ name: "a,b", type: "string" as const }];
  expect(toCsv({ columns, rows: [["=1+1"], ['say "x"'], [null]] })).toBe(
    '"a,b"\r\n\'=1+1\r\n"say ""x"""\r\n\r\n',
  );
});
