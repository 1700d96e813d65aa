/** The map: nodes are buttons, edges are drawn below them; it pans, zooms and is walked with keys. */

import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
} from "react";
import { duration, percent } from "../../lib/format";
import { Icon, type IconName } from "../../ui/Icon";
import { failedPercent, familyOf, isBad, sentenceOf, type Graph, type MapEdge, type MapNode } from "./graph";
import type { Placed, Point, Wanted } from "./shape";
import { useLayout } from "./useLayout";
import { isArrow, nodeTowards } from "./walk";
import { numbersText, perMinute } from "./words";

const SIZES: Record<MapNode["kind"], { width: number; height: number }> = {
  component: { width: 190, height: 58 },
  dependency: { width: 190, height: 54 },
  group: { width: 190, height: 54 },
  client: { width: 176, height: 54 },
};
const SMALLEST = 0.2;
const GREATEST = 2.5;
const STEP = 1.25;
/** Below this only names can be read, so nothing else is written. */
const LEGIBLE = 0.5;

export type Labels = "all" | "calls" | "duration" | "failed";

interface PictureProps {
  graph: Graph;
  minutes: number;
  labels: Labels;
  chosen: string;
  choose: (id: string) => void;
  /** Shows a node and its neighbours alone. */
  centre: (id: string) => void;
}

interface View {
  x: number;
  y: number;
  scale: number;
}

export function Picture({ graph, minutes, labels, chosen, choose, centre }: PictureProps) {
  const wanted = useMemo<Wanted>(
    () => ({
      nodes: graph.nodes.map((node) => ({ id: node.id, ...SIZES[node.kind] })),
      edges: graph.edges.map(({ from, to }) => ({ from, to })),
    }),
    [graph],
  );
  const { placed, tookMs, failed } = useLayout(wanted);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
  const [drag, setDrag] = useState<{ x: number; y: number; view: View } | null>(null);
  const [at, setAt] = useState("");
  const current = graph.nodes.some((node) => node.id === at)
    ? at
    : graph.nodes.some((node) => node.id === chosen)
      ? chosen
      : (graph.nodes[0]?.id ?? "");

  const fit = useCallback(() => {
    const element = box.current;
    if (element && placed) setView(fitted(placed, element.clientWidth, element.clientHeight));
  }, [placed]);
  useEffect(() => {
    fit();
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    return () => observer.disconnect();
  }, [fit]);

  const clicked = useSecondClick(centre);

  const zoom = (factor: number, about?: Point) => {
    const element = box.current;
    if (!element) return;
    const middle = about ?? { x: element.clientWidth / 2, y: element.clientHeight / 2 };
    setView((last) => zoomed(last, factor, middle));
  };
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    // React listens to the wheel passively, and then the page would scroll as well.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const rect = element.getBoundingClientRect();
      const about = { x: event.clientX - rect.left, y: event.clientY - rect.top };
      setView((last) => zoomed(last, Math.exp(-event.deltaY / 500), about));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const onKey = (event: KeyboardEvent) => {
    const keys: Record<string, () => void> = {
      "+": () => zoom(STEP),
      "=": () => zoom(STEP),
      "-": () => zoom(1 / STEP),
      "0": fit,
      Escape: () => choose(""),
    };
    const run = keys[event.key];
    if (run) run();
    else if (isArrow(event.key) && placed) {
      const next = nodeTowards(placed.nodes, current, event.key);
      if (next) {
        setAt(next);
        box.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const show = (id: string) => {
    const element = box.current;
    const point = placed?.nodes[id];
    if (element && point) setView((last) => inSight(last, point, element));
  };

  const onDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button || (event.target as HTMLElement).closest("button")) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ x: event.clientX, y: event.clientY, view });
  };
  const onMove = (event: PointerEvent) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    setView({ ...drag.view, x: drag.view.x + dx, y: drag.view.y + dy });
  };

  return (
    <div className="map-frame">
      <div
        ref={box}
        className="map-box"
        role="group"
        aria-label="Application map"
        data-layout-ms={placed ? Math.round(tookMs) : undefined}
        data-dragged={drag !== null}
        onKeyDown={onKey}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={() => setDrag(null)}
        onPointerCancel={() => setDrag(null)}
      >
        {failed && <p className="empty-tile muted">The picture cannot be drawn; the list shows the same.</p>}
        {placed && (
          <div
            className={`map-plane${view.scale < LEGIBLE ? " map-far" : ""}`}
            style={{
              transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
              width: placed.width,
              height: placed.height,
            }}
          >
            <Edges
              graph={graph}
              placed={placed}
              minutes={minutes}
              labels={labels}
              chosen={chosen}
            />
            {graph.nodes.map((node) => {
              const point = placed.nodes[node.id];
              return (
                point && (
                  <Node
                    key={node.id}
                    node={node}
                    point={point}
                    minutes={minutes}
                    chosen={node.id === chosen}
                    current={node.id === current}
                    onFocus={() => {
                      setAt(node.id);
                      show(node.id);
                    }}
                    onClick={() => {
                      clicked(node.id);
                      choose(node.id);
                    }}
                  />
                )
              );
            })}
          </div>
        )}
      </div>
      <div className="map-tools" role="group" aria-label="Zoom">
        <Tool icon="plus" label="Zoom in" run={() => zoom(STEP)} />
        <Tool icon="minus" label="Zoom out" run={() => zoom(1 / STEP)} />
        <Tool icon="fit" label="Fit the map" run={fit} />
      </div>
    </div>
  );
}

