/** Tabs that set a parameter, and links to pages. */

import { SafeLink } from "../../parts/Markdown";
import { Tabs } from "../../parts/Tabs";
import type { Content, LinkLine } from "../../parts/workbooks/document";
import { filledIn } from "../../parts/workbooks/parameters";
import type { Shown } from "./Items";
import { LinksForm } from "./LinksForm";

interface LinksItemProps {
  shown: Shown;
  content: Content;
  change: ((content: Content) => void) | null;
}

export function LinksItem({ shown, content, change }: LinksItemProps) {
  return (
    <>
      {change && <LinksForm content={content} change={change} />}
      <Links shown={shown} content={content} />
    </>
  );
}

function Links({ shown, content }: Omit<LinksItemProps, "change">) {
  const links = content.links ?? [];
  const setting = links.filter((one) => one.linkTarget === "parameter" && one.cellValue);
  const name = setting[0]?.cellValue ?? "";
  const now = shown.values.get(name);
  if (content.style === "tabs" && setting.length > 0) {
    return (
      <Tabs
        label="Parts of the workbook"
        tabs={setting.map((one) => ({
          name: one.subTarget ?? "",
          label: filledIn(one.linkLabel ?? one.subTarget ?? "", shown.values),
        }))}
        now={now?.kind === "text" ? now.text : ""}
        choose={(value) => shown.set(name, value)}
      />
    );
  }
  return (
    <ul className="workbook-links">
      {links.map((one, index) => (
        <li key={one.id ?? index}>
          <One shown={shown} link={one} />
        </li>
      ))}
    </ul>
  );
}

function One({ shown, link }: { shown: Shown; link: LinkLine }) {
  const label = filledIn(link.linkLabel ?? link.cellValue ?? "", shown.values);
  if (link.linkTarget === "Url") {
    return <SafeLink href={filledIn(link.cellValue ?? "", shown.values)}>{label}</SafeLink>;
  }
  if (link.linkTarget === "parameter" && link.cellValue) {
    const { cellValue, subTarget = "" } = link;
    return (
      <button type="button" className="button" onClick={() => shown.set(cellValue, subTarget)}>
        {label}
      </button>
    );
  }
  return (
    <span className="muted">
      {label} (a link of kind {link.linkTarget ?? "?"} leads nowhere here)
    </span>
  );
}
