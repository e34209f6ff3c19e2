/** What somebody sets for this browser, and the sheet for it. */

import type { Store } from "./habits";
import type { TouchMode } from "../../input";
import { texts } from "../../language";
import { make } from "../widgets/dom";
import { buttons, openSheet } from "../widgets/sheet";

export type Theme = "auto" | "light" | "dark";
export type Language = "auto" | "en" | "zh";

export interface Settings {
  theme: Theme;
  language: Language;
  touch: TouchMode;
}

const KEY = "dormer-settings";
const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const LANGUAGES: readonly Language[] = ["auto", "en", "zh"];
const MODES: readonly TouchMode[] = ["direct", "trackpad", "touch"];

/** What is kept; whatever else stands there, each setting has one of its values. */
export function readSettings(store: Store | null): Settings {
  let kept: Record<string, unknown> = {};
  try {
    kept = (JSON.parse(store?.getItem(KEY) ?? "null") ?? {}) as Record<string, unknown>;
  } catch {
    // Of another version, or nothing may be kept here.
  }
  const one = <T extends string>(all: readonly T[], value: unknown): T =>
    all.includes(value as T) ? (value as T) : (all[0] as T);
  return {
    theme: one(THEMES, kept["theme"]),
    language: one(LANGUAGES, kept["language"]),
    touch: one(MODES, kept["touch"]),
  };
}

export function writeSettings(store: Store | null, settings: Settings): void {
  try {
    store?.setItem(KEY, JSON.stringify(settings));
  } catch {
    // No room, or not allowed: then they hold until the page goes.
  }
}

/** Shows a theme on the page from now on; `auto` follows the system. */
export function showTheme(theme: Theme): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = (): void => {
    document.documentElement.dataset["theme"] = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  };
  show();
  dark.onchange = theme === "auto" ? show : null;
}

export interface SettingsHost {
  store: Store | null;
  /** Fingers mean something else from now on. */
  touch(mode: TouchMode): void;
  closed(): void;
}

export function openSettings(parent: HTMLElement, host: SettingsHost): void {
  const { settings: names, input } = texts;
  const now = readSettings(host.store);
  const change = (more: Partial<Settings>): void => writeSettings(host.store, Object.assign(now, more));
  const rows = [
    choice(names.theme, THEMES, now.theme, names.themes, (theme) => {
      change({ theme });
      showTheme(theme);
    }),
    choice(names.language, LANGUAGES, now.language, names.languages, (language) => {
      change({ language });
      said.textContent = names.afterReload;
    }),
    choice(input.modes.label, MODES, now.touch, input.modes, (touch) => {
      change({ touch });
      host.touch(touch);
    }),
  ];
  const said = make("p", { class: "sheet-said", role: "status" });
  const close = { text: texts.panel.close, primary: true, act: () => sheet.close() };
  const sheet = openSheet(parent, names.title, [...rows, said, buttons(close)], host.closed);
}

function choice<T extends string>(
  label: string,
  values: readonly T[],
  now: T,
  names: Record<T, string>,
  chosen: (value: T) => void,
): HTMLElement {
  const select = make("select", { label });
  for (const value of values) {
    const option = make("option", { text: names[value] });
    option.value = value;
    option.selected = value === now;
    select.append(option);
  }
  select.addEventListener("change", () => chosen(select.value as T));
  return make("label", { class: "sheet-row", children: [make("span", { text: label }), select] });
}
