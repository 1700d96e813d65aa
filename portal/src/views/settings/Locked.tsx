/** Why nothing may be changed here, where that is so. */
export function Locked({ why }: { why: string }) {
  if (!why) return null;
  return (
    <p className="empty" role="status">
      {why}
    </p>
  );
}
