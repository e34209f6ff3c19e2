/**
 * A keymap in xkb's text format, version 1, made of what is known of the user's layout. It stands on its own:
 * the host needs no data of ours and includes none of its own. Both xkbcommon (Wayland apps) and xkbcomp
 * (Xwayland) compile it.
 *
 * Caps Lock and Num Lock are no modifiers in it. Which characters keys give under them is known here, and the
 * keymap is written anew when they change, so that host and viewer never disagree about a lock's state. The
 * lamp of Caps Lock is there for Xwayland alone: without any, version 22 falls over as soon as a modifier is
 * held.
 */

import { evdev, places } from "./codes";
import { areCases, cell, isLatin, WRITING, type Cell, type Table } from "./layouts";

/** The locks of the user's keyboard. */
export interface Locks {
  readonly caps: boolean;
  readonly num: boolean;
  /** The keypad's decimal key types a comma. */
  readonly comma: boolean;
}

/** What a key types while Caps Lock is on: letters change their case, and nothing else does. */
export function capitalised(plain: Cell): Cell {
  const swap = (a: string, b: string): string => {
    if (areCases(a, b)) return b;
    const upper = a.toUpperCase();
    return upper.length === a.length ? upper : a;
  };
  return [
    swap(plain[0], plain[1]),
    swap(plain[1], plain[0]),
    swap(plain[2], plain[3]),
    swap(plain[3], plain[2]),
  ];
}

/** The keymap's text. `typed` says what keys type under the locks as they are. */
export function keymapText(table: Table, locks: Locks, typed: (code: string) => Cell, second: Table): string {
  const other = isLatin(table) ? undefined : second;
  const codes: string[] = [];
  /** By the number of their levels, less one. */
  const keys: string[][] = [[], [], [], []];
  for (const code of places()) {
    const keycode = (evdev(code) ?? 0) + 8;
    const written = WRITING.includes(code) || code === "Space";
    const groups = written
      ? [typed(code), ...(other === undefined ? [] : [cell(other, code)])].map(characters)
      : [named(code, table.altgr, locks)];
    if (groups[0]?.every((symbol) => symbol === NONE)) continue;
    codes.push(`<I${keycode}>=${keycode};`);
    const levels = Math.max(...groups.map((symbols) => symbols.length));
    keys[levels - 1]?.push(
      `key <I${keycode}> {${groups.map((symbols) => `[${symbols.join(",")}]`).join(",")}};`,
    );
  }
  const third = table.altgr ? `modifier_map Mod5 {<I108>};` : `modifier_map Mod1 {<I108>};`;
  return `xkb_keymap {
xkb_keycodes "dormer" { minimum=8; maximum=255; indicator 1="Caps Lock";
${codes.join("\n")}
};
xkb_types "dormer" { virtual_modifiers Alt,Super,LevelThree;
${TYPES}
};
xkb_compatibility "dormer" { virtual_modifiers Alt,Super,LevelThree;
${ACTIONS}
};
xkb_symbols "dormer" {
name[group1]="${table.name}";
${other === undefined ? "" : `name[group2]="${other.name}";\n`}${keys.map(section).join("\n")}
${MODIFIERS}
${third}
};
};
`;
}

const NONE = "NoSymbol";

/** By Shift and AltGr alone: see above for the locks. */
const TYPES = `type "ONE_LEVEL" { modifiers=none; level_name[1]="Any"; };
type "TWO_LEVEL" { modifiers=Shift; map[Shift]=2; level_name[1]="Base"; level_name[2]="Shift"; };
type "ALPHABETIC" { modifiers=Shift+Lock; map[Shift]=2; map[Lock]=2; level_name[1]="Base"; level_name[2]="Caps"; };
type "KEYPAD" { modifiers=Shift; map[Shift]=2; level_name[1]="Base"; level_name[2]="Number"; };
type "FOUR_LEVEL" { modifiers=Shift+LevelThree; map[Shift]=2; map[LevelThree]=3; map[Shift+LevelThree]=4;
level_name[1]="Base"; level_name[2]="Shift"; level_name[3]="AltGr"; level_name[4]="Shift AltGr"; };`;

const ACTIONS = `interpret.useModMapMods=AnyLevel; interpret.repeat=False;
interpret ISO_Level3_Shift+AnyOf(all) { virtualModifier=LevelThree; useModMapMods=level1; action=SetMods(modifiers=LevelThree,clearLocks); };
interpret Alt_L+AnyOf(all) { virtualModifier=Alt; action=SetMods(modifiers=modMapMods,clearLocks); };
interpret Alt_R+AnyOf(all) { virtualModifier=Alt; action=SetMods(modifiers=modMapMods,clearLocks); };
interpret Super_L+AnyOf(all) { virtualModifier=Super; action=SetMods(modifiers=modMapMods,clearLocks); };
interpret Super_R+AnyOf(all) { virtualModifier=Super; action=SetMods(modifiers=modMapMods,clearLocks); };
interpret Any+AnyOf(all) { action=SetMods(modifiers=modMapMods,clearLocks); };
indicator "Caps Lock" { whichModState=Locked; modifiers=Lock; };`;

