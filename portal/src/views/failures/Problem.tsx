/** One problem: who it meets, since which version, and where in the code. */

import { useMemo } from "react";
import { count } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { transactionPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { NothingHere } from "../../ui/Empty";
import { List } from "../../ui/List";
import { CallStack } from "../../parts/CallStack";
import { KeyValue } from "../../parts/KeyValue";
import { thrownIn } from "../../parts/stack";

interface ProblemProps {
  app: string;
  problem: string;
  filters: string[];
}

export function Problem({ app, problem, filters }: ProblemProps) {
  const { app: name, search } = useAddress();
  const { zone } = useRange();
  const parameters = useMemo(() => ({ problem }), [problem]);
  const tile = useTile("failures.problem", app, { parameters, filters });
  const versions = useTile("failures.problem_versions", app, { parameters, filters });
  const row = tile.data ? records(tile.data)[0] : undefined;
  return (
    <>
      <Card title={problem} tile={tile} empty={<NothingHere what="exceptions of this problem" />}>
        {row && (
          <>
            <KeyValue
              label="Problem"
              pairs={[
                { name: "Count", value: count(row.number("n")) },
                { name: "Users", value: count(row.number("users")) },
                { name: "Operations", value: count(row.number("operations")) },
                { name: "First seen", value: dateTime(row.instant("first_seen"), zone) },
                { name: "Last seen", value: dateTime(row.instant("timestamp"), zone) },
              ]}
            />
            <CallStack thrown={thrownIn(row.text("details"))} />
            {name && (
              <Link
                href={transactionPath(name, row.text("operation_Id"), search, {
                  item: row.text("itemId"),
                  t: row.text("timestamp"),
                })}
              >
                Open the newest in its transaction
              </Link>
            )}
          </>
        )}
      </Card>
      <Card title="Versions" tile={versions} empty={<NothingHere what="versions" />}>
        <List
          rows={versions.data ? records(versions.data) : []}
          columns={[
            {
              label: "Version",
              wide: true,
              cell: (one) => one.text("application_Version") || "(no version)",
              note: (one) => one.text("cloud_RoleName"),
            },
            { label: "Count", number: true, cell: (one) => count(one.number("n")) },
            {
              label: "First seen",
              number: true,
              cell: (one) => dateTime(one.instant("first_seen"), zone, false),
            },
          ]}
        />
      </Card>
    </>
  );
}
