/** Rows of a result: only those in sight are in the page. Sorts, resizes, opens a row to read it. */

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type RefObject,
} from "react";
import type { Cell, Column, Table } from "../../lib/api";
import { useRange } from "../../shell/range";
import { cellText, compareCells, isNumeric } from "../../ui/cell";
import { Icon } from "../../ui/Icon";
import { columnsBetween, FOLD_PX, startsOf } from "./columns";
import { CellMenu, type CellCommands, type MenuAt } from "./CellMenu";
import { RowDetails } from "./RowDetails";
import { Slots } from "./slots";

const ROW_PX = 26;
/** Rows above and below those in sight that are there already. */
const SPARE_ROWS = 4;
const CUT_AT = 300;

interface GridProps {
  table: Table;
  filter: string;
  clearFilter: () => void;
  /** What the menu of a cell does. */
  commands: CellCommands;
  /** Whether the grid that was here before had the focus: it stays with the result. */
  hadFocus: RefObject<boolean>;
}

interface Sort {
  column: number;
  down: boolean;
}

export function Grid({ table, filter, clearFilter, commands, hadFocus }: GridProps) {
  const { zone } = useRange();
  const scroller = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<Sort | null>(null);
  const [open, setOpen] = useState<Set<number>>(new Set());
  const [current, setCurrent] = useState(0);
  const [column, setColumn] = useState(0);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [widths, setWidths] = useState<Record<string, number>>({});
  useLayoutEffect(() => {
    const grid = scroller.current;
    // whoever went elsewhere meanwhile stays there
    if (hadFocus.current && document.activeElement === document.body) {
      grid?.focus({ preventScroll: true });
    }
    return () => {
      const focused = document.activeElement;
      hadFocus.current = !!focused && (grid?.contains(focused) || !!focused.closest(".cell-menu"));
    };
  }, [hadFocus]);
  const order = useMemo(() => ordered(table, sort, filter), [table, sort, filter]);
  const natural = useMemo(
    () => table.columns.map((column, index) => naturalWidth(column, table.rows, index, zone)),
    [table, zone],
  );
  const columns = useMemo(
    () => natural.map((width, index) => widths[table.columns[index]?.name ?? ""] ?? width),
    [natural, widths, table],
  );
  const starts = useMemo(() => startsOf(columns), [columns]);
  const total = starts.at(-1) ?? FOLD_PX;
  const [from, to] = useColumnsInView(scroller, starts);
  const [slots] = useState(() => new Slots());

  const rows = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: SPARE_ROWS,
    // only rows that are open are measured, each time anew
    getItemKey: useCallback(
      (index: number) => {
        const at = order[index] ?? index;
        return open.has(at) ? `open ${at}` : at;
      },
      [order, open],
    ),
  });
  const items = rows.getVirtualItems();
  const places = slots.of(items.map((item) => item.index));

  const toggle = useCallback((row: number) => {
    setOpen((last) => {
      const next = new Set(last);
      if (!next.delete(row)) next.add(row);
      return next;
    });
  }, []);
  const choose = useCallback(
    (row: number, index: number) => {
      if (getSelection()?.toString()) return;
      setCurrent(index);
      toggle(row);
    },
    [toggle],
  );

  const onKey = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      j: 1,
      k: -1,
      PageDown: 20,
      PageUp: -20,
      Home: -order.length,
      End: order.length,
    };
    const step = steps[event.key];
    const aside = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (aside !== undefined) {
      const next = Math.max(0, Math.min(table.columns.length - 1, column + aside));
      setColumn(next);
      if (scroller.current) reveal(scroller.current, starts[next] ?? 0, starts[next + 1] ?? total);
    } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const cell = scroller.current?.querySelector(`.grid-row.current [data-column="${column}"]`);
      const row = order[current];
      if (!cell || row === undefined) return;
      const { left, bottom } = cell.getBoundingClientRect();
      setMenu({ row, column, left, top: bottom });
    } else if (step !== undefined) {
      const next = Math.max(0, Math.min(order.length - 1, current + step));
      setCurrent(next);
      rows.scrollToIndex(next);
    } else if (event.key === "Enter" || event.key === " ") {
      const row = order[current];
      if (row !== undefined) toggle(row);
    } else return;
    event.preventDefault();
  };

  const onContextMenu = (event: MouseEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>("[data-column]");
    const index = Number(cell?.closest<HTMLElement>(".grid-item")?.dataset.index);
    const row = order[index];
    if (!cell || row === undefined || getSelection()?.toString()) return;
    event.preventDefault();
    const at = Number(cell.dataset.column);
    setCurrent(index);
    setColumn(at);
    setMenu({ row, column: at, left: event.clientX, top: event.clientY });
  };

  if (filter && order.length === 0) {
    return (
      <p className="empty-tile muted">
        No row contains “{filter}”
        <button type="button" className="button button-small" onClick={clearFilter}>
          Show all rows
        </button>
      </p>
    );
  }

  return (
    <>
      <div
        className="grid"
        ref={scroller}
        role="treegrid"
        aria-label="Result"
        aria-rowcount={order.length + 1}
        aria-colcount={table.columns.length}
        aria-activedescendant={order.length ? `row-${order[current]}` : undefined}
        tabIndex={0}
        onContextMenu={onContextMenu}
        onKeyDown={(event) => {
          if (event.target === event.currentTarget) onKey(event);
        }}
      >
        <div className="grid-head" role="row" aria-rowindex={1} style={{ minWidth: total }}>
          <span className="grid-fold" role="presentation" />
          {table.columns.map((column, index) => (
            <HeadCell
              key={column.name}
              column={column}
              width={columns[index] ?? 100}
              sort={sort?.column === index ? sort : null}
              onSort={() => setSort(nextSort(sort, index))}
              onResize={(width) => setWidths({ ...widths, [column.name]: width })}
            />
          ))}
        </div>
        <div className="grid-body" style={{ height: rows.getTotalSize(), minWidth: total }}>
          {items.map((item, place) => {
            const at = order[item.index] ?? 0;
            const row = table.rows[at] ?? [];
            const isOpen = open.has(at);
            return (
              <div
                key={isOpen ? item.key : `slot ${places[place]}`}
                ref={isOpen ? rows.measureElement : undefined}
                data-index={item.index}
                className="grid-item"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <GridRow
                  at={at}
                  index={item.index}
                  open={isOpen}
                  current={item.index === current}
                  column={item.index === current ? column : -1}
                  columns={table.columns}
                  row={row}
                  widths={columns}
                  starts={starts}
                  from={from}
                  to={to}
                  zone={zone}
                  onClick={choose}
                />
                {isOpen && <RowDetails columns={table.columns} row={row} />}
              </div>
            );
          })}
        </div>
      </div>
      {menu && (
        <CellMenu
          table={table}
          at={menu}
          commands={commands}
          close={() => {
            setMenu(null);
            scroller.current?.focus();
          }}
        />
      )}
    </>
  );
}

