/** The last items that were not taken, with what their senders were told. */

import { exact } from "../lib/format";
import { ago, dateTime } from "../lib/time";
import { useRange } from "../shell/range";
import type { RejectedItems } from "./rejected";
import "./rejected.css";

export function Rejected({ told, label }: { told: RejectedItems; label: string }) {
  const { zone } = useRange();
  return (
    <div className="rejected" tabIndex={0} role="group" aria-label={`${label}, scrollable`}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Why</th>
            <th scope="col" className="number">
              Items
            </th>
            <th scope="col">Sender</th>
            <th scope="col">What the sender was told</th>
          </tr>
        </thead>
        <tbody>
          {told.recent.map((one, index) => (
            <tr key={index}>
              <td title={dateTime(Date.parse(one.time), zone)}>
                {ago(Date.parse(one.time), Date.now())}
              </td>
              <td>{one.reason}</td>
              <td className="number">{one.items ? exact(one.items) : "a body"}</td>
              <td>{one.sender || "not told"}</td>
              <td className="message">{one.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
