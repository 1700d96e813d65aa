/** All of the transaction in a strip; a drag over it zooms the timeline. */

import { useEffect, useRef, useState, type PointerEvent } from "react";
import { useTheme } from "../../shell/theme";
import { token } from "../../ui/colors";
import { hueIndex } from "../../parts/hue";
import { componentOf } from "./items";
import { shownStart, type Transaction } from "./tree";
import { within, type Window } from "./window";

const HEIGHT = 36;
const LEAST_DRAG_PX = 4;

interface MinimapProps {
  told: Transaction;
  whole: Window;
  shown: Window;
  zoom: (to: Window | null) => void;
}

export function Minimap({ told, whole, shown, zoom }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const theme = useTheme();

  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const paint = () => draw(element, told, whole);
    const observer = new ResizeObserver(paint);
    observer.observe(element);
    return () => observer.disconnect();
  }, [told, whole, theme]);

  const share = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const finish = (event: PointerEvent<HTMLElement>) => {
    if (!drag) return;
    const [from, to] = [Math.min(...drag), Math.max(...drag)];
    const width = event.currentTarget.clientWidth;
    const span = whole.end - whole.start;
    if ((to - from) * width >= LEAST_DRAG_PX) {
      zoom({ start: whole.start + from * span, end: whole.start + to * span });
    } else zoom(null);
    setDrag(null);
  };
  const from = drag ? Math.min(...drag) : within(shown.start, whole);
  const to = drag ? Math.max(...drag) : within(shown.end, whole);
  return (
    <div
      className="tx-minimap"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([share(event), share(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], share(event)])}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(null)}
    >
      <canvas ref={canvas} />
      <i className="tx-window" style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
    </div>
  );
}

function draw(element: HTMLCanvasElement, told: Transaction, whole: Window): void {
  const scale = devicePixelRatio || 1;
  const width = element.clientWidth;
  element.width = width * scale;
  element.height = HEIGHT * scale;
  const brush = element.getContext("2d");
  if (!brush) return;
  brush.scale(scale, scale);
  const spans = [...told.spans.values()];
  const step = Math.max(1, HEIGHT / Math.max(spans.length, 12));
  spans.forEach((node, index) => {
    const left = within(shownStart(node), whole) * width;
    const long = Math.max(1, (node.item.durationMs / (whole.end - whole.start)) * width);
    brush.fillStyle = node.item.failed
      ? token("--bad")
      : token(`--series-${hueIndex(componentOf(node.item)) + 1}`);
    brush.fillRect(left, (index * step) % HEIGHT, long, Math.max(1, step - 0.5));
  });
}