interface GridRowProps {
  /** The row's place in the result, and among the rows shown. */
  at: number;
  index: number;
  open: boolean;
  current: boolean;
  /** The current cell's place, −1 when it is not in this row. */
  column: number;
  columns: Column[];
  row: Cell[];
  widths: number[];
  /** Where each column begins. */
  starts: number[];
  zone: string;
  /** The columns that are written. */
  from: number;
  to: number;
  onClick: (at: number, index: number) => void;
}

/**
 * Kept while scrolling, and of forty cells only those in view are written. A row that comes into
 * view takes the elements of one that went: to make them, and to lay them out in each other, is
 * what makes grids stutter.
 */
const GridRow = memo(function GridRow(props: GridRowProps) {
  const { at, index, open, current, column, columns, row, widths, starts, zone, onClick } = props;
  const { from, to } = props;
  return (
    <div
      id={`row-${at}`}
      role="row"
      aria-rowindex={index + 2}
      aria-expanded={open}
      className={`grid-row${current ? " current" : ""}`}
      onClick={() => onClick(at, index)}
    >
      <span className="grid-fold" role="presentation" />
      {columns.slice(from, to).map(({ type }, after) => {
        const place = from + after;
        return (
          <span
            key={place % (to - from)}
            role="gridcell"
            aria-colindex={place + 1}
            data-column={place}
            className={`grid-cell type-${type}${isNumeric(type) ? " number" : ""}${place === column ? " current" : ""}`}
            style={{ left: starts[place], width: widths[place] }}
          >
            {cut(cellText(row[place] ?? null, type, zone))}
          </span>
        );
      })}
    </div>
  );
});

