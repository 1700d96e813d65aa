/** Receivers of all kinds in one list, to and from the lists of the management API. */

import type { GroupProperties, Receiver } from "./alerts";

export const KINDS = {
  webhook: { label: "Webhook", target: "URL", hint: "Gets the common alert schema, signed." },
  email: { label: "E-mail", target: "Address", hint: "Through the mail server of the settings." },
  slack: { label: "Slack", target: "URL of the incoming webhook", hint: "" },
  teams: { label: "Teams", target: "URL of the workflow's webhook", hint: "" },
  command: {
    label: "Command",
    target: "Program, by its whole path",
    hint: "One that the setting alert_programs names.",
  },
} as const;

export type Kind = keyof typeof KINDS;

export interface Told {
  kind: Kind;
  name: string;
  target: string;
  /** As the group has it; null for a new one. */
  was: Receiver | null;
}

export const NEW_RECEIVER: Told = { kind: "webhook", name: "", target: "", was: null };

export function receiversOf(properties: GroupProperties): Told[] {
  const own = properties.OpenInsights ?? {};
  const told = (kind: Kind, list: Receiver[] = []): Told[] =>
    list.map((one) => ({
      kind,
      name: one.name,
      target: one.serviceUri ?? one.emailAddress ?? one.program ?? "",
      was: one,
    }));
  return [
    ...told("email", properties.emailReceivers),
    ...told("webhook", properties.webhookReceivers),
    ...told("slack", own.slackReceivers),
    ...told("teams", own.teamsReceivers),
    ...told("command", own.commandReceivers),
  ];
}

/** The properties of a group with these receivers; what else it has stays. */
export function propertiesOf(
  was: GroupProperties | null,
  receivers: Told[],
  shortName: string,
  scope: string,
): GroupProperties {
  const told = (kind: Kind, field: string, more: Partial<Receiver> = {}): Receiver[] =>
    receivers
      .filter((one) => one.kind === kind)
      .map(({ name, target, was }) => ({
        ...(was ?? more),
        name: name.trim(),
        [field]: target.trim(),
      }));
  const schema = { useCommonAlertSchema: true };
  return {
    ...was,
    enabled: was?.enabled ?? true,
    groupShortName: shortName,
    emailReceivers: told("email", "emailAddress", schema),
    webhookReceivers: told("webhook", "serviceUri", schema),
    OpenInsights: {
      ...was?.OpenInsights,
      scope,
      slackReceivers: told("slack", "serviceUri"),
      teamsReceivers: told("teams", "serviceUri"),
      commandReceivers: told("command", "program"),
    },
  };
}
