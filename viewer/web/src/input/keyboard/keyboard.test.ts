import { beforeEach, describe, expect, it } from "vitest";
import type { InputEvent } from "../../protocol/types";
import { evdev, place, places } from "./codes";
import { Keyboard, type KeyInfo } from "./keyboard";
import { Layout } from "./layout";
import type { Platform } from "./platform";

const LINUX: Platform = { mac: false, windows: false, webkit: false };
const MAC: Platform = { ...LINUX, mac: true };
const WINDOWS: Platform = { ...LINUX, windows: true };

let sent: string[];
let layout: Layout;

beforeEach(() => {
  sent = [];
  const send = (command: { do: string }) => sent.push(command.do);
  layout = new Layout({ send, storage: null, languages: ["en-US"] });
});

/** What was sent, in short: `+30` for a press, `-30` for a release, the text for a text. */
function note(event: InputEvent): void {
  if (typeof event === "string") return;
  if ("Key" in event) sent.push(`${event.Key.pressed ? "+" : "-"}${event.Key.key}`);
  if ("Text" in event) sent.push(event.Text.text);
}

function keyboard(platform: Platform = LINUX): Keyboard {
  return new Keyboard({ emit: note, layout, platform });
}

const QUIET = { repeat: false, composing: false, altgr: false, caps: false };

/** A key event; of modifiers by their letters: `s`hift, `c`trl, `a`lt, `m`eta, alt`g`r. */
function info(code: string, key: string, modifiers = ""): KeyInfo {
  const has = (letter: string) => modifiers.includes(letter);
  const held = { shift: has("s"), ctrl: has("c"), alt: has("a"), meta: has("m"), altgr: has("g") };
  return { ...QUIET, code, key, ...held };
}

describe("places", () => {
  it("have their evdev numbers", () => {
    const known = {
      ...{
        Escape: 1,
        Digit1: 2,
        Backspace: 14,
        KeyQ: 16,
        Enter: 28,
        ControlLeft: 29,
        KeyA: 30,
        Backquote: 41,
      },
      ...{ KeyZ: 44, NumpadMultiply: 55, CapsLock: 58, F10: 68, NumLock: 69, Numpad7: 71, NumpadAdd: 78 },
      ...{
        NumpadDecimal: 83,
        IntlBackslash: 86,
        F12: 88,
        IntlRo: 89,
        Convert: 92,
        KanaMode: 93,
        NonConvert: 94,
      },
      ...{
        NumpadEnter: 96,
        PrintScreen: 99,
        AltRight: 100,
        Home: 102,
        ArrowUp: 103,
        Delete: 111,
        Pause: 119,
      },
      ...{
        NumpadComma: 121,
        Lang1: 122,
        Lang2: 123,
        IntlYen: 124,
        MetaLeft: 125,
        ContextMenu: 127,
        Help: 138,
      },
      ...{ MediaPlayPause: 164, BrowserRefresh: 173, F13: 183, F24: 194, OSLeft: 125, VolumeUp: 115 },
    };
    for (const [code, number] of Object.entries(known)) expect(evdev(code), code).toBe(number);
    expect(evdev("Fn")).toBeUndefined();
  });

  it("are each one key, and X11 knows them all", () => {
    const numbers = [...places()].map((code) => evdev(code) ?? 0);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers) + 8).toBeLessThanOrEqual(255);
  });

  it("of soft keyboards are known by the keys' names", () => {
    expect(place({ code: "", key: "Enter" })).toBe("Enter");
    expect(place({ code: "", key: "a" })).toBe("");
  });
});

