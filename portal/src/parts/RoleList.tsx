/** Roles and their instances; a click narrows every tile of the view to one. */

import type { Row } from "../lib/useTile";
import { setParameters } from "../shell/address";
import { chosenText, readChosen } from "./chosen";
import { addFilter } from "./filters";
import { PickList, type PickColumn } from "./PickList";

interface RoleListProps {
  rows: Row[];
  /** What is told of a role beside its name. */
  columns: PickColumn[];
}

const NAME: PickColumn = {
  label: "Role",
  wide: true,
  cell: (row) => (
    <>
      {row.text("cloud_RoleName") || <span className="muted">(no role)</span>}
      <span className="note">{row.text("cloud_RoleInstance")}</span>
    </>
  ),
};

export function RoleList({ rows, columns }: RoleListProps) {
  return (
    <PickList
      label="Roles"
      rows={rows}
      columns={[NAME, ...columns]}
      keyOf={(row) => chosenText([row.text("cloud_RoleName"), row.text("cloud_RoleInstance")])}
      chosen=""
      choose={(key) => {
        const [role = "", instance = ""] = readChosen(key, 2);
        if (!key) return;
        setParameters({ tab: null });
        addFilter({ dimension: "role", value: role, leavesOut: false });
        addFilter({ dimension: "instance", value: instance, leavesOut: false });
      }}
    />
  );
}
