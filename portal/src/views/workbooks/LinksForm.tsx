/** Where links lead, and what their tabs set. */

import type { Content, LinkLine } from "../../parts/workbooks/document";
import { Icon } from "../../ui/Icon";

interface LinksFormProps {
  content: Content;
  change: (content: Content) => void;
}

const STYLES: [string, string][] = [
  ["list", "List"],
  ["tabs", "Tabs"],
];
const URL_LINK = "Url";
const SETS = "parameter";

export function LinksForm({ content, change }: LinksFormProps) {
  const links = content.links ?? [];
  const style = content.style ?? "list";
  const isTabs = style === "tabs";
  const replace = (at: number, next: LinkLine | null) =>
    change({
      ...content,
      links: links.flatMap<LinkLine>((one, index) => (index === at ? (next ?? []) : one)),
    });
  const add = () => {
    const name = links.find((one) => one.linkTarget === SETS)?.cellValue ?? "tab";
    const made: LinkLine = isTabs
      ? { linkTarget: SETS, cellValue: name, linkLabel: "Tab", subTarget: `${links.length + 1}` }
      : { linkTarget: URL_LINK, cellValue: "https://", linkLabel: "Link" };
    change({ ...content, links: [...links, { id: crypto.randomUUID(), ...made }] });
  };
  return (
    <div className="workbook-form">
      <label className="metric-field">
        Shown as
        <select
          className="input"
          value={style}
          onChange={(event) => change({ ...content, style: event.target.value })}
        >
          {STYLES.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          {!STYLES.some(([name]) => name === style) && <option>{style}</option>}
        </select>
      </label>
      {links.map((link, at) => (
        <One
          key={link.id ?? at}
          link={link}
          number={at + 1}
          change={(next) => replace(at, next)}
        />
      ))}
      <button type="button" className="button button-small" onClick={add}>
        <Icon name="plus" size={12} /> {isTabs ? "Add a tab" : "Add a link"}
      </button>
    </div>
  );
}

interface OneProps {
  link: LinkLine;
  number: number;
  change: (next: LinkLine | null) => void;
}

function One({ link, number, change }: OneProps) {
  const target = link.linkTarget ?? URL_LINK;
  const sets = target === SETS;
  return (
    <fieldset className="workbook-fields">
      <legend>Link {number}</legend>
      <label className="metric-field">
        Label
        <input
          className="input"
          value={link.linkLabel ?? ""}
          onChange={(event) => change({ ...link, linkLabel: event.target.value })}
        />
      </label>
      <label className="metric-field">
        Does
        <select
          className="input"
          value={target}
          onChange={(event) => change({ ...link, linkTarget: event.target.value })}
        >
          <option value={URL_LINK}>Opens a page</option>
          <option value={SETS}>Sets a parameter</option>
          {![URL_LINK, SETS].includes(target) && <option value={target}>{target} of Azure</option>}
        </select>
      </label>
      <label className={`metric-field${sets ? "" : " wide"}`}>
        {sets ? "Parameter" : "Address"}
        <input
          className="input"
          value={link.cellValue ?? ""}
          onChange={(event) => change({ ...link, cellValue: event.target.value })}
        />
      </label>
      {sets && (
        <label className="metric-field">
          Value
          <input
            className="input"
            value={link.subTarget ?? ""}
            onChange={(event) => change({ ...link, subTarget: event.target.value })}
          />
        </label>
      )}
      <button
        type="button"
        className="button button-icon button-small"
        aria-label={`Remove link ${number}`}
        title="Remove"
        onClick={() => change(null)}
      >
        <Icon name="close" size={12} />
      </button>
    </fieldset>
  );
}
