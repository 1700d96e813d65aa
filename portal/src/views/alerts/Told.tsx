/** How bad it is, and who is told. */

import { useReply } from "../../parts/useReply";
import { ErrorBox } from "../../ui/ErrorBox";
import { groups } from "./alerts";
import { Choice, Choices } from "../../parts/Choice";
import { SEVERITIES } from "./rule";
import type { PartProps } from "./RuleEditor";

const CHOICES = Object.fromEntries(
  SEVERITIES.map((name, index) => [String(index), `Sev${index} ${name}`]),
);

export function Told({ form, change }: PartProps) {
  const known = useReply("action groups", groups);
  return (
    <section className="card form" aria-label="Who is told">
      <h2>3 · Who is told</h2>
      <Choice
        label="Severity"
        value={String(form.severity)}
        choices={CHOICES}
        choose={(severity) => change({ severity: Number(severity) })}
      />
      <Choices
        legend="Action groups"
        chosen={form.groups}
        choices={(known.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
        none="There are no action groups yet: alerts are seen here alone. Make one under Action groups."
        change={(chosen) => change({ groups: chosen })}
      />
      {known.error && <ErrorBox error={known.error} retry={known.reload} />}
    </section>
  );
}
