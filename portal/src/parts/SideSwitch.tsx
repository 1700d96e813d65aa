/** Whether a view is about servers or about browsers. */

import { setParameters } from "../shell/address";

export function SideSwitch({ side }: { side: "server" | "browser" }) {
  return (
    <div className="joined" role="group" aria-label="Side">
      {(["server", "browser"] as const).map((one) => (
        <button
          key={one}
          type="button"
          className="button"
          aria-pressed={one === side}
          onClick={() =>
            setParameters({
              side: one === "server" ? null : one,
              tab: null,
              sel: null,
              lo: null,
              hi: null,
            })
          }
        >
          {one === "server" ? "Server" : "Browser"}
        </button>
      ))}
    </div>
  );
}
