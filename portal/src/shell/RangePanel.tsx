import { useEffect, useRef, useState, type SyntheticEvent } from "react";
import { Icon } from "../ui/Icon";
import { moveFocus } from "../ui/Menu";
import { absolute, isZone, minuteText, PRESETS, zoneLabel } from "../lib/time";
import { parseInZone } from "../lib/typedTime";
import { setRange, setZone, useRange } from "./range";
import "./range.css";

/** The choice of a range: a moving one, or from and to; and of the zone. */
export function RangePanel({ close }: { close: () => void }) {
  const { range, span, zone } = useRange();
  const [from, setFrom] = useState(minuteText(span.start, zone));
  const [to, setTo] = useState(minuteText(span.end, zone));
  const [problem, setProblem] = useState("");
  const apply = (event: SyntheticEvent) => {
    event.preventDefault();
    const start = parseInZone(from, zone);
    const end = parseInZone(to, zone);
    if (Number.isNaN(start) || Number.isNaN(end)) {
      setProblem("Write both as 2026-11-21 07:02");
    } else if (start >= end) {
      setProblem("The start must be before the end");
    } else {
      close();
      setRange(absolute({ start, end }));
    }
  };
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>("[aria-pressed=true]");
    (chosen ?? list.current?.querySelector<HTMLElement>("button"))?.focus();
  }, []);
  return (
    <div className="range-panel">
      <div className="menu" role="group" aria-label="Moving range" ref={list} onKeyDown={moveFocus}>
        {PRESETS.map((preset) => {
          const chosen = range.from === preset.from && range.to === "now";
          return (
            <button
              key={preset.from}
              type="button"
              className="menu-item"
              aria-pressed={chosen}
              onClick={() => {
                close();
                setRange({ from: preset.from, to: "now" });
              }}
            >
              <span className="menu-icon">{chosen && <Icon name="check" />}</span>
              {preset.label}
            </button>
          );
        })}
      </div>
      <form className="range-form" onSubmit={apply}>
        <label>
          From
          <input className="input" value={from} onChange={(e) => setFrom(e.target.value)} />
        </label>
        <label>
          To
          <input className="input" value={to} onChange={(e) => setTo(e.target.value)} />
        </label>
        {problem && (
          <p className="bad small" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="button button-primary">
          Apply
        </button>
        <ZoneChoice />
      </form>
    </div>
  );
}

function ZoneChoice() {
  const { zone } = useRange();
  const [name, setName] = useState(zone === "local" || zone === "utc" ? "" : zone);
  return (
    <fieldset className="zone">
      <legend>Time zone</legend>
      <div className="segments">
        {["local", "utc"].map((one) => (
          <button
            key={one}
            type="button"
            className="button button-small"
            aria-pressed={zone === one}
            onClick={() => setZone(one)}
          >
            {zoneLabel(one)}
          </button>
        ))}
      </div>
      <input
        className="input"
        aria-label="Named zone"
        placeholder="Europe/Amsterdam"
        list="zones"
        value={name}
        onChange={(event) => {
          setName(event.target.value);
          if (event.target.value.includes("/") && isZone(event.target.value)) {
            setZone(event.target.value);
          }
        }}
      />
      <datalist id="zones">
        {Intl.supportedValuesOf("timeZone").map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </fieldset>
  );
}
