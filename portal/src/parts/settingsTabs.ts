/** The tabs of Settings: their part of the address and their names, which the palette finds too. */

export const SETTINGS_TABS = [
  { name: "connect", label: "Connect" },
  { name: "keys", label: "API keys" },
  { name: "retention", label: "Retention and cap" },
  { name: "usage", label: "Usage" },
  { name: "users", label: "Users and roles" },
  { name: "senders", label: "Senders" },
  { name: "endpoints", label: "TLS and endpoints" },
  { name: "about", label: "About" },
] as const;

export type SettingsTab = (typeof SETTINGS_TABS)[number]["name"];
