import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { happen } from "./page.fixture";
import { Story } from "./story.fixture";

let story: Story;

beforeEach(() => {
  vi.useFakeTimers();
  story = new Story();
});

afterEach(() => {
  story.input.dispose();
  vi.useRealTimers();
});

describe("the keyboard", () => {
  it("is a window's that was given it, each key at its time", () => {
    story.input.focus(1);
    expect(story.input.focused).toBe(1);
    expect(story.heard).toEqual(["release-all", "focus 1"]);
    const down = story.key("keydown", "KeyA", "a", { timeStamp: 1234 });
    expect(story.sent).toEqual([
      { do: "input", at: 1_001_234, track: 1, event: { Key: { key: 30, pressed: true } } },
    ]);
    story.key("keyup", "KeyA", "a");
    expect(story.heard).toEqual(["1+30", "1-30"]);
    expect(down.defaultPrevented).toBe(true);
  });

  it("goes to another window with nothing held", () => {
    story.input.focus(1);
    story.key("keydown", "KeyA", "a");
    story.sent.length = 0;
    story.input.focus(2);
    story.key("keyup", "KeyA", "a");
    story.key("keydown", "KeyB", "b");
    expect(story.heard).toEqual(["release-all", "focus 2", "2+48"]);
  });

  it("is given to the same window as often as one likes", () => {
    story.input.focus(1);
    story.key("keydown", "KeyA", "a");
    story.sent.length = 0;
    story.input.focus(1);
    expect(story.heard).toEqual([]);
  });

  it("is nobody's when it was taken away", () => {
    story.input.focus(1);
    story.sent.length = 0;
    story.input.focus(null);
    vi.runAllTimers();
    expect(story.heard).toEqual(["release-all", "focus null"]);
    expect(story.input.focused).toBeNull();
    story.key("keydown", "KeyA", "a");
    expect(story.heard).toEqual([]);
  });

  it("is the page's while something else of it has the focus, and stays the window's if that was a moment", () => {
    story.input.focus(1);
    story.sent.length = 0;
    story.field.blur();
    story.field.focus();
    vi.runAllTimers();
    expect(story.heard).toEqual(["release-all", "focus 1"]);
    story.page.createElement().focus();
    vi.runAllTimers();
    expect(story.input.focused).toBeNull();
    expect(story.heard).toEqual(["release-all", "focus null"]);
    story.input.focus(1);
    expect(story.heard).toEqual(["focus 1"]);
  });

  it("is one document's of all", () => {
    const first = story;
    const second = new Story({ holder: first.holder });
    first.input.focus(1);
    second.input.focus(2);
    expect([first.input.focused, second.input.focused]).toEqual([null, 2]);
    first.sent.length = 0;
    // The first one's field still has the focus of its own document.
    first.input.focus(1);
    expect(first.heard).toEqual(["focus 1"]);
    expect([first.input.focused, second.input.focused]).toEqual([1, null]);
    // Nor is it taken from the one by what the other has lost before.
    first.field.blur();
    second.input.focus(2);
    vi.runAllTimers();
    expect(first.heard).not.toContain("focus null");
    first.input.focus(1);
    second.input.dispose();
    expect(first.input.focused).toBe(1);
  });

  it("is no longer that of a window that is gone", () => {
    story.input.focus(1);
    story.input.handle({ on: "window-gone", track: 2 });
    expect(story.input.focused).toBe(1);
    story.input.handle({ on: "window-gone", track: 1 });
    story.sent.length = 0;
    story.key("keydown", "KeyA", "a");
    expect([story.heard, story.input.focused]).toEqual([[], null]);
  });

  it("keeps keys for the page, and then lets go of all that the app has", () => {
    story.input.focus(1);
    story.keeps = "F6";
    story.key("keydown", "AltLeft", "Alt", { altKey: true });
    story.sent.length = 0;
    story.key("keydown", "F6", "F6", { altKey: true });
    story.key("keyup", "AltLeft", "Alt");
    expect(story.heard).toEqual(["release-all"]);
  });

  it("keeps no key that an input method has", () => {
    story.input.focus(1);
    story.keeps = "F6";
    story.sent.length = 0;
    expect(story.key("keydown", "F6", "Process", { keyCode: 229 }).defaultPrevented).toBe(false);
    expect(story.heard).toEqual([]);
  });

  it.each(["blur", "pagehide"])("is let go of when the browser's window goes: %s", (type) => {
    story.input.focus(1);
    story.key("keydown", "KeyA", "a");
    story.sent.length = 0;
    story.page.defaultView.dispatchEvent(new Event(type));
    story.key("keyup", "KeyA", "a");
    expect(story.heard).toEqual(["release-all"]);
  });

  it("is let go of when the page is hidden, not when it is seen again", () => {
    story.page.hidden = true;
    story.page.dispatchEvent(new Event("visibilitychange"));
    expect(story.heard).toEqual(["release-all"]);
    story.page.hidden = false;
    story.page.dispatchEvent(new Event("visibilitychange"));
    expect(story.heard).toEqual([]);
  });

  it("tells the host its layout on every link, and on a new one of no key of the old", () => {
    story.state("online");
    expect(story.heard).toEqual(["keymap"]);
    story.input.focus(1);
    story.key("keydown", "KeyA", "a");
    story.sent.length = 0;
    story.state("reconnecting");
    story.key("keyup", "KeyA", "a");
    expect(story.heard).toEqual(["release-all"]);
  });

  it("goes on without a link, for the engine to keep, and attempts to make one let go of nothing", () => {
    story.state("online");
    story.input.focus(1);
    story.state("reconnecting");
    story.sent.length = 0;
    story.key("keydown", "ShiftLeft", "Shift", { shiftKey: true });
    story.state("reconnecting");
    story.key("keydown", "KeyA", "A", { shiftKey: true });
    story.key("keyup", "KeyA", "A", { shiftKey: true });
    story.key("keyup", "ShiftLeft", "Shift");
    expect(story.heard).toEqual(["1+42", "1+30", "1-30", "1-42"]);
  });

  it("has chords that browsers keep for themselves", () => {
    story.input.focus(1);
    story.sent.length = 0;
    story.page.defaultView.now = 5_000;
    story.input.combo({ id: "Ctrl+W", keys: ["ControlLeft", "KeyW"] });
    expect(story.sent[0]).toMatchObject({ at: 1_005_000 });
    expect(story.heard).toEqual(["1+29", "1+17", "1-17", "1-29"]);
  });
});

