/** The workbooks of a resource, in the management API: dashboards are workbooks of a category. */

import { ApiError, ask, listed, send, type Resource } from "../../lib/api";
import { readDocument, type Document } from "./document";

export type Category = "workbook" | "dashboard";

export interface Entry {
  /** Its path in the management API. */
  path: string;
  /** Its part of the address. */
  name: string;
  title: string;
  category: Category;
  modified: string;
  author: string;
  etag: string;
}

export interface Opened {
  entry: Entry;
  document: Document;
}

interface Shown {
  id: string;
  name: string;
  etag: string;
  properties: {
    displayName: string;
    category: string;
    timeModified: string;
    userId: string;
    serializedData?: string;
  };
}

const WORKBOOKS = "/providers/Microsoft.Insights/workbooks";

/** Those of a resource, the newest first. */
export async function workbooksOf(resource: Resource): Promise<Entry[]> {
  const path = `${WORKBOOKS}?sourceId=${encodeURIComponent(resource.app_id)}`;
  const found = (await listed<Shown>(path)).map(read);
  return found.sort((a, b) => b.modified.localeCompare(a.modified));
}

/** A workbook with its document, by its name in the address. */
export async function openWorkbook(resource: Resource, name: string): Promise<Opened> {
  const entry = (await workbooksOf(resource)).find((one) => one.name === name);
  if (!entry) throw new ApiError(`There is no workbook “${name}” here.`, "WorkbookNotFound", null);
  return opened(await ask<Shown>(entry.path, {}));
}

function opened(shown: Shown): Opened {
  const document = readDocument(shown.properties.serializedData ?? "");
  if (typeof document === "string") throw new ApiError(document, "NotAWorkbook", null);
  return { entry: read(shown), document };
}

/** Makes a workbook of the resource. */
export async function makeWorkbook(
  resource: Resource,
  title: string,
  category: Category,
  document: Document,
): Promise<Opened> {
  const group = resource.path.split("/providers/")[0] ?? "";
  const path = `${group}${WORKBOOKS}/${crypto.randomUUID()}`;
  return put(path, resource, title, category, document, null);
}

/** Keeps a workbook; refused when somebody else has changed it since it was read. */
export async function keepWorkbook(
  resource: Resource,
  entry: Entry,
  document: Document,
): Promise<Opened> {
  return put(entry.path, resource, entry.title, entry.category, document, entry.etag);
}

export async function deleteWorkbook(entry: Entry): Promise<void> {
  await send(entry.path, { method: "DELETE" });
}

async function put(
  path: string,
  resource: Resource,
  displayName: string,
  category: Category,
  document: Document,
  etag: string | null,
): Promise<Opened> {
  const shown = await ask<Shown>(path, {
    method: "PUT",
    headers: {
      "content-type": "application/json",
      ...(etag ? { "if-match": etag } : { "if-none-match": "*" }),
    },
    body: JSON.stringify({
      location: resource.location,
      kind: "shared",
      properties: {
        displayName,
        category,
        version: document.version,
        sourceId: resource.path,
        serializedData: JSON.stringify(document),
      },
    }),
  });
  return opened(shown);
}

function read({ id, name, etag, properties }: Shown): Entry {
  return {
    path: id,
    name,
    title: properties.displayName,
    category: properties.category === "dashboard" ? "dashboard" : "workbook",
    modified: properties.timeModified,
    author: properties.userId,
    etag,
  };
}
