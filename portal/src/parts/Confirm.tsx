/** Asks before something is done that cannot be taken back. */

import type { ReactNode } from "react";
import { Dialog } from "../ui/Dialog";
import { ErrorBox } from "../ui/ErrorBox";
import { useDoing } from "./useReply";
import "./form.css";

interface ConfirmProps {
  title: string;
  /** What the button that does it says. */
  action: string;
  act: () => Promise<unknown>;
  /** Whether it may be done yet. */
  ready?: boolean;
  /** Called when it is done. */
  onDone: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function Confirm({ title, action, act, ready = true, onDone, onClose, children }: ConfirmProps) {
  const doing = useDoing();
  return (
    <Dialog label={title} onClose={onClose}>
      <div className="dialog-body">
        <h2>{title}</h2>
        {children}
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row dialog-actions">
          <button type="button" className="button" autoFocus onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            className="button button-danger"
            disabled={doing.busy || !ready}
            onClick={() => {
              void doing.run(act).then((worked) => worked && onDone());
            }}
          >
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