describe("full screen", () => {
  it("takes all keys where the browser lets it, and gives them back", async () => {
    const { page, input } = story;
    const locks: string[] = [];
    const keyboard = { lock: async () => void locks.push("lock"), unlock: () => locks.push("unlock") };
    page.defaultView.navigator = { languages: [], keyboard };
    const element = { requestFullscreen: async () => void locks.push("enter") } as unknown as Element;
    Object.assign(page, { exitFullscreen: async () => void locks.push("leave") });
    await input.fullscreen(element);
    await input.fullscreen(null);
    expect(locks).toEqual(["enter", "lock", "unlock", "leave"]);
  });

  it("that is refused changes nothing", async () => {
    const element = { requestFullscreen: () => Promise.reject(new TypeError("not here")) };
    await expect(story.input.fullscreen(element as unknown as Element)).resolves.toBeUndefined();
  });
});

describe("a document that goes", () => {
  it("lets go of everything, and is not heard any more", () => {
    const { page, input, parent } = story;
    input.focus(1);
    const { field } = story;
    story.sent.length = 0;
    input.dispose();
    expect(story.heard).toEqual(["release-all"]);
    expect([parent.children, input.focused]).toEqual([[], null]);
    happen(field, "keydown", { code: "KeyA", key: "a" });
    page.defaultView.dispatchEvent(new Event("blur"));
    vi.runAllTimers();
    expect(story.heard).toEqual([]);
  });
});
