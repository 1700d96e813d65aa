import { useEffect, useState } from "react";
import { lookSession, signOut } from "../lib/api";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";

/** Who is signed in, and the way out; nothing where nobody had to sign in. */
export function WhoIsHere() {
  const [name, setName] = useState<string | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    lookSession(controller.signal)
      .then((session) => setName(session.kind === "person" ? session.name : null))
      .catch(() => undefined); // the page itself tells when the server is away
    return () => controller.abort();
  }, []);
  if (name === null) return null;
  const leave = (everywhere: boolean) => {
    void signOut(everywhere).then(() => location.assign("/sign-in"));
  };
  return (
    <Menu
      label={`Signed in as ${name}`}
      align="right"
      button={
        <>
          {name} <Icon name="chevron" size={12} />
        </>
      }
      items={[
        { label: "Sign out", run: () => leave(false) },
        { label: "Sign out everywhere", run: () => leave(true) },
      ]}
    />
  );
}
