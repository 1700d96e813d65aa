/** Text in Markdown, without HTML: what is not Markdown is shown as it was written. */

import type { ReactNode } from "react";
import "./markdown.css";

export function Markdown({ text }: { text: string }) {
  return <div className="markdown">{blocksOf(text.replaceAll("\r\n", "\n").split("\n"))}</div>;
}

const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^\s*(```|~~~)/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** Quotes in quotes beyond this are text. */
const DEEPEST = 8;

function blocksOf(lines: string[], depth = 0): ReactNode[] {
  const blocks: ReactNode[] = [];
  let at = 0;
  const take = (fits: (line: string) => boolean) => {
    const from = at;
    while (at < lines.length && fits(lines[at] ?? "")) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const key = at;
    const heading = HEADING.exec(line);
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) {
      at += 1;
      const code = take((each) => !FENCE.test(each));
      at += 1;
      blocks.push(<pre key={key}>{code.join("\n")}</pre>);
    } else if (heading) {
      at += 1;
      blocks.push(headingOf(heading[1]?.length ?? 1, inline(heading[2] ?? ""), key));
    } else if (RULE.test(line)) {
      at += 1;
      blocks.push(<hr key={key} />);
    } else if (/^\s*>/.test(line) && depth < DEEPEST) {
      const quoted = take((each) => /^\s*>/.test(each));
      const inner = quoted.map((each) => each.replace(/^\s*>\s?/, ""));
      blocks.push(<blockquote key={key}>{blocksOf(inner, depth + 1)}</blockquote>);
    } else if (ITEM.test(line)) {
      const items = take((each) => ITEM.test(each) || /^\s{2,}\S/.test(each));
      blocks.push(listOf(items, key));
    } else if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "")) {
      const rows = take((each) => each.includes("|") && each.trim() !== "");
      blocks.push(tableOf(rows, key));
    } else {
      const from = at;
      at += 1;
      take((each) => Boolean(each.trim()) && !starts(each));
      blocks.push(<p key={key}>{inline(lines.slice(from, at).join("\n"))}</p>);
    }
  }
  return blocks;
}

function starts(line: string): boolean {
  return [ITEM, HEADING, FENCE, RULE, /^\s*>/].some((one) => one.test(line));
}

/** A page has one heading of the first level, which is the view's. */
function headingOf(level: number, content: ReactNode, key: number): ReactNode {
  const Tag = (["h2", "h3", "h4", "h5", "h6", "h6"] as const)[level - 1] ?? "h6";
  return (
    <Tag key={key} className={`level-${level}`}>
      {content}
    </Tag>
  );
}

function listOf(lines: string[], key: number): ReactNode {
  const first = ITEM.exec(lines[0] ?? "");
  const indent = first?.[1]?.length ?? 0;
  const items: { text: string; inner: string[] }[] = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    const last = items.at(-1);
    if (found && (found[1]?.length ?? 0) <= indent) items.push({ text: found[3] ?? "", inner: [] });
    else last?.inner.push(line);
  }
  const content = items.map(({ text, inner }, index) => (
    <li key={index}>
      {inline(text)}
      {inner.length > 0 && (ITEM.test(inner[0] ?? "") ? listOf(inner, 0) : inline(` ${inner.join(" ").trim()}`))}
    </li>
  ));
  return first?.[2] ? <ol key={key}>{content}</ol> : <ul key={key}>{content}</ul>;
}

function tableOf(rows: string[], key: number): ReactNode {
  const cells = (row: string) =>
    row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const [head = "", , ...body] = rows;
  return (
    <table key={key} className="table">
      <thead>
        <tr>
          {cells(head).map((cell, index) => (
            <th key={index} scope="col">
              {inline(cell)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row, index) => (
          <tr key={index}>
            {cells(row).map((cell, place) => (
              <td key={place}>{inline(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const INLINE =
  /(?<code>`+)(?<inCode>[^`]+?)\k<code>|!?\[(?<label>[^\]]*)\]\((?<href>(?:[^()\s]|\([^()]*\))+)[^()]*\)|(?<bold>\*\*|(?<!\w)__)(?=\S)(?<inBold>.+?)\k<bold>|(?<thin>\*|(?<!\w)_)(?=\S)(?<inThin>[^*\n]+?)\k<thin>(?!\w)|(?<url>https?:\/\/[^\s<>)"']+)|\\(?<plain>[\\`*_{}[\]()#+.!|-])/s;

/** A line's emphasis, code and links; each step is shorter than the one before. */
function inline(text: string): ReactNode[] {
  const found: ReactNode[] = [];
  let rest = text;
  while (rest) {
    const match = INLINE.exec(rest);
    if (!match) break;
    if (match.index > 0) found.push(rest.slice(0, match.index));
    found.push(<span key={found.length}>{piece(match[0], match.groups ?? {})}</span>);
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) found.push(rest);
  return found;
}

function piece(whole: string, groups: Record<string, string | undefined>): ReactNode {
  const { inCode, label, href, inBold, inThin, url, plain } = groups;
  if (inCode !== undefined) return <code>{inCode}</code>;
  if (href !== undefined) return <SafeLink href={href}>{label ? inline(label) : href}</SafeLink>;
  if (inBold !== undefined) return <strong>{inline(inBold)}</strong>;
  if (inThin !== undefined) return <em>{inline(inThin)}</em>;
  if (url !== undefined) return <SafeLink href={url}>{url}</SafeLink>;
  return plain ?? whole;
}

/** A link to a page; what is none is text. */
export function SafeLink({ href, children }: { href: string; children: ReactNode }) {
  if (!/^(https?:\/\/|\/(?!\/))/i.test(href)) return <>{children}</>;
  return (
    <a href={href} rel="noopener noreferrer" target="_blank">
      {children}
    </a>
  );
}
