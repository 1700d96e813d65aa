/*
 * KQL language service in a worker of its own: completion, diagnostics and hover for the editor.
 * A classic worker, because the two scripts it imports are classic scripts that make globals. They
 * take a second to start: where browsers can, all pages share one worker, which outlives a reload.
 * Questions arrive as {id, kind, …} and are answered as {id, result} or {id, error}.
 */
importScripts("bridge.min.js", "Kusto.Language.Bridge.min.js");

const { Symbols, Editor, GlobalState } = Kusto.Language;

function listOf(collection) {
  const list = [];
  const size = collection.Count ?? collection.length ?? 0;
  for (let index = 0; index < size; index += 1) {
    list.push(collection.getItem ? collection.getItem(index) : collection[index]);
  }
  return list;
}

/** The tables of the server; functions and aggregates are narrowed to those the server runs. */
function globalsOf({ tables, functions, aggregates }) {
  const symbols = tables.map((table) => {
    const columns = table.columns.map((column) => `['${column.name}']: ${column.type}`).join(", ");
    return new Symbols.TableSymbol.$ctor7(table.name, `(${columns})`, table.doc);
  });
  const database = new Symbols.DatabaseSymbol.$ctor2("app", null, symbols);
  let globals = GlobalState.Default.WithDatabase(database);
  if (functions) globals = globals.WithFunctions(named(globals.Functions, functions));
  if (aggregates) globals = globals.WithAggregates(named(globals.Aggregates, aggregates));
  return globals;
}

function named(collection, names) {
  const wanted = new Set(names);
  return listOf(collection).filter((symbol) => wanted.has(symbol.Name));
}

/** Calls that the server answers and this service does not know: it would mark what is right. */
const BEYOND = /\b(app|workspace|resource)\s*\(/;

/** Answers to one page: its schema, and the text that it works on. */
function answers() {
  let globals = GlobalState.Default;
  let script = null;

  const scriptOf = (text) => {
    script = script ? script.WithText(text) : Editor.CodeScript.From$1(text, globals);
    return script;
  };
  const blockAt = (text, position) => scriptOf(text).GetBlockAtPosition(position);

  return {
    setSchema(schema) {
      globals = globalsOf(schema);
      script = null;
      return { functions: listOf(globals.Functions).length };
    },
    complete({ text, position }) {
      const block = blockAt(text, position);
      if (!block) return { from: position, items: [] };
      // The service counts from the start of the whole text.
      const found = block.Service.GetCompletionItems(position);
      return {
        from: found.EditStart,
        items: listOf(found.Items).map((item) => ({
          kind: item.Kind,
          label: item.DisplayText,
          before: item.BeforeText ?? item.DisplayText,
          after: item.AfterText ?? "",
          order: item.OrderText ?? "",
        })),
      };
    },
    diagnose({ text }) {
      const places = [];
      for (const block of listOf(scriptOf(text).Blocks)) {
        if (BEYOND.test(block.Text)) continue;
        for (const found of listOf(block.Service.GetDiagnostics())) {
          places.push({
            start: found.Start,
            length: found.Length,
            severity: found.Severity,
            message: found.Message,
          });
        }
      }
      return places;
    },
    hover({ text, position }) {
      const block = blockAt(text, position);
      return block ? (block.Service.GetQuickInfo(position).Text ?? "") : "";
    },
  };
}

function serve(port) {
  const known = answers();
  port.onmessage = ({ data }) => {
    try {
      port.postMessage({ id: data.id, result: known[data.kind](data) });
    } catch (problem) {
      port.postMessage({ id: data.id, error: String(problem) });
    }
  };
}

if ("onconnect" in self) onconnect = ({ ports }) => serve(ports[0]);
else serve(self);
