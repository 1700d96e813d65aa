/** Rows as tiles: a title and a number each. */

import type { Cell } from "../../lib/api";
import type { QueryTable } from "../../lib/queries";
import { plain } from "../../lib/format";
import { useRange } from "../../shell/range";
import { cellText, isNumeric } from "../../ui/cell";

interface TilesProps {
  table: QueryTable;
  /** Which column stands where: `titleContent`, `leftContent` and the like. */
  settings: Record<string, { columnMatch?: string } | undefined>;
}

const PLACES = ["titleContent", "subtitleContent", "leftContent", "rightContent", "secondaryContent"];
const MOST = 60;

export function Tiles({ table, settings }: TilesProps) {
  const { zone } = useRange();
  const chosen = PLACES.flatMap((place) => {
    const name = settings[place]?.columnMatch;
    const at = table.columns.findIndex((one) => one.name === name);
    return at < 0 ? [] : [{ place, at }];
  });
  const text = table.columns.findIndex((one) => !isNumeric(one.type));
  const number = table.columns.findIndex((one) => isNumeric(one.type));
  const usual = [
    { place: "titleContent", at: text },
    { place: "leftContent", at: number },
  ].filter(({ at }) => at >= 0);
  const places = chosen.length ? chosen : usual;
  const shown = (cell: Cell, at: number) => {
    const type = table.columns[at]?.type ?? "string";
    return typeof cell === "number" && isNumeric(type) ? plain(cell) : cellText(cell, type, zone);
  };
  return (
    <ul className="workbook-tiles">
      {table.rows.slice(0, MOST).map((row, index) => (
        <li key={index}>
          {places.map(({ place, at }) => (
            <span key={place} className={place} title={table.columns[at]?.name}>
              {shown(row[at] ?? null, at)}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
