/** Tests by location: how they did, their newest runs as dots, and what can be done with them. */

import { useState, type KeyboardEvent, type ReactNode } from "react";
import { duration, exact, percent } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import type { Row } from "../../lib/useTile";
import { useRange } from "../../shell/range";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { hasPassed } from "./RunPanel";
import { summed, type Line } from "./lines";

interface TestTableProps {
  lines: Line[];
  /** The newest runs by test and location, newest last. */
  dots: Map<string, Row[]>;
  chosen: string;
  choose: (name: string) => void;
  open: (row: Row) => void;
  /** Why nothing can be changed, "" when it can. */
  locked: string;
  act: (line: Line, what: "run" | "edit" | "switch" | "delete") => void;
}

export function TestTable(props: TestTableProps) {
  const { lines } = props;
  const [open, setOpen] = useState<Set<string>>(new Set());
  const flip = (name: string) =>
    setOpen((last) => {
      const next = new Set(last);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  return (
    <div className="scrolls tests-scroll" tabIndex={0} role="group" aria-label="Tests, scrollable">
      <table className="table availability-tests">
        <thead>
          <tr>
            <th scope="col">Test</th>
            <th scope="col" className="number">
              In range
            </th>
            <th scope="col" className="number">
              24 h
            </th>
            <th scope="col" className="number">
              7 d
            </th>
            <th scope="col" className="number">
              Average
            </th>
            <th scope="col" className="number">
              Last
            </th>
            <th scope="col">Newest runs</th>
            <th scope="col">
              <span className="sr">What can be done</span>
            </th>
          </tr>
        </thead>
        {lines.map((line) => (
          <TestRows
            key={line.name}
            {...props}
            line={line}
            isOpen={open.has(line.name)}
            flip={() => flip(line.name)}
          />
        ))}
      </table>
    </div>
  );
}

interface TestRowsProps extends TestTableProps {
  line: Line;
  isOpen: boolean;
  flip: () => void;
}

function TestRows(props: TestRowsProps) {
  const { line, isOpen, flip, chosen, choose, dots, open, locked, act } = props;
  const { test } = line;
  const all = line.places.flatMap((place) => dots.get(`${line.name}\n${place.id}`) ?? []);
  all.sort((a, b) => a.instant("timestamp") - b.instant("timestamp"));
  return (
    <tbody>
      <tr aria-selected={chosen === line.name} className={test && !test.isEnabled ? "off" : ""}>
        <th scope="row">
          <div className="row">
            <button
              type="button"
              className="button button-icon button-plain button-small"
              aria-expanded={isOpen}
              aria-label={`Locations of ${line.name}`}
              onClick={flip}
            >
              <Icon name={isOpen ? "chevron" : "right"} size={12} />
            </button>
            <div className="test-name">
              <button
                type="button"
                className="linklike clip"
                aria-pressed={chosen === line.name}
                title={`Show ${line.name} alone`}
                onClick={() => choose(line.name)}
              >
                {line.name}
              </button>
              <span className="note clip" title={test?.target}>
                {test ? test.target : "CUSTOM: sent by track_availability()"}
                {test && !test.isEnabled && " · off"}
              </span>
            </div>
          </div>
        </th>
        <Numbers line={line} place={null} />
        <td>
          <Dots label={line.name} rows={all.slice(-MOST_DOTS)} open={open} />
        </td>
        <td>
          {test && (
            <div className="row">
              <button
                type="button"
                className="button button-small"
                disabled={locked !== ""}
                title={locked || "Run it once from the server, now"}
                aria-label={`Run ${line.name} now`}
                onClick={() => act(line, "run")}
              >
                <Icon name="play" size={12} /> <span className="run-label">Run now</span>
              </button>
              {!locked && (
                <Menu
                  label={`More for ${line.name}`}
                  className="button button-icon button-small"
                  align="right"
                  button={<Icon name="more" />}
                  items={[
                    { label: "Edit…", icon: "settings", run: () => act(line, "edit") },
                    {
                      label: test.isEnabled ? "Switch off" : "Switch on",
                      icon: test.isEnabled ? "pause" : "play",
                      run: () => act(line, "switch"),
                    },
                    { label: "Delete…", icon: "close", run: () => act(line, "delete") },
                  ]}
                />
              )}
            </div>
          )}
        </td>
      </tr>
      {isOpen &&
        line.places.map((place) => (
          <tr key={place.id} className="place">
            <th scope="row">
              {place.name === place.id ? place.id : `${place.name} (${place.id})`}
              {!place.isProbed && (
                <span className="note">Nobody probes there: it counts as nothing.</span>
              )}
            </th>
            <Numbers line={line} place={place.id} />
            <td>
              <Dots
                label={`${line.name} from ${place.id}`}
                rows={(dots.get(`${line.name}\n${place.id}`) ?? []).slice(-MOST_DOTS)}
                open={open}
              />
            </td>
            <td />
          </tr>
        ))}
    </tbody>
  );
}

function Numbers({ line, place }: { line: Line; place: string | null }) {
  const { zone } = useRange();
  const range = summed(line.range, place);
  const missed = line.test ? line.test.objective : 99.9;
  return (
    <>
      {[range, summed(line.day, place), summed(line.week, place)].map((sum, index) => (
        <td key={index} className="number" title={`${exact(sum.runs)} runs`}>
          {sum.runs ? (
            <Share percent={(100 * sum.passed) / sum.runs} bad={(100 * sum.passed) / sum.runs < missed} />
          ) : (
            <span className="muted">–</span>
          )}
        </td>
      ))}
      <td className="number">{range.runs ? duration(range.totalMs / range.runs) : "–"}</td>
      <td className="number" title={range.last ? dateTime(range.last, zone) : undefined}>
        {range.last ? ago(range.last, Date.now()) : "–"}
      </td>
    </>
  );
}

function Share({ percent: value, bad }: { percent: number; bad: boolean }): ReactNode {
  if (!bad) return percent(value);
  return (
    <span className="bad">
      <Icon name="failed" size={12} /> {percent(value)}
    </span>
  );
}

const MOST_DOTS = 8;

interface DotsProps {
  label: string;
  rows: Row[];
  open: (row: Row) => void;
}

/** The newest runs; the arrow keys walk them, and each leads to what it found. */
function Dots({ label, rows, open }: DotsProps) {
  const { zone } = useRange();
  if (!rows.length) return <span className="muted">no runs in this range</span>;
  return (
    <div className="dots" role="group" aria-label={`Newest runs of ${label}`} onKeyDown={walk}>
      {rows.map((row, index) => {
        const passed = hasPassed(row.text("success"));
        const said = `${passed ? "Passed" : "Failed"} at ${dateTime(row.instant("timestamp"), zone)} from ${row.text("location")}, ${duration(row.number("duration"))}`;
        return (
          <button
            key={row.text("itemId")}
            type="button"
            className="dot"
            data-passed={passed}
            aria-label={said}
            title={`${said}\n${row.text("message")}`}
            tabIndex={index === rows.length - 1 ? 0 : -1}
            onClick={() => open(row)}
          >
            {passed ? <i /> : <Icon name="failed" size={14} />}
          </button>
        );
      })}
    </div>
  );
}

function walk(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const dots = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const at = dots.indexOf(document.activeElement as HTMLElement);
  dots[Math.max(0, Math.min(dots.length - 1, at + step))]?.focus();
  event.preventDefault();
}
