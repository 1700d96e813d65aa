/** Places graphs off the page's thread. */

import { laidOut } from "./layout";
import type { Placed, Wanted } from "./shape";

export interface Asked {
  topology: string;
  wanted: Wanted;
}

export interface Answered {
  topology: string;
  placed: Placed;
  tookMs: number;
}

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  const began = performance.now();
  const placed = laidOut(data.wanted);
  const tookMs = performance.now() - began;
  postMessage({ topology: data.topology, placed, tookMs } satisfies Answered);
});