describe("keys", () => {
  it("go down once however long they are held, and up", () => {
    const keys = keyboard();
    expect(keys.press(info("KeyA", "a"))).toBe(true);
    expect(keys.press({ ...info("KeyA", "a"), repeat: true })).toBe(true);
    expect(keys.release(info("KeyA", "a"))).toBe(true);
    expect(keys.release(info("KeyA", "a"))).toBe(false);
    expect(sent).toEqual(["+30", "-30"]);
  });

  it("that compose, that are dead, and that have no place are left to the browser", () => {
    const keys = keyboard();
    expect(keys.press({ ...info("KeyN", "Process"), composing: true })).toBe(false);
    expect(keys.press(info("Quote", "Dead"))).toBe(false);
    expect(keys.press(info("ShiftLeft", "Shift", "s"))).toBe(true);
    expect(keys.press(info("KeyE", "é", "s"))).toBe(false);
    expect(keys.press(info("", "Unidentified"))).toBe(false);
    expect(sent).toEqual(["+42"]);
  });

  it("after a dead key are keys again", () => {
    const keys = keyboard();
    keys.press(info("Quote", "Dead"));
    keys.press(info("KeyE", "é"));
    expect(keys.press(info("KeyE", "e"))).toBe(true);
    keys.press(info("Quote", "Dead"));
    expect(keys.press(info("Escape", "Escape"))).toBe(true);
    expect(sent).toEqual(["+18", "+1"]);
  });

  it("whose modifiers were pressed or released unseen get them right", () => {
    const keys = keyboard();
    keys.press(info("KeyC", "c", "c"));
    expect(sent).toEqual(["+29", "+46"]);
    keys.press(info("KeyA", "a"));
    expect(sent.slice(2)).toEqual(["-29", "+30"]);
  });

  it("are forgotten when all was released", () => {
    const keys = keyboard();
    keys.press(info("KeyA", "a"));
    keys.clear();
    expect(keys.release(info("KeyA", "a"))).toBe(false);
    expect(keys.press(info("KeyA", "a"))).toBe(true);
  });

  it("that give several characters type them", () => {
    const keys = keyboard();
    keys.press(info("KeyB", "لا"));
    keys.press({ ...info("KeyB", "لا"), repeat: true });
    keys.release(info("KeyB", "لا"));
    expect(sent).toEqual(["لا", "لا"]);
  });

  it("that only go up were pressed all the same", () => {
    keyboard(WINDOWS).release(info("PrintScreen", "PrintScreen"));
    expect(sent).toEqual(["+99", "-99"]);
  });
});

describe("on Windows", () => {
  it("AltGr has no Ctrl", () => {
    const keys = keyboard(WINDOWS);
    keys.press(info("ControlLeft", "Control", "c"));
    keys.press(info("AltRight", "AltGraph", "g"));
    keys.press(info("KeyQ", "@", "g"));
    keys.release(info("KeyQ", "@", "g"));
    keys.release(info("ControlLeft", "Control", "g"));
    keys.release(info("AltRight", "AltGraph"));
    expect(sent).toEqual(["+100", "+16", "-16", "-100"]);
  });

  it("Ctrl goes before what it is held for, or alone", () => {
    const keys = keyboard(WINDOWS);
    keys.press(info("ControlLeft", "Control", "c"));
    keys.press(info("KeyC", "c", "c"));
    keys.release(info("KeyC", "c", "c"));
    keys.release(info("ControlLeft", "Control"));
    keys.press(info("ControlLeft", "Control", "c"));
    keys.release(info("ControlLeft", "Control"));
    expect(sent).toEqual(["+29", "+46", "-46", "-29", "+29", "-29"]);
  });

  it("Ctrl is down before a button goes down", () => {
    const keys = keyboard(WINDOWS);
    keys.press(info("ControlLeft", "Control", "c"));
    keys.flush();
    expect(sent).toEqual(["+29"]);
  });
});