/** Beside what is in view, so that a small step aside finds its cells there. */
const SPARE_PX = 160;

function useColumnsInView(
  scroller: RefObject<HTMLDivElement | null>,
  starts: number[],
): [number, number] {
  const [[from, to], setRange] = useState<[number, number]>([0, starts.length - 1]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const look = () => {
      const { scrollLeft, clientWidth } = element;
      const next = columnsBetween(starts, scrollLeft - SPARE_PX, scrollLeft + clientWidth + SPARE_PX);
      setRange((last) => (last[0] === next[0] && last[1] === next[1] ? last : next));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller, starts]);
  return [from, to];
}

/** Scrolls aside as little as shows what lies between two pixels. */
function reveal(element: HTMLElement, left: number, right: number): void {
  if (left < element.scrollLeft) element.scrollLeft = left;
  else if (right > element.scrollLeft + element.clientWidth) {
    element.scrollLeft = right - element.clientWidth;
  }
}

interface HeadCellProps {
  column: Column;
  width: number;
  sort: Sort | null;
  onSort: () => void;
  onResize: (width: number) => void;
}

function HeadCell({ column, width, sort, onSort, onResize }: HeadCellProps) {
  const drag = (event: PointerEvent<HTMLSpanElement>) => {
    const from = event.clientX;
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const move = (next: globalThis.PointerEvent) =>
      onResize(Math.max(48, width + next.clientX - from));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  return (
    <span
      role="columnheader"
      aria-sort={sort ? (sort.down ? "descending" : "ascending") : "none"}
      className={`grid-cell${isNumeric(column.type) ? " number" : ""}`}
      style={{ width }}
    >
      <button
        type="button"
        tabIndex={-1}
        className="grid-sort"
        title={`${column.name}: ${column.type}. Click to sort.`}
        onClick={onSort}
      >
        <span className="clip">{column.name}</span>
        {sort && <Icon name={sort.down ? "down" : "up"} size={12} />}
      </button>
      <span className="grid-resize" role="presentation" onPointerDown={drag} />
    </span>
  );
}

function nextSort(sort: Sort | null, column: number): Sort | null {
  if (sort?.column !== column) return { column, down: false };
  return sort.down ? null : { column, down: true };
}

function ordered(table: Table, sort: Sort | null, filter: string): number[] {
  const wanted = filter.toLowerCase();
  let order = table.rows.map((_, index) => index);
  if (wanted) {
    order = order.filter((index) =>
      table.rows[index]?.some(
        (cell) => cell !== null && String(cell).toLowerCase().includes(wanted),
      ),
    );
  }
  if (!sort) return order;
  const cell = (index: number): Cell => table.rows[index]?.[sort.column] ?? null;
  const sign = sort.down ? -1 : 1;
  return order.sort((a, b) => sign * compareCells(cell(a), cell(b)) || a - b);
}

function naturalWidth(column: Column, rows: Cell[][], index: number, zone: string): number {
  if (column.type === "datetime") return 176;
  let longest = column.name.length + 2;
  for (const row of rows.slice(0, 100)) {
    longest = Math.max(longest, cellText(row[index] ?? null, column.type, zone).length);
  }
  return Math.max(64, Math.min(380, longest * 7 + 20));
}

function cut(text: string): string {
  const line = text.length > CUT_AT ? `${text.slice(0, CUT_AT)}…` : text;
  return line.replace(/\s*\n\s*/g, " ⏎ ");
}
