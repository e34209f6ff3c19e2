/** Keys that browsers and desktops keep for themselves, to be sent by a menu. */

export interface Combo {
  /** What it is called, in words that are on keys; for menus. */
  readonly id: string;
  /** Places, held together in this order. */
  readonly keys: readonly string[];
}

const combo = (id: string, ...keys: string[]): Combo => ({ id, keys });

export const COMBOS: readonly Combo[] = [
  combo("Ctrl+W", "ControlLeft", "KeyW"),
  combo("Ctrl+T", "ControlLeft", "KeyT"),
  combo("Ctrl+N", "ControlLeft", "KeyN"),
  combo("Ctrl+Shift+T", "ControlLeft", "ShiftLeft", "KeyT"),
  combo("Ctrl+Shift+N", "ControlLeft", "ShiftLeft", "KeyN"),
  combo("Ctrl+Tab", "ControlLeft", "Tab"),
  combo("Ctrl+Shift+Tab", "ControlLeft", "ShiftLeft", "Tab"),
  combo("Alt+Tab", "AltLeft", "Tab"),
  combo("Alt+F4", "AltLeft", "F4"),
  combo("Ctrl+Q", "ControlLeft", "KeyQ"),
  combo("Ctrl+Alt+Del", "ControlLeft", "AltLeft", "Delete"),
  combo("Super", "MetaLeft"),
  combo("F11", "F11"),
  combo("F12", "F12"),
  combo("Print", "PrintScreen"),
];
