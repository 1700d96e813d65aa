import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import { isRelative, rangeLabel, shifted, zoneLabel, zoomed } from "../lib/time";
import { deferred } from "./deferred";
import { setRange, useRange } from "./range";

const RangePanel = deferred(() => import("./RangePanel").then((m) => m.RangePanel));

/** When the screen is about: a moving range, a fixed one, and the zone times are shown in. */
export function TimePicker() {
  const { range, span, zone } = useRange();
  return (
    <div className="joined">
      {!isRelative(range) && (
        <button
          type="button"
          className="button button-icon"
          aria-label="Earlier"
          title="Earlier ( [ )"
          onClick={() => setRange(shifted(span, -0.5))}
        >
          ‹
        </button>
      )}
      <Popover
        label="Time range"
        align="right"
        shortcut="t"
        button={
          <>
            <Icon name="clock" />
            <span>{rangeLabel(range, zone, span.end)}</span>
            <span className="muted">· {zoneLabel(zone)}</span>
            <Icon name="chevron" size={12} />
          </>
        }
      >
        {(close) => <RangePanel close={close} />}
      </Popover>
      {!isRelative(range) && (
        <>
          <button
            type="button"
            className="button button-icon"
            aria-label="Later"
            title="Later ( ] )"
            onClick={() => setRange(shifted(span, 0.5))}
          >
            ›
          </button>
          <button
            type="button"
            className="button button-icon"
            aria-label="Zoom out"
            title="Zoom out ( - )"
            onClick={() => setRange(zoomed(span, 2))}
          >
            –
          </button>
        </>
      )}
    </div>
  );
}
