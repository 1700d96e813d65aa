/** What to paste into an application, per language and SDK. */

import { setParameters, useAddress } from "../shell/address";
import { CopyButton } from "../ui/CopyButton";
import { SNIPPETS } from "./snippets";
import { Tabs } from "./Tabs";
import "./snippets.css";

const TABS = SNIPPETS.map(({ name }) => ({ name, label: name }));

export function Snippets({ connection }: { connection: string }) {
  const asked = useAddress().search.get("snippet");
  const chosen = SNIPPETS.find((one) => one.name === asked) ?? SNIPPETS[0];
  return (
    <div className="snippets">
      <Tabs
        label="Kind of application"
        tabs={TABS}
        now={chosen?.name ?? ""}
        choose={(name) => setParameters({ snippet: name }, true)}
      />
      {chosen?.install && <Code text={chosen.install} label="Install" />}
      {chosen && <Code text={chosen.code(connection)} label={chosen.name} />}
    </div>
  );
}

/** Code with a button that copies it. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="code">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
