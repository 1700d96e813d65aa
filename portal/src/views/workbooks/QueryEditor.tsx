/** The editor of Logs for a query of a workbook; fetched when somebody edits. */

import { useEffect, useRef, useState } from "react";
import { fetchSchema, type Schema } from "../../lib/queries";
import { Editor, type EditorHandle } from "../logs/Editor";
import "../logs/logs.css";

interface QueryEditorProps {
  app: string;
  text: string;
  type: (text: string) => void;
  run: (text: string) => void;
}

export function QueryEditor({ app, text, type, run }: QueryEditorProps) {
  const handle = useRef<EditorHandle>(null);
  const [schema, setSchema] = useState<Schema | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    fetchSchema(app, controller.signal)
      .then(setSchema)
      .catch(() => setSchema(null));
    return () => controller.abort();
  }, [app]);
  return (
    <Editor
      initial={text}
      schema={schema}
      handle={handle}
      onRun={() => run(handle.current?.text() ?? text)}
      onCancel={() => undefined}
      onChange={type}
    />
  );
}
