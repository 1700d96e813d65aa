import { CopyButton } from "../../ui/CopyButton";

export interface Fact {
  label: string;
  value: string;
  /** It is something to paste. */
  copies?: boolean;
}

/** Names with their values, those to paste with a button that copies. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(({ label, value, copies }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <span>{value}</span>
            {copies && <CopyButton text={value} of={label} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
