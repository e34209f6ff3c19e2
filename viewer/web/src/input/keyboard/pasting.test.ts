import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeyInfo } from "./keyboard";
import { isCopy, isPaste, pasteKeys, Pasting } from "./pasting";

const QUIET = { repeat: false, composing: false, shift: false, ctrl: false, alt: false, meta: false };
const V: KeyInfo = { ...QUIET, altgr: false, caps: false, code: "KeyV", key: "v", ctrl: true };
const MAC = { mac: true, windows: false, webkit: true };
const LINUX = { mac: false, windows: false, webkit: false };

let done: string[];
let pasting: Pasting;

beforeEach(() => {
  vi.useFakeTimers();
  done = [];
  pasting = new Pasting(({ code }) => done.push(code));
});

afterEach(() => vi.useRealTimers());

describe("a key that pastes", () => {
  it("goes when it is known what is pasted, and what came meanwhile behind it", () => {
    pasting.begin(V);
    pasting.then(() => done.push("release"));
    expect([pasting.waits, done]).toEqual([true, []]);
    pasting.end();
    expect([pasting.waits, done]).toEqual([false, ["KeyV", "release"]]);
    vi.runAllTimers();
    expect(done).toHaveLength(2);
  });

  it("goes all the same if the browser tells nothing", () => {
    pasting.begin(V);
    vi.runAllTimers();
    expect(done).toEqual(["KeyV"]);
  });

  it("is forgotten with everything else that is held", () => {
    pasting.begin(V);
    pasting.then(() => done.push("release"));
    pasting.forget();
    vi.runAllTimers();
    expect(done).toEqual([]);
  });

  it("is another on a Mac, and the same in every layout", () => {
    expect(isPaste(V, LINUX)).toBe(true);
    expect(isPaste({ ...V, key: "м" }, LINUX)).toBe(true);
    expect(isPaste({ ...V, code: "Period" }, LINUX)).toBe(true);
    expect(isPaste({ ...V, key: "V", shift: true }, LINUX)).toBe(true);
    expect(isPaste({ ...V, code: "Insert", key: "Insert", ctrl: false, shift: true }, LINUX)).toBe(true);
    expect(isPaste(V, MAC)).toBe(false);
    expect(isPaste({ ...V, ctrl: false, meta: true }, MAC)).toBe(true);
  });

  it("is none with other modifiers, or while an input method has it", () => {
    for (const more of [{ alt: true }, { altgr: true }, { composing: true }, { ctrl: false }]) {
      expect(isPaste({ ...V, ...more }, LINUX)).toBe(false);
    }
  });

  it("is what the app knows", () => {
    expect(pasteKeys("org.gnome.TextEditor")).toEqual(["ControlLeft", "KeyV"]);
    expect(pasteKeys("foot")).toEqual(["ControlLeft", "ShiftLeft", "KeyV"]);
    expect(pasteKeys("XTerm")).toEqual(["ShiftLeft", "Insert"]);
  });
});

describe("keys that copy", () => {
  it("are those that cut, too", () => {
    const told = (code: string, key: string) => isCopy({ ...V, code, key }, LINUX);
    expect([told("KeyC", "c"), told("KeyX", "x"), told("Insert", "Insert"), told("KeyV", "v")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(isCopy({ ...V, code: "KeyC", key: "c" }, MAC)).toBe(false);
  });
});
