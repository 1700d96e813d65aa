/** Makes a processing rule. */

import { useState, type SyntheticEvent } from "react";
import type { Resource } from "../../lib/api";
import { TextField } from "../../parts/TextField";
import { useDoing, useReply } from "../../parts/useReply";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import { groups, processingPath, put } from "./alerts";
import { Choice, Choices } from "../../parts/Choice";
import { SEVERITIES } from "./rule";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

interface ProcessingDialogProps {
  resource: Resource;
  onDone: () => void;
  onClose: () => void;
}

export function ProcessingDialog({ resource, onDone, onClose }: ProcessingDialogProps) {
  const [name, setName] = useState("");
  const [does, setDoes] = useState("silence");
  const [added, setAdded] = useState<string[]>([]);
  const [when, setWhen] = useState("once");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [start, setStart] = useState("22:00");
  const [end, setEnd] = useState("06:00");
  const [days, setDays] = useState<string[]>(["Saturday", "Sunday"]);
  const [severities, setSeverities] = useState<string[]>([]);
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const known = useReply("action groups", groups);
  const doing = useDoing();
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    const recurrence = {
      recurrenceType: when === "weekly" ? "Weekly" : "Daily",
      startTime: `${start}:00`,
      endTime: `${end}:00`,
      ...(when === "weekly" ? { daysOfWeek: days } : {}),
    };
    const schedule = {
      once: { effectiveFrom: seconds(from), effectiveUntil: seconds(until), timeZone: zone },
      daily: { timeZone: zone, recurrences: [recurrence] },
      weekly: { timeZone: zone, recurrences: [recurrence] },
      always: null,
    }[when];
    const properties = {
      scopes: [resource.path],
      conditions: severities.length
        ? [{ field: "Severity", operator: "Equals", values: severities }]
        : [],
      schedule,
      actions: [
        does === "silence"
          ? { actionType: "RemoveAllActionGroups" }
          : { actionType: "AddActionGroups", actionGroupIds: added },
      ],
      description: "",
      enabled: true,
    };
    void doing
      .run(() =>
        put(processingPath(resource, name.trim()), { location: "Global", properties }, true),
      )
      .then((worked) => worked && onDone());
  };
  return (
    <Dialog label="New processing rule" onClose={onClose}>
      <form className="dialog-body" onSubmit={save}>
        <h2>New processing rule</h2>
        <TextField label="Name of the rule" value={name} autoComplete="off" onChange={setName} />
        <Choice
          label="What it does"
          value={does}
          choices={{ silence: "Nobody is told", add: "Further action groups are told" }}
          choose={setDoes}
        />
        {does === "add" && (
          <Choices
            legend="Action groups"
            chosen={added}
            choices={(known.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
            none="There are no action groups yet."
            change={setAdded}
          />
        )}
        <Choice
          label="When"
          value={when}
          choices={{ once: "Once", daily: "Every day", weekly: "On days of the week", always: "Always" }}
          choose={setWhen}
        />
        {when === "once" && (
          <div className="field-row">
            <TextField label="From" type="datetime-local" value={from} onChange={setFrom} />
            <TextField label="Until" type="datetime-local" value={until} onChange={setUntil} />
          </div>
        )}
        {(when === "daily" || when === "weekly") && (
          <div className="field-row">
            <TextField label="Begins at" type="time" value={start} onChange={setStart} />
            <TextField label="Ends at" type="time" value={end} onChange={setEnd} />
          </div>
        )}
        {when === "weekly" && (
          <Choices
            legend="Days on which it begins"
            chosen={days}
            choices={DAYS.map((day) => ({ value: day, label: day }))}
            none=""
            change={setDays}
          />
        )}
        {when !== "always" && (
          <TextField label="Time zone" value={zone} autoComplete="off" onChange={setZone} />
        )}
        <Choices
          legend="Severities; none is every one"
          chosen={severities}
          choices={SEVERITIES.map((label, n) => ({ value: `Sev${n}`, label: `Sev${n} ${label}` }))}
          none=""
          change={setSeverities}
        />
        {known.error && <ErrorBox error={known.error} retry={known.reload} />}
        {doing.error && <ErrorBox error={doing.error} />}
        <div className="row dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button button-primary"
            disabled={!name.trim() || (when === "once" && (!from || !until)) || doing.busy}
          >
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What a field for a date and time says, with seconds. */
function seconds(text: string): string {
  return text.length === 16 ? `${text}:00` : text;
}
