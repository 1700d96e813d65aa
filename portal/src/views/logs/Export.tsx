/** The rows as a file: those that are shown by the browser, all and Parquet by the server. */

import { useEffect, useRef, useState } from "react";
import { ApiError, type Resource, type Table } from "../../lib/api";
import { fileOf, type FileFormat, type Question } from "../../lib/queries";
import { download, downloadBlob, toCsv, toJson } from "../../parts/files";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu, type MenuItem } from "../../ui/Menu";

interface ExportProps {
  resource: Resource;
  question: Question;
  table: Table;
  /** The table has all rows of the result. */
  isWhole: boolean;
  /** It is the first of the result, which is the one that the server makes files of. */
  isFirst: boolean;
}

const LABELS: Record<FileFormat, string> = { csv: "CSV", json: "JSON", parquet: "Parquet" };

export function Export({ resource, question, table, isWhole, isFirst }: ExportProps) {
  const [busy, setBusy] = useState<FileFormat | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const name = (format: FileFormat) => `${resource.name}.${format}`;
  const ask = async (format: FileFormat) => {
    const controller = new AbortController();
    abort.current = controller;
    setBusy(format);
    setError(null);
    try {
      downloadBlob(name(format), await fileOf(question, format, controller.signal));
    } catch (problem) {
      if (controller.signal.aborted) return;
      setError(
        problem instanceof ApiError ? problem : new ApiError(String(problem), "PortalError", null),
      );
    } finally {
      setBusy(null);
    }
  };
  const here = (isWhole || !isFirst) && {
    csv: () => download(name("csv"), "text/csv", toCsv(table)),
    json: () => download(name("json"), "application/json", toJson(table)),
  };
  const items: MenuItem[] = (["csv", "json"] as const).map((format) => ({
    label: isWhole ? LABELS[format] : `${LABELS[format]}, all rows`,
    run: here ? here[format] : () => void ask(format),
  }));
  if (isFirst) items.push({ label: LABELS.parquet, run: () => void ask("parquet") });
  if (busy) {
    return (
      <button type="button" className="button" onClick={() => abort.current?.abort()}>
        <Icon name="stop" /> Writing {LABELS[busy]}… Cancel
      </button>
    );
  }
  return (
    <>
      {error && <ErrorBox error={error} />}
      <Menu
        label="Export"
        align="right"
        button={
          <>
            <Icon name="download" /> Export
          </>
        }
        items={items}
      />
    </>
  );
}
