/** Where the marks of deployments stand below a chart, and what each of them says. */

export interface Deployment {
  /** When the version was first seen, in seconds since 1970. */
  at: number;
  role: string;
  version: string;
}

export interface Mark {
  /** What came at about the same time, in the order of time. */
  deployments: Deployment[];
  /** Where it stands between the ends of the axis, from 0 to 1. */
  share: number;
  /** How much of the axis its words may take, from 0 to 1. */
  room: number;
  /** Whether its words stand before it: after it is the end of the chart. */
  before: boolean;
  text: string;
}

/** Roles of one release answer one after the other: what is nearer than this is one mark. */
const NEAR = 0.12;

/**
 * The marks of deployments, given in the order of time; their words never overlap.
 * Below a narrow chart they tell versions alone.
 */
export function marksOf(
  deployments: Deployment[],
  extent: [number, number],
  narrow = false,
): Mark[] {
  const share = (at: number) => (at - extent[0]) / (extent[1] - extent[0]);
  const groups: Deployment[][] = [];
  for (const one of deployments) {
    if (one.at < extent[0] || one.at > extent[1]) continue;
    const last = groups.at(-1);
    if (last?.[0] && share(one.at) - share(last[0].at) < NEAR) last.push(one);
    else groups.push([one]);
  }
  const shares = groups.map((group) => share(group[0]?.at ?? extent[0]));
  return groups.map((group, place) => {
    const at = shares[place] ?? 0;
    const before = at > 1 - NEAR;
    // A mark whose words stand before it shares the way with the words of the one before.
    const next = shares[place + 1] ?? 1;
    const half = next > 1 - NEAR && place + 1 < groups.length ? 2 : 1;
    const room = before ? (at - (shares[place - 1] ?? 0)) / (place ? 2 : 1) : (next - at) / half;
    return { deployments: group, share: at, room, before, text: textOf(group, narrow) };
  });
}

function textOf(group: Deployment[], narrow: boolean): string {
  const [first] = group;
  if (!first) return "";
  if (narrow) {
    const several = new Set(group.map(({ version }) => version)).size;
    return several === 1 ? first.version : `${several} new`;
  }
  if (group.length === 1) return `${first.role} ${first.version}`.trim();
  const roles = new Set(group.map(({ role }) => role)).size;
  const versions = new Set(group.map(({ version }) => version)).size;
  if (versions === 1) return `${first.version} of ${roles} roles`;
  return roles === 1 && first.role
    ? `${first.role}: ${versions} versions`
    : `${group.length} new versions`;
}
