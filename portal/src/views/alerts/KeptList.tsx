/** What people keep here, in a table: rules, groups, processing rules; and the way to be rid of one. */

import type { ReactNode } from "react";
import { Confirm } from "../../parts/Confirm";
import { RowMenu } from "../../parts/RowMenu";
import type { Doing, Reply } from "../../parts/useReply";
import { ErrorBox } from "../../ui/ErrorBox";
import type { MenuItem } from "../../ui/Menu";
import { remove } from "./alerts";

interface KeptListProps<T> {
  /** What they are: "Action groups". */
  label: string;
  found: Reply<T[]>;
  /** What is done with one of them. */
  doing: Doing;
  /** Titles of the columns but the last one, which holds a menu; wide ones begin with "+". */
  columns: string[];
  /** What is said where there are none. */
  none: ReactNode;
  /** The row of one. */
  row: (one: T) => ReactNode;
}

export function KeptList<T>({ label, found, doing, columns, none, row }: KeptListProps<T>) {
  const list = found.data;
  return (
    <>
      {found.error && <ErrorBox error={found.error} retry={found.reload} />}
      {doing.error && <ErrorBox error={doing.error} />}
      {!list && !found.error && <div className="skeleton" />}
      {list?.length === 0 && none}
      {list && list.length > 0 && (
        <div className="scrolls" tabIndex={0} role="group" aria-label={`${label}, scrollable`}>
          <table className="table list">
            <thead>
              <tr>
                {columns.map((title) => (
                  <th key={title} scope="col" className={title.startsWith("+") ? "wide" : undefined}>
                    {title.replace("+", "")}
                  </th>
                ))}
                <th scope="col">
                  <span className="sr">What can be done</span>
                </th>
              </tr>
            </thead>
            <tbody>{list.map(row)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}

interface KeptMenuProps {
  name: string;
  enabled: boolean;
  /** What can be done with this kind alone. */
  first?: MenuItem[];
  enable: (enabled: boolean) => void;
  leave: () => void;
}

/** What can be done with one of them. */
export function KeptMenu({ name, enabled, first = [], enable, leave }: KeptMenuProps) {
  const always = [
    { label: enabled ? "Disable" : "Enable", run: () => enable(!enabled) },
    { label: "Delete…", run: leave },
  ];
  return <RowMenu name={name} items={[...first, ...always]} />;
}

interface LeavingProps {
  one: { id: string; name: string } | null;
  found: Reply<unknown>;
  onClose: () => void;
  /** What comes of it. */
  children: ReactNode;
}

/** Asks whether one of them goes. */
export function Leaving({ one, found, onClose, children }: LeavingProps) {
  if (!one) return null;
  return (
    <Confirm
      title={`Delete ${one.name}?`}
      action="Delete"
      act={() => remove(one.id)}
      onDone={() => {
        onClose();
        found.reload();
      }}
      onClose={onClose}
    >
      <p>{children}</p>
    </Confirm>
  );
}
