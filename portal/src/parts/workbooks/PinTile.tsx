/** Pins a card: its question over any time, or what the card says is pinned of it. */

import type { TileReply } from "../../lib/api";
import type { Item } from "./document";
import { Pin } from "./Pin";
import { tileItem } from "./pinned";

interface PinTileProps {
  title: string;
  reply: TileReply;
  /** What is pinned when it is not the question alone. */
  item: Item | null;
  /** The columns that a picture draws; null for a list. */
  draws: string[] | null;
  onClose: () => void;
}

export function PinTile({ title, reply, item, draws, onClose }: PinTileProps) {
  return <Pin title={title} item={item ?? tileItem(title, reply, draws)} onClose={onClose} />;
}
