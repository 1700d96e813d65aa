/** The query editor: KQL with colours, completion, hover and marked mistakes. */

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { useEffect, useRef, type RefObject } from "react";
import type { Schema } from "../../lib/queries";
import { kqlCompletion } from "./completion";
import { kql } from "./kqlLanguage";
import { KqlService } from "./kqlService";

export interface EditorHandle {
  /** The selected text, or "". */
  selection: () => string;
  cursor: () => number;
  text: () => string;
  replaceAll: (text: string) => void;
  insert: (text: string) => void;
  /** Puts the cursor there and scrolls to it. */
  goTo: (position: number) => void;
  focus: () => void;
  /** Marks what the server said about the text; null removes it. */
  mark: (marks: Diagnostic[]) => void;
}

interface EditorProps {
  initial: string;
  schema: Schema | null;
  handle: RefObject<EditorHandle | null>;
  onRun: () => void;
  onCancel: () => void;
  onChange: (text: string) => void;
}

const LINT_AFTER_MS = 350;

export function Editor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const service = useRef<KqlService | null>(null);
  const view = useRef<EditorView | null>(null);

  useEffect(() => {
    if (!host.current) return undefined;
    const language = new KqlService();
    service.current = language;
    let lintTimer: ReturnType<typeof setTimeout> | undefined;
    let fromServer: Diagnostic[] = [];

    const lint = async () => {
      if (!language.ready) return;
      const text = editor.state.doc.toString();
      const found = await language.diagnose(text).catch(() => []);
      if (editor.state.doc.toString() !== text) return;
      const own = found.map((one) => diagnostic(one, text.length));
      editor.dispatch(setDiagnostics(editor.state, fromServer.length ? fromServer : own));
    };
    const lintSoon = () => {
      clearTimeout(lintTimer);
      lintTimer = setTimeout(() => void lint(), LINT_AFTER_MS);
    };

    const run = () => {
      latest.current.onRun();
      return true;
    };
    const cancel = () => {
      latest.current.onCancel();
      return false;
    };
    const editor: EditorView = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.initial,
        extensions: [
          Prec.highest(
            keymap.of([
              { key: "Shift-Enter", run },
              { key: "Mod-Enter", run },
              { key: "Escape", run: cancel },
            ]),
          ),
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          bracketMatching(),
          closeBrackets(),
          kql(),
          lintGutter(),
          autocompletion({
            override: [kqlCompletion(language, () => latest.current.schema)],
            icons: false,
            maxRenderedOptions: 200,
          }),
          hoverTooltip(async (_, position) => {
            if (!language.ready) return null;
            const text = await language
              .hover(editor.state.doc.toString(), position)
              .catch(() => "");
            return text ? { pos: position, create: () => ({ dom: hoverBox(text) }) } : null;
          }),
          placeholder(
            "Write a query, or choose an example. Shift Enter runs the block under the cursor.",
          ),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({ "aria-label": "KQL query", "data-search": "" }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            fromServer = [];
            latest.current.onChange(update.state.doc.toString());
            lintSoon();
          }),
        ],
      }),
    });
    view.current = editor;
    const whenReady = () => lintSoon();
    host.current.addEventListener("kql-ready", whenReady);

    latest.current.handle.current = {
      selection: () => {
        const { from, to } = editor.state.selection.main;
        return editor.state.sliceDoc(from, to);
      },
      cursor: () => editor.state.selection.main.head,
      text: () => editor.state.doc.toString(),
      replaceAll: (text) => {
        editor.dispatch({
          changes: { from: 0, to: editor.state.doc.length, insert: text },
          selection: { anchor: text.length },
        });
      },
      insert: (text) => {
        editor.dispatch(editor.state.replaceSelection(text));
        editor.focus();
      },
      goTo: (position) =>
        editor.dispatch({ selection: { anchor: position }, scrollIntoView: true }),
      focus: () => editor.focus(),
      mark: (marks) => {
        fromServer = marks;
        editor.dispatch(setDiagnostics(editor.state, marks));
        if (!marks.length) lintSoon();
      },
    };
    return () => {
      clearTimeout(lintTimer);
      latest.current.handle.current = null;
      editor.destroy();
      language.close();
    };
  }, []);

  useEffect(() => {
    if (!props.schema) return;
    service.current
      ?.setSchema(props.schema)
      .then(() => {
        if (!host.current) return;
        host.current.dataset.language = "ready";
        host.current.dispatchEvent(new Event("kql-ready"));
      })
      .catch(() => {
        if (host.current) host.current.dataset.language = "absent";
      });
  }, [props.schema]);

  return <div className="editor" ref={host} data-testid="editor" />;
}

function diagnostic(
  one: { start: number; length: number; severity: string; message: string },
  size: number,
): Diagnostic {
  const from = Math.min(one.start, Math.max(0, size - 1));
  return {
    from,
    to: Math.min(size, Math.max(from + 1, one.start + one.length)),
    severity: one.severity === "Error" ? "error" : one.severity === "Warning" ? "warning" : "info",
    message: one.message,
  };
}

function hoverBox(text: string): HTMLElement {
  const box = document.createElement("div");
  box.className = "hover-box";
  box.textContent = text;
  return box;
}
