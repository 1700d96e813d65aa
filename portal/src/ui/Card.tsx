/** A tile: title, its state (loading, failed, empty) and a menu that opens its question in Logs. */

import { lazy, Suspense, useState, type ReactNode } from "react";
import type { Item } from "../parts/workbooks/document";
import { SERVER_GONE } from "../lib/api";
import { copyText, toBase64Url } from "../lib/encode";
import type { TileState } from "../lib/useTile";
import { navigate, useAddress, viewPath } from "../shell/address";
import { useRange } from "../shell/range";
import { absolute } from "../lib/time";
import { ErrorBox } from "./ErrorBox";
import { Icon } from "./Icon";
import { Menu, type MenuItem } from "./Menu";
import { deferred } from "../shell/deferred";

const TileTable = deferred(() => import("./TileTable").then((m) => m.TileTable));

const PinTile = lazy(() =>
  import("../parts/workbooks/PinTile").then((m) => ({ default: m.PinTile })),
);

interface CardProps {
  title: string;
  tile: TileState;
  /** The card shows a picture, so it offers its numbers as a table. */
  picture?: boolean;
  className?: string;
  /** Stands between the title and the content, whatever the state. */
  controls?: ReactNode;
  /** Further commands of the card's menu. */
  menu?: MenuItem[];
  /** What is pinned of it, when that is not its question alone. */
  pin?: () => Item;
  /** The columns that its picture draws. */
  draws?: string[];
  /** Shown instead of the content when the answer has no rows. */
  empty?: ReactNode;
  children: ReactNode;
}

export function Card({ title, tile, picture = false, className = "", ...rest }: CardProps) {
  const { controls, menu = [], pin, draws, empty, children } = rest;
  const [asTable, setAsTable] = useState(false);
  const [pinning, setPinning] = useState(false);
  return (
    <section className={`card ${className}`} aria-label={title} aria-busy={tile.loading}>
      <header className="card-head">
        <h2>{title}</h2>
        <CardMenu
          tile={tile}
          picture={picture}
          asTable={asTable}
          setAsTable={setAsTable}
          more={
            tile.data
              ? [...menu, { label: "Pin…", icon: "plus", run: () => setPinning(true) }]
              : menu
          }
        />
      </header>
      <Progress tile={tile} />
      {pinning && tile.data && (
        <Suspense>
          <PinTile
            title={title}
            reply={tile.data}
            item={pin?.() ?? null}
            draws={picture ? (draws ?? []) : null}
            onClose={() => setPinning(false)}
          />
        </Suspense>
      )}
      {controls}
      <div className="card-body">
        <CardContent tile={tile} empty={empty}>
          {asTable && tile.data ? <TileTable reply={tile.data} label={title} /> : children}
        </CardContent>
      </div>
    </section>
  );
}

function CardContent({
  tile,
  empty,
  children,
}: {
  tile: TileState;
  empty: ReactNode;
  children: ReactNode;
}) {
  if (tile.error && !tile.data) return <ErrorBox error={tile.error} retry={tile.retry} />;
  if (!tile.data) return <div className="skeleton" />;
  const nothing = tile.data.rows.length === 0 && empty !== undefined;
  return (
    <>
      {tile.error && tile.error.code !== SERVER_GONE && (
        <ErrorBox error={tile.error} retry={tile.retry} />
      )}
      {nothing ? empty : children}
    </>
  );
}

function CardMenu(props: {
  tile: TileState;
  picture: boolean;
  asTable: boolean;
  setAsTable: (on: boolean) => void;
  more: MenuItem[];
}) {
  const { app, search } = useAddress();
  const { span } = useRange();
  const kql = props.tile.data?.kql ?? null;
  const items: MenuItem[] = [];
  if (kql && app) {
    const to = viewPath(app, "logs", search);
    const mark = to.includes("?") ? "&" : "?";
    items.push(
      {
        label: "Open in Logs",
        icon: "logs",
        run: () => navigate(`${to}${mark}q=${toBase64Url(kql)}`),
      },
      { label: "Copy query", icon: "copy", run: () => void copyText(kql) },
    );
  }
  if (props.picture) {
    items.push({
      label: props.asTable ? "View as chart" : "View as table",
      icon: props.asTable ? "chart" : "table",
      run: () => props.setAsTable(!props.asTable),
    });
  }
  items.push({
    label: "Copy link to this time range",
    icon: "copy",
    run: () => void copyText(linkTo(absolute(span))),
  });
  items.push(...props.more);
  return (
    <Menu
      label="More for this tile"
      className="button button-icon"
      align="right"
      button={<Icon name="more" />}
      items={items}
    />
  );
}

function linkTo(range: { from: string; to: string }): string {
  const url = new URL(location.href);
  url.searchParams.set("from", range.from);
  url.searchParams.set("to", range.to);
  return url.href;
}

function Progress({ tile }: { tile: TileState }) {
  return (
    <div className="progress" data-on={tile.loading}>
      {tile.waitedMs > 3_000 && (
        <p className="progress-wait">
          {Math.round(tile.waitedMs / 1_000)} s
          <button type="button" className="button button-small" onClick={tile.cancel}>
            Cancel
          </button>
        </p>
      )}
    </div>
  );
}