function Tool({ icon, label, run }: { icon: IconName; label: string; run: () => void }) {
  return (
    <button
      type="button"
      className="button button-icon"
      aria-label={label}
      title={label}
      onClick={run}
    >
      <Icon name={icon} />
    </button>
  );
}

/** The whole graph in sight, never larger than life. */
function fitted(placed: Placed, width: number, height: number): View {
  const scale = Math.max(
    SMALLEST,
    Math.min(1, width / Math.max(1, placed.width), height / Math.max(1, placed.height)),
  );
  return {
    scale,
    x: (width - placed.width * scale) / 2,
    y: (height - placed.height * scale) / 2,
  };
}

function zoomed(view: View, factor: number, about: Point): View {
  const scale = Math.max(SMALLEST, Math.min(GREATEST, view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: about.x - (about.x - view.x) * by, y: about.y - (about.y - view.y) * by };
}

/** Moves as little as it takes for a node to be seen whole. */
function inSight(view: View, point: Point, box: HTMLElement): View {
  const within = (at: number, room: number, size: number) => {
    const half = Math.min(size / 2, (room / 2) * view.scale + 8);
    return at < half ? half - at : at > size - half ? size - half - at : 0;
  };
  const x = view.x + point.x * view.scale;
  const y = view.y + point.y * view.scale;
  const [dx, dy] = [within(x, 200, box.clientWidth), within(y, 60, box.clientHeight)];
  return dx || dy ? { ...view, x: view.x + dx, y: view.y + dy } : view;
}

const FAMILY_ICONS: Record<ReturnType<typeof familyOf>, IconName> = {
  database: "database",
  queue: "queue",
  cache: "performance",
  storage: "storage",
  web: "web",
};

function iconOf(node: MapNode): IconName {
  if (node.kind === "client") return "people";
  if (node.kind === "component") return "resource";
  return FAMILY_ICONS[familyOf(node.type)];
}

interface NodeProps {
  node: MapNode;
  point: Point;
  minutes: number;
  chosen: boolean;
  current: boolean;
  onFocus: () => void;
  onClick: () => void;
}

/**
 * Runs for what was clicked once its second click comes, wherever that lands: the first one opens
 * the pane beside, the map becomes narrower, and the node moves away from under the pointer.
 */
function useSecondClick(run: (id: string) => void): (id: string) => void {
  const first = useRef("");
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const id = first.current;
      first.current = "";
      if (event.detail !== 2 || !id) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(id);
    };
    document.addEventListener("click", onClick, { capture: true });
    return () => document.removeEventListener("click", onClick, { capture: true });
  }, []);
  return (id) => {
    first.current = id;
  };
}

