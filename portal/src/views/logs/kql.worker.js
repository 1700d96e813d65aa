/*
 * KQL language service in a worker of its own: completion, diagnostics and hover for the editor.
 * A classic worker, because the two scripts it imports are classic scripts that make globals.
 * Questions arrive as {id, kind, …} and are answered as {id, result} or {id, error}.
 */
importScripts("bridge.min.js", "Kusto.Language.Bridge.min.js");

const { Symbols, Editor, GlobalState } = Kusto.Language;

let globals = GlobalState.Default;
let script = null;

function listOf(collection) {
  const list = [];
  const size = collection.Count ?? collection.length ?? 0;
  for (let index = 0; index < size; index += 1) {
    list.push(collection.getItem ? collection.getItem(index) : collection[index]);
  }
  return list;
}

function scriptOf(text) {
  script = script ? script.WithText(text) : Editor.CodeScript.From$1(text, globals);
  return script;
}

function blockAt(text, position) {
  return scriptOf(text).GetBlockAtPosition(position);
}

/** The tables of the server; functions and aggregates are narrowed to those the server runs. */
function setSchema({ tables, functions, aggregates }) {
  const symbols = tables.map((table) => {
    const columns = table.columns.map((column) => `['${column.name}']: ${column.type}`).join(", ");
    return new Symbols.TableSymbol.$ctor7(table.name, `(${columns})`, table.doc);
  });
  const database = new Symbols.DatabaseSymbol.$ctor2("app", null, symbols);
  globals = GlobalState.Default.WithDatabase(database);
  if (functions) globals = globals.WithFunctions(named(globals.Functions, functions));
  if (aggregates) globals = globals.WithAggregates(named(globals.Aggregates, aggregates));
  script = null;
  return { functions: listOf(globals.Functions).length };
}

function named(collection, names) {
  const wanted = new Set(names);
  return listOf(collection).filter((symbol) => wanted.has(symbol.Name));
}

function complete({ text, position }) {
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
}

/** Calls that the server answers and this service does not know: it would mark what is right. */
const BEYOND = /\b(app|workspace|resource)\s*\(/;

function diagnose({ text }) {
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
}

function hover({ text, position }) {
  const block = blockAt(text, position);
  return block ? (block.Service.GetQuickInfo(position).Text ?? "") : "";
}

const answers = { setSchema, complete, diagnose, hover };

onmessage = ({ data }) => {
  try {
    postMessage({ id: data.id, result: answers[data.kind](data) });
  } catch (problem) {
    postMessage({ id: data.id, error: String(problem) });
  }
};
