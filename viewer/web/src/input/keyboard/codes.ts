/** Keys by place: from `KeyboardEvent.code` (UI Events KeyboardEvent code Values) to Linux' evdev numbers. */

import type { KeyCode } from "../../protocol/types";

/** Runs of keys whose numbers follow each other: the first number, then the names. */
const RUNS: readonly (readonly [KeyCode, string])[] = [
  [
    1,
    "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab",
  ],
  [16, "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft"],
  [30, "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash"],
  [
    44,
    "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock",
  ],
  [59, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock"],
  [
    71,
    "Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0",
  ],
  [83, "NumpadDecimal"],
  [85, "Lang5 IntlBackslash F11 F12 IntlRo Lang3 Lang4 Convert KanaMode NonConvert"],
  [96, "NumpadEnter ControlRight NumpadDivide PrintScreen AltRight"],
  [102, "Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete"],
  [113, "AudioVolumeMute AudioVolumeDown AudioVolumeUp Power NumpadEqual"],
  [119, "Pause"],
  [
    121,
    "NumpadComma Lang1 Lang2 IntlYen MetaLeft MetaRight ContextMenu BrowserStop Again Props Undo Select Copy Open",
  ],
  [135, "Paste Find Cut Help"],
  [140, "LaunchApp2"],
  [142, "Sleep WakeUp LaunchApp1"],
  [155, "LaunchMail BrowserFavorites"],
  [158, "BrowserBack BrowserForward"],
  [161, "Eject"],
  [163, "MediaTrackNext MediaPlayPause MediaTrackPrevious MediaStop"],
  [171, "MediaSelect BrowserHome BrowserRefresh"],
  [179, "NumpadParenLeft NumpadParenRight"],
  [183, "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24"],
  [217, "BrowserSearch"],
  [224, "BrightnessDown BrightnessUp"],
];

const CODES = new Map<string, KeyCode>(
  RUNS.flatMap(([first, names]) => names.split(" ").map((name, n): [string, KeyCode] => [name, first + n])),
);

/** Other names that engines give, or gave, to the same keys. */
const ALIASES: Readonly<Record<string, string>> = {
  OSLeft: "MetaLeft",
  OSRight: "MetaRight",
  VolumeMute: "AudioVolumeMute",
  VolumeDown: "AudioVolumeDown",
  VolumeUp: "AudioVolumeUp",
  HangulMode: "Lang1",
  Hanja: "Lang2",
  NumpadStar: "NumpadMultiply",
};

/**
 * Names that soft keyboards give to keys without a place: `KeyboardEvent.key` that is a key and no character.
 */
const NAMED: Readonly<Record<string, string>> = {
  Enter: "Enter",
  Backspace: "Backspace",
  Tab: "Tab",
  Escape: "Escape",
  Delete: "Delete",
  Home: "Home",
  End: "End",
  PageUp: "PageUp",
  PageDown: "PageDown",
  ArrowLeft: "ArrowLeft",
  ArrowRight: "ArrowRight",
  ArrowUp: "ArrowUp",
  ArrowDown: "ArrowDown",
};

/** The evdev number of a place; undefined for what is no key of a keyboard. */
export function evdev(code: string): KeyCode | undefined {
  return CODES.get(ALIASES[code] ?? code);
}

/** The place of a key event: its code, or what its name says where it has none. */
export function place(event: { code: string; key: string }): string {
  return event.code !== "" && event.code !== "Unidentified" ? event.code : (NAMED[event.key] ?? "");
}

/** All places there are. */
export function places(): IterableIterator<string> {
  return CODES.keys();
}

/** The number of a place that the table is known to have. */
export function key(code: string): KeyCode {
  const number = CODES.get(code);
  if (number === undefined) throw new Error(`${code} is no key`);
  return number;
}
