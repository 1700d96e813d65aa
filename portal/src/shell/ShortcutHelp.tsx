import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { VIEWS } from "./views";

const HELP: [string, string][] = [
  ["Ctrl K", "Search or jump to"],
  ["/", "Focus the page's search, or the palette"],
  ...VIEWS.map((one): [string, string] => [`g ${one.chord}`, one.title]),
  ["t", "Time range"],
  ["[   ]", "Earlier, later"],
  ["-   =", "Zoom out, zoom in"],
  ["Shift Enter", "Logs: run the query under the cursor (Ctrl Enter, too)"],
  ["Esc", "Close; in Logs cancel the run"],
  ["Esc Tab", "Leave the editor"],
  ["?", "This list"],
];

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose}>
      <header className="card-head">
        <h2>Keyboard shortcuts</h2>
        <button type="button" className="button button-icon" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <dl className="keys">
        {HELP.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