function Node({ node, point, minutes, chosen, current, ...on }: NodeProps) {
  const { width, height } = SIZES[node.kind];
  const bad = isBad(node);
  return (
    <button
      type="button"
      className={`map-node map-${node.kind}${bad ? " map-bad" : ""}`}
      data-node={node.id}
      aria-label={sentenceOf(node, (numbers) => numbersText(numbers, minutes))}
      aria-pressed={chosen}
      tabIndex={current ? 0 : -1}
      style={{ left: point.x - width / 2, top: point.y - height / 2, width, height }}
      {...on}
    >
      <Ring share={failedPercent(node) / 100} calls={node.calls} icon={iconOf(node)} />
      <span className="map-text">
        <b className="clip">{node.label}</b>
        <span className="clip">
          {node.calls > 0
            ? `${duration(node.avgMs)} · ${perMinute(node.calls, minutes)}`
            : node.kind === "component"
              ? "no requests"
              : node.type}
        </span>
        {(node.failed > 0 || node.instances > 1) && (
          <span className="clip">
            {node.failed > 0 && (
              <i className={bad ? "bad" : ""}>✕ {percent(failedPercent(node))}</i>
            )}
            {node.failed > 0 && node.instances > 1 && " · "}
            {node.instances > 1 && `${node.instances} instances`}
          </span>
        )}
      </span>
    </button>
  );
}

const RADIUS = 14;
const AROUND = 2 * Math.PI * RADIUS;

/** The share of failed calls, as a part of a ring around the icon. */
function Ring({ share, calls, icon }: { share: number; calls: number; icon: IconName }) {
  // A share that is there must be seen.
  const shown = share > 0 ? Math.max(0.04, share) : 0;
  return (
    <span className="map-ring">
      <svg width={34} height={34} viewBox="0 0 34 34" aria-hidden="true">
        <circle className={calls ? "ring-good" : "ring-none"} cx={17} cy={17} r={RADIUS} />
        {shown > 0 && (
          <circle
            className="ring-bad"
            cx={17}
            cy={17}
            r={RADIUS}
            strokeDasharray={`${shown * AROUND} ${AROUND}`}
            transform="rotate(-90 17 17)"
          />
        )}
      </svg>
      <Icon name={icon} />
    </span>
  );
}

interface EdgesProps {
  graph: Graph;
  placed: Placed;
  minutes: number;
  labels: Labels;
  chosen: string;
}

function Edges({ graph, placed, minutes, labels, chosen }: EdgesProps) {
  return (
    <svg className="map-edges" width={placed.width} height={placed.height} aria-hidden="true">
      <defs>
        {["plain", "bad"].map((kind) => (
          <marker
            key={kind}
            id={`arrow-${kind}`}
            className={`arrow-${kind}`}
            viewBox="0 0 8 8"
            refX={7}
            refY={4}
            markerWidth={8}
            markerHeight={8}
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8z" />
          </marker>
        ))}
      </defs>
      {graph.edges.map((edge, index) => {
        const way = placed.edges[index];
        if (!way) return null;
        const kind = isBad(edge) ? "bad" : "plain";
        const dim = chosen && edge.from !== chosen && edge.to !== chosen;
        return (
          <g key={`${edge.from} ${edge.to}`} className={`map-edge edge-${kind}${dim ? " edge-dim" : ""}`}>
            <path
              d={pathOf(way.points)}
              strokeWidth={1 + Math.log10(1 + edge.calls)}
              markerEnd={`url(#arrow-${kind})`}
            />
            {lines(edge, minutes, labels).map((text, line, all) => (
              // Above the line: on it, the line would cross the words out.
              <text key={line} x={way.label.x} y={way.label.y - 7 - (all.length - 1 - line) * 13}>
                {text}
              </text>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

function lines(edge: MapEdge, minutes: number, labels: Labels): string[] {
  const calls = perMinute(edge.calls, minutes);
  const average = duration(edge.avgMs);
  const failed = `✕ ${percent(failedPercent(edge))}`;
  if (labels === "calls") return [calls];
  if (labels === "duration") return [average];
  if (labels === "failed") return [edge.failed ? failed : "0 %"];
  return edge.failed ? [`${calls} · ${average}`, failed] : [calls, average];
}

/** A line through points that bends instead of breaking. */
function pathOf(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x} ${first.y}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1];
    path += next
      ? `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`
      : `L${point.x} ${point.y}`;
  });
  return path;
}