const MODIFIERS = `modifier_map Shift {<I50>,<I62>};
modifier_map Control {<I37>,<I105>};
modifier_map Mod1 {<I64>};
modifier_map Mod4 {<I133>,<I134>};`;

/** A cell as keysyms. Every character has one by its number. */
function characters(types: Cell): string[] {
  const symbol = (character: string) => {
    const point = character.codePointAt(0);
    return point === undefined ? NONE : `U${point.toString(16).toUpperCase().padStart(4, "0")}`;
  };
  const symbols = types.map(symbol);
  while (symbols.length > 1 && symbols.at(-1) === NONE) symbols.pop();
  return symbols;
}

/** Keys of one type, which is written once for all. */
function section(keys: readonly string[], n: number): string {
  const type = ["ONE_LEVEL", "TWO_LEVEL", "FOUR_LEVEL", "FOUR_LEVEL"][n] ?? "";
  return [`key.type[group1]="${type}"; key.type[group2]="${type}";`, ...keys].join("\n");
}

/** Keysyms of keys that do not write. Keypads have digits or directions, and the other with Shift. */
function named(code: string, altgr: boolean, { num, comma }: Locks): string[] {
  if (code === "AltRight") return [altgr ? "ISO_Level3_Shift" : "Alt_R"];
  const keypad = comma && code === "NumpadDecimal" ? "KP_Separator KP_Delete" : KEYPAD[code];
  if (keypad !== undefined) {
    const pair = keypad.split(" ");
    return num ? pair : pair.reverse();
  }
  return (NAMES[code] ?? (/^F\d/.test(code) ? code : NONE)).split(" ");
}

const KEYPAD: Readonly<Record<string, string>> = {
  Numpad0: "KP_0 KP_Insert",
  Numpad1: "KP_1 KP_End",
  Numpad2: "KP_2 KP_Down",
  Numpad3: "KP_3 KP_Next",
  Numpad4: "KP_4 KP_Left",
  Numpad5: "KP_5 KP_Begin",
  Numpad6: "KP_6 KP_Right",
  Numpad7: "KP_7 KP_Home",
  Numpad8: "KP_8 KP_Up",
  Numpad9: "KP_9 KP_Prior",
  NumpadDecimal: "KP_Decimal KP_Delete",
};

const NAMES: Readonly<Record<string, string>> = {
  Escape: "Escape",
  Backspace: "BackSpace",
  Tab: "Tab ISO_Left_Tab",
  Enter: "Return",
  ControlLeft: "Control_L",
  ControlRight: "Control_R",
  ShiftLeft: "Shift_L",
  ShiftRight: "Shift_R",
  AltLeft: "Alt_L",
  MetaLeft: "Super_L",
  MetaRight: "Super_R",
  CapsLock: "Caps_Lock",
  NumLock: "Num_Lock",
  ScrollLock: "Scroll_Lock",
  NumpadMultiply: "KP_Multiply",
  NumpadSubtract: "KP_Subtract",
  NumpadAdd: "KP_Add",
  NumpadDivide: "KP_Divide",
  NumpadEnter: "KP_Enter",
  NumpadEqual: "KP_Equal",
  NumpadComma: "KP_Separator",
  NumpadParenLeft: "parenleft",
  NumpadParenRight: "parenright",
  PrintScreen: "Print",
  Pause: "Pause Break",
  Home: "Home",
  End: "End",
  PageUp: "Prior",
  PageDown: "Next",
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  Insert: "Insert",
  Delete: "Delete",
  ContextMenu: "Menu",
  Lang1: "Hangul",
  Lang2: "Hangul_Hanja",
  Lang3: "Katakana",
  Lang4: "Hiragana",
  Lang5: "Zenkaku_Hankaku",
  Convert: "Henkan_Mode",
  NonConvert: "Muhenkan",
  KanaMode: "Hiragana_Katakana",
  AudioVolumeMute: "XF86AudioMute",
  AudioVolumeDown: "XF86AudioLowerVolume",
  AudioVolumeUp: "XF86AudioRaiseVolume",
  Again: "Redo",
  Props: "SunProps",
  Undo: "Undo",
  Select: "SunFront",
  Copy: "XF86Copy",
  Open: "XF86Open",
  Paste: "XF86Paste",
  Find: "Find",
  Cut: "XF86Cut",
  Help: "Help",
  Eject: "XF86Eject",
  LaunchApp1: "XF86Explorer",
  LaunchApp2: "XF86Calculator",
  LaunchMail: "XF86Mail",
  MediaSelect: "XF86Tools",
  BrowserStop: "Cancel",
  BrowserFavorites: "XF86Favorites",
  BrowserBack: "XF86Back",
  BrowserForward: "XF86Forward",
  BrowserHome: "XF86HomePage",
  BrowserRefresh: "XF86Reload",
  BrowserSearch: "XF86Search",
  MediaTrackNext: "XF86AudioNext",
  MediaTrackPrevious: "XF86AudioPrev",
  MediaPlayPause: "XF86AudioPlay",
  MediaStop: "XF86AudioStop",
  BrightnessDown: "XF86MonBrightnessDown",
  BrightnessUp: "XF86MonBrightnessUp",
};
