/** The items of a workbook or of a group, each by its kind; in place to change while editing. */

import type { ReactNode } from "react";
import type { Resource } from "../../lib/api";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import {
  KIND,
  kindName,
  type Document,
  type Item,
  type NewKind,
  type Parameter,
  type Place,
} from "../../parts/workbooks/document";
import { filledIn, isShown, type Choice, type Values } from "../../parts/workbooks/parameters";
import { LinksItem } from "./LinksItem";
import { MetricItem } from "./MetricItem";
import { ParametersItem } from "./ParametersItem";
import { QueryItem } from "./QueryItem";
import { TextItem } from "./TextItem";

/** What every item may need. */
export interface Shown {
  resource: Resource;
  document: Document;
  values: Values;
  choices: (parameter: Parameter) => Choice[];
  /** Sets a parameter in the address; null gives it its own value again. */
  set: (name: string, value: string | null) => void;
  /** Null while it is only read. */
  edit: {
    replace: (place: Place, item: Item | null) => void;
    add: (place: Place, kind: NewKind) => void;
    move: (place: Place, by: number) => void;
  } | null;
}

interface ItemsProps {
  shown: Shown;
  items: Item[];
  /** Of the group; empty for the document. */
  place: Place;
  dashboard?: boolean;
}

export function Items({ shown, items, place, dashboard = false }: ItemsProps) {
  const { edit, values } = shown;
  return (
    <div className={`workbook${dashboard ? " dashboard" : ""}`}>
      {items.map((item, index) => {
        if (!edit && !isShown(item, values)) return null;
        const own = [...place, index];
        return (
          <div
            key={index}
            className="workbook-item"
            style={{ "--share": shareOf(item) / 100 } as React.CSSProperties}
          >
            {edit && <Tools shown={shown} item={item} place={own} />}
            <One shown={shown} item={item} place={own} />
          </div>
        );
      })}
      {items.length === 0 && <p className="empty-tile muted">Nothing here yet</p>}
      {edit && <Add add={(kind) => edit.add([...place, items.length - 1], kind)} />}
    </div>
  );
}

/** Of the whole width, in percent. */
function shareOf(item: Item): number {
  const width = Number(item.customWidth);
  return width > 0 && width <= 100 ? width : 100;
}

interface OneProps {
  shown: Shown;
  item: Item;
  place: Place;
}

function One({ shown, item, place }: OneProps): ReactNode {
  const replace = shown.edit
    ? (content: Item["content"]) => shown.edit?.replace(place, { ...item, content: content ?? {} })
    : null;
  const content = item.content ?? {};
  switch (item.type) {
    case KIND.text:
      return <TextItem content={content} values={shown.values} change={replace} />;
    case KIND.query:
      return <QueryItem shown={shown} content={content} change={replace} />;
    case KIND.parameters:
      return <ParametersItem shown={shown} content={content} change={replace} />;
    case KIND.metric:
      return <MetricItem shown={shown} content={content} change={replace} />;
    case KIND.links:
      return <LinksItem shown={shown} content={content} change={replace} />;
    case KIND.group:
      return <Group shown={shown} item={item} place={place} />;
    default:
      return (
        <Unsupported what={kindName(item.type)} name={item.name ?? content.title ?? ""} />
      );
  }
}

function Group({ shown, item, place }: OneProps) {
  const { title, items, groupType = "editable" } = item.content ?? {};
  if (groupType === "template" || !Array.isArray(items)) {
    return <Unsupported what="Group from a template of Azure" name={item.name ?? ""} />;
  }
  const heading = filledIn(title ?? "", shown.values);
  return (
    <section className="workbook-group" aria-label={heading || "Group"}>
      {heading && <h2>{heading}</h2>}
      <Items shown={shown} items={items} place={place} />
    </section>
  );
}

/** Says what an item is that has no picture here: it is kept, and exported as it was. */
export function Unsupported({ what, name }: { what: string; name: string }) {
  return (
    <p className="empty">
      <Icon name="warning" /> {what}
      {name && ` “${name}”`}: this kind is not drawn here. It is kept as it is.
    </p>
  );
}

function Tools({ shown, item, place }: OneProps) {
  const { edit } = shown;
  if (!edit) return null;
  const name = item.name ?? kindName(item.type);
  const wide = `${shareOf(item)}%`;
  return (
    <div className="workbook-tools" role="group" aria-label={`Item ${name}`}>
      <IconButton icon="up" label={`Move ${name} up`} run={() => edit.move(place, -1)} />
      <IconButton icon="down" label={`Move ${name} down`} run={() => edit.move(place, 1)} />
      <select
        className="input"
        aria-label={`Width of ${name}`}
        value={wide}
        onChange={(event) =>
          edit.replace(place, { ...item, customWidth: event.target.value.replace("%", "") })
        }
      >
        {[...new Set(["25%", "33%", "50%", "66%", "75%", "100%", wide])].map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <Add add={(kind) => edit.add(place, kind)} />
      <IconButton icon="close" label={`Remove ${name}`} run={() => edit.replace(place, null)} />
    </div>
  );
}

function IconButton(props: { icon: "up" | "down" | "close"; label: string; run: () => void }) {
  return (
    <button
      type="button"
      className="button button-icon button-small"
      aria-label={props.label}
      title={props.label}
      onClick={props.run}
    >
      <Icon name={props.icon} size={12} />
    </button>
  );
}

function Add({ add }: { add: (kind: NewKind) => void }) {
  return (
    <Menu
      label="Add an item"
      className="button button-small"
      button={
        <>
          <Icon name="plus" size={12} /> Add
        </>
      }
      items={[
        { label: "Text", icon: "overview", run: () => add("text") },
        { label: "Query", icon: "logs", run: () => add("query") },
        { label: "Metric", icon: "metrics", run: () => add("metric") },
        { label: "Parameters", icon: "settings", run: () => add("parameters") },
        { label: "Links", icon: "right", run: () => add("links") },
        { label: "Group", icon: "resource", run: () => add("group") },
      ]}
    />
  );
}
