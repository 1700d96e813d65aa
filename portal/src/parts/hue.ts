/** The colour of a service: always the same one of six, never the colour of failure. */

const HUES = 6;

export function hueIndex(name: string): number {
  let hash = 2_166_136_261;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  }
  return (hash >>> 0) % HUES;
}

export function hueOf(name: string): string {
  return `var(--series-${hueIndex(name) + 1})`;
}
