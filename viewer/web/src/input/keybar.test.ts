import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keybar, type KeybarNames } from "./keybar";
import type { Hold } from "./keyboard/sticky";
import { FakePage, happen, real, type FakeElement } from "./page.fixture";

/** Names that are what they name. */
const NAMES = new Proxy({} as KeybarNames, { get: (_, name) => `name of ${String(name)}` });

let page: FakePage;
let parent: FakeElement;
let done: string[];
let holds: Map<string, Hold>;
let bar: Keybar;
let sticky: { of(code: string): Hold; tap(code: string): void; changed: () => void };

beforeEach(() => {
  vi.useFakeTimers();
  page = new FakePage();
  parent = page.createElement();
  [done, holds] = [[], new Map()];
  sticky = {
    of: (code) => holds.get(code) ?? "off",
    tap: (code) => done.push(`hold ${code}`),
    changed: () => {},
  };
  const input = {
    keyboard: { sticky, tap: (code: string) => done.push(code) },
    toggleKeyboard: () => done.push("keyboard"),
    paste: async () => void done.push("paste"),
  };
  bar = new Keybar({ parent: real(parent), names: NAMES, input: input as never });
});

afterEach(() => vi.useRealTimers());

const buttons = () => (bar.element as unknown as FakeElement).all.filter(({ type }) => type === "button");

/** The button with this name, or this sign. */
function button(name: string): FakeElement {
  const names = (it: FakeElement) => [
    it.getAttribute("aria-label"),
    it.getAttribute("data-sign"),
    it.textContent,
  ];
  const found = buttons().find((it) => names(it).includes(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

const down = (key: FakeElement, more: object = {}) => happen(key, "pointerdown", { button: 0, ...more });
function press(name: string): void {
  down(button(name));
  happen(button(name), "pointerup");
  happen(button(name), "click");
}

describe("the bar of keys", () => {
  it("is a toolbar of buttons that all have a name", () => {
    const element = parent.children[0];
    expect(element?.getAttribute("role")).toBe("toolbar");
    expect(element?.getAttribute("aria-label")).toBe("name of bar");
    expect(buttons().filter((it) => !it.getAttribute("aria-label"))).toEqual([]);
    expect(button("F12").getAttribute("aria-label")).toBe("F12");
  });

  it("leaves the focus, and with it the soft keyboard, where it is", () => {
    for (const key of buttons()) {
      expect(down(key).defaultPrevented, key.textContent).toBe(true);
      expect(happen(key, "mousedown").defaultPrevented, key.textContent).toBe(true);
      happen(key, "pointerup");
      expect(key.tabIndex, key.textContent).toBe(-1);
    }
  });

  it("taps keys, pastes, and opens the soft keyboard", () => {
    for (const name of ["Esc", "←", "F1", "name of paste", "name of keyboard"]) press(name);
    expect(done).toEqual(["Escape", "ArrowLeft", "F1", "paste", "keyboard"]);
  });

  it("holds modifiers, and shows how", () => {
    press("Ctrl");
    expect(done).toEqual(["hold ControlLeft"]);
    const shown = (hold: Hold) => {
      holds.set("ControlLeft", hold);
      sticky.changed();
      return button("Ctrl").getAttribute("aria-pressed");
    };
    expect([shown("once"), shown("locked"), shown("off")]).toEqual(["mixed", "true", "false"]);
    expect(button("Alt").getAttribute("aria-pressed")).toBe("false");
    expect(button("Esc").getAttribute("aria-pressed")).toBeNull();
  });

  it("unfolds the keys that are rarer, and folds them again", () => {
    const rare = () => button("F1").parent;
    const expanded = () => button("Fn").getAttribute("aria-expanded");
    expect([rare()?.hidden, expanded()]).toEqual([true, "false"]);
    press("Fn");
    expect([rare()?.hidden, expanded()]).toEqual([false, "true"]);
    press("Fn");
    expect([rare()?.hidden, expanded()]).toEqual([true, "false"]);
    expect(done).toEqual([]);
  });
});

describe("a key of the bar that is held", () => {
  it("repeats as on keyboards, and its release is no press more", () => {
    down(button("←"));
    vi.advanceTimersByTime(499);
    expect(done).toEqual([]);
    vi.advanceTimersByTime(101);
    expect(done).toHaveLength(3);
    happen(button("←"), "pointerup");
    happen(button("←"), "click");
    vi.advanceTimersByTime(5_000);
    expect(done).toHaveLength(3);
    press("←");
    expect(done).toHaveLength(4);
  });

  it.each(["pointercancel", "pointerleave"])("rests when the finger goes: %s", (type) => {
    down(button("←"));
    vi.advanceTimersByTime(300);
    happen(button("←"), type);
    vi.advanceTimersByTime(5_000);
    expect(done).toEqual([]);
  });

  it("rests when a second finger on it goes, too", () => {
    down(button("←"), { pointerId: 1 });
    down(button("←"), { pointerId: 2 });
    happen(button("←"), "pointerup", { pointerId: 1 });
    happen(button("←"), "pointerup", { pointerId: 2 });
    vi.advanceTimersByTime(5_000);
    expect(done).toEqual([]);
  });

  it("is not held by other buttons of a mouse", () => {
    down(button("←"), { button: 2 });
    vi.advanceTimersByTime(5_000);
    expect(done).toEqual([]);
  });
});
