/** Says that a finding is of no use: it ends, and the like of it is muted for a week. */

import { useState } from "react";
import { useDoing } from "../../parts/useReply";
import type { ViewProps } from "../../shell/views";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import { notUseful, type Finding } from "./findings";

interface NotUsefulProps extends ViewProps {
  finding: Finding;
  onClose: () => void;
  done: () => void;
}

export function NotUsefulDialog({ resource, finding, onClose, done }: NotUsefulProps) {
  const [note, setNote] = useState("");
  const doing = useDoing();
  const save = () =>
    doing.run(() => notUseful(resource, finding, note)).then((worked) => worked && done());
  return (
    <Dialog label="Not useful" onClose={onClose}>
      <form
        className="dialog-body form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <h2>Not useful</h2>
        <p>The finding ends, its alert resolves, and the like of it is muted for a week.</p>
        <div className="field">
          <label htmlFor="useless-note">Why (optional)</label>
          <input
            id="useless-note"
            className="input"
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row">
          <button type="submit" className="button button-primary" disabled={doing.busy}>
            End it
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
