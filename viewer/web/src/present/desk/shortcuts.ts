/** The desk's own keys: Ctrl and Alt together with one that apps rarely want. */

export type Shortcut =
  | "next"
  | "previous"
  | "apps"
  | "window-menu"
  | "taskbar"
  | "maximise"
  | "minimise"
  | "left"
  | "right"
  | "fullscreen"
  | "pop-out"
  | "connection"
  | "answer";

const CODES: Readonly<Record<string, Shortcut>> = {
  Tab: "next",
  Space: "apps",
  Enter: "fullscreen",
  ArrowUp: "maximise",
  ArrowDown: "minimise",
  ArrowLeft: "left",
  ArrowRight: "right",
  KeyW: "window-menu",
  KeyM: "taskbar",
  KeyO: "pop-out",
  KeyI: "connection",
  KeyA: "answer",
};

/** How a shortcut is written in menus. */
export const WRITTEN: Readonly<Record<Shortcut, string>> = {
  next: "Ctrl+Alt+Tab",
  previous: "Ctrl+Alt+Shift+Tab",
  apps: "Ctrl+Alt+Space",
  "window-menu": "Ctrl+Alt+W",
  taskbar: "Ctrl+Alt+M",
  maximise: "Ctrl+Alt+↑",
  minimise: "Ctrl+Alt+↓",
  left: "Ctrl+Alt+←",
  right: "Ctrl+Alt+→",
  fullscreen: "Ctrl+Alt+Enter",
  "pop-out": "Ctrl+Alt+O",
  connection: "Ctrl+Alt+I",
  answer: "Ctrl+Alt+A",
};

export type Chord = Pick<KeyboardEvent, "code" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey"> & {
  getModifierState(key: string): boolean;
};

/**
 * The shortcut that a key press means. AltGr, which looks like Ctrl and Alt on Windows, writes characters.
 */
export function shortcutOf(event: Chord): Shortcut | null {
  if (!event.ctrlKey || !event.altKey || event.metaKey || event.getModifierState("AltGraph")) return null;
  const shortcut = CODES[event.code];
  if (shortcut === "next" && event.shiftKey) return "previous";
  return event.shiftKey ? null : (shortcut ?? null);
}
