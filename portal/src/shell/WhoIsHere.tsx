import { signOut } from "../lib/api";
import { useSession } from "../lib/session";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";

/** Who is signed in, and the way out; nothing where nobody had to sign in. */
export function WhoIsHere() {
  const session = useSession();
  if (session?.kind !== "person") return null;
  const leave = (everywhere: boolean) => {
    void signOut(everywhere).then(() => location.assign("/sign-in"));
  };
  return (
    <Menu
      label={`Signed in as ${session.name}`}
      align="right"
      button={
        <>
          {session.name} <Icon name="chevron" size={12} />
        </>
      }
      items={[
        { label: "Sign out", run: () => leave(false) },
        { label: "Sign out everywhere", run: () => leave(true) },
      ]}
    />
  );
}
