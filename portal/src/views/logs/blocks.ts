/** Several queries in one text: blank lines part them, the cursor chooses. */

export interface Block {
  from: number;
  to: number;
  text: string;
}

/** The block around a position; the nearest one above when the position is on a blank line. */
export function blockAt(text: string, position: number): Block | null {
  const blocks = blocksOf(text);
  let chosen = blocks[0] ?? null;
  for (const block of blocks) {
    if (block.from <= position) chosen = block;
  }
  return chosen;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  let from = -1;
  for (const line of [...text.split("\n"), ""]) {
    const blank = line.trim() === "";
    if (!blank && from < 0) from = at;
    if (blank && from >= 0) {
      const to = Math.min(at - 1, text.length);
      blocks.push({ from, to, text: text.slice(from, to) });
      from = -1;
    }
    at += line.length + 1;
  }
  return blocks;
}

/** Whether the query names a bound on its time column itself. */
export function boundsTime(query: string): boolean {
  const code = query.replace(/\/\/.*$/gm, "");
  return /\b(timestamp|TimeGenerated)\b\s*(>=?|<=?|==|between\b|in\b)/.test(code);
}
