/** What assistive technology is told of a page, by Chromium's own account. */

import type { ChromiumPage } from "./browsers/chromium";

export interface Accessible {
  role: string;
  name: string;
  focused: boolean;
  /** Whether people can do something with it. */
  operable: boolean;
}

/** What cannot be used without a name. */
const OPERABLE = new Set([
  "button",
  "checkbox",
  "link",
  "menuitem",
  "menuitemcheckbox",
  "option",
  "searchbox",
  "textbox",
]);

/** What is a place, and needs a name to be told from others. */
const PLACES = new Set([
  "alertdialog",
  "application",
  "dialog",
  "listbox",
  "main",
  "menu",
  "navigation",
  "table",
  "toolbar",
]);

/** All that is told, in order. */
export async function accessible({ cdp }: ChromiumPage): Promise<Accessible[]> {
  const { nodes } = await cdp.send("Accessibility.getFullAXTree");
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties }) => ({
      role: String(role?.value ?? ""),
      name: String(name?.value ?? ""),
      focused: properties?.some((one) => one.name === "focused" && one.value.value === true) ?? false,
      operable: OPERABLE.has(String(role?.value)),
    }))
    .filter(({ role }) => role !== "InlineTextBox");
}

/** The names of all with this role. */
export function named(all: readonly Accessible[], role: string): string[] {
  return all.filter((one) => one.role === role).map(({ name }) => name);
}

/** What should have a name and has none. */
export function nameless(all: readonly Accessible[]): string[] {
  return all
    .filter(({ role, name, operable }) => (operable || PLACES.has(role)) && name.trim() === "")
    .map(({ role }) => role);
}
