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
}

export function receiversOf(properties: GroupProperties): Told[] {
  const own = properties.OpenInsights ?? {};
  const told = (kind: Kind, list: Receiver[] = []): Told[] =>
    list.map((one) => ({
      kind,
      name: one.name,
      target: one.serviceUri ?? one.emailAddress ?? one.program ?? "",
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
  const of = (kind: Kind) => receivers.filter((one) => one.kind === kind);
  const named = (kind: Kind, field: string) =>
    of(kind).map(({ name, target }) => ({ name: name.trim(), [field]: target.trim() }));
  const schema = { useCommonAlertSchema: true };
  return {
    ...was,
    enabled: was?.enabled ?? true,
    groupShortName: shortName,
    emailReceivers: named("email", "emailAddress").map((one) => ({ ...one, ...schema })),
    webhookReceivers: named("webhook", "serviceUri").map((one) => ({ ...one, ...schema })),
    OpenInsights: {
      scope,
      slackReceivers: named("slack", "serviceUri"),
      teamsReceivers: named("teams", "serviceUri"),
      commandReceivers: named("command", "program"),
    },
  };
}
