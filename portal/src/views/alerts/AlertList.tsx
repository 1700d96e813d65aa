/** Alerts in a list, and the chosen one beside it with its history. */

import { useState } from "react";
import { duration } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import { toBase64Url } from "../../lib/encode";
import { useDoing, useReply, type Reply } from "../../parts/useReply";
import { navigate, setParameters, useAddress, viewPath } from "../../shell/address";
import { useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { mute, oneAlert, say, type Alert } from "./alerts";
import type { PanelProps } from "./Alerts";
import { Severity } from "./Severity";
import { changeText, comparedText, splitText, valueText } from "./words";

const MUTED_MINUTES = 60;

interface AlertListProps extends PanelProps {
  state: "fired" | "all";
  found: Reply<Alert[]>;
}

export function AlertList({ resource, locked, state, found }: AlertListProps) {
  const { search } = useAddress();
  const chosen = search.get("alert");
  const list = found.data;
  return (
    <div className={chosen ? "panes" : undefined}>
      <section className="card" aria-label={state === "fired" ? "Fired alerts" : "All alerts"}>
        {found.error && <ErrorBox error={found.error} retry={found.reload} />}
        {!list && !found.error && <div className="skeleton" />}
        {list?.length === 0 && (
          <div className="empty-tile">
            <span className="good">
              <Icon name="check" />{" "}
              {state === "fired" ? "No alert is fired" : "No alert has ever fired"}
            </span>
            <button
              type="button"
              className="button button-small"
              onClick={() => setParameters({ tab: "rules", alert: null })}
            >
              See the rules
            </button>
          </div>
        )}
        {list && list.length > 0 && (
          <Table alerts={list} chosen={chosen} state={state} />
        )}
      </section>
      {chosen && (
        <One
          key={chosen}
          resource={resource}
          locked={locked}
          id={chosen}
          changed={found.reload}
        />
      )}
    </div>
  );
}

interface TableProps {
  alerts: Alert[];
  chosen: string | null;
  state: "fired" | "all";
}

function Table({ alerts, chosen, state }: TableProps) {
  const { zone } = useRange();
  const now = Date.now();
  return (
    <div className="scrolls" tabIndex={0} role="group" aria-label="Alerts, scrollable">
      <table className="table list">
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col" className="wide">
              Alert
            </th>
            <th scope="col">{state === "fired" ? "Since" : "Fired"}</th>
            <th scope="col">{state === "fired" ? "Value" : "Lasted"}</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => {
            const at = Date.parse(alert.firedAt);
            const until = alert.resolvedAt ? Date.parse(alert.resolvedAt) : now;
            return (
              <tr key={alert.id} aria-selected={alert.id === chosen}>
                <td>
                  <Severity severity={alert.severity} />
                </td>
                <td className="wide">
                  <button
                    type="button"
                    className="link-button"
                    onClick={() => setParameters({ alert: alert.id === chosen ? null : alert.id })}
                  >
                    {alert.rule}
                  </button>
                  <span className="note">{splitText(alert.split) || alert.signal}</span>
                </td>
                <td title={`${dateTime(at, "UTC", false)} UTC`}>
                  {dateTime(at, zone, false)}
                  <span className="note">{ago(at, now)}</span>
                </td>
                <td>{state === "fired" ? valueText(alert) : duration(until - at)}</td>
                <td>
                  {alert.condition === "Fired" ? (
                    <span className="bad">
                      <Icon name="failed" size={12} /> Fired
                    </span>
                  ) : (
                    <span className="good">
                      <Icon name="check" size={12} /> Resolved
                    </span>
                  )}
                  {alert.userState !== "New" && <span className="note">{alert.userState}</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface OneProps extends PanelProps {
  id: string;
  changed: () => void;
}

function One({ resource, locked, id, changed }: OneProps) {
  const { zone } = useRange();
  const { search } = useAddress();
  const found = useReply(`${resource.app_id} ${id}`, oneAlert(resource.app_id, id), 10_000);
  const doing = useDoing();
  const [told, setTold] = useState("");
  const alert = found.data?.alert;
  const act = (what: () => Promise<unknown>, said = "") => {
    void doing.run(what).then((worked) => {
      if (!worked) return;
      setTold(said);
      found.reload();
      changed();
    });
  };
  const openEvidence = (of: Alert) => {
    const { kql, start, end } = of.evidence;
    const kept = new URLSearchParams(search);
    kept.delete("f");
    kept.set("from", new Date(start).toISOString());
    kept.set("to", new Date(end).toISOString());
    const to = viewPath(resource.app_id, "logs", kept);
    navigate(`${to}${to.includes("?") ? "&" : "?"}q=${toBase64Url(kql)}`);
  };
  return (
    <section className="card alert-one" aria-label="The alert">
      {found.error && <ErrorBox error={found.error} retry={found.reload} />}
      {!found.data && !found.error && <div className="skeleton" />}
      {alert && (
        <>
          <header className="row">
            <h2>{alert.rule}</h2>
            <button
              type="button"
              className="button button-icon"
              aria-label="Close the pane"
              onClick={() => setParameters({ alert: null })}
            >
              <Icon name="close" />
            </button>
          </header>
          <p className="row">
            <Severity severity={alert.severity} />
            <span>{valueText(alert)}</span>
          </p>
          {splitText(alert.split) && <p>{splitText(alert.split)}</p>}
          {alert.description && <p className="muted">{alert.description}</p>}
          {alert.criteria.length > 1 && (
            <ul className="plain-list">
              {alert.criteria.map((one, index) => (
                <li key={index}>
                  {one.aggregation} of {one.metric || "rows"}: {comparedText(one)}
                </li>
              ))}
            </ul>
          )}
          <div className="row alert-deeds">
            <button
              type="button"
              className="button button-primary"
              onClick={() => openEvidence(alert)}
            >
              <Icon name="logs" /> Open evidence
            </button>
            <button
              type="button"
              className="button"
              disabled={!!locked || doing.busy || alert.userState === "Acknowledged"}
              title={locked || undefined}
              onClick={() => act(() => say(resource.app_id, id, "acknowledge"))}
            >
              Acknowledge
            </button>
            <button
              type="button"
              className="button"
              disabled={!!locked || doing.busy || alert.userState === "Closed"}
              title={locked || undefined}
              onClick={() => act(() => say(resource.app_id, id, "close"))}
            >
              Close alert
            </button>
            <button
              type="button"
              className="button"
              disabled={!!locked || doing.busy || told !== ""}
              title={locked || "Nobody is told of this rule for an hour"}
              onClick={() =>
                act(
                  () => mute(resource, alert, MUTED_MINUTES),
                  "Nobody is told of this rule for the next hour.",
                )
              }
            >
              Mute 1 h
            </button>
          </div>
          <p role="status" className={told ? "good small" : "sr"}>
            {told}
          </p>
          {doing.error && <ErrorBox error={doing.error} />}
          <h3>History</h3>
          <ol className="history">
            {found.data?.changes.map((change, index) => (
              <li key={index}>
                <time dateTime={change.at} title={`${dateTime(Date.parse(change.at), "UTC")} UTC`}>
                  {dateTime(Date.parse(change.at), zone, false)}
                </time>{" "}
                <span className={change.event === "NotDelivered" ? "bad" : undefined}>
                  {changeText(change)}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