describe("on a Mac", () => {
  it("keys under Cmd are taps, since nobody tells that they go up, and Cmd is Ctrl", () => {
    const keys = keyboard(MAC);
    keys.press(info("MetaLeft", "Meta", "m"));
    keys.press(info("KeyC", "c", "m"));
    keys.press({ ...info("KeyC", "c", "m"), repeat: true });
    keys.release(info("MetaLeft", "Meta"));
    keys.press(info("KeyC", "c"));
    expect(sent).toEqual(["+29", "+46", "-46", "+46", "-46", "-29", "+46"]);
  });

  it("Option types what ASCII it gives, and is Alt otherwise", () => {
    const keys = keyboard(MAC);
    keys.press(info("AltLeft", "Alt", "a"));
    keys.press(info("KeyL", "@", "a"));
    keys.release(info("KeyL", "@", "a"));
    keys.release(info("AltLeft", "Alt"));
    expect(sent).toEqual(["@"]);
    keys.press(info("AltLeft", "Alt", "a"));
    keys.press(info("KeyF", "ƒ", "a"));
    keys.release(info("KeyF", "ƒ", "a"));
    keys.release(info("AltLeft", "Alt"));
    expect(sent.slice(1)).toEqual(["+56", "+33", "-33", "-56"]);
  });

  it("Option is Alt for keys that do not write, also after it typed", () => {
    const keys = keyboard(MAC);
    keys.press(info("AltLeft", "Alt", "a"));
    keys.press(info("KeyL", "@", "a"));
    keys.press(info("F4", "F4", "a"));
    expect(sent).toEqual(["@", "+56", "+62"]);
  });

  it("Caps Lock is a tap, whether it is told as a press or as a release", () => {
    const keys = keyboard(MAC);
    keys.press(info("CapsLock", "CapsLock"));
    keys.release(info("CapsLock", "CapsLock"));
    expect(sent).toEqual(["+58", "-58"]);
  });
});

describe("the keymap", () => {
  it("goes before the key that needs it", () => {
    layout.announce();
    const keys = keyboard();
    keys.press(info("KeyY", "z"));
    expect(sent).toEqual(["keymap", "keymap", "+21"]);
  });

  it("is not learned from shortcuts that browsers tell differently", () => {
    layout.announce();
    const keys = keyboard();
    keys.press(info("ControlLeft", "Control", "c"));
    keys.press(info("Digit8", "[", "ca"));
    expect(sent.filter((what) => what === "keymap")).toHaveLength(1);
  });
});

describe("modifiers that stick", () => {
  it("hold for one key, from wherever it comes", () => {
    const keys = keyboard();
    keys.sticky.tap("ControlLeft");
    keys.tap("Tab");
    keys.tap("Tab");
    expect(sent).toEqual(["+29", "+15", "-15", "-29", "+15", "-15"]);
    sent.length = 0;
    keys.sticky.tap("ControlLeft");
    keys.type("C");
    keys.type("é");
    expect(sent).toEqual(["+29", "+46", "-46", "-29", "é"]);
  });

  it("hold until they are let go when tapped twice", () => {
    const keys = keyboard();
    keys.sticky.tap("AltLeft");
    keys.sticky.tap("AltLeft");
    keys.tap("Tab");
    keys.tap("Tab");
    keys.sticky.tap("AltLeft");
    expect(keys.sticky.of("AltLeft")).toBe("off");
    expect(sent).toEqual(["+56", "+15", "-15", "+15", "-15", "-56"]);
  });

  it("stay with a key of a keyboard until it goes up", () => {
    const keys = keyboard();
    keys.sticky.tap("ControlLeft");
    keys.press(info("KeyC", "c"));
    expect(sent).toEqual(["+29", "+46"]);
    keys.release(info("KeyC", "c"));
    expect(sent.slice(2)).toEqual(["-46", "-29"]);
  });
});

describe("text", () => {
  it("of any length goes in parts that the protocol allows", () => {
    keyboard().type("😀".repeat(3000));
    expect(sent).toHaveLength(3);
    for (const part of sent) expect(new TextEncoder().encode(part).length).toBeLessThanOrEqual(4096);
    expect(sent.join("")).toBe("😀".repeat(3000));
  });
});
