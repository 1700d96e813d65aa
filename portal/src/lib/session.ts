/** Who is here and what they may, asked once for the whole page. */

import { useEffect, useState } from "react";
import { lookSession, type SessionReply } from "./api";

export type Right = "read" | "write" | "manage" | "administer";

/** Stands for every resource where rights name one. */
const EVERYTHING = "*";

let asked: Promise<SessionReply> | null = null;

/** The session, null until it is known. */
export function useSession(): SessionReply | null {
  const [session, setSession] = useState<SessionReply | null>(null);
  useEffect(() => {
    let shown = true;
    asked ??= lookSession(AbortSignal.timeout(60_000));
    asked.then(
      (found) => shown && setSession(found),
      () => {
        asked = null; // the page itself tells when the server is away
      },
    );
    return () => {
      shown = false;
    };
  }, []);
  return session;
}

/** Whether a right is held for a resource, or without one for all of them. */
export function may(session: SessionReply, right: Right, appId = EVERYTHING): boolean {
  const rights = session.may_by_resource;
  return [EVERYTHING, appId].some((one) => rights[one]?.includes(right));
}
